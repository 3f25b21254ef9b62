// Ad-hoc sub-processes. The rules stand in reference_interpreter.h.
#include <algorithm>

#include "tests/reference/reference_interpreter.h"

namespace pawl::reference {

using property::Node;
using property::NodeKind;

// Not of one that has completed and is open again.
bool ReferenceInterpreter::IsAdHoc(size_t scope) const {
  const auto found = activations_.find(scope);
  return found != activations_.end() && found->second.open &&
         !found->second.reopened &&
         graph_.nodes[found->second.node].kind == NodeKind::kAdHocSubProcess;
}

void ReferenceInterpreter::BeginInAdHoc(size_t number,
                                        const std::vector<size_t>& nodes) {
  Activation& activation = activations_.at(number);
  for (size_t node : nodes) activation.to_begin.push_back(node);
  if (graph_.nodes[activation.node].sequential) {
    ended_in_.push_back(number);
    return;
  }
  for (size_t node : nodes) queue_.push_back({node, std::nullopt, number});
}

bool ReferenceInterpreter::Activate(const std::string& node, size_t which,
                                    const std::vector<std::string>& elements,
                                    int64_t now_ms) {
  const auto found = Find(node, which);
  if (!Running() || !found.has_value()) return false;
  if (!IsAdHoc(*found) || activations_.at(*found).fulfilled) return false;
  std::vector<size_t> nodes;
  for (const std::string& id : elements) {
    for (size_t start : StartsOf(activations_.at(*found).node + 1)) {
      if (graph_.nodes[start].id == id) nodes.push_back(start);
    }
  }
  if (nodes.size() < elements.size()) return false;
  now_ms_ = now_ms;
  BeginInAdHoc(*found, nodes);
  Move();
  return true;
}

bool ReferenceInterpreter::StepAdHoc() {
  if (ad_hocs_.empty()) return false;
  const size_t number = ad_hocs_.front();
  ad_hocs_.pop_front();
  if (!IsAdHoc(number)) return true;
  Activation& activation = activations_.at(number);
  const Node& node = graph_.nodes[activation.node];
  if (activation.fulfilled || activation.failed != Failed::kNothing ||
      !node.completion.has_value()) {
    return true;
  }
  const std::optional<bool> holds = Holds(*node.completion, number, {});
  if (!holds.has_value()) {
    Fail(number, Failed::kAdHoc, "expression_error");
    return true;
  }
  if (!*holds) {
    ended_in_.push_back(number);
    return true;
  }
  activation.fulfilled = true;
  activation.to_begin.clear();
  if (!node.cancels_rest) {
    std::erase_if(queue_, [&](const Arrival& a) { return a.scope == number; });
    std::erase_if(tokens_,
                  [&](const auto& at) { return at.first.first == number; });
    moved_.insert(number);
    ended_in_.push_back(number);
    return true;
  }
  EndInside(number);
  activation.open = false;
  Leave(number);
  return true;
}

// It is empty: whether there is more to do in it, or may be.
bool ReferenceInterpreter::EmptyAdHocGoesOn(size_t number) {
  if (!IsAdHoc(number) || activations_.at(number).fulfilled) return false;
  const Activation& activation = activations_.at(number);
  if (activation.failed != Failed::kNothing) return true;
  if (activation.to_begin.empty()) {
    return graph_.nodes[activation.node].completion.has_value();
  }
  const bool is_on_its_way =
      std::any_of(queue_.begin(), queue_.end(),
                  [&](const Arrival& one) { return one.scope == number; });
  if (!is_on_its_way) {
    queue_.push_back({activation.to_begin.front(), std::nullopt, number});
  }
  return true;
}

}  // namespace pawl::reference
