// A sample of what tools/crash does in full: the golden run with a fault at
// every so many IO calls, and random crashes from seeds. Nothing acknowledged
// may be lost, nothing half done, and the outcome is that of a run without
// faults.
//
//   PAWL_CRASH_SEED=N    another sample
//   PAWL_CRASH_EVERY=N   every N-th call; 1 is all of them, which takes long
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/crash/crash_run.h"
#include "tests/crash/golden_run.h"
#include "tests/crash/struck_table.h"
#include "tests/crash/sweep.h"
#include "tests/support/environment.h"

namespace pawl::crash {
namespace {

uint64_t Seed() { return NumberFromEnv("PAWL_CRASH_SEED", 1); }

SweepOptions Sample(uint64_t every) {
  return {.every = NumberFromEnv("PAWL_CRASH_EVERY", every), .seed = Seed()};
}

void Expect(const std::string& what, const SweepFigures& figures) {
  std::cout << what << ": " << figures.runs << " runs, " << figures.struck
            << " struck, " << figures.refused << " refused" << std::endl;
  for (const std::string& failure : figures.failures) {
    ADD_FAILURE() << what << ": " << failure;
  }
  EXPECT_GT(figures.struck, 0u) << what;
}

TEST(GoldenRun, IsLongEnoughAndTheSameTwice) {
  const RunResult& golden = GoldenResult();
  ASSERT_EQ(golden.failure, "");
  EXPECT_GE(golden.commands, 200u);
  EXPECT_GT(golden.calls[static_cast<size_t>(Call::kSync)], 200u);
  EXPECT_EQ(golden.outcome.find("RUNS"), std::string::npos) << golden.outcome;
  const RunResult again =
      RunLives(GoldenWorkload(), {}, {.outcome = golden.outcome});
  EXPECT_EQ(again.failure, "");
}

class EndOfLife : public ::testing::TestWithParam<FaultKind> {};
TEST_P(EndOfLife, LosesNothing) {
  Expect(FaultKindName(GetParam()), SweepLife(GetParam(), false, Sample(320)));
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, EndOfLife,
    ::testing::Values(FaultKind::kKill, FaultKind::kDropUnsynced,
                      FaultKind::kOutOfOrder, FaultKind::kTornSector,
                      FaultKind::kGarbage),
    [](const auto& info) { return FaultKindName(info.param); });

class IoFault : public ::testing::TestWithParam<FaultKind> {};
TEST_P(IoFault, StopsTheEngineOrNothing) {
  const FaultKind kind = GetParam();
  // Few calls are renames and syncs of folders.
  const bool rare =
      kind == FaultKind::kFailedRename || kind == FaultKind::kFailedFolderSync;
  Expect(FaultKindName(kind), SweepLife(kind, false, Sample(rare ? 11 : 401)));
  if (kind == FaultKind::kBitFlip) return;
  Expect(FaultKindName(kind) + std::string(" for ever"),
         SweepLife(kind, true, Sample(rare ? 17 : 601)));
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, IoFault,
    ::testing::Values(FaultKind::kBitFlip, FaultKind::kIoError,
                      FaultKind::kNoSpace, FaultKind::kShortWrite,
                      FaultKind::kFailedSync, FaultKind::kFailedRename,
                      FaultKind::kFailedFolderSync),
    [](const auto& info) { return FaultKindName(info.param); });

TEST(Creation, SurvivesAFault) {
  for (const FaultKind kind : {FaultKind::kDropUnsynced, FaultKind::kOutOfOrder,
                               FaultKind::kIoError}) {
    Expect(std::string("creation, ") + FaultKindName(kind),
           SweepCreation(kind, false, Sample(31)));
  }
}

// A life that failed while it made the store leaves names that no sync has
// covered; the next finds them and must not take them for safe.
TEST(Creation, HalfOfItIsSyncedByTheNextLife) {
  const std::pair<FaultKind, uint64_t> every[] = {
      {FaultKind::kKill, 29},
      {FaultKind::kFailedSync, 7},
      {FaultKind::kFailedFolderSync, 5}};
  for (const auto& [kind, calls] : every) {
    Expect(std::string("creation, then the power goes, ") + FaultKindName(kind),
           SweepCreation(kind, false, Sample(calls)));
  }
}

// CURRENT may be on the disk without the MANIFEST that it names, if nobody sees
// to it: eventstore/current_file_system.h.
TEST(Opening, NamesSurviveInAnyOrder) {
  Workload shortest = GoldenWorkload();
  shortest.steps.resize(2);
  const SimulatedDisk* const none = nullptr;
  for (const SimulatedDisk* disk : {&NewStoreDisk(), none}) {
    // Making a store syncs its folder for each of its tables.
    const uint64_t step = disk == none ? 5 : 1;
    for (uint64_t n = 1, struck = 1; struck > 0; n += step) {
      struck = 0;
      for (uint64_t seed = 1; seed <= 4; ++seed) {
        const std::vector<Life> lives = {
            {{{FaultKind::kFailedFolderSync, n}},
             SimulatedDisk::Loss::kSomeOfUnsynced}};
        const RunResult result =
            RunLives(shortest, lives, {.seed = seed, .disk = disk});
        EXPECT_EQ(result.failure, "")
            << "repeat: tools/crash " << (disk == nullptr ? "--new " : "")
            << "--run '" << LivesToText(lives) << "' --from " << seed;
        struck += result.struck.at(0);
      }
    }
  }
}

// The power goes while RocksDB writes its MANIFEST, at an opening and at a
// checkpoint, and where it was writing is something else: RocksDB takes a torn
// end of that file only, eventstore/manifest_tail.h sees to the rest. The edits
// of a checkpoint are one write each, and a sync.
TEST(Opening, GarbageAtTheEndOfTheManifestIsNoLoss) {
  const uint64_t step = NumberFromEnv("PAWL_CRASH_EVERY", 10);
  uint64_t struck = 0;
  for (uint64_t n = 1 + Seed() % step;; n += step) {
    const std::vector<Life> lives = {{{{FaultKind::kGarbage, n}}}};
    const RunResult result = RunLives(GoldenWorkload(), lives,
                                      {.seed = n,
                                       .outcome = GoldenResult().outcome,
                                       .strike_only = "MANIFEST",
                                       .disk = &NewStoreDisk()});
    EXPECT_EQ(result.failure, "")
        << "repeat: tools/crash --only MANIFEST --run '" << LivesToText(lives)
        << "' --from " << n;
    if (!result.struck.at(0)) break;
    ++struck;
  }
  std::cout << "garbage in the MANIFEST: " << struck << " struck" << std::endl;
  EXPECT_GT(struck, 5u);
}

TEST(Opening, SurvivesAnotherFault) {
  const Fault first{FaultKind::kDropUnsynced, 900};
  for (size_t k = 0; k < kFaultKindCount; ++k) {
    const auto kind = static_cast<FaultKind>(k);
    const bool rare = kind == FaultKind::kFailedRename ||
                      kind == FaultKind::kFailedFolderSync ||
                      kind == FaultKind::kFailedSync ||
                      kind == FaultKind::kReadError ||
                      kind == FaultKind::kShortRead;
    Expect(std::string("opening, ") + FaultKindName(kind),
           SweepOpening(first, kind, false, Sample(rare ? 29 : 97)));
  }
}

// tools/crash --table does it for all kinds.
TEST(Table, EveryElementInEveryTransitionIsStruck) {
  const StruckTable struck =
      FillStruckTable(Seed(), {FaultKind::kDropUnsynced, FaultKind::kGarbage,
                               FaultKind::kIoError, FaultKind::kFailedSync});
  std::cout << struck.table.Print();
  EXPECT_THAT(struck.table.EmptyCells(), ::testing::IsEmpty());
  EXPECT_THAT(struck.table.ImpossibleCells(), ::testing::IsEmpty());
  EXPECT_THAT(struck.failures, ::testing::IsEmpty());
}

TEST(Seeds, LoseNothing) {
  uint64_t commands = 0;
  uint64_t faults = 0;
  for (uint64_t seed = Seed(); seed < Seed() + 40; ++seed) {
    const CrashResult result = RunCrashSeed(seed);
    EXPECT_EQ(result.failure, "") << "seed " << seed;
    commands += result.commands;
    faults += result.faults;
  }
  std::cout << "40 seeds, " << commands << " commands, " << faults << " faults"
            << std::endl;
  EXPECT_GT(faults, 20u);
}

// The checks can fail: a run that must have another outcome is wrong.
TEST(RunLives, ComplainsOfAnotherOutcome) {
  const RunResult result =
      RunLives(GoldenWorkload(), {}, {.outcome = "something else"});
  EXPECT_NE(result.failure.find("another outcome"), std::string::npos);
}

TEST(Lives, AreTextAndBack) {
  const std::string text =
      "kill@17,io_error@3!+drop_unsynced@9~,bit_flip@1,failed_sync@2?%,~,%";
  const auto lives = LivesFromText(text);
  ASSERT_TRUE(lives.ok()) << lives.status();
  ASSERT_EQ(lives->size(), 6u);
  EXPECT_EQ(LivesToText(*lives), text);
  for (const char* wrong : {"", "kill", "kill@x", "nothing@1", "kill@1,,"}) {
    EXPECT_FALSE(LivesFromText(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace pawl::crash
