// Each kind of fault does what its name says: an injection that had no effect
// would make the simulation's figures a lie.
#include "tests/sim/faults.h"

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace pawl::sim {
namespace {

constexpr uint64_t kSeedsMax = 40;
constexpr int kActs = 25;
constexpr int64_t kHourMs = 3'600'000;

ManualDriver::Options EngineOptions() {
  ManualDriver::Options options;
  options.data.snapshot_records = 3;
  options.checkpoint_log_bytes = 3000;
  return options;
}

// A world in which something is under way, and one injection.
class Injection {
 public:
  Injection(FaultKind kind, uint64_t seed)
      : random_(seed),
        world_(EngineOptions(), &failure_),
        clients_(&world_, random_.Split(), &failure_),
        faults_(&world_, &clients_, random_.Split(), EngineOptions(),
                &failure_) {
    world_.Open(0);
    clients_.Deploy(0);
    world_.Drain();
    for (int i = 0; i < kActs; ++i) {
      clients_.Act();
      world_.Drain();
    }
    restarts_before_ = world_.restarts();
    fired_ = faults_.Inject(kind);
  }

  bool fired() const { return fired_; }
  const Faults::Seen& seen() const { return faults_.seen(); }
  World& world() { return world_; }
  const std::string& failure() const { return failure_.text(); }
  uint64_t restarts() const { return world_.restarts() - restarts_before_; }

 private:
  Failure failure_;
  Random random_;
  World world_;
  Clients clients_;
  Faults faults_;
  uint64_t restarts_before_ = 0;
  bool fired_ = false;
};

// What only this kind of fault leaves behind.
void CheckEffect(FaultKind kind, Injection& injection) {
  const Faults::Seen& seen = injection.seen();
  switch (kind) {
    case FaultKind::kill_before_append:
      EXPECT_GT(seen.taken, seen.end) << "a round was on its way";
      EXPECT_EQ(seen.end_after, seen.end) << "and is gone";
      break;
    case FaultKind::kill_after_append:
      EXPECT_GT(seen.end, seen.durable) << "a round was not synced";
      EXPECT_EQ(seen.end_after, seen.end) << "and outlived the process";
      break;
    case FaultKind::kill_after_sync:
      EXPECT_GT(seen.end, seen.durable);
      EXPECT_EQ(seen.end_after, seen.end);
      break;
    case FaultKind::kill_during_checkpoint:
      // That the caches are the old ones the injection itself holds.
      EXPECT_EQ(seen.end_after, seen.end);
      EXPECT_GE(seen.end, seen.durable);
      break;
    case FaultKind::lost_effect:
      EXPECT_GT(seen.end, seen.durable);
      EXPECT_GE(seen.end_after, seen.end);
      EXPECT_GT(seen.effects_lost, 0);
      break;
    case FaultKind::power_loss:
      EXPECT_GT(seen.end, seen.durable);
      EXPECT_EQ(seen.end_after, seen.durable) << "what wasn't synced is gone";
      break;
    case FaultKind::power_loss_partial:
      EXPECT_GT(seen.end_after, seen.durable) << "the first round is kept";
      EXPECT_LT(seen.end_after, seen.end) << "the second is gone";
      break;
    case FaultKind::append_error:
      EXPECT_TRUE(absl::StrContains(seen.status.message(), "input/output"));
      EXPECT_LT(seen.end_after, seen.taken);
      break;
    case FaultKind::disk_full:
      EXPECT_TRUE(absl::StrContains(seen.status.message(), "no space left"));
      EXPECT_LT(seen.end_after, seen.taken);
      break;
    case FaultKind::sync_error:
      EXPECT_TRUE(absl::StrContains(seen.status.message(), "sync failed"));
      break;
    case FaultKind::delayed_sync:
      EXPECT_GT(seen.taken, seen.durable);
      EXPECT_GT(seen.end_after, seen.durable) << "durable at last";
      EXPECT_EQ(injection.restarts(), 0);
      break;
    case FaultKind::duplicated_command:
    case FaultKind::reordered_commands:
    case FaultKind::lost_reply:
      // What both answers must be the injection itself holds.
      EXPECT_EQ(injection.restarts(), 0);
      break;
    case FaultKind::repeated_effect:
      EXPECT_FALSE(seen.status.ok()) << "the second answer is refused";
      break;
    case FaultKind::late_result:
      EXPECT_TRUE(
          !seen.status.ok() ||
          injection.world().driver().partition().counters().late_results > 0);
      break;
    case FaultKind::clock_forward:
      EXPECT_GE(seen.clock_ms, seen.clock_before_ms + kHourMs);
      break;
    case FaultKind::clock_back:
      EXPECT_LT(seen.clock_ms, seen.clock_before_ms);
      break;
    case FaultKind::clean_restart:
    case FaultKind::caches_discarded:
      EXPECT_EQ(injection.restarts(), 1);
      break;
    case FaultKind::memory_pressure:
      EXPECT_EQ(injection.restarts(), 0);
      break;
    case FaultKind::flipped_record:
    case FaultKind::missing_record:
    case FaultKind::truncated_log:
      EXPECT_TRUE(absl::IsDataLoss(seen.status)) << seen.status;
      break;
  }
}

class FaultsTest : public testing::TestWithParam<size_t> {};

TEST_P(FaultsTest, Fires) {
  const auto kind = static_cast<FaultKind>(GetParam());
  bool struck = false;
  for (uint64_t seed = 1; seed <= kSeedsMax && !struck; ++seed) {
    Injection injection(kind, seed);
    EXPECT_EQ(injection.failure(), "") << "seed " << seed;
    if (!injection.fired()) continue;
    EXPECT_EQ(injection.world().fault_count(kind), 1) << "seed " << seed;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    CheckEffect(kind, injection);
    struck = injection.world().table().hits(GetParam()) > 0;
  }
  EXPECT_TRUE(struck) << "never fired in " << kSeedsMax << " seeds";
}

std::string NameOfParam(const testing::TestParamInfo<size_t>& info) {
  return kFaults[info.param].name;
}

INSTANTIATE_TEST_SUITE_P(EachKind, FaultsTest,
                         testing::Range(size_t{0}, kFaultKindCount),
                         NameOfParam);

}  // namespace
}  // namespace pawl::sim
