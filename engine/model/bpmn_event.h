// What an event or a messaging task waits for or throws: its event definition
// and the declarations of the file that it refers to. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_EVENT_H_
#define PAWL_ENGINE_MODEL_BPMN_EVENT_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// Fills the event type of `raw` and what belongs to it from `xml`, an event
// inside a scope of the kind `scope`. False when a token could never arrive or
// leave: a type that doesn't execute here. Faults are reported to the context's
// problems.
bool ParseEvent(const XmlNode& xml, const ParseContext& context,
                fb::ElementKind scope, RawNode* raw);

// The message of a send or receive task with a messageRef.
void ParseTaskMessage(const XmlNode& xml, const ParseContext& context,
                      fb::ElementT* element);

// Advice when `holder` of the event or task `xml` has a correlation key, and
// there is no message.
void AdviseIgnoredKey(const XmlNode& xml, const XmlNode& holder,
                      const ParseContext& context);

// True with a messageRef that names something.
bool HasMessageRef(const XmlNode& xml);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_EVENT_H_
