// CheckPlaces: what would execute stands where it does. For ParseBpmn.
#ifndef PAWL_ENGINE_MODEL_BPMN_PLACES_H_
#define PAWL_ENGINE_MODEL_BPMN_PLACES_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// Whether `node` is a process, flow node or sequence flow, in an element of
// BPMN that doesn't hold such: nothing would execute it there. What stands in a
// process or sub-process is looked at with that.
bool IsMisplaced(const XmlNode& node);

// Reports them, each once, with what is in it. It is advice where nothing could
// execute it: in a process that isn't executable; outside of the processes,
// when none of them is. `definitions`: the root. O(size of the file).
void CheckPlaces(const ParseContext& context, const XmlNode& definitions);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_PLACES_H_
