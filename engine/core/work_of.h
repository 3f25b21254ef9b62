// Which part of a model is behind a job: the work of its element, or one of the
// listeners before and after it.
#ifndef PAWL_ENGINE_CORE_WORK_OF_H_
#define PAWL_ENGINE_CORE_WORK_OF_H_

#include <vector>

#include "engine/core/state.h"
#include "schemas/model_generated.h"

namespace pawl::core {

// A step before or after the work of a flow node; without a listener it is that
// of the mappings.
struct Step {
  const fb::ListenerT* listener = nullptr;
};

// Those of an activation in this state, in the order in which they are done;
// fb::ElementStepDone counts them. Empty unless `state` is activating or
// completing.
std::vector<Step> StepsOf(const fb::ElementT& element, fb::ElementState state);

// One of both, or neither.
struct Work {
  const fb::JobDefinitionT* job = nullptr;
  const fb::ScriptDefinitionT* script = nullptr;
};

// What a job of the activation `instance` of `element` is for.
Work WorkOf(const ElementInstance& instance, const fb::ElementT& element);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_WORK_OF_H_
