#include "tests/crash/sweep.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/last_words.h"

namespace pawl::crash {
namespace {

const Workload& Golden() {
  static const Workload& workload = *new Workload(GoldenWorkload());
  return workload;
}

// Adds one run; false when the sweep is to end because of failures.
bool Try(const std::vector<Life>& lives, uint64_t seed,
         const SweepOptions& options, SweepFigures* figures,
         RunResult* result) {
  RunOptions run;
  run.seed = seed;
  run.outcome = GoldenResult().outcome;
  run.note_struck_records = options.note_struck_records;
  run.disk = &NewStoreDisk();
  const std::string repeat =
      absl::StrCat("--run '", LivesToText(lives), "' --from ", seed);
  NoteRunUnderWay(repeat);
  *result = RunLives(Golden(), lives, run);
  ++figures->runs;
  // A run that fails may not get to its last life.
  if (result->struck.size() >= lives.size()) {
    figures->struck += result->struck[lives.size() - 1];
  }
  figures->refused += result->refused();
  if (!result->failure.empty()) {
    figures->failures.push_back(
        absl::StrCat(result->failure, "\n  repeat: tools/crash ", repeat));
  }
  if (options.on_run) options.on_run(lives, *result);
  return figures->failures.size() < options.failures_max;
}

bool Lies(FaultKind kind) {
  return kind == FaultKind::kBitFlip || kind == FaultKind::kShortRead;
}

// Half of the lives that a fault doesn't end are ended by the power. Not those
// of a disk that lies: power lost within a second of damage to synced bytes
// looks like a torn tail, and nobody claims otherwise (docs/ARCHITECTURE.md).
SimulatedDisk::Loss LossAt(FaultKind kind, uint64_t n) {
  return n % 2 == 0 && kind != FaultKind::kBitFlip
             ? SimulatedDisk::Loss::kUnsynced
             : SimulatedDisk::Loss::kNothing;
}

}  // namespace

void SweepFigures::Add(const SweepFigures& other) {
  runs += other.runs;
  struck += other.struck;
  refused += other.refused;
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
}

const RunResult& GoldenResult() {
  static const RunResult& result =
      *new RunResult(RunLives(GoldenWorkload(), {}, {.disk = &NewStoreDisk()}));
  return result;
}

SweepFigures SweepCreation(FaultKind kind, bool for_ever,
                           const SweepOptions& options) {
  static const Workload& workload = *[] {
    auto* shortest = new Workload(GoldenWorkload());
    shortest->steps.resize(2);
    return shortest;
  }();
  SweepFigures figures;
  for (uint64_t n = options.first + options.seed % options.every;;
       n += options.every) {
    std::vector<Life> lives = {{{{kind, n, for_ever}}, LossAt(kind, n)}};
    // What the first life left and nobody synced must not be what the second
    // relies on.
    if (!Lies(kind)) lives.push_back({{}, SimulatedDisk::Loss::kUnsynced});
    const std::string repeat = absl::StrCat("--new --run '", LivesToText(lives),
                                            "' --from ", options.seed);
    NoteRunUnderWay(repeat);
    const RunResult result = RunLives(workload, lives, {.seed = options.seed});
    ++figures.runs;
    figures.refused += result.refused();
    if (!result.failure.empty()) {
      figures.failures.push_back(
          absl::StrCat("creation, ", LivesToText(lives), ": ", result.failure,
                       "\n  repeat: tools/crash ", repeat));
    }
    if (!result.struck.at(0)) break;
    ++figures.struck;
    if (figures.failures.size() >= options.failures_max) break;
  }
  return figures;
}

SweepFigures SweepLife(FaultKind kind, bool for_ever,
                       const SweepOptions& options) {
  SweepFigures figures;
  // A run that syncs more at a time has fewer calls: one that sees no fault may
  // not be the last that can.
  constexpr int kUnstruckMax = 5;
  int unstruck = 0;
  for (uint64_t n = options.first + options.seed % options.every;;
       n += options.every) {
    RunResult result;
    const std::vector<Life> lives = {{{{kind, n, for_ever}}, LossAt(kind, n)}};
    if (!Try(lives, options.seed + n, options, &figures, &result)) break;
    unstruck = result.struck.at(0) ? 0 : unstruck + 1;
    if (unstruck == kUnstruckMax) break;
  }
  return figures;
}

SweepFigures SweepOpening(const Fault& first, FaultKind kind, bool for_ever,
                          const SweepOptions& options) {
  SweepFigures figures;
  for (uint64_t n = options.first + options.seed % options.every;;
       n += options.every) {
    RunResult result;
    const std::vector<Life> lives = {{{first}},
                                     {{{kind, n, for_ever}}, LossAt(kind, n)}};
    if (!Try(lives, options.seed + n, options, &figures, &result)) break;
    if (result.struck_in_opening.size() < 2 ||
        !result.struck_in_opening.at(1)) {
      break;
    }
  }
  return figures;
}

void NoteRunUnderWay(const std::string& arguments) {
  SetLastWords(absl::StrCat("\nFAILED the process died\n  repeat: tools/crash ",
                            arguments, "\n"));
}

std::string LivesToText(const std::vector<Life>& lives) {
  std::string text;
  for (const Life& life : lives) {
    if (!text.empty()) text += ',';
    std::string faults;
    for (const Fault& fault : life.faults) {
      absl::StrAppend(&faults, faults.empty() ? "" : "+",
                      FaultKindName(fault.kind), "@", fault.at,
                      fault.for_ever ? "!" : "");
    }
    text += faults;
    if (life.otherwise == SimulatedDisk::Loss::kUnsynced) text += '~';
    if (life.otherwise == SimulatedDisk::Loss::kSomeOfUnsynced) text += '?';
    if (life.slow_disk) text += '%';
  }
  return text;
}

absl::StatusOr<std::vector<Life>> LivesFromText(const std::string& text) {
  std::vector<Life> lives;
  for (absl::string_view piece : absl::StrSplit(text, ',')) {
    std::string part(piece);
    Life life;
    if (!part.empty() && part.back() == '%') {
      life.slow_disk = true;
      part.pop_back();
    }
    if (!part.empty() && (part.back() == '~' || part.back() == '?')) {
      life.otherwise = part.back() == '~'
                           ? SimulatedDisk::Loss::kUnsynced
                           : SimulatedDisk::Loss::kSomeOfUnsynced;
      part.pop_back();
    }
    const bool no_faults = part.empty() && !piece.empty();
    for (absl::string_view word : absl::StrSplit(part, '+')) {
      if (no_faults) break;
      std::string one(word);
      Fault fault;
      if (!one.empty() && one.back() == '!') {
        fault.for_ever = true;
        one.pop_back();
      }
      const size_t at = one.find('@');
      bool known = false;
      for (size_t kind = 0; kind < kFaultKindCount; ++kind) {
        fault.kind = static_cast<FaultKind>(kind);
        known = one.substr(0, at) == FaultKindName(fault.kind);
        if (known) break;
      }
      if (!known || at == std::string::npos ||
          !absl::SimpleAtoi(one.substr(at + 1), &fault.at)) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", one, "' is no fault: wanted KIND@NUMBER"));
      }
      life.faults.push_back(fault);
    }
    lives.push_back(std::move(life));
  }
  return lives;
}

}  // namespace pawl::crash
