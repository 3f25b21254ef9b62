// Where in the log a moment is.
#ifndef PAWL_REPLAY_POSITION_AT_H_
#define PAWL_REPLAY_POSITION_AT_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

// The last record of `partition` at or before `time`, not behind `end`; 0:
// none. Binary search, since times rise. DataLoss: a damaged record.
absl::StatusOr<Position> PositionAt(const eventstore::EventStore& store,
                                    PartitionId partition, Position end,
                                    absl::Time time);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_POSITION_AT_H_
