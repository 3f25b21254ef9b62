#include "replay/log_fold.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "engine/core/carry.h"
#include "engine/core/codec.h"
#include "eventstore/event_store.h"

namespace pawl::replay {
namespace {

absl::Status At(PartitionId partition, Position position,
                const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrCat("record ", eventstore::LogPlace(partition, position), ": ",
                   status.message()));
}

// Whether it holds an instance's whole state.
bool Carries(const fb::RecordT& record) {
  return !record.events.empty() &&
         record.events.front().type == fb::Event::CarriedForward;
}

}  // namespace

bool LogFold::BeginsHere(const fb::RecordT& record) const {
  return partition_.position == 0 && !record.events.empty() &&
         core::BeginsLog(record.events.front());
}

absl::Status LogFold::CheckHeader(const fb::RecordT& record) const {
  if (record.partition != partition_id_) {
    return absl::DataLossError(absl::StrCat("got a record of partition ",
                                            record.partition, ", wanted ",
                                            partition_id_));
  }
  if (record.position != partition_.position + 1 && !BeginsHere(record)) {
    return absl::DataLossError(absl::StrCat("got a record of position ",
                                            record.position, ", wanted ",
                                            partition_.position + 1));
  }
  if (record.time_ms < partition_.time_ms) {
    return absl::DataLossError(
        absl::StrCat("got time ", record.time_ms, ", wanted at least ",
                     partition_.time_ms, ", the time of the record before"));
  }
  return absl::OkStatus();
}

absl::Status LogFold::CheckSequences(const fb::RecordT& record,
                                     bool before) const {
  for (const auto& touched : record.touched) {
    const InstanceKey key(touched->instance);
    const core::Instance* instance = Running(key);
    // In a trimmed log an instance begins so.
    if (before && instance == nullptr && Carries(record)) continue;
    const uint64_t got = instance == nullptr ? 0 : instance->sequence;
    const uint64_t wanted =
        uint64_t{touched->first_sequence} - 1 + (before ? 0 : touched->count);
    if (got != wanted) {
      return absl::DataLossError(absl::StrCat(
          "instance ", key.value(), before ? " before it" : " after it",
          ": got sequence ", got, ", wanted ", wanted));
    }
  }
  return absl::OkStatus();
}

absl::Status LogFold::CheckTrim(const fb::RecordT& record) const {
  for (const fb::EventUnion& event : record.events) {
    const auto* trimmed = event.AsLogTrimmed();
    if (trimmed == nullptr || trimmed->digest == Digest()) continue;
    return absl::DataLossError(absl::StrCat("LogTrimmed: got digest ", Digest(),
                                            " before it, wanted ",
                                            trimmed->digest));
  }
  return absl::OkStatus();
}

absl::Status LogFold::Archive(const fb::InstancesArchivedT& event) {
  for (const auto& archived : event.instances) {
    const auto it = ended_.find(InstanceKey(archived->key));
    if (it == ended_.end()) {
      // In a trimmed log it may be that it wasn't carried forward.
      if (!running_.contains(InstanceKey(archived->key))) continue;
      return absl::DataLossError(absl::StrCat("instance ", archived->key,
                                              " was archived while it runs"));
    }
    ended_sum_.Remove(it->first, it->second);
    ended_.erase(it);
  }
  return absl::OkStatus();
}

absl::Status LogFold::AddEvent(const fb::RecordT& record, size_t index) {
  const fb::EventUnion& event = record.events[index];
  const InstanceKey key = core::InstanceOf(record, index);
  PAWL_RETURN_IF_ERROR(core::Apply(&partition_, event, key, record.position));
  if (const auto* archived = event.AsInstancesArchived()) {
    return Archive(*archived);
  }
  if (!key.valid()) {
    return core::IsPartitionEvent(event.type)
               ? absl::OkStatus()
               : absl::DataLossError(
                     absl::StrCat("event ", index, " names no instance"));
  }
  std::unique_ptr<core::Instance>& instance = running_[key];
  if (instance == nullptr && event.type == fb::Event::CarriedForward) {
    PAWL_ASSIGN_OR_RETURN(core::Instance carried,
                          core::StateIn(*event.AsCarriedForward()));
    if (const auto it = ended_.find(key); it != ended_.end()) {
      if (it->second != core::Digest(carried)) {
        running_.erase(key);
        return absl::DataLossError(
            absl::StrCat("event ", index, " carries another state of instance ",
                         key.value(), " forward than that of its end"));
      }
      ended_sum_.Remove(key, it->second);
      ended_.erase(it);
    }
    instance = std::make_unique<core::Instance>(std::move(carried));
  }
  if (instance == nullptr) {
    if (ended_.contains(key)) {
      running_.erase(key);
      return absl::DataLossError(absl::StrCat("event ", index, " of instance ",
                                              key.value(),
                                              " comes after its end"));
    }
    instance = std::make_unique<core::Instance>();
  }
  PAWL_RETURN_IF_ERROR(core::Apply(instance.get(), event, record.time_ms));
  if (instance->key != key) {
    return absl::DataLossError(absl::StrCat("event ", index, ": got instance ",
                                            instance->key.value(), ", wanted ",
                                            key.value()));
  }
  return absl::OkStatus();
}

absl::Status LogFold::Add(const fb::RecordT& record) {
  // Where it stands in the log, whatever it says of itself.
  const Position place =
      BeginsHere(record) ? record.position : partition_.position + 1;
  const auto fold = [&]() -> absl::Status {
    PAWL_RETURN_IF_ERROR(CheckHeader(record));
    PAWL_RETURN_IF_ERROR(CheckSequences(record, /*before=*/true));
    // Says what the state is before it.
    PAWL_RETURN_IF_ERROR(CheckTrim(record));
    PAWL_RETURN_IF_ERROR(core::ApplyHeader(&partition_, record.position,
                                           record.time_ms, BeginsHere(record)));
    for (size_t i = 0; i < record.events.size(); ++i) {
      PAWL_RETURN_IF_ERROR(AddEvent(record, i));
    }
    return CheckSequences(record, /*before=*/false);
  };
  if (absl::Status status = fold(); !status.ok()) {
    return At(partition_id_, place, status);
  }
  for (const auto& touched : record.touched) {
    const auto it = running_.find(InstanceKey(touched->instance));
    if (it == running_.end() || !it->second->ended()) continue;
    ended_sum_.Add(*it->second);
    ended_[it->first] = core::Digest(*it->second);
    running_.erase(it);
  }
  ++records_;
  events_ += record.events.size();
  return absl::OkStatus();
}

absl::Status LogFold::AddBytes(std::string_view bytes) {
  const auto record = core::DecodeRecord(bytes);
  if (!record.ok()) {
    return At(partition_id_, partition_.position + 1, record.status());
  }
  return Add(**record);
}

const core::Instance* LogFold::Running(InstanceKey key) const {
  const auto it = running_.find(key);
  return it == running_.end() ? nullptr : it->second.get();
}

uint64_t LogFold::DigestOf(InstanceKey key) const {
  if (const core::Instance* instance = Running(key)) {
    return core::Digest(*instance);
  }
  const auto it = ended_.find(key);
  return it == ended_.end() ? 0 : it->second;
}

std::string LogFold::Digest() const {
  core::DigestSum sum = ended_sum_;
  // A sum: the order doesn't matter.
  for (const auto& [key, instance] : running_) sum.Add(*instance);
  return sum.Finish(partition_);
}

}  // namespace pawl::replay
