// FindUnbalancedJoins: parallel gateways that can wait for a token that never
// comes. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_JOINS_H_
#define PAWL_ENGINE_MODEL_BPMN_JOINS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

struct UnbalancedJoin {
  // The node, and the flow that a token may not come by.
  uint32_t join = 0;
  uint32_t flow = 0;
  // The node where a token chooses another way; the join itself: the flow
  // comes from behind it. Nothing: the flow isn't reached at all.
  std::optional<uint32_t> choice;
};

// In the order of the nodes, one for each join. A hint, not a proof: every way
// that a gateway may choose counts as possible, what happens in loops isn't
// followed, and ways that end the whole instance or scope don't count. Splits
// and joins in blocks are found for what they are. O(n log n).
std::vector<UnbalancedJoin> FindUnbalancedJoins(const RawProcess& process);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_JOINS_H_
