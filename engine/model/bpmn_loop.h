// Loops and multi-instance activities (BPMN 2.0.2, 10.3.8). Internal to
// engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_LOOP_H_
#define PAWL_ENGINE_MODEL_BPMN_LOOP_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// standardLoopCharacteristics or multiInstanceLoopCharacteristics of the
// activity `xml`, with what both dialects add to the second.
void ParseLoop(const XmlNode& xml, const ParseContext& context,
               fb::ElementT* element);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_LOOP_H_
