// Where in the log a moment is.
#ifndef PAWL_REPLAY_POSITION_AT_H_
#define PAWL_REPLAY_POSITION_AT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

// The last record of `partition` at or before `time_ms` (milliseconds since
// 1970 UTC), not behind `end`; 0: none; the position before the floor: none
// that the log still has. Binary search, since times rise. DataLoss: a damaged
// record.
absl::StatusOr<Position> PositionAt(const eventstore::EventStore& store,
                                    PartitionId partition, Position end,
                                    int64_t time_ms);

// As above, of the records that were taken out of the log. Reads the archive
// from its beginning.
absl::StatusOr<Position> ArchivedPositionAt(const eventstore::EventStore& store,
                                            PartitionId partition,
                                            int64_t time_ms);

// The time of a record, in milliseconds since 1970 UTC; below the floor that
// reads the archive from its beginning. NotFound, DataLoss.
absl::StatusOr<int64_t> TimeOf(const eventstore::EventStore& store,
                               PartitionId partition, Position position);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_POSITION_AT_H_
