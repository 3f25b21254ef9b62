// Retention: ended instances move to the archive, and the log is trimmed from
// its front (docs/adr/0034).
//
// Nothing is deleted: what leaves the log is in the archive first. A crash at
// any moment loses nothing; what was begun is finished or begun anew by the
// next run, and files that weren't dropped by the next opening of an engine.
#ifndef PAWL_REPLAY_RETAIN_H_
#define PAWL_REPLAY_RETAIN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/iso8601.h"
#include "eventstore/event_store.h"
#include "replay/replay.h"

namespace pawl::replay {

// How far an exporter has read (exporter.h).
struct ExportCursor {
  std::string name;
  // By partition.
  std::vector<Position> positions;
};

// What happens when an exporter hasn't read what a trim would drop.
enum class WhenBehind {
  // Nothing is trimmed; what goes to the archive goes.
  kWait,
  // While what it hasn't read is within the budget, as kWait; beyond that the
  // log is trimmed, and the exporter misses what lies before the floor.
  kDrop,
};

struct RetainOptions {
  // The present, milliseconds since 1970 UTC.
  int64_t now_ms = 0;
  // An ended instance tree moves when its root ended at least so long ago; a
  // process that says its own history time to live goes by that. Without this,
  // only those that do.
  std::optional<IsoDuration> archive_after;
  // And of each process all but its newest so many, by their start.
  std::optional<uint64_t> keep_newest;
  // Without, nothing is taken out of the log, and no space comes free.
  bool trim = true;
  std::vector<ExportCursor> cursors;
  WhenBehind when_behind = WhenBehind::kWait;
  // Bytes of records that an exporter may hold back, about.
  uint64_t behind_bytes_max = 0;
  // Who is noted with the records.
  std::string actor = "retention";
  ProgressFn progress = nullptr;
  // Called again and again while something is waited for.
  std::function<void()> pause = nullptr;
};

struct RetainResult {
  // Instances, called ones too.
  uint64_t archived = 0;
  // Written into the log anew.
  uint64_t carried = 0;
  // Ended ones that a hold kept from being archived.
  uint64_t held = 0;
  // The exporter that the trim waits for; empty: none.
  std::string waits_for;
  // Exporters that will miss records.
  std::vector<std::string> overtaken;
  // Where the logs begin now, by partition.
  std::vector<Position> floors;
};

// Applies `options` to the store, which no engine may be using meanwhile.
// Nothing is trimmed when nothing was archived since the last trim and the log
// has only a few records for each instance that would be carried forward.
//
// FailedPrecondition: the store is open for reading. DataLoss: a damaged log or
// cache. Unavailable: the store has failed. Cost: folds every instance once and
// reads the records of each; memory is bounded by the store's overlay and 16
// bytes for each archived tree.
absl::StatusOr<RetainResult> Retain(eventstore::EventStore* store,
                                    const RetainOptions& options);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RETAIN_H_
