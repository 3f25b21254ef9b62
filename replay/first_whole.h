// Where a trimmed log is whole again.
#ifndef PAWL_REPLAY_FIRST_WHOLE_H_
#define PAWL_REPLAY_FIRST_WHOLE_H_

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

// The first position up to which the log of `partition` gives the whole state:
// 0 where it was never trimmed, else the LogTrimmed of the trim that it begins
// with. Before that it hasn't carried everything forward yet (docs/adr/0034).
// DataLoss: that record isn't there. Cost: reads the records of that trim.
absl::StatusOr<Position> FirstWhole(const eventstore::EventStore& store,
                                    PartitionId partition);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_FIRST_WHOLE_H_
