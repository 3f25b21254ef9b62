// What is measured around a stretch of work: time, processor time, fsyncs, and
// from the closed store its records and the raw loop over them.
#ifndef PAWL_BENCH_METER_H_
#define PAWL_BENCH_METER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/probe.h"
#include "bench/report.h"
#include "engine/engine.h"

namespace pawl::bench {

// Lets `size` callers through at a time. Any thread.
class Window {
 public:
  explicit Window(int size) : free_(size), size_(size) {}
  void Enter();
  void Leave();
  // Until everybody has left.
  void AwaitEmpty();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int free_;
  const int size_;
};

// Latencies from many threads.
class Latencies {
 public:
  void Add(std::chrono::steady_clock::duration taken);
  std::vector<double> Take();

 private:
  std::mutex mutex_;
  std::vector<double> us_;
};

class Meter {
 public:
  // Watches the store in `directory`/store from now on; made before the engine
  // that is measured is opened.
  explicit Meter(std::string directory);

  // The stretch; `engine` tells how many records there are.
  absl::Status Start(Engine* engine);
  absl::Status Stop(Engine* engine, Report* report);
  // After the engine has closed: reads the log back and runs the raw loop.
  absl::Status ReadBack(Report* report);

 private:
  const std::string directory_;
  std::optional<Probe> probe_;
  std::chrono::steady_clock::time_point start_;
  double cpu_start_s_ = 0;
  uint64_t fsyncs_start_ = 0;
  int64_t records_start_ = 0;
  int64_t records_end_ = 0;
};

}  // namespace pawl::bench

#endif  // PAWL_BENCH_METER_H_
