#include "engine/core/element/task_listeners.h"

#include <utility>
#include <vector>

#include "base/planted.h"
#include "engine/core/element/script.h"
#include "engine/core/element/work.h"
#include "engine/core/work_of.h"

namespace pawl::core {
namespace {

const fb::ElementT& ElementOf(Transition& t, const Task& task) {
  return t.model().element(t.instance().elements.at(task.element_key).element);
}

// False: it has none of this event.
bool Begin(Transition& t, const Task& task, fb::TaskEvent event, bool assigns,
           const std::string& user) {
  if (TaskListenersOf(ElementOf(t, task), event).empty()) return false;
  fb::TaskListeningT listening;
  listening.key = task.key.value();
  listening.task_event = event;
  listening.assigns = assigns;
  listening.user = user;
  t.Emit(std::move(listening));
  return true;
}

void CompleteTask(Transition& t, const Task& of, const std::string& user) {
  const ElementKey element = of.element_key;
  fb::TaskCompletedT completed;
  completed.key = of.key.value();
  completed.user = user;
  t.Emit(std::move(completed));
  t.Complete(element);
}

// Behind the last listener of an event. `before`: the task as it was until
// then.
void GoOn(Transition& t, const Task& before) {
  switch (before.event) {
    case fb::TaskEvent::create:
      if (before.assignee.empty()) return;
      Begin(t, before, fb::TaskEvent::assignment, false, "");
      return;
    case fb::TaskEvent::update:
      if (!before.assigns) return;
      Begin(t, before, fb::TaskEvent::assignment, false, "");
      return;
    case fb::TaskEvent::complete:
      CompleteTask(t, before, before.completed_by);
      return;
    case fb::TaskEvent::assignment:
    case fb::TaskEvent::none:
      return;
  }
}

void Finish(Transition& t, const Task& of) {
  const Task before = of;
  fb::TaskListenerDoneT done;
  done.key = before.key.value();
  done.last = before.listeners_done + 1 >=
              TaskListenersOf(ElementOf(t, before), before.event).size();
  const bool last = done.last;
  t.Emit(std::move(done));
  if (last) GoOn(t, before);
}

Outcome Listen(Transition& t, const Task& task, const fb::ElementT& element) {
  const auto listeners = TaskListenersOf(element, task.event);
  // A log that wasn't ours may say so.
  if (task.listeners_done >= listeners.size()) return Outcome::Done();
  const fb::TaskListenerT& listener = *listeners[task.listeners_done];
  if (listener.job != nullptr) {
    return CreateJob(t, task.element_key, element.id, *listener.job);
  }
  const Value value = TaskValue(task, element);
  return RunScript(t, task.element_key, *listener.script, &value);
}

// Until none is left, one waits for its job, or fails.
void Run(Transition& t, TaskKey key) {
  const auto& tasks = t.instance().tasks;
  for (auto it = tasks.find(key);
       it != tasks.end() && it->second.event != fb::TaskEvent::none;
       it = tasks.find(key)) {
    const Task task = it->second;
    const uint32_t at = t.instance().elements.at(task.element_key).element;
    if (std::string limit = t.LimitReached(); !limit.empty()) {
      t.RaiseIncident(
          {fb::IncidentType::limit,
           limit + " in one command; resolve the incident to go on"},
          task.element_key, at);
      return;
    }
    Outcome outcome = Listen(t, task, t.model().element(at));
    if (outcome.kind == Outcome::Kind::kWaits) return;
    if (outcome.kind == Outcome::Kind::kFault) {
      t.RaiseIncident(std::move(outcome.fault), task.element_key, at);
      return;
    }
    Finish(t, task);
  }
}

}  // namespace

void RunTaskListeners(Transition& t, ElementKey key) {
  const Task* const task = ListeningTask(t.instance(), key);
  PAWL_CHECK(task != nullptr) << key;
  Run(t, task->key);
}

void NotifyCreated(Transition& t, ElementKey key) {
  // The newest has the greatest key.
  const Task task = t.instance().tasks.rbegin()->second;
  PAWL_CHECK(task.element_key == key) << key;
  if (Begin(t, task, fb::TaskEvent::create, false, "") ||
      (!task.assignee.empty() &&
       Begin(t, task, fb::TaskEvent::assignment, false, ""))) {
    Run(t, task.key);
  }
}

void NotifyChanged(Transition& t, TaskKey key, bool assigned) {
  if (PAWL_PLANTED(assignment_not_told)) assigned = false;
  const Task task = t.instance().tasks.at(key);
  if (Begin(t, task, fb::TaskEvent::update, assigned, "") ||
      (assigned && Begin(t, task, fb::TaskEvent::assignment, false, ""))) {
    Run(t, key);
  }
}

bool ListensToComplete(Transition& t, const Task& task) {
  return !TaskListenersOf(ElementOf(t, task), fb::TaskEvent::complete).empty();
}

void CompleteListened(Transition& t, TaskKey key, const std::string& user) {
  const Task task = t.instance().tasks.at(key);
  Begin(t, task, fb::TaskEvent::complete, false, user);
  Run(t, key);
}

void FinishTaskListener(Transition& t, ElementKey key) {
  const Task* const task = ListeningTask(t.instance(), key);
  PAWL_CHECK(task != nullptr) << key;
  const TaskKey task_key = task->key;
  Finish(t, *task);
  Run(t, task_key);
}

}  // namespace pawl::core
