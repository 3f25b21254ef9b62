// MemoryEventStore: the EventStore contract without threads, files or RocksDB,
// for tests, simulation and `pawl test`. Deterministic: nothing happens except
// inside the owner's calls, in the order of those calls.
//
// A MemoryDisk is what a machine keeps: it outlives the store, so a test can
// crash one store and open the next on the same disk.
//
//   auto disk = std::make_shared<MemoryDisk>();
//   auto store = MemoryEventStore::Open(disk, {.partitions = 2}, &listener);
//   (*store)->Append(0, 1, {"a"});   // taken
//   (*store)->RunPending();          // OnAppended, OnDurable
//   (*store)->Kill();
//   disk->LoseUnsynced();            // power loss; without it, a killed
//   process
#ifndef PAWL_EVENTSTORE_MEMORY_EVENT_STORE_H_
#define PAWL_EVENTSTORE_MEMORY_EVENT_STORE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eventstore/cache_base.h"
#include "eventstore/cache_view.h"
#include "eventstore/event_store.h"

namespace pawl::eventstore {

// The bytes that a crash leaves behind. Thread-compatible.
class MemoryDisk {
 public:
  // What a power loss does: drops every appended round that isn't durable,
  // except the first `rounds_kept` (the disk may have got further than it was
  // asked to). Call between two stores.
  void LoseUnsynced(size_t rounds_kept = 0);

  // Damages one byte of a stored record (0 is the first of its checksum).
  void FlipByte(PartitionId partition, Position position, size_t byte);
  // Takes a record out, leaving a gap.
  void EraseRecord(PartitionId partition, Position position);
  // Cuts the log after `last`, though more was acknowledged.
  void Truncate(PartitionId partition, Position last);

  // The next append, or sync, of the store on this disk fails with `status`.
  void FailNextAppend(absl::Status status) { append_fault_ = status; }
  void FailNextSync(absl::Status status) { sync_fault_ = status; }
  // Every read of a record answers `status`, until it is OK again.
  void FailReads(absl::Status status) { read_fault_ = status; }

  bool created() const { return !partitions_.empty(); }

 private:
  friend class MemoryEventStore;

  using Map = std::map<std::string, std::string, std::less<>>;
  struct Partition {
    std::map<Position, std::string> log;  // checksum + record
    Position end = 0;
    Position durable = 0;  // the mark as well
    Position cache_position = 0;
    Position floor = 1;
    std::array<Map, kTableCount> tables;
  };
  struct Round {
    PartitionId partition;
    Position last;
  };

  std::vector<Partition> partitions_;
  std::deque<Round> unsynced_;  // oldest first, of all partitions
  Map archive_;
  std::vector<AcceptedLoss> losses_;
  int readers_ = 0;  // open ones; what they may see isn't taken away
  absl::Status append_fault_;
  absl::Status sync_fault_;
  absl::Status read_fault_;
  bool open_for_writing_ = false;
};

class MemoryEventStore final : public EventStore, private CacheBase {
 public:
  // How work proceeds that Append and Checkpoint leave behind.
  enum class Completion {
    kManual,  // by RunPending() and the Step functions
    kAtOnce,  // before the call returns (a call from the listener: before the
              // outermost one returns)
  };

  // Opens or creates the store on `disk`. Of the options it heeds partitions,
  // read_only, must_exist, accept_loss_after, discard_caches, is_dead,
  // checkpoint_log_bytes and overlay_bytes. `listener` may be null; it outlives
  // the store. Statuses as for OpenRocksDbEventStore.
  static absl::StatusOr<std::unique_ptr<MemoryEventStore>> Open(
      std::shared_ptr<MemoryDisk> disk, const StoreOptions& options,
      EventStoreListener* listener,
      Completion completion = Completion::kManual);

  ~MemoryEventStore() override;

  // Does everything that waits, also what the listener adds meanwhile.
  void RunPending();
  // One step of a kind, for simulations that choose the order; false: nothing
  // of that kind waits.
  bool StepAppend();      // the oldest round reaches the log
  bool StepSync();        // all that is appended becomes durable
  bool StepCheckpoint();  // the oldest checkpoint that is covered is written

  // As SIGKILL: what waits is dropped, nothing more is reported, the disk can
  // be opened again. (Appended rounds stay; see MemoryDisk::LoseUnsynced.)
  void Kill();

  // EventStore:
  int partitions() const override;
  bool read_only() const override { return read_only_; }
  absl::Status Append(PartitionId partition, Position first,
                      std::vector<std::string> records) override;
  absl::Status Read(PartitionId partition, Position from, Position to,
                    const RecordVisitor& visit) const override;
  absl::Status ReadAt(PartitionId partition,
                      std::span<const Position> positions,
                      const RecordVisitor& visit) const override;
  Position End(PartitionId partition) const override;
  Position DurableEnd(PartitionId partition) const override;
  Position Floor(PartitionId partition) const override;
  absl::Status TrimBefore(PartitionId partition, Position floor) override;
  absl::Status WriteArchive(const std::vector<ArchiveEntry>& entries) override;
  absl::Status DeleteFromArchive(const std::vector<std::string>& keys) override;
  absl::Status ScanArchive(const std::string& from, const std::string& to,
                           const ArchiveVisitor& visit) const override;
  CacheView& Cache(PartitionId partition) override;
  bool CheckpointDue(PartitionId partition) const override;
  absl::Status health() const override { return health_; }
  absl::Status Refresh() override;
  std::vector<AcceptedLoss> AcceptedLosses() const override;
  StoreStats Stats() const override { return stats_; }
  absl::Status Close() override;

 private:
  struct PendingRound {
    PartitionId partition;
    Position first;
    std::vector<std::string> records;
  };
  struct PendingCheckpoint {
    PartitionId partition;
    Position position;
    std::shared_ptr<OverlayLayer> layer;
  };
  struct PartitionState {
    Position taken = 0;    // last position given to a round
    Position visible = 0;  // readers: the end as of the last Refresh()
    Position visible_cache = 0;
    Position visible_floor = 1;
    std::array<MemoryDisk::Map, kTableCount> visible_tables;
    uint64_t log_bytes = 0;  // since the last checkpoint
    std::unique_ptr<CacheView> view;
  };

  MemoryEventStore(std::shared_ptr<MemoryDisk> disk,
                   const StoreOptions& options, EventStoreListener* listener,
                   Completion completion);
  absl::Status OpenLog(const StoreOptions& options);
  void Look();
  // The disk is no longer ours.
  void LetGo();
  // Of TrimBefore and the archive; takes FailNextAppend and FailNextSync.
  absl::Status CheckMayChange();
  void RunIfAtOnce();
  void Fail(const absl::Status& status);
  void EraseDeadEntries();
  const MemoryDisk::Map& TableOf(PartitionId partition, Table table) const;

  // CacheBase:
  absl::StatusOr<std::optional<std::string>> Get(
      PartitionId partition, Table table, std::string_view key) const override;
  std::unique_ptr<CacheIterator> NewIterator(
      PartitionId partition, Table table, const KeyRange& range) const override;
  Position position(PartitionId partition) const override;
  absl::Status CheckCheckpoint(PartitionId partition,
                               Position position) const override;
  void BeginCheckpoint(PartitionId partition, Position position,
                       std::shared_ptr<OverlayLayer> layer) override;
  bool checkpoint_running(PartitionId partition) const override;
  absl::Status Clear(PartitionId partition) override;
  void Retire(std::shared_ptr<OverlayLayer>) override {}
  bool checks_put_new() const override { return true; }

  const std::shared_ptr<MemoryDisk> disk_;
  EventStoreListener* const listener_;
  const Completion completion_;
  const bool read_only_;
  const StoreOptions::IsDead is_dead_;
  const size_t checkpoint_log_bytes_;
  const size_t overlay_bytes_;
  std::vector<PartitionState> state_;
  std::deque<PendingRound> rounds_;
  std::deque<PendingCheckpoint> checkpoints_;
  MemoryDisk::Map visible_archive_;  // readers
  absl::Status health_;
  StoreStats stats_;
  bool running_ = false;  // inside RunPending
  bool closed_ = false;
  bool holds_disk_ = false;     // writes to it
  bool looks_at_disk_ = false;  // reads it, as a reader
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_MEMORY_EVENT_STORE_H_
