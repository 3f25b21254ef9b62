#include <string>

#include "absl/status/status.h"
#include "base/check.h"
#include "engine/expression/expression.h"
#include "engine/value.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

using expression::Expression;
using expression::Use;

const Variables& UsualVariables() {
  static const Variables* const variables = new Variables(
      *Variables::FromJson(R"({"n":3,"x":-1.50,"big":1e6144,"small":1e-6143,)"
                           R"("text":"abc","yes":true,"no":false,"none":null,)"
                           R"("list":[1,2,[3]],"map":{"a":{"b":[{"c":1}]}}})"));
  return *variables;
}

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
  // What an expression gives becomes a variable, and is read again.
  if (!value->Validate().ok()) return;
  const absl::StatusOr<Value> read = Value::FromJson(value->ToJson());
  PAWL_CHECK_OK(read.status());
  PAWL_CHECK(read->ToJson() == value->ToJson());
}

}  // namespace

void FuzzCondition(std::string_view bytes) {
  const size_t end = bytes.find('\0');
  const std::string_view text = bytes.substr(0, end);
  const std::string_view json =
      end == std::string_view::npos ? "" : bytes.substr(end + 1);
  absl::StatusOr<Variables> given = Variables::FromJson(json);
  const Variables& variables = given.ok() ? *given : UsualVariables();
  Evaluate(text, fb::Language::el, variables);
  for (const Use use : {Use::kCondition, Use::kText}) {
    const auto language = expression::DetectLanguage(text, "", use);
    if (language.ok() && *language != fb::Language::el) {
      Evaluate(text, *language, variables);
    }
  }
}

}  // namespace pawl::fuzz
