// Activity: what a store does, between two looks at it. What `pawl top` shows
// beside a running engine.
//
// Rates are differences of counts. Latencies are what the log can say: from the
// time of one record to that of another. How long a record took to become
// durable isn't in it (the bench measures that: bench/README.md).
#ifndef PAWL_REPLAY_ACTIVITY_H_
#define PAWL_REPLAY_ACTIVITY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "engine/tally.h"
#include "engine/value.h"
#include "replay/replay.h"
#include "replay/statistics.h"

namespace pawl::replay {

// Of `count` that happened, `sampled` evenly chosen ones were measured.
struct Latency {
  uint64_t count = 0;
  uint64_t sampled = 0;
  int64_t p50_ms = 0;
  int64_t p90_ms = 0;
  int64_t p99_ms = 0;
  int64_t max_ms = 0;
};

// The quantiles of `ms`; order doesn't matter.
Latency LatencyOf(uint64_t count, std::vector<int64_t> ms);

struct Activity {
  // Since the look before; 0 at the first.
  double seconds = 0;
  int64_t records = 0;
  int64_t record_bytes = 0;
  int64_t events = 0;
  int64_t started = 0;
  int64_t ended = 0;
  int64_t jobs_done = 0;
  int64_t tasks_done = 0;

  // Of jobs that were done (or reported a BPMN error): since their creation.
  Latency job;
  // Of instances that ended: since their start.
  Latency instance;
  // Of timers that fired: since they were due, so how late they were.
  Latency timer;
  // Records that were looked at for these; fewer than `records` when there were
  // too many, and then the newest.
  uint64_t examined = 0;

  // As things stand: counts, oldest waits, what is due next. No sizes.
  Statistics now;
};

class ActivityMeter {
 public:
  // `partitions` outlive this; the caller moves them forward between looks.
  // From the second look on their stores must be the same.
  explicit ActivityMeter(
      std::span<const std::unique_ptr<PartitionData>> partitions)
      : partitions_(partitions), seen_(partitions.size()) {}

  // Looks at the partitions as they are. `now_s`: when they were brought there,
  // in seconds on a clock of the caller's that never goes back.
  // The first look only notes where things stand. DataLoss: the log or an index
  // is damaged. Cost: reads at most kExaminedMax records and the instances of a
  // few hundred.
  absl::StatusOr<Activity> Look(double now_s, const ProgressFn& progress);

  static constexpr uint64_t kExaminedMax = 50'000;
  static constexpr size_t kSampledMax = 256;

 private:
  struct Seen {
    Position position = 0;
    Tally tally;
    // What an older build left uncounted, so that it is counted once.
    Tally older;
    Position older_end = 0;
  };
  struct Examined;

  absl::Status Whole(PartitionData* data, Seen* seen,
                     const ProgressFn& progress);
  absl::Status Examine(PartitionData& data, Position after, Activity* out,
                       Examined* examined);
  absl::Status Sample(PartitionData& data, Examined* examined);

  const std::span<const std::unique_ptr<PartitionData>> partitions_;
  std::vector<Seen> seen_;
  std::optional<double> looked_s_;
};

// One line of `pawl top --json` (docs/cli.md).
Variables ToVariables(const Activity& activity);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_ACTIVITY_H_
