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

// The definition in event `index`, as it was deployed or was carried forward;
// null when it has none of this key. It lives in `*event`.
fb::DefinitionDeployedT* DefinitionIn(const RecordView& record, size_t index,
                                      DefinitionKey key,
                                      fb::EventUnion* event) {
  if (record.type(index) == fb::Event::DefinitionDeployed) {
    *event = record.Unpack(index);
    fb::DefinitionDeployedT* const deployed = event->AsDefinitionDeployed();
    return deployed->key == key.value() ? deployed : nullptr;
  }
  if (record.type(index) == fb::Event::DefinitionsCarriedForward) {
    *event = record.Unpack(index);
    for (auto& deployed : event->AsDefinitionsCarriedForward()->definitions) {
      if (deployed->key == key.value()) return deployed.get();
    }
  }
  return nullptr;
}

// The source in event `index`; see DefinitionIn.
fb::ResourceDeployedT* ResourceIn(const RecordView& record, size_t index,
                                  fb::EventUnion* event) {
  if (record.type(index) == fb::Event::ResourceDeployed) {
    *event = record.Unpack(index);
    return event->AsResourceDeployed();
  }
  if (record.type(index) == fb::Event::DefinitionsCarriedForward) {
    *event = record.Unpack(index);
    return event->AsDefinitionsCarriedForward()->resource.get();
  }
  return nullptr;
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
    fb::EventUnion event;
    fb::DefinitionDeployedT* const deployed =
        DefinitionIn(record, i, key, &event);
    if (deployed == nullptr || deployed->model == nullptr) continue;
    PAWL_ASSIGN_OR_RETURN(
        std::shared_ptr<const model::ProcessDefinition> model,
        model::ProcessDefinition::Create(std::move(deployed->model)));
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
    fb::EventUnion event;
    fb::ResourceDeployedT* const deployed = ResourceIn(record, i, &event);
    if (deployed == nullptr || deployed->key != known.resource) continue;
    return Source{std::move(deployed->name), std::move(deployed->xml)};
  }
  return Missing("source", known.resource, known.position);
}

}  // namespace pawl
