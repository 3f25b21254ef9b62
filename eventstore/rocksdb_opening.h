// Opening a store for writing: create or recover, and compare with the mark
// before anything is believed. The order of the steps is the point; it is told
// in docs/log_format.md, "Opening".
#ifndef PAWL_EVENTSTORE_ROCKSDB_OPENING_H_
#define PAWL_EVENTSTORE_ROCKSDB_OPENING_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "eventstore/dir_lock.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_core.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"

namespace pawl::eventstore {

struct OpenedStore {
  std::unique_ptr<DirLock> lock;
  // Open, with mark, positions and no threads.
  std::unique_ptr<RocksDbCore> core;
  std::vector<AcceptedLoss> losses;  // all that were ever accepted
};

// Statuses as OpenRocksDbEventStore.
absl::StatusOr<OpenedStore> OpenForWriting(
    const StoreOptions& options, rocksdb::Env* env, const std::string& boot_id,
    std::shared_ptr<rocksdb::EventListener> listener);

// Path of the mark of the store in `directory`.
std::string MarkPath(const std::string& directory);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_OPENING_H_
