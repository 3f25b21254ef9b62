#include "engine/core/variables.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace pawl::core {

absl::StatusOr<WireVariables> ToWire(const Variables& variables) {
  PAWL_RETURN_IF_ERROR(variables.Validate());
  WireVariables out;
  out.reserve(variables.size());
  size_t bytes = 0;
  for (const auto& [name, value] : variables) {
    auto variable = std::make_unique<fb::VariableT>();
    variable->name = name;
    value.AppendJson(&variable->json);
    bytes += name.size() + variable->json.size();
    if (bytes > kVariablesBytesMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("variables: got more than ", kVariablesBytesMax,
                       " bytes of JSON (kVariablesBytesMax) at '", name, "'"));
    }
    out.push_back(std::move(variable));
  }
  return out;
}

ElementKey ParentScope(const Instance& instance, ElementKey scope) {
  const auto it = instance.elements.find(scope);
  return it == instance.elements.end() ? ElementKey() : it->second.scope;
}

const Value* ScopeVariables::Find(std::string_view name) const {
  if (const auto it = set_.find(name); it != set_.end()) {
    return it->second.get();
  }
  for (ElementKey key = scope_; key.valid();
       key = ParentScope(instance_, key)) {
    if (hides_outer_ && key != scope_) return nullptr;
    const auto scope = instance_.scopes.find(key);
    if (scope == instance_.scopes.end()) continue;
    const auto variable = scope->second.variables.find(name);
    if (variable == scope->second.variables.end()) continue;
    return evaluations_.Parsed(key, name, variable->second);
  }
  return nullptr;
}

const Value& ScopeVariables::Fact(expression::InstanceFact fact) const {
  switch (fact) {
    case expression::InstanceFact::kBusinessKey:
      // None and an empty one are the same.
      if (instance_.business_key.empty()) return Value::Null();
      if (business_key_.is_null()) business_key_ = instance_.business_key;
      return business_key_;
    case expression::InstanceFact::kInstanceKey:
      if (instance_key_.is_null()) instance_key_ = ToString(instance_.key);
      return instance_key_;
  }
  PAWL_CHECK(false) << "a fact that no expression asks for";
  return Value::Null();
}

void ScopeVariables::Set(std::string_view name, Value value) {
  set_[std::string(name)] = std::make_unique<Value>(std::move(value));
}

Variables VisibleVariables(const Instance& instance, ElementKey scope) {
  Variables out;
  for (ElementKey key = scope; key.valid(); key = ParentScope(instance, key)) {
    const auto it = instance.scopes.find(key);
    if (it == instance.scopes.end()) continue;
    for (const auto& [name, json] : it->second.variables) {
      if (out.contains(name)) continue;
      absl::StatusOr<Value> value = Value::FromJson(json);
      PAWL_CHECK(value.ok()) << value.status();
      out.Set(name, *std::move(value));
    }
  }
  return out;
}

}  // namespace pawl::core
