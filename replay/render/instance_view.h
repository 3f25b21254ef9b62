// ViewInstance: an instance as it was at a moment, for a picture.
#ifndef PAWL_REPLAY_RENDER_INSTANCE_VIEW_H_
#define PAWL_REPLAY_RENDER_INSTANCE_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/btree_set.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/model/process_definition.h"
#include "engine/partition_data.h"
#include "replay/render/instance_trace.h"
#include "replay/render/overlay.h"

namespace pawl::replay {

// `trace` in the ids of `model`, as of `now_ms`. Captions are left empty.
Overlay MakeOverlay(const InstanceTrace& trace,
                    const model::ProcessDefinition& model, int64_t now_ms);
// As it is now, only of these.
Overlay MakeOverlay(const InstanceTrace& trace,
                    const model::ProcessDefinition& model, int64_t now_ms,
                    const absl::btree_set<uint32_t>& elements,
                    const absl::btree_set<uint32_t>& flows);

// An instance as it was at a moment, for a picture.
struct InstanceView {
  Overlay overlay;
  // The source of its definition.
  std::string xml;
  std::string process_id;
  uint32_t version = 0;
  // The last record that is shown, of any instance, and the time of it.
  Position position = 0;
  int64_t time_ms = 0;
  std::string state;
};

// As it was after the record `at`; without: after the last one of the log.
// `now_ms`: how long what is active has taken by then; without: by the record.
// NotFound: no such instance (by then). InvalidArgument: the log doesn't reach
// to `at`. DataLoss. O(its records).
absl::StatusOr<InstanceView> ViewInstance(PartitionData* data,
                                          InstanceKey instance,
                                          std::optional<Position> at,
                                          std::optional<int64_t> now_ms);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_INSTANCE_VIEW_H_
