#include "engine/expression/expression.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/el/evaluator.h"
#include "engine/expression/el/parser.h"

namespace pawl::expression {
namespace {

// At most this much of a text is shown in an error.
constexpr size_t kShownBytes = 200;

std::string Shown(std::string_view text) {
  if (text.size() <= kShownBytes) return std::string(text);
  return std::string(text.substr(0, kShownBytes)) + "...";
}

absl::Status InText(std::string_view text, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("expression '", Shown(text),
                                                  "': ", status.message()));
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

absl::Status NotRun(std::string_view language, std::string_view text) {
  return absl::UnimplementedError(
      absl::StrCat("got language '", ToAbsl(language), "' for '", Shown(text),
                   "', wanted one that this build runs: juel"));
}

// The language that an attribute names.
absl::StatusOr<Language> ByAttribute(std::string_view attribute,
                                     std::string_view text) {
  const std::string name = Lower(attribute);
  if (name == "juel" || name == "el") return Language::el;
  return NotRun(attribute, text);
}

}  // namespace

absl::StatusOr<Language> DetectLanguage(std::string_view text,
                                        std::string_view attribute, Use use) {
  if (use == Use::kScript && !attribute.empty()) {
    return ByAttribute(attribute, text);
  }
  if (text.find("${") != std::string_view::npos ||
      text.find("#{") != std::string_view::npos) {
    return Language::el;
  }
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '=') {
    return NotRun("FEEL", text);
  }
  if (!attribute.empty()) return ByAttribute(attribute, text);
  return use == Use::kText ? Language::literal : Language::el;
}

class Expression::Program {
 public:
  Program(std::string text, Language language)
      : text(std::move(text)), language(language) {}

  std::string text;
  Language language;
  // Null for a literal.
  std::unique_ptr<el::Node> root;
};

Expression::Expression(std::shared_ptr<const Program> program)
    : program_(std::move(program)) {}

absl::StatusOr<Expression> Expression::Compile(std::string_view text,
                                               Language language) {
  if (text.size() > kExpressionBytesMax) {
    return InText(text, absl::ResourceExhaustedError(absl::StrCat(
                            "got ", text.size(), " bytes, wanted at most ",
                            kExpressionBytesMax, " (kExpressionBytesMax)")));
  }
  auto program = std::make_shared<Program>(std::string(text), language);
  switch (language) {
    case Language::literal:
      break;
    case Language::el: {
      auto root = el::Parse(text);
      if (!root.ok()) return InText(text, root.status());
      program->root = *std::move(root);
      break;
    }
    default:
      return absl::UnimplementedError(
          absl::StrCat("expression '", Shown(text),
                       "' is in a language that this build doesn't run"));
  }
  return Expression(std::move(program));
}

absl::StatusOr<Value> Expression::Evaluate(const ScopeView& scope) const {
  if (program_->root == nullptr) return Value(program_->text);
  absl::StatusOr<Value> value = el::Evaluate(*program_->root, scope);
  if (!value.ok()) return InText(program_->text, value.status());
  return value;
}

absl::StatusOr<bool> Expression::EvaluateCondition(
    const ScopeView& scope) const {
  PAWL_ASSIGN_OR_RETURN(const Value value, Evaluate(scope));
  if (!value.is_bool()) {
    return InText(program_->text, absl::InvalidArgumentError(absl::StrCat(
                                      "got a ", ToAbsl(KindName(value.kind())),
                                      ", wanted true or false")));
  }
  return value.boolean();
}

const std::string& Expression::text() const { return program_->text; }

Language Expression::language() const { return program_->language; }

}  // namespace pawl::expression
