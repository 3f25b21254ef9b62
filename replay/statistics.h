// Statistics: how much of everything there is in a store, what has waited
// longest, and what it takes on the disk. What `pawl stats` prints.
//
// Nothing here reads the log but the few records that say since when something
// waits: counts come from the tally (engine/tally.h), sizes from RocksDB. So it
// costs the same on a store of any size. docs/operations.md defines each
// number.
#ifndef PAWL_REPLAY_STATISTICS_H_
#define PAWL_REPLAY_STATISTICS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/project.h"
#include "engine/partition_data.h"
#include "engine/tally.h"
#include "engine/value.h"
#include "eventstore/footprint.h"
#include "eventstore/table.h"
#include "replay/replay.h"

namespace pawl::replay {

struct StatisticsOptions {
  // Tables of up to so many entries are counted entry by entry, what is in
  // memory included; of larger ones the numbers are estimates.
  uint64_t exact_entries_max = 20'000;
  // Told of the counting of what an older build left uncounted.
  ProgressFn progress;
};

// Something that waits, since when.
struct OldestWait {
  uint64_t key = 0;
  InstanceKey instance;
  std::string process_id;
  // Nothing: too far back in a long instance to be looked for.
  std::optional<int64_t> since_ms;
};

struct NextDue {
  core::DueKind kind = core::DueKind::kTimer;
  uint64_t key = 0;
  int64_t due_ms = 0;
};

struct TableSize {
  eventstore::Table table = eventstore::Table::kStream;
  // Whether `entries` and `bytes` (of keys and values) were counted.
  bool exact = false;
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t file_bytes = 0;
};

struct Statistics {
  Tally tally;
  int64_t definitions = 0;
  // Of the ended instances, those in the archive.
  int64_t archived = 0;
  // Commands that follow from records and have none of their own yet.
  int64_t follow_ups = 0;
  // Of the last record; 0: there is none.
  int64_t time_ms = 0;
  // The oldest of those that are open: by when they began.
  std::optional<OldestWait> instance;
  std::optional<OldestWait> job;
  std::optional<OldestWait> task;
  std::optional<OldestWait> incident;
  // What falls due first, timers or else.
  std::optional<NextDue> next_due;
  std::vector<TableSize> tables;
  uint64_t log_file_bytes = 0;
  uint64_t directory_bytes = 0;
  eventstore::PhysicalWrites written;

  double bytes_per_event() const;
  double bytes_per_instance() const;
  // Bytes written for each byte of records; 0: nothing was counted.
  double write_amplification() const;
  // Bytes in the store's folder for each byte of records; 0: no records.
  double space_amplification() const;
};

// Of all partitions of a store, recovered. DataLoss: an index or a record is
// damaged. Changes nothing on the disk; makes each partition's tally whole in
// memory. Cost: that of some look-ups, but O(records) where an older build
// wrote the caches.
absl::StatusOr<Statistics> CollectStatistics(
    std::span<const std::unique_ptr<PartitionData>> partitions,
    const StatisticsOptions& options);

// Oldest waits and what is due next alone: adds them to `*out`.
absl::Status FindOldest(PartitionData& data, Statistics* out);

// Makes the partition's tally whole.
absl::Status CountUncounted(PartitionData* data, const ProgressFn& progress);

// When the job was created, to the milliseconds of its record; nothing when the
// instance has more than `records_max` records since.
absl::StatusOr<std::optional<int64_t>> JobCreatedMs(const PartitionData& data,
                                                    InstanceKey instance,
                                                    JobKey job,
                                                    size_t records_max);

// As `pawl stats --json` prints it (docs/cli.md); and that without sizes.
Variables ToVariables(const Statistics& statistics);
Variables CountsToVariables(const Statistics& statistics);
const char* NameOf(core::DueKind kind);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_STATISTICS_H_
