#include <string>

#include "absl/status/status.h"
#include "base/check.h"
#include "base/limits.h"
#include "engine/expression/feel/feel.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"
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

const Variables& UsualVariables() {
  static const Variables* const variables = new Variables(*Variables::FromJson(
      R"({"n":3,"x":-1.50,"big":1e6144,"small":1e-6143,"text":"abc",)"
      R"("yes":true,"no":false,"none":null,"list":[1,2,[3]],"?":5,)"
      R"("monthly fee":2,"rows":[{"a":1,"b":"x"},{"a":2,"b":"y"}],)"
      R"("map":{"a":{"b":[{"c":1}]}},)"
      R"("long":1234567890123456789012345678901234567890})"));
  return *variables;
}

void CheckRefusal(const absl::Status& status) {
  PAWL_CHECK(absl::IsInvalidArgument(status) ||
             absl::IsResourceExhausted(status))
      << status;
}

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
  const std::string json = first->value.ToJson();
  if (json.size() > kVariablesBytesMax) return;
  const absl::StatusOr<Value> read = Value::FromJson(json);
  PAWL_CHECK_OK(read.status());
  PAWL_CHECK(read->ToJson() == json);
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
  const size_t end = bytes.find('\0');
  const std::string_view text = bytes.substr(0, end);
  const std::string_view json =
      end == std::string_view::npos ? "" : bytes.substr(end + 1);
  const absl::StatusOr<Variables> given = Variables::FromJson(json);
  const Variables& variables = given.ok() ? *given : UsualVariables();
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
