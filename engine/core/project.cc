#include "engine/core/project.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/planted.h"
#include "engine/core/carry.h"
#include "flatbuffers/flatbuffers.h"

namespace pawl::core {
namespace {

// Big-endian, so that keys sort as numbers do.
std::array<char, 8> Big(uint64_t value) {
  std::array<char, 8> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>((value >> (56 - 8 * i)) & 0xff);
  }
  return bytes;
}

void AppendBig(uint64_t value, int bytes, std::string* out) {
  const std::array<char, 8> all = Big(value);
  const size_t size = static_cast<size_t>(bytes);
  out->append(all.data() + all.size() - size, size);
}

uint64_t ReadBig(std::string_view bytes) {
  uint64_t value = 0;
  for (char byte : bytes) value = (value << 8) | static_cast<uint8_t>(byte);
  return value;
}

std::string WithKey(std::string prefix, uint64_t key) {
  AppendBig(key, 8, &prefix);
  return prefix;
}

// Takes the event's changes down with the names of the indexes.
class Changes {
 public:
  Changes(InstanceKey instance, IndexSink* sink)
      : instance_(instance), sink_(sink) {}

  void PutState(fb::InstanceState state, uint64_t definition) {
    sink_->Put(Index::kInstance, EncodeU64(instance_.value()),
               EncodeInstanceValue({state, DefinitionKey(definition)}));
  }
  void Lead(Index index, uint64_t key) {
    sink_->Put(index, EncodeU64(key), EncodeU64(instance_.value()));
  }
  void Lead(Index index, std::string key) {
    sink_->Put(index, std::move(key), EncodeU64(instance_.value()));
  }
  void Drop(Index index, uint64_t key) { sink_->Delete(index, EncodeU64(key)); }
  void Drop(Index index, std::string key) {
    sink_->Delete(index, std::move(key));
  }
  void PutReady(const std::string& type, uint64_t job) {
    sink_->Put(Index::kJobReady, WithKey(JobReadyPrefix(type), job),
               EncodeU64(instance_.value()));
  }
  void DropReady(const std::string& type, uint64_t job) {
    sink_->Delete(Index::kJobReady, WithKey(JobReadyPrefix(type), job));
  }
  void PutDue(DueKind kind, int64_t due_ms, uint64_t key) {
    sink_->Put(Index::kDue, EncodeDue({due_ms, kind, key}),
               EncodeU64(instance_.value()));
  }
  void DropDue(DueKind kind, int64_t due_ms, uint64_t key) {
    sink_->Delete(Index::kDue, EncodeDue({due_ms, kind, key}));
  }
  void DropJobDue(int64_t due_ms, uint64_t key) {
    if (due_ms != 0) DropDue(DueKind::kJob, due_ms, key);
  }
  void PutBusinessKey(const std::string& business_key) {
    sink_->Put(Index::kBusinessKey,
               WithKey(BusinessKeyPrefix(business_key), instance_.value()),
               std::string());
  }
  // A message's subscription stands twice: by its key, and by its name alone.
  template <typename EventT>
  void PutSubscription(const EventT& e) {
    for (std::string& key : SubscriptionKeysOf(e)) {
      sink_->Put(Index::kSubscription, std::move(key),
                 EncodeU64(instance_.value()));
    }
  }
  template <typename EventT>
  void DropSubscription(const EventT& e) {
    for (std::string& key : SubscriptionKeysOf(e)) {
      sink_->Delete(Index::kSubscription, std::move(key));
    }
  }
  IndexSink* sink() { return sink_; }

 private:
  template <typename EventT>
  static std::vector<std::string> SubscriptionKeysOf(const EventT& e) {
    switch (e.kind) {
      case fb::SubscriptionKind::message:
        return {WithKey(e.any_key ? MessageAnyPrefix(e.name)
                                  : MessageKeyPrefix(e.name, e.correlation_key),
                        e.key),
                WithKey(MessageNamePrefix(e.name), e.key)};
      case fb::SubscriptionKind::signal:
        return {WithKey(SignalPrefix(e.name), e.key)};
      case fb::SubscriptionKind::conditional:
        break;
    }
    return {};
  }

  InstanceKey instance_;
  IndexSink* sink_;
};

void On(const fb::InstanceStartedT& e, Changes* out) {
  out->PutState(fb::InstanceState::active, e.definition);
  if (!e.business_key.empty()) out->PutBusinessKey(e.business_key);
  if (!e.idempotency_key.empty()) {
    out->sink()->Put(Index::kIdempotency, e.idempotency_key,
                     EncodeIdempotency(InstanceKey(e.key),
                                       DefinitionKey(e.definition), e.version));
  }
  if (!e.held_message.empty()) {
    out->Lead(Index::kSubscription, HeldEntry(e.held_message, e.held_key));
  }
}

void On(const fb::InstanceEndedT& e, Changes* out) {
  out->PutState(e.state, e.definition);
  if (!e.held_message.empty()) {
    out->Drop(Index::kSubscription, HeldEntry(e.held_message, e.held_key));
  }
}

void On(const fb::JobCreatedT& e, Changes* out) {
  out->Lead(Index::kJob, e.key);
  if (e.epoch == 0) out->PutReady(e.type, e.key);
}

void On(const fb::JobLockedT& e, Changes* out) {
  out->DropReady(e.type, e.key);
  if (e.lock_until_ms != 0) {
    out->PutDue(DueKind::kJob, e.lock_until_ms, e.key);
  }
}

void On(const fb::JobLockExtendedT& e, Changes* out) {
  out->DropJobDue(e.old_due_ms, e.key);
  out->PutDue(DueKind::kJob, e.lock_until_ms, e.key);
}

void On(const fb::JobUnlockedT& e, Changes* out) {
  out->DropJobDue(e.old_due_ms, e.key);
  out->PutReady(e.type, e.key);
}

void On(const fb::JobFailedT& e, Changes* out) {
  out->DropJobDue(e.old_due_ms, e.key);
  if (e.retries == 0) return;
  if (e.retry_at_ms != 0) {
    out->PutDue(DueKind::kJob, e.retry_at_ms, e.key);
  } else {
    out->PutReady(e.type, e.key);
  }
}

void On(const fb::JobRetryReachedT& e, Changes* out) {
  out->DropJobDue(e.old_due_ms, e.key);
  out->PutReady(e.type, e.key);
}

void On(const fb::JobCanceledT& e, Changes* out) {
  out->Drop(Index::kJob, e.key);
  if (e.was_ready) out->DropReady(e.type, e.key);
  out->DropJobDue(e.old_due_ms, e.key);
}

void On(const fb::JobPausedT& e, Changes* out) {
  if (e.was_ready) out->DropReady(e.type, e.key);
  out->DropJobDue(e.old_due_ms, e.key);
}

void On(const fb::JobUnpausedT& e, Changes* out) {
  if (e.due_ms != 0) {
    out->PutDue(DueKind::kJob, e.due_ms, e.key);
  } else {
    out->PutReady(e.type, e.key);
  }
}

template <typename EventT>
std::vector<std::string> BufferedKeysOf(const EventT& e) {
  return {WithKey(e.has_key ? BufferedKeyPrefix(e.name, e.correlation_key)
                            : BufferedNoKeyPrefix(e.name),
                  e.key),
          WithKey(BufferedNamePrefix(e.name), e.key)};
}

void On(const fb::MessageBufferedT& e, Changes* out) {
  out->sink()->Put(Index::kMessage, BufferedEntry(e.key), EncodeBuffered(e));
  for (std::string& key : BufferedKeysOf(e)) {
    out->sink()->Put(Index::kMessage, std::move(key), std::string());
  }
  out->PutDue(DueKind::kMessage, e.until_ms, e.key);
}

void On(const fb::MessageUnbufferedT& e, Changes* out) {
  out->Drop(Index::kMessage, BufferedEntry(e.key));
  for (std::string& key : BufferedKeysOf(e)) {
    out->Drop(Index::kMessage, std::move(key));
  }
  out->DropDue(DueKind::kMessage, e.until_ms, e.key);
}

void On(const fb::MessageIdKeptT& e, Changes* out) {
  out->sink()->Put(Index::kMessage, MessageIdEntry(e.name, e.message_id),
                   std::string());
  out->sink()->Put(Index::kMessage, MessageIdByKey(e.key), EncodeMessageId(e));
  out->PutDue(DueKind::kMessageId, e.until_ms, e.key);
}

void On(const fb::MessageIdForgottenT& e, Changes* out) {
  out->Drop(Index::kMessage, MessageIdEntry(e.name, e.message_id));
  out->Drop(Index::kMessage, MessageIdByKey(e.key));
  out->DropDue(DueKind::kMessageId, e.until_ms, e.key);
}

void On(const fb::InstancesArchivedT& e, Changes* out) {
  for (const auto& archived : e.instances) {
    out->Drop(Index::kInstance, archived->key);
    if (archived->business_key.empty()) continue;
    out->Drop(
        Index::kBusinessKey,
        WithKey(BusinessKeyPrefix(archived->business_key), archived->key));
  }
}

void On(const fb::EntriesCarriedForwardT& e, Changes* out) {
  for (const auto& kept : e.idempotency) {
    out->sink()->Put(
        Index::kIdempotency, kept->key,
        EncodeIdempotency(InstanceKey(kept->instance),
                          DefinitionKey(kept->definition), kept->version));
  }
  for (const std::string& key : e.forgotten) {
    out->Drop(Index::kIdempotency, key);
  }
  for (const auto& message : e.messages) On(*message, out);
  for (const auto& id : e.message_ids) On(*id, out);
}

}  // namespace

void ProjectState(const Instance& instance, IndexSink* sink) {
  Changes out(instance.key, sink);
  out.PutState(instance.state, instance.definition.value());
  if (!instance.business_key.empty()) out.PutBusinessKey(instance.business_key);
  if (instance.ended()) return;
  if (!instance.held_message.empty()) {
    out.Lead(Index::kSubscription,
             HeldEntry(instance.held_message, instance.held_key));
  }
  const bool runs = instance.state != fb::InstanceState::suspended;
  for (const auto& [key, job] : instance.jobs) {
    out.Lead(Index::kJob, key.value());
    if (!runs) continue;
    if (job.state == fb::JobState::ready) out.PutReady(job.type, key.value());
    if (job.due_ms != 0) out.PutDue(DueKind::kJob, job.due_ms, key.value());
  }
  for (const auto& [key, task] : instance.tasks) {
    out.Lead(Index::kTask, key.value());
  }
  for (const auto& [key, incident] : instance.incidents) {
    out.Lead(Index::kIncident, key.value());
  }
  if (!runs) return;
  for (const auto& [key, timer] : instance.timers) {
    out.PutDue(DueKind::kTimer, timer.due_ms, key.value());
  }
  for (const auto& [key, subscription] : instance.subscriptions) {
    fb::SubscriptionOpenedT opened;
    opened.key = key.value();
    opened.kind = subscription.kind;
    opened.name = subscription.name;
    opened.correlation_key = subscription.correlation_key;
    opened.any_key = subscription.any_key;
    out.PutSubscription(opened);
  }
}

void ProjectState(const Partition& partition, IndexSink* sink) {
  Changes out(InstanceKey(), sink);
  for (const auto& [key, timer] : partition.start_timers) {
    out.PutDue(DueKind::kStartTimer, timer.due_ms, key);
  }
}

void Project(const fb::EventUnion& event, InstanceKey instance,
             IndexSink* sink) {
  Changes out(instance, sink);
  switch (event.type) {
    case fb::Event::InstanceStarted:
      return On(*event.AsInstanceStarted(), &out);
    case fb::Event::InstanceSuspended:
      return out.PutState(fb::InstanceState::suspended,
                          event.AsInstanceSuspended()->definition);
    case fb::Event::InstanceResumed:
      return out.PutState(fb::InstanceState::active,
                          event.AsInstanceResumed()->definition);
    case fb::Event::InstanceEnded:
      return On(*event.AsInstanceEnded(), &out);
    case fb::Event::JobCreated:
      return On(*event.AsJobCreated(), &out);
    case fb::Event::JobLocked:
      return On(*event.AsJobLocked(), &out);
    case fb::Event::JobLockExtended:
      return On(*event.AsJobLockExtended(), &out);
    case fb::Event::JobUnlocked:
      return On(*event.AsJobUnlocked(), &out);
    case fb::Event::JobCompleted:
      out.Drop(Index::kJob, event.AsJobCompleted()->key);
      return out.DropJobDue(event.AsJobCompleted()->old_due_ms,
                            event.AsJobCompleted()->key);
    case fb::Event::JobFailed:
      return On(*event.AsJobFailed(), &out);
    case fb::Event::JobRetryReached:
      return On(*event.AsJobRetryReached(), &out);
    case fb::Event::JobRetriesSet:
      return out.PutReady(event.AsJobRetriesSet()->type,
                          event.AsJobRetriesSet()->key);
    case fb::Event::JobErrorThrown:
      return out.DropJobDue(event.AsJobErrorThrown()->old_due_ms,
                            event.AsJobErrorThrown()->key);
    case fb::Event::JobCanceled:
      return On(*event.AsJobCanceled(), &out);
    case fb::Event::JobPaused:
      return On(*event.AsJobPaused(), &out);
    case fb::Event::JobUnpaused:
      return On(*event.AsJobUnpaused(), &out);
    case fb::Event::TaskCreated:
      return out.Lead(Index::kTask, event.AsTaskCreated()->key);
    case fb::Event::TaskCompleted:
      return out.Drop(Index::kTask, event.AsTaskCompleted()->key);
    case fb::Event::TaskCanceled:
      return out.Drop(Index::kTask, event.AsTaskCanceled()->key);
    case fb::Event::TimerCreated:
      return out.PutDue(DueKind::kTimer, event.AsTimerCreated()->due_ms,
                        event.AsTimerCreated()->key);
    case fb::Event::TimerTriggered:
      out.DropDue(DueKind::kTimer, event.AsTimerTriggered()->due_ms,
                  event.AsTimerTriggered()->key);
      if (event.AsTimerTriggered()->next_due_ms == 0) return;
      return out.PutDue(DueKind::kTimer, event.AsTimerTriggered()->next_due_ms,
                        event.AsTimerTriggered()->key);
    case fb::Event::TimerCanceled:
      if (PAWL_PLANTED(index_change_dropped)) return;
      return out.DropDue(DueKind::kTimer, event.AsTimerCanceled()->due_ms,
                         event.AsTimerCanceled()->key);
    case fb::Event::TimerPaused:
      if (PAWL_PLANTED(suspended_timer_fires)) return;
      return out.DropDue(DueKind::kTimer, event.AsTimerPaused()->due_ms,
                         event.AsTimerPaused()->key);
    case fb::Event::TimerUnpaused:
      return out.PutDue(DueKind::kTimer, event.AsTimerUnpaused()->due_ms,
                        event.AsTimerUnpaused()->key);
    case fb::Event::IncidentRaised:
      return out.Lead(Index::kIncident, event.AsIncidentRaised()->key);
    case fb::Event::IncidentResolved:
      return out.Drop(Index::kIncident, event.AsIncidentResolved()->key);
    case fb::Event::SubscriptionOpened:
      return out.PutSubscription(*event.AsSubscriptionOpened());
    case fb::Event::SubscriptionTriggered:
      if (event.AsSubscriptionTriggered()->stays) return;
      return out.DropSubscription(*event.AsSubscriptionTriggered());
    case fb::Event::SubscriptionClosed:
      return out.DropSubscription(*event.AsSubscriptionClosed());
    case fb::Event::SubscriptionPaused:
      return out.DropSubscription(*event.AsSubscriptionPaused());
    case fb::Event::SubscriptionUnpaused:
      return out.PutSubscription(*event.AsSubscriptionUnpaused());
    case fb::Event::MessageBuffered:
      return On(*event.AsMessageBuffered(), &out);
    case fb::Event::MessageUnbuffered:
      return On(*event.AsMessageUnbuffered(), &out);
    case fb::Event::MessageIdKept:
      return On(*event.AsMessageIdKept(), &out);
    case fb::Event::MessageIdForgotten:
      return On(*event.AsMessageIdForgotten(), &out);
    case fb::Event::StartTimerCreated:
      return out.PutDue(DueKind::kStartTimer,
                        event.AsStartTimerCreated()->due_ms,
                        event.AsStartTimerCreated()->key);
    case fb::Event::StartTimerTriggered: {
      const auto& e = *event.AsStartTimerTriggered();
      out.DropDue(DueKind::kStartTimer, e.due_ms, e.key);
      if (e.next_due_ms == 0) return;
      return out.PutDue(DueKind::kStartTimer, e.next_due_ms, e.key);
    }
    case fb::Event::StartTimerCanceled:
      return out.DropDue(DueKind::kStartTimer,
                         event.AsStartTimerCanceled()->due_ms,
                         event.AsStartTimerCanceled()->key);
    case fb::Event::InstancesArchived:
      return On(*event.AsInstancesArchived(), &out);
    case fb::Event::EntriesCarriedForward:
      return On(*event.AsEntriesCarriedForward(), &out);
    case fb::Event::TrimBegun:
      if (const auto state = StateIn(*event.AsTrimBegun()); state.ok()) {
        ProjectState(*state, sink);
      }
      return;
    case fb::Event::CarriedForward:
      if (const auto state = StateIn(*event.AsCarriedForward()); state.ok()) {
        ProjectState(*state, sink);
      }
      return;
    case fb::Event::NONE:
    case fb::Event::PartitionOpened:
    case fb::Event::HandlerRegistered:
    case fb::Event::HandlerUnregistered:
    case fb::Event::ResourceDeployed:
    case fb::Event::DefinitionDeployed:
    case fb::Event::ElementActivating:
    case fb::Event::ElementActivated:
    case fb::Event::ElementCompleting:
    case fb::Event::ElementCompleted:
    case fb::Event::ElementTerminating:
    case fb::Event::ElementTerminated:
    case fb::Event::FlowTaken:
    case fb::Event::GatewayReset:
    case fb::Event::VariablesWritten:
    case fb::Event::ElementStepDone:
    case fb::Event::TaskAssigned:
    case fb::Event::TaskDelegated:
    case fb::Event::TaskResolved:
    case fb::Event::TaskChanged:
    case fb::Event::TaskListening:
    case fb::Event::TaskListenerDone:
    case fb::Event::ConditionChanged:
    case fb::Event::EscalationThrown:
    case fb::Event::ScopeInterrupted:
    case fb::Event::ProcessCalled:
    case fb::Event::CallReturned:
    case fb::Event::CallFailed:
    case fb::Event::LoopStarted:
    case fb::Event::LoopRunDone:
    case fb::Event::CompensationRecorded:
    case fb::Event::CompensationTriggered:
    case fb::Event::CompensationFailed:
    case fb::Event::CompensationEnded:
    case fb::Event::SagaTriggered:
    case fb::Event::AdHocActivated:
    case fb::Event::AdHocFulfilled:
    case fb::Event::EventPartReceived:
    case fb::Event::StartSubscriptionOpened:
    case fb::Event::StartSubscriptionClosed:
    case fb::Event::Requested:
    case fb::Event::RequestTaken:
    case fb::Event::DefinitionsCarriedForward:
    case fb::Event::LogTrimmed:
    case fb::Event::HoldSet:
    case fb::Event::HoldReleased:
      return;
  }
}

// --- Encodings ---------------------------------------------------------------

std::string EncodeU64(uint64_t value) {
  const std::array<char, 8> bytes = Big(value);
  return std::string(bytes.data(), bytes.size());
}

std::optional<uint64_t> DecodeU64(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return ReadBig(bytes);
}

std::string EncodeInstanceValue(const InstanceIndexValue& value) {
  std::string out(1, static_cast<char>(value.state));
  AppendBig(value.definition.value(), 8, &out);
  return out;
}

std::optional<InstanceIndexValue> DecodeInstanceValue(std::string_view bytes) {
  if (bytes.size() != 9) return std::nullopt;
  const auto state = static_cast<fb::InstanceState>(bytes[0]);
  if (state > fb::InstanceState::MAX) return std::nullopt;
  return InstanceIndexValue{state, DefinitionKey(ReadBig(bytes.substr(1)))};
}

std::string BusinessKeyPrefix(std::string_view business_key) {
  std::string out(business_key);
  out.push_back('\0');
  return out;
}

std::string JobReadyPrefix(std::string_view type) {
  return BusinessKeyPrefix(type);
}

std::optional<uint64_t> DecodeLastU64(std::string_view key) {
  if (key.size() < 8) return std::nullopt;
  return ReadBig(key.substr(key.size() - 8));
}

namespace {

// Which entries of an index it is, and then texts, each with a zero byte behind
// it.
std::string Prefix(char which, std::string_view text) {
  std::string out(1, which);
  out.append(text);
  out.push_back('\0');
  return out;
}

std::string Prefix(char which, std::string_view first,
                   std::string_view second) {
  std::string out = Prefix(which, first);
  out.append(second);
  out.push_back('\0');
  return out;
}

template <typename Table>
std::string EncodeTable(const typename Table::NativeTableType& object) {
  flatbuffers::FlatBufferBuilder builder(256);
  builder.Finish(Table::Pack(builder, &object));
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                     builder.GetSize());
}

template <typename Table>
std::unique_ptr<typename Table::NativeTableType> DecodeTable(
    std::string_view bytes) {
  // FlatBuffers wants its bytes aligned, and an index doesn't align.
  std::vector<uint64_t> aligned((bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(aligned.data(), bytes.data(), bytes.size());
  const auto* data = reinterpret_cast<const uint8_t*>(aligned.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!verifier.VerifyBuffer<Table>(nullptr)) return nullptr;
  return std::unique_ptr<typename Table::NativeTableType>(
      flatbuffers::GetRoot<Table>(data)->UnPack());
}

}  // namespace

std::string MessageKeyPrefix(std::string_view name, std::string_view key) {
  return Prefix('k', name, key);
}
std::string MessageAnyPrefix(std::string_view name) {
  return Prefix('a', name);
}
std::string MessageNamePrefix(std::string_view name) {
  return Prefix('m', name);
}
std::string SignalPrefix(std::string_view name) { return Prefix('s', name); }
std::string HeldEntry(std::string_view name, std::string_view key) {
  return Prefix('h', name, key);
}

std::string BufferedKeyPrefix(std::string_view name, std::string_view key) {
  return Prefix('k', name, key);
}
std::string BufferedNoKeyPrefix(std::string_view name) {
  return Prefix('n', name);
}
std::string BufferedNamePrefix(std::string_view name) {
  return Prefix('m', name);
}
std::string BufferedEntry(uint64_t message) {
  return WithKey(std::string(1, '#'), message);
}
std::string MessageIdEntry(std::string_view name, std::string_view id) {
  return Prefix('i', name, id);
}
std::string MessageIdByKey(uint64_t key) {
  return WithKey(std::string(1, '$'), key);
}

std::string EncodeBuffered(const fb::MessageBufferedT& message) {
  return EncodeTable<fb::MessageBuffered>(message);
}
std::unique_ptr<fb::MessageBufferedT> DecodeBuffered(std::string_view bytes) {
  return DecodeTable<fb::MessageBuffered>(bytes);
}
std::string EncodeMessageId(const fb::MessageIdKeptT& id) {
  return EncodeTable<fb::MessageIdKept>(id);
}
std::unique_ptr<fb::MessageIdKeptT> DecodeMessageId(std::string_view bytes) {
  return DecodeTable<fb::MessageIdKept>(bytes);
}

// Due times before 1970 sort first: the sign bit is flipped.
std::string EncodeDue(const DueKey& due) {
  std::string out;
  AppendBig(static_cast<uint64_t>(due.due_ms) ^ (uint64_t{1} << 63), 8, &out);
  out.push_back(static_cast<char>(due.kind));
  AppendBig(due.key, 8, &out);
  return out;
}

std::optional<DueKey> DecodeDue(std::string_view bytes) {
  if (bytes.size() != 17) return std::nullopt;
  const auto kind = static_cast<DueKind>(bytes[8]);
  if (kind < DueKind::kTimer || kind > DueKind::kStartTimer)
    return std::nullopt;
  const uint64_t due = ReadBig(bytes.substr(0, 8)) ^ (uint64_t{1} << 63);
  return DueKey{static_cast<int64_t>(due), kind, ReadBig(bytes.substr(9))};
}

std::string EncodeIdempotency(InstanceKey instance, DefinitionKey definition,
                              uint32_t version) {
  std::string out;
  AppendBig(instance.value(), 8, &out);
  AppendBig(definition.value(), 8, &out);
  AppendBig(version, 4, &out);
  return out;
}

std::optional<IdempotencyValue> DecodeIdempotency(std::string_view bytes) {
  if (bytes.size() != 20) return std::nullopt;
  return IdempotencyValue{InstanceKey(ReadBig(bytes.substr(0, 8))),
                          DefinitionKey(ReadBig(bytes.substr(8, 8))),
                          static_cast<uint32_t>(ReadBig(bytes.substr(16)))};
}

}  // namespace pawl::core
