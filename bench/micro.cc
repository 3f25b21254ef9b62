// Single functions on the path of every step: fold, decide, append, and what it
// takes to fold an instance that isn't in memory.
//
//   bazel run -c opt //bench:micro
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/models.h"
#include "benchmark/benchmark.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/engine.h"
#include "engine/partition_data.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_event_store.h"
#include "tests/support/core_harness.h"

namespace pawl::bench {
namespace {

// A folder that is empty at first and gone at the end.
class Folder {
 public:
  Folder()
      : path_((std::filesystem::temp_directory_path() / "pawl-micro.XXXXXX")
                  .string()) {
    PAWL_CHECK(mkdtemp(path_.data()) != nullptr) << path_;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A core with one instance of the chain, `done` of its service tasks completed.
struct Chain {
  explicit Chain(int done) {
    harness.set_check_laws(false);
    core::ModelSketch sketch("chain");
    sketch.Node("start", fb::ElementKind::start_event);
    std::string last = "start";
    for (int i = 1; i <= kChainTasks; ++i) {
      std::string id = "step" + std::to_string(i);
      sketch.Node(id, fb::ElementKind::service_task);
      sketch.last().job = std::make_unique<fb::JobDefinitionT>();
      sketch.last().job->type = std::make_unique<fb::ExpressionT>();
      sketch.last().job->type->text = "step";
      sketch.Flow(last, id);
      last = id;
    }
    sketch.Node("end", fb::ElementKind::end_event).Flow(last, "end");
    harness.Deploy(sketch);
    instance = harness.Start("chain", "{\"n\": 0}");
    for (int i = 1; i <= done; ++i) {
      PAWL_CHECK_OK(harness.CompleteJob(instance, "step" + std::to_string(i),
                                        "{\"n\": " + std::to_string(i) + "}"));
    }
  }
  core::CoreHarness harness;
  InstanceKey instance;
};

// Apply, over all events of an instance that ran from start to end.
void Fold(benchmark::State& state) {
  Chain chain(kChainTasks);
  std::vector<std::unique_ptr<fb::RecordT>> records;
  int64_t events = 0;
  for (const std::string& bytes : chain.harness.log()) {
    auto record = core::DecodeRecord(bytes);
    PAWL_CHECK(record.ok()) << record.status();
    bool of_instance =
        !(*record)->touched.empty() &&
        (*record)->touched[0]->instance == chain.instance.value();
    if (!of_instance) continue;
    events += static_cast<int64_t>((*record)->events.size());
    records.push_back(std::move(*record));
  }
  for (auto _ : state) {
    core::Instance instance;
    for (const auto& record : records) {
      for (const fb::EventUnion& event : record->events) {
        PAWL_CHECK_OK(core::Apply(&instance, event, record->time_ms));
      }
    }
    PAWL_CHECK(instance.ended());
  }
  state.SetItemsProcessed(state.iterations() * events);
  state.SetLabel("items are events");
}
BENCHMARK(Fold);

// Decide: one job of the chain completed, the next one created.
void Decide(benchmark::State& state) {
  Chain chain(3);
  fb::CompleteJobT complete;
  complete.job = chain.harness.JobAt(chain.instance, "step4").value();
  complete.owner = std::make_unique<fb::JobOwnerT>();
  complete.owner->worker = "bench";
  complete.lock_first = true;
  complete.variables.push_back(std::make_unique<fb::VariableT>());
  complete.variables[0]->name = "n";
  complete.variables[0]->json = "4";
  fb::CommandUnion command;
  command.Set(std::move(complete));
  for (auto _ : state) {
    // Deciding changes it.
    core::Instance instance = chain.harness.at(chain.instance);
    core::RecordingLookups lookups(&chain.harness);
    auto start = std::chrono::steady_clock::now();
    core::Decision decision =
        core::Decide(command, &instance, chain.harness.now_ms(), &lookups);
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count());
    PAWL_CHECK(decision.status.ok()) << decision.status;
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel("items are steps");
}
BENCHMARK(Decide)->UseManualTime();

// Waits until the store says that a position is durable.
class DurableListener : public eventstore::EventStoreListener {
 public:
  void OnAppended(PartitionId, Position) override {}
  void OnDurable(PartitionId, Position last) override {
    std::lock_guard lock(mutex_);
    durable_ = last;
    changed_.notify_all();
  }
  void OnCheckpointed(PartitionId, Position) override {}
  void OnFailed(const absl::Status& status) override { PAWL_CHECK_OK(status); }
  void Await(Position position) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return durable_ >= position; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Position durable_ = 0;
};

// A round of records of 300 bytes, appended and awaited. With argument 1 not
// synced (buffered).
void Append(benchmark::State& state) {
  Folder folder;
  DurableListener listener;
  eventstore::StoreOptions options;
  options.directory = folder.path() + "/store";
  options.durability = state.range(1) != 0 ? eventstore::Durability::kSync
                                           : eventstore::Durability::kBuffered;
  auto store = eventstore::OpenRocksDbEventStore(options, &listener);
  PAWL_CHECK(store.ok()) << store.status();
  const auto round = static_cast<size_t>(state.range(0));
  Position next = 1;
  for (auto _ : state) {
    PAWL_CHECK_OK((*store)->Append(
        0, next, std::vector<std::string>(round, std::string(300, 'x'))));
    next += round;
    listener.Await(next - 1);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetLabel("items are records");
}
BENCHMARK(Append)
    ->ArgNames({"records", "sync"})
    ->ArgsProduct({{1, 100, 1000}, {0, 1}})
    ->UseRealTime();

// An instance that nobody used lately: stream entry, snapshot, records, fold.
// Its records lie scattered among those of 2,000 others.
void ColdFold(benchmark::State& state) {
  Folder folder;
  const std::string directory = folder.path() + "/store";
  std::vector<InstanceKey> keys;
  {
    auto engine = Engine::Open(
        {.directory = directory, .durability = Durability::kBuffered});
    PAWL_CHECK(engine.ok()) << engine.status();
    PAWL_CHECK_OK((*engine)->Deploy(ChainModel()).status());
    for (int i = 0; i < 2000; ++i) {
      auto key = (*engine)->Start("chain", {{"n", 0}});
      PAWL_CHECK(key.ok()) << key.status();
      keys.push_back(*key);
    }
    for (int64_t done = 0; done < state.range(0); ++done) {
      auto jobs =
          (*engine)->FetchAndLock("step", "bench", absl::Hours(1), 2000 / 2);
      while (jobs.ok() && !jobs->empty()) {
        for (const Job& job : *jobs) {
          PAWL_CHECK_OK(
              (*engine)->CompleteJob(job.key(), "bench", {{"n", done + 1}}));
        }
        if (jobs->back().instance() == keys.back()) break;
        jobs =
            (*engine)->FetchAndLock("step", "bench", absl::Hours(1), 2000 / 2);
      }
    }
    PAWL_CHECK_OK((*engine)->Close());
  }
  eventstore::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  auto store = eventstore::OpenRocksDbEventStore(options, nullptr);
  PAWL_CHECK(store.ok()) << store.status();
  PartitionData data(store->get(), 0, {});
  PAWL_CHECK_OK(data.Recover());
  data.SetReadable((*store)->End(0));
  size_t i = 0;
  for (auto _ : state) {
    auto entry = data.Load(keys[i++ % keys.size()]);
    PAWL_CHECK(entry.ok()) << entry.status();
    benchmark::DoNotOptimize(*entry);
    if (i % 64 == 0) data.ForgetInstances();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel("items are instances");
}
BENCHMARK(ColdFold)->ArgName("steps_done")->Arg(0)->Arg(3)->Arg(9);

}  // namespace
}  // namespace pawl::bench

BENCHMARK_MAIN();
