// What callers and handlers ask of a partition.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/partition.h"

namespace pawl {
namespace {

absl::Status NoSuch(const char* what, uint64_t key) {
  return absl::NotFoundError(
      absl::StrCat(what, " ", key, ": no such ", what, ", or it has ended"));
}

}  // namespace

void Partition::Answer(uint64_t token, absl::Status status) {
  if (!status.ok()) ++counters_.rejections;
  if (token == 0) return;
  Reply reply;
  reply.token = token;
  reply.status = std::move(status);
  round_.replies.push_back(std::move(reply));
}

// A hold concerns the partition: nothing happens to the instance.
absl::StatusOr<InstanceKey> Partition::CheckHold(InstanceKey instance,
                                                 bool sets) const {
  const bool held = data_->state().holds.contains(instance);
  if (sets && !held) {
    PAWL_ASSIGN_OR_RETURN(
        const std::optional<std::string> entry,
        data_->cache().Get(TableOf(core::Index::kInstance),
                           core::EncodeU64(instance.value())));
    if (!entry.has_value()) {
      return absl::NotFoundError(absl::StrCat(
          "instance ", instance.value(),
          ": no such instance, or it is in the archive, which keeps all"));
    }
  }
  if (!sets && !held) {
    return absl::FailedPreconditionError(absl::StrCat(
        "instance ", instance.value(), ": there is no hold on it"));
  }
  return InstanceKey();
}

// The instance that a command is about; not valid for commands on none, and for
// a start.
absl::StatusOr<InstanceKey> Partition::Route(
    const fb::CommandUnion& command) const {
  const auto by_index = [&](core::Index index, const char* what,
                            uint64_t key) -> absl::StatusOr<InstanceKey> {
    PAWL_ASSIGN_OR_RETURN(const InstanceKey instance,
                          data_->InstanceOf(index, key));
    if (!instance.valid()) return NoSuch(what, key);
    return instance;
  };
  const auto by_job = [&](uint64_t key) {
    return by_index(core::Index::kJob, "job", key);
  };
  const auto by_task = [&](uint64_t key) {
    return by_index(core::Index::kTask, "task", key);
  };
  switch (command.type) {
    case fb::Command::CancelInstance:
      return InstanceKey(command.AsCancelInstance()->instance);
    case fb::Command::SuspendInstance:
      return InstanceKey(command.AsSuspendInstance()->instance);
    case fb::Command::ResumeInstance:
      return InstanceKey(command.AsResumeInstance()->instance);
    case fb::Command::SetVariables:
      return InstanceKey(command.AsSetVariables()->instance);
    case fb::Command::ActivateElements:
      return InstanceKey(command.AsActivateElements()->instance);
    case fb::Command::LockJob:
      return by_job(command.AsLockJob()->job);
    case fb::Command::ExtendJobLock:
      return by_job(command.AsExtendJobLock()->job);
    case fb::Command::UnlockJob:
      return by_job(command.AsUnlockJob()->job);
    case fb::Command::CompleteJob:
      return by_job(command.AsCompleteJob()->job);
    case fb::Command::FailJob:
      return by_job(command.AsFailJob()->job);
    case fb::Command::ThrowJobError:
      return by_job(command.AsThrowJobError()->job);
    case fb::Command::JobDue:
      return by_job(command.AsJobDue()->job);
    case fb::Command::ReleaseJob:
      return by_job(command.AsReleaseJob()->job);
    case fb::Command::CompleteTask:
      return by_task(command.AsCompleteTask()->task);
    case fb::Command::ClaimTask:
      return by_task(command.AsClaimTask()->task);
    case fb::Command::UnclaimTask:
      return by_task(command.AsUnclaimTask()->task);
    case fb::Command::DelegateTask:
      return by_task(command.AsDelegateTask()->task);
    case fb::Command::ResolveTask:
      return by_task(command.AsResolveTask()->task);
    case fb::Command::ChangeTask:
      return by_task(command.AsChangeTask()->task);
    case fb::Command::SetTaskVariables:
      return by_task(command.AsSetTaskVariables()->task);
    case fb::Command::ResolveIncident:
      return by_index(core::Index::kIncident, "incident",
                      command.AsResolveIncident()->incident);
    case fb::Command::SetHold:
      return CheckHold(InstanceKey(command.AsSetHold()->instance), true);
    case fb::Command::ReleaseHold:
      return CheckHold(InstanceKey(command.AsReleaseHold()->instance), false);
    case fb::Command::TriggerTimer:
    case fb::Command::TriggerStartTimer:
      return absl::InvalidArgumentError(
          "timers fire by themselves; advance the clock");
    case fb::Command::Deploy:
    case fb::Command::StartInstance:
    case fb::Command::OpenPartition:
    case fb::Command::RegisterHandler:
    case fb::Command::UnregisterHandler:
    case fb::Command::PublishMessage:
    case fb::Command::BroadcastSignal:
    case fb::Command::EvaluateConditions:
      return InstanceKey();
    case fb::Command::MatchMessages:
    case fb::Command::ContinueLoop:
    case fb::Command::CompleteThrow:
    case fb::Command::ReportFault:
    case fb::Command::Deliver:
    case fb::Command::ExpireMessage:
    case fb::Command::DropRequest:
    case fb::Command::CompleteCall:
    case fb::Command::ThrowFromCall:
    case fb::Command::FailCall:
    case fb::Command::TrimLog:
    case fb::Command::CarryForward:
      return absl::InvalidArgumentError(
          absl::StrCat(fb::EnumNameCommand(command.type),
                       ": the engine gives this command itself"));
    case fb::Command::NONE:
      break;
  }
  return absl::InvalidArgumentError("got no command, wanted one");
}

void Partition::Handle(uint64_t token, CommandRequest& request) {
  absl::StatusOr<InstanceKey> instance = Route(request.command);
  if (!instance.ok()) return Answer(token, instance.status());
  absl::StatusOr<core::Answer> answer =
      Execute(std::move(request.command), std::move(request.actor), *instance);
  if (!answer.ok()) return Answer(token, answer.status());
  if (token == 0) return;
  Reply reply;
  reply.token = token;
  reply.answer = *std::move(answer);
  round_.replies.push_back(std::move(reply));
}

void Partition::Handle(uint64_t token, FetchRequest& request) {
  Reply reply;
  reply.token = token;
  while (reply.jobs.size() < static_cast<size_t>(request.max)) {
    const size_t missing = static_cast<size_t>(request.max) - reply.jobs.size();
    absl::StatusOr<std::vector<WorkIndex::Ready>> ready =
        data_->work().TakeReady(request.type, missing);
    if (!ready.ok()) return Answer(token, ready.status());
    if (ready->empty()) break;
    for (const WorkIndex::Ready& job : *ready) {
      fb::LockJobT lock;
      lock.job = job.job.value();
      lock.owner = std::make_unique<fb::JobOwnerT>();
      lock.owner->worker = request.worker;
      lock.lock_ms = request.lock_ms;
      fb::CommandUnion command;
      command.Set(std::move(lock));
      if (!Execute(std::move(command), request.worker, job.instance).ok()) {
        ++counters_.rejections;
        continue;
      }
      absl::StatusOr<PartitionData::Entry*> entry = data_->Load(job.instance);
      if (!entry.ok()) return Answer(token, entry.status());
      const core::Instance& instance = (*entry)->instance;
      auto model = data_->Model(instance.definition);
      if (!model.ok()) return Answer(token, model.status());
      reply.jobs.push_back(MakeHandlerCall(instance, instance.jobs.at(job.job),
                                           *std::move(model)));
    }
  }
  if (token != 0) round_.replies.push_back(std::move(reply));
}

void Partition::Handle(uint64_t token, QueryRequest& request) {
  Answer(token, request.run(*data_));
}

void Partition::Handle(uint64_t token, AwaitEndRequest& request) {
  absl::StatusOr<PartitionData::Entry*> entry = data_->Load(request.instance);
  if (!entry.ok()) return Answer(token, entry.status());
  const core::Instance& instance = (*entry)->instance;
  end_watchers_[request.instance].push_back(token);
  watched_[token] = request.instance;
  if (instance.ended() || !instance.incidents.empty()) AnswerWatchers(instance);
}

void Partition::Handle(uint64_t token, AwaitIdleRequest&) {
  idle_watchers_.push_back(token);
}

void Partition::Handle(uint64_t token, CheckpointRequest&) {
  checkpoint_wanted_.push_back(token);
}

void Partition::Handle(uint64_t token, ForgetRequest& request) {
  const absl::Status late = absl::DeadlineExceededError("the time is over");
  if (const auto it = watched_.find(request.waiting); it != watched_.end()) {
    const auto watchers = end_watchers_.find(it->second);
    std::erase(watchers->second, request.waiting);
    if (watchers->second.empty()) end_watchers_.erase(watchers);
    watched_.erase(it);
    Answer(request.waiting, late);
  }
  if (std::erase(idle_watchers_, request.waiting) != 0) {
    Answer(request.waiting, late);
  }
  Answer(token, absl::OkStatus());
}

void Partition::HandleResult(const HandlerCallPtr& call) {
  if (const auto it = calls_.find(call->job);
      it != calls_.end() && it->second == call) {
    calls_.erase(it);
  }
  if (call->result.type == fb::Command::NONE) return;
  const bool failed = call->result.type == fb::Command::FailJob;
  absl::StatusOr<core::Answer> answer =
      Execute(std::move(call->result), kActorHandler, call->instance);
  if (answer.ok()) return;
  // Most often a late result of a job that is no longer this handler's. If it
  // still is, what the handler wants can't be done: that is a failure.
  fb::FailJobT fail;
  fail.job = call->job.value();
  fail.owner = std::make_unique<fb::JobOwnerT>();
  fail.owner->epoch = call->epoch;
  fail.owner->attempt = call->attempt;
  fail.message = absl::StrCat("the handler's result was refused: ",
                              std::string(answer.status().message()));
  fb::CommandUnion command;
  command.Set(std::move(fail));
  if (changed_.has_value() && !failed) {
    // Not before the instance has been read anew.
    call->result = std::move(command);
    results_.push_front(call);
    return;
  }
  if (!Execute(std::move(command), kActorHandler, call->instance).ok()) {
    ++counters_.late_results;
  }
}

}  // namespace pawl
