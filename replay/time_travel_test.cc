// Moments, what changed between them, and who asked.
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/core/state.h"
#include "engine/core/variables.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "engine/model/process_builder.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"
#include "replay/audit.h"
#include "replay/moment.h"
#include "replay/state_diff.h"

namespace pawl::replay {
namespace {

class TimeTravelTest : public testing::Test {
 protected:
  TimeTravelTest() : disk_(std::make_shared<eventstore::MemoryDisk>()) {
    ManualDriver::Options options;
    options.data.snapshot_records = 3;
    driver_ = ManualDriver::Open(disk_, options).value();
  }

  void Deploy(const ProcessBuilder& model) {
    PAWL_CHECK_OK(driver_->Submit(MakeDeployment({model}).value()).status);
  }
  InstanceKey Start(Variables variables = {}) {
    fb::StartInstanceT start;
    start.process_id = "p";
    start.variables = core::ToWire(variables).value();
    return driver_->Do(std::move(start), "ada").answer.instance;
  }
  void Set(InstanceKey key, Variables variables) {
    fb::SetVariablesT set;
    set.instance = key.value();
    set.variables = core::ToWire(variables).value();
    PAWL_CHECK_OK(driver_->Do(std::move(set), "carol").status);
  }
  void CompleteTask(InstanceKey key) {
    core::Instance scratch;
    fb::CompleteTaskT complete;
    complete.task = driver_->data()
                        .Peek(key, &scratch)
                        .value()
                        ->tasks.begin()
                        ->first.value();
    PAWL_CHECK_OK(driver_->Do(std::move(complete), "bob").status);
  }
  Position Now() { return driver_->data().state().position; }
  InstanceAt At(InstanceKey key, Position position) {
    return ReadInstanceAt(&driver_->data(), key, position).value();
  }

  std::shared_ptr<eventstore::MemoryDisk> disk_;
  std::unique_ptr<ManualDriver> driver_;
};

// A snapshot must be used for what came after it, and not for what came before.
TEST_F(TimeTravelTest, EveryPositionAsItWasThen) {
  Deploy(ProcessBuilder("p").StartEvent().UserTask("a").End());
  const InstanceKey key = Start();
  std::vector<std::pair<Position, uint64_t>> seen;
  for (int i = 0; i < 20; ++i) {
    driver_->SetNow(driver_->now_ms() + 10);
    Set(key, {{"n", i}});
    core::Instance scratch;
    seen.emplace_back(
        Now(), core::Digest(*driver_->data().Peek(key, &scratch).value()));
    // Snapshots at some of them.
    if (i == 7 || i == 13) {
      Request checkpoint;
      checkpoint.what = CheckpointRequest{};
      PAWL_CHECK_OK(driver_->Submit(std::move(checkpoint)).status);
    }
  }
  for (const bool reopened : {false, true}) {
    if (reopened) {
      driver_.reset();
      driver_ = ManualDriver::Open(disk_, {}).value();
    }
    for (const auto& [position, digest] : seen) {
      const InstanceAt at = At(key, position);
      EXPECT_EQ(core::Digest(at.state), digest) << position;
      EXPECT_EQ(at.position, position);
    }
  }
}

TEST_F(TimeTravelTest, TimesStandForTheLastRecordUntilThen) {
  Deploy(ProcessBuilder("p").StartEvent().UserTask("a").End());
  const InstanceKey key = Start();
  const int64_t begin_ms = driver_->now_ms();
  driver_->SetNow(begin_ms + 1000);
  Set(key, {{"n", 1}});
  const Position first = Now();
  Set(key, {{"n", 2}});
  driver_->SetNow(begin_ms + 2000);
  Set(key, {{"n", 3}});
  const PartitionData& data = driver_->data();
  EXPECT_EQ(PositionAt(data, key, begin_ms - 1).value(), 0u);
  EXPECT_EQ(PositionAt(data, key, begin_ms + 999).value(), first - 1);
  EXPECT_EQ(PositionAt(data, key, begin_ms + 1000).value(), first + 1);
  EXPECT_EQ(PositionAt(data, key, begin_ms + 1999).value(), first + 1);
  EXPECT_EQ(PositionAt(data, key, begin_ms + 99'999).value(), first + 2);
  EXPECT_EQ(TimeOf(data, key, first).value(), begin_ms + 1000);
}

TEST_F(TimeTravelTest, APositionThatTheLogDoesNotHave) {
  Deploy(ProcessBuilder("p").StartEvent().UserTask("a").End());
  const InstanceKey key = Start();
  PartitionData* data = &driver_->data();
  EXPECT_EQ(ReadInstanceAt(data, key, Now() + 1).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadInstanceAt(data, key, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadInstanceAt(data, key, Now() - 1).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadInstanceAt(data, InstanceKey(77), {}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadInstanceAt(data, key, {})->position, Now());
}

TEST_F(TimeTravelTest, WhatChangedBetweenTwoStates) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .UserTask("a")
             .BoundaryTimer("late", "a", "PT1H")
             .End("gone")
             .MoveTo("a")
             .ServiceTask("work")
             .End());
  const InstanceKey key = Start({{"n", 1}, {"same", true}});
  const Position before = Now();
  Set(key, {{"n", 2}, {"new", "x"}});
  CompleteTask(key);
  const Position after = Now();
  std::string text;
  for (const StateChange& change :
       DiffStates(At(key, before), At(key, after))) {
    text += ChangeText(change) + "\n";
  }
  EXPECT_EQ(text,
            "element 5 at a removed: state \"activated\", scope \"3\"\n"
            "element 8 at work added: state \"activated\", scope \"3\"\n"
            "variable n of p (3): 1 -> 2\n"
            "variable new of p (3) added: \"x\"\n"
            "task 6 at a removed: priority 50\n"
            "job 9 at work added: type \"work\", state \"ready\", retries 3, "
            "attempt 0\n"
            "timer 7 at late removed: due \"2001-09-09T02:46:40.000Z\"\n");
  // Backwards it is the same with signs changed.
  EXPECT_EQ(DiffStates(At(key, after), At(key, before)).size(),
            DiffStates(At(key, before), At(key, after)).size());
  EXPECT_TRUE(DiffStates(At(key, after), At(key, after)).empty());
}

TEST_F(TimeTravelTest, DiffKnowsJobsIncidentsAndTheEnd) {
  Deploy(ProcessBuilder("p").StartEvent().ServiceTask("work").End());
  const InstanceKey key = Start();
  const Position before = Now();
  core::Instance scratch;
  fb::FailJobT fail;
  fail.job =
      driver_->data().Peek(key, &scratch).value()->jobs.begin()->first.value();
  fail.owner = std::make_unique<fb::JobOwnerT>();
  fail.owner->worker = "w";
  fail.lock_first = true;
  fail.message = "no route";
  fail.retries = 0;
  PAWL_CHECK_OK(driver_->Do(std::move(fail), "w").status);
  const Position failed = Now();
  const auto changes = DiffStates(At(key, before), At(key, failed));
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].what, "job");
  EXPECT_EQ(changes[0].how, StateChange::How::kChanged);
  EXPECT_EQ(changes[1].what, "incident");
  EXPECT_EQ(changes[1].how, StateChange::How::kAdded);
  fb::CancelInstanceT cancel;
  cancel.instance = key.value();
  PAWL_CHECK_OK(driver_->Do(std::move(cancel), "carol").status);
  const auto end = DiffStates(At(key, failed), At(key, Now()));
  ASSERT_FALSE(end.empty());
  EXPECT_EQ(end[0].what, "instance");
  ASSERT_EQ(end[0].fields.size(), 2u);
  EXPECT_EQ(end[0].fields[0].to, Value("cancelled"));
  EXPECT_EQ(end[0].fields[1].field, "ended");
}

TEST_F(TimeTravelTest, AuditSaysWhoAskedAndWhatItGoesBackTo) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .MessageCatch("paid", "payment")
             .UserTask("a")
             .End());
  const InstanceKey key = Start();
  driver_->SetNow(driver_->now_ms() + 500);
  fb::PublishMessageT publish;
  publish.name = "payment";
  PAWL_CHECK_OK(driver_->Do(std::move(publish), "shop").status);
  PAWL_CHECK_OK(driver_->RunUntilIdle());
  const Position published = Now() - 1;
  CompleteTask(key);
  const auto audit = ReadAudit(&driver_->data(), key, nullptr);
  ASSERT_TRUE(audit.ok()) << audit.status();
  ASSERT_EQ(audit->size(), 3u);
  EXPECT_EQ((*audit)[0].command.actor, "ada");
  EXPECT_EQ((*audit)[0].command.command, "StartInstance");
  EXPECT_EQ((*audit)[0].caused_by, 0u);
  EXPECT_EQ((*audit)[0].events.front(), "InstanceStarted");
  // The message reached it by a command of the engine, which is the shop's.
  EXPECT_EQ((*audit)[1].command.actor, "engine");
  EXPECT_EQ((*audit)[1].command.command, "Deliver");
  EXPECT_EQ((*audit)[1].caused_by, published);
  EXPECT_EQ((*audit)[1].origin.position, published);
  EXPECT_EQ(ToString((*audit)[1].origin), "shop (PublishMessage)");
  EXPECT_EQ((*audit)[1].command.time_ms, driver_->now_ms());
  EXPECT_EQ(ToString((*audit)[2].command), "bob (CompleteTask)");
  EXPECT_TRUE((*audit)[2].arguments["task"].is_string());
  EXPECT_EQ(
      ReadAudit(&driver_->data(), InstanceKey(99), nullptr).status().code(),
      absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pawl::replay
