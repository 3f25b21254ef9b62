// What a call activity calls, and what crosses its border: calledElement,
// camunda:in, camunda:out, zeebe:calledElement. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_CALL_H_
#define PAWL_ENGINE_MODEL_BPMN_CALL_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// Fills element->call of the call activity `xml`, whose mappings are read.
// Stays null when it names no process, which is reported.
void ParseCall(const XmlNode& xml, const ParseContext& context,
               fb::ElementT* element);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_CALL_H_
