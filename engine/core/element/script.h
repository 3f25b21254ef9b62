// Runs a script of the model in an element's scope: writes the variables that
// it sets, and the result variable, if one is named.
#ifndef PAWL_ENGINE_CORE_ELEMENT_SCRIPT_H_
#define PAWL_ENGINE_CORE_ELEMENT_SCRIPT_H_

#include "engine/core/element/behavior.h"

namespace pawl::core {

// `task`: what it sees by that name. A fault is of type script_error. Waits
// when the script is JavaScript, which becomes a job.
Outcome RunScript(Transition& t, ElementKey key,
                  const fb::ScriptDefinitionT& script,
                  const Value* task = nullptr);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_SCRIPT_H_
