// The rules that every EventStore applies alike, so that the implementations
// cannot drift apart: who may append, read and checkpoint, and whether a log
// found at opening is whole. Pure.
#ifndef PAWL_EVENTSTORE_RULES_H_
#define PAWL_EVENTSTORE_RULES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::eventstore {

// What an opening found of one partition.
struct LogEnd {
  PartitionId partition = 0;
  Position end = 0;             // last record in the log
  Position acknowledged = 0;    // the mark
  Position cache_position = 0;  // P
};

// OK when nothing acknowledged is missing and the caches don't run ahead of the
// log, or the loss is accepted, which is then added to `accepted`. Otherwise
// DataLoss, naming both positions, `where` and what the operator can do.
absl::Status CheckLogEnd(const LogEnd& found,
                         const std::vector<AcceptedLoss>& accept_loss_after,
                         const std::string& where,
                         std::vector<AcceptedLoss>* accepted);

// InvalidArgument unless `wanted` (0: any) can be the number of partitions of a
// store that has `existing` (0: none yet).
absl::Status CheckPartitionCount(int wanted, int existing);

// Append's FailedPrecondition and Unavailable.
absl::Status CheckMayAppend(bool read_only, bool closed,
                            const absl::Status& health,
                            const std::string& where);

// Append's Aborted: `first` must follow `taken`.
absl::Status CheckExpected(PartitionId partition, Position taken,
                           Position first);

// ReadAt's NotFound and InvalidArgument.
absl::Status CheckReadable(PartitionId partition, Position position,
                           Position end);

struct CheckpointFacts {
  PartitionId partition = 0;
  Position wanted = 0;
  Position taken = 0;  // last position given to a round
  Position last = 0;   // of the last checkpoint
  bool running = false;
  bool read_only = false;
  bool closed = false;
};

// CacheView::Checkpoint's FailedPrecondition and Unavailable.
absl::Status CheckMayCheckpoint(const CheckpointFacts& facts,
                                const absl::Status& health);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_RULES_H_
