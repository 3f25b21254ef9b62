#include "bench/workload.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "bench/kill_workload.h"
#include "bench/meter.h"
#include "bench/models.h"

namespace pawl::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The first error of any thread.
class FirstError {
 public:
  void Note(const absl::Status& status) {
    if (status.ok()) return;
    std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = status;
    failed_ = true;
  }
  bool failed() const { return failed_; }
  absl::Status Get() {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  std::mutex mutex_;
  absl::Status status_;
  std::atomic<bool> failed_ = false;
};

// W1 and W2: instances whose service tasks are done by a handler in this
// process. As many instances as are wanted are kept under way: each time the
// handler has been called once per service task, one more is started, without
// waiting.
//
// A few of the instances are probes: a thread each that starts one, waits for
// its end, and starts the next. The handler notes when it is called for a
// probe, so its calls and its end give step latencies without anything that
// costs the other instances.
class HandlerWorkload {
 public:
  HandlerWorkload(Engine* engine, const Flags& flags, std::string process,
                  int tasks)
      : engine_(engine),
        flags_(flags),
        process_(std::move(process)),
        tasks_(tasks) {}

  absl::Status Prepare() {
    return engine_->RegisterHandler(
        "step",
        [this](const Job& job) -> absl::StatusOr<Variables> { return Do(job); },
        {.max_in_flight = std::max(2048, flags_.in_flight * tasks_)});
  }

  absl::Status Run() {
    const int probes =
        static_cast<int>(std::min<int64_t>(kProbes, flags_.instances));
    const int64_t at_once =
        std::min<int64_t>(flags_.instances, std::max(flags_.in_flight, probes));
    std::vector<std::thread> threads;
    for (int i = 0; i < probes; ++i) {
      threads.emplace_back([this, i] { RunProbe(i); });
    }
    for (int64_t i = probes; i < at_once; ++i) StartOne();
    for (std::thread& thread : threads) thread.join();
    PAWL_RETURN_IF_ERROR(error_.Get());
    return engine_->AwaitIdle(absl::Minutes(10));
  }

  std::vector<double> TakeLatencies() { return latencies_.Take(); }

 private:
  static constexpr int kProbes = 4;
  struct Probed {
    std::mutex mutex;
    // Calls of the instance that is under way, oldest first.
    std::vector<SteadyClock::time_point> calls;
  };

  absl::StatusOr<Variables> Do(const Job& job) {
    absl::StatusOr<int64_t> n = job.variables()["n"].AsInt64();
    if (!n.ok()) return n.status();
    const Value* probe = job.variables().find("probe");
    if (probe != nullptr) {
      Probed& probed = probed_[probe->AsInt64().value_or(0)];
      std::lock_guard lock(probed.mutex);
      probed.calls.push_back(SteadyClock::now());
    } else if (++calls_ % tasks_ == 0) {
      StartOne();
    }
    return Variables{{"n", *n + 1}};
  }

  // False when there are enough.
  bool TakeOne() { return started_.fetch_add(1) < flags_.instances; }

  void StartOne() {
    if (!TakeOne()) return;
    engine_->StartAsync(process_, {{"n", 0}}, {},
                        [this](absl::StatusOr<InstanceKey> instance) {
                          error_.Note(instance.status());
                        });
  }

  // Probes end with the last instance.
  void RunProbe(int index) {
    Probed& probed = probed_[index];
    while (!error_.failed() && TakeOne()) {
      probed.calls.clear();
      auto instance = engine_->Start(process_, {{"n", 0}, {"probe", index}});
      if (!instance.ok()) return error_.Note(instance.status());
      auto end = engine_->AwaitEnd(*instance, absl::Minutes(5));
      if (!end.ok()) return error_.Note(end.status());
      auto now = SteadyClock::now();
      std::lock_guard lock(probed.mutex);
      // From one call to the next lies one durable step of a chain. In a fork
      // only the last call has something behind it: the join and the end.
      for (size_t i = 1; process_ == "chain" && i < probed.calls.size(); ++i) {
        latencies_.Add(probed.calls[i] - probed.calls[i - 1]);
      }
      if (!probed.calls.empty()) latencies_.Add(now - probed.calls.back());
    }
  }

  Engine* const engine_;
  const Flags& flags_;
  const std::string process_;
  const int tasks_;
  std::atomic<int64_t> started_ = 0;
  std::atomic<int64_t> calls_ = 0;
  Probed probed_[kProbes];
  Latencies latencies_;
  FirstError error_;
};

absl::Status ExpectEnded(Engine* engine, int64_t instances) {
  PAWL_ASSIGN_OR_RETURN(EngineStats stats, engine->Stats());
  int64_t ended = stats.instances_by_state["completed"];
  if (ended == instances && stats.incidents == 0) return absl::OkStatus();
  return absl::InternalError("ended instances: got " + std::to_string(ended) +
                             ", wanted " + std::to_string(instances) +
                             "; incidents: " + std::to_string(stats.incidents));
}

absl::StatusOr<Report> RunHandlers(const Flags& flags, const BpmnText& model,
                                   const std::string& process, int tasks) {
  Report report;
  Meter meter(flags.directory);
  PAWL_ASSIGN_OR_RETURN(auto engine, Engine::Open(flags.Options()));
  PAWL_RETURN_IF_ERROR(engine->Deploy(model).status());
  HandlerWorkload work(engine.get(), flags, process, tasks);
  PAWL_RETURN_IF_ERROR(work.Prepare());
  PAWL_RETURN_IF_ERROR(meter.Start(engine.get()));
  PAWL_RETURN_IF_ERROR(work.Run());
  PAWL_RETURN_IF_ERROR(meter.Stop(engine.get(), &report));
  PAWL_RETURN_IF_ERROR(ExpectEnded(engine.get(), flags.instances));
  report.steps = flags.instances * tasks;
  report.step_us = work.TakeLatencies();
  PAWL_RETURN_IF_ERROR(engine->Close());
  engine.reset();
  PAWL_RETURN_IF_ERROR(meter.ReadBack(&report));
  return report;
}

absl::StatusOr<Report> RunWaiting(const Flags& flags) {
  Report report;
  Meter meter(flags.directory);
  PAWL_ASSIGN_OR_RETURN(auto engine, Engine::Open(flags.Options()));
  PAWL_RETURN_IF_ERROR(engine->Deploy(WaitModel()).status());
  PAWL_RETURN_IF_ERROR(meter.Start(engine.get()));
  PAWL_RETURN_IF_ERROR(StartWaiting(engine.get(), flags, flags.instances));
  PAWL_RETURN_IF_ERROR(
      CompleteAllTasks(engine.get(), flags, &report.step_us, nullptr));
  PAWL_RETURN_IF_ERROR(meter.Stop(engine.get(), &report));
  PAWL_RETURN_IF_ERROR(ExpectEnded(engine.get(), flags.instances));
  report.steps = flags.instances;
  PAWL_RETURN_IF_ERROR(engine->Close());
  engine.reset();
  PAWL_RETURN_IF_ERROR(meter.ReadBack(&report));
  return report;
}

}  // namespace

EngineOptions Flags::Options() const {
  return {.directory = store(),
          .durability = durability,
          .partitions = partitions,
          .handler_threads = handler_threads};
}

absl::StatusOr<Report> RunWorkload(const Flags& flags) {
  std::filesystem::create_directories(flags.directory);
  absl::StatusOr<Report> report = absl::InvalidArgumentError(
      "--workload: got " + flags.workload + ", wanted W1, W2, W3 or W4");
  if (flags.workload == "W1") {
    report = RunHandlers(flags, ChainModel(), "chain", kChainTasks);
  } else if (flags.workload == "W2") {
    report = RunHandlers(flags, ForkModel(), "fan-out", kForkBranches);
  } else if (flags.workload == "W3") {
    report = RunWaiting(flags);
  } else if (flags.workload == "W4") {
    report = RunKilled(flags);
  }
  if (!report.ok()) return report;
  report->workload = flags.workload;
  report->durability =
      flags.durability == Durability::kSync ? "sync" : "buffered";
  report->partitions = flags.partitions;
  report->instances = flags.instances;
  return report;
}

}  // namespace pawl::bench
