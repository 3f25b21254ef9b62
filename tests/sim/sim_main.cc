// The program behind tools/sim: runs seeds on all processors, prints how far it
// is, and in the end what was run and which faults struck what.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "tests/sim/simulation.h"
#include "tests/sim/tally.h"
#include "tests/support/last_words.h"

namespace pawl::sim {
namespace {

constexpr const char* kUsage =
    "usage: sim [--seeds N] [--from S] [--minutes M] [--jobs J] [--steps N]\n"
    "           [--trace] [--digest] [--no-table]\n";

struct Arguments {
  uint64_t seeds = 0;
  uint64_t from = 1;
  double minutes = 0;
  int jobs = 0;
  int steps = 0;
  bool trace = false;
  bool digest = false;
  bool table = true;
};

std::atomic<bool> g_stop{false};

void OnInterrupt(int) { g_stop.store(true); }

bool Parse(int argc, char** argv, Arguments* arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--trace") {
      arguments->trace = true;
      continue;
    }
    if (name == "--digest") {
      arguments->digest = true;
      continue;
    }
    if (name == "--no-table") {
      arguments->table = false;
      continue;
    }
    const char* const value = i + 1 < argc ? argv[++i] : "";
    const bool read =
        name == "--seeds"     ? absl::SimpleAtoi(value, &arguments->seeds)
        : name == "--from"    ? absl::SimpleAtoi(value, &arguments->from)
        : name == "--minutes" ? absl::SimpleAtod(value, &arguments->minutes)
        : name == "--jobs"    ? absl::SimpleAtoi(value, &arguments->jobs)
        : name == "--steps"   ? absl::SimpleAtoi(value, &arguments->steps)
                              : false;
    if (!read) {
      std::fprintf(stderr, "sim: got '%s %s'\n%s", argv[i - 1], value, kUsage);
      return false;
    }
  }
  if (arguments->seeds == 0) {
    arguments->seeds = arguments->minutes > 0 ? UINT64_MAX / 2 : 1000;
  }
  if (arguments->jobs <= 0) {
    arguments->jobs =
        static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  return true;
}

class Runner {
 public:
  explicit Runner(const Arguments& arguments)
      : arguments_(arguments), began_(std::chrono::steady_clock::now()) {}

  int Run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < arguments_.jobs; ++i) {
      threads.emplace_back([this] { Work(); });
    }
    while (running_.load() != 0 || !began_work_.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      Progress();
    }
    for (std::thread& thread : threads) thread.join();
    return Summary();
  }

 private:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         began_)
        .count();
  }

  void Work() {
    ++running_;
    began_work_.store(true);
    while (!g_stop.load()) {
      const uint64_t offset = next_.fetch_add(1);
      if (offset >= arguments_.seeds) break;
      if (arguments_.minutes > 0 && Seconds() > arguments_.minutes * 60) break;
      const uint64_t seed = arguments_.from + offset;
      {
        const std::lock_guard lock(mutex_);
        began_at_[seed] = Seconds();
      }
      const SimResult result = RunSeedTwice(
          {.seed = seed, .steps = arguments_.steps, .trace = arguments_.trace});
      const std::lock_guard lock(mutex_);
      began_at_.erase(seed);
      tally_.Add(seed, result);
      if (!result.failure.empty()) g_stop.store(true);
    }
    --running_;
  }

  void Progress() {
    constexpr double kEverySeconds = 5;
    constexpr double kLongSeconds = 10;
    if (Seconds() < said_ + kEverySeconds) return;
    said_ = Seconds();
    const std::lock_guard lock(mutex_);
    std::fprintf(stderr, "%.0f s: %" PRIu64 " seeds, %.0f a minute\n", said_,
                 tally_.seeds(),
                 60.0 * static_cast<double>(tally_.seeds()) / said_);
    for (const auto& [seed, began] : began_at_) {
      if (said_ - began < kLongSeconds) continue;
      std::fprintf(stderr, "seed %" PRIu64 " has run for %.0f s\n", seed,
                   said_ - began);
    }
  }

  int Summary() {
    if (arguments_.table) std::printf("%s\n", tally_.table().Print().c_str());
    std::printf("%s", tally_.Text(Seconds()).c_str());
    if (arguments_.digest) {
      std::printf("digest %016" PRIx64 "\n", tally_.digest());
    }
    if (tally_.failures().empty()) return Holes();
    const auto& [seed, text] = *tally_.failures().begin();
    std::printf("FAILED: seed %" PRIu64 ": %s\n%s\n", seed, text.c_str(),
                RepeatLine({.seed = seed, .steps = arguments_.steps}).c_str());
    return 1;
  }

  // So many seeds must leave no cell of the table empty, however seldom its
  // element is drawn.
  int Holes() const {
    constexpr uint64_t kSeedsForEachCell = 100'000;
    if (tally_.seeds() < kSeedsForEachCell) return 0;
    const std::vector<std::string> empty = tally_.table().EmptyCells(true);
    for (const std::string& cell : empty) {
      std::printf("FAILED: no fault struck: %s\n", cell.c_str());
    }
    return empty.empty() ? 0 : 1;
  }

  const Arguments arguments_;
  const std::chrono::steady_clock::time_point began_;
  std::atomic<uint64_t> next_{0};
  std::atomic<int> running_{0};
  std::atomic<bool> began_work_{false};
  double said_ = 0;
  std::mutex mutex_;
  Tally tally_;
  std::map<uint64_t, double> began_at_;  // of the seeds that run
};

}  // namespace
}  // namespace pawl::sim

int main(int argc, char** argv) {
  pawl::sim::Arguments arguments;
  if (!pawl::sim::Parse(argc, argv, &arguments)) return 2;
  pawl::SayLastWordsOnAbort();
  std::signal(SIGINT, pawl::sim::OnInterrupt);
  std::signal(SIGTERM, pawl::sim::OnInterrupt);
  return pawl::sim::Runner(arguments).Run();
}
