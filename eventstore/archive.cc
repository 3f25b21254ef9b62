#include "eventstore/archive.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "rocksdb/db.h"

namespace pawl::eventstore {

rocksdb::Status PutInArchive(
    const RocksDbCore& core,
    const std::vector<EventStore::ArchiveEntry>& entries,
    const std::vector<std::string>& deleted, rocksdb::WriteBatch* batch) {
  rocksdb::Status status;
  for (const EventStore::ArchiveEntry& entry : entries) {
    if (status.ok())
      status = batch->Put(core.archive(), entry.key, entry.value);
  }
  for (const std::string& key : deleted) {
    if (status.ok()) status = batch->Delete(core.archive(), key);
  }
  return status;
}

absl::Status ScanArchiveOf(const RocksDbCore& core, const std::string& from,
                           const std::string& to,
                           const EventStore::ArchiveVisitor& visit) {
  if (core.archive() == nullptr) return absl::OkStatus();
  const rocksdb::Slice upper(to);
  rocksdb::ReadOptions options = ScanOptions();
  if (!to.empty()) options.iterate_upper_bound = &upper;
  // Its large blocks are asked once and would push out many small ones.
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(
      core.db->NewIterator(options, core.archive()));
  for (it->Seek(from); it->Valid(); it->Next()) {
    const rocksdb::Slice key = it->key();
    const rocksdb::Slice value = it->value();
    if (!visit({key.data(), key.size()}, {value.data(), value.size()})) break;
  }
  return FromRocksDb(it->status(), absl::StrCat("read the archive in ",
                                                core.options.directory));
}

}  // namespace pawl::eventstore
