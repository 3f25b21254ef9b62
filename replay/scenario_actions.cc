// Steps that act on the engine.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/deployment.h"
#include "engine/door_checks.h"
#include "engine/handler_call.h"
#include "replay/scenario_steps.h"

namespace pawl::replay {
namespace {

// Who locks a job that the step names no worker for.
constexpr char kWorker[] = "scenario";
// Lock time of fetch_job without `lock`.
constexpr int64_t kLockMs = 5 * 60 * 1000;

std::string WorkerOf(const ScenarioStep& step) {
  return step.worker.empty() ? kWorker : step.worker;
}

// A length of time from the scenario's present.
absl::StatusOr<int64_t> DurationMs(ScenarioWorld* world,
                                   const std::string& text) {
  PAWL_ASSIGN_OR_RETURN(const IsoDuration duration, ParseIsoDuration(text));
  const int64_t now_ms = world->driver().now_ms();
  PAWL_ASSIGN_OR_RETURN(const int64_t then_ms,
                        AddIsoDuration(now_ms, duration));
  return then_ms - now_ms;
}

absl::StatusOr<std::vector<std::unique_ptr<fb::VariableT>>> WireVars(
    const ScenarioStep& step) {
  return ToWire(step.vars);
}

absl::Status Start(ScenarioWorld* world, const ScenarioStep& step) {
  fb::StartInstanceT command;
  command.process_id = step.process;
  command.version = static_cast<uint32_t>(step.version.value_or(0));
  command.business_key = step.business_key;
  command.idempotency_key = step.idempotency_key;
  PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
  return world->Do(std::move(command));
}

// --- Tasks
// ---------------------------------------------------------------------

// The `count` oldest tasks of an element.
absl::StatusOr<std::vector<WorldTask>> TasksNamed(ScenarioWorld* world,
                                                  const ScenarioStep& step,
                                                  fb::TaskKind kind) {
  PAWL_ASSIGN_OR_RETURN(std::vector<WorldTask> tasks, world->Tasks());
  std::vector<std::string> active;
  for (const WorldTask& task : tasks) active.push_back(task.element_id);
  std::erase_if(tasks, [&](const WorldTask& task) {
    return task.element_id != step.id || task.kind != kind;
  });
  const auto wanted = static_cast<size_t>(step.count.value_or(1));
  if (tasks.size() < wanted) {
    return absl::NotFoundError(absl::StrCat(
        "got ", tasks.size(), " active ", fb::EnumNameTaskKind(kind), " tasks ",
        step.id, ", wanted ", wanted, "; active are ", ListText(active)));
  }
  tasks.resize(wanted);
  return tasks;
}

absl::Status CompleteOne(ScenarioWorld* world, const ScenarioStep& step,
                         TaskKey key) {
  fb::CompleteTaskT command;
  command.task = key.value();
  command.user = step.user;
  PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
  return world->Do(std::move(command), step.user);
}

// `count: N`: completing one may begin the next, as in a sequential loop. Where
// a refusal is expected, all N are wanted at once, so that nothing is done.
absl::Status OneByOne(
    const ScenarioStep& step,
    const std::function<absl::Status(const ScenarioStep&)>& complete) {
  if (!step.expect_failure.empty()) return complete(step);
  ScenarioStep one = step;
  one.count = 1;
  for (int64_t i = 0; i < step.count.value_or(1); ++i) {
    PAWL_RETURN_IF_ERROR(complete(one));
  }
  return absl::OkStatus();
}

absl::Status CompleteTasks(ScenarioWorld* world, const ScenarioStep& step,
                           fb::TaskKind kind) {
  return OneByOne(step, [&](const ScenarioStep& some) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(const std::vector<WorldTask> tasks,
                          TasksNamed(world, some, kind));
    for (const WorldTask& task : tasks) {
      PAWL_RETURN_IF_ERROR(CompleteOne(world, step, task.key));
    }
    return absl::OkStatus();
  });
}

absl::Status CompleteEventually(ScenarioWorld* world,
                                const ScenarioStep& step) {
  std::vector<std::string> left = *step.ids;
  while (!left.empty()) {
    PAWL_ASSIGN_OR_RETURN(const std::vector<WorldTask> tasks, world->Tasks());
    const auto task =
        std::find_if(tasks.begin(), tasks.end(), [&](const WorldTask& task) {
          return std::find(left.begin(), left.end(), task.element_id) !=
                 left.end();
        });
    if (task == tasks.end()) {
      return absl::NotFoundError(
          absl::StrCat("got none of ", ListText(left), " active"));
    }
    left.erase(std::find(left.begin(), left.end(), task->element_id));
    PAWL_RETURN_IF_ERROR(CompleteOne(world, step, task->key));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> TimeOf(std::string_view key,
                                  const std::string& text) {
  if (text == "none") return absl::InfiniteFuture();
  const absl::StatusOr<int64_t> ms = ParseIsoDateTime(text);
  if (!ms.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(ToAbsl(key), ": ", ms.status().message()));
  }
  return absl::FromUnixMillis(*ms);
}

absl::StatusOr<fb::ChangeTaskT> ChangeOf(const ScenarioStep& step) {
  TaskChange change;
  if (step.has_assignee) change.assignee = step.assignee;
  if (step.has_owner) change.owner = step.owner;
  change.candidate_users = step.users;
  change.candidate_groups = step.groups;
  if (!step.due.empty()) {
    PAWL_ASSIGN_OR_RETURN(change.due, TimeOf("due", step.due));
  }
  if (!step.follow_up.empty()) {
    PAWL_ASSIGN_OR_RETURN(change.follow_up,
                          TimeOf("follow_up", step.follow_up));
  }
  if (step.priority.has_value()) {
    change.priority = static_cast<int>(*step.priority);
  }
  return CheckChange(std::move(change));
}

// What is done to a task that goes on waiting.
absl::Status ChangeTask(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<WorldTask> tasks,
                        TasksNamed(world, step, fb::TaskKind::user));
  const uint64_t task = tasks.front().key.value();
  switch (step.op) {
    case ScenarioOp::kDelegateTask: {
      fb::DelegateTaskT command;
      command.task = task;
      command.user = step.user;
      return world->Do(std::move(command));
    }
    case ScenarioOp::kResolveTask: {
      fb::ResolveTaskT command;
      command.task = task;
      PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
      return world->Do(std::move(command));
    }
    case ScenarioOp::kSetTaskVariables: {
      fb::SetTaskVariablesT command;
      command.task = task;
      command.local = true;
      PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
      return world->Do(std::move(command));
    }
    default: {
      PAWL_ASSIGN_OR_RETURN(fb::ChangeTaskT command, ChangeOf(step));
      command.task = task;
      return world->Do(std::move(command));
    }
  }
}

absl::Status Claim(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<WorldTask> tasks,
                        TasksNamed(world, step, fb::TaskKind::user));
  if (step.op == ScenarioOp::kUnclaimTask) {
    fb::UnclaimTaskT command;
    command.task = tasks.front().key.value();
    return step.user.empty() ? world->Do(std::move(command))
                             : world->Do(std::move(command), step.user);
  }
  fb::ClaimTaskT command;
  command.task = tasks.front().key.value();
  command.user = step.user;
  return world->Do(std::move(command), step.user);
}

// --- Jobs
// ------------------------------------------------------------------------

// The `count` oldest jobs that the step can act on: those that are ready or
// held by its worker; where there are too few, the others, so that the engine
// says why not.
absl::StatusOr<std::vector<core::Job>> JobsFor(ScenarioWorld* world,
                                               const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(std::vector<core::Job> jobs, world->Jobs(step.type));
  const std::string worker = WorkerOf(step);
  std::stable_partition(jobs.begin(), jobs.end(), [&](const core::Job& job) {
    return job.state == fb::JobState::ready ||
           (job.state == fb::JobState::locked && job.worker == worker);
  });
  const auto wanted = static_cast<size_t>(step.count.value_or(1));
  if (jobs.size() < wanted) {
    return absl::NotFoundError(absl::StrCat(
        "got ", jobs.size(), " jobs of type ", step.type, ", wanted ", wanted));
  }
  jobs.resize(wanted);
  return jobs;
}

// Sends `CommandT` for each job, locked by the step's worker.
template <typename CommandT>
absl::Status OnJobs(ScenarioWorld* world, const ScenarioStep& step,
                    const std::function<absl::Status(CommandT*)>& fill) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<core::Job> jobs,
                        JobsFor(world, step));
  for (const core::Job& job : jobs) {
    CommandT command;
    command.job = job.key.value();
    command.owner = std::make_unique<fb::JobOwnerT>();
    command.owner->worker = WorkerOf(step);
    PAWL_RETURN_IF_ERROR(fill(&command));
    PAWL_RETURN_IF_ERROR(world->Do(std::move(command), WorkerOf(step)));
  }
  return absl::OkStatus();
}

absl::Status CompleteJob(ScenarioWorld* world, const ScenarioStep& step) {
  return OneByOne(step, [&](const ScenarioStep& some) {
    return OnJobs<fb::CompleteJobT>(
        world, some, [&](fb::CompleteJobT* command) -> absl::Status {
          command->lock_first = true;
          PAWL_ASSIGN_OR_RETURN(command->variables, WireVars(step));
          return absl::OkStatus();
        });
  });
}

absl::Status FailJob(ScenarioWorld* world, const ScenarioStep& step) {
  return OnJobs<fb::FailJobT>(
      world, step, [&](fb::FailJobT* command) -> absl::Status {
        command->lock_first = true;
        command->message = step.message;
        if (step.retries.has_value()) {
          command->retries = static_cast<int32_t>(*step.retries);
        }
        if (!step.backoff.empty()) {
          PAWL_ASSIGN_OR_RETURN(command->backoff_ms,
                                DurationMs(world, step.backoff));
        }
        return absl::OkStatus();
      });
}

absl::Status BpmnError(ScenarioWorld* world, const ScenarioStep& step) {
  return OnJobs<fb::ThrowJobErrorT>(
      world, step, [&](fb::ThrowJobErrorT* command) -> absl::Status {
        command->lock_first = true;
        command->code = step.code;
        command->message = step.message;
        PAWL_ASSIGN_OR_RETURN(command->variables, WireVars(step));
        return absl::OkStatus();
      });
}

absl::Status FetchJob(ScenarioWorld* world, const ScenarioStep& step) {
  FetchRequest request;
  request.type = step.type;
  request.worker = step.worker;
  request.lock_ms = kLockMs;
  if (!step.lock.empty()) {
    PAWL_ASSIGN_OR_RETURN(request.lock_ms, DurationMs(world, step.lock));
  }
  const int64_t wanted = step.count.value_or(1);
  // With `count: 0` there must be none to find.
  request.max = static_cast<int>(std::max<int64_t>(wanted, 1));
  const Reply reply = world->driver().Fetch(std::move(request));
  PAWL_RETURN_IF_ERROR(world->driver().RunUntilIdle());
  PAWL_RETURN_IF_ERROR(reply.status);
  if (static_cast<int64_t>(reply.jobs.size()) == wanted) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("got ", reply.jobs.size(),
                                          " jobs of type ", step.type,
                                          ", wanted ", wanted));
}

absl::Status UnlockJob(ScenarioWorld* world, const ScenarioStep& step) {
  return OnJobs<fb::UnlockJobT>(
      world, step, [](fb::UnlockJobT*) { return absl::OkStatus(); });
}

absl::Status ExtendJob(ScenarioWorld* world, const ScenarioStep& step) {
  return OnJobs<fb::ExtendJobLockT>(
      world, step, [&](fb::ExtendJobLockT* command) -> absl::Status {
        PAWL_ASSIGN_OR_RETURN(command->lock_ms, DurationMs(world, step.lock));
        return absl::OkStatus();
      });
}

// --- Instances, incidents, time
// -------------------------------------------------

absl::StatusOr<InstanceKey> InstanceFor(ScenarioWorld* world,
                                        const ScenarioStep& step) {
  if (step.process.empty()) return world->OnlyRunning();
  PAWL_ASSIGN_OR_RETURN(const core::Instance instance,
                        world->InstanceOf(step.process));
  return instance.key;
}

absl::Status OnInstance(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const InstanceKey instance, InstanceFor(world, step));
  switch (step.op) {
    case ScenarioOp::kSetVariables: {
      fb::SetVariablesT command;
      command.instance = instance.value();
      PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
      return world->Do(std::move(command));
    }
    case ScenarioOp::kActivate: {
      fb::ActivateElementsT command;
      command.instance = instance.value();
      command.elements = *step.ids;
      return world->Do(std::move(command));
    }
    case ScenarioOp::kSuspend: {
      fb::SuspendInstanceT command;
      command.instance = instance.value();
      return world->Do(std::move(command));
    }
    case ScenarioOp::kResume: {
      fb::ResumeInstanceT command;
      command.instance = instance.value();
      return world->Do(std::move(command));
    }
    default: {
      fb::CancelInstanceT command;
      command.instance = instance.value();
      command.reason = step.message;
      return world->Do(std::move(command));
    }
  }
}

absl::Status ResolveIncident(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<WorldIncident> incidents,
                        world->Incidents());
  for (const WorldIncident& incident : incidents) {
    if (!step.type.empty() && incident.type != step.type) continue;
    if (!step.id.empty() && incident.element_id != step.id) continue;
    fb::ResolveIncidentT command;
    command.incident = incident.key.value();
    return world->Do(std::move(command));
  }
  return absl::NotFoundError("got no such incident, wanted one");
}

absl::Status Restart(ScenarioWorld* world, const ScenarioStep& step) {
  int64_t down_ms = 0;
  if (!step.duration.empty()) {
    PAWL_ASSIGN_OR_RETURN(down_ms, DurationMs(world, step.duration));
  }
  return world->Restart(down_ms);
}

absl::Status AdvanceTime(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const int64_t ms, DurationMs(world, step.duration));
  return world->Advance(ms);
}

absl::Status CorrelateMessage(ScenarioWorld* world, const ScenarioStep& step) {
  fb::PublishMessageT command;
  command.name = step.name;
  command.has_key = step.has_key;
  command.correlation_key = step.key;
  command.all = step.all;
  command.message_id = step.message_id;
  if (!step.ttl.empty()) {
    PAWL_ASSIGN_OR_RETURN(const int64_t live_ms, DurationMs(world, step.ttl));
    command.until_ms = world->driver().now_ms() + live_ms;
  }
  PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
  const absl::Status status = world->Do(std::move(command));
  if (!step.expect_no_match) return status;
  if (absl::IsNotFound(status)) return absl::OkStatus();
  PAWL_RETURN_IF_ERROR(status);
  return absl::FailedPreconditionError(absl::StrCat(
      "message ", step.name, ": somebody waited for it, wanted nobody"));
}

absl::Status ThrowSignal(ScenarioWorld* world, const ScenarioStep& step) {
  fb::BroadcastSignalT command;
  command.name = step.name;
  PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
  return world->Do(std::move(command));
}

absl::Status EvaluateConditions(ScenarioWorld* world,
                                const ScenarioStep& step) {
  fb::EvaluateConditionsT command;
  command.process_id = step.process;
  command.business_key = step.business_key;
  PAWL_ASSIGN_OR_RETURN(command.variables, WireVars(step));
  return world->Do(std::move(command));
}

}  // namespace

absl::Status DeployModels(ScenarioWorld* world, const std::string& file,
                          const std::vector<std::string>& paths) {
  const std::filesystem::path folder =
      std::filesystem::path(file).parent_path();
  std::vector<BpmnSource> sources;
  for (const std::string& path : paths) {
    sources.emplace_back(BpmnFile((folder / path).string()));
  }
  if (sources.empty()) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(fb::CommandUnion command,
                        MakeDeployment(sources, AnyJavaScript));
  return world->Do(std::move(command), "scenario");
}

absl::Status RunAction(ScenarioWorld* world, const Scenario& scenario,
                       const ScenarioStep& step) {
  switch (step.op) {
    case ScenarioOp::kStart:
      return Start(world, step);
    case ScenarioOp::kCompleteUserTask:
      return CompleteTasks(world, step, fb::TaskKind::user);
    case ScenarioOp::kTriggerReceive:
      return CompleteTasks(world, step, fb::TaskKind::receive);
    case ScenarioOp::kCompleteEventually:
      return CompleteEventually(world, step);
    case ScenarioOp::kClaimTask:
    case ScenarioOp::kUnclaimTask:
      return Claim(world, step);
    case ScenarioOp::kDelegateTask:
    case ScenarioOp::kResolveTask:
    case ScenarioOp::kChangeTask:
    case ScenarioOp::kSetTaskVariables:
      return ChangeTask(world, step);
    case ScenarioOp::kCompleteJob:
      return CompleteJob(world, step);
    case ScenarioOp::kFailJob:
      return FailJob(world, step);
    case ScenarioOp::kBpmnError:
      return BpmnError(world, step);
    case ScenarioOp::kFetchJob:
      return FetchJob(world, step);
    case ScenarioOp::kUnlockJob:
      return UnlockJob(world, step);
    case ScenarioOp::kExtendJob:
      return ExtendJob(world, step);
    case ScenarioOp::kCorrelateMessage:
      return CorrelateMessage(world, step);
    case ScenarioOp::kThrowSignal:
      return ThrowSignal(world, step);
    case ScenarioOp::kEvaluateConditions:
      return EvaluateConditions(world, step);
    case ScenarioOp::kAdvanceTime:
      return AdvanceTime(world, step);
    case ScenarioOp::kRestart:
      return Restart(world, step);
    case ScenarioOp::kSetVariables:
    case ScenarioOp::kActivate:
    case ScenarioOp::kSuspend:
    case ScenarioOp::kResume:
    case ScenarioOp::kCancel:
      return OnInstance(world, step);
    case ScenarioOp::kResolveIncident:
      return ResolveIncident(world, step);
    case ScenarioOp::kDeploy:
      return DeployModels(world, scenario.file, *step.bpmn);
    default:
      return absl::InternalError(absl::StrCat(step.op_name, " is no action"));
  }
}

}  // namespace pawl::replay
