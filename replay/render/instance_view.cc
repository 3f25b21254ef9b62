#include "replay/render/instance_view.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/codec.h"
#include "replay/decoded_record.h"
#include "replay/moment.h"

namespace pawl::replay {

namespace {

ElementOverlay OfElement(const TracedElement& traced, int64_t now_ms) {
  ElementOverlay element;
  element.tokens = traced.active;
  element.completed = traced.completed;
  element.terminated = traced.terminated;
  element.runs_active = traced.runs_active;
  element.runs_done = traced.runs_done;
  element.duration_ms = std::max<int64_t>(0, traced.DurationMs(now_ms));
  for (const auto& [key, incident] : traced.incidents) {
    element.incidents.push_back(incident);
  }
  return element;
}

FlowOverlay OfFlow(const TracedFlow& traced) {
  return {traced.taken, traced.resting};
}

}  // namespace

Overlay MakeOverlay(const InstanceTrace& trace,
                    const model::ProcessDefinition& model, int64_t now_ms) {
  Overlay overlay;
  for (const auto& [index, traced] : trace.elements()) {
    if (index >= model.element_count()) continue;
    overlay.elements[model.element(index).id] = OfElement(traced, now_ms);
  }
  for (const auto& [index, traced] : trace.flows()) {
    if (index >= model.flow_count()) continue;
    overlay.flows[model.flow(index).id] = OfFlow(traced);
  }
  return overlay;
}

Overlay MakeOverlay(const InstanceTrace& trace,
                    const model::ProcessDefinition& model, int64_t now_ms,
                    const absl::btree_set<uint32_t>& elements,
                    const absl::btree_set<uint32_t>& flows) {
  Overlay overlay;
  for (const uint32_t index : elements) {
    const auto it = trace.elements().find(index);
    if (it == trace.elements().end() || index >= model.element_count()) {
      continue;
    }
    overlay.elements[model.element(index).id] = OfElement(it->second, now_ms);
  }
  for (const uint32_t index : flows) {
    const auto it = trace.flows().find(index);
    if (it == trace.flows().end() || index >= model.flow_count()) continue;
    overlay.flows[model.flow(index).id] = OfFlow(it->second);
  }
  return overlay;
}

absl::StatusOr<InstanceView> ViewInstance(PartitionData* data,
                                          InstanceKey instance,
                                          std::optional<Position> at,
                                          std::optional<int64_t> now_ms) {
  InstanceView view;
  if (at.has_value()) PAWL_RETURN_IF_ERROR(CheckPosition(*data, *at));
  view.position = at.value_or(data->state().position);
  InstanceTrace trace(instance);
  DefinitionKey definition;
  absl::Status added;
  bool found = false;
  PAWL_RETURN_IF_ERROR(data->ReadInstance(
      instance, [&](Position position, std::string_view bytes) {
        if (position > view.position) return false;
        found = true;
        const auto record = core::DecodeRecord(bytes);
        added = record.ok() ? trace.Add(**record) : record.status();
        if (!added.ok()) return false;
        if (definition.valid()) return true;
        for (const fb::EventUnion& event : (*record)->events) {
          const auto* started = event.AsInstanceStarted();
          if (started == nullptr || started->key != instance.value()) continue;
          definition = DefinitionKey(started->definition);
          view.process_id = started->process_id;
          view.version = started->version;
        }
        return true;
      }));
  PAWL_RETURN_IF_ERROR(added);
  if (!found) {
    return absl::NotFoundError(absl::StrCat(
        "instance ", instance.value(), ": no such instance",
        at.has_value() ? absl::StrCat(" as of ", PositionText(data->partition(),
                                                              view.position))
                       : ""));
  }
  PAWL_ASSIGN_OR_RETURN(view.time_ms, TimeOf(*data, instance, view.position));
  if (now_ms.has_value()) view.time_ms = std::max(view.time_ms, *now_ms);
  PAWL_ASSIGN_OR_RETURN(const auto model, data->Model(definition));
  PAWL_ASSIGN_OR_RETURN(DefinitionCache::Source source,
                        data->SourceOf(definition));
  view.xml = std::move(source.xml);
  view.state = fb::EnumNameInstanceState(trace.state());
  view.overlay = MakeOverlay(trace, *model, view.time_ms);
  view.overlay.caption.push_back(
      absl::StrCat("Instance ", instance.value(), " of ", view.process_id,
                   ", version ", view.version, ": ", view.state, ", as of ",
                   PositionText(data->partition(), view.position), ", ",
                   TimeText(view.time_ms)));
  return view;
}

}  // namespace pawl::replay
