// LogSyncer: the one thread that makes logs durable and moves the mark.
//
// kSync: after each write it syncs the WAL while the next round is decided,
// then writes the mark, then reports. kBuffered: the writer's thread writes the
// mark and reports at once (Acknowledge), and this thread syncs once a second,
// so that power loss costs about that much.
#ifndef PAWL_EVENTSTORE_LOG_SYNCER_H_
#define PAWL_EVENTSTORE_LOG_SYNCER_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "eventstore/rocksdb_core.h"

namespace pawl::eventstore {

class LogSyncer {
 public:
  // How often the mark, and in buffered mode the log, goes to the disk.
  static constexpr std::chrono::milliseconds kTick{1000};

  explicit LogSyncer(RocksDbCore* core);
  ~LogSyncer();

  // Something was written. On the log writer's thread.
  void Wrote();

  // Brings the WAL with all that was written before to the disk now, and
  // acknowledges what is in it of the logs. Any thread.
  absl::Status SyncNow();

  // That, and the mark, as before a checkpoint. Any thread.
  absl::Status SyncAll();

  // Syncs and reports what was written, then ends the thread. Idempotent; call
  // after the writer has stopped.
  void Stop();

 private:
  void Run();
  // Syncs what is appended and acknowledges it; fails the store on error.
  void SyncLog();
  void SyncMark();

  RocksDbCore* const core_;
  const bool buffered_;
  // Held around sync and acknowledgement, so that marks never go back.
  std::mutex acknowledge_mutex_;
  std::mutex mutex_;
  std::condition_variable work_;
  bool wrote_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_LOG_SYNCER_H_
