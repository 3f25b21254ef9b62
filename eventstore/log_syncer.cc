#include "eventstore/log_syncer.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/planted.h"
#include "eventstore/rocksdb_status.h"

namespace pawl::eventstore {

LogSyncer::LogSyncer(RocksDbCore* core)
    : core_(core),
      buffered_(core->options.durability == Durability::kBuffered),
      thread_([this] { Run(); }) {}

LogSyncer::~LogSyncer() { Stop(); }

void LogSyncer::Wrote() {
  if (buffered_) {
    // The write returned, so the operating system has the records.
    const std::lock_guard<std::mutex> lock(acknowledge_mutex_);
    core_->Acknowledge(core_->AppendedNow(), /*synced=*/false);
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    wrote_ = true;
  }
  work_.notify_one();
}

void LogSyncer::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LogSyncer::Run() {
  auto next_tick = std::chrono::steady_clock::now() + kTick;
  for (bool stopping = false; !stopping;) {
    bool sync;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      work_.wait_until(lock, next_tick, [&] { return wrote_ || stopping_; });
      sync = std::exchange(wrote_, false);
      stopping = stopping_;
    }
    const bool tick = stopping || std::chrono::steady_clock::now() >= next_tick;
    if (sync || tick) SyncLog();
    if (tick) {
      SyncMark();
      next_tick = std::chrono::steady_clock::now() + kTick;
    }
  }
}

void LogSyncer::SyncLog() {
  const std::lock_guard<std::mutex> lock(acknowledge_mutex_);
  if (core_->failed()) return;
  const std::vector<Position> appended = core_->AppendedNow();
  // Whoever set it has written before, so the sync below covers it.
  bool anything = core_->others_unsynced.exchange(false);
  for (size_t p = 0; p < appended.size(); ++p) {
    anything |= core_->mark_entries[p].synced != appended[p];
  }
  if (!anything) return;
  if (PAWL_PLANTED(acknowledge_before_durable)) {
    core_->Acknowledge(appended, /*synced=*/true);
  }
  if (PAWL_PLANTED(mark_before_sync)) {
    std::vector<MarkContent::Entry> early = core_->mark_entries;
    for (size_t p = 0; p < appended.size(); ++p) {
      early[p] = {appended[p], appended[p]};
    }
    (void)core_->mark->Write(early);
  }
  rocksdb::Status status = core_->wal_gate.BeginSync();
  if (!status.ok() && PAWL_PLANTED(failed_append_ignored)) {
    core_->Acknowledge(appended, /*synced=*/true);
    return;
  }
  if (!status.ok()) {
    core_->Fail(FromRocksDb(status, absl::StrCat("append to the log in ",
                                                 core_->options.directory)));
    return;
  }
  if (!PAWL_PLANTED(skip_sync)) status = core_->db->SyncWAL();
  core_->wal_gate.EndSync();
  ++core_->counters.syncs;
  if (!status.ok() && !PAWL_PLANTED(failed_sync_ignored)) {
    std::string places;
    for (size_t p = 0; p < appended.size(); ++p) {
      if (core_->mark_entries[p].synced == appended[p]) continue;
      absl::StrAppend(&places, " ",
                      LogPlace(static_cast<PartitionId>(p),
                               core_->mark_entries[p].synced + 1),
                      " to ",
                      LogPlace(static_cast<PartitionId>(p), appended[p]));
    }
    core_->Fail(
        FromRocksDb(status, absl::StrCat("sync of the log,", places,
                                         places.empty() ? " in " : ", in ",
                                         core_->options.directory)));
    return;
  }
  core_->Acknowledge(appended, /*synced=*/true);
}

void LogSyncer::SyncMark() {
  if (core_->failed()) return;
  const absl::Status status = core_->mark->Sync();
  ++core_->counters.mark_syncs;
  if (!status.ok()) core_->Fail(status);
}

absl::Status LogSyncer::SyncNow() {
  SyncLog();
  return core_->health();
}

absl::Status LogSyncer::SyncAll() {
  SyncLog();
  SyncMark();
  return core_->health();
}

}  // namespace pawl::eventstore
