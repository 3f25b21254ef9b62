// Fork: what if? A copy of a store's past in another store, which goes on by
// itself. What `pawl fork` makes. Why so: docs/adr/0031-forks.md.
//
// The fork's log is the original's, record by record, up to a position; so an
// instance has all that it had then: its tree, its definitions, messages that
// wait, keys that were seen. The clock of a fork is virtual and stands at the
// time of that record (engine/fork_note.h). What the fork begins with of its
// own, variables that are other than they were, is a record like any other, and
// `verify` decides all of it again.
#ifndef PAWL_REPLAY_FORK_H_
#define PAWL_REPLAY_FORK_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/value.h"
#include "eventstore/event_store.h"
#include "replay/replay.h"

namespace pawl::replay {

struct ForkOptions {
  InstanceKey instance = {};
  // The last record of the original that the fork has.
  Position at = 0;
  // Written to the instance's root scope before anything else happens.
  Variables variables = {};
  // Every other instance that runs and wasn't called by another is suspended:
  // the instance and those that it calls go on alone. Costs a record for each.
  bool alone = false;
  // Who asks for these two.
  std::string actor = {};
  ProgressFn progress = {};
  // Called while it waits for the disk; the caller knows what a short time is.
  std::function<void()> pause = {};
};

struct ForkResult {
  // Time of the last record that was copied: where the fork's clock stands.
  int64_t time_ms = 0;
  // The end of the fork's log.
  Position end = 0;
  // Of `end`, as Engine::StateDigest.
  std::string digest;
};

// Copies into `into`, an empty store, and makes its caches. `from` is only
// read; it may be a reader beside a running engine.
// InvalidArgument: `at` is not in the log; a store with several partitions, or
// `into` isn't empty. NotFound: the instance wasn't started by then.
// FailedPrecondition: variables for an instance that had ended. DataLoss.
// Time: O(log up to `at`). Memory: with variables or `alone` that of verify.
absl::StatusOr<ForkResult> Fork(const eventstore::EventStore& from,
                                const ForkOptions& options,
                                eventstore::EventStore* into);

// As above, into a new folder. It gets its name when the fork is whole; until
// then what is there is called `directory` + kForkUnfinished. AlreadyExists:
// one of the two is there.
absl::StatusOr<ForkResult> ForkInto(const eventstore::EventStore& from,
                                    const ForkOptions& options,
                                    const std::string& directory);
inline constexpr char kForkUnfinished[] = ".unfinished";

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_FORK_H_
