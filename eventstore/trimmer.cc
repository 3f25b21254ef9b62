#include "eventstore/trimmer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/store_notes.h"
#include "rocksdb/convenience.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {
namespace {

absl::Status NoteFloor(RocksDbCore* core, PartitionId partition, Position floor,
                       const std::function<absl::Status()>& sync_wal) {
  rocksdb::WriteBatch batch;
  rocksdb::Status status = PutFloor(&batch, core->meta(), partition, floor);
  if (status.ok()) status = core->WriteWithWal(&batch);
  PAWL_RETURN_IF_ERROR(FromRocksDb(
      status, absl::StrCat("note the floor ", LogPlace(partition, floor),
                           " in ", core->options.directory)));
  return sync_wal();
}

// Of the log. Whole files only, and only of a level below the first: so what
// was flushed is moved down before. It was flushed by the checkpoint that the
// caches are true as of.
rocksdb::Status DropFiles(RocksDbCore* core, PartitionId partition,
                          Position floor) {
  rocksdb::ColumnFamilyHandle* const log = core->log(partition);
  const std::string from = EncodeBigEndian64(0);
  const std::string to = EncodeBigEndian64(floor);
  const rocksdb::Slice begin(from);
  const rocksdb::Slice end(to);
  // Files of a log don't overlap, so they are moved and nothing is rewritten.
  const rocksdb::Status status =
      core->db->CompactRange(rocksdb::CompactRangeOptions(), log, &begin, &end);
  if (!status.ok()) return status;
  return rocksdb::DeleteFilesInRange(core->db.get(), log, &begin, &end,
                                     /*include_end=*/false);
}

// Of the tables with an entry or more for each instance.
rocksdb::Status CompactTables(RocksDbCore* core, PartitionId partition) {
  const std::string from = EncodeBigEndian16(partition);
  const std::string to =
      EncodeBigEndian16(static_cast<PartitionId>(partition + 1));
  const rocksdb::Slice begin(from);
  const rocksdb::Slice end(to);
  for (const Table table : {Table::kStream, Table::kSnapshot}) {
    // With a filter this goes down to the deepest level, where nothing can lie
    // below: so no tombstones are left.
    const rocksdb::Status status = core->db->CompactRange(
        rocksdb::CompactRangeOptions(), core->table(table), &begin, &end);
    if (!status.ok()) return status;
  }
  return rocksdb::Status::OK();
}

}  // namespace

absl::Status TrimLog(RocksDbCore* core, PartitionId partition, Position floor,
                     const std::function<absl::Status()>& sync_wal) {
  RocksDbCore::Partition& state = core->partitions[partition];
  if (floor > state.floor.load()) {
    PAWL_RETURN_IF_ERROR(NoteFloor(core, partition, floor, sync_wal));
    // From here on nobody reads below it, and what is dead below it may go.
    state.floor.store(floor, std::memory_order_release);
  }
  if (state.taken.load() == 0) {
    state.durable.store(floor - 1);
    state.appended.store(floor - 1);
    state.taken.store(floor - 1, std::memory_order_release);
  }
  // The note comes to a table before the first file goes: a MANIFEST in which
  // files are missing tells of the floor too, also to a reader that reads it
  // and finds the logs of that time deleted.
  PAWL_RETURN_IF_ERROR(core->FlushEverything("the floor"));
  const std::string what =
      absl::StrCat("drop what is below ", LogPlace(partition, floor), " in ",
                   core->options.directory);
  PAWL_RETURN_IF_ERROR(FromRocksDb(DropFiles(core, partition, floor), what));
  if (core->options.is_dead == nullptr) return absl::OkStatus();
  return FromRocksDb(CompactTables(core, partition), what);
}

}  // namespace pawl::eventstore
