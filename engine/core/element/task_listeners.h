// Listeners of a user task: scripts and jobs that run when it is created,
// changed, assigned, and before it is completed (docs/adr/0030).
//
// Each is one step, counted in the task's state (fb::TaskListening), so that
// what failed or waited goes on exactly there. While they run nobody may do
// anything with the task.
#ifndef PAWL_ENGINE_CORE_ELEMENT_TASK_LISTENERS_H_
#define PAWL_ENGINE_CORE_ELEMENT_TASK_LISTENERS_H_

#include <string>

#include "engine/core/transition.h"

namespace pawl::core {

// The task of the activation `key` is there, and all that it waits for is open.
void NotifyCreated(Transition& t, ElementKey key);

// Something of the task was changed; `assigned`: its assignee.
void NotifyChanged(Transition& t, TaskKey key, bool assigned);

// The task is completed by `user`, behind its listeners. The variables that
// came with it are written.
void CompleteListened(Transition& t, TaskKey key, const std::string& user);

// Does it have listeners that run before it is completed?
bool ListensToComplete(Transition& t, const Task& task);

// The listener's own job is done: goes on behind it.
void FinishTaskListener(Transition& t, ElementKey key);

// Goes on with the listeners of the task of the activation `key`, after a fault
// in one.
void RunTaskListeners(Transition& t, ElementKey key);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_TASK_LISTENERS_H_
