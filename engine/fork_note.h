// The note in the folder of a store that is a fork of another (`FORK`, one line
// of JSON): which instance was forked where, and what the time is. The clock of
// a fork is virtual: it stands still until somebody moves it, so that hours are
// a command and not a wait (docs/adr/0031-forks.md).
#ifndef PAWL_ENGINE_FORK_NOTE_H_
#define PAWL_ENGINE_FORK_NOTE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"

namespace pawl {

struct ForkNote {
  InstanceKey instance;
  // The last record that is the original's.
  Position position = 0;
  // Milliseconds since 1970 UTC.
  int64_t clock_ms = 0;
};

// Nothing: the store in `directory` is no fork, or isn't there. DataLoss: the
// note can't be read.
absl::StatusOr<std::optional<ForkNote>> ReadForkNote(
    const std::string& directory);

// Replaces the note whole. Unavailable: the disk.
absl::Status WriteForkNote(const std::string& directory, const ForkNote& note);

}  // namespace pawl

#endif  // PAWL_ENGINE_FORK_NOTE_H_
