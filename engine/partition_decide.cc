// Decisions of a partition: one command, its record, its effects.
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/convert.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/partition.h"
#include "engine/partition_facts.h"

namespace pawl {

absl::StatusOr<core::Answer> Partition::Execute(fb::CommandUnion command,
                                                std::string actor,
                                                InstanceKey key,
                                                Position caused_by) {
  PAWL_RETURN_IF_ERROR(failure_);
  PartitionData::Entry* entry = nullptr;
  std::unique_ptr<PartitionData::Entry> fresh;
  if (command.type == fb::Command::StartInstance) {
    fresh = std::make_unique<PartitionData::Entry>();
    entry = fresh.get();
  } else if (!core::IsPartitionCommand(command.type)) {
    absl::StatusOr<PartitionData::Entry*> loaded = data_->Load(key);
    if (!loaded.ok()) {
      // Work goes on from a sound log or not at all. Also after an IO error
      // that may pass: a timer or job that was due would be forgotten.
      if (!absl::IsNotFound(loaded.status())) Fail(loaded.status());
      return loaded.status();
    }
    entry = *loaded;
  }
  core::Instance* const instance =
      entry == nullptr ? nullptr : &entry->instance;
  const uint32_t sequence_before = instance == nullptr ? 0 : instance->sequence;
  ElementMap elements_before;
  if (observed_ && instance != nullptr) elements_before = instance->elements;

  core::RecordingLookups lookups(facts_.get());
  core::Decision decision = core::Decide(command, instance, now_ms_, &lookups);
  if (absl::Status wrong = facts_->TakeError(); !wrong.ok()) {
    Fail(wrong);
    return failure_;
  }
  PAWL_RETURN_IF_ERROR(decision.status);
  if (decision.events.empty()) return std::move(decision.answer);

  const std::unique_ptr<fb::RecordT> record = core::MakeRecord(
      data_->partition(), data_->state().position + 1, now_ms_,
      std::move(actor), caused_by, std::move(command), lookups.TakeFacts(),
      instance == nullptr ? InstanceKey() : instance->key, sequence_before,
      &decision);
  std::string bytes = encoder_.Encode(*record);
  if (bytes.size() > options_.record_bytes_max) {
    const absl::Status too_large = absl::ResourceExhaustedError(
        absl::StrCat("record of ", fb::EnumNameCommand(record->command.type),
                     ": got ", bytes.size(), " bytes, wanted at most ",
                     options_.record_bytes_max, " (kRecordBytesMax)"));
    if (instance != nullptr && fresh == nullptr) {
      changed_ = {instance->key, data_->state().position};
    }
    return too_large;
  }
  if (fresh != nullptr) entry = data_->Adopt(std::move(fresh));
  data_->FoldDecided(*record, bytes);
  if (instance != nullptr) {
    KeepEffects(*record, entry);
    if (observed_) {
      auto model = data_->Model(instance->definition);
      if (model.ok()) {
        AppendObservations(*record, elements_before, *instance, **model,
                           &round_.observations);
      }
    }
  }
  record_bytes_ += bytes.size();
  records_.push_back(std::move(bytes));
  return std::move(decision.answer);
}

void Partition::KeepEffects(const fb::RecordT& record,
                            PartitionData::Entry* entry) {
  const core::Instance& instance = entry->instance;
  bool news = false;
  for (const fb::EventUnion& event : record.events) {
    switch (event.type) {
      case fb::Event::JobCreated:
        KeepCall(instance, event.AsJobCreated()->key,
                 event.AsJobCreated()->epoch);
        break;
      case fb::Event::JobLocked:
        KeepCall(instance, event.AsJobLocked()->key,
                 event.AsJobLocked()->epoch);
        break;
      case fb::Event::JobCanceled:
        CancelCall(event.AsJobCanceled()->key);
        break;
      case fb::Event::JobPaused:
        CancelCall(event.AsJobPaused()->key);
        break;
      case fb::Event::JobUnlocked:
        CancelCall(event.AsJobUnlocked()->key);
        break;
      case fb::Event::InstanceEnded:
      case fb::Event::IncidentRaised:
        news = true;
        break;
      default:
        break;
    }
  }
  if (news && !end_watchers_.empty()) AnswerWatchers(instance);
}

// The job is in this engine's handler's hands from this record on.
void Partition::KeepCall(const core::Instance& instance, uint64_t job,
                         uint32_t epoch) {
  if (epoch == 0 || epoch != data_->state().epoch) return;
  const auto it = instance.jobs.find(JobKey(job));
  // It came and went within the record.
  if (it == instance.jobs.end() || it->second.epoch != epoch) return;
  auto model = data_->Model(instance.definition);
  // Decide has just used it.
  if (!model.ok()) return Fail(model.status());
  HandlerCallPtr call =
      MakeHandlerCall(instance, it->second, *std::move(model));
  calls_[call->job] = call;
  round_.calls.push_back(std::move(call));
}

void Partition::CancelCall(uint64_t job) {
  const auto it = calls_.find(JobKey(job));
  if (it == calls_.end()) return;
  round_.cancelled.push_back(std::move(it->second));
  calls_.erase(it);
}

Reply Partition::EndReply(const core::Instance& instance) {
  Reply reply;
  if (!instance.ended()) {
    auto model = data_->Model(instance.definition);
    reply.status = absl::FailedPreconditionError(
        absl::StrCat("instance ", instance.key.value(), ": ",
                     IncidentText(instance.incidents.begin()->second,
                                  model.ok() ? model->get() : nullptr)));
    return reply;
  }
  reply.end_state = instance.state;
  const auto root = instance.scopes.find(instance.root());
  if (root != instance.scopes.end()) {
    for (const auto& [name, json] : root->second.variables) {
      reply.variables.emplace_back(name, json);
    }
  }
  return reply;
}

void Partition::AnswerWatchers(const core::Instance& instance) {
  const auto it = end_watchers_.find(instance.key);
  if (it == end_watchers_.end()) return;
  if (!instance.ended() && instance.incidents.empty()) return;
  const Reply reply = EndReply(instance);
  for (const uint64_t token : it->second) {
    round_.replies.push_back(reply);
    round_.replies.back().token = token;
    watched_.erase(token);
  }
  end_watchers_.erase(it);
}

// Nobody can know what reached the disk: everyone who waits hears so, and
// nothing is decided any more.
void Partition::Fail(const absl::Status& status) {
  if (!failure_.ok()) return;
  failure_ = absl::UnavailableError(absl::StrCat(
      "the store has failed, the outcome of what was under way is unknown; "
      "open it again and ask with the idempotency key (",
      status.ToString(), ")"));
  // Rejections too were decided from what may not be there.
  for (Round& round : syncing_) {
    for (Reply& reply : round.replies) Refuse(reply.token, failure_);
  }
  syncing_.clear();
  std::vector<Reply> undone = std::move(round_.replies);
  round_.replies.clear();
  for (Reply& reply : undone) Refuse(reply.token, failure_);
  // Before the first round: who opens the engine waits for its answer.
  if (!opened_) Refuse(options_.open_token, failure_);
  opened_ = true;
  RefuseAll(failure_);
  results_.clear();
  records_.clear();
  for (const auto& [position, token] : checkpoint_running_) {
    Refuse(token, failure_);
  }
  checkpoint_running_.clear();
  round_.calls.clear();
  round_.cancelled.clear();
  round_.observations.clear();
  CancelCalls();
}

void Partition::CancelCalls() {
  for (const auto& [job, call] : calls_) {
    call->cancelled.store(true, std::memory_order_relaxed);
  }
}

void Partition::RefuseAll(const absl::Status& status) {
  for (const Request& request : requests_) Refuse(request.token, status);
  requests_.clear();
  for (const auto& [token, instance] : watched_) Refuse(token, status);
  watched_.clear();
  end_watchers_.clear();
  for (const uint64_t token : idle_watchers_) Refuse(token, status);
  idle_watchers_.clear();
  for (const uint64_t token : checkpoint_wanted_) Refuse(token, status);
  checkpoint_wanted_.clear();
}

}  // namespace pawl
