// Tally: the results of many runs together.
#ifndef PAWL_TESTS_SIM_TALLY_H_
#define PAWL_TESTS_SIM_TALLY_H_

#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/simulation.h"
#include "tests/support/fault_table.h"

namespace pawl::sim {

// Thread-compatible. The order in which results come doesn't matter.
class Tally {
 public:
  Tally();

  void Add(uint64_t seed, const SimResult& result);

  uint64_t seeds() const { return seeds_; }
  const FaultTable& table() const { return table_; }
  // Of all runs together.
  uint64_t digest() const { return digest_; }
  // By seed.
  const std::map<uint64_t, std::string>& failures() const { return failures_; }
  // Of processor time, what one seed took at most.
  double slowest_seconds() const { return slowest_seconds_; }
  // What was run in `seconds`, a line each.
  std::string Text(double seconds) const;

 private:
  uint64_t seeds_ = 0;
  uint64_t digest_ = 0;
  uint64_t commands_ = 0;
  uint64_t records_ = 0;
  uint64_t faults_ = 0;
  uint64_t restarts_ = 0;
  uint64_t instances_ = 0;
  double virtual_ms_ = 0;
  uint64_t slowest_ = 0;
  double slowest_seconds_ = 0;
  FaultTable table_;
  std::map<uint64_t, std::string> failures_;
};

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_TALLY_H_
