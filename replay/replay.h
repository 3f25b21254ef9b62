// Replay: fold a store's log from empty, and say what state comes out.
#ifndef PAWL_REPLAY_REPLAY_H_
#define PAWL_REPLAY_REPLAY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

// Told now and then how many of `total` records are done.
using ProgressFn = std::function<void(uint64_t done, uint64_t total)>;

struct ReplayOptions {
  // This instance alone.
  InstanceKey instance;
  // Up to this position of this partition; of others everything.
  std::optional<Position> to;
  PartitionId to_partition = 0;
  ProgressFn progress;
};

struct ReplayResult {
  // As Engine::StateDigest; of one instance, its own.
  std::string digest;
  uint64_t records = 0;
  uint64_t events = 0;
  uint64_t instances = 0;
};

// Reads the log alone: neither snapshots nor indexes.
// DataLoss: damaged. NotFound: the instance wasn't started by then.
// InvalidArgument: `to` is behind the end. Memory: the running instances.
absl::StatusOr<ReplayResult> Replay(const eventstore::EventStore& store,
                                    const ReplayOptions& options);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_REPLAY_H_
