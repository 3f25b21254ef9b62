// Runs an element's script: evaluates it in the element's scope and writes the
// result variable, if one is named.
#ifndef PAWL_ENGINE_CORE_ELEMENT_SCRIPT_H_
#define PAWL_ENGINE_CORE_ELEMENT_SCRIPT_H_

#include "engine/core/element/behavior.h"

namespace pawl::core {

// `element.script` must be set. A fault is of type script_error.
Outcome RunScript(Transition& t, ElementKey key, const fb::ElementT& element);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_SCRIPT_H_
