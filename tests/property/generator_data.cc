// Data objects and data associations, drawn when the rest of a process is
// there. In a structured process whoever gives variables of the process values
// must be able to end it: so nothing that is null and can't be written from
// outside is read where that is a fault.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/property/graph_draws.h"

namespace pawl::property {
namespace {

using Names = std::vector<std::string>;

// Of data objects: those that nothing but data reads, and all.
const Names& Objects() {
  static const auto* const names = new Names{"d", "e"};
  return *names;
}
const Names& AllObjects() {
  static const auto* const names = new Names{"d", "e", "n", "m"};
  return *names;
}
// Of inputs and outputs, likewise.
const Names& Inner() {
  static const auto* const names = new Names{"i", "o"};
  return *names;
}
const Names& AllInner() {
  static const auto* const names = new Names{"i", "o", "n", "m"};
  return *names;
}

bool IsIn(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool ThrowsData(NodeKind kind) {
  switch (kind) {
    case NodeKind::kThrowEvent:
    case NodeKind::kLinkThrowEvent:
    case NodeKind::kMessageThrowEvent:
    case NodeKind::kSignalThrowEvent:
    case NodeKind::kEscalationThrowEvent:
    case NodeKind::kCompensationThrowEvent:
    case NodeKind::kMultipleThrowEvent:
      return true;
    default:
      return IsEndEvent(kind);
  }
}

}  // namespace

// Anything but its mappings reads n or m, as the node sees them.
bool GraphDraws::ReadsVariables(size_t index) const {
  const Node& node = graph_.nodes[index];
  if (IsScope(node.kind) || node.kind == NodeKind::kCallActivity) return true;
  if (node.start_listener.has_value() || node.end_listener.has_value() ||
      !node.task_listeners.empty() || !node.script_operand.empty() ||
      !node.key_variable.empty() || node.condition.has_value()) {
    return true;
  }
  // Those of a dialect in EL.
  if (!node.inputs.empty() || !node.outputs.empty()) return true;
  for (const Node& other : graph_.nodes) {
    // The handler gets what the activity had.
    if (other.kind == NodeKind::kCompensationBoundaryEvent &&
        other.attached_to == index && ReadsVariables(other.handler)) {
      return true;
    }
    const bool is_beside =
        (IsBoundaryEvent(other.kind) && other.attached_to == index) ||
        (other.kind == NodeKind::kEventDefinition &&
         (other.part_of == index ||
          graph_.nodes[other.part_of].attached_to == index));
    if (is_beside &&
        (other.condition.has_value() || !other.key_variable.empty())) {
      return true;
    }
  }
  return std::any_of(
      graph_.flows.begin(), graph_.flows.end(), [&](const Flow& flow) {
        return flow.source == index && flow.condition.has_value();
      });
}

// A sub-process around has a variable of the name.
bool GraphDraws::IsHidden(size_t scope, const std::string& name) const {
  for (; scope != 0; scope = graph_.nodes[scope - 1].scope) {
    const Node& around = graph_.nodes[scope - 1];
    if (IsIn(DataInputs(around), name) || IsIn(OwnResults(around), name)) {
      return true;
    }
    for (const DataObject& object : around.data) {
      if (object.name == name) return true;
    }
  }
  return false;
}

void GraphDraws::DrawValue(DataAssociation* association, bool own_read) {
  Mapping value;
  const Names names = {"n", "m", "d", "e", "i", "o", kCountVariable};
  if (!random_.OneIn(5)) value.source = names[random_.Below(names.size())];
  value.number = static_cast<int64_t>(random_.Below(4));
  association->assigns = random_.OneIn(2);
  // A fault where there is no number: only of what anybody can set.
  association->feel = !random_.OneIn(3);
  if (structured_ && !association->feel &&
      (own_read || (value.source != "n" && value.source != "m"))) {
    association->feel = true;
  }
  association->value = value;
}

void GraphDraws::DrawDataInputs(size_t node, const Names& inner) {
  for (size_t count = 1 + random_.Below(2); count > 0; --count) {
    DataAssociation input;
    input.target = inner[random_.Below(inner.size())];
    input.source = AllObjects()[random_.Below(AllObjects().size())];
    if (random_.OneIn(4)) {
      DrawValue(&input, /*own_read=*/inner.size() > Inner().size());
      if (random_.OneIn(2)) input.source.clear();
    }
    graph_.nodes[node].data_inputs.push_back(std::move(input));
  }
}

void GraphDraws::DrawDataOutputs(size_t node, const Names& inner,
                                 const Names& outer) {
  const NodeKind kind = graph_.nodes[node].kind;
  for (size_t count = 1 + random_.Below(2); count > 0; --count) {
    DataAssociation output;
    output.source = inner[random_.Below(inner.size())];
    output.target = outer[random_.Below(outer.size())];
    // Nothing comes out of what throws.
    if (random_.OneIn(4) || kind == NodeKind::kMessageSendTask) {
      DrawValue(&output, /*own_read=*/inner.size() > Inner().size());
      // Under its own name the result would be and not be the task's.
      const bool names_it =
          output.source != output.target && kind != NodeKind::kMessageSendTask;
      if (!names_it || random_.OneIn(2)) output.source.clear();
    }
    graph_.nodes[node].data_outputs.push_back(std::move(output));
  }
}

void GraphDraws::DrawData(size_t index, bool writes, bool writes_read) {
  Node& node = graph_.nodes[index];
  const bool is_throwing = ThrowsData(node.kind);
  const bool is_catching = IsEvent(node.kind) && !is_throwing;
  if (!IsActivity(node.kind) && !is_throwing && !is_catching) return;
  const bool free = !structured_ || !ReadsVariables(index);
  const bool sends = is_throwing || node.kind == NodeKind::kMessageSendTask;
  const Names& inner = free && !sends ? AllInner() : Inner();
  // Beside mappings of a dialect they move nothing, which is said.
  if (!is_catching && random_.OneIn(2) &&
      (node.inputs.empty() || !structured_)) {
    DrawDataInputs(index, inner);
  }
  if (!is_throwing && writes && random_.OneIn(2) &&
      (node.outputs.empty() || !structured_)) {
    DrawDataOutputs(index, is_catching ? AllInner() : inner,
                    writes_read ? AllObjects() : Objects());
  }
  if (node.kind == NodeKind::kCallActivity && node.inputs.empty() &&
      node.outputs.empty() && random_.OneIn(2)) {
    node.crosses_data = true;
    node.call_output.reset();
    node.outputs_on_throw = true;
  } else if (node.kind == NodeKind::kCallActivity) {
    node.data_inputs.clear();
    node.data_outputs.clear();
  }
}

void GraphDraws::DrawAllData(const std::set<size_t>& plain,
                             const std::set<size_t>& quiet) {
  // Elsewhere their names are variables, which is said.
  if (structured_ || !random_.OneIn(4)) {
    for (const std::string& name : AllObjects()) {
      graph_.data.push_back(DrawObject(name));
    }
  }
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    if (IsScope(graph_.nodes[i].kind) && random_.OneIn(2)) {
      for (const std::string& name : Objects()) {
        if (random_.OneIn(2)) continue;
        graph_.nodes[i].data.push_back(DrawObject(name));
      }
    }
    if (graph_.nodes[i].kind == NodeKind::kEventDefinition) continue;
    const std::optional<Loop>& loop = graph_.nodes[i].loop;
    const bool counts = loop.has_value() &&
                        loop->kind == Loop::Kind::kStandard &&
                        loop->maximum == 0;
    if (random_.OneIn(2)) continue;
    DrawData(i, !plain.contains(i), !quiet.contains(i) && !counts);
  }
  for (Flow& flow : graph_.flows) {
    if (!flow.condition.has_value()) continue;
    const std::string& variable = flow.condition->variable;
    if ((variable != "n" && variable != "m") || !random_.OneIn(4)) continue;
    const std::string name = random_.OneIn(2) ? "d" : "e";
    if (structured_ && IsHidden(graph_.nodes[flow.source].scope, name)) {
      continue;
    }
    flow.condition->variable = name;
  }
}

}  // namespace pawl::property
