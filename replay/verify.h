// Verify: prove that a store's log, its caches and this build agree.
//
// All of the log is read: checksums and gaps (the store's Read), the form of
// each record, positions, times and sequences (LogFold). Each record's command
// is decided again on the state folded so far, with the record's own facts, and
// must give the recorded events; each fact is answered again from the fold.
// Then the caches: every index is rebuilt in memory and compared entry by
// entry, every instance is folded once more on the caches' way (snapshot and
// stream) and must have the digest that the log alone gives, and the tally is
// counted again.
//
// Why: a decision that changed its mind about an old command would fork
// history; a cache that differs would hand out wrong work.
#ifndef PAWL_REPLAY_VERIFY_H_
#define PAWL_REPLAY_VERIFY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/value.h"
#include "eventstore/event_store.h"
#include "replay/replay.h"

namespace pawl::replay {

// The first thing that differs.
struct VerifyDifference {
  enum class Kind {
    kDecision,
    kFact,
    kSnapshot,
    kIndex,
    kInstance,
    kPartition,
    kTally
  };
  Kind kind = Kind::kDecision;
  PartitionId partition = 0;
  // The record that differs; of a cache, the position that it is true as of.
  Position position = 0;
  // One sentence: what, where, got, wanted.
  std::string text;
  // Of a record: its command with arguments, and the events recorded and
  // decided now, as DecodeForReading has them.
  Value command;
  Value arguments;
  Value recorded;
  Value decided;
  // Index of the first event that differs.
  size_t first_event = 0;
};

struct VerifyReport {
  std::optional<VerifyDifference> difference;
  // As `pawl replay` prints it; empty when the log wasn't read to its end.
  std::string digest;
  uint64_t records = 0;
  uint64_t events = 0;
  uint64_t instances = 0;
  uint64_t decisions = 0;
  uint64_t facts = 0;
  uint64_t snapshots = 0;
  uint64_t index_entries = 0;

  bool ok() const { return !difference.has_value(); }
};

// All of the log, from where it begins, is always read and folded, and the
// caches are always compared. What can be left out is the most expensive part,
// deciding again.
struct VerifyOptions {
  ProgressFn progress;
  // Begins with the very first record, although retention took it out of the
  // log: the archive has it (whole_log.h).
  bool archived = false;
  // The first record of each partition that is decided again; where there is
  // none, 1.
  std::vector<Position> since;
  // Decides again the records of one instance of so many, the same ones each
  // time, and the records that are no instance's. 1: all. At least 1.
  uint64_t sample = 1;
  // Told now and then, and at the end of each partition, that all that was to
  // be decided again up to there was and agrees. Its errors end the run.
  std::function<absl::Status(PartitionId, Position)> agreed;
};

// Verifies every partition of a store that was just opened: its caches are
// moved forward in memory, which they take once; nothing else changes. A
// difference is in the report, not in the status.
// DataLoss: the log or a cache is damaged. Unimplemented: a newer build wrote
// it. Time: O(log). Memory: running instances, some 100 bytes for each instance
// and index entry.
absl::StatusOr<VerifyReport> Verify(eventstore::EventStore* store,
                                    const VerifyOptions& options);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_VERIFY_H_
