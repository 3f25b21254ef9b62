// CountElements: what a file consists of, for `pawl validate` and for people
// who compare tools. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_COUNTS_H_
#define PAWL_ENGINE_MODEL_BPMN_COUNTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "engine/model/xml_reader.h"

namespace pawl::model {

// The counts of ParsedModel. Counts what is written: an attribute's default is
// looked at (cancelActivity, isSequential), references are not. O(size).
std::map<std::string, int64_t> CountElements(const XmlDocument& document);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_COUNTS_H_
