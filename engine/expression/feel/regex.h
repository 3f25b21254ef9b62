// Regular expressions of FEEL: those of XQuery 1.0 and XPath 2.0 Functions and
// Operators, section 7.6, which DMN 1.4 (table 73) takes over: matches,
// replace, split. Internal to FEEL. Run by PCRE2, after translation of what is
// written differently; what it tries and looks at is counted.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_REGEX_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_REGEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::expression::feel {

class Regex {
 public:
  // What a pattern may have. Its translation is up to a hundred times as long,
  // and one that PCRE2 then finds too long is refused as well.
  static constexpr size_t kBytesMax = 4096;

  // `flags`: any of s, m, i, x. InvalidArgument: no pattern, one that is too
  // long, or other flags.
  static absl::StatusOr<Regex> Compile(std::string_view pattern,
                                       std::string_view flags);
  Regex(Regex&&) = default;
  Regex& operator=(Regex&&) = default;

  // Byte offsets of the whole match and of each group; npos: it took no part.
  struct Match {
    std::vector<std::pair<size_t, size_t>> groups;
  };
  // The first match at or behind `from`. Takes what it does from `*steps`, some
  // 200 ns each. ResourceExhausted: it tried too often from one place, or there
  // are no steps left.
  absl::StatusOr<std::optional<Match>> Find(std::string_view text, size_t from,
                                            int64_t* steps) const;

 private:
  struct Free {
    void operator()(void* code) const;
  };
  explicit Regex(void* code) : code_(code) {}
  std::unique_ptr<void, Free> code_;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_REGEX_H_
