// ParseProcess: the XML tree of one process -> RawProcess. Internal to
// engine/model.
//
// Decides by the tables of coverage.h what each element means, reads its
// attributes, and reports what this build doesn't execute. Says nothing about
// the graph; that is bpmn_validate.h.
#ifndef PAWL_ENGINE_MODEL_BPMN_PARSE_H_
#define PAWL_ENGINE_MODEL_BPMN_PARSE_H_

#include <string_view>

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// True for elements that sequence flows can connect, executed or not.
bool IsFlowNode(std::string_view local_name);

// Parses the `process` element `xml`. O(size of its subtree).
RawProcess ParseProcess(const XmlNode& xml, const ParseContext& context);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_PARSE_H_
