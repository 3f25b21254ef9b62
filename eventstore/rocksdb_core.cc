#include "eventstore/rocksdb_core.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "eventstore/current_file_system.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/wal_gate.h"

namespace pawl::eventstore {

RocksDbCore::RocksDbCore(StoreOptions store_options, int partition_count)
    : options(std::move(store_options)),
      partitions(static_cast<size_t>(partition_count)) {}

RocksDbCore::~RocksDbCore() { (void)CloseDatabase(); }

absl::Status RocksDbCore::Opened(const rocksdb::Status& status,
                                 rocksdb::DB* opened) {
  PAWL_RETURN_IF_ERROR(FromRocksDb(status, absl::StrCat("open ", db_path())));
  db.reset(opened);
  return absl::OkStatus();
}

absl::Status RocksDbCore::OpenDatabase(const rocksdb::DBOptions& db_options) {
  env = rocksdb::NewCompositeEnv(std::make_shared<WalFileSystem>(
      std::make_shared<CurrentFileSystem>(db_options.env->GetFileSystem()),
      &wal_gate));
  rocksdb::DBOptions own_options = db_options;
  own_options.env = env.get();
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(own_options, db_path(), Families(), &handles, &opened);
  return Opened(status, opened);
}

absl::Status RocksDbCore::OpenSecondary(const rocksdb::DBOptions& db_options,
                                        const std::string& scratch) {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenAsSecondary(
      db_options, db_path(), scratch,
      ExistingFamilies(db_options, db_path(), Families()), &handles, &opened);
  return Opened(status, opened);
}

absl::Status RocksDbCore::CheckReadable(const rocksdb::DBOptions& db_options) {
  std::vector<rocksdb::ColumnFamilyHandle*> own;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(
      db_options, db_path(),
      ExistingFamilies(db_options, db_path(), Families()), &own, &opened);
  PAWL_RETURN_IF_ERROR(FromRocksDb(status, absl::StrCat("read ", db_path())));
  const std::unique_ptr<rocksdb::DB> checked(opened);
  for (rocksdb::ColumnFamilyHandle* handle : own) {
    (void)checked->DestroyColumnFamilyHandle(handle);
  }
  return absl::OkStatus();
}

std::vector<rocksdb::ColumnFamilyDescriptor> RocksDbCore::Families() {
  // The database calls it, and is closed before this object goes.
  return MakeFamilies(options, static_cast<int>(partitions.size()),
                      [this] { return FloorsNow(); });
}

std::vector<Position> RocksDbCore::FloorsNow() const {
  std::vector<Position> floors;
  floors.reserve(partitions.size());
  for (const Partition& partition : partitions) {
    floors.push_back(partition.floor.load(std::memory_order_acquire));
  }
  return floors;
}

rocksdb::Status RocksDbCore::WriteWithWal(rocksdb::WriteBatch* batch) {
  const std::lock_guard<std::mutex> lock(write_mutex_);
  if (!write_failure_.ok()) return write_failure_;
  write_failure_ = db->Write(LogWriteOptions(), batch);
  return write_failure_;
}

absl::Status RocksDbCore::FlushEverything(const std::string& what) {
  return FromRocksDb(
      db->Flush(rocksdb::FlushOptions(), handles),
      absl::StrCat("flush of ", what, " in ", options.directory));
}

absl::Status RocksDbCore::CloseDatabase() {
  if (db == nullptr) return absl::OkStatus();
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    (void)db->DestroyColumnFamilyHandle(handle);
  }
  handles.clear();
  const rocksdb::Status status = db->Close();
  db.reset();
  // A reader has nothing to close; RocksDB says NotSupported.
  if (status.IsNotSupported()) return absl::OkStatus();
  return FromRocksDb(status, absl::StrCat("close ", db_path()));
}

absl::Status RocksDbCore::health() const {
  const std::lock_guard<std::mutex> lock(health_mutex_);
  return health_;
}

void RocksDbCore::Fail(const absl::Status& status) {
  PAWL_CHECK(!status.ok());
  {
    const std::lock_guard<std::mutex> lock(health_mutex_);
    if (!health_.ok()) return;
    health_ = status;
    failed_.store(true, std::memory_order_release);
  }
  if (listener != nullptr) listener->OnFailed(status);
  if (on_progress) on_progress();
}

PhysicalWrites RocksDbCore::Written() const {
  PhysicalWrites written = written_before;
  written.record_bytes += counters.record_bytes;
  written.wal_bytes += counters.wal_bytes;
  if (file_counters != nullptr) {
    written.flush_bytes += file_counters->flush_bytes;
    written.compaction_bytes += file_counters->compaction_bytes;
  }
  return written;
}

std::vector<Position> RocksDbCore::AppendedNow() const {
  std::vector<Position> appended;
  appended.reserve(partitions.size());
  for (const Partition& partition : partitions) {
    appended.push_back(partition.appended.load(std::memory_order_acquire));
  }
  return appended;
}

void RocksDbCore::Acknowledge(const std::vector<Position>& up_to, bool synced) {
  bool moved = false;
  for (size_t p = 0; p < partitions.size(); ++p) {
    MarkContent::Entry& entry = mark_entries[p];
    PAWL_CHECK_LE(entry.acknowledged, up_to[p]);
    moved |=
        entry.acknowledged != up_to[p] || (synced && entry.synced != up_to[p]);
    entry.acknowledged = up_to[p];
    if (synced) entry.synced = up_to[p];
  }
  if (!moved) return;
  if (const absl::Status status = PAWL_PLANTED(mark_not_written)
                                      ? absl::OkStatus()
                                      : mark->Write(mark_entries);
      !status.ok()) {
    Fail(status);
    return;
  }
  for (size_t p = 0; p < partitions.size(); ++p) {
    if (partitions[p].durable.load(std::memory_order_relaxed) == up_to[p]) {
      continue;
    }
    partitions[p].durable.store(up_to[p], std::memory_order_release);
    if (listener != nullptr) {
      listener->OnDurable(static_cast<PartitionId>(p), up_to[p]);
    }
  }
  if (on_progress) on_progress();
}

}  // namespace pawl::eventstore
