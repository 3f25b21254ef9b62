// Reading a log out of RocksDB, for the writer's store and for readers: order,
// gaps and checksums are checked here, in one place.
#ifndef PAWL_EVENTSTORE_LOG_READER_H_
#define PAWL_EVENTSTORE_LOG_READER_H_

#include <atomic>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"
#include "rocksdb/db.h"

namespace pawl::eventstore {

// The log of one partition in an open database.
struct LogTable {
  rocksdb::DB* db;
  rocksdb::ColumnFamilyHandle* family;
  PartitionId partition;
  // It may move while a read runs.
  const std::atomic<Position>* floor;
};

// As EventStore::Read; `end` is the last position that exists.
absl::Status ReadLog(const LogTable& log, Position from, Position to,
                     Position end, const EventStore::RecordVisitor& visit);

// As EventStore::ReadAt.
absl::Status ReadLogAt(const LogTable& log, std::span<const Position> positions,
                       Position end, const EventStore::RecordVisitor& visit);

// The last position; the floor - 1 when nothing is there from the floor on.
// DataLoss when that record is damaged.
absl::StatusOr<Position> FindLogEnd(const LogTable& log);

// The first position at or behind the floor; 0: there is none. Where a file
// can't be read it is the floor: reading its records will say what is damaged.
absl::StatusOr<Position> FindLogBegin(const LogTable& log);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_LOG_READER_H_
