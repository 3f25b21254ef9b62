// EventStore: the append-only log and the caches derived from it. The contract
// that every implementation keeps, also one on a replicated log.
//
// The store sees bytes and knows no BPMN. It promises four things:
//  1. The log. Rounds of records are appended whole or not at all, at dense
//     positions from 1; what was reported durable is there at every later
//     opening, from the floor on, or the opening is refused with DataLoss.
//     Nothing is ever truncated silently.
//  2. Caches (CacheView, cache_view.h): ordered byte tables, true as of one
//     position P <= end of the log, moved forward by checkpoints.
//  3. What is old can leave. TrimBefore takes a log's beginning away, and what
//     is to be kept of it goes to the archive before.
//  4. Failure is final: after a failed append or sync the store answers
//     Unavailable until it is closed and opened again, because nobody can know
//     what reached the disk.
//
// Implementations: OpenRocksDbEventStore (rocksdb_event_store.h) and
// MemoryEventStore (memory_event_store.h, single-threaded, for tests).
// event_store_contract_test.cc runs the same tests over both.
// Bytes on disk: docs/log_format.md. Why: docs/adr/0002-log-on-rocksdb.md.
#ifndef PAWL_EVENTSTORE_EVENT_STORE_H_
#define PAWL_EVENTSTORE_EVENT_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/footprint.h"
#include "eventstore/table.h"

namespace pawl::eventstore {

class CacheView;

// Address of every record that is read, so that it can be used in place.
inline constexpr size_t kRecordAlignment = 8;

enum class Durability {
  // A record is durable when it is on the disk: survives power loss.
  kSync,
  // A record is durable when the operating system has it: survives kill -9 of
  // the process, but not power loss, which may cost about the last second.
  kBuffered,
};

// Called from the store's own threads, in order per partition. Must be quick
// (hand over to a queue): the thread that calls is the one that writes or
// syncs. May call Append and the reads of the log, not Close, and not the
// CacheView. Not called after Close() has returned.
class EventStoreListener {
 public:
  virtual ~EventStoreListener() = default;

  // Every record of `partition` up to `last` is in the log. It can be read, but
  // not be relied on: a crash may still take it.
  virtual void OnAppended(PartitionId partition, Position last) = 0;

  // Every record of `partition` up to `last` is durable in the store's mode,
  // and the witness (the mark) says so. Effects may leave. One call may cover
  // several rounds.
  virtual void OnDurable(PartitionId partition, Position last) = 0;

  // The caches of `partition` are on disk as of `position`.
  virtual void OnCheckpointed(PartitionId partition, Position position) = 0;

  // The store has failed, for all partitions; said once. The outcome of rounds
  // that aren't durable is unknown. `status` names what failed and where.
  virtual void OnFailed(const absl::Status& status) = 0;
};

// "The acknowledged records of `partition` behind `position` are lost, and I
// accept that." `position` is the log's end as the DataLoss message names it.
struct AcceptedLoss {
  PartitionId partition = 0;
  Position position = 0;      // the end of the log at that time
  Position acknowledged = 0;  // what had been acknowledged; set by the store

  friend bool operator==(const AcceptedLoss&, const AcceptedLoss&) = default;
};

struct StoreOptions {
  // Folder of the store; created when missing (its parent must exist).
  std::string directory = {};
  // Fixed when the store is created, 1..kStorePartitionsMax. 0: as many as the
  // existing store has, or one for a new store.
  int partitions = 0;
  Durability durability = Durability::kSync;
  // Opens beside a running writer and changes nothing in the directory. Append
  // and Checkpoint answer FailedPrecondition; caches can be moved forward in
  // memory. A store must exist.
  bool read_only = false;
  // Fails with NotFound instead of creating a store.
  bool must_exist = false;
  // Consulted only for a partition whose log ends before its mark; then the
  // position must be exactly that end. See AcceptedLosses().
  std::vector<AcceptedLoss> accept_loss_after = {};

  // Throws all caches away before anything of them is read, whatever state they
  // are in; position() is 0 everywhere afterwards. For `rebuild`, and the way
  // out when a cache's file is damaged. Not with read_only.
  bool discard_caches = false;

  // Whether an entry of a cache table is dead because the log was trimmed,
  // given the floors by partition (1 where nothing was). `key` as CacheView
  // takes it: it must say by itself which partition it is of. Such entries
  // vanish as their files are compacted, without tombstones, and TrimBefore
  // compacts the tables `stream` and `snapshot`; until then, and in readers for
  // longer, they are still seen. So reading must not rely on their being gone,
  // nor ever need one again: an entry that is dead under some floors is dead
  // under all higher ones. Null: none is. Pure and thread-safe: RocksDB's
  // threads call it.
  using IsDead = bool (*)(Table table, std::string_view key,
                          std::string_view value,
                          std::span<const Position> floors);
  IsDead is_dead = nullptr;

  // When CheckpointDue() says so: the log bytes since the last checkpoint,
  // which are what opening has to replay, or the memory of a partition's
  // overlay.
  size_t checkpoint_log_bytes = size_t{16} << 20;
  size_t overlay_bytes = size_t{32} << 20;
  // Blocks, index and bloom filters of everything that is read.
  size_t block_cache_bytes = size_t{64} << 20;
};

// Counts since opening; bytes are those of the caller's records.
struct StoreStats {
  uint64_t records = 0;
  uint64_t record_bytes = 0;
  uint64_t batches = 0;     // writes to the log; one may hold several rounds
  uint64_t syncs = 0;       // of the log
  uint64_t mark_syncs = 0;  // of the mark
  uint64_t checkpoints = 0;
  // Written again by compaction of the log; files only move, so about none.
  uint64_t log_compaction_bytes = 0;
  uint64_t live_wal_bytes = 0;  // what an opening now would replay
};

class EventStore {
 public:
  // Called per record in order. `record` is valid during the call only, and
  // starts at a multiple of kRecordAlignment. False stops the read (which then
  // is OK).
  using RecordVisitor =
      std::function<bool(Position position, std::string_view record)>;

  // Closes.
  virtual ~EventStore() = default;
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  virtual int partitions() const = 0;
  virtual bool read_only() const = 0;

  // --- Log ------------------------------------------------------------------

  // Takes `records` as one round of `partition`; the first gets the position
  // `first`. Asynchronous: OnAppended and OnDurable tell how far it came.
  // Rounds of one partition become visible and durable in the order of their
  // calls. Any number of rounds may be under way; the caller bounds them.
  //
  // When the status isn't OK nothing was taken:
  //   Aborted: `first` is not the position after the last round taken. Someone
  //     else writes, or the caller lost count. (A replicated log may learn this
  //     only later; then OnFailed says Aborted.)
  //   InvalidArgument: no records, an empty record, one above kRecordBytesMax,
  //     or together more than kRoundBytesMax.
  //   Unavailable: the store has failed before.
  //   FailedPrecondition: read_only, or closed.
  // Any thread; calls for one partition from one thread at a time.
  virtual absl::Status Append(PartitionId partition, Position first,
                              std::vector<std::string> records) = 0;

  // Visits the records from..to (both included) of `partition`; `to` beyond the
  // end means the end. Checks each record's CRC and that no position is
  // missing. OK: all visited. DataLoss: a record is damaged or missing; the
  // message names partition:position and, where known, the file.
  // InvalidArgument: `from` is 0. OutOfRange: `from` is below the floor; the
  // message names the floor. Any thread.
  virtual absl::Status Read(PartitionId partition, Position from, Position to,
                            const RecordVisitor& visit) const = 0;

  // Visits the records at `positions` (ascending), as Read does. For the
  // scattered records of one instance. NotFound: a position is behind the end.
  // OutOfRange: one is below the floor.
  virtual absl::Status ReadAt(PartitionId partition,
                              std::span<const Position> positions,
                              const RecordVisitor& visit) const = 0;

  // One record; NotFound behind the end, DataLoss and OutOfRange as for Read.
  absl::StatusOr<std::string> ReadOne(PartitionId partition,
                                      Position position) const;

  // The last position that can be read (0: empty log). In a reader never behind
  // what is acknowledged.
  virtual Position End(PartitionId partition) const = 0;

  // The last position that is durable and marked: what OnDurable reported, or
  // what the opening found. Everything found by an opening counts as durable.
  virtual Position DurableEnd(PartitionId partition) const = 0;

  // --- Trimming -------------------------------------------------------------

  // The first position that the log still has, or would have: 1 until it is
  // trimmed, at most DurableEnd() + 1. Only grows. In a reader as of its
  // opening or last Refresh(). Any thread.
  virtual Position Floor(PartitionId partition) const = 0;

  // Takes the records of `partition` below `floor` out of the log. The new
  // floor is on the disk, in either mode, before anything is dropped, so a
  // crash in between leaves records below the floor there, which nothing reads;
  // the same call at the next opening finishes it (also when `floor` is the
  // floor already). Gives their space back as far as files hold nothing else,
  // and that of cache entries that StoreOptions::is_dead says are dead by now.
  // End() and the positions of what follows stay as they are, also when nothing
  // is left; an empty log then begins at `floor`, for copies of a log that was
  // trimmed. A Read that runs meanwhile either goes on with what it began with
  // or answers OutOfRange; a reader keeps what it sees until its Refresh().
  //
  // Blocks for as long as those cache tables take to compact. Any thread but
  // that of the listener's calls; one call after the other. Not beside a
  // running checkpoint of the partition. OnFailed may be called before it
  // returns.
  //   FailedPrecondition: read_only; closed; a checkpoint runs; the caches are
  //     true as of a position below `floor` - 1; records below it aren't
  //     durable.
  //   InvalidArgument: `floor` is below Floor().
  //   Unavailable: the store has failed, now or before; the floor is the old or
  //     the new one.
  virtual absl::Status TrimBefore(PartitionId partition, Position floor) = 0;

  // --- Archive ---------------------------------------------------------------
  // What was taken out of the log to be kept: entries in the order of their
  // keys, compressed hard, in the same directory, of all partitions. No cache:
  // nothing can derive it again, so discard_caches and CacheView::Clear leave
  // it alone.

  // Keys must not be empty; a key that exists gets the new value. Keys that are
  // written in ascending order are never moved again on the disk, others are
  // merged; values of some KiB that are alike compress best.
  struct ArchiveEntry {
    std::string key;
    std::string value;
  };

  // Writes all of `entries` or nothing; of a key that comes twice the last one
  // counts. Durable when it returns, in the store's mode: what TrimBefore takes
  // away may be taken away then. Any thread but that of the listener's calls.
  // OnFailed may be called before it returns.
  //   InvalidArgument: an empty key, or more than kRoundBytesMax together.
  //   FailedPrecondition: read_only, or closed.
  //   Unavailable: the store has failed, now (a failed write fails it) or
  //     before; all or nothing of `entries` is there at the next opening.
  virtual absl::Status WriteArchive(
      const std::vector<ArchiveEntry>& entries) = 0;

  // Removes the keys, of which any may be missing, as WriteArchive writes them.
  virtual absl::Status DeleteFromArchive(
      const std::vector<std::string>& keys) = 0;

  // Both valid during the call only. False stops the scan (which then is OK).
  using ArchiveVisitor =
      std::function<bool(std::string_view key, std::string_view value)>;

  // Visits the entries with from <= key, and key < to unless `to` is empty, in
  // key order: those of one moment. In a reader as of its opening or last
  // Refresh(), and what it sees beyond that may not be durable yet.
  // DataLoss: a damaged file. FailedPrecondition: closed. Any thread.
  virtual absl::Status ScanArchive(const std::string& from,
                                   const std::string& to,
                                   const ArchiveVisitor& visit) const = 0;

  // --- Caches ---------------------------------------------------------------

  // The caches of `partition`. Owned by the store. The view belongs to one
  // thread at a time (the partition's).
  virtual CacheView& Cache(PartitionId partition) = 0;

  // Whether `partition` should take a checkpoint now: its log since the last
  // one or its overlay has outgrown the options. Never while one is running.
  // Cheap.
  virtual bool CheckpointDue(PartitionId partition) const = 0;

  // --- Life -----------------------------------------------------------------

  // OK while the store works; afterwards the status given to OnFailed.
  virtual absl::Status health() const = 0;

  // In a reader: moves End() to what the writer has acknowledged by now. The
  // caches' base moves as well, so every overlay is emptied and must be folded
  // again from its Cache(p).position(). In a writer: OK and nothing.
  virtual absl::Status Refresh() = 0;

  // Losses that an operator accepted, ever, oldest first. The engine appends a
  // record for each that its log doesn't mention yet.
  virtual std::vector<AcceptedLoss> AcceptedLosses() const = 0;

  virtual StoreStats Stats() const = 0;

  // What the store takes on the disk and what was written for it; nothing of a
  // store that is on none. In a reader as of the writer's last checkpoint. Any
  // thread, not beside Close or Refresh. O(files).
  virtual absl::StatusOr<Footprint> MeasureFootprint() const;

  // Appends, syncs and reports what was taken, then stops the threads. The
  // overlay is not written: an opening folds the log again. Returns the health.
  // Idempotent; called by the destructor. Not from the listener.
  virtual absl::Status Close() = 0;

 protected:
  EventStore() = default;
};

// For implementations: InvalidArgument when a round breaks Append's rules.
absl::Status CheckRound(PartitionId partition, Position first,
                        const std::vector<std::string>& records);

// "partition:position", as users see a place in the log.
std::string LogPlace(PartitionId partition, Position position);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_EVENT_STORE_H_
