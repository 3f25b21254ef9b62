// RocksDB's statuses as ours. One door, so that every code means what
// docs/log_format.md says; RocksDB's message names the file and is kept.
#ifndef PAWL_EVENTSTORE_ROCKSDB_STATUS_H_
#define PAWL_EVENTSTORE_ROCKSDB_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace pawl::eventstore {

// OK, or `what` + ": " + RocksDB's message with the code
//   DataLoss: Corruption, and files that a database needs and hasn't
//   ResourceExhausted: disk or quota full
//   FailedPrecondition: permission, read-only file system, column families of a
//     newer build
//   Unavailable: any other IO error
absl::Status FromRocksDb(const rocksdb::Status& status,
                         const std::string& what);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_STATUS_H_
