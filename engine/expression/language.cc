// DetectLanguage: which language a text of a model is in. The rules are in
// docs/el.md, "Which texts are expressions".
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/el/parser.h"
#include "engine/expression/expression.h"

namespace pawl::expression {
namespace {

absl::Status NotInThisBuild(std::string_view language) {
  return absl::UnimplementedError(
      absl::StrCat("language: got '", ToAbsl(language.substr(0, 64)),
                   "', wanted EL (juel), the only one that this build runs"));
}

absl::StatusOr<Language> ByAttribute(std::string_view attribute) {
  const std::string name = absl::AsciiStrToLower(ToAbsl(attribute));
  if (name == "juel" || name == "el") return Language::el;
  return NotInThisBuild(attribute);
}

}  // namespace

absl::StatusOr<Language> DetectLanguage(std::string_view text,
                                        std::string_view attribute, Use use) {
  // `${` in a script of another language is that language's.
  if (use == Use::kScript && !attribute.empty()) return ByAttribute(attribute);
  if (el::HasMark(text)) return Language::el;
  const size_t first = text.find_first_not_of(" \t\n\r");
  if (first != text.npos && text[first] == '=') {
    return NotInThisBuild("FEEL (a text that begins with '=')");
  }
  if (!attribute.empty()) return ByAttribute(attribute);
  return use == Use::kText ? Language::literal : Language::el;
}

}  // namespace pawl::expression
