// Sending, answers, and the end of a run. What is drawn is in clients_draw.cc.
#include "tests/sim/clients.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "tests/support/wrap_command.h"

namespace pawl::sim {
namespace {

// Where forks aren't joined and lead back, tokens double in each round: with
// more than this an instance is cancelled.
constexpr size_t kElementsMax = 40;

}  // namespace

Clients::Clients(World* world, Random random, Failure* failure)
    : world_(world),
      random_(random),
      failure_(failure),
      only_event_starts_(random_.OneIn(4)) {
  world->set_effects(this);
}

// --- Sending -----------------------------------------------------------------

uint64_t Clients::Post(Pending pending) {
  const uint64_t number = pending.sent.number = ++last_number_;
  CommandRequest request{pending.sent.command, ActorOf(number)};
  const uint64_t token = world_->driver().Post({0, std::move(request)});
  pending_.emplace(token, std::move(pending));
  return number;
}

uint64_t Clients::Post(fb::CommandUnion command) {
  return Post(Pending{{0, std::move(command)}, false});
}

uint64_t Clients::PostAndLoseReply(fb::CommandUnion command) {
  return Post(Pending{{0, std::move(command)}, true});
}

void Clients::Fetch(const std::string& type, const std::string& worker,
                    int64_t lock_ms, int max) {
  fetching_[world_->driver().Post(
      {0, FetchRequest{type, worker, lock_ms, max}})] = worker;
}

void Clients::RegisterHandler(const std::string& type, uint32_t capacity) {
  fb::RegisterHandlerT handler;
  handler.type = type;
  handler.capacity = capacity;
  Post(Wrap(std::move(handler)));
}

const absl::Status* Clients::StatusOf(uint64_t number) const {
  const auto it = answered_.find(number);
  return it == answered_.end() ? nullptr : &it->second.status;
}

InstanceKey Clients::InstanceOf(uint64_t number) const {
  const auto it = answered_.find(number);
  return it == answered_.end() ? InstanceKey() : it->second.instance;
}

// --- Answers -----------------------------------------------------------------

void Clients::OnReply(uint64_t token, const Reply& reply) {
  if (const auto it = pending_.find(token); it != pending_.end()) {
    Pending pending = std::move(it->second);
    pending_.erase(it);
    // Whoever it was meant for: what it says must be so.
    world_->oracle().Replied(pending.sent, reply);
    if (pending.lose_reply || absl::IsUnavailable(reply.status)) {
      if (!pending.lose_reply) {
        answered_[pending.sent.number] = {reply.status, {}};
      }
      AskAgain(std::move(pending.sent));
      return;
    }
    answered_[pending.sent.number] = {reply.status, reply.answer.instance};
  } else if (const auto it = awaiting_.find(token); it != awaiting_.end()) {
    world_->oracle().SaidEnded(it->second, reply);
    awaiting_.erase(it);
  } else if (const auto it = querying_.find(token); it != querying_.end()) {
    if (reply.status.ok()) world_->oracle().QueryAnswered(*it->second);
    querying_.erase(it);
  } else if (const auto it = fetching_.find(token); it != fetching_.end()) {
    for (const HandlerCallPtr& job : reply.jobs) {
      held_.push_back(
          {job->job, job->instance, job->type, it->second, job->lock_until_ms});
    }
    fetching_.erase(it);
  }
}

void Clients::OnCall(HandlerCallPtr call) { calls_.push_back(std::move(call)); }

// A start is repeated with its idempotency key; anything else would be refused
// the second time, and is sometimes asked again all the same.
void Clients::AskAgain(Sent sent) { unknown_.push_back(std::move(sent)); }

void Clients::OnDown() {
  for (auto& [token, pending] : pending_) AskAgain(std::move(pending.sent));
  pending_.clear();
  breeders_.clear();
  awaiting_.clear();
  querying_.clear();
  fetching_.clear();
  // Handlers ran in the process. Workers live on and keep what they hold.
  calls_.clear();
}

bool Clients::Has(JobKey job) const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [&](const auto& call) { return call->job == job; });
}

void Clients::FinishCall(size_t which) {
  HandlerCallPtr call = std::move(calls_[which]);
  calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(which));
  JobResult result = JobResult::Done();
  switch (random_.Below(8)) {
    case 0:
      result = JobResult::Failed("no");
      break;
    case 1:
      result = JobResult::Failed("never").NoRetry();
      break;
    case 2:
      result = JobResult::BpmnError("E1", "by a handler");
      break;
    default:
      result = JobResult::Done({{"n", static_cast<int64_t>(random_.Below(4))}});
      break;
  }
  world_->driver().Finish(std::move(call), result);
}

void Clients::CancelBreeders() {
  for (const InstanceKey key : world_->oracle().running()) {
    if (world_->oracle().Running(key)->elements.size() <= kElementsMax ||
        !breeders_.insert(key).second) {
      continue;
    }
    fb::CancelInstanceT cancel;
    const core::Instance& instance = *world_->oracle().Running(key);
    cancel.instance = (instance.called() ? instance.caller.root : key).value();
    cancel.reason = "too many tokens";
    Post(Wrap(std::move(cancel)));
  }
}

// --- The end of a run --------------------------------------------------------

void Clients::FinishInstance(const core::Instance& instance, bool* posted) {
  const auto post = [&](fb::CommandUnion command) {
    *posted = true;
    Post(std::move(command));
  };
  if (instance.state == fb::InstanceState::suspended) {
    fb::ResumeInstanceT resume;
    resume.instance = instance.key.value();
    return post(Wrap(std::move(resume)));
  }
  if (breeders_.contains(instance.key)) return;
  bool sets = !instance.incidents.empty();
  for (const auto& [key, wait] : instance.subscriptions) {
    // What an element waits for beside its work may never come.
    const bool beside = wait.trigger != 0 && random_.OneIn(2);
    if (wait.kind == fb::SubscriptionKind::conditional) {
      sets = true;
    } else if (beside) {
      continue;
    } else if (!said_.insert({wait.kind, wait.name, wait.correlation_key})
                    .second) {
      continue;
    } else if (wait.kind == fb::SubscriptionKind::message) {
      fb::PublishMessageT publish;
      publish.name = wait.name;
      publish.has_key = !wait.any_key;
      publish.correlation_key = wait.correlation_key;
      publish.variables = DrawVariables(/*all=*/true);
      post(Wrap(std::move(publish)));
    } else {
      fb::BroadcastSignalT broadcast;
      broadcast.name = wait.name;
      post(Wrap(std::move(broadcast)));
    }
  }
  if (sets) {
    // Conditions and scripts find all they need.
    fb::SetVariablesT set;
    set.instance = instance.key.value();
    set.variables = DrawVariables(/*all=*/true);
    post(Wrap(std::move(set)));
  }
  for (const auto& [key, incident] : instance.incidents) {
    fb::ResolveIncidentT resolve;
    resolve.incident = key.value();
    post(Wrap(std::move(resolve)));
  }
  for (const auto& [key, task] : instance.tasks) {
    if (task.delegation == fb::DelegationState::pending) {
      fb::ResolveTaskT resolve;
      resolve.task = key.value();
      post(Wrap(std::move(resolve)));
    }
    fb::CompleteTaskT complete;
    complete.task = key.value();
    complete.variables = DrawVariables(/*all=*/true);
    post(Wrap(std::move(complete)));
  }
  for (const auto& [key, job] : instance.jobs) {
    if (job.state != fb::JobState::ready && job.state != fb::JobState::locked) {
      continue;
    }
    if (job.epoch != 0) continue;  // In a handler's hands.
    fb::CompleteJobT complete;
    complete.job = key.value();
    complete.owner = std::make_unique<fb::JobOwnerT>();
    complete.owner->worker = job.worker.empty() ? "last" : job.worker;
    complete.lock_first = true;
    complete.variables = DrawVariables(/*all=*/true);
    post(Wrap(std::move(complete)));
  }
}

bool Clients::FinishOpenWork() {
  said_.clear();
  CancelBreeders();
  bool posted = !breeders_.empty();
  while (!calls_.empty()) {
    HandlerCallPtr call = std::move(calls_.back());
    calls_.pop_back();
    world_->driver().Finish(
        std::move(call),
        JobResult::Done({{"n", static_cast<int64_t>(random_.Below(4))}}));
    posted = true;
  }
  const auto& running = world_->oracle().running();
  for (const InstanceKey key : running) {
    FinishInstance(*world_->oracle().Running(key), &posted);
  }
  return posted;
}

}  // namespace pawl::sim
