// Figures of the store: appends against a plain RocksDB loop, the overlay's
// operations, checkpoints, openings, and what a sync costs on this disk.
//   bazel run -c opt //eventstore:eventstore_bench
#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/check.h"
#include "benchmark/benchmark.h"
#include "eventstore/cache_view.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_event_store.h"
#include "rocksdb/db.h"

namespace pawl::eventstore {
namespace {

constexpr size_t kRound = 100;
constexpr size_t kRecordBytes = 600;

class Folder {
 public:
  Folder() {
    path_ = (std::filesystem::temp_directory_path() / "pawl_bench_XXXXXX");
    PAWL_CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

class DurableGate : public EventStoreListener {
 public:
  void OnAppended(PartitionId, Position) override {}
  void OnDurable(PartitionId, Position last) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    durable_ = last;
    moved_.notify_one();
  }
  void OnCheckpointed(PartitionId, Position position) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    checkpointed_ = position;
    moved_.notify_one();
  }
  void OnFailed(const absl::Status& status) override {
    PAWL_CHECK(false) << status;
  }
  void WaitDurable(Position position) {
    std::unique_lock<std::mutex> lock(mutex_);
    moved_.wait(lock, [&] { return durable_ >= position; });
  }
  void WaitCheckpointed(Position position) {
    std::unique_lock<std::mutex> lock(mutex_);
    moved_.wait(lock, [&] { return checkpointed_ >= position; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  Position durable_ = 0;
  Position checkpointed_ = 0;
};

// Records that compress about as well as real ones: half of it repeats.
std::string Record(uint64_t seed) {
  std::string record(kRecordBytes, 'r');
  for (size_t i = 0; i < kRecordBytes / 2; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    record[i] = static_cast<char>(seed >> 56);
  }
  return record;
}

std::string Key(uint64_t number) {
  std::string key(8, '\0');
  for (int i = 7; i >= 0; --i) {
    key[static_cast<size_t>(i)] = static_cast<char>(number);
    number >>= 8;
  }
  return key;
}

// --- The log
// ------------------------------------------------------------------

void Append(benchmark::State& state, Durability durability) {
  const Folder folder;
  DurableGate gate;
  auto store = OpenRocksDbEventStore(
      {.directory = folder / "store", .durability = durability}, &gate);
  PAWL_CHECK_OK(store.status());
  const auto in_flight = static_cast<Position>(state.range(0));
  std::vector<std::string> round;
  for (size_t i = 0; i < kRound; ++i) round.push_back(Record(i));
  Position next = 1;
  for (auto _ : state) {
    PAWL_CHECK_OK((*store)->Append(0, next, round));
    next += kRound;
    if (next > in_flight * kRound) gate.WaitDurable(next - in_flight * kRound);
    if ((*store)->CheckpointDue(0)) {
      PAWL_CHECK_OK((*store)->Cache(0).Checkpoint(next - 1));
    }
  }
  gate.WaitDurable(next - 1);
  state.SetItemsProcessed(static_cast<int64_t>(next - 1));
  state.counters["syncs"] = static_cast<double>((*store)->Stats().syncs);
}
void BM_AppendSync(benchmark::State& state) {
  Append(state, Durability::kSync);
}
// Rounds of 100 records of 600 bytes; 1 and 2 rounds not yet durable.
BENCHMARK(BM_AppendSync)->Arg(1)->Arg(2)->UseRealTime();
void BM_AppendBuffered(benchmark::State& state) {
  Append(state, Durability::kBuffered);
}
BENCHMARK(BM_AppendBuffered)->Arg(2)->UseRealTime();

// The same batches into RocksDB as it comes, sync written by RocksDB itself.
void BM_RawRocksDb(benchmark::State& state) {
  const Folder folder;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  PAWL_CHECK(rocksdb::DB::Open(options, folder / "db", &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  std::vector<std::string> round;
  for (size_t i = 0; i < kRound; ++i) round.push_back(Record(i));
  rocksdb::WriteOptions write;
  write.sync = state.range(0) != 0;
  Position next = 1;
  for (auto _ : state) {
    rocksdb::WriteBatch batch;
    for (const std::string& record : round) {
      PAWL_CHECK(batch.Put(Key(next++), record).ok());
    }
    PAWL_CHECK(db->Write(write, &batch).ok());
  }
  state.SetItemsProcessed(static_cast<int64_t>(next - 1));
}
BENCHMARK(BM_RawRocksDb)->ArgName("sync")->Arg(1)->Arg(0)->UseRealTime();

// One small round alone: what a lone command waits.
void BM_LoneCommand(benchmark::State& state) {
  const Folder folder;
  DurableGate gate;
  auto store = OpenRocksDbEventStore({.directory = folder / "store"}, &gate);
  PAWL_CHECK_OK(store.status());
  Position next = 1;
  for (auto _ : state) {
    PAWL_CHECK_OK((*store)->Append(0, next, {Record(next)}));
    gate.WaitDurable(next++);
  }
}
BENCHMARK(BM_LoneCommand)->UseRealTime();

void BM_DiskSync(benchmark::State& state) {
  const Folder folder;
  const int fd = open((folder / "file").c_str(), O_CREAT | O_WRONLY, 0644);
  const std::string bytes(kRound * kRecordBytes, 'x');
  for (auto _ : state) {
    PAWL_CHECK(write(fd, bytes.data(), bytes.size()) > 0);
    PAWL_CHECK(fdatasync(fd) == 0);
  }
  close(fd);
}
BENCHMARK(BM_DiskSync)->UseRealTime();

// --- Opening
// ------------------------------------------------------------------

// Killed just before a checkpoint: range(0) MB of log to replay.
void BM_Open(benchmark::State& state) {
  const Folder folder;
  {
    DurableGate gate;
    StoreOptions options{.directory = folder / "store"};
    options.checkpoint_log_bytes = size_t{512} << 20;
    auto store = OpenRocksDbEventStore(options, &gate);
    PAWL_CHECK_OK(store.status());
    std::vector<std::string> round;
    for (size_t i = 0; i < kRound; ++i) round.push_back(Record(i));
    Position next = 1;
    const auto wanted = static_cast<size_t>(state.range(0)) << 20;
    for (size_t bytes = 0; bytes < wanted; bytes += kRound * kRecordBytes) {
      PAWL_CHECK_OK((*store)->Append(0, next, round));
      next += kRound;
    }
    gate.WaitDurable(next - 1);
    std::filesystem::copy(folder / "store", folder / "killed",
                          std::filesystem::copy_options::recursive);
  }
  for (auto _ : state) {
    state.PauseTiming();
    std::filesystem::remove_all(folder / "copy");
    std::filesystem::copy(folder / "killed", folder / "copy",
                          std::filesystem::copy_options::recursive);
    state.ResumeTiming();
    auto store = OpenRocksDbEventStore({.directory = folder / "copy"}, nullptr);
    PAWL_CHECK_OK(store.status());
    state.PauseTiming();
    store->reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Open)->ArgName("MB")->Arg(0)->Arg(16)->UseRealTime()->Unit(
    benchmark::kMillisecond);

// --- Caches
// -------------------------------------------------------------------

class ViewFixture {
 public:
  ViewFixture() {
    auto store =
        OpenRocksDbEventStore({.directory = folder_ / "store"}, &gate_);
    PAWL_CHECK_OK(store.status());
    store_ = std::move(*store);
    PAWL_CHECK_OK(store_->Append(0, 1, {"record"}));
    gate_.WaitDurable(1);
  }
  CacheView& view() { return store_->Cache(0); }
  DurableGate& gate() { return gate_; }

 private:
  Folder folder_;
  DurableGate gate_;
  std::unique_ptr<EventStore> store_;
};

// The hottest path: a job is created and completed between two checkpoints,
// with range(0) others in the overlay.
void BM_OverlayPutNewDelete(benchmark::State& state) {
  ViewFixture fixture;
  const auto others = static_cast<uint64_t>(state.range(0));
  for (uint64_t i = 0; i < others; ++i) {
    fixture.view().PutNew(Table::kIndexJob, Key(i * 7919), "an index entry");
  }
  uint64_t next = others * 7919;
  for (auto _ : state) {
    const std::string key = Key(++next);
    fixture.view().PutNew(Table::kIndexJob, key, "an index entry");
    fixture.view().Delete(Table::kIndexJob, key);
  }
}
BENCHMARK(BM_OverlayPutNewDelete)->Arg(1000)->Arg(100'000);

void BM_OverlayPut(benchmark::State& state) {
  ViewFixture fixture;
  uint64_t next = 0;
  for (auto _ : state) {
    // Spread over the keys, so that it isn't always the end of the tree.
    fixture.view().Put(Table::kIndexJob, Key((next++ * 7919) % 100'003),
                       "an index entry");
  }
}
BENCHMARK(BM_OverlayPut);

void BM_OverlayExtend(benchmark::State& state) {
  ViewFixture fixture;
  for (uint64_t i = 0; i < 1000; ++i) {
    fixture.view().Put(Table::kStream, Key(i), "p");
  }
  uint64_t next = 0;
  for (auto _ : state) {
    fixture.view().Extend(Table::kStream, Key(next++ % 1000), "pp");
  }
}
BENCHMARK(BM_OverlayExtend);

void BM_OverlayGet(benchmark::State& state) {
  ViewFixture fixture;
  for (uint64_t i = 0; i < 100'000; ++i) {
    fixture.view().Put(Table::kIndexJob, Key(i * 7919), "an index entry");
  }
  uint64_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        fixture.view().Get(Table::kIndexJob, Key((next++ % 100'000) * 7919)));
  }
}
BENCHMARK(BM_OverlayGet);

// A key that neither overlay nor tables know, with a table on disk.
void BM_GetMissing(benchmark::State& state) {
  ViewFixture fixture;
  for (uint64_t i = 0; i < 100'000; ++i) {
    fixture.view().Put(Table::kIndexJob, Key(i * 7919), "an index entry");
  }
  PAWL_CHECK_OK(fixture.view().Checkpoint(1));
  fixture.gate().WaitCheckpointed(1);
  uint64_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        fixture.view().Get(Table::kIndexJob, Key(next++ * 7919 + 1)));
  }
}
BENCHMARK(BM_GetMissing);

// The first ten due timers, half of them on disk.
void BM_ScanFirstTen(benchmark::State& state) {
  ViewFixture fixture;
  for (uint64_t i = 0; i < 10'000; ++i) {
    fixture.view().Put(Table::kIndexDue, Key(i * 2), "timer");
  }
  PAWL_CHECK_OK(fixture.view().Checkpoint(1));
  fixture.gate().WaitCheckpointed(1);
  for (uint64_t i = 0; i < 10'000; ++i) {
    fixture.view().Put(Table::kIndexDue, Key(i * 2 + 1), "timer");
  }
  for (auto _ : state) {
    int seen = 0;
    PAWL_CHECK_OK(fixture.view().Scan(
        Table::kIndexDue, KeyRange::All(),
        [&](std::string_view, std::string_view) { return ++seen < 10; }));
  }
}
BENCHMARK(BM_ScanFirstTen);

// 100,000 entries: what the partition's thread is stopped for, and the whole.
void BM_Checkpoint(benchmark::State& state) {
  const bool whole = state.range(0) != 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto fixture = std::make_unique<ViewFixture>();
    for (uint64_t i = 0; i < 100'000; ++i) {
      fixture->view().Put(static_cast<Table>(i % 5), Key(i), "an index entry");
    }
    state.ResumeTiming();
    PAWL_CHECK_OK(fixture->view().Checkpoint(1));
    if (!whole) state.PauseTiming();
    fixture->gate().WaitCheckpointed(1);
    if (whole) state.PauseTiming();
    fixture.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Checkpoint)
    ->ArgName("whole")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(10)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pawl::eventstore

BENCHMARK_MAIN();
