#include "tests/crash/crash_run.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/crash/golden_run.h"
#include "tests/crash/sweep.h"
#include "tests/crash/workload.h"
#include "tests/support/random.h"

namespace pawl::crash {
namespace {

// A workload and what it does without faults. Few, because finding that out
// takes as long as a run.
struct Known {
  Workload workload;
  RunResult clean;
};
constexpr uint64_t kWorkloads = 48;

const Known& WorkloadOf(uint64_t seed) {
  static std::map<uint64_t, Known>& all = *new std::map<uint64_t, Known>();
  const uint64_t number = seed % kWorkloads;
  auto it = all.find(number);
  if (it == all.end()) {
    Random random(number);
    Known known;
    known.workload = RandomWorkload(&random);
    known.clean = RunLives(known.workload, {}, {.disk = &NewStoreDisk()});
    it = all.emplace(number, std::move(known)).first;
  }
  return it->second;
}

// Calls that a fault of this kind can strike in a life like the clean run's.
uint64_t Places(const RunResult& clean, FaultKind kind) {
  uint64_t places = 0;
  for (size_t call = 0; call < kCallCount; ++call) {
    if (CanStrike(kind, static_cast<Call>(call))) places += clean.calls[call];
  }
  return std::max<uint64_t>(1, places);
}

// Lies are rarer: whoever sees one stops looking.
FaultKind PickKind(Random* random) {
  if (random->OneIn(8)) {
    return random->OneIn(2) ? FaultKind::kBitFlip : FaultKind::kShortRead;
  }
  static constexpr FaultKind kKinds[] = {FaultKind::kKill,
                                         FaultKind::kDropUnsynced,
                                         FaultKind::kDropUnsynced,
                                         FaultKind::kOutOfOrder,
                                         FaultKind::kTornSector,
                                         FaultKind::kGarbage,
                                         FaultKind::kIoError,
                                         FaultKind::kNoSpace,
                                         FaultKind::kShortWrite,
                                         FaultKind::kFailedSync,
                                         FaultKind::kFailedSync,
                                         FaultKind::kFailedRename,
                                         FaultKind::kFailedFolderSync,
                                         FaultKind::kReadError};
  return kKinds[random->Below(std::size(kKinds))];
}

}  // namespace

CrashResult RunCrashSeed(uint64_t seed) {
  CrashResult out;
  const std::string repeat = absl::StrCat("--seeds 1 --from ", seed);
  NoteRunUnderWay(repeat);
  const Known& known = WorkloadOf(seed);
  Random random(seed);
  std::vector<Life> lives;
  const size_t count = 1 + random.Below(3);
  for (size_t i = 0; i < count; ++i) {
    Life life;
    life.slow_disk = random.OneIn(3);
    Fault fault;
    fault.kind = PickKind(&random);
    fault.at = 1 + random.Below(Places(known.clean, fault.kind));
    fault.for_ever = !EndsLife(fault.kind) &&
                     fault.kind != FaultKind::kBitFlip && random.OneIn(3);
    life.faults.push_back(fault);
    // A disk that lies keeps its power: losing it within a second of damage to
    // synced bytes looks like a torn tail, and nobody claims otherwise.
    const bool lies = fault.kind == FaultKind::kBitFlip;
    if (!EndsLife(fault.kind) && !lies && random.OneIn(2)) {
      life.otherwise = random.OneIn(2) ? SimulatedDisk::Loss::kSomeOfUnsynced
                                       : SimulatedDisk::Loss::kUnsynced;
    }
    // A flip or a failure that nobody noticed, and then the power goes.
    if (!EndsLife(fault.kind) && random.OneIn(2)) {
      const FaultKind end =
          lies || random.OneIn(3) ? FaultKind::kKill : FaultKind::kDropUnsynced;
      life.faults.push_back(
          {end, 1 + random.Below(Places(known.clean, end)), false});
    }
    lives.push_back(std::move(life));
  }
  RunOptions options;
  options.seed = seed;
  options.outcome = known.clean.outcome;
  // Now and then the store is made in the first life.
  if (!random.OneIn(8)) options.disk = &NewStoreDisk();
  const RunResult result = !known.clean.failure.empty()
                               ? known.clean
                               : RunLives(known.workload, lives, options);
  out.lives = LivesToText(lives);
  out.commands = result.commands;
  out.io_calls = result.io_calls;
  out.refused = result.refused();
  out.faults = static_cast<uint64_t>(
      std::count(result.struck.begin(), result.struck.end(), true));
  if (!result.failure.empty()) {
    out.failure = absl::StrCat(
        known.clean.failure.empty() ? "" : "without faults: ", result.failure,
        "\n  ", out.lives, "\n  repeat: tools/crash ", repeat);
  }
  return out;
}

}  // namespace pawl::crash
