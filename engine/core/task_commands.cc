// Tasks of people, and timers that fire.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/core/element/timer.h"

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

absl::Status ClaimedByOther(const Task& task, const std::string& user) {
  return absl::FailedPreconditionError(
      absl::StrCat("task ", task.key.value(), " is claimed by '", task.assignee,
                   "'; asked by '", user, "'"));
}

}  // namespace

absl::Status Handle(InstanceCommand& c, const fb::CompleteTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindTask(c.t.instance(), command.task));
  if (!command.user.empty() && !task.assignee.empty() &&
      task.assignee != command.user) {
    return ClaimedByOther(task, command.user);
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
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
                        FindTask(c.t.instance(), command.task));
  if (command.user.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "claim of task ", command.task, ": got an empty user, wanted a name"));
  }
  if (task.assignee == command.user) return absl::OkStatus();
  if (!task.assignee.empty()) return ClaimedByOther(task, command.user);
  fb::TaskAssignedT assigned;
  assigned.key = command.task;
  assigned.assignee = command.user;
  c.t.Emit(std::move(assigned));
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::UnclaimTaskT& command) {
  PAWL_ASSIGN_OR_RETURN(const Task task,
                        FindTask(c.t.instance(), command.task));
  if (task.assignee.empty()) return absl::OkStatus();
  fb::TaskAssignedT assigned;
  assigned.key = command.task;
  c.t.Emit(std::move(assigned));
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
