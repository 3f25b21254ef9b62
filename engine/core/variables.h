// What a scope sees of an instance's variables.
#ifndef PAWL_ENGINE_CORE_VARIABLES_H_
#define PAWL_ENGINE_CORE_VARIABLES_H_

#include <memory>
#include <string_view>

#include "base/ids.h"
#include "base/strings.h"
#include "engine/core/state.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"

namespace pawl::core {

// The scope around `scope`, which may be any activation; not valid for the
// root.
ElementKey ParentScope(const Instance& instance, ElementKey scope);

// All variables that `scope` sees, the nearest of each name. Cost: O(size).
Variables VisibleVariables(const Instance& instance, ElementKey scope);

// The variables that a scope sees, parsed when they are asked for. The instance
// must outlive it and not change meanwhile.
class ScopeVariables final : public expression::ScopeView {
 public:
  ScopeVariables(const Instance& instance, ElementKey scope)
      : instance_(instance), scope_(scope) {}
  const Value* Find(std::string_view name) const override;
  const Value& Fact(expression::InstanceFact fact) const override;

 private:
  const Instance& instance_;
  ElementKey scope_;
  mutable StringMap<std::unique_ptr<Value>> parsed_;
  // Made when they are asked for.
  mutable Value business_key_;
  mutable Value instance_key_;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_VARIABLES_H_
