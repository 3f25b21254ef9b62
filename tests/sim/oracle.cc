#include "tests/sim/oracle.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/core/project.h"
#include "engine/tally.h"
#include "replay/decide_again.h"

namespace pawl::sim {
namespace {

// FNV-1a: for telling two runs apart, not against anybody.
uint64_t Hash(uint64_t seed, std::string_view bytes) {
  uint64_t hash = seed ^ 0xcbf29ce484222325u;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return hash;
}

}  // namespace

std::string ActorOf(uint64_t number) { return absl::StrCat("c", number); }

uint64_t NumberOf(std::string_view actor) {
  uint64_t number = 0;
  if (actor.size() < 2 || actor[0] != 'c') return 0;
  const char* const end = actor.data() + actor.size();
  const auto parsed = std::from_chars(actor.data() + 1, end, number);
  return parsed.ec == std::errc() && parsed.ptr == end ? number : 0;
}

uint64_t SubjectOf(const fb::CommandUnion& command) {
  switch (command.type) {
    case fb::Command::CancelInstance:
      return command.AsCancelInstance()->instance;
    case fb::Command::SuspendInstance:
      return command.AsSuspendInstance()->instance;
    case fb::Command::ResumeInstance:
      return command.AsResumeInstance()->instance;
    case fb::Command::SetVariables:
      return command.AsSetVariables()->instance;
    case fb::Command::ActivateElements:
      return command.AsActivateElements()->instance;
    case fb::Command::ExtendJobLock:
      return command.AsExtendJobLock()->job;
    case fb::Command::UnlockJob:
      return command.AsUnlockJob()->job;
    case fb::Command::CompleteJob:
      return command.AsCompleteJob()->job;
    case fb::Command::FailJob:
      return command.AsFailJob()->job;
    case fb::Command::ThrowJobError:
      return command.AsThrowJobError()->job;
    case fb::Command::CompleteTask:
      return command.AsCompleteTask()->task;
    case fb::Command::ClaimTask:
      return command.AsClaimTask()->task;
    case fb::Command::UnclaimTask:
      return command.AsUnclaimTask()->task;
    case fb::Command::ResolveIncident:
      return command.AsResolveIncident()->incident;
    default:
      return 0;
  }
}

Oracle::Oracle(Failure* failure)
    : failure_(failure), fold_(0), lookups_(&fold_) {}

// --- What is durable ---------------------------------------------------------

void Oracle::Durable(Position position, std::string_view bytes,
                     const fb::RecordT& record) {
  log_hash_ = Hash(log_hash_, bytes);
  if (auto wrong = replay::CheckFacts(record, &lookups_); wrong.has_value()) {
    return failure_->Add("facts: ", wrong->text);
  }
  core::Instance decided;
  if (auto wrong = replay::DecideAgain(record, fold_, &lookups_, &decided);
      wrong.has_value()) {
    return failure_->Add("decided again: ", wrong->text);
  }
  if (!failure_->Require("fold", fold_.Add(record)) ||
      !failure_->Require("definitions", lookups_.Learn(record))) {
    return;
  }
  if (decided.exists() &&
      core::Digest(decided) != fold_.DigestOf(decided.key)) {
    return failure_->Add("record ", position,
                         ": the decision leaves its instance in another state "
                         "than its events do");
  }
  image_.Add(record);
  log_tally_.Add(record, bytes.size());
  for (size_t i = 0; i < record.events.size(); ++i) {
    const InstanceKey key = record.touched.empty()
                                ? InstanceKey()
                                : InstanceKey(record.touched[0]->instance);
    if (const auto* started = record.events[i].AsInstanceStarted()) {
      LearnStart(*started, position);
    }
    if (record.events[i].AsInstanceEnded() != nullptr) {
      // What an engine says of it later is what it was then.
      Ended& ended = ended_[key];
      ended.state = decided.state;
      const auto root = decided.scopes.find(decided.root());
      if (root != decided.scopes.end()) {
        for (const auto& [name, json] : root->second.variables) {
          ended.variables.emplace_back(name, json);
        }
      }
    }
    LearnEvent(record.events[i], key);
  }
  LearnCommand(record);
  CheckDelivery(record);
}

void Oracle::LearnStart(const fb::InstanceStartedT& started,
                        Position position) {
  running_.insert(InstanceKey(started.key));
  if (started.idempotency_key.empty()) return;
  const auto [it, fresh] =
      keys_.try_emplace(started.idempotency_key, InstanceKey(started.key));
  if (!fresh) {
    failure_->Add("record ", position, ": idempotency key '",
                  started.idempotency_key, "' starts instance ", started.key,
                  ", it had started ", it->second.value());
  }
}

void Oracle::LearnEvent(const fb::EventUnion& event, InstanceKey key) {
  switch (event.type) {
    case fb::Event::InstanceEnded:
      running_.erase(key);
      break;
    case fb::Event::ElementActivating:
      element_states_.emplace(event.AsElementActivating()->key,
                              ElementSeen::Kind::kActivating);
      break;
    case fb::Event::ElementCompleted:
      element_states_.emplace(event.AsElementCompleted()->key,
                              ElementSeen::Kind::kCompleted);
      break;
    case fb::Event::ElementTerminated:
      element_states_.emplace(event.AsElementTerminated()->key,
                              ElementSeen::Kind::kTerminated);
      break;
    case fb::Event::TaskCreated: {
      const auto& task = *event.AsTaskCreated();
      assigned_.emplace(task.key, task.assignee);
      break;
    }
    case fb::Event::TaskAssigned: {
      const auto& task = *event.AsTaskAssigned();
      assigned_.emplace(task.key, task.assignee);
      break;
    }
    case fb::Event::TaskDelegated: {
      const auto& task = *event.AsTaskDelegated();
      assigned_.emplace(task.key, task.assignee);
      break;
    }
    case fb::Event::TaskResolved: {
      const auto& task = *event.AsTaskResolved();
      assigned_.emplace(task.key, task.assignee);
      break;
    }
    case fb::Event::JobCreated: {
      const auto& job = *event.AsJobCreated();
      jobs_.insert(JobKey(job.key));
      if (job.epoch != 0) attempts_[JobKey(job.key)] = 1;
      break;
    }
    case fb::Event::JobLocked: {
      const auto& job = *event.AsJobLocked();
      uint32_t& attempt = attempts_[JobKey(job.key)];
      if (job.attempt != attempt + 1) {
        failure_->Add("job ", job.key, ": attempt ", job.attempt, " after ",
                      attempt);
      }
      attempt = job.attempt;
      break;
    }
    case fb::Event::JobCompleted:
      jobs_.erase(JobKey(event.AsJobCompleted()->key));
      break;
    case fb::Event::JobCanceled:
      jobs_.erase(JobKey(event.AsJobCanceled()->key));
      break;
    case fb::Event::IncidentRaised:
      incidents_.insert(event.AsIncidentRaised()->key);
      break;
    default:
      break;
  }
}

void Oracle::LearnCommand(const fb::RecordT& record) {
  const uint64_t number = NumberOf(record.actor);
  if (number == 0) return;
  if (refused_.contains(number)) {
    failure_->Add("record ", record.position, ": command c", number,
                  " was refused and is in the log");
  }
  const auto [it, fresh] = done_.try_emplace(
      number,
      Done{record.position, record.command.type, SubjectOf(record.command)});
  if (!fresh) {
    failure_->Add("record ", record.position, ": command c", number,
                  " is in the log twice, first at ", it->second.position);
  }
}

void Oracle::CheckDelivery(const fb::RecordT& record) {
  size_t asked = 0;
  size_t taken = 0;
  size_t triggered = 0;
  const auto* const deliver = record.command.AsDeliver();
  for (const fb::EventUnion& event : record.events) {
    if (const auto* requested = event.AsRequested()) {
      asked += requested->command.type == fb::Command::Deliver ||
               requested->command.type == fb::Command::StartInstance;
    } else if (event.AsRequestTaken() != nullptr) {
      ++taken;
    } else if (const auto* one = event.AsSubscriptionTriggered()) {
      triggered += deliver != nullptr && one->key == deliver->subscription;
    }
  }
  const auto* const publish = record.command.AsPublishMessage();
  if (publish != nullptr && !publish->all && asked > 1) {
    failure_->Add("record ", record.position, ": message '", publish->name,
                  "' has ", asked, " receivers");
  }
  if (deliver != nullptr && (taken != 1 || triggered != 1)) {
    failure_->Add("record ", record.position, ": a delivery that answers ",
                  taken, " requests and triggers ", triggered,
                  " subscriptions");
  }
}

int64_t Oracle::NextDue() const {
  int64_t next_ms = INT64_MAX;
  for (const InstanceKey key : running_) {
    const core::Instance& instance = *Running(key);
    for (const auto& [timer_key, timer] : instance.timers) {
      next_ms = std::min(next_ms, timer.due_ms);
    }
    for (const auto& [job_key, job] : instance.jobs) {
      if (job.due_ms != 0) next_ms = std::min(next_ms, job.due_ms);
    }
  }
  return next_ms;
}

// --- Effects -----------------------------------------------------------------

void Oracle::Replied(const Sent& sent, const Reply& reply) {
  const auto done = done_.find(sent.number);
  if (absl::IsUnavailable(reply.status)) return;  // Outcome unknown.
  const char* const name = fb::EnumNameCommand(sent.command.type);
  if (!reply.status.ok()) {
    if (done != done_.end()) {
      failure_->Add("c", sent.number, " ", name, ": refused (",
                    reply.status.ToString(), "), but record ",
                    done->second.position, " is of it");
    }
    refused_.insert(sent.number);
    return;
  }
  if (done == done_.end()) {
    if (MayBeIdle(sent.command, reply.answer)) {
      // Nothing had to happen; what it found is checked below.
    } else {
      failure_->Add("c", sent.number, " ", name,
                    ": acknowledged, but no durable record is of it");
      return;
    }
  } else if (done->second.type != sent.command.type ||
             done->second.subject != SubjectOf(sent.command)) {
    failure_->Add("c", sent.number, " ", name, ": record ",
                  done->second.position, " holds another command");
    return;
  }
  if (sent.command.type == fb::Command::StartInstance) {
    CheckStart(sent, reply.answer);
  } else if (sent.command.type == fb::Command::Deploy) {
    CheckDeployed(reply.answer);
  }
}

// Whether nothing had to happen.
bool Oracle::MayBeIdle(const fb::CommandUnion& command,
                       const core::Answer& answer) const {
  switch (command.type) {
    case fb::Command::StartInstance:
    case fb::Command::PublishMessage:
      return answer.seen_before;
    case fb::Command::BroadcastSignal:
    case fb::Command::EvaluateConditions:
      return answer.receivers == 0;
    case fb::Command::Deploy:
      return std::none_of(answer.deployed.begin(), answer.deployed.end(),
                          [](const auto& deployed) { return deployed.is_new; });
    case fb::Command::SetVariables:
      return command.AsSetVariables()->variables.empty();
    case fb::Command::ClaimTask: {
      const fb::ClaimTaskT& claim = *command.AsClaimTask();
      return assigned_.contains({claim.task, claim.user});
    }
    case fb::Command::UnclaimTask:
      return assigned_.contains({command.AsUnclaimTask()->task, ""});
    default:
      return false;
  }
}

void Oracle::CheckStart(const Sent& sent, const core::Answer& answer) {
  const fb::StartInstanceT& start = *sent.command.AsStartInstance();
  if (!Known(answer.instance)) {
    return failure_->Add("start '", start.idempotency_key, "': instance ",
                         answer.instance.value(),
                         " was acknowledged and isn't "
                         "durable");
  }
  if (start.idempotency_key.empty()) return;
  const auto it = keys_.find(start.idempotency_key);
  if (it == keys_.end() || it->second != answer.instance) {
    failure_->Add("start '", start.idempotency_key, "': acknowledged instance ",
                  answer.instance.value(), ", the log has ",
                  it == keys_.end() ? 0 : it->second.value());
  }
}

bool Oracle::WaitsToBeAsked(const core::Instance& instance, ElementKey key) {
  const auto ad_hoc = instance.ad_hocs.find(key);
  if (ad_hoc == instance.ad_hocs.end() || ad_hoc->second.fulfilled ||
      !ad_hoc->second.waiting.empty()) {
    return false;
  }
  const auto model = lookups_.Model(instance.definition);
  return model->element(instance.elements.at(key).element).ad_hoc->completion !=
         nullptr;
}

void Oracle::CheckDeployed(const core::Answer& answer) {
  for (const core::Answer::Deployed& deployed : answer.deployed) {
    const core::DefinitionAnswer found =
        lookups_.Definition(deployed.process_id, deployed.version);
    if (found.key == deployed.key) continue;
    failure_->Add("deployment of '", deployed.process_id, "' version ",
                  deployed.version, ": acknowledged definition ",
                  deployed.key.value(), ", the log has ", found.key.value());
  }
}

void Oracle::HandedOut(const HandlerCall& call) {
  const auto given = attempts_.find(call.job);
  if (given == attempts_.end() || given->second < call.attempt) {
    failure_->Add("job ", call.job.value(), ": attempt ", call.attempt,
                  " was handed out and isn't durable");
  }
  if (!handed_out_.emplace(call.job, call.attempt).second) {
    failure_->Add("job ", call.job.value(), ": attempt ", call.attempt,
                  " was handed out twice");
  }
}

void Oracle::Observed(const Observation& observation) {
  if (const auto* seen = std::get_if<ElementSeen>(&observation)) {
    const auto state = std::pair(seen->element.key.value(), seen->kind);
    if (!element_states_.contains(state)) {
      failure_->Add("observed: element ", seen->element.key.value(),
                    " in a state that isn't durable");
    }
  } else if (const auto* incident = std::get_if<IncidentInfo>(&observation)) {
    if (!incidents_.contains(incident->key.value())) {
      failure_->Add("observed: incident ", incident->key.value(),
                    ", which isn't durable");
    }
  } else if (const auto* end = std::get_if<EndSeen>(&observation)) {
    if (!ended_.contains(end->instance)) {
      failure_->Add("observed: the end of instance ", end->instance.value(),
                    ", which isn't durable");
    }
  }
}

void Oracle::SaidEnded(InstanceKey key, const Reply& reply) {
  if (!reply.status.ok()) return;
  const auto it = ended_.find(key);
  if (it == ended_.end()) {
    return failure_->Add("instance ", key.value(),
                         " was said to have ended, which isn't durable");
  }
  if (it->second.state != reply.end_state ||
      it->second.variables != reply.variables) {
    failure_->Add("instance ", key.value(), " was said to have ended ",
                  fb::EnumNameInstanceState(reply.end_state),
                  ", with other variables or another state than in the log");
  }
}

void Oracle::QueryAnswered(Position position) {
  if (position > fold_.position()) {
    failure_->Add("a query was answered from record ", position,
                  ", durable is ", fold_.position());
  }
}

// --- The engine as a whole ---------------------------------------------------

void Oracle::CheckLive(PartitionData& data, const char* when) {
  if (failure_->any()) return;
  const auto digest = data.StateDigest();
  if (!failure_->Require(when, digest.status())) return;
  if (data.state().position != fold_.position()) {
    return failure_->Add(when, ": the engine is at record ",
                         data.state().position, ", durable is ",
                         fold_.position());
  }
  if (*digest != fold_.Digest()) {
    failure_->Add(when, ": live digest ", *digest, ", the fold of the log has ",
                  fold_.Digest());
  }
}

void Oracle::CheckAll(PartitionData& data, const char* when) {
  CheckLive(data, when);
  if (failure_->any()) return;
  uint64_t entries = 0;
  auto difference = replay::CompareIndexes(data, image_, &entries);
  if (!failure_->Require(when, difference.status())) return;
  if (difference->has_value()) {
    return failure_->Add(when, ": ", (*difference)->text);
  }
  difference = replay::CompareInstances(&data, fold_, nullptr);
  if (!failure_->Require(when, difference.status())) return;
  if (difference->has_value()) {
    return failure_->Add(when, ": ", (*difference)->text);
  }
  difference = replay::CompareTally(&data, log_tally_.tally());
  if (!failure_->Require(when, difference.status())) return;
  if (difference->has_value()) {
    return failure_->Add(when, ": ", (*difference)->text);
  }
  CheckImage(image_);
  CheckTally(data.tally());
}

// Counted from states, not from events.
void Oracle::CheckTally(const pawl::Tally& tally) {
  pawl::Tally wanted;
  wanted.records = static_cast<int64_t>(fold_.records());
  wanted.events = static_cast<int64_t>(fold_.events());
  wanted.record_bytes = tally.record_bytes;
  for (const auto& [key, ended] : ended_) {
    ++wanted.instances[static_cast<size_t>(ended.state)];
  }
  for (const InstanceKey key : running_) {
    const core::Instance& instance = *fold_.Running(key);
    const bool suspended = instance.state == fb::InstanceState::suspended;
    ++wanted.instances[static_cast<size_t>(instance.state)];
    wanted.jobs += static_cast<int64_t>(instance.jobs.size());
    wanted.tasks += static_cast<int64_t>(instance.tasks.size());
    wanted.incidents += static_cast<int64_t>(instance.incidents.size());
    if (!suspended)
      wanted.timers += static_cast<int64_t>(instance.timers.size());
    for (const auto& [wait_key, wait] : instance.subscriptions) {
      ++(wait.kind == fb::SubscriptionKind::message
             ? wanted.message_subscriptions
         : wait.kind == fb::SubscriptionKind::signal
             ? wanted.signal_subscriptions
             : wanted.conditions);
    }
  }
  wanted.start_timers =
      static_cast<int64_t>(fold_.partition().start_timers.size());
  // Each is due once.
  for (const auto& [entry, value] : image_.of(core::Index::kDue)) {
    const auto key = core::DecodeDue(entry);
    if (!key.has_value()) continue;
    if (key->kind == core::DueKind::kMessage) ++wanted.messages;
    if (key->kind == core::DueKind::kMessageId) ++wanted.message_ids;
  }
  // The width of the ranges goes by keys that ran once, too.
  const auto first = tally.running.First();
  const uint64_t oldest =
      running_.empty() ? 0 : CounterOfKey(running_.begin()->value());
  if (first.has_value() == running_.empty() ||
      (first.has_value() &&
       (oldest < first->first || oldest >= first->second))) {
    failure_->Add("tally: the oldest running instance is ", oldest,
                  ", the tally leads to ",
                  first.has_value() ? first->first : 0);
  }
  wanted.running = tally.running;
  if (tally == wanted) return;
  failure_->Add("tally: ", DescribeDifference(tally, wanted));
}

// The indexes of live things lead to a thing that is there, and every such
// thing is led to.
void Oracle::CheckImage(const replay::IndexImage& image) {
  size_t jobs = 0, ready = 0, tasks = 0, incidents = 0, due = 0, waits = 0;
  for (const InstanceKey key : running_) {
    const core::Instance& instance = *fold_.Running(key);
    jobs += instance.jobs.size();
    tasks += instance.tasks.size();
    incidents += instance.incidents.size();
    // Also while it rests.
    if (!instance.held_message.empty()) ++waits;
    if (instance.state == fb::InstanceState::suspended) continue;
    due += instance.timers.size();
    for (const auto& [wait_key, wait] : instance.subscriptions) {
      // By name and key, and by name alone.
      if (wait.kind == fb::SubscriptionKind::message) waits += 2;
      if (wait.kind == fb::SubscriptionKind::signal) ++waits;
    }
    for (const auto& [job_key, job] : instance.jobs) {
      if (job.state == fb::JobState::ready) ++ready;
      if (job.due_ms != 0) ++due;
    }
  }
  // Those of start events are the partition's.
  const auto& start_timers = fold_.partition().start_timers;
  due += start_timers.size();
  // Those of messages are nobody's.
  for (const auto& [entry, value] : image.of(core::Index::kDue)) {
    const auto key = core::DecodeDue(entry);
    if (!key.has_value()) continue;
    if (key->kind == core::DueKind::kStartTimer) {
      const auto timer = start_timers.find(key->key);
      if (timer == start_timers.end() || timer->second.due_ms != key->due_ms) {
        failure_->Add("index due: timer ", key->key,
                      " of a start isn't there at ", key->due_ms);
      }
    }
    const bool message = key->kind == core::DueKind::kMessage;
    if (!message && key->kind != core::DueKind::kMessageId) continue;
    ++due;
    if (!image.of(core::Index::kMessage)
             .contains(message ? core::BufferedEntry(key->key)
                               : core::MessageIdByKey(key->key))) {
      failure_->Add("index due: message ", key->key, " isn't there");
    }
  }
  const auto same = [&](core::Index index, const char* name, size_t wanted) {
    const auto& map = image.of(index);
    if (map.size() != wanted) {
      failure_->Add("index ", name, ": ", map.size(), " entries for ", wanted,
                    " in running instances");
    }
    for (const auto& [entry, value] : map) {
      const auto key =
          index == core::Index::kDue ? core::DecodeDue(entry) : std::nullopt;
      if (key.has_value() && (key->kind == core::DueKind::kMessage ||
                              key->kind == core::DueKind::kMessageId ||
                              key->kind == core::DueKind::kStartTimer)) {
        continue;
      }
      const auto instance = core::DecodeU64(value);
      if (instance.has_value() && running_.contains(InstanceKey(*instance))) {
        continue;
      }
      failure_->Add("index ", name, ": an entry leads to instance ",
                    instance.value_or(0), ", which doesn't run");
    }
  };
  same(core::Index::kJob, "job", jobs);
  same(core::Index::kJobReady, "job_ready", ready);
  same(core::Index::kTask, "task", tasks);
  same(core::Index::kIncident, "incident", incidents);
  same(core::Index::kDue, "due", due);
  same(core::Index::kSubscription, "subscription", waits);
}

}  // namespace pawl::sim
