// BPMN's names of the kinds of elements, both ways.
#ifndef PAWL_ENGINE_MODEL_ELEMENT_NAMES_H_
#define PAWL_ENGINE_MODEL_ELEMENT_NAMES_H_

#include <string_view>

#include "schemas/model_generated.h"

namespace pawl::model {

// The element of a file, as in BPMN20.xsd: "userTask", "process". What has
// none of its own: "subProcess" for an event sub-process, "eventDefinition",
// "unknown".
std::string_view BpmnName(fb::ElementKind kind);

// The kind of a flow node that executes; `unknown` for every other element.
fb::ElementKind FlowNodeNamed(std::string_view name);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_ELEMENT_NAMES_H_
