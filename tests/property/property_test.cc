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

namespace pawl::property {
namespace {

constexpr uint64_t kSeeds = 3000;

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
  SayLastWordsOnAbort();
  for (uint64_t seed = first; seed <= last; ++seed) {
    const std::string repeat = RepeatLine(seed);
    SetLastWords(repeat);
    PropertyRun run(seed, &coverage);
    run.Go();
    acts += run.acts();
    limits += run.limits();
    delivered += run.delivered();
    started += run.started_by_events();
    if (HasFailure()) FAIL() << run.Story() << repeat;
  }
  SetLastWords("");
  std::cout << coverage.Print() << acts << " acts, " << limits
            << " times at the limit of activations, " << delivered
            << " messages and signals delivered, " << started
            << " instances started by them\n";
  // The cells are those of the default run.
  if (only != 0 || last < kSeeds) return;
  EXPECT_GT(limits, 0u);
  EXPECT_GT(delivered, 0u);
  EXPECT_GT(started, 0u);
  for (const std::string& cell : coverage.Holes()) {
    ADD_FAILURE() << "never seen: " << cell;
  }
  for (const std::string& cell : coverage.Impossible()) {
    ADD_FAILURE() << "can't happen, and did: " << cell;
  }
}

}  // namespace
}  // namespace pawl::property
