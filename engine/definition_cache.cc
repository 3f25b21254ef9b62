#include "engine/definition_cache.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/record_view.h"

namespace pawl {
namespace {

// A compiled model in memory against its bytes in the log; measured on the
// models of examples/.
constexpr size_t kBytesPerStoredByte = 4;

absl::Status Missing(const char* what, uint64_t key, Position position) {
  return absl::DataLossError(absl::StrCat("record ", position, ": no ", what,
                                          " ", key, ", which it should hold"));
}

}  // namespace

void DefinitionCache::Add(const core::Partition::Definition& definition) {
  known_[definition.key] = {definition.resource, definition.position};
}

void DefinitionCache::Clear() {
  known_.clear();
  models_.clear();
  bytes_ = 0;
}

absl::StatusOr<DefinitionCache::Known> DefinitionCache::Find(
    DefinitionKey key) const {
  const auto it = known_.find(key);
  if (it == known_.end()) {
    return absl::NotFoundError(
        absl::StrCat("definition ", key.value(), ": no such definition"));
  }
  return it->second;
}

absl::StatusOr<std::shared_ptr<const model::ProcessDefinition>>
DefinitionCache::Model(DefinitionKey key) {
  if (const auto it = models_.find(key); it != models_.end()) {
    it->second.used = ++uses_;
    return it->second.model;
  }
  PAWL_ASSIGN_OR_RETURN(const Known known, Find(key));
  PAWL_ASSIGN_OR_RETURN(const std::string bytes, read_(known.position));
  PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
  for (size_t i = 0; i < record.event_count(); ++i) {
    if (record.type(i) != fb::Event::DefinitionDeployed) continue;
    fb::EventUnion event = record.Unpack(i);
    fb::DefinitionDeployedT& deployed = *event.AsDefinitionDeployed();
    if (deployed.key != key.value() || deployed.model == nullptr) continue;
    PAWL_ASSIGN_OR_RETURN(
        std::shared_ptr<const model::ProcessDefinition> model,
        model::ProcessDefinition::Create(std::move(deployed.model)));
    Entry& entry = models_[key];
    entry = {model, bytes.size() * kBytesPerStoredByte, ++uses_};
    bytes_ += entry.bytes;
    Evict(key);
    return model;
  }
  return Missing("model of definition", key.value(), known.position);
}

void DefinitionCache::Evict(DefinitionKey keep) {
  while (bytes_ > bytes_max_ && models_.size() > 1) {
    // Few models are in use at a time, so a scan is cheaper than a list.
    auto oldest = models_.end();
    for (auto it = models_.begin(); it != models_.end(); ++it) {
      if (it->first == keep) continue;
      if (oldest == models_.end() || it->second.used < oldest->second.used) {
        oldest = it;
      }
    }
    bytes_ -= oldest->second.bytes;
    models_.erase(oldest);
  }
}

absl::StatusOr<DefinitionCache::Source> DefinitionCache::SourceOf(
    DefinitionKey key) {
  PAWL_ASSIGN_OR_RETURN(const Known known, Find(key));
  PAWL_ASSIGN_OR_RETURN(const std::string bytes, read_(known.position));
  PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
  for (size_t i = 0; i < record.event_count(); ++i) {
    if (record.type(i) != fb::Event::ResourceDeployed) continue;
    fb::EventUnion event = record.Unpack(i);
    fb::ResourceDeployedT& deployed = *event.AsResourceDeployed();
    if (deployed.key != known.resource) continue;
    return Source{std::move(deployed.name), std::move(deployed.xml)};
  }
  return Missing("source", known.resource, known.position);
}

}  // namespace pawl
