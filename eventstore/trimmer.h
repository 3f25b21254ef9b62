// Trimming: what happens on the disk when the floor of a log moves up.
//
// One door: TrimLog. The order of its steps is the point; it is told in
// docs/log_format.md, "Trimming".
#ifndef PAWL_EVENTSTORE_TRIMMER_H_
#define PAWL_EVENTSTORE_TRIMMER_H_

#include <functional>

#include "absl/status/status.h"
#include "base/ids.h"
#include "eventstore/rocksdb_core.h"

namespace pawl::eventstore {

// Moves the floor of `partition` to `floor`, which was found allowed, and gives
// space back. `sync_wal` brings what was written to the disk. A failure leaves
// the floor where it was or moved; the caller fails the store.
absl::Status TrimLog(RocksDbCore* core, PartitionId partition, Position floor,
                     const std::function<absl::Status()>& sync_wal);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_TRIMMER_H_
