#include "engine/expression/expression.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/expression/el/error.h"
#include "engine/expression/el/evaluator.h"
#include "engine/expression/el/parser.h"

namespace pawl::expression {

bool NeedsJava(const absl::Status& status) { return el::NeedsJava(status); }

// What is compiled, in whichever language.
class Expression::Program {
 public:
  std::string text;
  Language language = Language::literal;
  // A literal's value.
  Value literal;
  el::Program el;
};

Expression::Expression(std::shared_ptr<const Program> program)
    : program_(std::move(program)) {}

absl::StatusOr<Expression> Expression::Compile(std::string_view text,
                                               Language language) {
  auto program = std::make_shared<Program>();
  program->language = language;
  switch (language) {
    case Language::literal:
      if (text.size() > kExpressionBytesMax) {
        return absl::ResourceExhaustedError(
            absl::StrCat("text: got ", text.size(),
                         " bytes, wanted at most kExpressionBytesMax (",
                         kExpressionBytesMax, ")"));
      }
      program->literal = Value(text);
      PAWL_RETURN_IF_ERROR(program->literal.Validate());
      break;
    case Language::el: {
      PAWL_ASSIGN_OR_RETURN(program->el, el::Compile(text));
      break;
    }
    default:
      return absl::UnimplementedError(
          absl::StrCat("language ", static_cast<int>(language),
                       ": this build doesn't know it"));
  }
  program->text = std::string(text);
  return Expression(std::move(program));
}

absl::StatusOr<Value> Expression::Evaluate(const ScopeView& scope) const {
  if (program_->language == Language::literal) return program_->literal;
  return el::Evaluate(program_->el, scope);
}

absl::StatusOr<bool> Expression::EvaluateCondition(
    const ScopeView& scope) const {
  if (program_->language == Language::literal) {
    return absl::InvalidArgumentError(
        absl::StrCat("condition: got ", DescribeValue(program_->literal),
                     ", wanted an expression"));
  }
  return el::EvaluateCondition(program_->el, scope);
}

const std::string& Expression::text() const { return program_->text; }
Language Expression::language() const { return program_->language; }

}  // namespace pawl::expression
