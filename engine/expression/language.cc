// DetectLanguage: which language a text of a model is in. The rules are in
// docs/el.md, "Which texts are expressions".
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/expression/el/parser.h"
#include "engine/expression/expression.h"
#include "engine/expression/feel/feel.h"

namespace pawl::expression {
namespace {

absl::StatusOr<Language> ByAttribute(std::string_view attribute, Use use) {
  const std::string name = absl::AsciiStrToLower(ToAbsl(attribute));
  if (name == "juel" || name == "el") return Language::el;
  // Its URI changes with the version of DMN: ".../DMN/20191111/FEEL/".
  if (name == "feel" ||
      (absl::StrContains(name, "://") && absl::StrContains(name, "/feel"))) {
    return Language::feel;
  }
  if (name == "lua") return Language::lua;
  if (name == "javascript" || name == "ecmascript") {
    if (use == Use::kScript) return Language::javascript;
    return absl::UnimplementedError(
        absl::StrCat("language: got '", ToAbsl(CutUtf8(attribute, 64)),
                     "', which runs in script tasks and listeners only; wanted "
                     "feel, juel or lua here"));
  }
  return absl::UnimplementedError(
      absl::StrCat("language: got '", ToAbsl(CutUtf8(attribute, 64)),
                   "', wanted feel, juel, lua or javascript"));
}

bool HasOperatorOfEl(std::string_view text) {
  for (const std::string_view sign : {"==", "&&", "||"}) {
    if (text.find(sign) != text.npos) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Language> DetectLanguage(std::string_view text,
                                        std::string_view attribute, Use use) {
  // `${` in a script of another language is that language's.
  if (use == Use::kScript && !attribute.empty()) {
    return ByAttribute(attribute, use);
  }
  if (el::HasMark(text)) return Language::el;
  const size_t first = text.find_first_not_of(" \t\n\r");
  if (first != text.npos && text[first] == '=') return Language::feel;
  if (!attribute.empty()) return ByAttribute(attribute, use);
  if (use == Use::kText) return Language::literal;
  return !HasOperatorOfEl(text) && feel::CompileText(text).ok() ? Language::feel
                                                                : Language::el;
}

}  // namespace pawl::expression
