// Validate: the graph of a process. Connects flows and nodes, and checks what
// BPMN 2.0 demands of them. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_VALIDATE_H_
#define PAWL_ENGINE_MODEL_BPMN_VALIDATE_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// Fills the indexes in `process` and reports faults and advice. Conditions and
// default flows that BPMN ignores are removed, so that execution never meets
// them. O(n log n).
void Validate(const ParseContext& context, RawProcess* process);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_VALIDATE_H_
