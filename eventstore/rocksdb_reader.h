// A store that another process may be writing, seen by a reader: RocksDB opened
// as secondary, the log read up to min(its end, the mark).
//
// It changes nothing in the directory: RocksDB's scratch files go to a folder
// of the system's temporary directory, removed on close.
#ifndef PAWL_EVENTSTORE_ROCKSDB_READER_H_
#define PAWL_EVENTSTORE_ROCKSDB_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "eventstore/event_store.h"
#include "rocksdb/env.h"

namespace pawl::eventstore {

// Statuses as OpenRocksDbEventStore. `options.directory` without a slash at its
// end.
absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbReader(
    const StoreOptions& options, rocksdb::Env* env, const std::string& boot_id);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_READER_H_
