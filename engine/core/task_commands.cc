// Tasks of people, and timers that fire.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/core/element/task_listeners.h"
#include "engine/core/element/timer.h"
#include "engine/core/wire_variables.h"

namespace pawl::core {
namespace {

absl::StatusOr<Task> FindTask(const Instance& instance, uint64_t key) {
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  const auto it = instance.tasks.find(TaskKey(key));
  if (it == instance.tasks.end()) {
    return absl::NotFoundError(absl::StrCat("task ", key));
  }
  return it->second;
}

// As FindTask, of one that nobody is at work on.
absl::StatusOr<Task> FindIdleTask(const Instance& instance, uint64_t key) {
  PAWL_ASSIGN_OR_RETURN(Task task, FindTask(instance, key));
  if (task.event == fb::TaskEvent::none) return task;
  return absl::FailedPreconditionError(
      absl::StrCat("task ", key, " waits for a listener of its event '",
                   fb::EnumNameTaskEvent(task.event), "'"));
}

absl::Status RequireUser(const char* what, uint64_t task,
                         const std::string& user) {
  if (!user.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      what, " of task ", task, ": got an empty user, wanted a name"));
}

// What follows from a change of the task.
void Changed(InstanceCommand& c, const Task& before) {
  const Task& after = c.t.instance().tasks.at(before.key);
  NotifyChanged(c.t, before.key, after.assignee != before.assignee);
  c.t.Run();
}

absl::Status ClaimedByOther(const Task& task, const std::string& user) {
  return absl::FailedPreconditionError(
      absl::StrCat("task ", task.key.value(), " is claimed by '", task.assignee,
                   "'; asked by '", user, "'"));
}

}  // namespace

absl::Status Handle(InstanceCommand& c, const fb::CompleteTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindIdleTask(c.t.instance(), command.task));
  if (!command.user.empty() && !task.assignee.empty() &&
      task.assignee != command.user) {
    return ClaimedByOther(task, command.user);
  }
  if (task.delegation == fb::DelegationState::pending &&
      !PAWL_PLANTED(delegated_task_completed)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "task ", command.task, " is delegated to '", task.assignee,
        "', who gives it back first: resolve it, don't complete it"));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  if (ListensToComplete(c.t, task)) {
    // They see the variables.
    c.t.WriteVariables(task.element_key, command.variables);
    CompleteListened(c.t, task.key, command.user);
    c.t.Run();
    return absl::OkStatus();
  }
  fb::TaskCompletedT completed;
  completed.key = command.task;
  completed.user = command.user;
  c.t.Emit(std::move(completed));
  c.t.WriteVariables(task.element_key, command.variables);
  c.t.Complete(task.element_key);
  c.t.Run();
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ClaimTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindIdleTask(c.t.instance(), command.task));
  PAWL_RETURN_IF_ERROR(RequireUser("claim", command.task, command.user));
  if (task.assignee == command.user) return absl::OkStatus();
  if (!task.assignee.empty()) return ClaimedByOther(task, command.user);
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  fb::TaskAssignedT assigned;
  assigned.key = command.task;
  assigned.assignee = command.user;
  c.t.Emit(std::move(assigned));
  Changed(c, task);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::UnclaimTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindIdleTask(c.t.instance(), command.task));
  if (task.assignee.empty()) return absl::OkStatus();
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  fb::TaskAssignedT assigned;
  assigned.key = command.task;
  c.t.Emit(std::move(assigned));
  Changed(c, task);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::DelegateTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindIdleTask(c.t.instance(), command.task));
  PAWL_RETURN_IF_ERROR(RequireUser("delegation", command.task, command.user));
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  fb::TaskDelegatedT delegated;
  delegated.key = command.task;
  delegated.assignee = command.user;
  delegated.owner = task.owner.empty() ? task.assignee : task.owner;
  c.t.Emit(std::move(delegated));
  Changed(c, task);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ResolveTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindIdleTask(c.t.instance(), command.task));
  if (task.delegation != fb::DelegationState::pending) {
    return absl::FailedPreconditionError(absl::StrCat(
        "task ", command.task, " is delegated to nobody; complete it"));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  c.t.WriteVariables(task.element_key, command.variables);
  fb::TaskResolvedT resolved;
  resolved.key = command.task;
  resolved.assignee = task.owner;
  c.t.Emit(std::move(resolved));
  Changed(c, task);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ChangeTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindIdleTask(c.t.instance(), command.task));
  for (const fb::TaskField field : command.fields) {
    if (field > fb::TaskField::MAX) {
      return absl::InvalidArgumentError(absl::StrCat(
          "change of task ", command.task, ": got an unknown field"));
    }
  }
  if (command.fields.empty()) return absl::OkStatus();
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  fb::TaskChangedT changed;
  changed.key = command.task;
  changed.fields = command.fields;
  changed.assignee = command.assignee;
  changed.owner = command.owner;
  changed.candidate_users = command.candidate_users;
  changed.candidate_groups = command.candidate_groups;
  changed.due_ms = command.due_ms;
  changed.follow_up_ms = command.follow_up_ms;
  changed.priority = command.priority;
  c.t.Emit(std::move(changed));
  Changed(c, task);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::SetTaskVariablesT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindIdleTask(c.t.instance(), command.task));
  if (command.variables.empty()) return absl::OkStatus();
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  if (command.local) {
    c.t.WriteLocal(task.element_key, Copy(command.variables));
  } else {
    c.t.WriteVariables(task.element_key, command.variables);
  }
  c.t.Run();
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::TriggerTimerT& command) {
  Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  const auto it = instance.timers.find(TimerKey(command.timer));
  if (it == instance.timers.end()) {
    return absl::NotFoundError(absl::StrCat("timer ", command.timer));
  }
  const Timer timer = it->second;
  if (timer.due_ms > c.t.now_ms()) {
    return absl::FailedPreconditionError(
        absl::StrCat("timer ", command.timer, " is due at ",
                     FormatIsoDateTime(timer.due_ms)));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  fb::TimerTriggeredT triggered;
  triggered.key = command.timer;
  triggered.due_ms = timer.due_ms;
  if (!timer.repetition.cycle.empty()) {
    const auto next = NextTime(*c.t.model().element(timer.boundary).timer,
                               timer.repetition, c.t.now_ms());
    if (next.has_value()) {
      triggered.next_due_ms = next->due_ms;
      triggered.next_number = next->number;
    }
  }
  c.t.Emit(std::move(triggered));
  if (command.refused.empty()) {
    c.t.Trigger(timer.element_key, timer.boundary, {});
  } else {
    c.t.TriggerRefused(timer.element_key, timer.boundary, {}, command.refused);
  }
  c.t.Run();
  return absl::OkStatus();
}

}  // namespace pawl::core
