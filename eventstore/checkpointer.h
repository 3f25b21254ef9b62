// Checkpointer: the one thread that moves the caches' base forward.
//
// A checkpoint is a frozen overlay and a position P. When the log is synced up
// to P (and the mark is on the disk), the net changes and P are written as one
// batch without WAL, and all families are flushed together; then nothing of the
// WAL so far is needed any more. Checkpoints that wait together share the
// flush. The order, and why P can't get ahead: docs/log_format.md,
// "Checkpoint".
#ifndef PAWL_EVENTSTORE_CHECKPOINTER_H_
#define PAWL_EVENTSTORE_CHECKPOINTER_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "eventstore/overlay.h"
#include "eventstore/rocksdb_core.h"

namespace pawl::eventstore {

class Checkpointer {
 public:
  // `sync_all` brings log and mark to the disk.
  Checkpointer(RocksDbCore* core, std::function<absl::Status()> sync_all);
  ~Checkpointer();

  // Takes a checkpoint that was found allowed. Sets layer->written.
  void Begin(PartitionId partition, Position position,
             std::shared_ptr<OverlayLayer> layer);

  // Frees a layer on this thread.
  void Retire(std::shared_ptr<OverlayLayer> layer);

  // The durable positions have moved, or the store has failed.
  void Progress();

  // Empties the tables of a partition and sets its P to 0, on disk. Blocks.
  absl::Status Clear(PartitionId partition);

  // Finishes the checkpoints whose positions are durable, then ends the thread.
  // Idempotent; call after the syncer has stopped.
  void Stop();

 private:
  struct Job {
    PartitionId partition;
    Position position;
    std::shared_ptr<OverlayLayer> layer;
  };

  void Run();
  // The log that the job covers is durable.
  bool Covered(const Job& job) const;
  bool ReadyLocked() const;
  std::vector<Job> TakeReadyLocked();
  absl::Status WriteAll(const std::vector<Job>& jobs);
  absl::Status WriteBatchOf(const Job& job);
  void Done(const std::vector<Job>& jobs);
  // Of Clear; written, not yet flushed.
  rocksdb::Status DeleteEntries(PartitionId partition);

  RocksDbCore* const core_;
  const std::function<absl::Status()> sync_all_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Job> jobs_;
  std::vector<std::shared_ptr<OverlayLayer>> retired_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_CHECKPOINTER_H_
