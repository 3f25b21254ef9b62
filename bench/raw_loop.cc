#include "bench/raw_loop.h"

#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "bench/wal_reader.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace pawl::bench {
namespace {

absl::Status FromRocks(const rocksdb::Status& status, const std::string& what) {
  if (status.ok()) return absl::OkStatus();
  return absl::InternalError("raw loop, " + what + ": " + status.ToString());
}

struct Entry {
  uint32_t family = 0;
  std::string key;
  std::string value;
};

// Takes a batch apart. The log holds puts only: a write without WAL isn't in
// it.
class PutCollector : public rocksdb::WriteBatch::Handler {
 public:
  explicit PutCollector(std::vector<Entry>* puts) : puts_(puts) {}
  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    puts_->push_back({family, key.ToString(), value.ToString()});
    return rocksdb::Status::OK();
  }
  void LogData(const rocksdb::Slice&) override {}

 private:
  std::vector<Entry>* const puts_;
};

struct Batch {
  std::vector<Entry> puts;
  bool sync_after = false;
};

absl::StatusOr<std::vector<Batch>> ReadBatches(const KeptWal& wal) {
  PAWL_ASSIGN_OR_RETURN(std::vector<WalBatch> raw, ReadWal(wal.path));
  std::vector<Batch> batches;
  size_t sync = 0;
  for (WalBatch& written : raw) {
    Batch batch;
    PutCollector collector(&batch.puts);
    rocksdb::WriteBatch whole(std::move(written.bytes));
    PAWL_RETURN_IF_ERROR(FromRocks(whole.Iterate(&collector), "reading"));
    // Syncs while the next batch was not there yet cover this one.
    while (sync < wal.synced_at.size() && wal.synced_at[sync] < written.end) {
      if (!batches.empty()) batches.back().sync_after = true;
      ++sync;
    }
    batches.push_back(std::move(batch));
  }
  if (sync < wal.synced_at.size() && !batches.empty()) {
    batches.back().sync_after = true;
  }
  return batches;
}

// A store with one column family per number, made as they turn up.
class RawStore {
 public:
  ~RawStore() {
    if (db_ == nullptr) return;
    for (auto& [number, family] : families_) {
      db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    }
  }

  absl::Status Open(const std::string& directory) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    rocksdb::DB* db = nullptr;
    PAWL_RETURN_IF_ERROR(
        FromRocks(rocksdb::DB::Open(options, directory, &db), "opening"));
    db_.reset(db);
    return absl::OkStatus();
  }

  absl::Status MakeFamilies(const std::vector<Batch>& batches) {
    for (const Batch& batch : batches) {
      for (const Entry& put : batch.puts) {
        if (families_.contains(put.family)) continue;
        rocksdb::ColumnFamilyOptions options;
        options.compression = rocksdb::kNoCompression;
        rocksdb::ColumnFamilyHandle* family = nullptr;
        PAWL_RETURN_IF_ERROR(FromRocks(
            db_->CreateColumnFamily(
                options, "log." + std::to_string(put.family), &family),
            "making a column family"));
        families_[put.family] = family;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Write(const Batch& batch, RawResult* result) {
    rocksdb::WriteBatch out;
    for (const Entry& put : batch.puts) {
      PAWL_RETURN_IF_ERROR(FromRocks(
          out.Put(families_[put.family], put.key, put.value), "a put"));
    }
    PAWL_RETURN_IF_ERROR(
        FromRocks(db_->Write(rocksdb::WriteOptions(), &out), "writing"));
    result->records += batch.puts.size();
    ++result->batches;
    if (!batch.sync_after) return absl::OkStatus();
    ++result->syncs;
    return FromRocks(db_->SyncWAL(), "syncing");
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::map<uint32_t, rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace

absl::StatusOr<RawResult> RunRawLoop(const std::vector<KeptWal>& wals,
                                     const std::string& directory) {
  RawStore store;
  PAWL_RETURN_IF_ERROR(store.Open(directory));
  RawResult result;
  for (const KeptWal& wal : wals) {
    PAWL_ASSIGN_OR_RETURN(std::vector<Batch> batches, ReadBatches(wal));
    PAWL_RETURN_IF_ERROR(store.MakeFamilies(batches));
    auto start = std::chrono::steady_clock::now();
    for (const Batch& batch : batches) {
      PAWL_RETURN_IF_ERROR(store.Write(batch, &result));
    }
    result.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
  }
  return result;
}

}  // namespace pawl::bench
