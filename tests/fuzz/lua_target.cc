#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/check.h"
#include "engine/expression/scope_view.h"
#include "engine/expression/script/limits.h"
#include "engine/expression/script/lua.h"
#include "engine/value.h"
#include "tests/fuzz/expression_input.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

using expression::ScriptResult;
using expression::VariablesView;
using expression::script::CheckLua;
using expression::script::RunLua;

// The clock's limit is the only one that two runs may reach differently.
bool EndedByClock(const absl::Status& status) {
  return absl::IsResourceExhausted(status) &&
         status.message().find("kLuaCpuMsMax") != absl::string_view::npos;
}

class Scope final : public VariablesView {
 public:
  using VariablesView::VariablesView;
  int64_t now_ms() const override { return 1'700'000'000'000; }
  uint64_t Seed() const override { return 42; }
};

// What is recorded must be readable: core/lookups.cc keeps it like this.
void CheckRecorded(const ScriptResult& result) {
  PAWL_CHECK(result.steps > 0 &&
             result.steps <= expression::script::kLuaStepsMax +
                                 expression::script::kLuaHookSteps)
      << result.steps;
  const Variables kept{{"value", result.value},
                       {"written", Value(result.written)}};
  PAWL_CHECK_OK(kept.Validate());
  const auto read = Variables::FromJson(kept.ToJson());
  PAWL_CHECK_OK(read.status());
  PAWL_CHECK(*read == kept) << kept.ToJson();
}

}  // namespace

void FuzzLua(std::string_view bytes) {
  const ExpressionInput input(bytes);
  const absl::Status compiled = CheckLua(input.text);
  if (!compiled.ok()) CheckRefusal(compiled);
  const Scope scope(input.variables());
  const absl::StatusOr<ScriptResult> first = RunLua(input.text, scope);
  const absl::StatusOr<ScriptResult> second = RunLua(input.text, scope);
  if (!first.ok()) CheckRefusal(first.status());
  if (!EndedByClock(first.status()) && !EndedByClock(second.status())) {
    PAWL_CHECK(first.status() == second.status()) << second.status();
    if (!compiled.ok()) PAWL_CHECK(!first.ok());
    if (first.ok()) {
      PAWL_CHECK(first->steps == second->steps) << second->steps;
      PAWL_CHECK(first->value == second->value) << second->value.ToJson();
      PAWL_CHECK(first->written == second->written);
      CheckRecorded(*first);
    }
  }
  // Nothing of it is left.
  const auto next =
      RunLua("x = (x or 0) + 1 return #('a'):rep(3) + x", Scope(Variables{}));
  PAWL_CHECK_OK(next.status());
  PAWL_CHECK(next->value == Value(4)) << next->value.ToJson();
}

}  // namespace pawl::fuzz
