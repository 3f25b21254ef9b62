#include "engine/core/project.h"

#include <utility>

#include "base/planted.h"

namespace pawl::core {
namespace {

void AppendBig(uint64_t value, int bytes, std::string* out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>((value >> shift) & 0xff));
  }
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
  void Drop(Index index, uint64_t key) { sink_->Delete(index, EncodeU64(key)); }
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
  IndexSink* sink() { return sink_; }

 private:
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

}  // namespace

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
      return out.PutState(event.AsInstanceEnded()->state,
                          event.AsInstanceEnded()->definition);
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
      return out.DropDue(DueKind::kTimer, event.AsTimerTriggered()->due_ms,
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
    case fb::Event::VariablesWritten:
    case fb::Event::ElementStepDone:
    case fb::Event::TaskAssigned:
      return;
  }
}

// --- Encodings ---------------------------------------------------------------

std::string EncodeU64(uint64_t value) {
  std::string out;
  AppendBig(value, 8, &out);
  return out;
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
  if (kind != DueKind::kTimer && kind != DueKind::kJob) return std::nullopt;
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
