#include "engine/core/work_of.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/iso8601.h"
#include "base/planted.h"

namespace pawl::core {

std::vector<Step> StepsOf(const fb::ElementT& element, fb::ElementState state) {
  std::vector<Step> steps;
  const bool before = state == fb::ElementState::activating;
  if (!before && state != fb::ElementState::completing) return steps;
  if (!(before ? element.inputs : element.outputs).empty()) steps.push_back({});
  const fb::ListenerEvent event =
      before ? fb::ListenerEvent::start : fb::ListenerEvent::end;
  for (const auto& listener : element.listeners) {
    if (listener->event == event) steps.push_back({listener.get()});
  }
  if (PAWL_PLANTED(end_listener_first) && !before && steps.size() > 1) {
    std::swap(steps.front(), steps.back());
  }
  return steps;
}

std::vector<const fb::TaskListenerT*> TaskListenersOf(
    const fb::ElementT& element, fb::TaskEvent event) {
  std::vector<const fb::TaskListenerT*> listeners;
  if (element.user_task == nullptr) return listeners;
  for (const auto& listener : element.user_task->listeners) {
    if (listener->event == event) listeners.push_back(listener.get());
  }
  return listeners;
}

bool WaitsForDelivery(const Instance& instance, const ElementInstance& at,
                      const fb::ElementT& element) {
  const bool may_throw =
      element.kind == fb::ElementKind::send_task ||
      element.kind == fb::ElementKind::end_event ||
      element.kind == fb::ElementKind::intermediate_throw_event;
  if (!may_throw || at.state != fb::ElementState::activated ||
      element.event_type == fb::EventType::compensation ||
      (element.loop != nullptr && at.loop_index == 0)) {
    return false;
  }
  return std::none_of(
      instance.jobs.begin(), instance.jobs.end(),
      [&](const auto& entry) { return entry.second.element_key == at.key; });
}

const Task* ListeningTask(const Instance& instance, ElementKey key) {
  for (const auto& [task_key, task] : instance.tasks) {
    if (task.element_key == key && task.event != fb::TaskEvent::none) {
      return &task;
    }
  }
  return nullptr;
}

namespace {

Value TextOrNull(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}

Value TimeOrNull(int64_t ms) {
  return ms == 0 ? Value() : Value(FormatIsoDateTime(ms));
}

Value Texts(const std::vector<std::string>& texts) {
  std::vector<Value> values(texts.begin(), texts.end());
  return Value(std::move(values));
}

}  // namespace

Value TaskValue(const Task& task, const fb::ElementT& element) {
  Variables out;
  out.Set("id", Value(ToString(task.key)));
  out.Set("name", TextOrNull(element.name));
  out.Set("taskDefinitionKey", Value(element.id));
  out.Set("eventName", Value(fb::EnumNameTaskEvent(task.event)));
  out.Set("assignee", TextOrNull(task.assignee));
  out.Set("owner", TextOrNull(task.owner));
  out.Set("candidateUsers", Texts(task.candidate_users));
  out.Set("candidateGroups", Texts(task.candidate_groups));
  out.Set("dueDate", TimeOrNull(task.due_ms));
  out.Set("followUpDate", TimeOrNull(task.follow_up_ms));
  out.Set("priority", Value(task.priority));
  out.Set("createTime", Value(FormatIsoDateTime(task.created_ms)));
  return Value(std::move(out));
}

Work WorkOf(const Instance& instance, const ElementInstance& at,
            const fb::ElementT& element) {
  if (at.state == fb::ElementState::activated) {
    if (element.user_task == nullptr) {
      return {element.job.get(), element.script.get()};
    }
    const Task* const task = ListeningTask(instance, at.key);
    if (task == nullptr) return {};
    const auto listeners = TaskListenersOf(element, task->event);
    if (task->listeners_done >= listeners.size()) return {};
    const fb::TaskListenerT& listener = *listeners[task->listeners_done];
    return {listener.job.get(), listener.script.get()};
  }
  const std::vector<Step> steps = StepsOf(element, at.state);
  if (at.steps_done >= steps.size()) return {};
  const fb::ListenerT* const listener = steps[at.steps_done].listener;
  if (listener == nullptr) return {};
  return {listener->job.get(), listener->script.get()};
}

}  // namespace pawl::core
