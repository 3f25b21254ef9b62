// Regular expressions of FEEL: those of XQuery 1.0 and XPath 2.0 Functions and
// Operators, section 7.6, which DMN 1.4 (table 73) takes over: matches,
// replace, split. Internal to FEEL. Run by PCRE2, after translation of what is
// written differently, with a limit on how often it tries.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_REGEX_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_REGEX_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::expression::feel {

class Regex {
 public:
  // `flags`: any of s, m, i, x. InvalidArgument: no pattern, or other flags.
  static absl::StatusOr<Regex> Compile(std::string_view pattern,
                                       std::string_view flags);
  Regex(Regex&&) = default;
  Regex& operator=(Regex&&) = default;

  // Byte offsets of the whole match and of each group; npos: it took no part.
  struct Match {
    std::vector<std::pair<size_t, size_t>> groups;
  };
  // The first match at or behind `from`. ResourceExhausted: it tried too often.
  absl::StatusOr<std::optional<Match>> Find(std::string_view text,
                                            size_t from) const;

 private:
  struct Free {
    void operator()(void* code) const;
  };
  explicit Regex(void* code) : code_(code) {}
  std::unique_ptr<void, Free> code_;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_REGEX_H_
