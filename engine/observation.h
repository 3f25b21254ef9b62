// What observers are shown of a record (observer.h). Private to engine/.
#ifndef PAWL_ENGINE_OBSERVATION_H_
#define PAWL_ENGINE_OBSERVATION_H_

#include <cstdint>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "engine/observer.h"
#include "schemas/record_generated.h"

namespace pawl {

struct ElementSeen {
  ElementObservation element;
  enum class Kind { kActivating, kCompleted, kTerminated };
  Kind kind = Kind::kActivating;
};
struct EndSeen {
  InstanceKey instance;
  InstanceState state = InstanceState::kCompleted;
};
using Observation = std::variant<ElementSeen, IncidentInfo, EndSeen>;

using ElementMap = absl::btree_map<ElementKey, core::ElementInstance>;

// Appends what `record` lets an observer see. `before` are the elements that
// were active before it, `after` is its instance afterwards.
void AppendObservations(const fb::RecordT& record, const ElementMap& before,
                        const core::Instance& after,
                        const model::ProcessDefinition& model,
                        std::vector<Observation>* out);

// Shows them, dropping what observers throw.
void ShowObservations(const std::vector<Observation>& observations,
                      const std::vector<Observer*>& observers);

}  // namespace pawl

#endif  // PAWL_ENGINE_OBSERVATION_H_
