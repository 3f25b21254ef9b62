// Rebuild: throw the caches of a store away and derive them again from its log.
#ifndef PAWL_REPLAY_REBUILD_H_
#define PAWL_REPLAY_REBUILD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "eventstore/event_store.h"
#include "replay/replay.h"

namespace pawl::replay {

struct RebuildResult {
  uint64_t records = 0;
  uint64_t instances = 0;
  // As Engine::StateDigest, read through the new caches.
  std::string digest;
};

// Empties snapshots, streams and indexes of every partition and writes them
// anew, with a checkpoint whenever one is due; so memory is bounded by the
// store's overlay. A crash on the way leaves caches that are true as of an
// earlier position, and the next opening folds the rest. `store` is open for
// writing and nobody else uses it; no record is appended.
// `pause` is called again and again while the store writes a checkpoint in the
// background: the caller's place to sleep a little. May be null.
// DataLoss: the log is damaged. FailedPrecondition: read-only.
absl::StatusOr<RebuildResult> Rebuild(eventstore::EventStore* store,
                                      const ProgressFn& progress,
                                      const std::function<void()>& pause);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_REBUILD_H_
