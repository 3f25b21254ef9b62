#include "eventstore/store_notes.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"

namespace pawl::eventstore {
namespace {

constexpr char kStoreIdKey[] = "store_id";
constexpr char kFormatKey[] = "format";
constexpr char kPartitionsKey[] = "partitions";
constexpr char kCachePositionPrefix[] = "cache_position/";
constexpr char kFloorPrefix[] = "floor/";
constexpr char kWrittenKey[] = "written";
constexpr char kAcceptedLossPrefix[] = "accepted_loss/";

std::string CachePositionKey(PartitionId partition) {
  return kCachePositionPrefix + EncodeBigEndian16(partition);
}

std::string FloorKey(PartitionId partition) {
  return kFloorPrefix + EncodeBigEndian16(partition);
}

absl::StatusOr<std::optional<std::string>> GetNote(
    rocksdb::DB* db, rocksdb::ColumnFamilyHandle* meta,
    const std::string& key) {
  std::string value;
  const rocksdb::Status status =
      db->Get(rocksdb::ReadOptions(), meta, key, &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  PAWL_RETURN_IF_ERROR(FromRocksDb(status, absl::StrCat("read note ", key)));
  return std::optional<std::string>(std::move(value));
}

absl::StatusOr<uint64_t> GetNumber(rocksdb::DB* db,
                                   rocksdb::ColumnFamilyHandle* meta,
                                   const std::string& key) {
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                        GetNote(db, meta, key));
  if (!value.has_value()) return 0;
  if (value->size() != 8) {
    return absl::DataLossError(
        absl::StrCat("note ", key, " has ", value->size(), " bytes, want 8"));
  }
  return DecodeBigEndian64(*value);
}

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions write;
  write.sync = true;
  return write;
}

}  // namespace

absl::StatusOr<StoreIdentity> ReadIdentity(rocksdb::DB* db,
                                           rocksdb::ColumnFamilyHandle* meta) {
  StoreIdentity identity;
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> id,
                        GetNote(db, meta, kStoreIdKey));
  identity.store_id = id.value_or("");
  PAWL_ASSIGN_OR_RETURN(identity.format, GetNumber(db, meta, kFormatKey));
  PAWL_ASSIGN_OR_RETURN(identity.partitions,
                        GetNumber(db, meta, kPartitionsKey));
  return identity;
}

absl::Status WriteIdentity(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* meta,
                           const StoreIdentity& identity) {
  rocksdb::WriteBatch batch;
  rocksdb::Status status = batch.Put(meta, kStoreIdKey, identity.store_id);
  if (status.ok()) {
    status = batch.Put(meta, kFormatKey, EncodeBigEndian64(identity.format));
  }
  if (status.ok()) {
    status =
        batch.Put(meta, kPartitionsKey, EncodeBigEndian64(identity.partitions));
  }
  if (status.ok()) status = db->Write(Synced(), &batch);
  return FromRocksDb(status, "write the store's identity");
}

absl::StatusOr<Position> ReadCachePosition(rocksdb::DB* db,
                                           rocksdb::ColumnFamilyHandle* meta,
                                           PartitionId partition) {
  return GetNumber(db, meta, CachePositionKey(partition));
}

rocksdb::Status PutCachePosition(rocksdb::WriteBatch* batch,
                                 rocksdb::ColumnFamilyHandle* meta,
                                 PartitionId partition, Position position) {
  return batch->Put(meta, CachePositionKey(partition),
                    EncodeBigEndian64(position));
}

absl::StatusOr<Position> ReadFloor(rocksdb::DB* db,
                                   rocksdb::ColumnFamilyHandle* meta,
                                   PartitionId partition) {
  PAWL_ASSIGN_OR_RETURN(const Position floor,
                        GetNumber(db, meta, FloorKey(partition)));
  return std::max<Position>(floor, 1);
}

rocksdb::Status PutFloor(rocksdb::WriteBatch* batch,
                         rocksdb::ColumnFamilyHandle* meta,
                         PartitionId partition, Position floor) {
  return batch->Put(meta, FloorKey(partition), EncodeBigEndian64(floor));
}

absl::StatusOr<PhysicalWrites> ReadWritten(rocksdb::DB* db,
                                           rocksdb::ColumnFamilyHandle* meta) {
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                        GetNote(db, meta, kWrittenKey));
  if (!value.has_value()) return PhysicalWrites();
  if (value->size() != 40) {
    return absl::DataLossError(absl::StrCat("note ", kWrittenKey, " has ",
                                            value->size(), " bytes, want 40"));
  }
  const auto number = [&](size_t index) {
    return DecodeBigEndian64(value->substr(8 * index, 8));
  };
  PhysicalWrites written{.record_bytes = number(0),
                         .wal_bytes = number(1),
                         .flush_bytes = number(2),
                         .compaction_bytes = number(3)};
  // Those of the checkpoint itself, above all.
  const uint64_t last_file = number(4);
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  for (const rocksdb::LiveFileMetaData& file : files) {
    if (file.file_number > last_file) written.flush_bytes += file.size;
  }
  return written;
}

rocksdb::Status PutWritten(rocksdb::WriteBatch* batch,
                           rocksdb::ColumnFamilyHandle* meta,
                           const PhysicalWrites& written, uint64_t last_file) {
  return batch->Put(meta, kWrittenKey,
                    EncodeBigEndian64(written.record_bytes) +
                        EncodeBigEndian64(written.wal_bytes) +
                        EncodeBigEndian64(written.flush_bytes) +
                        EncodeBigEndian64(written.compaction_bytes) +
                        EncodeBigEndian64(last_file));
}

uint64_t NewestTableFile(rocksdb::DB* db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  uint64_t newest = 0;
  for (const rocksdb::LiveFileMetaData& file : files) {
    newest = std::max(newest, uint64_t{file.file_number});
  }
  return newest;
}

absl::StatusOr<std::vector<AcceptedLoss>> ReadAcceptedLosses(
    rocksdb::DB* db, rocksdb::ColumnFamilyHandle* meta) {
  std::vector<AcceptedLoss> losses;
  const std::string prefix = kAcceptedLossPrefix;
  const std::unique_ptr<rocksdb::Iterator> it(
      db->NewIterator(ScanOptions(), meta));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix);
       it->Next()) {
    const std::string value = it->value().ToString();
    if (value.size() != 18) {
      return absl::DataLossError("a note of an accepted loss is damaged");
    }
    losses.push_back({DecodeBigEndian16(value.substr(0, 2)),
                      DecodeBigEndian64(value.substr(2, 8)),
                      DecodeBigEndian64(value.substr(10, 8))});
  }
  PAWL_RETURN_IF_ERROR(FromRocksDb(it->status(), "read accepted losses"));
  return losses;
}

absl::Status AddAcceptedLosses(rocksdb::DB* db,
                               rocksdb::ColumnFamilyHandle* meta,
                               size_t existing,
                               const std::vector<AcceptedLoss>& losses) {
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (const AcceptedLoss& loss : losses) {
    if (!status.ok()) break;
    status = batch.Put(
        meta, kAcceptedLossPrefix + EncodeBigEndian64(existing++),
        EncodeBigEndian16(loss.partition) + EncodeBigEndian64(loss.position) +
            EncodeBigEndian64(loss.acknowledged));
  }
  if (status.ok()) status = db->Write(Synced(), &batch);
  return FromRocksDb(status, "note the accepted loss");
}

}  // namespace pawl::eventstore
