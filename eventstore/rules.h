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
  Position floor = 1;
  // The first record at or behind the floor; 0: there is none.
  Position begin = 0;
};

// OK when nothing acknowledged is missing, at either end of the log, and the
// caches don't run ahead of it, or the loss is accepted, which is then added to
// `accepted`. Otherwise DataLoss, naming both positions, `where` and what the
// operator can do.
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

// ReadAt's NotFound, InvalidArgument and OutOfRange.
absl::Status CheckReadable(PartitionId partition, Position position,
                           Position floor, Position end);

// Read's InvalidArgument and OutOfRange.
absl::Status CheckReadFrom(PartitionId partition, Position from,
                           Position floor);

struct TrimFacts {
  PartitionId partition = 0;
  Position wanted = 0;
  Position floor = 1;
  Position end = 0;
  Position durable = 0;
  Position cached = 0;         // P
  bool checkpointing = false;  // of this partition
  bool read_only = false;
  bool closed = false;
};

// TrimBefore's statuses.
absl::Status CheckMayTrim(const TrimFacts& facts, const absl::Status& health);

// InvalidArgument when WriteArchive's or DeleteFromArchive's rules are broken.
absl::Status CheckArchiveEntries(
    const std::vector<EventStore::ArchiveEntry>& entries);
absl::Status CheckArchiveKeys(const std::vector<std::string>& keys);

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
