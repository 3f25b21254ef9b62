// The rounds. Requests are in partition_requests.cc, decisions and their
// effects in partition_decide.cc.
#include "engine/partition.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/partition_facts.h"

namespace pawl {
namespace {

template <typename T>
void MoveAppend(std::vector<T>* from, std::vector<T>* to) {
  if (to->empty()) {
    to->swap(*from);
  } else {
    to->insert(to->end(), std::make_move_iterator(from->begin()),
               std::make_move_iterator(from->end()));
  }
  from->clear();
}

// Of a round's records, the part that handlers' results may take before it is
// the callers' turn, so that neither starves.
constexpr size_t kResultsBeforeRequests = kRoundRecordsMax * 3 / 4;

}  // namespace

void StepInput::Clear() {
  requests.clear();
  results.clear();
  durable = 0;
  checkpointed = 0;
  failed = absl::OkStatus();
}

void StepOutput::Clear() {
  first = 0;
  records.clear();
  checkpoint = false;
  replies.clear();
  calls.clear();
  observations.clear();
  again = false;
  wake_at_ms = WorkIndex::kNever;
  drained = false;
}

Partition::Partition(PartitionData* data, PartitionOptions options)
    : data_(data),
      options_(std::move(options)),
      facts_(std::make_unique<Facts>(data, options_.seed)),
      durable_(data->state().position) {}

Partition::~Partition() = default;

void Partition::Step(int64_t now_ms, StepInput* input, StepOutput* output) {
  output->Clear();
  now_ms_ = PAWL_PLANTED(clock_back_recorded)
                ? now_ms
                : std::max(now_ms, data_->state().time_ms);
  Accept(input);
  ForgetChanged();
  if (failure_.ok()) {
    if (MayRunRound()) RunRound();
    FinishRound(output);
  }
  ForgetChanged();
  Release(output);
  AnswerIdle(output);
  AskCheckpoint(output);
  data_->Trim();
  output->again = MayRunRound() && HasWork();
  if (failure_.ok() && !closing_ && MayRunRound()) {
    output->wake_at_ms = data_->work().next_due_ms();
  }
}

// --- What comes in -----------------------------------------------------------

void Partition::Accept(StepInput* input) {
  observed_ = input->observed;
  if (input->closing && !closing_) {
    closing_ = true;
    // The next engine finds them again.
    old_jobs_.clear();
    catching_up_ = false;
    // What nobody has begun to decide never happened.
    RefuseAll(absl::UnavailableError("the engine is closed"));
  }
  finishing_ = input->finishing;
  for (HandlerCallPtr& call : input->results) {
    --calls_out_;
    results_.push_back(std::move(call));
  }
  for (Request& request : input->requests) {
    if (!failure_.ok()) {
      Refuse(request.token, failure_);
    } else if (closing_) {
      Refuse(request.token, absl::UnavailableError("the engine is closed"));
    } else {
      requests_.push_back(std::move(request));
    }
  }
  durable_ = std::max(durable_, input->durable);
  data_->SetReadable(PAWL_PLANTED(dropped_from_memory_too_early)
                         ? data_->state().position
                         : durable_);
  checkpointed_ = std::max(checkpointed_, input->checkpointed);
  if (!input->failed.ok()) Fail(input->failed);
  input->Clear();
}

void Partition::Refuse(uint64_t token, const absl::Status& status) {
  if (token == 0) return;
  Reply reply;
  reply.token = token;
  reply.status = status;
  round_.replies.push_back(std::move(reply));
}

// --- Rounds
// --------------------------------------------------------------------

bool Partition::MayRunRound() const {
  return failure_.ok() && syncing_.size() < kRoundsUnsyncedMax &&
         !changed_.has_value();
}

bool Partition::RoundIsFull() const {
  return !failure_.ok() || changed_.has_value() ||
         records_.size() >= kRoundRecordsMax ||
         record_bytes_ >= kRoundBytesTarget;
}

void Partition::ForgetChanged() {
  if (!changed_.has_value() || changed_->last > durable_) return;
  data_->Forget(changed_->instance);
  changed_.reset();
}

void Partition::RunRound() {
  if (!opened_) OpenFirst();
  if (closing_) StopHandlers();
  TakeFollowUps();
  ReleaseOldJobs();
  FireDue();
  // What an engine before this one left comes before anything new.
  if (!old_jobs_.empty() || catching_up_) return;
  TakeResults(kResultsBeforeRequests);
  TakeRequests();
  TakeResults(kRoundRecordsMax);
  PullReadyJobs();
  TakeLongRequest();
}

void Partition::OpenFirst() {
  opened_ = true;
  fb::OpenPartitionT open;
  open.build = options_.build;
  for (const eventstore::AcceptedLoss& loss : data_->store().AcceptedLosses()) {
    // A loss that an earlier opening recorded has that record behind it.
    if (loss.partition == data_->partition() &&
        loss.position == data_->state().position) {
      open.accepted_loss_after = loss.position;
    }
  }
  fb::CommandUnion command;
  command.Set(std::move(open));
  absl::StatusOr<core::Answer> answer =
      Execute(std::move(command), core::kActorEngine, InstanceKey());
  Answer(options_.open_token, answer.status());
  if (!answer.ok()) return Fail(answer.status());
  for (const auto& [job, held] : data_->state().handler_jobs) {
    old_jobs_.emplace_back(job, held.instance);
  }
  if (PAWL_PLANTED(job_lost_on_restart) && !old_jobs_.empty()) {
    old_jobs_.pop_back();
  }
  catching_up_ = true;
  opened_ms_ = now_ms_;
  opened_next_key_ = data_->state().next_key;
}

// As records, so that what is decided from here on can be decided again.
void Partition::StopHandlers() {
  std::vector<std::string> types;
  for (const auto& [type, handler] : data_->state().handlers) {
    if (handler.registered) types.push_back(type);
  }
  for (const std::string& type : types) {
    fb::UnregisterHandlerT unregister;
    unregister.type = type;
    fb::CommandUnion command;
    command.Set(std::move(unregister));
    if (!Execute(std::move(command), core::kActorEngine, InstanceKey()).ok()) {
      ++counters_.rejections;
    }
  }
}

// A job that ran when its engine went counts as not done.
void Partition::ReleaseOldJobs() {
  while (!old_jobs_.empty() && !RoundIsFull()) {
    const auto [job, instance] = old_jobs_.front();
    old_jobs_.pop_front();
    fb::ReleaseJobT release;
    release.job = job.value();
    fb::CommandUnion command;
    command.Set(std::move(release));
    if (!Execute(std::move(command), core::kActorEngine, instance).ok()) {
      ++counters_.rejections;
    }
  }
}

void Partition::HoldDueFrom(std::optional<uint64_t> counter) {
  hold_from_ = counter;
  due_.insert(due_.begin(), std::make_move_iterator(held_.begin()),
              std::make_move_iterator(held_.end()));
  held_.clear();
}

void Partition::FireDue() {
  if (!old_jobs_.empty() || closing_ || RoundIsFull()) return;
  if (due_.empty()) {
    const int64_t until_ms = catching_up_ ? opened_ms_ : now_ms_;
    absl::StatusOr<std::vector<WorkIndex::Due>> due =
        data_->work().TakeDue(until_ms, kDuePerRoundMax);
    if (!due.ok()) return Fail(due.status());
    if (due->size() < kDuePerRoundMax) catching_up_ = false;
    for (const WorkIndex::Due& entry : *due) {
      const bool holds =
          hold_from_.has_value() && CounterOfKey(entry.key.key) >= *hold_from_;
      (holds ? held_ : due_).push_back({entry, {}});
    }
  }
  // Not before all that follows is decided: an instance and those it called
  // count on it.
  while (!due_.empty() && failure_.ok() && !changed_.has_value() &&
         data_->state().requests.empty()) {
    DueWork work = std::move(due_.front());
    due_.pop_front();
    Fire(std::move(work));
    TakeFollowUps();
  }
}

void Partition::Fire(DueWork work) {
  const core::DueKey& key = work.due.key;
  // A timer that came since the opening, with a date that is past: from here on
  // due work and callers take turns.
  if (CounterOfKey(key.key) >= opened_next_key_) catching_up_ = false;
  fb::CommandUnion command;
  if (key.kind == core::DueKind::kTimer) {
    fb::TriggerTimerT trigger;
    trigger.timer = key.key;
    trigger.refused = work.refused;
    command.Set(std::move(trigger));
  } else if (key.kind == core::DueKind::kStartTimer) {
    const auto timer = data_->state().start_timers.find(key.key);
    // A new version has it no more.
    if (timer == data_->state().start_timers.end()) return;
    fb::TriggerStartTimerT trigger;
    trigger.timer = key.key;
    trigger.definition = timer->second.definition.value();
    command.Set(std::move(trigger));
  } else if (key.kind == core::DueKind::kMessage ||
             key.kind == core::DueKind::kMessageId) {
    absl::StatusOr<std::optional<fb::CommandUnion>> expiry = Expiry(key);
    if (!expiry.ok()) return Fail(expiry.status());
    if (!expiry->has_value()) return;
    command = **std::move(expiry);
  } else {
    fb::JobDueT job;
    job.job = key.key;
    command.Set(std::move(job));
  }
  const absl::Status status =
      Execute(std::move(command), core::kActorTimer, work.due.instance)
          .status();
  if (status.ok()) return;
  ++counters_.rejections;
  if (changed_.has_value() && work.refused.empty()) {
    work.refused = std::string(status.message());
    due_.push_front(std::move(work));
  }
}

absl::StatusOr<std::optional<fb::CommandUnion>> Partition::Expiry(
    const core::DueKey& key) {
  const bool message = key.kind == core::DueKind::kMessage;
  PAWL_ASSIGN_OR_RETURN(
      const std::optional<std::string> bytes,
      data_->cache().Get(eventstore::Table::kIndexMessage,
                         message ? core::BufferedEntry(key.key)
                                 : core::MessageIdByKey(key.key)));
  if (!bytes.has_value()) return std::optional<fb::CommandUnion>();
  fb::ExpireMessageT expire;
  expire.message = key.key;
  expire.until_ms = key.due_ms;
  bool readable = false;
  if (message) {
    const auto entry = core::DecodeBuffered(*bytes);
    readable = entry != nullptr;
    if (readable) {
      expire.name = entry->name;
      expire.has_key = entry->has_key;
      expire.correlation_key = entry->correlation_key;
    }
  } else {
    const auto entry = core::DecodeMessageId(*bytes);
    readable = entry != nullptr;
    if (readable) {
      expire.name = entry->name;
      expire.message_id = entry->message_id;
    }
  }
  if (!readable) {
    return absl::DataLossError(
        "index_message: an entry that can't be read; `pawl rebuild` makes it "
        "anew");
  }
  fb::CommandUnion command;
  command.Set(std::move(expire));
  return std::optional<fb::CommandUnion>(std::move(command));
}

void Partition::TakeResults(size_t max) {
  while (!results_.empty() && records_.size() < max && !RoundIsFull()) {
    const HandlerCallPtr call = std::move(results_.front());
    results_.pop_front();
    HandleResult(call);
    TakeFollowUps();
  }
}

void Partition::TakeRequests() {
  while (!requests_.empty() && !RoundIsFull()) {
    Request request = std::move(requests_.front());
    requests_.pop_front();
    std::visit([&](auto& what) { Handle(request.token, what); }, request.what);
    TakeFollowUps();
  }
}

// What others wait for comes to them before anybody can see that it doesn't.
void Partition::TakeFollowUps() {
  while (data_->state().NextRequest() != 0 && !RoundIsFull()) {
    const uint64_t key = data_->state().NextRequest();
    FollowUp(key, core::Partition::Request(data_->state().requests.at(key)));
  }
}

// One a round, behind everybody else's work.
void Partition::TakeLongRequest() {
  if (data_->state().long_requests.empty() || RoundIsFull()) return;
  const uint64_t key = *data_->state().long_requests.begin();
  FollowUp(key, core::Partition::Request(data_->state().requests.at(key)));
  TakeFollowUps();
}

void Partition::FollowUp(uint64_t key,
                         const core::Partition::Request& request) {
  fb::CommandUnion again = request.command;
  if (refused_follow_up_.first == key) {
    core::WithoutWhatFollows(refused_follow_up_.second, &again);
  }
  absl::Status status =
      Execute(std::move(again), core::kActorEngine,
              core::TargetOf(request.command), request.position)
          .status();
  if (status.ok() || !failure_.ok()) return;
  ++counters_.rejections;
  if (changed_.has_value() && refused_follow_up_.first != key) {
    // Too large a record: decided again once the instance is read anew, without
    // what follows.
    refused_follow_up_ = {key, std::string(status.message())};
    return;
  }
  fb::CommandUnion command;
  command.Set(
      core::DropOf(key, request.command, std::string(status.message())));
  status = Execute(std::move(command), core::kActorEngine, InstanceKey(),
                   request.position)
               .status();
  if (!status.ok()) Fail(status);
}

void Partition::PullReadyJobs() {
  if (closing_ || changed_.has_value()) return;
  size_t room = kPullsPerRoundMax;
  // Names first: locking changes what is iterated.
  std::vector<std::pair<std::string, size_t>> free;
  for (const auto& [type, handler] : data_->state().handlers) {
    if (handler.registered && handler.in_flight < handler.capacity &&
        data_->work().MayHaveReady(type)) {
      free.emplace_back(type, handler.capacity - handler.in_flight);
    }
  }
  for (const auto& [type, places] : free) {
    absl::StatusOr<std::vector<WorkIndex::Ready>> ready =
        data_->work().TakeReady(type, std::min(room, places));
    if (!ready.ok()) return Fail(ready.status());
    room -= ready->size();
    for (const WorkIndex::Ready& job : *ready) {
      fb::LockJobT lock;
      lock.job = job.job.value();
      lock.owner = std::make_unique<fb::JobOwnerT>();
      lock.owner->epoch = data_->state().epoch;
      fb::CommandUnion command;
      command.Set(std::move(lock));
      if (!Execute(std::move(command), core::kActorEngine, job.instance).ok()) {
        ++counters_.rejections;
      }
    }
  }
}

void Partition::FinishRound(StepOutput* output) {
  if (!failure_.ok()) return;
  round_.last = data_->state().position;
  if (!records_.empty()) {
    output->first = round_.last + 1 - records_.size();
    output->records.swap(records_);
    ++counters_.rounds;
    counters_.records += output->records.size();
    syncing_.push_back(std::move(round_));
  } else if (!syncing_.empty()) {
    // Answers that were given from state that isn't durable yet.
    Round& last = syncing_.back();
    MoveAppend(&round_.replies, &last.replies);
    MoveAppend(&round_.calls, &last.calls);
    MoveAppend(&round_.cancelled, &last.cancelled);
    MoveAppend(&round_.observations, &last.observations);
  } else {
    syncing_.push_back(std::move(round_));
  }
  round_ = Round();
  records_.clear();
  record_bytes_ = 0;
}

// --- What goes out
// ---------------------------------------------------------------

void Partition::Release(StepOutput* output) {
  while (!syncing_.empty() && (syncing_.front().last <= durable_ ||
                               PAWL_PLANTED(effect_before_durable))) {
    Round& round = syncing_.front();
    MoveAppend(&round.replies, &output->replies);
    MoveAppend(&round.observations, &output->observations);
    if (!closing_) {
      calls_out_ += round.calls.size();
      MoveAppend(&round.calls, &output->calls);
    }
    for (const HandlerCallPtr& call : round.cancelled) {
      call->cancelled.store(true, std::memory_order_relaxed);
    }
    syncing_.pop_front();
  }
  for (size_t i = 0; i < checkpoint_running_.size();) {
    if (checkpoint_running_[i].first > checkpointed_) {
      ++i;
      continue;
    }
    Reply reply;
    reply.token = checkpoint_running_[i].second;
    output->replies.push_back(std::move(reply));
    checkpoint_running_.erase(checkpoint_running_.begin() +
                              static_cast<std::ptrdiff_t>(i));
  }
  if (!failure_.ok()) {
    MoveAppend(&round_.replies, &output->replies);
    output->drained = finishing_;
  }
}

bool Partition::HasWork() const {
  if (!opened_ || !old_jobs_.empty() || catching_up_ || !requests_.empty() ||
      !results_.empty() || changed_.has_value() ||
      !data_->state().requests.empty()) {
    return true;
  }
  if (closing_) {
    // Handlers that are still registered.
    return std::any_of(
        data_->state().handlers.begin(), data_->state().handlers.end(),
        [](const auto& entry) { return entry.second.registered; });
  }
  if (!due_.empty() || data_->work().next_due_ms() <= now_ms_) return true;
  for (const auto& [type, handler] : data_->state().handlers) {
    if (handler.registered && handler.in_flight < handler.capacity &&
        data_->work().MayHaveReady(type)) {
      return true;
    }
  }
  return false;
}

bool Partition::Idle() const {
  return syncing_.empty() && calls_out_ == 0 && !HasWork();
}

void Partition::AnswerIdle(StepOutput* output) {
  if (idle_watchers_.empty() || !Idle()) return;
  for (const uint64_t token : idle_watchers_) {
    Reply reply;
    reply.token = token;
    output->replies.push_back(std::move(reply));
  }
  idle_watchers_.clear();
}

void Partition::AskCheckpoint(StepOutput* output) {
  // A changed instance must not become a snapshot.
  if (!failure_.ok() || changed_.has_value()) return;
  if (finishing_ && !final_checkpoint_begun_) {
    // Last of all, so that the next opening has nothing to fold.
    if (!HasWork() && syncing_.empty() &&
        !data_->cache().checkpoint_running()) {
      final_checkpoint_begun_ = true;
      output->checkpoint = true;
    }
  } else if (finishing_) {
    output->drained = checkpointed_ >= final_checkpoint_ && syncing_.empty();
  } else if (opened_ && !closing_ && !data_->cache().checkpoint_running() &&
             (!checkpoint_wanted_.empty() || CheckpointDue())) {
    output->checkpoint = true;
  }
}

bool Partition::CheckpointDue() const {
  // Where the store's budget is below what an empty overlay takes, it always
  // wants one.
  return data_->cache().position() < data_->state().position &&
         data_->store().CheckpointDue(data_->partition());
}

void Partition::Checkpoint() {
  if (!failure_.ok()) return;
  const Position position = data_->state().position;
  if (absl::Status status = data_->Checkpoint(); !status.ok()) {
    return Fail(status);
  }
  for (const uint64_t token : checkpoint_wanted_) {
    checkpoint_running_.emplace_back(position, token);
  }
  checkpoint_wanted_.clear();
  if (final_checkpoint_begun_) final_checkpoint_ = position;
}

}  // namespace pawl
