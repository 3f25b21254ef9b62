// Moments: one instance as it was after any record of its log, and the position
// that a time stands for. What inspect, diff, why and fork begin with.
#ifndef PAWL_REPLAY_MOMENT_H_
#define PAWL_REPLAY_MOMENT_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "engine/partition_data.h"

namespace pawl::replay {

// The last record of the partition at or before `time_ms` (milliseconds since
// 1970 UTC); 0: there was none yet. Where the log was trimmed that far, the
// last one of `instance`, which the archive may have. DataLoss. Reads O(log n)
// records, or the instance's.
absl::StatusOr<Position> PositionAt(const PartitionData& data,
                                    InstanceKey instance, int64_t time_ms);

// The time of the record at `position`; 0 for position 0. Where the log was
// trimmed, that of the last record of `instance` up to there. DataLoss.
absl::StatusOr<int64_t> TimeOf(const PartitionData& data, InstanceKey instance,
                               Position position);

// InvalidArgument when the log doesn't reach to `position`, or it is 0.
absl::Status CheckPosition(const PartitionData& data, Position position);

// An instance at a moment.
struct InstanceAt {
  core::Instance state;
  std::shared_ptr<const model::ProcessDefinition> model;
  PartitionId partition = 0;
  Position position = 0;
  int64_t time_ms = 0;
};

// `at`: after that record; nothing: now. NotFound: no such instance, or not
// started by then. InvalidArgument: the log doesn't reach to `at`. DataLoss.
// Cost: as PartitionData::LoadAt.
absl::StatusOr<InstanceAt> ReadInstanceAt(PartitionData* data, InstanceKey key,
                                          std::optional<Position> at);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_MOMENT_H_
