#include "eventstore/rocksdb_cache_base.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/rules.h"

namespace pawl::eventstore {
namespace {

std::string StoredKey(PartitionId partition, std::string_view key) {
  std::string stored = EncodeBigEndian16(partition);
  stored.append(key);
  return stored;
}

std::string Reading(PartitionId partition, Table table) {
  return absl::StrCat("read the cache ", std::string(NameOf(table)),
                      " of partition ", partition);
}

class TableIterator final : public CacheIterator {
 public:
  TableIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family,
                PartitionId partition, Table table, const KeyRange& range)
      : partition_(partition),
        table_(table),
        upper_(range.to.empty()
                   ? EncodeBigEndian16(static_cast<PartitionId>(partition + 1))
                   : StoredKey(partition, range.to)),
        upper_slice_(upper_) {
    rocksdb::ReadOptions options = ScanOptions();
    options.iterate_upper_bound = &upper_slice_;
    it_.reset(db->NewIterator(options, family));
    it_->Seek(StoredKey(partition, range.from));
  }
  bool Valid() const override { return it_->Valid(); }
  std::string_view key() const override {
    const rocksdb::Slice key = it_->key();
    return {key.data() + kTablePrefixBytes, key.size() - kTablePrefixBytes};
  }
  std::string_view value() const override {
    const rocksdb::Slice value = it_->value();
    return {value.data(), value.size()};
  }
  void Next() override { it_->Next(); }
  absl::Status status() const override {
    return FromRocksDb(it_->status(), Reading(partition_, table_));
  }

 private:
  const PartitionId partition_;
  const Table table_;
  const std::string upper_;
  const rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

}  // namespace

absl::StatusOr<std::optional<std::string>> RocksDbCacheBase::Get(
    PartitionId partition, Table table, std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      core_->db->Get(rocksdb::ReadOptions(), core_->table(table),
                     StoredKey(partition, key), &value);
  if (status.ok()) return std::optional<std::string>(std::move(value));
  if (status.IsNotFound()) return std::optional<std::string>();
  return FromRocksDb(status, Reading(partition, table));
}

std::unique_ptr<CacheIterator> RocksDbCacheBase::NewIterator(
    PartitionId partition, Table table, const KeyRange& range) const {
  return std::make_unique<TableIterator>(core_->db.get(), core_->table(table),
                                         partition, table, range);
}

Position RocksDbCacheBase::position(PartitionId partition) const {
  return core_->partitions[partition].cached.load();
}

absl::Status RocksDbCacheBase::CheckCheckpoint(PartitionId partition,
                                               Position position) const {
  const RocksDbCore::Partition& state = core_->partitions[partition];
  return CheckMayCheckpoint(
      CheckpointFacts{.partition = partition,
                      .wanted = position,
                      .taken = state.taken.load(),
                      .last = state.cached.load(),
                      .running = state.checkpointing.load(),
                      .read_only = read_only(),
                      .closed = core_->db == nullptr},
      core_->health());
}

void RocksDbCacheBase::BeginCheckpoint(PartitionId partition, Position position,
                                       std::shared_ptr<OverlayLayer> layer) {
  PAWL_CHECK(checkpointer_ != nullptr);
  checkpointer_->Begin(partition, position, std::move(layer));
}

bool RocksDbCacheBase::checkpoint_running(PartitionId partition) const {
  return core_->partitions[partition].checkpointing.load();
}

absl::Status RocksDbCacheBase::Clear(PartitionId partition) {
  PAWL_CHECK(checkpointer_ != nullptr);
  return checkpointer_->Clear(partition);
}

void RocksDbCacheBase::Retire(std::shared_ptr<OverlayLayer> layer) {
  if (checkpointer_ != nullptr) checkpointer_->Retire(std::move(layer));
}

}  // namespace pawl::eventstore
