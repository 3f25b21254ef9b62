// The EventStore on RocksDB. One door: OpenRocksDbEventStore.
//
// Behind it: opening (rocksdb_opening), log writer, syncer and checkpointer
// (one thread each), mark, quarantine, and the reader for other processes.
// Decisions: docs/adr/0002-log-on-rocksdb.md. Bytes: docs/log_format.md.
#ifndef PAWL_EVENTSTORE_ROCKSDB_EVENT_STORE_H_
#define PAWL_EVENTSTORE_ROCKSDB_EVENT_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "eventstore/event_store.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace pawl::eventstore {

// What tests replace.
struct RocksDbSeams {
  // All IO but the lock goes through its FileSystem. Null: the real one. Must
  // outlive the store.
  rocksdb::Env* env = nullptr;
  // Identity of the machine's run, 16 bytes. Empty: the real one.
  std::string boot_id = {};
};

// Opens the store in options.directory, or creates it. `listener` may be null;
// it outlives the store. Blocks for what has to be replayed: about 4 ms a
// megabyte of log since the last checkpoint.
//
//   DataLoss: acknowledged records are missing, the mark is missing or damaged,
//     a file is damaged. The message names positions and files. The store stays
//     refused, at every opening, until it is restored or the loss is accepted.
//   FailedPrecondition: another writer has it open (named), a folder or file
//     can't be written, or a newer build wrote it.
//   InvalidArgument: the number of partitions.
//   NotFound: nothing there, with must_exist or read_only.
//   ResourceExhausted: the disk is full. Unavailable: other IO errors.
absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbEventStore(
    const StoreOptions& options, EventStoreListener* listener,
    const RocksDbSeams& seams = {});

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_EVENT_STORE_H_
