// A sample of R4, and all of R5. tools/crash --flips 10000 is R4.
//
//   PAWL_CRASH_FLIPS=N   how many bits
//   PAWL_CRASH_SEED=N    the first seed
#include "tests/crash/damage.h"

#include <cstdint>
#include <iostream>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/environment.h"

namespace pawl::crash {
namespace {

TEST(Flips, AreRefusedOrHarmless) {
  const uint64_t from = NumberFromEnv("PAWL_CRASH_SEED", 1);
  const uint64_t flips = NumberFromEnv("PAWL_CRASH_FLIPS", 250);
  std::map<std::string, int> refused;
  std::map<std::string, int> harmless;
  for (uint64_t seed = from; seed < from + flips; ++seed) {
    const FlipResult result = RunFlip(seed);
    EXPECT_EQ(result.failure, "") << "seed " << seed;
    ++(result.refused ? refused : harmless)[result.file];
  }
  for (const auto& [file, times] : refused) {
    std::cout << file << ": " << times << " refused, " << harmless[file]
              << " harmless" << std::endl;
  }
  // Every part of the log matters, and every block of a table.
  EXPECT_GT(refused["WAL"], 0);
  EXPECT_GT(refused["table"], 0);
}

TEST(LogDamages, AreAllRefusedByTheirPlace) {
  const std::vector<LogDamage> all = RunLogDamages();
  EXPECT_GT(all.size(), 15u);
  for (const LogDamage& damage : all) EXPECT_EQ(damage.failure, "");
}

}  // namespace
}  // namespace pawl::crash
