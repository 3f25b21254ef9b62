#include "replay/fold_lookups.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/apply.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

absl::Status FoldLookups::Learn(const fb::RecordT& record) {
  for (size_t i = 0; i < record.events.size(); ++i) {
    const fb::EventUnion& event = record.events[i];
    core::Project(event, core::InstanceOf(record, i), &messages_);
    if (const auto* started = event.AsInstanceStarted()) {
      if (started->idempotency_key.empty()) continue;
      idempotency_[started->idempotency_key] = {
          InstanceKey(started->key), DefinitionKey(started->definition),
          started->version};
    } else if (const auto* deployed = event.AsDefinitionDeployed()) {
      PAWL_RETURN_IF_ERROR(LearnModel(record, *deployed));
    } else if (const auto* carried = event.AsDefinitionsCarriedForward()) {
      for (const auto& definition : carried->definitions) {
        PAWL_RETURN_IF_ERROR(LearnModel(record, *definition));
      }
    } else if (const auto* entries = event.AsEntriesCarriedForward()) {
      for (const auto& kept : entries->idempotency) {
        idempotency_[kept->key] = {InstanceKey(kept->instance),
                                   DefinitionKey(kept->definition),
                                   kept->version};
      }
      for (const std::string& key : entries->forgotten) {
        idempotency_.erase(key);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status FoldLookups::LearnModel(const fb::RecordT& record,
                                     const fb::DefinitionDeployedT& deployed) {
  const DefinitionKey key(deployed.key);
  if (deployed.model == nullptr || models_.contains(key)) {
    return absl::OkStatus();
  }
  auto model = model::ProcessDefinition::Create(
      std::make_unique<fb::ProcessT>(*deployed.model));
  if (!model.ok()) {
    return absl::Status(
        model.status().code(),
        absl::StrCat("record ",
                     eventstore::LogPlace(record.partition, record.position),
                     ": ", model.status().message()));
  }
  models_[key] = *std::move(model);
  return absl::OkStatus();
}

uint64_t FoldLookups::NextKey() {
  return MakeKey(fold_.partition_id(), fold_.partition().next_key);
}

core::DefinitionAnswer FoldLookups::Definition(std::string_view process_id,
                                               uint32_t version) {
  const auto it = fold_.partition().definitions.find(process_id);
  if (it == fold_.partition().definitions.end()) return {};
  const auto& versions = it->second;
  if (version > versions.size()) return {};
  const auto& found = version == 0 ? versions.back() : versions[version - 1];
  return {found.key, found.version, found.digest};
}

core::IdempotencyAnswer FoldLookups::IdempotencySeen(std::string_view key) {
  const auto it = idempotency_.find(key);
  return it == idempotency_.end() ? core::IdempotencyAnswer() : it->second;
}

core::HandlerAnswer FoldLookups::HandlerFor(std::string_view job_type) {
  return core::HandlerIn(fold_.partition(), job_type);
}

uint32_t FoldLookups::Epoch() { return fold_.partition().epoch; }

std::shared_ptr<const model::ProcessDefinition> FoldLookups::Model(
    DefinitionKey key) {
  const auto it = models_.find(key);
  return it == models_.end() ? nullptr : it->second;
}

}  // namespace pawl::replay
