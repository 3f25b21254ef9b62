// Animation: an instance's life, frame by frame, and the page that plays it.
#ifndef PAWL_REPLAY_RENDER_ANIMATION_H_
#define PAWL_REPLAY_RENDER_ANIMATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "replay/render/diagram.h"
#include "replay/render/overlay.h"
#include "replay/render/render_limits.h"

namespace pawl::replay {

// What one record has changed.
struct AnimationFrame {
  Position position = 0;
  int64_t time_ms = 0;
  // What happened, as `pawl history` says it, without the steps inside
  // elements.
  std::vector<std::string> texts;
  // How these are from now on. Durations are 0.
  std::vector<std::pair<std::string, ElementOverlay>> elements;
  std::vector<std::pair<std::string, FlowOverlay>> flows;
  // Flows that were taken here, in their order.
  std::vector<std::string> taken;
};

struct Animation {
  InstanceKey instance;
  PartitionId partition = 0;
  std::string process_id;
  uint32_t version = 0;
  // The source of its definition.
  std::string xml;
  // One for each record of the instance, oldest first.
  std::vector<AnimationFrame> frames;
};

// The life of an instance up to the record `until`, or all of it.
// NotFound: no such instance (by then). ResourceExhausted: more records than
// `frames_max`. DataLoss. O(its records).
absl::StatusOr<Animation> ReadAnimation(PartitionData* data,
                                        InstanceKey instance,
                                        std::optional<Position> until,
                                        size_t frames_max = kRenderFramesMax);

// A page that plays it over `diagrams`: with play, pause, steps, a slider and
// what happened in words. It is whole: nothing is fetched, and it may not.
// Codes of RenderSvg.
absl::StatusOr<std::string> RenderAnimation(
    const std::vector<Diagram>& diagrams, const Animation& animation);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_ANIMATION_H_
