#include "engine/model/bpmn_expression.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/model/bpmn_names.h"

namespace pawl::model {
namespace {

// Does expressionLanguage name FEEL?
bool NamesFeel(std::string_view language) {
  if (language.empty()) return false;
  const auto named =
      expression::DetectLanguage("1", language, expression::Use::kScript);
  return named.ok() && *named == expression::Language::feel;
}

}  // namespace

std::unique_ptr<fb::ExpressionT> MakeExpression(
    const ParseContext& context, const XmlNode& owner, SourcePosition at,
    std::string_view text, std::string_view language, expression::Use use) {
  text = Trim(text);
  if (text.empty()) {
    context.problems->Error(
        at, "expression-syntax",
        absl::StrCat(Describe(owner), ": got an empty expression"));
    return nullptr;
  }
  if (language.empty() && NamesFeel(context.default_language) &&
      use != expression::Use::kText) {
    language = context.default_language;
  }
  const auto detected = expression::DetectLanguage(text, language, use);
  if (!detected.ok()) {
    context.problems->Error(
        at, "unsupported-language",
        absl::StrCat(Describe(owner), ": ", detected.status().message()));
    return nullptr;
  }
  const auto compiled = expression::Expression::Compile(text, *detected);
  if (!compiled.ok()) {
    std::string_view rule = "expression-syntax";
    if (absl::IsUnimplemented(compiled.status())) {
      rule = "unsupported-language";
    } else if (expression::NeedsJava(compiled.status())) {
      rule = "needs-java";
    }
    context.problems->Error(
        at, rule,
        absl::StrCat(Describe(owner), ": ", compiled.status().message()));
    return nullptr;
  }
  auto made = std::make_unique<fb::ExpressionT>();
  made->text = std::string(text);
  made->language = *detected;
  made->line = at.line;
  made->column = at.column;
  return made;
}

std::unique_ptr<fb::ExpressionT> MakeExpression(const ParseContext& context,
                                                const XmlNode& owner,
                                                const XmlNode& holder,
                                                expression::Use use) {
  const std::string* language = holder.Attribute("language");
  return MakeExpression(context, owner, holder.position, holder.text,
                        language == nullptr ? std::string_view() : *language,
                        use);
}

}  // namespace pawl::model
