// Compensation and transactions in a file: which handler belongs to which
// event, what an event compensates, and where these events may stand. Internal
// to engine/model. Source: BPMN 2.0.2, 10.3.5, 10.5.4, 10.5.5 and 10.7.
#ifndef PAWL_ENGINE_MODEL_BPMN_COMPENSATION_H_
#define PAWL_ENGINE_MODEL_BPMN_COMPENSATION_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// Whether `xml` is, or is inside of, a compensation handler or an event
// sub-process for compensation. O(depth + width around it).
bool RunsAsCompensation(const XmlNode& xml);

// Fills `handler` and `compensates` of the nodes, and reports what can't be
// executed. After the boundary events are attached.
void ResolveCompensation(const ParseContext& context, RawProcess* process);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_COMPENSATION_H_
