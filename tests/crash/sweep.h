// Sweeps: the golden run again and again, with a fault at each IO call in turn,
// until a run sees no fault.
#ifndef PAWL_TESTS_CRASH_SWEEP_H_
#define PAWL_TESTS_CRASH_SWEEP_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/crash/golden_run.h"

namespace pawl::crash {

struct SweepOptions {
  // Each n-th call only, from the place `seed` modulo n. 1: all of them.
  uint64_t every = 1;
  uint64_t seed = 1;
  // Not before this call.
  uint64_t first = 1;
  // Told what each run was, and its result; for progress and for the table of
  // faults (then note_struck_records).
  std::function<void(const std::vector<Life>&, const RunResult&)> on_run = {};
  bool note_struck_records = false;
  // Stops after so many failures.
  size_t failures_max = 5;
};

struct SweepFigures {
  uint64_t runs = 0;
  uint64_t struck = 0;
  // Openings that were refused, which only a lie allows.
  uint64_t refused = 0;
  // What went wrong, with the line that repeats it.
  std::vector<std::string> failures;

  void Add(const SweepFigures& other);
};

// The golden run without faults; its outcome is what all others must have.
const RunResult& GoldenResult();

// The same for a store that is being made, with the first steps only.
// Then a life without a fault, at the end of which the power is lost.
SweepFigures SweepCreation(FaultKind kind, bool for_ever,
                           const SweepOptions& options);
// A life that ends, or goes on, with a fault of this kind at every call.
SweepFigures SweepLife(FaultKind kind, bool for_ever,
                       const SweepOptions& options);
// A life that ends by `first`, and then the fault at every call of the opening
// that follows.
SweepFigures SweepOpening(const Fault& first, FaultKind kind, bool for_ever,
                          const SweepOptions& options);

// What repeats the run that is under way, as arguments of tools/crash, so that
// one that a CHECK ends can be repeated too.
void NoteRunUnderWay(const std::string& arguments);

// Lives as text, for a line that repeats them: "kill@17", then
// "io_error@3!,drop_unsynced@9" (`!` is for ever, `,` parts lives, `+` faults
// of one life, a last `~` loses what isn't synced when the engine stopped, a
// last `?` some of it, and `%` behind all that is a slow disk).
std::string LivesToText(const std::vector<Life>& lives);
// InvalidArgument: what isn't understood.
absl::StatusOr<std::vector<Life>> LivesFromText(const std::string& text);

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_SWEEP_H_
