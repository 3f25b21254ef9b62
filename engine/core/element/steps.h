// The steps around the work of a flow node: input mappings and start listeners
// before it, output mappings and end listeners after it.
//
// Each is one step, counted in the state (fb::ElementStepDone), so that what
// failed or waited goes on exactly there.
#ifndef PAWL_ENGINE_CORE_ELEMENT_STEPS_H_
#define PAWL_ENGINE_CORE_ELEMENT_STEPS_H_

#include "engine/core/transition.h"
#include "schemas/model_generated.h"

namespace pawl::core {

// Does the steps that are left for the activation `key`, which is `activating`
// or `completing`. True: none is left. False: one waits for its job, or failed,
// and then its incident is raised.
bool RunSteps(Transition& t, ElementKey key, const fb::ElementT& element);

// The step's own job is done: RunSteps goes on behind it.
void FinishStep(Transition& t, ElementKey key);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_STEPS_H_
