// The archive: entries in one column family, read and written (EventStore,
// "Archive"). How it lies on the disk: ArchiveFamily in rocksdb_options.cc.
#ifndef PAWL_EVENTSTORE_ARCHIVE_H_
#define PAWL_EVENTSTORE_ARCHIVE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_core.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {

// Adds the entries to `batch`, and the removal of the keys.
rocksdb::Status PutInArchive(
    const RocksDbCore& core,
    const std::vector<EventStore::ArchiveEntry>& entries,
    const std::vector<std::string>& deleted, rocksdb::WriteBatch* batch);

// As EventStore::ScanArchive, in an open database; nothing in one of an older
// build, which has no archive.
absl::Status ScanArchiveOf(const RocksDbCore& core, const std::string& from,
                           const std::string& to,
                           const EventStore::ArchiveVisitor& visit);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ARCHIVE_H_
