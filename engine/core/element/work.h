// Makes jobs: the work of tasks and listeners that somebody else does.
#ifndef PAWL_ENGINE_CORE_ELEMENT_WORK_H_
#define PAWL_ENGINE_CORE_ELEMENT_WORK_H_

#include <string>

#include "engine/core/element/behavior.h"

namespace pawl::core {

// A job for the activation `key` of the element with this id. A fault is of
// type expression_error.
Outcome CreateJob(Transition& t, ElementKey key, const std::string& element_id,
                  const fb::JobDefinitionT& definition);

// A job of kJavaScriptJobType, with one attempt.
Outcome CreateJavaScriptJob(Transition& t, ElementKey key);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_WORK_H_
