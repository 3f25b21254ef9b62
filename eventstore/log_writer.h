// LogWriter: the one thread that writes logs.
//
// Rounds queue up and are written in the order they came, each whole inside one
// WriteBatch without a sync; rounds that wait together share a batch, whatever
// their partition. The syncer is woken after each write.
#ifndef PAWL_EVENTSTORE_LOG_WRITER_H_
#define PAWL_EVENTSTORE_LOG_WRITER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "eventstore/rocksdb_core.h"

namespace pawl::eventstore {

class LogWriter {
 public:
  // `wrote` is called on the writer's thread after each batch.
  LogWriter(RocksDbCore* core, std::function<void()> wrote);
  ~LogWriter();

  // As EventStore::Append, the round itself already checked.
  absl::Status Append(PartitionId partition, Position first,
                      std::vector<std::string> records);

  // Writes what was taken, then ends the thread. Idempotent.
  void Stop();

 private:
  struct Round {
    PartitionId partition;
    Position first;
    size_t bytes;
    std::vector<std::string> records;

    Position last() const { return first + records.size() - 1; }
  };

  void Run();
  // Takes the oldest rounds, up to kLogWriteBytesMax together.
  std::vector<Round> TakeLocked();
  void Write(const std::vector<Round>& rounds);

  RocksDbCore* const core_;
  const std::function<void()> wrote_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Round> queue_;
  bool waiting_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_LOG_WRITER_H_
