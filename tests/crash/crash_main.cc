// tools/crash: the figures of tests/crash, and single runs again.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/crash/crash_run.h"
#include "tests/crash/damage.h"
#include "tests/crash/golden_run.h"
#include "tests/crash/struck_table.h"
#include "tests/crash/sweep.h"
#include "tests/support/last_words.h"

namespace pawl::crash {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         begin_)
        .count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ =
      std::chrono::steady_clock::now();
};

struct Arguments {
  bool r1 = false;
  bool r6 = false;
  bool new_store = false;
  uint64_t every = 1;
  uint64_t first = 1;
  uint64_t flips = 0;
  bool log_damage = false;
  bool table = false;
  uint64_t seeds = 0;
  uint64_t from = 1;
  double minutes = 0;
  std::string run;
  std::string only;
  // Of the kinds of faults these only; empty: all.
  std::set<std::string> kinds;

  bool wants(FaultKind kind) const {
    return kinds.empty() || kinds.contains(FaultKindName(kind));
  }
};

int failures = 0;

void Report(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    std::cout << "FAILED " << text << std::endl;
    ++failures;
  }
}

void PrintSweep(const std::string& name, const SweepFigures& figures,
                const Stopwatch& watch) {
  std::cout << name << ": " << figures.runs << " runs, " << figures.struck
            << " struck, " << figures.refused << " refused, "
            << figures.failures.size() << " wrong, "
            << static_cast<int>(watch.seconds()) << " s" << std::endl;
  Report(figures.failures);
}

void RunR1(const Arguments& arguments) {
  const Stopwatch watch;
  SweepFigures all;
  for (size_t kind = 0; kind <= static_cast<size_t>(FaultKind::kGarbage);
       ++kind) {
    if (!arguments.wants(static_cast<FaultKind>(kind))) continue;
    const Stopwatch own;
    const SweepFigures figures = SweepLife(static_cast<FaultKind>(kind), false,
                                           {.every = arguments.every,
                                            .seed = arguments.from,
                                            .first = arguments.first});
    PrintSweep(absl::StrCat("  ", FaultKindName(static_cast<FaultKind>(kind))),
               figures, own);
    all.Add(figures);
  }
  for (size_t kind = 0; kind <= static_cast<size_t>(FaultKind::kGarbage);
       ++kind) {
    if (!arguments.wants(static_cast<FaultKind>(kind))) continue;
    const Stopwatch own;
    const SweepFigures figures =
        SweepCreation(static_cast<FaultKind>(kind), false,
                      {.every = arguments.every,
                       .seed = arguments.from,
                       .first = arguments.first});
    PrintSweep(absl::StrCat("  while the store is made, ",
                            FaultKindName(static_cast<FaultKind>(kind))),
               figures, own);
    all.Add(figures);
  }
  std::cout << "R1 crash at every IO call (" << GoldenResult().io_calls
            << " calls, " << GoldenResult().commands
            << " commands): " << all.runs << " runs, " << all.failures.size()
            << " lost, " << static_cast<int>(watch.seconds()) << " s"
            << std::endl;
}

void RunR6(const Arguments& arguments) {
  const Stopwatch watch;
  SweepFigures all;
  const SweepOptions options{.every = arguments.every,
                             .seed = arguments.from,
                             .first = arguments.first};
  for (size_t k = static_cast<size_t>(FaultKind::kBitFlip); k < kFaultKindCount;
       ++k) {
    const auto kind = static_cast<FaultKind>(k);
    for (const bool for_ever : {false, true}) {
      if (kind == FaultKind::kBitFlip && for_ever) continue;
      if (!arguments.wants(kind)) continue;
      const Stopwatch own;
      const std::string name =
          absl::StrCat(FaultKindName(kind), for_ever ? " for ever" : " once");
      const SweepFigures figures = SweepLife(kind, for_ever, options);
      PrintSweep("  " + name, figures, own);
      all.Add(figures);
      const Stopwatch making;
      const SweepFigures creation = SweepCreation(kind, for_ever, options);
      PrintSweep("  while the store is made, " + name, creation, making);
      all.Add(creation);
    }
  }
  for (const Fault& first :
       {Fault{FaultKind::kKill, 700}, Fault{FaultKind::kDropUnsynced, 900}}) {
    for (size_t k = 0; k < kFaultKindCount; ++k) {
      const auto kind = static_cast<FaultKind>(k);
      for (const bool for_ever : {false, true}) {
        if (!arguments.wants(kind)) continue;
        if ((EndsLife(kind) || kind == FaultKind::kBitFlip) && for_ever) {
          continue;
        }
        const Stopwatch own;
        const SweepFigures figures =
            SweepOpening(first, kind, for_ever, options);
        PrintSweep(
            absl::StrCat("  opening after ", ToString(first), ", ",
                         FaultKindName(kind), for_ever ? " for ever" : " once"),
            figures, own);
        all.Add(figures);
      }
    }
  }
  std::cout << "R6 IO errors at every call, in life and in opening: "
            << all.runs << " runs, " << all.refused << " refused, "
            << all.failures.size() << " wrong, "
            << static_cast<int>(watch.seconds()) << " s" << std::endl;
}

void RunSeeds(const Arguments& arguments) {
  const Stopwatch watch;
  uint64_t done = 0;
  uint64_t commands = 0;
  uint64_t faults = 0;
  uint64_t refused = 0;
  for (uint64_t seed = arguments.from;; ++seed) {
    if (arguments.seeds > 0 && done == arguments.seeds) break;
    if (arguments.minutes > 0 && watch.seconds() > 60 * arguments.minutes) {
      break;
    }
    const CrashResult result = RunCrashSeed(seed);
    ++done;
    commands += result.commands;
    faults += result.faults;
    refused += result.refused;
    if (!result.failure.empty()) {
      Report({absl::StrCat("seed ", seed, ": ", result.failure)});
      break;
    }
  }
  std::cout << done << " seeds, " << commands << " commands, " << faults
            << " faults, " << refused << " refused, " << failures << " wrong, "
            << static_cast<int>(watch.seconds()) << " s" << std::endl;
}

void RunFlips(const Arguments& arguments) {
  const Stopwatch watch;
  std::map<std::string, std::pair<int, int>> files;
  std::map<std::string, int> codes;
  int wrong = 0;
  int refused = 0;
  int shorter = 0;
  uint64_t done = 0;
  for (uint64_t i = 0; i < arguments.flips; ++i) {
    const FlipResult result = RunFlip(arguments.from + i);
    ++done;
    if (result.failure.empty()) {
      auto& [refusals, harmless] = files[result.file];
      ++(result.refused ? refusals : harmless);
      refused += result.refused;
      shorter += result.shorter;
      if (result.refused) ++codes[result.code];
      continue;
    }
    ++wrong;
    Report({result.failure});
    if (wrong >= 5) break;
  }
  for (const auto& [file, counts] : files) {
    std::cout << "  " << file << ": " << counts.first << " refused, "
              << counts.second << " harmless" << std::endl;
  }
  for (const auto& [code, count] : codes) {
    std::cout << "  " << code << ": " << count << std::endl;
  }
  std::cout << "R4 flipped bits: " << done << ", " << refused << " DATA_LOSS, "
            << done - wrong - refused - shorter << " with the right digest, "
            << shorter << " without records that nobody had acknowledged, "
            << wrong << " wrong, " << static_cast<int>(watch.seconds()) << " s"
            << std::endl;
}

void RunLogDamage() {
  int wrong = 0;
  const std::vector<LogDamage> all = RunLogDamages();
  for (const LogDamage& damage : all) {
    if (damage.failure.empty()) continue;
    ++wrong;
    Report({damage.failure + "\n  repeat: tools/crash --damage"});
  }
  std::cout << "R5 missing, doubled, swapped records, shortened log: "
            << all.size() << " cases, " << all.size() - wrong
            << " refused with their place" << std::endl;
}

void RunTable(const Arguments& arguments) {
  const Stopwatch watch;
  std::vector<FaultKind> kinds;
  for (size_t k = 0; k < kFaultKindCount; ++k) {
    const auto kind = static_cast<FaultKind>(k);
    if (arguments.wants(kind)) kinds.push_back(kind);
  }
  const StruckTable struck = FillStruckTable(arguments.from, kinds);
  std::cout << struck.table.Print();
  const std::vector<std::string> empty = struck.table.EmptyCells();
  for (const std::string& cell : empty) {
    Report({absl::StrCat("never struck: ", cell,
                         "\n  repeat: tools/crash --table")});
  }
  for (const std::string& cell : struck.table.ImpossibleCells()) {
    Report({absl::StrCat("can't be, says tests/support/fault_table.cc: ", cell,
                         "\n  repeat: tools/crash --table")});
  }
  Report(struck.failures);
  std::cout << "R7 element kind x transition x fault kind: " << struck.runs
            << " runs, " << empty.size() << " empty cells, "
            << static_cast<int>(watch.seconds()) << " s" << std::endl;
}

void RunText(const Arguments& arguments) {
  const auto lives = LivesFromText(arguments.run);
  if (!lives.ok()) {
    std::cerr << lives.status().message() << std::endl;
    std::exit(2);
  }
  const RunResult result =
      RunLives(GoldenWorkload(), *lives,
               {.seed = arguments.from,
                .outcome = GoldenResult().outcome,
                .strike_only = arguments.only,
                .disk = arguments.new_store ? nullptr : &NewStoreDisk()});
  std::cout << result.lives << " lives, " << result.commands << " commands, "
            << (result.refused() ? "refused: " + result.refusal : "not refused")
            << std::endl;
  if (!result.failure.empty()) Report({result.failure});
}

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 < argc) return argv[++i];
      std::cerr << name << " needs a value" << std::endl;
      std::exit(2);
    };
    if (name == "--r1") {
      arguments.r1 = true;
    } else if (name == "--r6") {
      arguments.r6 = true;
    } else if (name == "--new") {
      arguments.new_store = true;
    } else if (name == "--every") {
      arguments.every = std::stoull(value());
    } else if (name == "--first") {
      arguments.first = std::stoull(value());
    } else if (name == "--flips") {
      arguments.flips = std::stoull(value());
    } else if (name == "--log-damage") {
      arguments.log_damage = true;
    } else if (name == "--kind") {
      arguments.kinds.insert(value());
    } else if (name == "--table") {
      arguments.table = true;
    } else if (name == "--seeds") {
      arguments.seeds = std::stoull(value());
    } else if (name == "--from") {
      arguments.from = std::stoull(value());
    } else if (name == "--minutes") {
      arguments.minutes = std::stod(value());
    } else if (name == "--only") {
      arguments.only = value();
    } else if (name == "--run") {
      arguments.run = value();
    } else {
      std::cerr << "unknown option " << name << std::endl;
      std::exit(2);
    }
  }
  return arguments;
}

int Main(int argc, char** argv) {
  const Arguments arguments = Parse(argc, argv);
  SayLastWordsOnAbort();
  // Seeds have workloads of their own, and say themselves when one fails.
  const bool seeds = arguments.seeds > 0 || arguments.minutes > 0;
  if (!seeds && !GoldenResult().failure.empty()) {
    Report({"without faults: " + GoldenResult().failure});
    return 1;
  }
  if (!arguments.run.empty()) RunText(arguments);
  if (seeds) RunSeeds(arguments);
  if (arguments.table) RunTable(arguments);
  if (arguments.log_damage) RunLogDamage();
  if (arguments.flips > 0) RunFlips(arguments);
  if (arguments.r1) RunR1(arguments);
  if (arguments.r6) RunR6(arguments);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace pawl::crash

int main(int argc, char** argv) { return pawl::crash::Main(argc, argv); }
