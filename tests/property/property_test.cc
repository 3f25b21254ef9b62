// Random processes, random acts: the laws hold, and the engine does what the
// reference interpreter does. PAWL_SEED repeats one seed, PAWL_SEEDS sets how
// many are run.
#include <cstdint>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/property/kind_coverage.h"
#include "tests/property/property_run.h"
#include "tests/support/environment.h"
#include "tests/support/last_words.h"
#include "tests/support/sanitizer_slowness.h"
#include "tests/support/thread_seconds.h"

namespace pawl::property {
namespace {

constexpr uint64_t kSeeds = 4000;
constexpr double kSeedSecondsMax = 5;

std::string RepeatLine(uint64_t seed) {
  return "Repeat: bazel test --test_env=PAWL_SEED=" + std::to_string(seed) +
         " //tests/property:property_test\n";
}

TEST(RandomProcesses, DoWhatTheReferenceDoes) {
  const uint64_t only = NumberFromEnv("PAWL_SEED", 0);
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last = only != 0 ? only : NumberFromEnv("PAWL_SEEDS", kSeeds);
  KindCoverage coverage;
  uint64_t acts = 0;
  uint64_t limits = 0;
  uint64_t delivered = 0;
  uint64_t started = 0;
  uint64_t called = 0;
  uint64_t along_flows = 0;
  uint64_t data_moved = 0;
  uint64_t data_missing = 0;
  uint64_t runs = 0;
  uint64_t compensations = 0;
  uint64_t sagas = 0;
  uint64_t failed = 0;
  uint64_t slowest = 0;
  double slowest_seconds = 0;
  SayLastWordsOnAbort();
  for (uint64_t seed = first; seed <= last; ++seed) {
    const std::string repeat = RepeatLine(seed);
    SetLastWords(repeat);
    const double began = ThreadSeconds();
    PropertyRun run(seed, &coverage);
    run.Go();
    if (const double took = ThreadSeconds() - began; took > slowest_seconds) {
      slowest = seed;
      slowest_seconds = took;
    }
    acts += run.acts();
    limits += run.limits();
    delivered += run.delivered();
    started += run.started_by_events();
    called += run.called();
    along_flows += run.along_flows();
    data_moved += run.data_moved();
    data_missing += run.data_missing();
    runs += run.loop_runs();
    compensations += run.compensations();
    sagas += run.sagas();
    failed += run.failed_compensations();
    if (HasFailure()) FAIL() << run.Story() << repeat;
  }
  SetLastWords("");
  std::cout << coverage.Print() << acts << " acts, " << limits
            << " times at the limit of activations, " << delivered
            << " messages and signals delivered, " << started
            << " instances started by them, " << along_flows
            << " of these along message flows, " << called << " called, "
            << data_moved << " data moved, " << data_missing << " missing, "
            << runs << " runs of loops, " << compensations << " compensations, "
            << sagas << " sagas, " << failed
            << " times a handler failed; slowest: seed " << slowest << ", "
            << slowest_seconds << " s of processor time\n";
  // What multiplies must be bounded.
  EXPECT_LT(slowest_seconds, kSeedSecondsMax * kSanitizerSlowness);
  // The cells are those of the default run.
  if (only != 0 || last < kSeeds) return;
  EXPECT_GT(limits, 0u);
  EXPECT_GT(delivered, 0u);
  EXPECT_GT(started, 0u);
  EXPECT_GT(called, 0u);
  EXPECT_GT(along_flows, 0u);
  EXPECT_GT(data_moved, 0u);
  EXPECT_GT(data_missing, 0u);
  EXPECT_GT(runs, 0u);
  EXPECT_GT(compensations, 0u);
  EXPECT_GT(sagas, 0u);
  EXPECT_GT(failed, 0u);
  for (const std::string& cell : coverage.Holes()) {
    ADD_FAILURE() << "never seen: " << cell;
  }
  for (const std::string& cell : coverage.Impossible()) {
    ADD_FAILURE() << "can't happen, and did: " << cell;
  }
}

}  // namespace
}  // namespace pawl::property
