// Footprint: what a store takes on the disk, and what was written for it. For
// operators; nothing is decided by it.
#ifndef PAWL_EVENTSTORE_FOOTPRINT_H_
#define PAWL_EVENTSTORE_FOOTPRINT_H_

#include <array>
#include <cstdint>

#include "eventstore/table.h"

namespace pawl::eventstore {

// Bytes given to the file system, by all the engines of a store since the first
// that counted them. Kept in the store's notes as of the last checkpoint, so a
// killed engine takes what came after it along, of records and of the
// write-ahead log alike. Table files that came after it are found by their
// numbers.
// Not counted: the mark, RocksDB's MANIFEST and text logs.
struct PhysicalWrites {
  // The caller's bytes, which all of this is for.
  uint64_t record_bytes = 0;
  uint64_t wal_bytes = 0;
  // Table files of log and caches, made of memory and of other files.
  uint64_t flush_bytes = 0;
  uint64_t compaction_bytes = 0;

  uint64_t physical() const {
    return wal_bytes + flush_bytes + compaction_bytes;
  }
  friend bool operator==(const PhysicalWrites&,
                         const PhysicalWrites&) = default;
};

struct TableFootprint {
  // Estimates of RocksDB: changes since the last checkpoint aren't in them, and
  // what was changed or deleted is, until compaction meets it.
  uint64_t entries = 0;
  // Of keys and values, not compressed.
  uint64_t bytes = 0;
  // Exact: table files in use.
  uint64_t file_bytes = 0;
};

struct Footprint {
  // Of all partitions together, by Table.
  std::array<TableFootprint, kTableCount> tables = {};
  // Table files of the logs.
  uint64_t log_file_bytes = 0;
  // Every file in the store's folder and below, once, however many names it
  // has.
  uint64_t directory_bytes = 0;
  PhysicalWrites written;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_FOOTPRINT_H_
