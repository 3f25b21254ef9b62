// CheckEventRules: what BPMN demands of event sub-processes, event gateways and
// catching events, beyond the graph. Internal to engine/model; Validate asks.
#ifndef PAWL_ENGINE_MODEL_BPMN_EVENT_RULES_H_
#define PAWL_ENGINE_MODEL_BPMN_EVENT_RULES_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// `process` is connected: flows and boundary events know their nodes. Reports
// to the context's problems. O(n log n).
void CheckEventRules(const ParseContext& context, const RawProcess& process);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_EVENT_RULES_H_
