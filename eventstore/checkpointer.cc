#include "eventstore/checkpointer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/store_notes.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {
namespace {

// What Clear holds in memory of a cache that may have millions of entries.
constexpr size_t kClearBatchBytes = size_t{4} << 20;

}  // namespace

Checkpointer::Checkpointer(RocksDbCore* core,
                           std::function<absl::Status()> sync_all)
    : core_(core), sync_all_(std::move(sync_all)), thread_([this] { Run(); }) {}

Checkpointer::~Checkpointer() { Stop(); }

void Checkpointer::Begin(PartitionId partition, Position position,
                         std::shared_ptr<OverlayLayer> layer) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    RocksDbCore::Partition& state = core_->partitions[partition];
    PAWL_CHECK(!state.checkpointing.load());
    state.checkpointing.store(true);
    state.bytes_since_checkpoint.store(0);
    jobs_.push_back({partition, position, std::move(layer)});
  }
  work_.notify_one();
}

void Checkpointer::Retire(std::shared_ptr<OverlayLayer> layer) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    retired_.push_back(std::move(layer));
  }
  work_.notify_one();
}

void Checkpointer::Progress() {
  // Taking the lock for a moment makes sure that the thread either waits (and
  // is woken) or has yet to look.
  { const std::lock_guard<std::mutex> lock(mutex_); }
  work_.notify_one();
}

void Checkpointer::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Checkpointer::Covered(const Job& job) const {
  return PAWL_PLANTED(checkpoint_before_sync) ||
         job.position <= core_->partitions[job.partition].durable.load();
}

bool Checkpointer::ReadyLocked() const {
  if (core_->failed()) return false;
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const Job& job) { return Covered(job); });
}

std::vector<Checkpointer::Job> Checkpointer::TakeReadyLocked() {
  std::vector<Job> ready;
  std::erase_if(jobs_, [&](Job& job) {
    if (!Covered(job)) return false;
    ready.push_back(std::move(job));
    return true;
  });
  return ready;
}

void Checkpointer::Run() {
  for (;;) {
    std::vector<Job> ready;
    std::vector<std::shared_ptr<OverlayLayer>> retired;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      work_.wait(lock, [&] {
        return stopping_ || ReadyLocked() || !retired_.empty();
      });
      retired.swap(retired_);
      if (ReadyLocked()) {
        ready = TakeReadyLocked();
      } else if (stopping_) {
        return;
      }
    }
    retired.clear();  // freed here, without the lock
    if (ready.empty()) continue;
    if (const absl::Status status = WriteAll(ready); !status.ok()) {
      core_->Fail(status);
    }
  }
}

absl::Status Checkpointer::WriteAll(const std::vector<Job>& jobs) {
  // In buffered mode the log may not be on the disk yet; caches never get there
  // before it. And the witness must not fall behind what the tables prove.
  if (PAWL_PLANTED(checkpoint_before_sync)) {
    Done(jobs);
  } else {
    PAWL_RETURN_IF_ERROR(sync_all_());
  }
  for (const Job& job : jobs) PAWL_RETURN_IF_ERROR(WriteBatchOf(job));
  const uint64_t covered = core_->bytes_since_flush.load();
  PAWL_RETURN_IF_ERROR(core_->FlushEverything("a checkpoint"));
  core_->bytes_since_flush -= covered;
  if (!PAWL_PLANTED(checkpoint_before_sync)) Done(jobs);
  return absl::OkStatus();
}

absl::Status Checkpointer::WriteBatchOf(const Job& job) {
  PAWL_CHECK(Covered(job)) << "caches ahead of the log";
  rocksdb::WriteBatch batch(/*reserved_bytes=*/job.layer->bytes(),
                            /*max_bytes=*/0, kProtectionBytesPerKey,
                            /*default_cf_ts_sz=*/0);
  rocksdb::Status status =
      PutCachePosition(&batch, core_->meta(), job.partition, job.position);
  if (status.ok()) {
    // The file first: one that comes in between then counts twice, rather than
    // never.
    const uint64_t last_file = core_->file_counters->last_file;
    status = PutWritten(&batch, core_->meta(), core_->Written(), last_file);
  }
  const std::string prefix = EncodeBigEndian16(job.partition);
  const auto view = [](std::string_view text) {
    return rocksdb::Slice(text.data(), text.size());
  };
  for (size_t t = 0; t < kTableCount && status.ok(); ++t) {
    const auto table = static_cast<Table>(t);
    rocksdb::ColumnFamilyHandle* family = core_->table(table);
    for (const auto& slot : job.layer->tree(table)) {
      const OverlayEntry& entry = *slot.entry;
      const rocksdb::Slice key[2] = {view(prefix), view(entry.key())};
      const rocksdb::Slice value = view(entry.value());
      if (PAWL_PLANTED(checkpoint_skips_deletes) && entry.tombstone()) continue;
      status = entry.tombstone()
                   ? batch.Delete(family, rocksdb::SliceParts(key, 2))
                   : batch.Put(family, rocksdb::SliceParts(key, 2),
                               rocksdb::SliceParts(&value, 1));
      if (!status.ok()) break;
    }
  }
  if (status.ok()) status = core_->db->Write(CheckpointWriteOptions(), &batch);
  PAWL_RETURN_IF_ERROR(FromRocksDb(
      status,
      absl::StrCat("checkpoint at ", LogPlace(job.partition, job.position),
                   " in ", core_->options.directory)));
  // From here on reads of the database show the layer; the view drops it.
  job.layer->written.store(true, std::memory_order_release);
  return absl::OkStatus();
}

void Checkpointer::Done(const std::vector<Job>& jobs) {
  for (const Job& job : jobs) {
    ++core_->counters.checkpoints;
    RocksDbCore::Partition& state = core_->partitions[job.partition];
    state.cached.store(job.position);
    state.checkpointing.store(false);
    if (core_->listener != nullptr) {
      core_->listener->OnCheckpointed(job.partition, job.position);
    }
  }
}

// One by one: see ScanOptions().
rocksdb::Status Checkpointer::DeleteEntries(PartitionId partition) {
  rocksdb::WriteBatch batch;
  // First P, then the tables: if this ends half way, P = 0 with some caches
  // costs a fold too much, P with no caches would be wrong.
  rocksdb::Status status =
      PutCachePosition(&batch, core_->meta(), partition, 0);
  const std::string to =
      EncodeBigEndian16(static_cast<PartitionId>(partition + 1));
  const rocksdb::Slice upper(to);
  for (size_t t = 0; t < kTableCount && status.ok(); ++t) {
    auto* const table = core_->table(static_cast<Table>(t));
    rocksdb::ReadOptions options = ScanOptions();
    options.iterate_upper_bound = &upper;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(
        core_->db->NewIterator(options, table));
    for (it->Seek(EncodeBigEndian16(partition)); it->Valid() && status.ok();
         it->Next()) {
      status = batch.Delete(table, it->key());
      if (!status.ok() || batch.GetDataSize() < kClearBatchBytes) continue;
      status = core_->db->Write(CheckpointWriteOptions(), &batch);
      batch.Clear();
    }
    if (status.ok()) status = it->status();
  }
  if (!status.ok()) return status;
  return core_->db->Write(CheckpointWriteOptions(), &batch);
}

absl::Status Checkpointer::Clear(PartitionId partition) {
  RocksDbCore::Partition& state = core_->partitions[partition];
  if (state.checkpointing.load()) {
    return absl::FailedPreconditionError(
        absl::StrCat("a checkpoint of partition ", partition, " is running"));
  }
  if (core_->failed()) return absl::UnavailableError("the store has failed");
  absl::Status result =
      FromRocksDb(DeleteEntries(partition),
                  absl::StrCat("clear the caches of partition ", partition,
                               " in ", core_->options.directory));
  if (result.ok()) result = core_->FlushEverything("a checkpoint");
  if (!result.ok()) {
    core_->Fail(result);
    return result;
  }
  state.cached.store(0);
  return absl::OkStatus();
}

}  // namespace pawl::eventstore
