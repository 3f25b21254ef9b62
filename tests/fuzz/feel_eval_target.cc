#include <string>

#include "absl/status/status.h"
#include "base/check.h"
#include "base/limits.h"
#include "engine/expression/feel/feel.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"
#include "tests/fuzz/expression_input.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

using expression::VariablesView;
using expression::feel::CompileText;
using expression::feel::EvaluateConditionIn;
using expression::feel::EvaluateIn;
using expression::feel::EvaluateTests;
using expression::feel::EvaluateText;
using expression::feel::Fault;
using expression::feel::Outcome;
using expression::feel::Surroundings;

constexpr Surroundings kSurroundings = {1'700'000'000'000, 42};

// Twice the same.
template <typename Evaluate>
void CheckOutcome(const Evaluate& evaluate) {
  const absl::StatusOr<Outcome> first = evaluate();
  const absl::StatusOr<Outcome> second = evaluate();
  PAWL_CHECK(first.status() == second.status()) << second.status();
  if (!first.ok()) return CheckRefusal(first.status());
  PAWL_CHECK(first->text == second->text) << second->text;
  PAWL_CHECK(first->fault.any == second->fault.any);
  PAWL_CHECK(first->fault.reason == second->fault.reason);
  if (!first->value.Validate().ok()) return;
  if (first->value.ToJson().size() > kVariablesBytesMax) return;
  CheckReadAgain(first->value);
}

// As models have it: compiled before anybody knows the variables.
void CheckCompiled(std::string_view text, const Variables& variables) {
  const auto program = CompileText(text);
  if (!program.ok()) return CheckRefusal(program.status());
  const VariablesView scope(variables);
  Fault fault;
  const auto value = EvaluateIn(*program, scope, &fault);
  const auto holds = EvaluateConditionIn(*program, scope);
  if (!value.ok()) {
    CheckRefusal(value.status());
    PAWL_CHECK(!holds.ok());
    return;
  }
  PAWL_CHECK(holds.ok() == value->is_bool()) << holds.status();
  if (holds.ok()) PAWL_CHECK(*holds == value->boolean());
}

}  // namespace

void FuzzFeelEval(std::string_view bytes) {
  const ExpressionInput input(bytes);
  const std::string_view text = input.text;
  const Variables& variables = input.variables();
  // Two evaluations for an input: each may take a million steps.
  switch (text.size() % 3) {
    case 0:
      return CheckOutcome(
          [&] { return EvaluateText(text, variables, kSurroundings); });
    case 1:
      return CheckOutcome(
          [&] { return EvaluateTests(text, variables, kSurroundings); });
    default:
      return CheckCompiled(text, variables);
  }
}

}  // namespace pawl::fuzz
