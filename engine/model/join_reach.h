// JoinReach: from which nodes a token can still reach which flow into a gateway
// that has to know: an inclusive join, a complex gateway with a condition.
//
// Paths as BPMN 2.0.2, 13.4.3 has them: along flows, within one scope, not by
// the gateway itself; and by what moves tokens without a flow: from an activity
// to its boundary events, from a throwing link to the catching one. Made once
// for a model; one without such gateways pays nothing (docs/adr/0020).
#ifndef PAWL_ENGINE_MODEL_JOIN_REACH_H_
#define PAWL_ENGINE_MODEL_JOIN_REACH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// Whether this gateway waits for what other tokens may still do.
bool JoinsByReach(const fb::ElementT& element);

// A set of a scope's nodes, one bit for each.
class NodeSet {
 public:
  explicit NodeSet(size_t nodes = 0) : words_((nodes + 63) / 64) {}

  void Add(size_t node) { words_[node / 64] |= uint64_t{1} << (node % 64); }
  bool Contains(size_t node) const {
    return (words_[node / 64] >> (node % 64) & 1) != 0;
  }
  // The same scope's.
  void AddAll(const NodeSet& other);
  // Whether one of these is in `a` and not in `b`.
  bool AnyInButNot(const NodeSet& a, const NodeSet& b) const;
  size_t words() const { return words_.size(); }

 private:
  std::vector<uint64_t> words_;
};

// How many bits JoinReach takes for a model, bounded by kJoinReachBitsMax.
// O(size of the model).
size_t JoinReachBits(const fb::ProcessT& model);

class JoinReach {
 public:
  // A model whose indexes are checked. ResourceExhausted: kJoinReachBitsMax.
  // Cost: for each flow into such a gateway once around its scope.
  static absl::StatusOr<JoinReach> Make(const fb::ProcessT& model);

  bool empty() const { return joins_.empty(); }
  // Such gateways in a scope, in the order of the model.
  std::span<const uint32_t> In(uint32_t scope) const;
  // An empty set for the scope; those below are numbers in it.
  NodeSet NoNodes(uint32_t scope) const { return NodeSet(sizes_.at(scope)); }
  size_t NumberOf(uint32_t element) const { return numbers_[element]; }
  // From where a token can reach the flow at `position` of the gateway's
  // incoming ones. The gateway itself counts as what comes out of it.
  const NodeSet& Reaching(uint32_t join, size_t position) const {
    return reaching_.at(join)[position];
  }
  // From where sequence flows and links alone lead to it: it isn't waited for
  // when a token is there (by the model's rules, model_rules.h).
  const NodeSet& Leading(uint32_t join, size_t position) const {
    return leading_.empty() ? Reaching(join, position)
                            : leading_.at(join)[position];
  }

 private:
  // Gateways, and how many nodes there are, by scope.
  absl::btree_map<uint32_t, std::vector<uint32_t>> joins_;
  absl::btree_map<uint32_t, size_t> sizes_;
  // Of each element in its scope.
  std::vector<uint32_t> numbers_;
  // By gateway and position.
  absl::btree_map<uint32_t, std::vector<NodeSet>> reaching_;
  // Empty where it would be the same.
  absl::btree_map<uint32_t, std::vector<NodeSet>> leading_;
};

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_JOIN_REACH_H_
