// Events and tasks that send: messages, signals, escalations (BPMN 2.0.2,
// 10.5.4, 13.3.3, 13.5.3 and 13.5.6).
#ifndef PAWL_ENGINE_CORE_ELEMENT_THROW_EVENT_H_
#define PAWL_ENGINE_CORE_ELEMENT_THROW_EVENT_H_

#include "engine/core/element/behavior.h"

namespace pawl::core {

// Publishes the element's message: name and key as seen from it, and with it
// the element's own variables, which its input mappings made. A fault emits
// nothing.
Outcome SendMessage(Transition& t, ElementKey key, const fb::ElementT& element);

// What an event with several definitions throws outwards, once it is done.
void ThrowEscalations(Transition& t, ElementKey scope,
                      const fb::ElementT& element);

// What a throwing event, also at an end, does when a token is on it: a job or
// an expression where it has one, else its message or signal. Others pass.
Outcome Throw(Transition& t, ElementKey key, const fb::ElementT& element);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_THROW_EVENT_H_
