#include "engine/expression/feel/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/expression/feel/regex_syntax.h"

namespace pawl::expression::feel {
namespace {

// How often a match may try from one place before it is given up: a pattern
// like (a+)+$ would try for ever.
constexpr uint32_t kMatchLimit = 1'000'000;
constexpr uint32_t kHeapLimitKib = 16 << 10;

// As much of a pattern as a message has.
std::string Quoted(std::string_view pattern) {
  const std::string_view cut = CutUtf8(pattern, 64);
  return absl::StrCat(ToAbsl(cut), cut.size() < pattern.size() ? "..." : "");
}

// Counts what a match does: PCRE2 calls it before each item of the pattern that
// it tries. Its own limit is one for each place where a match may begin, and
// sees nothing of the text that a single x* runs over.
struct Work {
  // In parts of a step: what an attempt, and a byte that is passed, take.
  static constexpr int64_t kPartsPerStep = 64;
  static constexpr int64_t kAttemptParts = 4;

  int64_t parts_left = 0;
  size_t at = 0;

  static int Count(pcre2_callout_block* block, void* data) {
    Work* const work = static_cast<Work*>(data);
    const size_t here = block->current_position;
    work->parts_left -=
        kAttemptParts + static_cast<int64_t>(here > work->at ? here - work->at
                                                             : work->at - here);
    work->at = here;
    return work->parts_left < 0 ? PCRE2_ERROR_CALLOUT : 0;
  }
};

}  // namespace

void Regex::Free::operator()(void* code) const {
  pcre2_code_free(static_cast<pcre2_code*>(code));
}

absl::StatusOr<Regex> Regex::Compile(std::string_view pattern,
                                     std::string_view flags) {
  RegexFlags chosen;
  for (const char flag : flags) {
    switch (flag) {
      case 's':
        chosen.dot_all = true;
        break;
      case 'm':
        chosen.multiline = true;
        break;
      case 'i':
        chosen.caseless = true;
        break;
      case 'x':
        chosen.extended = true;
        break;
      default:
        return absl::InvalidArgumentError(absl::StrCat(
            "flags: got '", ToAbsl(flags), "', wanted any of s, m, i, x"));
    }
  }
  if (pattern.size() > kBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "pattern: got ", pattern.size(), " bytes, wanted at most ", kBytesMax));
  }
  const auto translated = ToPcre(pattern, chosen);
  if (!translated.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "pattern '", Quoted(pattern), "': ", translated.status().message()));
  }
  // A group that took no part matches nothing, where it is referred to.
  const uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C |
                           PCRE2_MATCH_UNSET_BACKREF | PCRE2_AUTO_CALLOUT |
                           (chosen.dot_all ? PCRE2_DOTALL : 0) |
                           (chosen.caseless ? PCRE2_CASELESS : 0);
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* const code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated->data()),
                    translated->size(), options, &error, &offset, nullptr);
  if (code == nullptr) {
    std::array<PCRE2_UCHAR, 160> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    return absl::InvalidArgumentError(
        absl::StrCat("pattern '", Quoted(pattern),
                     "': ", reinterpret_cast<const char*>(message.data())));
  }
  return Regex(code);
}

absl::StatusOr<std::optional<Regex::Match>> Regex::Find(std::string_view text,
                                                        size_t from,
                                                        int64_t* steps) const {
  const auto* const code = static_cast<const pcre2_code*>(code_.get());
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)>
      data(pcre2_match_data_create_from_pattern(code, nullptr),
           &pcre2_match_data_free);
  const std::unique_ptr<pcre2_match_context,
                        decltype(&pcre2_match_context_free)>
      context(pcre2_match_context_create(nullptr), &pcre2_match_context_free);
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKib);
  Work work;
  work.parts_left = std::max<int64_t>(*steps, 0) * Work::kPartsPerStep;
  work.at = from;
  pcre2_set_callout(context.get(), &Work::Count, &work);
  const int found =
      pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                  from, PCRE2_NO_UTF_CHECK, data.get(), context.get());
  // Rounded down, so that what wasn't enough leaves less than none.
  *steps = work.parts_left < 0 ? -1 : work.parts_left / Work::kPartsPerStep;
  if (found == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (found == PCRE2_ERROR_CALLOUT) {
    return absl::ResourceExhaustedError("pattern: no steps left");
  }
  if (found < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("pattern: tried more than ", kMatchLimit, " times"));
  }
  Match match;
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data.get());
  const uint32_t count = pcre2_get_ovector_count(data.get());
  for (uint32_t i = 0; i < count; ++i) {
    match.groups.emplace_back(offsets[2 * i], offsets[2 * i + 1]);
  }
  return match;
}

}  // namespace pawl::expression::feel
