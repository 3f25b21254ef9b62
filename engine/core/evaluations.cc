#include "engine/core/evaluations.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"

namespace pawl::core {

std::string Evaluations::LimitReached() const {
  if (lookups_.ScriptSteps() >= kScriptStepsPerCommandMax) {
    return absl::StrCat("more than ", kScriptStepsPerCommandMax,
                        " steps of scripts (kScriptStepsPerCommandMax)");
  }
  if (steps_ >= kExpressionStepsPerCommandMax) {
    return absl::StrCat(
        "more than ", kExpressionStepsPerCommandMax,
        " steps of expressions (kExpressionStepsPerCommandMax)");
  }
  return "";
}

absl::Status Evaluations::MayEvaluate() const {
  const std::string limit = LimitReached();
  if (limit.empty()) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "took ", limit, " in one command; resolve the incident to go on"));
}

const Value* Evaluations::Parsed(ElementKey scope, std::string_view name,
                                 std::string_view json) {
  auto& variables = parsed_[scope];
  if (const auto it = variables.find(name); it != variables.end()) {
    return it->second.get();
  }
  absl::StatusOr<Value> value = Value::FromJson(json);
  // Commands carry variables that were checked at the door.
  PAWL_CHECK(value.ok()) << value.status();
  return variables
      .emplace(std::string(name), std::make_unique<Value>(*std::move(value)))
      .first->second.get();
}

void Evaluations::Forget(const fb::VariablesWrittenT& write) {
  const auto scope = parsed_.find(ElementKey(write.scope));
  if (scope == parsed_.end()) return;
  for (const auto& variable : write.variables) {
    scope->second.erase(variable->name);
  }
}

}  // namespace pawl::core
