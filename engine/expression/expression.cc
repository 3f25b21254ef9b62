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
#include "engine/expression/feel/feel.h"

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
  feel::Program feel;
};

namespace {

absl::Status CheckLength(std::string_view text) {
  if (text.size() <= kExpressionBytesMax) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "text: got ", text.size(), " bytes, wanted at most kExpressionBytesMax (",
      kExpressionBytesMax, ")"));
}

}  // namespace

Expression::Expression(std::shared_ptr<const Program> program)
    : program_(std::move(program)) {}

absl::StatusOr<Expression> Expression::Compile(std::string_view text,
                                               Language language) {
  auto program = std::make_shared<Program>();
  program->language = language;
  switch (language) {
    case Language::literal:
      PAWL_RETURN_IF_ERROR(CheckLength(text));
      program->literal = Value(text);
      PAWL_RETURN_IF_ERROR(program->literal.Validate());
      break;
    case Language::el: {
      PAWL_ASSIGN_OR_RETURN(program->el, el::Compile(text));
      break;
    }
    case Language::feel: {
      PAWL_ASSIGN_OR_RETURN(program->feel, feel::CompileText(text));
      break;
    }
    case Language::lua:
    case Language::javascript:
      PAWL_RETURN_IF_ERROR(CheckLength(text));
      break;
    default:
      return absl::UnimplementedError(
          absl::StrCat("language ", static_cast<int>(language),
                       ": this build doesn't know it"));
  }
  program->text = std::string(text);
  return Expression(std::move(program));
}

absl::StatusOr<Value> Expression::Evaluate(const ScopeView& scope,
                                           std::string* null_reason) const {
  if (program_->language != Language::literal) {
    PAWL_RETURN_IF_ERROR(scope.MayEvaluate());
  }
  switch (program_->language) {
    case Language::literal:
      return program_->literal;
    case Language::el:
      return el::Evaluate(program_->el, scope);
    case Language::feel: {
      feel::Fault fault;
      PAWL_ASSIGN_OR_RETURN(Value value,
                            feel::EvaluateIn(program_->feel, scope, &fault));
      if (null_reason != nullptr && fault.any && value.is_null()) {
        *null_reason = absl::StrCat("'", program_->text, "' at offset ",
                                    fault.offset, ": ", fault.reason);
      }
      return value;
    }
    case Language::lua:
    case Language::javascript:
      break;
  }
  PAWL_ASSIGN_OR_RETURN(ScriptResult result, scope.RunScript(*this));
  if (!result.written.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "script: got the variable '", result.written.begin()->first,
        "' set, wanted a value only: this is no script task or "
        "listener"));
  }
  return std::move(result.value);
}

absl::StatusOr<ScriptResult> Expression::Run(const ScopeView& scope) const {
  if (program_->language == Language::lua ||
      program_->language == Language::javascript) {
    PAWL_RETURN_IF_ERROR(scope.MayEvaluate());
    return scope.RunScript(*this);
  }
  ScriptResult result;
  PAWL_ASSIGN_OR_RETURN(result.value, Evaluate(scope));
  return result;
}

absl::StatusOr<bool> Expression::EvaluateCondition(
    const ScopeView& scope) const {
  switch (program_->language) {
    case Language::el:
      PAWL_RETURN_IF_ERROR(scope.MayEvaluate());
      return el::EvaluateCondition(program_->el, scope);
    case Language::feel:
      PAWL_RETURN_IF_ERROR(scope.MayEvaluate());
      return feel::EvaluateConditionIn(program_->feel, scope);
    case Language::literal:
      return absl::InvalidArgumentError(
          absl::StrCat("condition: got ", DescribeValue(program_->literal),
                       ", wanted an expression"));
    default:
      break;
  }
  PAWL_ASSIGN_OR_RETURN(const Value value, Evaluate(scope));
  if (value.is_bool()) return value.boolean();
  return absl::InvalidArgumentError(absl::StrCat(
      "condition: got ", DescribeValue(value), ", wanted true or false"));
}

const std::string& Expression::text() const { return program_->text; }
Language Expression::language() const { return program_->language; }

}  // namespace pawl::expression
