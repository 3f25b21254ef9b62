// Data objects and data associations. The rules stand in
// reference_interpreter.h.
#include <algorithm>

#include "tests/reference/reference_interpreter.h"

namespace pawl::reference {

using property::DataAssociation;
using property::Node;
using property::NodeKind;

// What an activation has before its inputs: its own results and, of a
// sub-process, its data objects. What starts an event sub-process is there
// already.
Variables ReferenceInterpreter::OwnData(size_t number) const {
  const Node& node = graph_.nodes[activations_.at(number).node];
  Variables own;
  for (const std::string& name : property::OwnResults(node)) {
    own[name] = std::nullopt;
  }
  for (const property::DataObject& object : node.data) {
    own[object.name] = std::nullopt;
  }
  if (node.kind != NodeKind::kEventSubProcess) return own;
  for (const Node& start : graph_.nodes) {
    if (!IsStartEvent(start.kind) ||
        start.scope != activations_.at(number).node + 1) {
      continue;
    }
    for (const DataAssociation& one : start.data_outputs) {
      if (own.contains(one.source)) {
        own[one.source] = NumberOf(number, one.source);
      }
    }
  }
  return own;
}

std::optional<Value> ReferenceInterpreter::Transformed(
    const DataAssociation& association,
    const std::function<Value(const std::string& name)>& number) const {
  Value source = 0;
  if (!association.value->source.empty()) {
    source = number(association.value->source);
  }
  if (source.has_value()) return *source + association.value->number;
  if (!association.feel) return std::nullopt;
  return std::optional<Value>(std::in_place, std::nullopt);
}

// Each sees those before it. What isn't there leaves its target as it is, which
// is null where nothing has set it.
bool ReferenceInterpreter::InputData(size_t number) {
  Activation& activation = activations_.at(number);
  const Node& node = graph_.nodes[activation.node];
  std::set<std::string> set;
  for (const DataAssociation& one : node.data_inputs) {
    const bool is_first = set.insert(one.target).second;
    if (one.value.has_value()) {
      const auto value = Transformed(
          one, [&](const std::string& name) { return NumberOf(number, name); });
      if (!value.has_value()) return false;
      activation.locals[one.target] = *value;
      continue;
    }
    const Value value = NumberOf(number, one.source);
    ++(value.has_value() ? data_moved_ : data_missing_);
    if (value.has_value() || is_first) activation.locals[one.target] = value;
  }
  return true;
}

// What goes out; a result that has its target's name has gone there by itself,
// unless it stayed here. Nothing: a fault.
std::optional<Variables> ReferenceInterpreter::OutputData(size_t number) {
  const Activation& activation = activations_.at(number);
  const Node& node = graph_.nodes[activation.node];
  Variables out;
  const auto number_of = [&](const std::string& name) {
    const auto mapped = out.find(name);
    if (mapped != out.end() && !activation.locals.contains(name)) {
      return mapped->second;
    }
    return NumberOf(number, name);
  };
  for (const DataAssociation& one : node.data_outputs) {
    if (one.value.has_value()) {
      const auto value = Transformed(one, number_of);
      if (!value.has_value()) return std::nullopt;
      out[one.target] = *value;
      continue;
    }
    if (one.source == one.target && !activation.locals.contains(one.source)) {
      continue;
    }
    const Value value = number_of(one.source);
    ++(value.has_value() ? data_moved_ : data_missing_);
    if (value.has_value()) out[one.target] = value;
  }
  return out;
}

}  // namespace pawl::reference
