// Which part of a model is behind a job: the work of its element, one of the
// listeners before and after it, or one of its task.
#ifndef PAWL_ENGINE_CORE_WORK_OF_H_
#define PAWL_ENGINE_CORE_WORK_OF_H_

#include <vector>

#include "engine/core/state.h"
#include "engine/value.h"
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

// What a job of the activation `at` of `element` is for.
Work WorkOf(const Instance& instance, const ElementInstance& at,
            const fb::ElementT& element);

// The task whose listeners run at the activation `key`; null: none does. Cost:
// O(tasks).
const Task* ListeningTask(const Instance& instance, ElementKey key);

// Does the activation wait until what it threw is delivered? Cost: O(jobs).
bool WaitsForDelivery(const Instance& instance, const ElementInstance& at,
                      const fb::ElementT& element);

// The task's listeners of this event, in the order in which they run.
std::vector<const fb::TaskListenerT*> TaskListenersOf(
    const fb::ElementT& element, fb::TaskEvent event);

// What its listeners see as `task`. `element` is the task's.
Value TaskValue(const Task& task, const fb::ElementT& element);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_WORK_OF_H_
