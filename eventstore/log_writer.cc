#include "eventstore/log_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/rules.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {
namespace {

// What RocksDB's log grows by for a batch: a header of 7 bytes on each piece in
// a block of 32 KiB.
uint64_t WalBytes(uint64_t batch_bytes) {
  constexpr uint64_t kHeader = 7;
  constexpr uint64_t kBlock = 32 << 10;
  return batch_bytes + kHeader * (1 + batch_bytes / (kBlock - kHeader));
}

}  // namespace

LogWriter::LogWriter(RocksDbCore* core, std::function<void()> wrote)
    : core_(core), wrote_(std::move(wrote)), thread_([this] { Run(); }) {}

LogWriter::~LogWriter() { Stop(); }

absl::Status LogWriter::Append(PartitionId partition, Position first,
                               std::vector<std::string> records) {
  size_t bytes = 0;
  for (const std::string& record : records) bytes += record.size();
  bool wake;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    PAWL_RETURN_IF_ERROR(CheckMayAppend(/*read_only=*/false, stopping_,
                                        core_->health(),
                                        core_->options.directory));
    RocksDbCore::Partition& state = core_->partitions[partition];
    const Position taken = state.taken.load(std::memory_order_relaxed);
    PAWL_RETURN_IF_ERROR(CheckExpected(partition, taken, first));
    state.taken.store(taken + records.size(), std::memory_order_release);
    queue_.push_back({partition, first, bytes, std::move(records)});
    wake = waiting_;
  }
  if (wake) work_.notify_one();
  return absl::OkStatus();
}

void LogWriter::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::vector<LogWriter::Round> LogWriter::TakeLocked() {
  std::vector<Round> rounds;
  size_t bytes = 0;
  while (!queue_.empty() && (rounds.empty() || bytes + queue_.front().bytes <=
                                                   kLogWriteBytesMax)) {
    bytes += queue_.front().bytes;
    rounds.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return rounds;
}

void LogWriter::Run() {
  for (;;) {
    std::vector<Round> rounds;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      waiting_ = true;
      work_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      waiting_ = false;
      if (queue_.empty()) return;
      rounds = TakeLocked();
    }
    // After a failure what waits is discarded: its outcome is unknown to the
    // callers anyway, and a later write must not follow a lost one.
    if (!core_->failed()) Write(rounds);
  }
}

void LogWriter::Write(const std::vector<Round>& rounds) {
  size_t bytes = 0;
  size_t records = 0;
  for (const Round& round : rounds) {
    bytes += round.bytes;
    records += round.records.size();
  }
  rocksdb::WriteBatch batch(bytes + records * 24 + 64, /*max_bytes=*/0,
                            kProtectionBytesPerKey, /*default_cf_ts_sz=*/0);
  rocksdb::Status status;
  for (const Round& round : rounds) {
    rocksdb::ColumnFamilyHandle* family = core_->log(round.partition);
    Position position = round.first;
    for (const std::string& record : round.records) {
      const std::string key = EncodeBigEndian64(position);
      const std::string crc = RecordCrc(round.partition, position, record);
      const rocksdb::Slice key_part(key);
      const rocksdb::Slice parts[2] = {crc, record};
      if (status.ok()) {
        status = batch.Put(family, rocksdb::SliceParts(&key_part, 1),
                           rocksdb::SliceParts(parts, 2));
      }
      ++position;
    }
  }
  if (status.ok()) status = core_->WriteWithWal(&batch);
  if (!status.ok() && !PAWL_PLANTED(failed_append_ignored)) {
    core_->Fail(FromRocksDb(
        status,
        absl::StrCat("append of ",
                     LogPlace(rounds.front().partition, rounds.front().first),
                     " to ",
                     LogPlace(rounds.back().partition, rounds.back().last()),
                     " in ", core_->options.directory)));
    return;
  }
  ++core_->counters.batches;
  core_->counters.records += records;
  core_->counters.record_bytes += bytes;
  core_->counters.wal_bytes += WalBytes(batch.GetDataSize());
  core_->bytes_since_flush += bytes;
  for (const Round& round : rounds) {
    RocksDbCore::Partition& state = core_->partitions[round.partition];
    state.bytes_since_checkpoint += round.bytes;
    PAWL_CHECK_EQ(state.appended.load() + 1, round.first) << "a gap in the log";
    state.appended.store(round.last(), std::memory_order_release);
    if (core_->listener != nullptr) {
      core_->listener->OnAppended(round.partition, round.last());
    }
  }
  wrote_();
}

}  // namespace pawl::eventstore
