#include "tests/crash/log_facts.h"

#include <limits>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_event_store.h"

namespace pawl::crash {
namespace {

// What an event names; 0: its instance.
uint64_t KeyOf(const fb::EventUnion& event) {
  switch (event.type) {
    case fb::Event::DefinitionDeployed:
      return event.AsDefinitionDeployed()->key;
    case fb::Event::JobCompleted:
      return event.AsJobCompleted()->key;
    case fb::Event::JobFailed:
      return event.AsJobFailed()->key;
    case fb::Event::JobErrorThrown:
      return event.AsJobErrorThrown()->key;
    case fb::Event::JobLocked:
      return event.AsJobLocked()->key;
    case fb::Event::TaskAssigned:
      return event.AsTaskAssigned()->key;
    case fb::Event::TaskCompleted:
      return event.AsTaskCompleted()->key;
    case fb::Event::IncidentResolved:
      return event.AsIncidentResolved()->key;
    default:
      return 0;
  }
}

}  // namespace

absl::Status LogFacts::ReadNew(const std::string& directory) {
  eventstore::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  PAWL_ASSIGN_OR_RETURN(auto store,
                        eventstore::OpenRocksDbEventStore(options, nullptr));
  return ReadNew(*store);
}

absl::Status LogFacts::ReadNew(const eventstore::EventStore& store) {
  absl::Status folded;
  PAWL_RETURN_IF_ERROR(
      store.Read(0, end() + 1, std::numeric_limits<Position>::max(),
                 [&](Position position, std::string_view bytes) {
                   for (unsigned char c : bytes)
                     hash_ = hash_ * 1099511628211u + c;
                   auto record = core::DecodeRecord(bytes);
                   folded = !record.ok() ? record.status()
                            : (*record)->position != position
                                ? absl::DataLossError(absl::StrCat(
                                      "record 0:", position, " is another's"))
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
    if (!key.valid()) {
      ++counts_[{event.type, KeyOf(event)}];
      continue;
    }
    PAWL_RETURN_IF_ERROR(core::Apply(&instances_[key], event, record.time_ms));
    Note(event, key);
  }
  return absl::OkStatus();
}

void LogFacts::Note(const fb::EventUnion& event, InstanceKey instance) {
  const uint64_t key = KeyOf(event);
  ++counts_[{event.type, key != 0 ? key : instance.value()}];
  switch (event.type) {
    case fb::Event::VariablesWritten: {
      const auto* e = event.AsVariablesWritten();
      if (e->scope != instance.value()) break;
      for (const auto& variable : e->variables) {
        variables_[{instance, variable->name}] = variable->json;
      }
      break;
    }
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

int LogFacts::count(fb::Event type, uint64_t key) const {
  auto it = counts_.find({type, key});
  return it == counts_.end() ? 0 : it->second;
}

std::vector<std::string> LogFacts::Contradictions() const {
  std::vector<std::string> wrong;
  for (const auto& [key, instance] : instances_) {
    const auto value = [this, k = key](const char* name) -> std::string_view {
      const auto it = variables_.find({k, name});
      return it == variables_.end() ? std::string_view() : it->second;
    };
    if (value("p") != value("q") || value("x") != value("y")) {
      wrong.push_back(absl::StrCat("half done: instance ", key.value()));
    }
    // Whoever isn't at the end waits for something.
    if (!instance.ended() && instance.jobs.empty() && instance.tasks.empty() &&
        instance.timers.empty() && instance.incidents.empty()) {
      wrong.push_back(
          absl::StrCat("waits for nothing: instance ", key.value()));
    }
  }
  return wrong;
}

std::string LogFacts::Digest() const {
  core::DigestSum sum;
  for (const auto& [key, instance] : instances_) sum.Add(instance);
  return sum.Finish(partition_);
}

}  // namespace pawl::crash
