#include <string>

#include "absl/status/status.h"
#include "base/check.h"
#include "engine/expression/expression.h"
#include "engine/value.h"
#include "tests/fuzz/expression_input.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

using expression::Expression;
using expression::Use;

// Compiled and evaluated twice: the same value, or the same refusal.
void Evaluate(std::string_view text, fb::Language language,
              const Variables& variables) {
  const absl::StatusOr<Expression> program =
      Expression::Compile(text, language);
  if (!program.ok()) {
    PAWL_CHECK(absl::IsInvalidArgument(program.status()) ||
               absl::IsResourceExhausted(program.status()) ||
               absl::IsUnimplemented(program.status()))
        << program.status();
    return;
  }
  const expression::VariablesView scope(variables);
  const absl::StatusOr<Value> value = program->Evaluate(scope);
  const absl::StatusOr<Value> again = program->Evaluate(scope);
  PAWL_CHECK(value.status() == again.status()) << again.status();
  const absl::StatusOr<bool> holds = program->EvaluateCondition(scope);
  if (!value.ok()) {
    PAWL_CHECK(!holds.ok());
    return;
  }
  PAWL_CHECK(value->ToJson() == again->ToJson());
  PAWL_CHECK(holds.ok() == value->is_bool()) << holds.status();
  if (holds.ok()) PAWL_CHECK(*holds == value->boolean());
  if (value->Validate().ok()) CheckReadAgain(*value);
}

}  // namespace

void FuzzCondition(std::string_view bytes) {
  const ExpressionInput input(bytes);
  const std::string_view text = input.text;
  const Variables& variables = input.variables();
  Evaluate(text, fb::Language::el, variables);
  for (const Use use : {Use::kCondition, Use::kText}) {
    const auto language = expression::DetectLanguage(text, "", use);
    if (language.ok() && *language != fb::Language::el) {
      Evaluate(text, *language, variables);
    }
  }
}

}  // namespace pawl::fuzz
