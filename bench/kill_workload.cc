#include "bench/kill_workload.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "bench/meter.h"
#include "bench/models.h"
#include "bench/probe.h"

namespace pawl::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

double MsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start)
      .count();
}

// Share of checkpoint_bytes at which a log counts as nearly as long as it gets.
constexpr double kNearlyFull = 0.97;

// Adds small records, from several threads so that they share syncs, until the
// write-ahead log is nearly as long as it ever gets: that is what an opening
// has to read. Each time that a checkpoint comes first, the aim is lowered.
absl::Status LengthenLog(Engine* engine, const Flags& flags,
                         const std::vector<InstanceKey>& instances) {
  constexpr size_t kThreads = 16;
  constexpr size_t kCalls = 8;
  double aim =
      kNearlyFull * static_cast<double>(flags.Options().checkpoint_bytes);
  uint64_t before = WalBytes(flags.store());
  for (size_t n = 0; static_cast<double>(before) < aim; ++n) {
    std::vector<std::thread> threads;
    std::vector<absl::Status> statuses(kThreads);
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (size_t i = 0; i < kCalls; ++i) {
          size_t at = (n * kThreads + t) * kCalls + i;
          statuses[t].Update(engine->SetVariables(
              instances[at % instances.size()], {{"n", at}}));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& status : statuses) PAWL_RETURN_IF_ERROR(status);
    uint64_t now = WalBytes(flags.store());
    if (now < before) {
      aim = std::min(aim, kNearlyFull * static_cast<double>(before));
    }
    before = now;
  }
  return absl::OkStatus();
}

// The child: makes the instances wait, says so, and waits to be killed. The
// last of them are started after a checkpoint, as many as fit before the next.
absl::Status Fill(const Flags& flags) {
  PAWL_ASSIGN_OR_RETURN(auto engine, Engine::Open(flags.Options()));
  PAWL_RETURN_IF_ERROR(engine->Deploy(WaitModel()).status());
  const int64_t half = (flags.instances + 1) / 2;
  PAWL_RETURN_IF_ERROR(StartWaiting(engine.get(), flags, half));
  PAWL_ASSIGN_OR_RETURN(EngineStats stats, engine->Stats());
  const double bytes_each =
      static_cast<double>(stats.log_bytes) / static_cast<double>(half);
  // A tenth less than fits: the log has headers, and the rest is made up.
  const int64_t tail =
      std::min(flags.instances - half,
               static_cast<int64_t>(
                   0.9 * static_cast<double>(flags.Options().checkpoint_bytes) /
                   bytes_each));
  PAWL_RETURN_IF_ERROR(
      StartWaiting(engine.get(), flags, flags.instances - half - tail));
  PAWL_RETURN_IF_ERROR(engine->Checkpoint());
  PAWL_RETURN_IF_ERROR(StartWaiting(engine.get(), flags, tail));
  PAWL_ASSIGN_OR_RETURN(std::vector<InstanceInfo> infos,
                        engine->Instances({.limit = 1000}));
  std::vector<InstanceKey> some;
  for (const InstanceInfo& info : infos) some.push_back(info.key);
  PAWL_RETURN_IF_ERROR(LengthenLog(engine.get(), flags, some));
  // Never closed: the engine lives until the kill.
  engine.release();
  return absl::OkStatus();
}

absl::Status FillAndKill(const Flags& flags) {
  int fds[2];
  if (pipe(fds) != 0) return absl::InternalError("no pipe");
  // There are no threads yet, so the child may go on without exec.
  pid_t child = fork();
  if (child < 0) return absl::InternalError("no child process");
  if (child == 0) {
    close(fds[0]);
    absl::Status filled = Fill(flags);
    if (!filled.ok()) {
      std::cerr << "pawl_bench: filling: " << filled << std::endl;
      std::_Exit(1);
    }
    char ready = 'r';
    if (write(fds[1], &ready, 1) != 1) std::_Exit(1);
    pause();
    std::_Exit(1);
  }
  close(fds[1]);
  char ready = 0;
  ssize_t got = read(fds[0], &ready, 1);
  close(fds[0]);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (got != 1)
    return absl::InternalError("the child failed to fill the store");
  return absl::OkStatus();
}

}  // namespace

absl::Status StartWaiting(Engine* engine, const Flags& flags, int64_t count) {
  Window window(flags.in_flight);
  std::mutex mutex;
  absl::Status first_error;
  for (int64_t i = 0; i < count; ++i) {
    window.Enter();
    engine->StartAsync("wait", {{"n", i}}, {},
                       [&](absl::StatusOr<InstanceKey> instance) {
                         if (!instance.ok()) {
                           std::lock_guard lock(mutex);
                           first_error.Update(instance.status());
                         }
                         window.Leave();
                       });
  }
  window.AwaitEmpty();
  return first_error;
}

absl::Status CompleteAllTasks(Engine* engine, const Flags& flags,
                              std::vector<double>* step_us, double* first_ms) {
  auto begin = SteadyClock::now();
  Window window(flags.in_flight);
  Latencies latencies;
  std::mutex mutex;
  absl::Status first_error;
  std::atomic<bool> any = false;
  ListQuery query;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(std::vector<TaskInfo> tasks, engine->Tasks(query));
    if (tasks.empty()) break;
    for (const TaskInfo& task : tasks) {
      window.Enter();
      auto start = SteadyClock::now();
      engine->CompleteTaskAsync(
          task.key, {{"done", true}}, [&, start](absl::Status status) {
            latencies.Add(SteadyClock::now() - start);
            if (first_ms != nullptr && !any.exchange(true)) {
              *first_ms = MsSince(begin);
            }
            if (!status.ok()) {
              std::lock_guard lock(mutex);
              first_error.Update(status);
            }
            window.Leave();
          });
    }
    query.after = tasks.back().key.value();
  }
  window.AwaitEmpty();
  *step_us = latencies.Take();
  return first_error;
}

absl::StatusOr<Report> RunKilled(const Flags& flags) {
  PAWL_RETURN_IF_ERROR(FillAndKill(flags));
  Report report;
  Report::Kill kill;
  kill.wal_mb = static_cast<double>(WalBytes(flags.store())) / 1e6;

  Meter meter(flags.directory);
  auto start = SteadyClock::now();
  PAWL_ASSIGN_OR_RETURN(auto engine, Engine::Open(flags.Options()));
  kill.open_ms = MsSince(start);
  PAWL_RETURN_IF_ERROR(meter.Start(engine.get()));
  double first_ms = 0;
  double from_start_ms = MsSince(start);
  PAWL_RETURN_IF_ERROR(
      CompleteAllTasks(engine.get(), flags, &report.step_us, &first_ms));
  kill.all_ms = MsSince(start);
  kill.first_ms = from_start_ms + first_ms;
  PAWL_RETURN_IF_ERROR(meter.Stop(engine.get(), &report));

  if (static_cast<int64_t>(report.step_us.size()) != flags.instances) {
    return absl::InternalError("waiting instances after the kill: got " +
                               std::to_string(report.step_us.size()) +
                               ", wanted " + std::to_string(flags.instances));
  }
  report.steps = flags.instances;
  report.kill = kill;
  PAWL_RETURN_IF_ERROR(engine->Close());
  engine.reset();
  PAWL_RETURN_IF_ERROR(meter.ReadBack(&report));
  return report;
}

}  // namespace pawl::bench
