#include "tests/crash/log_facts.h"

#include <limits>
#include <memory>
#include <string_view>

#include "base/status_macros.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_event_store.h"

namespace pawl::crash {

absl::Status LogFacts::ReadNew(const std::string& directory) {
  eventstore::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  PAWL_ASSIGN_OR_RETURN(auto store,
                        eventstore::OpenRocksDbEventStore(options, nullptr));
  absl::Status folded;
  PAWL_RETURN_IF_ERROR(store->Read(
      0, end() + 1, std::numeric_limits<Position>::max(),
      [&](Position position, std::string_view bytes) {
        for (unsigned char c : bytes) hash_ = hash_ * 1099511628211u + c;
        auto record = core::DecodeRecord(bytes);
        folded = !record.ok() ? record.status()
                 : (*record)->position != position
                     ? absl::DataLossError("a record in another's place")
                     : Fold(**record);
        return folded.ok();
      }));
  return folded;
}

absl::Status LogFacts::Fold(const fb::RecordT& record) {
  PAWL_RETURN_IF_ERROR(
      core::ApplyHeader(&partition_, record.position, record.time_ms));
  for (size_t i = 0; i < record.events.size(); ++i) {
    const fb::EventUnion& event = record.events[i];
    InstanceKey key = core::InstanceOf(record, i);
    PAWL_RETURN_IF_ERROR(core::Apply(&partition_, event, key, record.position));
    if (!key.valid()) continue;
    PAWL_RETURN_IF_ERROR(core::Apply(&instances_[key], event, record.time_ms));
    Note(event, key);
  }
  return absl::OkStatus();
}

void LogFacts::Note(const fb::EventUnion& event, InstanceKey instance) {
  switch (event.type) {
    case fb::Event::ElementActivating: {
      const auto* e = event.AsElementActivating();
      element_of_[e->key] = {instance, e->element};
      break;
    }
    case fb::Event::ElementCompleted: {
      uint64_t key = event.AsElementCompleted()->key;
      elements_.insert(key);
      if (key != instance.value()) ++completions_[element_of_[key]];
      break;
    }
    case fb::Event::TaskCompleted:
      tasks_.insert(event.AsTaskCompleted()->key);
      break;
    case fb::Event::JobCompleted:
      jobs_.insert(event.AsJobCompleted()->key);
      break;
    case fb::Event::JobCreated:
      // In a handler's hands from the first moment.
      if (event.AsJobCreated()->epoch != 0) {
        attempts_[event.AsJobCreated()->key] = 1;
      }
      break;
    case fb::Event::JobLocked:
      attempts_[event.AsJobLocked()->key] =
          static_cast<int>(event.AsJobLocked()->attempt);
      break;
    default:
      break;
  }
}

int LogFacts::attempt(uint64_t job) const {
  auto it = attempts_.find(job);
  return it == attempts_.end() ? 0 : it->second;
}

std::string LogFacts::Digest() const {
  core::DigestSum sum;
  for (const auto& [key, instance] : instances_) sum.Add(instance);
  return sum.Finish(partition_);
}

}  // namespace pawl::crash
