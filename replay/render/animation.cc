#include "replay/render/animation.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "replay/moment.h"
#include "replay/render/instance_trace.h"
#include "replay/render/instance_view.h"
#include "replay/timeline.h"

namespace pawl::replay {
namespace {

class FrameReader {
 public:
  FrameReader(PartitionData* data, InstanceKey instance)
      : data_(*data),
        trace_(instance),
        timeline_(instance,
                  [data](DefinitionKey key) { return data->Model(key); }) {
    animation_.instance = instance;
    animation_.partition = data->partition();
  }

  absl::Status Add(const fb::RecordT& record) {
    PAWL_RETURN_IF_ERROR(FindModel(record));
    PAWL_RETURN_IF_ERROR(trace_.Add(record));
    std::vector<TimelineEntry> entries;
    PAWL_RETURN_IF_ERROR(timeline_.Add(record, &entries));
    AnimationFrame frame;
    frame.position = record.position;
    frame.time_ms = record.time_ms;
    for (TimelineEntry& entry : entries) {
      if (entry.event == "FlowTaken") frame.taken.push_back(entry.element_id);
      if (!entry.detail) frame.texts.push_back(std::move(entry.text));
    }
    Overlay now =
        MakeOverlay(trace_, *model_, record.time_ms, trace_.changed_elements(),
                    trace_.changed_flows());
    for (auto& [id, element] : now.elements) {
      element.duration_ms = 0;
      frame.elements.emplace_back(id, std::move(element));
    }
    for (auto& [id, flow] : now.flows) frame.flows.emplace_back(id, flow);
    animation_.frames.push_back(std::move(frame));
    return absl::OkStatus();
  }

  Animation Take() { return std::move(animation_); }

 private:
  // The first record of an instance is its start.
  absl::Status FindModel(const fb::RecordT& record) {
    if (model_ != nullptr) return absl::OkStatus();
    for (const fb::EventUnion& event : record.events) {
      const auto* started = event.AsInstanceStarted();
      if (started == nullptr || started->key != animation_.instance.value()) {
        continue;
      }
      const DefinitionKey key(started->definition);
      PAWL_ASSIGN_OR_RETURN(model_, data_.Model(key));
      PAWL_ASSIGN_OR_RETURN(DefinitionCache::Source source,
                            data_.SourceOf(key));
      animation_.xml = std::move(source.xml);
      animation_.process_id = started->process_id;
      animation_.version = started->version;
      return absl::OkStatus();
    }
    return absl::DataLossError(
        absl::StrCat("instance ", animation_.instance.value(), ": record ",
                     record.position, " doesn't start it"));
  }

  PartitionData& data_;
  InstanceTrace trace_;
  Timeline timeline_;
  std::shared_ptr<const model::ProcessDefinition> model_;
  Animation animation_;
};

}  // namespace

absl::StatusOr<Animation> ReadAnimation(PartitionData* data,
                                        InstanceKey instance,
                                        std::optional<Position> until,
                                        size_t frames_max) {
  if (until.has_value()) PAWL_RETURN_IF_ERROR(CheckPosition(*data, *until));
  FrameReader reader(data, instance);
  size_t records = 0;
  absl::Status added;
  PAWL_RETURN_IF_ERROR(data->ReadInstance(
      instance, [&](Position position, std::string_view bytes) {
        if (until.has_value() && position > *until) return false;
        // The rest is counted.
        if (++records > frames_max) return true;
        const auto record = core::DecodeRecord(bytes);
        added = record.ok() ? reader.Add(**record) : record.status();
        return added.ok();
      }));
  PAWL_RETURN_IF_ERROR(added);
  if (records == 0) {
    return absl::NotFoundError(
        absl::StrCat("instance ", instance.value(), ": no such instance",
                     until.has_value() ? " by then" : ""));
  }
  if (records > frames_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("animation of instance ", instance.value(), ": got ",
                     records, " records, wanted at most ", frames_max,
                     " (kRenderFramesMax); an earlier --at has fewer"));
  }
  return reader.Take();
}

}  // namespace pawl::replay
