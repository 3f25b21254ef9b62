#include "eventstore/rocksdb_event_store.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "eventstore/archive.h"
#include "eventstore/cache_view.h"
#include "eventstore/checkpointer.h"
#include "eventstore/files.h"
#include "eventstore/log_reader.h"
#include "eventstore/log_syncer.h"
#include "eventstore/log_writer.h"
#include "eventstore/rocksdb_cache_base.h"
#include "eventstore/rocksdb_core.h"
#include "eventstore/rocksdb_footprint.h"
#include "eventstore/rocksdb_opening.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_reader.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/rules.h"
#include "eventstore/store_notes.h"
#include "eventstore/trimmer.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {
namespace {

// Hears what RocksDB does in the background: a failed flush or compaction fails
// the store before the next write would notice.
class BackgroundListener final : public rocksdb::EventListener {
 public:
  // Null again before the core goes.
  void set_core(RocksDbCore* core) { core_.store(core); }

  const std::shared_ptr<RocksDbCore::FileCounters>& file_counters() const {
    return file_counters_;
  }

  // Forgets what the opening has made.
  void StartCounting(uint64_t last_file) {
    file_counters_->flush_bytes = 0;
    file_counters_->compaction_bytes = 0;
    file_counters_->last_file = last_file;
  }

  void OnTableFileCreated(const rocksdb::TableFileCreationInfo& file) override {
    if (!file.status.ok()) return;
    auto& counter = file.reason == rocksdb::TableFileCreationReason::kCompaction
                        ? file_counters_->compaction_bytes
                        : file_counters_->flush_bytes;
    counter += file.file_size;
    const uint64_t number = std::strtoull(
        file.file_path.c_str() + file.file_path.rfind('/') + 1, nullptr, 10);
    // Flushes and compactions end side by side.
    uint64_t last = file_counters_->last_file;
    while (last < number &&
           !file_counters_->last_file.compare_exchange_weak(last, number)) {
    }
  }

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason,
                         rocksdb::Status* error) override {
    // Writes and syncs of ours: the caller gets the status and knows the
    // places.
    if (reason == rocksdb::BackgroundErrorReason::kWriteCallback ||
        reason == rocksdb::BackgroundErrorReason::kMemTable) {
      return;
    }
    RocksDbCore* core = core_.load();
    if (core == nullptr || error->ok()) return;
    core->Fail(FromRocksDb(
        *error, absl::StrCat("background work in ", core->db_path())));
  }

  // On a full disk RocksDB would try again each five seconds, behind a store
  // that has failed, and a close could wait for that for as long as the disk is
  // full. Whoever opens the store again recovers it.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

  void OnCompactionCompleted(rocksdb::DB*,
                             const rocksdb::CompactionJobInfo& job) override {
    RocksDbCore* core = core_.load();
    if (core == nullptr || !job.cf_name.starts_with(kLogFamilyPrefix)) return;
    core->counters.log_compaction_bytes += job.stats.total_output_bytes;
  }

 private:
  std::atomic<RocksDbCore*> core_{nullptr};
  const std::shared_ptr<RocksDbCore::FileCounters> file_counters_ =
      std::make_shared<RocksDbCore::FileCounters>();
};

class RocksDbEventStore final : public EventStore {
 public:
  RocksDbEventStore(OpenedStore opened,
                    std::shared_ptr<BackgroundListener> background,
                    EventStoreListener* listener);
  ~RocksDbEventStore() override { (void)Close(); }

  int partitions() const override {
    return static_cast<int>(core_->partitions.size());
  }
  bool read_only() const override { return false; }
  absl::Status Append(PartitionId partition, Position first,
                      std::vector<std::string> records) override;
  absl::Status Read(PartitionId partition, Position from, Position to,
                    const RecordVisitor& visit) const override;
  absl::Status ReadAt(PartitionId partition,
                      std::span<const Position> positions,
                      const RecordVisitor& visit) const override;
  Position End(PartitionId partition) const override {
    return core_->partitions.at(partition).appended.load();
  }
  Position DurableEnd(PartitionId partition) const override {
    return core_->partitions.at(partition).durable.load();
  }
  Position Floor(PartitionId partition) const override {
    return core_->partitions.at(partition).floor.load();
  }
  absl::Status TrimBefore(PartitionId partition, Position floor) override;
  absl::Status WriteArchive(const std::vector<ArchiveEntry>& entries) override;
  absl::Status DeleteFromArchive(const std::vector<std::string>& keys) override;
  absl::Status ScanArchive(const std::string& from, const std::string& to,
                           const ArchiveVisitor& visit) const override;
  CacheView& Cache(PartitionId partition) override {
    return *views_.at(partition);
  }
  bool CheckpointDue(PartitionId partition) const override;
  absl::Status health() const override { return core_->health(); }
  absl::Status Refresh() override { return absl::OkStatus(); }
  std::vector<AcceptedLoss> AcceptedLosses() const override { return losses_; }
  StoreStats Stats() const override;
  absl::StatusOr<Footprint> MeasureFootprint() const override {
    PAWL_ASSIGN_OR_RETURN(Footprint footprint, MeasureTables(*core_));
    footprint.written = core_->Written();
    return footprint;
  }
  absl::Status Close() override;

 private:
  absl::StatusOr<LogTable> Table(PartitionId partition) const;
  absl::Status CheckMayWrite() const;
  // Writes `entries` and removes `keys`; fails the store when that fails.
  absl::Status ChangeArchive(const std::vector<ArchiveEntry>& entries,
                             const std::vector<std::string>& keys);
  // OK, or fails the store with `status` and answers Unavailable.
  absl::Status OrFail(const absl::Status& status);

  // The order is that of construction; Close() stops them in the order of the
  // data's way: writer, syncer, checkpointer.
  std::unique_ptr<DirLock> lock_;
  std::unique_ptr<RocksDbCore> core_;
  std::shared_ptr<BackgroundListener> background_;
  const std::vector<AcceptedLoss> losses_;
  std::unique_ptr<LogSyncer> syncer_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<RocksDbCacheBase> cache_base_;
  std::vector<std::unique_ptr<CacheView>> views_;
  bool closed_ = false;
};

RocksDbEventStore::RocksDbEventStore(
    OpenedStore opened, std::shared_ptr<BackgroundListener> background,
    EventStoreListener* listener)
    : lock_(std::move(opened.lock)),
      core_(std::move(opened.core)),
      background_(std::move(background)),
      losses_(std::move(opened.losses)) {
  core_->listener = listener;
  core_->file_counters = background_->file_counters();
  // Everything is wired before any thread runs.
  checkpointer_ = std::make_unique<Checkpointer>(
      core_.get(), [this] { return syncer_->SyncAll(); });
  core_->on_progress = [this] { checkpointer_->Progress(); };
  background_->set_core(core_.get());
  syncer_ = std::make_unique<LogSyncer>(core_.get());
  writer_ =
      std::make_unique<LogWriter>(core_.get(), [this] { syncer_->Wrote(); });
  cache_base_ =
      std::make_unique<RocksDbCacheBase>(core_.get(), checkpointer_.get());
  for (size_t p = 0; p < core_->partitions.size(); ++p) {
    views_.push_back(std::make_unique<CacheView>(cache_base_.get(),
                                                 static_cast<PartitionId>(p)));
  }
}

absl::Status RocksDbEventStore::Append(PartitionId partition, Position first,
                                       std::vector<std::string> records) {
  PAWL_CHECK_LT(partition, core_->partitions.size());
  PAWL_RETURN_IF_ERROR(CheckRound(partition, first, records));
  return writer_->Append(partition, first, std::move(records));
}

absl::StatusOr<LogTable> RocksDbEventStore::Table(PartitionId partition) const {
  PAWL_CHECK_LT(partition, core_->partitions.size());
  if (core_->db == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store is closed: ", core_->options.directory));
  }
  return core_->LogOf(partition);
}

absl::Status RocksDbEventStore::Read(PartitionId partition, Position from,
                                     Position to,
                                     const RecordVisitor& visit) const {
  PAWL_ASSIGN_OR_RETURN(const LogTable log, Table(partition));
  return ReadLog(log, from, to, End(partition), visit);
}

absl::Status RocksDbEventStore::ReadAt(PartitionId partition,
                                       std::span<const Position> positions,
                                       const RecordVisitor& visit) const {
  PAWL_ASSIGN_OR_RETURN(const LogTable log, Table(partition));
  return ReadLogAt(log, positions, End(partition), visit);
}

absl::Status RocksDbEventStore::CheckMayWrite() const {
  return CheckMayAppend(/*read_only=*/false, core_->db == nullptr,
                        core_->health(), core_->options.directory);
}

absl::Status RocksDbEventStore::OrFail(const absl::Status& status) {
  if (status.ok()) return status;
  core_->Fail(status);
  return CheckMayWrite();
}

absl::Status RocksDbEventStore::TrimBefore(PartitionId partition,
                                           Position floor) {
  PAWL_CHECK_LT(partition, core_->partitions.size());
  const RocksDbCore::Partition& state = core_->partitions[partition];
  PAWL_RETURN_IF_ERROR(
      CheckMayTrim(TrimFacts{.partition = partition,
                             .wanted = floor,
                             .floor = state.floor.load(),
                             .end = state.taken.load(),
                             .durable = state.durable.load(),
                             .cached = state.cached.load(),
                             .checkpointing = state.checkpointing.load(),
                             .read_only = false,
                             .closed = core_->db == nullptr},
                   core_->health()));
  return OrFail(TrimLog(core_.get(), partition, floor, [this] {
    core_->others_unsynced.store(true);
    return syncer_->SyncNow();
  }));
}

absl::Status RocksDbEventStore::ChangeArchive(
    const std::vector<ArchiveEntry>& entries,
    const std::vector<std::string>& keys) {
  PAWL_RETURN_IF_ERROR(CheckMayWrite());
  if (entries.empty() && keys.empty()) return absl::OkStatus();
  rocksdb::WriteBatch batch(/*reserved_bytes=*/0, /*max_bytes=*/0,
                            kProtectionBytesPerKey, /*default_cf_ts_sz=*/0);
  rocksdb::Status status = PutInArchive(*core_, entries, keys, &batch);
  if (status.ok()) status = core_->WriteWithWal(&batch);
  PAWL_RETURN_IF_ERROR(
      OrFail(FromRocksDb(status, absl::StrCat("write to the archive in ",
                                              core_->options.directory))));
  core_->bytes_since_flush += batch.GetDataSize();
  core_->others_unsynced.store(true);
  // Buffered: the operating system has it, and the syncer's tick sees to it.
  if (core_->options.durability == Durability::kBuffered) {
    return absl::OkStatus();
  }
  return OrFail(syncer_->SyncNow());
}

absl::Status RocksDbEventStore::WriteArchive(
    const std::vector<ArchiveEntry>& entries) {
  PAWL_RETURN_IF_ERROR(CheckArchiveEntries(entries));
  return ChangeArchive(entries, {});
}

absl::Status RocksDbEventStore::DeleteFromArchive(
    const std::vector<std::string>& keys) {
  PAWL_RETURN_IF_ERROR(CheckArchiveKeys(keys));
  return ChangeArchive({}, keys);
}

absl::Status RocksDbEventStore::ScanArchive(const std::string& from,
                                            const std::string& to,
                                            const ArchiveVisitor& visit) const {
  if (core_->db == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store is closed: ", core_->options.directory));
  }
  return ScanArchiveOf(*core_, from, to, visit);
}

bool RocksDbEventStore::CheckpointDue(PartitionId partition) const {
  const RocksDbCore::Partition& state = core_->partitions[partition];
  if (state.checkpointing.load(std::memory_order_relaxed)) return false;
  const uint64_t own =
      state.bytes_since_checkpoint.load(std::memory_order_relaxed);
  const size_t limit = core_->options.checkpoint_log_bytes;
  // The WAL is shared: when all of it has grown to the limit, everyone with a
  // share in it should let go of that.
  return own >= limit ||
         (own > 0 &&
          core_->bytes_since_flush.load(std::memory_order_relaxed) >= limit) ||
         views_[partition]->bytes() >=
             core_->options.overlay_bytes / core_->partitions.size();
}

StoreStats RocksDbEventStore::Stats() const {
  const RocksDbCore::Counters& counters = core_->counters;
  StoreStats stats;
  stats.records = counters.records;
  stats.record_bytes = counters.record_bytes;
  stats.batches = counters.batches;
  stats.syncs = counters.syncs;
  stats.mark_syncs = counters.mark_syncs;
  stats.checkpoints = counters.checkpoints;
  stats.log_compaction_bytes = counters.log_compaction_bytes;
  if (core_->db == nullptr) return stats;
  rocksdb::FileSystem* fs = core_->db->GetEnv()->GetFileSystem().get();
  const auto names = ListDir(fs, core_->db_path());
  if (!names.ok()) return stats;
  for (const std::string& name : *names) {
    uint64_t bytes = 0;
    if (name.ends_with(".log") &&
        fs->GetFileSize(core_->db_path() + "/" + name, {}, &bytes, nullptr)
            .ok()) {
      stats.live_wal_bytes += bytes;
    }
  }
  return stats;
}

absl::Status RocksDbEventStore::Close() {
  if (closed_) return core_->health();
  closed_ = true;
  writer_->Stop();
  syncer_->Stop();
  checkpointer_->Stop();
  background_->set_core(nullptr);
  const absl::Status closed = core_->CloseDatabase();
  lock_.reset();
  return core_->health().ok() ? closed : core_->health();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbEventStore(
    const StoreOptions& options, EventStoreListener* listener,
    const RocksDbSeams& seams) {
  if (options.directory.empty()) {
    return absl::InvalidArgumentError("a store needs a directory");
  }
  StoreOptions clean = options;
  while (clean.directory.size() > 1 && clean.directory.ends_with('/')) {
    clean.directory.pop_back();
  }
  rocksdb::Env* env =
      seams.env != nullptr ? seams.env : rocksdb::Env::Default();
  const std::string boot_id =
      seams.boot_id.empty() ? ReadBootId() : seams.boot_id;
  if (clean.read_only && clean.discard_caches) {
    return absl::InvalidArgumentError("a reader can't discard caches: " +
                                      clean.directory);
  }
  if (clean.read_only) return OpenRocksDbReader(clean, env, boot_id);
  auto background = std::make_shared<BackgroundListener>();
  PAWL_ASSIGN_OR_RETURN(OpenedStore opened,
                        OpenForWriting(clean, env, boot_id, background));
  // With the files that the opening itself has made.
  RocksDbCore& core = *opened.core;
  PAWL_ASSIGN_OR_RETURN(core.written_before,
                        ReadWritten(core.db.get(), core.meta()));
  background->StartCounting(NewestTableFile(core.db.get()));
  return std::unique_ptr<EventStore>(std::make_unique<RocksDbEventStore>(
      std::move(opened), std::move(background), listener));
}

}  // namespace pawl::eventstore
