// Jobs: who holds one, and how it ends. Exactly one owner at any time.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/core/element/steps.h"
#include "engine/core/element/task_listeners.h"
#include "engine/core/work_of.h"
#include "engine/expression/expression.h"

namespace pawl::core {
namespace {

// What callers send was checked at the door; what a log says was not.
absl::Status CheckOwner(const std::unique_ptr<fb::JobOwnerT>& owner) {
  if (owner != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError("job: got no owner, wanted one");
}

// `least`: what stands for "none given", or 0.
absl::Status CheckDuration(const char* what, uint64_t job, int64_t ms,
                           int64_t least) {
  if (ms >= least && ms <= kDurationMsMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("job ", job, ": got a ", what, " of ", ms,
                   " ms, wanted 0 to ", kDurationMsMax, " (kDurationMsMax)"));
}

absl::StatusOr<Job*> FindJob(Instance& instance, uint64_t key) {
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  const auto it = instance.jobs.find(JobKey(key));
  if (it == instance.jobs.end()) {
    return absl::NotFoundError(absl::StrCat("job ", key));
  }
  return &it->second;
}

std::string OwnerText(const Job& job) {
  if (job.epoch != 0) return "an in-process handler";
  return absl::StrCat("worker '", job.worker, "' until ",
                      FormatIsoDateTime(job.due_ms));
}

std::string AskerText(const fb::JobOwnerT& owner) {
  if (owner.epoch != 0) {
    return absl::StrCat("handler of attempt ", owner.attempt);
  }
  return absl::StrCat("worker '", owner.worker, "'");
}

bool Holds(const Job& job, const fb::JobOwnerT& owner) {
  if (owner.epoch != 0) {
    return job.epoch == owner.epoch && job.attempt == owner.attempt;
  }
  return job.epoch == 0 && job.worker == owner.worker;
}

absl::Status Refuse(const Job& job, const fb::JobOwnerT& owner,
                    std::string why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "job ", job.key.value(), " ", why, "; asked by ", AskerText(owner)));
}

// OK when nobody holds the job and it may be taken now.
absl::Status RequireFree(const Job& job, const fb::JobOwnerT& owner,
                         int64_t now_ms) {
  switch (job.state) {
    case fb::JobState::ready:
      return absl::OkStatus();
    case fb::JobState::locked:
      if (job.epoch == 0 && job.due_ms <= now_ms) return absl::OkStatus();
      return Refuse(job, owner, absl::StrCat("is locked by ", OwnerText(job)));
    case fb::JobState::backoff:
      return Refuse(job, owner,
                    absl::StrCat("waits for its next attempt at ",
                                 FormatIsoDateTime(job.due_ms)));
    case fb::JobState::incident:
      return Refuse(job, owner, "has an incident; resolve it first");
  }
  return absl::InternalError("job state");
}

// OK when `owner` holds a live lock, or may take the job with this command.
absl::Status RequireOwner(const Job& job, const fb::JobOwnerT& owner,
                          bool lock_first, int64_t now_ms) {
  if (job.state == fb::JobState::locked && Holds(job, owner)) {
    if (job.epoch != 0 || job.due_ms > now_ms) return absl::OkStatus();
    if (!lock_first) {
      return Refuse(job, owner,
                    absl::StrCat("was locked by ", OwnerText(job),
                                 ", and that lock has run out"));
    }
  }
  PAWL_RETURN_IF_ERROR(RequireFree(job, owner, now_ms));
  if (lock_first) return absl::OkStatus();
  if (job.state == fb::JobState::locked) {
    return Refuse(job, owner,
                  absl::StrCat("was locked by ", OwnerText(job),
                               ", and that lock has run out"));
  }
  return Refuse(job, owner, "is not locked; fetch and lock it first");
}

// Lets go of a lock that has run out.
void DropDeadLock(Transition& t, const Job& job) {
  if (job.state != fb::JobState::locked) return;
  fb::JobUnlockedT unlocked;
  unlocked.key = job.key.value();
  unlocked.type = job.type;
  unlocked.old_due_ms = job.due_ms;
  unlocked.old_epoch = job.epoch;
  t.Emit(std::move(unlocked));
}

void Lock(Transition& t, const Job& job, const fb::JobOwnerT& owner,
          int64_t lock_until_ms) {
  DropDeadLock(t, job);
  fb::JobLockedT locked;
  locked.key = job.key.value();
  locked.type = job.type;
  locked.worker = owner.epoch != 0 ? "" : owner.worker;
  locked.epoch = owner.epoch;
  locked.attempt = job.attempt + (PAWL_PLANTED(attempt_not_counted) ? 0 : 1);
  locked.lock_until_ms = lock_until_ms;
  t.Emit(std::move(locked));
}

// After RequireOwner: takes the job if the owner doesn't hold it yet.
void LockIfFree(Transition& t, const Job& job, const fb::JobOwnerT& owner) {
  const bool live = job.state == fb::JobState::locked && Holds(job, owner) &&
                    (job.epoch != 0 || job.due_ms > t.now_ms());
  // For one command, so until now.
  if (!live) Lock(t, job, owner, t.now_ms());
}

// Delay before the next attempt after the `failures`-th failure.
int64_t BackoffMs(const fb::BackoffT* backoff, uint32_t failures) {
  if (backoff == nullptr || backoff->delays_ms.empty()) return 0;
  const size_t last = backoff->delays_ms.size() - 1;
  const size_t index = std::min<size_t>(failures - 1, last);
  const int64_t cap = backoff->max_ms > 0
                          ? std::min(backoff->max_ms, kDurationMsMax)
                          : kDurationMsMax;
  int64_t delay = std::min(backoff->delays_ms[index], cap);
  // Grows past the list, until the cap or until it can't grow.
  for (size_t i = last + 1; i < failures && delay < cap; ++i) {
    if (backoff->factor_permille <= 1000) break;
    const __int128 grown =
        static_cast<__int128>(delay) * backoff->factor_permille / 1000;
    if (grown == delay) break;
    delay = grown > cap ? cap : static_cast<int64_t>(grown);
  }
  return std::max<int64_t>(delay, 0);
}

uint32_t ElementIndex(const Instance& instance, const Job& job) {
  return instance.elements.at(job.element_key).element;
}

}  // namespace

absl::Status Handle(InstanceCommand& c, const fb::LockJobT& command) {
  PAWL_RETURN_IF_ERROR(CheckOwner(command.owner));
  PAWL_RETURN_IF_ERROR(CheckDuration("lock", command.job, command.lock_ms, 0));
  PAWL_ASSIGN_OR_RETURN(const Job* job, FindJob(c.t.instance(), command.job));
  PAWL_RETURN_IF_ERROR(RequireFree(*job, *command.owner, c.t.now_ms()));
  Lock(c.t, Job(*job), *command.owner,
       command.owner->epoch != 0 ? 0 : c.t.now_ms() + command.lock_ms);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ExtendJobLockT& command) {
  PAWL_RETURN_IF_ERROR(CheckOwner(command.owner));
  PAWL_RETURN_IF_ERROR(CheckDuration("lock", command.job, command.lock_ms, 0));
  PAWL_ASSIGN_OR_RETURN(const Job* job, FindJob(c.t.instance(), command.job));
  PAWL_RETURN_IF_ERROR(RequireOwner(*job, *command.owner, false, c.t.now_ms()));
  if (job->epoch != 0) {
    return Refuse(*job, *command.owner,
                  "is held by an in-process handler, whose lock has no end");
  }
  fb::JobLockExtendedT extended;
  extended.key = command.job;
  extended.lock_until_ms = c.t.now_ms() + command.lock_ms;
  extended.old_due_ms = job->due_ms;
  c.t.Emit(std::move(extended));
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::UnlockJobT& command) {
  PAWL_RETURN_IF_ERROR(CheckOwner(command.owner));
  PAWL_ASSIGN_OR_RETURN(const Job* job, FindJob(c.t.instance(), command.job));
  PAWL_RETURN_IF_ERROR(RequireOwner(*job, *command.owner, false, c.t.now_ms()));
  DropDeadLock(c.t, Job(*job));
  c.t.OfferJob(JobKey(command.job));
  return absl::OkStatus();
}

namespace {

// The BPMN error of a job that is over (camunda:errorEventDefinition), by what
// came with it; nothing: it is none. `failure`: null when it is completed. What
// can't be said doesn't hold.
std::optional<std::string> MappedError(InstanceCommand& c, const Job& job,
                                       const fb::JobDefinitionT* definition,
                                       const WireVariables& variables,
                                       const std::string* failure) {
  if (definition == nullptr || definition->errors.empty()) return std::nullopt;
  ScopeVariables view = c.t.View(job.element_key);
  for (const auto& variable : variables) {
    absl::StatusOr<Value> value = Value::FromJson(variable->json);
    if (value.ok()) view.Set(variable->name, *std::move(value));
  }
  Variables task;
  task.Set("errorMessage", failure == nullptr ? Value() : Value(*failure));
  task.Set("retries", Value(job.retries));
  view.Set("externalTask", Value(std::move(task)));
  for (const auto& error : definition->errors) {
    const absl::StatusOr<bool> holds =
        c.t.model().Compiled(*error->condition).EvaluateCondition(view);
    if (holds.ok() && *holds) return error->code;
  }
  return std::nullopt;
}

// The job's lock is its owner's: its error goes to who catches it.
void ThrowError(InstanceCommand& c, const Job& of, const std::string& code,
                const std::string& message, const WireVariables& variables) {
  const Job job = of;
  const Instance& instance = c.t.instance();
  fb::JobErrorThrownT thrown;
  thrown.key = job.key.value();
  thrown.type = job.type;
  thrown.code = code;
  thrown.message = message;
  thrown.old_due_ms = job.due_ms;
  thrown.old_epoch = job.epoch;
  c.t.Emit(std::move(thrown));
  if (const auto catcher =
          c.t.FindCatcher(job.element_key, fb::EventType::error, code)) {
    c.t.CatchError(*catcher, code, message, variables);
    return c.t.Run();
  }
  if (c.t.CatcherAbove(job.element_key, fb::EventType::error, code).caught) {
    return c.t.ThrowToCaller(fb::EventType::error, code, message, variables,
                             /*ends=*/true);
  }
  c.t.WriteVariables(job.element_key, variables);
  c.t.RaiseIncident({fb::IncidentType::unhandled_error,
                     absl::StrCat("BPMN error '", code, "' is not caught",
                                  message.empty() ? "" : ": ", message)},
                    job.element_key, ElementIndex(instance, job), job.key);
  // What it wrote may make conditions true.
  c.t.Run();
}

const fb::JobDefinitionT* DefinitionOf(InstanceCommand& c, const Job& job) {
  const Instance& instance = c.t.instance();
  return WorkOf(instance, instance.elements.at(job.element_key),
                c.t.model().element(ElementIndex(instance, job)))
      .job;
}

}  // namespace

absl::Status Handle(InstanceCommand& c, const fb::CompleteJobT& command) {
  PAWL_RETURN_IF_ERROR(CheckOwner(command.owner));
  PAWL_ASSIGN_OR_RETURN(const Job* found, FindJob(c.t.instance(), command.job));
  PAWL_RETURN_IF_ERROR(
      RequireOwner(*found, *command.owner, command.lock_first, c.t.now_ms()));
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(c.t.instance().definition));
  LockIfFree(c.t, Job(*found), *command.owner);
  const Job job = c.t.instance().jobs.at(JobKey(command.job));
  if (const auto code = MappedError(c, job, DefinitionOf(c, job),
                                    command.variables, nullptr)) {
    ThrowError(c, job, *code, "", command.variables);
    return absl::OkStatus();
  }
  fb::JobCompletedT completed;
  completed.key = command.job;
  completed.type = job.type;
  completed.old_due_ms = job.due_ms;
  completed.old_epoch = job.epoch;
  c.t.Emit(std::move(completed));
  c.t.WriteVariables(job.element_key, command.variables);
  switch (c.t.instance().elements.at(job.element_key).state) {
    case fb::ElementState::activating:
      FinishStep(c.t, job.element_key);
      c.t.Activate(job.element_key);
      break;
    case fb::ElementState::completing:
      FinishStep(c.t, job.element_key);
      c.t.Leave(job.element_key);
      break;
    default:
      if (ListeningTask(c.t.instance(), job.element_key) != nullptr) {
        FinishTaskListener(c.t, job.element_key);
      } else {
        c.t.Complete(job.element_key);
      }
      break;
  }
  c.t.Run();
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::FailJobT& command) {
  PAWL_RETURN_IF_ERROR(CheckOwner(command.owner));
  PAWL_RETURN_IF_ERROR(
      CheckDuration("backoff", command.job, command.backoff_ms, -1));
  Instance& instance = c.t.instance();
  PAWL_ASSIGN_OR_RETURN(const Job* found, FindJob(instance, command.job));
  PAWL_RETURN_IF_ERROR(
      RequireOwner(*found, *command.owner, command.lock_first, c.t.now_ms()));
  if (command.retries < -1 || command.retries > kRetriesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("job ", command.job, ": got ", command.retries,
                     " retries, wanted 0 to ", kRetriesMax, " (kRetriesMax)"));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  LockIfFree(c.t, Job(*found), *command.owner);
  const Job job = instance.jobs.at(JobKey(command.job));
  const fb::JobDefinitionT* const definition = DefinitionOf(c, job);
  if (const auto code = MappedError(c, job, definition, {}, &command.message)) {
    ThrowError(c, job, *code, command.message, {});
    return absl::OkStatus();
  }
  fb::JobFailedT failed;
  failed.key = command.job;
  failed.type = job.type;
  failed.message = command.message;
  failed.retries = command.retries >= 0 ? command.retries
                   : PAWL_PLANTED(retry_not_counted)
                       ? job.retries
                       : std::max(job.retries - 1, 0);
  failed.old_due_ms = job.due_ms;
  failed.old_epoch = job.epoch;
  const bool again = failed.retries > 0;
  if (again) {
    const int64_t backoff =
        command.backoff_ms >= 0
            ? command.backoff_ms
            : BackoffMs(
                  definition == nullptr ? nullptr : definition->backoff.get(),
                  job.failures + 1);
    if (backoff > 0) failed.retry_at_ms = c.t.now_ms() + backoff;
    if (PAWL_PLANTED(clock_read) && backoff > 0) {
      failed.retry_at_ms += planted::ClockMs() % 2;
    }
  }
  const bool at_once = again && failed.retry_at_ms == 0;
  c.t.Emit(std::move(failed));
  if (at_once) c.t.OfferJob(job.key);
  if (!again) {
    c.t.RaiseIncident(
        {job.type == kJavaScriptJobType ? fb::IncidentType::script_error
                                        : fb::IncidentType::job_no_retries,
         command.message.empty() ? "job failed, no retries left"
                                 : command.message},
        job.element_key, ElementIndex(instance, job), job.key);
    // Other handlers of a compensation go on.
    c.t.Run();
  }
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ThrowJobErrorT& command) {
  PAWL_RETURN_IF_ERROR(CheckOwner(command.owner));
  Instance& instance = c.t.instance();
  PAWL_ASSIGN_OR_RETURN(const Job* found, FindJob(instance, command.job));
  PAWL_RETURN_IF_ERROR(
      RequireOwner(*found, *command.owner, command.lock_first, c.t.now_ms()));
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  LockIfFree(c.t, Job(*found), *command.owner);
  ThrowError(c, instance.jobs.at(JobKey(command.job)), command.code,
             command.message, command.variables);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::JobDueT& command) {
  PAWL_ASSIGN_OR_RETURN(const Job* found, FindJob(c.t.instance(), command.job));
  const Job job = *found;
  if (job.due_ms == 0 || job.due_ms > c.t.now_ms()) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", command.job, " is not due: ",
                     job.due_ms == 0 ? "it has no due time"
                                     : FormatIsoDateTime(job.due_ms)));
  }
  if (job.state == fb::JobState::locked) {
    DropDeadLock(c.t, job);
  } else {
    fb::JobRetryReachedT reached;
    reached.key = command.job;
    reached.type = job.type;
    reached.old_due_ms = job.due_ms;
    c.t.Emit(std::move(reached));
  }
  c.t.OfferJob(job.key);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ReleaseJobT& command) {
  PAWL_ASSIGN_OR_RETURN(const Job* found, FindJob(c.t.instance(), command.job));
  const Job job = *found;
  if (job.state != fb::JobState::locked || job.epoch == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "job ", command.job, " is not in an in-process handler's hands"));
  }
  DropDeadLock(c.t, job);
  c.t.OfferJob(job.key);
  return absl::OkStatus();
}

}  // namespace pawl::core
