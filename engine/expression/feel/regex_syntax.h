// The syntax of FEEL's regular expressions, checked and rewritten for PCRE2.
// Internal to regex.cc.
//
// Source: XQuery 1.0 and XPath 2.0 Functions and Operators, 7.6.1, over XML
// Schema part 2, appendix F, with the groups (?:...) of version 3.0. What PCRE2
// knows beyond that (looking ahead and behind, possessive and atomic groups,
// \b, \Q, names, verbs, ...) is an error, and what it reads differently (\w,
// \s, ., $) is written out.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_REGEX_SYNTAX_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_REGEX_SYNTAX_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::expression::feel {

// "smix" of 7.6.1.1.
struct RegexFlags {
  bool dot_all = false;
  bool multiline = false;
  bool caseless = false;
  bool extended = false;
};

// `pattern` as PCRE2 reads it, with its newline LF and neither PCRE2_MULTILINE
// nor PCRE2_EXTENDED. InvalidArgument: what is wrong, and at which offset.
// O(length of the pattern).
absl::StatusOr<std::string> ToPcre(std::string_view pattern,
                                   const RegexFlags& flags);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_REGEX_SYNTAX_H_
