#include "tests/sim/tally.h"

#include "absl/strings/str_format.h"
#include "tests/sim/fault_kind.h"
#include "tests/support/random.h"

namespace pawl::sim {

Tally::Tally() : table_(FaultTableOfSim()) {}

void Tally::Add(uint64_t seed, const SimResult& result) {
  ++seeds_;
  // A sum: runs end in any order.
  digest_ += Random(seed ^ Random(result.digest).Next()).Next();
  commands_ += result.commands;
  records_ += result.records;
  faults_ += result.faults;
  restarts_ += result.restarts;
  instances_ += result.instances;
  virtual_ms_ += static_cast<double>(result.virtual_ms);
  if (result.seconds > slowest_seconds_) {
    slowest_ = seed;
    slowest_seconds_ = result.seconds;
  }
  table_.Add(result.table);
  if (!result.failure.empty()) failures_.emplace(seed, result.failure);
}

std::string Tally::Text(double seconds) const {
  constexpr double kDayMs = 24.0 * 3600 * 1000;
  std::string text = absl::StrFormat(
      "%d seeds in %.1f s, %.0f a minute\n", seeds_, seconds,
      seconds > 0 ? 60.0 * static_cast<double>(seeds_) / seconds : 0);
  absl::StrAppendFormat(&text, "virtual time %.0f days, %.2g times real time\n",
                        virtual_ms_ / kDayMs,
                        seconds > 0 ? virtual_ms_ / 1000 / seconds : 0);
  absl::StrAppendFormat(&text,
                        "%d instances, %d commands, %d records, %d faults of "
                        "%d kinds, %d restarts\n",
                        instances_, commands_, records_, faults_,
                        kFaultKindCount, restarts_);
  absl::StrAppendFormat(&text, "slowest: seed %d, %.2f s of processor time\n",
                        slowest_, slowest_seconds_);
  const auto empty = table_.EmptyCells();
  absl::StrAppendFormat(&text, "table: %d cells that can be hit are empty\n",
                        empty.size());
  return text;
}

}  // namespace pawl::sim
