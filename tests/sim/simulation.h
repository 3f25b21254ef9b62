// RunSeed: one run of the real engine on a simulated machine, all of it drawn
// from one integer. The same seed and the same commit give the same run, bit
// for bit, on every machine and compiler.
//
// Who plays what: world.h is the machine, clients.h everybody outside the
// engine, faults.h what goes wrong, oracle.h what must be true. docs/testing.md
// says what is not simulated.
//
//   tools/sim --seeds 1 --from 17 --trace
#ifndef PAWL_TESTS_SIM_SIMULATION_H_
#define PAWL_TESTS_SIM_SIMULATION_H_

#include <cstdint>
#include <string>

#include "tests/support/fault_table.h"

namespace pawl::sim {

struct SimOptions {
  uint64_t seed = 1;
  // Of the scheduler; 0: drawn from the seed.
  int steps = 0;
  // Prints each step to stdout.
  bool trace = false;
};

struct SimResult {
  // The first law that was broken; empty when all held.
  std::string failure;
  // Of the final state, the bytes of the log and the source of chance.
  uint64_t digest = 0;
  uint64_t commands = 0;
  uint64_t records = 0;
  uint64_t faults = 0;
  uint64_t restarts = 0;
  uint64_t instances = 0;
  // Of processor time.
  double seconds = 0;
  // How far the clock was moved.
  int64_t virtual_ms = 0;
  // Columns: kFaults.
  FaultTable table;

  SimResult();
};

// A CHECK that fails inside of the engine aborts the process; which seed it was
// in is in the thread's last words (tests/support/last_words.h). Thread-safe.
SimResult RunSeed(const SimOptions& options);

// True for the seeds that are to be run twice, one in twenty.
inline bool RunsTwice(uint64_t seed) { return seed % 20 == 0; }

// RunSeed; seeds of RunsTwice a second time with the heap laid out otherwise,
// and it is a failure when anything of the two differs.
SimResult RunSeedTwice(const SimOptions& options);

// The one line that repeats a run.
std::string RepeatLine(const SimOptions& options);

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_SIMULATION_H_
