// RocksDbCore: the open database, how far each partition's log has come, and
// whether the store has failed. The parts of the store (log writer, syncer,
// checkpointer, caches) share it and nothing else.
#ifndef PAWL_EVENTSTORE_ROCKSDB_CORE_H_
#define PAWL_EVENTSTORE_ROCKSDB_CORE_H_

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"
#include "eventstore/log_reader.h"
#include "eventstore/mark.h"
#include "eventstore/table.h"
#include "eventstore/wal_gate.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {

struct RocksDbCore {
  // Written by one thread each, read by all.
  struct Partition {
    std::atomic<Position> taken{0};     // given to a round
    std::atomic<Position> appended{0};  // in the WAL
    std::atomic<Position> durable{0};   // and acknowledged by the mark
    std::atomic<Position> cached{0};    // P: caches on disk as of here
    std::atomic<Position> floor{1};     // nothing is read below
    std::atomic<bool> checkpointing{false};
    // Of the log behind the last checkpoint that was begun.
    std::atomic<uint64_t> bytes_since_checkpoint{0};
  };
  struct Counters {
    std::atomic<uint64_t> records{0};
    std::atomic<uint64_t> record_bytes{0};
    std::atomic<uint64_t> batches{0};
    std::atomic<uint64_t> syncs{0};
    std::atomic<uint64_t> mark_syncs{0};
    std::atomic<uint64_t> checkpoints{0};
    std::atomic<uint64_t> log_compaction_bytes{0};
    std::atomic<uint64_t> wal_bytes{0};
  };
  // Of table files that RocksDB made since the database was opened.
  struct FileCounters {
    std::atomic<uint64_t> flush_bytes{0};
    std::atomic<uint64_t> compaction_bytes{0};
    std::atomic<uint64_t> last_file{0};
  };

  RocksDbCore(StoreOptions options, int partitions);
  ~RocksDbCore();
  RocksDbCore(const RocksDbCore&) = delete;
  RocksDbCore& operator=(const RocksDbCore&) = delete;

  // Opens db/ below the directory with every family, for writing or as a
  // secondary (which does without an archive where there is none) with its
  // scratch files in `scratch`. Sets the handles.
  absl::Status OpenDatabase(const rocksdb::DBOptions& options);
  absl::Status OpenSecondary(const rocksdb::DBOptions& options,
                             const std::string& scratch);
  // Opens it a second time, as one that nobody may write, and closes that: OK
  // when each table file that belongs to it can be opened. A writer that
  // removes files meanwhile makes it fail, too.
  absl::Status CheckReadable(const rocksdb::DBOptions& db_options);
  // Idempotent.
  absl::Status CloseDatabase();

  std::string db_path() const { return options.directory + "/db"; }
  rocksdb::ColumnFamilyHandle* meta() const { return handles.at(0); }
  rocksdb::ColumnFamilyHandle* log(PartitionId partition) const {
    return handles.at(1 + size_t{partition});
  }
  rocksdb::ColumnFamilyHandle* table(Table table) const {
    return handles.at(1 + partitions.size() + IndexOf(table));
  }
  // Null in a reader of a store that has none.
  rocksdb::ColumnFamilyHandle* archive() const {
    const size_t index = 1 + partitions.size() + kTableCount;
    return index < handles.size() ? handles[index] : nullptr;
  }

  LogTable LogOf(PartitionId partition) const {
    return {db.get(), log(partition), partition,
            &partitions.at(partition).floor};
  }
  std::vector<Position> FloorsNow() const;

  // --- Writing

  // Writes to the log's WAL, not synced, after whatever was written before it
  // and never behind a write that failed. The caller calls Fail() when this
  // does. Any thread.
  rocksdb::Status WriteWithWal(rocksdb::WriteBatch* batch);

  // Brings what is in memory of every family to tables, all of them together:
  // one that was left out would keep the WAL alive, and atomic_flush only joins
  // those that are named. `what` for the error. Any thread.
  absl::Status FlushEverything(const std::string& what);

  // --- Failure

  bool failed() const { return failed_.load(std::memory_order_acquire); }
  absl::Status health() const;
  // The first call decides the health and tells the listener. Any thread,
  // without locks of the store.
  void Fail(const absl::Status& status);

  // --- Acknowledgement

  // Writes to the mark that every partition is acknowledged up to `up_to`, and
  // on the disk too if `synced`; then tells the listener. Fails the store when
  // the mark can't be written. One thread at a time.
  void Acknowledge(const std::vector<Position>& up_to, bool synced);

  std::vector<Position> AppendedNow() const;

  // By this engine and those before it.
  PhysicalWrites Written() const;

  // The mark as it will be written.
  std::vector<MarkContent::Entry> mark_entries;

  const StoreOptions options;
  EventStoreListener* listener = nullptr;
  std::unique_ptr<Mark> mark;
  std::vector<Partition> partitions;
  std::atomic<uint64_t> bytes_since_flush{0};  // of all logs and the archive
  // The WAL holds something, not records of a log, that no sync has covered.
  std::atomic<bool> others_unsynced{false};
  Counters counters;
  // Shared with RocksDB's listener, which counts before there is a core.
  std::shared_ptr<FileCounters> file_counters;
  PhysicalWrites written_before;
  // Called after the durable positions have moved, and after a failure.
  std::function<void()> on_progress;

  // Of the database while it is open for writing.
  WalGate wal_gate;
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;

 private:
  std::vector<rocksdb::ColumnFamilyDescriptor> Families();
  absl::Status Opened(const rocksdb::Status& status, rocksdb::DB* opened);

  std::mutex write_mutex_;
  rocksdb::Status write_failure_;  // the first; guarded by write_mutex_

  std::atomic<bool> failed_{false};
  mutable std::mutex health_mutex_;
  absl::Status health_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_CORE_H_
