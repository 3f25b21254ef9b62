// Every RocksDB option that Pawl sets, with its reason beside it in the .cc.
#ifndef PAWL_EVENTSTORE_ROCKSDB_OPTIONS_H_
#define PAWL_EVENTSTORE_ROCKSDB_OPTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "eventstore/dead_entries.h"
#include "eventstore/event_store.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/listener.h"
#include "rocksdb/options.h"

namespace pawl::eventstore {

// Of the whole database. `listener` may be null.
rocksdb::DBOptions MakeDbOptions(
    const StoreOptions& options, rocksdb::Env* env,
    std::shared_ptr<rocksdb::EventListener> listener);

// Name of the family that holds the log of `partition`.
std::string LogFamilyName(PartitionId partition);
// Prefix of all of these names.
inline constexpr char kLogFamilyPrefix[] = "log.";

// Name of the family that holds the archive. Stores of older builds have none.
inline constexpr char kArchiveFamilyName[] = "archive";

// The families of a store with `partitions` partitions, in the order: default
// (the store's own notes), logs by partition, tables by Table, archive. With
// `floors` and options.is_dead, compactions of the tables drop dead entries.
std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(
    const StoreOptions& options, int partitions, const FloorsNow& floors = {});

// The same of those that are in the database: all, or without the archive in
// one that only older builds have written to. For openings that create nothing.
std::vector<rocksdb::ColumnFamilyDescriptor> ExistingFamilies(
    const rocksdb::DBOptions& db_options, const std::string& db_path,
    std::vector<rocksdb::ColumnFamilyDescriptor> families);

// How everything is iterated over. RocksDB 7.8 drops the error of a file that
// can't be read, damaged or EIO, when a scan comes to it from the file before,
// and goes on behind it as if it held nothing; but not when it looks for no
// deleted ranges. So nothing here deletes ranges.
rocksdb::ReadOptions ScanOptions();

// How the log is written: into the WAL, not synced (a thread of ours syncs).
rocksdb::WriteOptions LogWriteOptions();
// How a checkpoint is written: not into the WAL. Nothing else may use this.
rocksdb::WriteOptions CheckpointWriteOptions();

// 8 bytes of every entry guard it from the batch to the memtable.
inline constexpr size_t kProtectionBytesPerKey = 8;

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_OPTIONS_H_
