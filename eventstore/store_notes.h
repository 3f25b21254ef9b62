// The store's own notes in the database (the family `default`): which store it
// is, its format, P of each partition's caches, the floors of the logs,
// accepted losses. Keys and values are listed in docs/log_format.md, "Notes".
#ifndef PAWL_EVENTSTORE_STORE_NOTES_H_
#define PAWL_EVENTSTORE_STORE_NOTES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {

// Raised when an older build would misread the store.
inline constexpr uint64_t kStoreFormat = 1;

struct StoreIdentity {
  std::string store_id;  // empty: the store is new
  uint64_t format = 0;
  uint64_t partitions = 0;
};

absl::StatusOr<StoreIdentity> ReadIdentity(rocksdb::DB* db,
                                           rocksdb::ColumnFamilyHandle* meta);
// Written once, synced.
absl::Status WriteIdentity(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* meta,
                           const StoreIdentity& identity);

// 0 when there is none.
absl::StatusOr<Position> ReadCachePosition(rocksdb::DB* db,
                                           rocksdb::ColumnFamilyHandle* meta,
                                           PartitionId partition);
// Adds it to a checkpoint's batch.
rocksdb::Status PutCachePosition(rocksdb::WriteBatch* batch,
                                 rocksdb::ColumnFamilyHandle* meta,
                                 PartitionId partition, Position position);

// 1 when there is none.
absl::StatusOr<Position> ReadFloor(rocksdb::DB* db,
                                   rocksdb::ColumnFamilyHandle* meta,
                                   PartitionId partition);
rocksdb::Status PutFloor(rocksdb::WriteBatch* batch,
                         rocksdb::ColumnFamilyHandle* meta,
                         PartitionId partition, Position floor);
// What was written as of the last checkpoint of a build that counted it, and
// the table files that came after; zeros when there was none.
absl::StatusOr<PhysicalWrites> ReadWritten(rocksdb::DB* db,
                                           rocksdb::ColumnFamilyHandle* meta);
// Adds it to a checkpoint's batch. `last_file`: number of the newest table file
// that is counted in it.
rocksdb::Status PutWritten(rocksdb::WriteBatch* batch,
                           rocksdb::ColumnFamilyHandle* meta,
                           const PhysicalWrites& written, uint64_t last_file);
// Number of the newest table file; 0: there is none.
uint64_t NewestTableFile(rocksdb::DB* db);

absl::StatusOr<std::vector<AcceptedLoss>> ReadAcceptedLosses(
    rocksdb::DB* db, rocksdb::ColumnFamilyHandle* meta);
// Written behind the `existing` ones, synced.
absl::Status AddAcceptedLosses(rocksdb::DB* db,
                               rocksdb::ColumnFamilyHandle* meta,
                               size_t existing,
                               const std::vector<AcceptedLoss>& losses);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_STORE_NOTES_H_
