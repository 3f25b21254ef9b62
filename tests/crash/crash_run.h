// RunCrashSeed: a random short workload, one to three lives with random faults
// and the recoveries after them, all from one seed; as deterministic as the
// engine's threads allow. The checks are those of golden_run.h.
#ifndef PAWL_TESTS_CRASH_CRASH_RUN_H_
#define PAWL_TESTS_CRASH_CRASH_RUN_H_

#include <cstdint>
#include <string>

namespace pawl::crash {

struct CrashResult {
  // Empty: all was as it should be.
  std::string failure;
  // What was done: the lives as sweep.h writes them.
  std::string lives;
  uint64_t commands = 0;
  uint64_t io_calls = 0;
  uint64_t faults = 0;  // that struck
  bool refused = false;
};

CrashResult RunCrashSeed(uint64_t seed);

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_CRASH_RUN_H_
