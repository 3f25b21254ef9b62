// The default suite's share of the simulation: some thousand seeds, all laws,
// and the table of what the faults struck.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sim/simulation.h"
#include "tests/sim/tally.h"
#include "tests/support/last_words.h"
#include "tests/support/sanitizer_slowness.h"

namespace pawl::sim {
namespace {

// As many as it takes until no cell of the table is empty; with sanitizers a
// quarter of them, which takes as long as all without.
constexpr uint64_t kSeedsOfTable = 4000;
constexpr uint64_t kSeeds =
    kSanitizerSlowness > 1 ? kSeedsOfTable / 4 : kSeedsOfTable;
constexpr int kThreads = 2;
constexpr double kSeedSecondsMax = 5;

Tally RunAll() {
  SayLastWordsOnAbort();
  Tally tally;
  std::mutex mutex;
  std::atomic<uint64_t> next{1};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (uint64_t seed = next++; seed <= kSeeds; seed = next++) {
        const SimResult result = RunSeedTwice({.seed = seed});
        const std::lock_guard lock(mutex);
        tally.Add(seed, result);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return tally;
}

TEST(Simulation, SeedsKeepAllLaws) {
  const auto began = std::chrono::steady_clock::now();
  const Tally tally = RunAll();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began)
          .count();
  for (const auto& [seed, failure] : tally.failures()) {
    ADD_FAILURE() << "seed " << seed << ": " << failure << "\n"
                  << RepeatLine({.seed = seed});
  }
  std::printf("%s\n%s", tally.table().Print().c_str(),
              tally.Text(seconds).c_str());
  // What multiplies is bounded: once one seed took minutes.
  EXPECT_LT(tally.slowest_seconds(), kSeedSecondsMax * kSanitizerSlowness);
  if (kSeeds == kSeedsOfTable) {
    for (const std::string& cell : tally.table().EmptyCells()) {
      ADD_FAILURE() << "no fault struck: " << cell;
    }
  }
  for (const std::string& cell : tally.table().ImpossibleCells()) {
    ADD_FAILURE() << "a fault struck what it can't: " << cell;
  }
}

TEST(Simulation, OneSeedIsOneRun) {
  const SimResult a = RunSeed({.seed = 7});
  EXPECT_EQ(a.failure, "");
  EXPECT_EQ(a.digest, RunSeed({.seed = 7}).digest);
  EXPECT_NE(a.digest, RunSeed({.seed = 8}).digest);
  EXPECT_NE(a.digest, RunSeed({.seed = 7, .steps = 50}).digest);
}

}  // namespace
}  // namespace pawl::sim
