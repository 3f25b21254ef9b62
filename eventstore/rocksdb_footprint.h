// Footprint of a store on RocksDB, open for writing or for reading.
#ifndef PAWL_EVENTSTORE_ROCKSDB_FOOTPRINT_H_
#define PAWL_EVENTSTORE_ROCKSDB_FOOTPRINT_H_

#include "absl/status/statusor.h"
#include "eventstore/footprint.h"
#include "eventstore/rocksdb_core.h"

namespace pawl::eventstore {

// Without `written`, which writers count and readers look up. Any thread.
// Cost: O(files).
absl::StatusOr<Footprint> MeasureTables(const RocksDbCore& core);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_FOOTPRINT_H_
