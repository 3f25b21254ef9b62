#include "tests/support/elements_of_log.h"

#include "base/check.h"
#include "engine/core/apply.h"
#include "tests/support/fault_table.h"

namespace pawl {

void ElementsOfLog::Add(const fb::RecordT& record) {
  for (size_t i = 0; i < record.events.size(); ++i) {
    const fb::EventUnion& event = record.events[i];
    const InstanceKey instance = core::InstanceOf(record, i);
    if (const auto* deployed = event.AsDefinitionDeployed()) {
      std::vector<size_t>& rows =
          rows_of_definition_[DefinitionKey(deployed->key)];
      rows.clear();
      for (const auto& element : deployed->model->elements) {
        // One of several definitions stands for its event.
        const fb::ElementT& whole =
            element->kind == fb::ElementKind::event_definition
                ? *deployed->model->elements.at(element->attached_to)
                : *element;
        rows.push_back(ElementRowOf(whole.kind, whole.event_type));
      }
    } else if (const auto* started = event.AsInstanceStarted()) {
      definition_of_[instance] = DefinitionKey(started->definition);
    } else if (const auto* activating = event.AsElementActivating()) {
      const auto definition = definition_of_.find(instance);
      PAWL_CHECK(definition != definition_of_.end()) << instance.value();
      row_of_[activating->key] = RowOf(definition->second, activating->element);
    }
  }
}

size_t ElementsOfLog::RowOf(uint64_t element) const {
  const auto row = row_of_.find(element);
  PAWL_CHECK(row != row_of_.end()) << element;
  return row->second;
}

size_t ElementsOfLog::RowOf(DefinitionKey definition, uint32_t index) const {
  const auto rows = rows_of_definition_.find(definition);
  PAWL_CHECK(rows != rows_of_definition_.end()) << definition.value();
  return rows->second.at(index);
}

}  // namespace pawl
