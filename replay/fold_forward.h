// Moves the caches of a partition forward over its log, for tools that write a
// store without an engine (rebuild, backup, restore).
#ifndef PAWL_REPLAY_FOLD_FORWARD_H_
#define PAWL_REPLAY_FOLD_FORWARD_H_

#include <functional>

#include "absl/status/status.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "replay/replay.h"

namespace pawl::replay {

// Folds the records behind data->state().position up to `end`, all of which are
// in the store and durable, with a checkpoint whenever one is due: memory is
// bounded by the store's overlay. `progress` gets positions, of `end`; both it
// and `pause` (CheckpointNow) may be null. DataLoss: the log is damaged.
absl::Status FoldForward(PartitionData* data, Position end,
                         const ProgressFn& progress,
                         const std::function<void()>& pause);

// Begins a checkpoint and waits for it, calling `pause` again and again
// meanwhile: the caller's place to sleep a little. Nothing when the caches are
// on disk as of now already.
absl::Status CheckpointNow(PartitionData* data,
                           const std::function<void()>& pause);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_FOLD_FORWARD_H_
