// Recovery, caches and time travel of PartitionData, under a live partition.
#include "engine/partition_data.h"

#include <random>
#include <string>
#include <vector>

#include "engine/core/codec.h"
#include "engine/query.h"
#include "gtest/gtest.h"
#include "tests/support/shell_harness.h"

namespace pawl {
namespace {

using core::ModelSketch;
using eventstore::Table;
using Kind = fb::ElementKind;

ModelSketch TaskProcess() {
  return ModelSketch("approval")
      .Node("start", Kind::start_event)
      .Node("review", Kind::user_task)
      .Node("end", Kind::end_event)
      .Flow("start", "review")
      .Flow("review", "end");
}

// A review that can be repeated without end.
ModelSketch LoopProcess() {
  return ModelSketch("loop")
      .Node("start", Kind::start_event)
      .Node("again", Kind::exclusive_gateway)
      .Node("review", Kind::user_task)
      .Node("check", Kind::exclusive_gateway)
      .Node("end", Kind::end_event)
      .Flow("start", "again")
      .Flow("again", "review")
      .Flow("review", "check")
      .Flow("check", "end", "${done}")
      .Flow("check", "again", "${!done}");
}

ModelSketch JobProcess() {
  return ModelSketch("work")
      .Node("start", Kind::start_event)
      .Node("charge", Kind::service_task)
      .TimerNode("wait", fb::TimerKind::duration, "PT5S")
      .Node("review", Kind::user_task)
      .Node("end", Kind::end_event)
      .Flow("start", "charge")
      .Flow("charge", "wait")
      .Flow("wait", "review")
      .Flow("review", "end");
}

TaskKey TaskOf(ShellHarness& harness, InstanceKey instance) {
  const core::Instance state = harness.At(instance);
  EXPECT_EQ(state.tasks.size(), 1u);
  return state.tasks.begin()->first;
}

TEST(PartitionData, ATinyCacheGivesTheSameState) {
  ManualDriver::Options options;
  options.data.cache_bytes = 1;
  ShellHarness harness(options);
  harness.Deploy(TaskProcess());
  std::vector<InstanceKey> instances;
  for (int i = 0; i < 20; ++i) instances.push_back(harness.Start("approval"));
  EXPECT_LE(harness.data().cached_instances(), 1u);
  for (const InstanceKey instance : instances) {
    EXPECT_TRUE(harness.CompleteTask(TaskOf(harness, instance)).ok());
  }
  EXPECT_EQ(harness.data().state().instances_ended, 20u);
}

TEST(PartitionData, AnOpeningFoldsNoInstance) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  for (int i = 0; i < 5; ++i) harness.Start("approval");
  harness.set_check_laws(false);
  harness.Crash();
  EXPECT_EQ(harness.data().cached_instances(), 0u);
  harness.Reopen();
  EXPECT_EQ(harness.data().cached_instances(), 0u);
  EXPECT_EQ(harness.Tasks().size(), 5u);
}

TEST(PartitionData, SnapshotsBoundTheFold) {
  constexpr uint32_t kRecords = 5;
  ManualDriver::Options options;
  options.data.snapshot_records = kRecords;
  options.checkpoint_log_bytes = 4000;
  ShellHarness harness(options);
  harness.Deploy(LoopProcess());
  const InstanceKey loop = harness.Start("loop");
  uint32_t most = 0;
  for (int i = 0; i < 60; ++i) {
    EXPECT_TRUE(
        harness.CompleteTask(TaskOf(harness, loop), R"({"done":false})").ok());
    harness.data().ForgetInstances();
    const auto entry = harness.data().Load(loop);
    ASSERT_TRUE(entry.ok()) << entry.status();
    most = std::max(most, (*entry)->cost.records);
  }
  const auto positions = harness.data().PositionsOf(loop);
  ASSERT_TRUE(positions.ok());
  EXPECT_EQ(positions->size(), 61u);
  // What is allowed to lie behind a snapshot, and one checkpoint's worth.
  EXPECT_LE(most, kRecords + 15);
  EXPECT_GT(harness.driver().store().Stats().checkpoints, 5u);
  // Also for an engine that has never seen the instance.
  harness.Crash();
  const auto entry = harness.data().Load(loop);
  ASSERT_TRUE(entry.ok());
  EXPECT_LE((*entry)->cost.records, kRecords + 15);
}

TEST(PartitionData, AnInstanceOfAnotherEngineGetsItsSnapshotToo) {
  ManualDriver::Options options;
  options.data.snapshot_records = 8;
  options.checkpoint_log_bytes = size_t{1} << 40;
  ShellHarness harness(options);
  harness.Deploy(LoopProcess());
  const InstanceKey loop = harness.Start("loop");
  const auto checkpoint = [&] {
    EXPECT_TRUE(harness.driver().Submit({0, CheckpointRequest{}}).status.ok());
  };
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(
        harness.CompleteTask(TaskOf(harness, loop), R"({"done":false})").ok());
  }
  checkpoint();
  const std::string key = core::EncodeU64(loop.value());
  EXPECT_FALSE(harness.data().cache().Get(Table::kSnapshot, key)->has_value());
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(
        harness.CompleteTask(TaskOf(harness, loop), R"({"done":false})").ok());
  }
  // Six records in the stream table and six in the tail of the log.
  harness.set_check_laws(false);
  harness.Crash();
  checkpoint();
  EXPECT_TRUE(harness.data().cache().Get(Table::kSnapshot, key)->has_value());
  harness.set_check_laws(true);
  harness.CheckLaws();
}

TEST(PartitionData, TimeTravelGivesEveryPastState) {
  ManualDriver::Options options;
  options.data.snapshot_records = 3;
  options.checkpoint_log_bytes = 2000;
  ShellHarness harness(options);
  harness.Deploy(LoopProcess());
  const InstanceKey loop = harness.Start("loop");
  std::vector<std::pair<Position, uint64_t>> past;
  for (int i = 0; i < 12; ++i) {
    past.emplace_back(harness.data().state().position,
                      core::Digest(harness.At(loop)));
    EXPECT_TRUE(
        harness
            .CompleteTask(TaskOf(harness, loop),
                          i < 11 ? R"({"done":false})" : R"({"done":true})")
            .ok());
  }
  for (const auto& [position, digest] : past) {
    const auto then = harness.data().LoadAt(loop, position);
    ASSERT_TRUE(then.ok()) << then.status();
    EXPECT_EQ(core::Digest(*then), digest) << "position " << position;
  }
  EXPECT_TRUE(absl::IsNotFound(
      harness.data().LoadAt(loop, past[0].first - 1).status()));
  const auto details = Inspect(harness.data(), loop, past[3].first);
  ASSERT_TRUE(details.ok()) << details.status();
  EXPECT_EQ(details->position, past[3].first);
  ASSERT_EQ(details->tasks.size(), 1u);
  EXPECT_EQ(details->tasks[0].element_id, "review");
  EXPECT_EQ(details->info.state, InstanceState::kActive);
}

TEST(PartitionData, ModelsAndSourcesComeFromTheLog) {
  ManualDriver::Options options;
  options.data.cache_bytes = 8;  // room for one model, whatever its size
  ShellHarness harness(options);
  harness.Deploy(TaskProcess());
  harness.Deploy(LoopProcess());
  harness.Crash();
  const DefinitionKey approval =
      harness.data().state().definitions.at("approval")[0].key;
  const DefinitionKey loop =
      harness.data().state().definitions.at("loop")[0].key;
  for (int i = 0; i < 3; ++i) {
    const auto first = harness.data().Model(approval);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ((*first)->model().id, "approval");
    const auto second = harness.data().Model(loop);
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ((*second)->model().id, "loop");
  }
  EXPECT_EQ(harness.data().SourceOf(approval)->xml, "<approval/>");
  EXPECT_EQ(harness.data().SourceOf(loop)->name, "loop.bpmn");
  EXPECT_TRUE(
      absl::IsNotFound(harness.data().Model(DefinitionKey(99)).status()));
  EXPECT_EQ(ListDefinitions(harness.data())->size(), 2u);
}

TEST(PartitionData, ADamagedRecordIsNamedWhereItIsNeeded) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  const InstanceKey instance = harness.Start("approval");
  const Position position = harness.data().state().position;
  harness.Start("approval");
  harness.Reopen();
  harness.set_check_laws(false);
  harness.disk()->FlipByte(0, position, 20);
  const auto entry = harness.data().Load(instance);
  EXPECT_EQ(entry.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(entry.status().message().find(std::to_string(position)),
            std::string::npos)
      << entry.status();
}

// Sound bytes that no engine wrote: opening folds no instance, and so meets
// what an instance would refuse only in the indexes.
TEST(PartitionData, EventsThatNoIndexCanHoldAreDataLoss) {
  fb::JobUnlockedT unlocked;
  unlocked.key = 7;
  for (const size_t type_bytes : {4, 1 << 20}) {
    unlocked.type = std::string(type_bytes, 'x');
    fb::RecordT record;
    record.position = 1;
    record.touched.push_back(std::make_unique<fb::TouchedT>());
    record.touched.back()->instance = 3;
    for (int i = 0; i < 2; ++i) {
      record.events.emplace_back();
      record.events.back().Set(unlocked);
    }
    ShellHarness harness;
    harness.set_check_laws(false);
    eventstore::MemoryEventStore& store = harness.driver().store();
    ASSERT_TRUE(store.Cache(0).Clear().ok());
    PartitionData data(&store, 0, {});
    const absl::Status status = data.FoldRecord(core::EncodeRecord(record));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_NE(status.message().find("record 1: index_job_ready"),
              std::string::npos)
        << status;
  }
}

TEST(PartitionData, AKeyThatWasThereBeforeIsDataLoss) {
  for (const uint64_t second : {uint64_t{8}, uint64_t{7}, uint64_t{3}}) {
    fb::RecordT record;
    record.position = 1;
    for (const uint64_t key : {uint64_t{7}, second}) {
      fb::ResourceDeployedT deployed;
      deployed.key = key;
      record.events.emplace_back();
      record.events.back().Set(deployed);
    }
    ShellHarness harness;
    harness.set_check_laws(false);
    eventstore::MemoryEventStore& store = harness.driver().store();
    ASSERT_TRUE(store.Cache(0).Clear().ok());
    PartitionData data(&store, 0, {});
    const absl::Status status = data.FoldRecord(core::EncodeRecord(record));
    EXPECT_EQ(status.code(),
              second > 7 ? absl::StatusCode::kOk : absl::StatusCode::kDataLoss)
        << second << ": " << status;
  }
}

TEST(PartitionData, ARecordWithoutEventsOfItsInstanceIsNoPartOfItsStream) {
  ShellHarness harness;
  harness.set_check_laws(false);
  eventstore::MemoryEventStore& store = harness.driver().store();
  ASSERT_TRUE(store.Cache(0).Clear().ok());
  PartitionData data(&store, 0, {});
  for (const Position position : {1, 2}) {
    fb::RecordT record;
    record.position = position;
    record.touched.push_back(std::make_unique<fb::TouchedT>());
    record.touched.back()->instance = 3;
    record.touched.back()->first_sequence = 5;
    fb::ResourceDeployedT deployed;
    deployed.key = 10 + position;
    record.events.emplace_back();
    record.events.back().Set(deployed);
    ASSERT_TRUE(data.FoldRecord(core::EncodeRecord(record)).ok());
    // Each writes what streams have got since the last one, a key never twice.
    // The store itself has no second record, and refuses.
    EXPECT_EQ(data.Checkpoint().ok(), position == 1);
  }
}

TEST(PartitionData, CachesWithoutTheirStateAreDataLoss) {
  ShellHarness harness;
  harness.Reopen();
  harness.set_check_laws(false);
  eventstore::CacheView& cache = harness.driver().store().Cache(0);
  cache.Delete(Table::kPartitionState, "state");
  PartitionData data(&harness.driver().store(), 0, {});
  const absl::Status status = data.Recover();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(status.message().find("rebuild"), std::string::npos) << status;
}

// Any commands, any crashes, any place of the checkpoints: what was
// acknowledged stays, and the laws of the digests hold after every command.
class RandomRun {
 public:
  explicit RandomRun(uint32_t seed) : random_(seed), harness_(Options(seed)) {
    harness_.Deploy(LoopProcess());
    harness_.Deploy(JobProcess());
    harness_.RegisterHandler("charge", 3);
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) Step();
    harness_.Reopen();
    CheckAcknowledged();
  }

 private:
  static ManualDriver::Options Options(uint32_t seed) {
    ManualDriver::Options options;
    options.data.cache_bytes = seed % 2 == 0 ? 1 : 1 << 20;
    options.data.snapshot_records = 1 + seed % 7;
    options.checkpoint_log_bytes = 500 + 700 * (seed % 5);
    return options;
  }

  size_t Pick(size_t count) { return random_() % count; }

  void Step() {
    const size_t choice = Pick(100);
    if (choice < 25) {
      started_.push_back(harness_.Start(Pick(2) == 0 ? "loop" : "work"));
    } else if (choice < 50) {
      const auto tasks = harness_.Tasks();
      if (tasks.empty()) return;
      const TaskInfo& task = tasks[Pick(tasks.size())];
      const absl::Status status = harness_.CompleteTask(
          task.key, Pick(4) == 0 ? R"({"done":true})" : R"({"done":false})");
      // Tasks of suspended instances are listed and refused.
      EXPECT_EQ(status.ok(), harness_.At(task.instance).state !=
                                 fb::InstanceState::suspended)
          << status;
    } else if (choice < 70) {
      auto calls = harness_.driver().TakeCalls();
      for (const auto& call : calls) {
        const size_t how = Pick(6);
        harness_.Finish(call, how == 0   ? JobResult::Failed("no")
                              : how == 1 ? JobResult::BpmnError("E")
                                         : JobResult::Done({{"ok", true}}));
      }
    } else if (choice < 78) {
      harness_.Advance(static_cast<int64_t>(Pick(4000)));
    } else if (choice < 82 && !started_.empty()) {
      fb::CancelInstanceT cancel;
      cancel.instance = started_[Pick(started_.size())].value();
      harness_.Do(std::move(cancel));
    } else if (choice < 86 && !started_.empty()) {
      fb::SuspendInstanceT suspend;
      suspend.instance = started_[Pick(started_.size())].value();
      harness_.Do(std::move(suspend));
    } else if (choice < 92 && !started_.empty()) {
      fb::ResumeInstanceT resume;
      resume.instance = started_[Pick(started_.size())].value();
      harness_.Do(std::move(resume));
    } else if (choice < 95) {
      const auto incidents = ListIncidents(harness_.data(), {});
      ASSERT_TRUE(incidents.ok());
      if (incidents->empty()) return;
      fb::ResolveIncidentT resolve;
      resolve.incident = (*incidents)[Pick(incidents->size())].key.value();
      harness_.Do(std::move(resolve));
    } else {
      harness_.Crash(Pick(2));
      CheckAcknowledged();
      harness_.RegisterHandler("charge", 3);
    }
  }

  void CheckAcknowledged() {
    EXPECT_EQ(harness_.data().state().instances_started, started_.size());
    for (const InstanceKey key : started_) {
      EXPECT_TRUE(harness_.At(key).exists());
    }
  }

  std::mt19937 random_;
  ShellHarness harness_;
  std::vector<InstanceKey> started_;
};

TEST(PartitionData, RandomCommandsAndCrashes) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomRun(seed).Run(60);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace pawl
