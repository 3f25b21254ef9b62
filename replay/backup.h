// Backup and restore: the log of a store, copied record by record.
//
// A backup is a store of its own, whose log is the beginning of the other's.
// So it can be inspected, verified and backed up like any, a second backup into
// it takes only what is new, a backup that was interrupted is a shorter one,
// and a restore to any moment is a copy that ends there. The source may be open
// elsewhere, by a running engine too: it is read as `pawl inspect` does, up to
// what is acknowledged. Why not files: docs/adr/0032-backups.md.
#ifndef PAWL_REPLAY_BACKUP_H_
#define PAWL_REPLAY_BACKUP_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/ids.h"
#include "replay/replay.h"

namespace pawl::replay {

struct CopyOptions {
  // Records copied, of those to copy. May be null.
  ProgressFn progress = {};
  // Called while the target's disk works; the caller's place to sleep. May be
  // null.
  std::function<void()> pause = {};
};

struct CopyResult {
  // The end of each partition's log in the copy.
  std::vector<Position> ends;
  // How many records were copied by this call, and how many the copy holds.
  uint64_t copied = 0;
  uint64_t records = 0;
  uint64_t instances = 0;
  // As Engine::StateDigest, of the copy through its own caches. It has been
  // found equal to that of the source.
  std::string digest;
};

// Brings the store in `target` up to what the one in `source` has acknowledged
// when this begins; makes it when it is missing (its parent must exist). Their
// states, each through its own caches, are then compared.
//   FailedPrecondition: `target` has a record that `source` doesn't have, so it
//     is no backup of it; somebody has it open.
//   DataLoss: either is damaged, or the states differ.
//   NotFound: no store in `source`. ResourceExhausted: the disk is full.
// Cost: the new records, and folding each instance once on both sides.
absl::StatusOr<CopyResult> Backup(const std::string& source,
                                  const std::string& target,
                                  const CopyOptions& options = {});

// Up to where. Nothing set: all.
struct RestorePoint {
  // After this record. Other partitions: up to its time.
  std::optional<Position> position = {};
  PartitionId partition = 0;
  // At this time.
  std::optional<absl::Time> time = {};
};

// Makes the store `target`, which must not exist or be an empty folder, from
// the one in `source`, as it was at `point`. It is built beside it, under the
// name `target` + ".restoring", and renamed when it is whole and on the disk;
// what a restore that was interrupted left there is gone on with. Its state is
// compared with a fold of the source's log.
//   InvalidArgument: `point` is behind the end of the log, or before its
//     beginning.
//   Else as Backup.
absl::StatusOr<CopyResult> Restore(const std::string& source,
                                   const std::string& target,
                                   const RestorePoint& point = {},
                                   const CopyOptions& options = {});

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_BACKUP_H_
