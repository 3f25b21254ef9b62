#include "engine/model/join_reach.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/model/model_rules.h"

namespace pawl::model {

using fb::ElementKind;

bool JoinsByReach(const fb::ElementT& element) {
  switch (element.kind) {
    case ElementKind::inclusive_gateway:
      return element.incoming.size() > 1;
    case ElementKind::complex_gateway:
      return element.condition != nullptr && !element.incoming.empty();
    default:
      return false;
  }
}

void NodeSet::AddAll(const NodeSet& other) {
  for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
}

bool NodeSet::AnyInButNot(const NodeSet& a, const NodeSet& b) const {
  for (size_t i = 0; i < words_.size(); ++i) {
    if ((words_[i] & a.words_[i] & ~b.words_[i]) != 0) return true;
  }
  return false;
}

namespace {

// Throwing links by the catching event they jump to.
using Throwers = absl::btree_map<uint32_t, std::vector<uint32_t>>;

// Backwards from the flow, until nothing new is met; with `by_boundary` also
// from boundary events to their activities.
NodeSet ReachingFlow(const fb::ProcessT& model, const Throwers& throwers,
                     const std::vector<uint32_t>& numbers, uint32_t join,
                     uint32_t flow, bool by_boundary, NodeSet reaching) {
  std::vector<uint32_t> open;
  const auto meet = [&](uint32_t node) {
    if (reaching.Contains(numbers[node])) return;
    reaching.Add(numbers[node]);
    // A path may begin at the gateway, not lead through it.
    if (node != join) open.push_back(node);
  };
  meet(model.flows[flow]->source);
  while (!open.empty()) {
    const uint32_t node = open.back();
    open.pop_back();
    const fb::ElementT& element = *model.elements[node];
    for (const uint32_t incoming : element.incoming) {
      meet(model.flows[incoming]->source);
    }
    if (by_boundary && element.kind == ElementKind::boundary_event) {
      meet(element.attached_to);
    }
    if (const auto it = throwers.find(node); it != throwers.end()) {
      for (const uint32_t thrower : it->second) meet(thrower);
    }
  }
  return reaching;
}

}  // namespace

size_t JoinReachBits(const fb::ProcessT& model) {
  absl::btree_map<uint32_t, size_t> nodes;
  absl::btree_map<uint32_t, size_t> flows;
  for (size_t i = 1; i < model.elements.size(); ++i) {
    const fb::ElementT& element = *model.elements[i];
    ++nodes[element.scope];
    if (JoinsByReach(element)) flows[element.scope] += element.incoming.size();
  }
  size_t bits = 0;
  for (const auto& [scope, count] : flows) bits += count * nodes[scope];
  return bits;
}

absl::StatusOr<JoinReach> JoinReach::Make(const fb::ProcessT& model) {
  JoinReach out;
  for (uint32_t i = 0; i < model.elements.size(); ++i) {
    if (JoinsByReach(*model.elements[i])) {
      out.joins_[model.elements[i]->scope].push_back(i);
    }
  }
  if (out.empty()) return out;

  Throwers throwers;
  out.numbers_.resize(model.elements.size());
  for (uint32_t i = 1; i < model.elements.size(); ++i) {
    const fb::ElementT& element = *model.elements[i];
    out.numbers_[i] = static_cast<uint32_t>(out.sizes_[element.scope]++);
    if (element.link_target != 0) throwers[element.link_target].push_back(i);
  }
  if (const size_t bits = JoinReachBits(model); bits > kJoinReachBitsMax) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "compiled model of process '", model.id, "': its inclusive and complex",
        " gateways need ", bits, " bits to tell what tokens can reach them,",
        " wanted at most ", kJoinReachBitsMax, " (kJoinReachBitsMax)"));
  }
  const bool leads_apart =
      model.rules >= kRulesOfBoundaryEvents &&
      std::any_of(model.elements.begin(), model.elements.end(),
                  [](const auto& element) {
                    return element->kind == ElementKind::boundary_event;
                  });
  for (const auto& [scope, joins] : out.joins_) {
    for (const uint32_t join : joins) {
      for (const uint32_t flow : model.elements[join]->incoming) {
        out.reaching_[join].push_back(
            ReachingFlow(model, throwers, out.numbers_, join, flow,
                         /*by_boundary=*/true, out.NoNodes(scope)));
        if (!leads_apart) continue;
        out.leading_[join].push_back(
            ReachingFlow(model, throwers, out.numbers_, join, flow,
                         /*by_boundary=*/false, out.NoNodes(scope)));
      }
    }
  }
  return out;
}

std::span<const uint32_t> JoinReach::In(uint32_t scope) const {
  const auto it = joins_.find(scope);
  if (it == joins_.end()) return {};
  return it->second;
}

}  // namespace pawl::model
