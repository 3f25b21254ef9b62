// What a scope sees of an instance's variables.
#ifndef PAWL_ENGINE_CORE_VARIABLES_H_
#define PAWL_ENGINE_CORE_VARIABLES_H_

#include <memory>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/strings.h"
#include "engine/core/evaluations.h"
#include "engine/core/state.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"

namespace pawl::core {

using WireVariables = std::vector<std::unique_ptr<fb::VariableT>>;

// Variables as commands and records hold them. InvalidArgument or
// ResourceExhausted: something in them can't be recorded (Variables::Validate;
// kVariablesBytesMax in total).
absl::StatusOr<WireVariables> ToWire(const Variables& variables);

// The scope around `scope`, which may be any activation; not valid for the
// root.
ElementKey ParentScope(const Instance& instance, ElementKey scope);

// All variables that `scope` sees, the nearest of each name. Cost: O(size).
Variables VisibleVariables(const Instance& instance, ElementKey scope);

// What an expression sees in a scope: its variables, and time, seed, scripts
// and limits of the decision. None is owned; the instance must not change
// meanwhile.
class ScopeVariables final : public expression::ScopeView {
 public:
  // `element_id` names whose scripts run, for the record.
  ScopeVariables(const Instance& instance, ElementKey scope, int64_t now_ms,
                 std::string_view element_id, Evaluations* evaluations)
      : instance_(instance),
        scope_(scope),
        now_ms_(now_ms),
        element_id_(element_id),
        evaluations_(*evaluations) {}
  const Value* Find(std::string_view name) const override;
  const Value& Fact(expression::InstanceFact fact) const override;
  int64_t now_ms() const override { return now_ms_; }
  uint64_t Seed() const override { return evaluations_.lookups().Seed(); }
  absl::Status MayEvaluate() const override {
    return evaluations_.MayEvaluate();
  }
  void Spend(int64_t steps) const override { evaluations_.Spend(steps); }
  absl::StatusOr<expression::ScriptResult> RunScript(
      const expression::Expression& script) const override {
    return evaluations_.lookups().RunScript(element_id_, script, *this);
  }
  // From now on only what stands in the scope itself is seen.
  void HideOuter() { hides_outer_ = true; }
  // From now on `name` is this, whatever the scopes have.
  void Set(std::string_view name, Value value);

 private:
  const Instance& instance_;
  const ElementKey scope_;
  const int64_t now_ms_;
  const std::string_view element_id_;
  Evaluations& evaluations_;
  bool hides_outer_ = false;
  StringMap<std::unique_ptr<Value>> set_;
  // Made when they are asked for.
  mutable Value business_key_;
  mutable Value instance_key_;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_VARIABLES_H_
