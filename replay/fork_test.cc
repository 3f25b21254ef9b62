// Forks on real folders: made, verified, moved on, compared; the original is
// not touched. At every position of random processes:
// tests/property/fork_test.cc.
#include "replay/fork.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "engine/engine.h"
#include "engine/fork_note.h"
#include "engine/model/process_builder.h"
#include "engine/partition_data.h"
#include "eventstore/rocksdb_event_store.h"
#include "gtest/gtest.h"
#include "replay/moment.h"
#include "replay/state_diff.h"
#include "replay/verify.h"

namespace pawl::replay {
namespace {

namespace fs = std::filesystem;

using StorePtr = std::unique_ptr<eventstore::EventStore>;

StorePtr OpenReader(const std::string& directory) {
  eventstore::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  return eventstore::OpenRocksDbEventStore(options, nullptr).value();
}

// Every file of a folder, whole.
std::map<std::string, std::string> Content(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    files[entry.path().string()] = bytes.str();
  }
  return files;
}

class ForkTest : public testing::Test {
 protected:
  ForkTest() {
    std::string path = testing::TempDir() + "pawl_fork_XXXXXX";
    PAWL_CHECK(mkdtemp(path.data()) != nullptr);
    folder_ = path;
    original_ = folder_ + "/original";
    fork_ = folder_ + "/fork";
  }
  ~ForkTest() override { fs::remove_all(folder_); }

  std::unique_ptr<Engine> OpenEngine(const std::string& directory,
                                     Clock* clock = nullptr) {
    EngineOptions options;
    options.directory = directory;
    options.clock = clock;
    options.actor = "ada";
    auto engine = Engine::Open(options);
    PAWL_CHECK(engine.ok()) << engine.status();
    PAWL_CHECK_OK((*engine)->AwaitIdle(absl::Seconds(60)));
    return *std::move(engine);
  }

  // Two orders that wait for an hour before their task; the first one's key.
  // The log ends behind both.
  void MakeOriginal() {
    VirtualClock clock(kBegin);
    auto engine = OpenEngine(original_, &clock);
    PAWL_CHECK_OK(engine
                      ->Deploy(ProcessBuilder("order")
                                   .StartEvent()
                                   .TimerCatch("wait", "PT1H")
                                   .ExclusiveGateway("large")
                                   .When("${amount > 100}")
                                   .UserTask("approve")
                                   .End()
                                   .Default()
                                   .UserTask("pack")
                                   .End())
                      .status());
    order_ = engine->Start("order", {{"amount", 120}}).value();
    other_ = engine->Start("order", {{"amount", 5}}).value();
    started_ = static_cast<Position>(engine->Stats()->records);
    clock.AdvanceBy(2 * 3'600'000);
    PAWL_CHECK_OK(engine->AwaitIdle(absl::Seconds(60)));
    const auto tasks = engine->Tasks().value();
    PAWL_CHECK_EQ(tasks.size(), 2u);
    PAWL_CHECK_OK(engine->CompleteTask(tasks[0].key));
    PAWL_CHECK_OK(engine->Close());
  }

  absl::StatusOr<ForkResult> Make(ForkOptions options) {
    options.instance = order_;
    options.actor = "carol";
    options.pause = [] { absl::SleepFor(absl::Milliseconds(1)); };
    return ForkInto(*OpenReader(original_), options, fork_);
  }

  static void ExpectVerified(const std::string& directory) {
    const StorePtr store = OpenReader(directory);
    const auto report = Verify(store.get(), {});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->difference->text;
    EXPECT_GT(report->decisions, 0u);
  }

  static constexpr int64_t kBegin = 1'000'000'000'000;
  std::string folder_;
  std::string original_;
  std::string fork_;
  InstanceKey order_;
  InstanceKey other_;
  Position started_ = 0;
};

TEST_F(ForkTest, GoesOnFromItsPastOnAClockOfItsOwn) {
  MakeOriginal();
  const auto before = Content(original_);
  const auto result = Make({.at = started_});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->time_ms, kBegin);
  EXPECT_EQ(result->end, started_);
  ExpectVerified(fork_);
  EXPECT_FALSE(fs::exists(fork_ + kForkUnfinished));

  {
    auto engine = OpenEngine(fork_);
    // It is years later, and the timer hasn't fired.
    EXPECT_EQ(engine->Now(), absl::FromUnixMillis(kBegin));
    EXPECT_EQ(engine->Timers()->size(), 2u);
    EXPECT_TRUE(engine->Tasks()->empty());
    PAWL_CHECK_OK(
        engine->AdvanceClock(absl::FromUnixMillis(kBegin + 3'599'999)));
    EXPECT_TRUE(engine->Tasks()->empty());
    PAWL_CHECK_OK(engine->Close());
  }
  {
    // The time is kept.
    auto engine = OpenEngine(fork_);
    EXPECT_EQ(engine->Now(), absl::FromUnixMillis(kBegin + 3'599'999));
    PAWL_CHECK_OK(
        engine->AdvanceClock(absl::FromUnixMillis(kBegin + 7'200'000)));
    const auto tasks = engine->Tasks().value();
    ASSERT_EQ(tasks.size(), 2u);
    EXPECT_EQ(tasks[0].element_id, "approve");
    // What fell due on the way was done at its time.
    EXPECT_EQ(tasks[0].created, absl::FromUnixMillis(kBegin + 3'600'000));
    EXPECT_EQ(engine->AdvanceClock(absl::FromUnixMillis(kBegin)).code(),
              absl::StatusCode::kInvalidArgument);
    PAWL_CHECK_OK(engine->Close());
  }
  ExpectVerified(fork_);
  EXPECT_EQ(Content(original_), before);
}

TEST_F(ForkTest, OtherVariablesLeadElsewhereAndDiffSaysWhere) {
  MakeOriginal();
  const auto before = Content(original_);
  const auto result = Make({.at = started_, .variables = {{"amount", 20}}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->end, started_ + 1);
  ExpectVerified(fork_);
  auto engine = OpenEngine(fork_);
  PAWL_CHECK_OK(engine->AdvanceClock(absl::FromUnixMillis(kBegin + 3'600'000)));
  const auto tasks = engine->Tasks({.instance = order_}).value();
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].element_id, "pack");
  PAWL_CHECK_OK(engine->Close());
  ExpectVerified(fork_);

  const StorePtr original = OpenReader(original_);
  PartitionData there(original.get(), 0, {});
  PAWL_CHECK_OK(there.Recover());
  const StorePtr fork = OpenReader(fork_);
  PartitionData here(fork.get(), 0, {});
  PAWL_CHECK_OK(here.Recover());
  // The same moment of both branches: when the timer had fired.
  const auto original_at =
      PositionAt(there, order_, kBegin + 3'600'000 - 1).value() + 1;
  const auto changes =
      DiffStates(ReadInstanceAt(&there, order_, original_at).value(),
                 ReadInstanceAt(&here, order_, std::nullopt).value());
  bool saw_amount = false;
  bool saw_task = false;
  for (const StateChange& change : changes) {
    saw_amount = saw_amount || change.name == "amount";
    saw_task =
        saw_task || (change.what == "task" && change.element_id == "pack");
  }
  EXPECT_TRUE(saw_amount);
  EXPECT_TRUE(saw_task);
  // Their common past is the same.
  EXPECT_TRUE(DiffStates(ReadInstanceAt(&there, order_, started_).value(),
                         ReadInstanceAt(&here, order_, started_).value())
                  .empty());
  EXPECT_EQ(Content(original_), before);
}

TEST_F(ForkTest, AloneTheOthersStandStill) {
  MakeOriginal();
  ASSERT_TRUE(Make({.at = started_, .alone = true}).ok());
  ExpectVerified(fork_);
  auto engine = OpenEngine(fork_);
  EXPECT_EQ(engine->Inspect(other_)->info.state, InstanceState::kSuspended);
  EXPECT_EQ(engine->Inspect(order_)->info.state, InstanceState::kActive);
  PAWL_CHECK_OK(engine->AdvanceClock(absl::FromUnixMillis(kBegin + 7'200'000)));
  EXPECT_EQ(engine->Tasks()->size(), 1u);
  PAWL_CHECK_OK(engine->Close());
  ExpectVerified(fork_);
}

TEST_F(ForkTest, RefusesWhatCanNotBe) {
  MakeOriginal();
  EXPECT_EQ(Make({.at = 1}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Make({.at = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Make({.at = 9999}).status().code(),
            absl::StatusCode::kInvalidArgument);
  // Nothing was left behind by these.
  EXPECT_FALSE(fs::exists(fork_));
  EXPECT_FALSE(fs::exists(fork_ + kForkUnfinished));
  fs::create_directory(fork_);
  EXPECT_EQ(Make({.at = started_}).status().code(),
            absl::StatusCode::kAlreadyExists);
  fs::remove(fork_);
  // At the end of the original the first order is done.
  const StorePtr original = OpenReader(original_);
  const Position end = original->End(0);
  EXPECT_EQ(Make({.at = end, .variables = {{"amount", 1}}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(fork_));
  // The original's time is the system's.
  auto engine = OpenEngine(original_);
  EXPECT_EQ(engine->AdvanceClock(absl::InfiniteFuture()).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ForkTest, ADamagedNoteIsNotTakenForNone) {
  MakeOriginal();
  ASSERT_TRUE(Make({.at = started_}).ok());
  const auto note = ReadForkNote(fork_);
  ASSERT_TRUE(note.ok()) << note.status();
  ASSERT_TRUE(note->has_value());
  EXPECT_EQ((*note)->instance, order_);
  EXPECT_EQ((*note)->position, started_);
  EXPECT_EQ((*note)->clock_ms, kBegin);
  EXPECT_FALSE(ReadForkNote(original_)->has_value());
  std::ofstream(fork_ + "/FORK") << "{\"instance\": 3}";
  EXPECT_EQ(Engine::Open({.directory = fork_}).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pawl::replay
