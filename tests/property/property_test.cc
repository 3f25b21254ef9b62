// Random processes, random acts: the laws hold, and the engine does what the
// reference interpreter does. PAWL_SEED repeats one seed, PAWL_SEEDS sets how
// many are run.
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/property/kind_coverage.h"
#include "tests/property/property_run.h"

namespace pawl::property {
namespace {

constexpr uint64_t kSeeds = 3000;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string RepeatLine(uint64_t seed) {
  return "Repeat: bazel test --test_env=PAWL_SEED=" + std::to_string(seed) +
         " //tests/property:property_test\n";
}

// A CHECK ends the process, and then nobody else says which seed it was.
std::string g_repeat_line;

void SayWhich(int signal_number) {
  (void)!write(STDERR_FILENO, g_repeat_line.data(), g_repeat_line.size());
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

TEST(RandomProcesses, DoWhatTheReferenceDoes) {
  const uint64_t only = FromEnvironment("PAWL_SEED", 0);
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last =
      only != 0 ? only : FromEnvironment("PAWL_SEEDS", kSeeds);
  KindCoverage coverage;
  uint64_t acts = 0;
  uint64_t limits = 0;
  signal(SIGABRT, SayWhich);
  signal(SIGSEGV, SayWhich);
  for (uint64_t seed = first; seed <= last; ++seed) {
    g_repeat_line = RepeatLine(seed);
    PropertyRun run(seed, &coverage);
    run.Go();
    acts += run.acts();
    limits += run.limits();
    if (HasFailure()) FAIL() << run.Story() << g_repeat_line;
  }
  signal(SIGABRT, SIG_DFL);
  signal(SIGSEGV, SIG_DFL);
  std::cout << coverage.Print() << acts << " acts, " << limits
            << " times at the limit of activations\n";
  // The cells are those of the default run.
  if (only != 0 || last < kSeeds) return;
  EXPECT_GT(limits, 0u);
  for (const std::string& cell : coverage.Holes()) {
    ADD_FAILURE() << "never seen: " << cell;
  }
  for (const std::string& cell : coverage.Impossible()) {
    ADD_FAILURE() << "can't happen, and did: " << cell;
  }
}

}  // namespace
}  // namespace pawl::property
