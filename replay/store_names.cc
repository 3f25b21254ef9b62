#include "replay/store_names.h"

#include "engine/core/project.h"

namespace pawl::replay {

std::optional<std::string> StoreNames::Element(InstanceKey instance,
                                               uint32_t index) {
  const auto* model = ModelOf(instance);
  if (model == nullptr || index >= model->element_count()) return {};
  return model->element(index).id;
}

std::optional<std::string> StoreNames::Flow(InstanceKey instance,
                                            uint32_t index) {
  const auto* model = ModelOf(instance);
  if (model == nullptr || index >= model->flow_count()) return {};
  return model->flow(index).id;
}

const model::ProcessDefinition* StoreNames::ModelOf(InstanceKey instance) {
  if (instance == instance_) return model_.get();
  instance_ = instance;
  model_ = nullptr;
  DefinitionKey definition;
  const auto entry = data_->cache().Get(eventstore::Table::kIndexInstance,
                                        core::EncodeU64(instance.value()));
  if (!entry.ok()) return nullptr;
  if (entry->has_value()) {
    const auto value = core::DecodeInstanceValue(**entry);
    if (!value.has_value()) return nullptr;
    definition = value->definition;
  } else {
    // It may be in the archive.
    core::Instance scratch;
    const auto archived = data_->Peek(instance, &scratch);
    if (!archived.ok()) return nullptr;
    definition = (*archived)->definition;
  }
  auto model = data_->Model(definition);
  if (model.ok()) model_ = *std::move(model);
  return model_.get();
}

}  // namespace pawl::replay
