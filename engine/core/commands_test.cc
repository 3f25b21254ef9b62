// Commands on instances, jobs and tasks: what they do, and what they refuse.
#include <memory>
#include <string>

#include "engine/core/apply.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using K = fb::ElementKind;

std::unique_ptr<fb::JobOwnerT> Worker(const std::string& name) {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->worker = name;
  return owner;
}

std::unique_ptr<fb::JobOwnerT> Handler(uint32_t epoch, uint32_t attempt) {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->epoch = epoch;
  owner->attempt = attempt;
  return owner;
}

// One job, then a task.
class Commands : public ::testing::Test {
 protected:
  Commands() {
    ModelSketch sketch("p");
    sketch.Node("start", K::start_event)
        .Node("charge", K::service_task)
        .Node("task", K::user_task)
        .Flow("start", "charge")
        .Flow("charge", "task");
    fb::JobDefinitionT& job = *sketch.element("charge").job;
    job.retries = 3;
    job.backoff = std::make_unique<fb::BackoffT>();
    job.backoff->delays_ms = {100};
    job.backoff->factor_permille = 2000;
    job.backoff->max_ms = 300;
    h_.Deploy(sketch);
  }

  const Job& TheJob(InstanceKey key) { return h_.at(key).jobs.begin()->second; }
  absl::Status Lock(InstanceKey key, const std::string& worker,
                    int64_t lock_ms) {
    fb::LockJobT lock;
    lock.job = TheJob(key).key.value();
    lock.owner = Worker(worker);
    lock.lock_ms = lock_ms;
    return h_.Do(std::move(lock), key);
  }
  absl::Status CompleteAs(InstanceKey key, std::unique_ptr<fb::JobOwnerT> who) {
    fb::CompleteJobT complete;
    complete.job = TheJob(key).key.value();
    complete.owner = std::move(who);
    return h_.Do(std::move(complete), key);
  }
  template <typename CommandT>
  absl::Status OnInstance(InstanceKey key) {
    CommandT command;
    command.instance = key.value();
    return h_.Do(std::move(command), key);
  }

  CoreHarness h_;
};

TEST_F(Commands, JobHasExactlyOneOwner) {
  const InstanceKey key = h_.Start("p");
  EXPECT_THAT(CompleteAs(key, Worker("w1")).message(),
              HasSubstr("is not locked"));
  ASSERT_TRUE(Lock(key, "w1", 5000).ok());
  EXPECT_EQ(TheJob(key).attempt, 1u);
  const absl::Status second = Lock(key, "w2", 5000);
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.message(), HasSubstr("'w1' until 1970-01-01T00:16:45"));
  EXPECT_THAT(CompleteAs(key, Worker("w2")).message(), HasSubstr("'w1'"));
  fb::FailJobT fail;
  fail.job = TheJob(key).key.value();
  fail.owner = Worker("w2");
  EXPECT_THAT(h_.Do(std::move(fail), key).message(), HasSubstr("'w1'"));
  fb::ExtendJobLockT extend;
  extend.job = TheJob(key).key.value();
  extend.owner = Worker("w2");
  extend.lock_ms = 1;
  EXPECT_THAT(h_.Do(extend, key).message(), HasSubstr("'w1'"));
  extend.owner = Worker("w1");
  extend.lock_ms = 60'000;
  ASSERT_TRUE(h_.Do(std::move(extend), key).ok());
  EXPECT_EQ(TheJob(key).due_ms, h_.now_ms() + 60'000);
  ASSERT_TRUE(CompleteAs(key, Worker("w1")).ok());
  EXPECT_THAT(h_.Waiting(key), ElementsAre("task"));
}

TEST_F(Commands, ALockThatRanOutIsNobodys) {
  const InstanceKey key = h_.Start("p");
  ASSERT_TRUE(Lock(key, "w1", 5000).ok());
  h_.Advance(5000);
  EXPECT_EQ(TheJob(key).state, fb::JobState::ready);
  EXPECT_THAT(CompleteAs(key, Worker("w1")).message(),
              HasSubstr("is not locked"));
  ASSERT_TRUE(Lock(key, "w2", 5000).ok());
  EXPECT_EQ(TheJob(key).attempt, 2u);
}

// The due index may lag behind the clock: the lock is dead all the same.
TEST_F(Commands, ADeadLockCountsForNothingEvenBeforeItsTimerFired) {
  const InstanceKey key = h_.Start("p");
  ASSERT_TRUE(Lock(key, "w1", 5000).ok());
  h_.partition().time_ms = h_.now_ms() + 5000;
  h_.set_check_laws(false);  // the partition's clock was moved by hand
  EXPECT_THAT(CompleteAs(key, Worker("w1")).message(),
              HasSubstr("has run out"));
  ASSERT_TRUE(Lock(key, "w2", 5000).ok());
  EXPECT_EQ(TheJob(key).worker, "w2");
}

TEST_F(Commands, RetriesBackOffAndEndInAnIncident) {
  const InstanceKey key = h_.Start("p");
  ASSERT_TRUE(h_.FailJob(key, "charge").ok());
  EXPECT_EQ(TheJob(key).state, fb::JobState::backoff);
  EXPECT_EQ(TheJob(key).retries, 2);
  EXPECT_EQ(TheJob(key).due_ms, h_.now_ms() + 100);
  EXPECT_THAT(Lock(key, "w", 1).message(), HasSubstr("next attempt"));
  h_.Advance(100);
  EXPECT_EQ(TheJob(key).state, fb::JobState::ready);
  ASSERT_TRUE(h_.FailJob(key, "charge").ok());
  EXPECT_EQ(TheJob(key).due_ms, h_.now_ms() + 200);
  h_.Advance(200);
  ASSERT_TRUE(h_.FailJob(key, "charge").ok());
  EXPECT_THAT(h_.Waiting(key), ElementsAre("!charge"));
  const Incident& incident = h_.at(key).incidents.begin()->second;
  EXPECT_EQ(incident.type, fb::IncidentType::job_no_retries);
  EXPECT_EQ(incident.message, "no route");
  EXPECT_EQ(incident.job, TheJob(key).key);
  ASSERT_TRUE(h_.Resolve(key).ok());
  EXPECT_EQ(TheJob(key).retries, 1);
  EXPECT_EQ(TheJob(key).state, fb::JobState::ready);
  ASSERT_TRUE(h_.CompleteJob(key, "charge").ok());
  EXPECT_THAT(h_.Waiting(key), ElementsAre("task"));
}

TEST_F(Commands, BackoffGrowsToItsCap) {
  const InstanceKey key = h_.Start("p");
  int64_t last = 0;
  for (const int64_t wanted : {100, 200, 300, 300}) {
    ASSERT_TRUE(h_.FailJob(key, "charge", 9).ok());
    EXPECT_EQ(TheJob(key).due_ms - h_.now_ms(), wanted) << "after " << last;
    last = wanted;
    h_.Advance(wanted);
  }
  // The worker's word counts before the model's.
  ASSERT_TRUE(h_.FailJob(key, "charge", 9, 7).ok());
  EXPECT_EQ(TheJob(key).due_ms - h_.now_ms(), 7);
}

TEST_F(Commands, AnUncaughtErrorIsAnIncident) {
  const InstanceKey key = h_.Start("p");
  fb::ThrowJobErrorT error;
  error.job = TheJob(key).key.value();
  error.owner = Worker("w");
  error.lock_first = true;
  error.code = "DECLINED";
  ASSERT_TRUE(h_.Do(std::move(error), key).ok());
  EXPECT_EQ(h_.at(key).incidents.begin()->second.type,
            fb::IncidentType::unhandled_error);
  ASSERT_TRUE(h_.Resolve(key).ok());
  EXPECT_EQ(TheJob(key).state, fb::JobState::ready);
}

TEST_F(Commands, AHandlerHoldsAJobFromItsCreation) {
  fb::RegisterHandlerT handler;
  handler.type = "charge";
  handler.capacity = 1;
  ASSERT_TRUE(h_.Do(std::move(handler)).ok());
  const InstanceKey first = h_.Start("p");
  const InstanceKey second = h_.Start("p");
  EXPECT_EQ(TheJob(first).epoch, 1u);
  EXPECT_EQ(TheJob(first).attempt, 1u);
  // No room: the second waits to be fetched.
  EXPECT_EQ(TheJob(second).state, fb::JobState::ready);
  EXPECT_EQ(h_.partition().handlers.at("charge").in_flight, 1u);
  EXPECT_THAT(Lock(first, "w", 1).message(), HasSubstr("in-process handler"));
  EXPECT_THAT(CompleteAs(first, Handler(1, 2)).message(),
              HasSubstr("in-process handler"));
  ASSERT_TRUE(CompleteAs(first, Handler(1, 1)).ok());
  EXPECT_EQ(h_.partition().handlers.at("charge").in_flight, 0u);
}

// Also when one command makes more jobs than there is room for.
TEST_F(Commands, AHandlerNeverHoldsMoreThanItsCapacity) {
  ModelSketch sketch("fan");
  sketch.Node("start", K::start_event).Node("fork", K::parallel_gateway);
  sketch.Flow("start", "fork");
  for (int i = 0; i < 5; ++i) {
    const std::string id = "w" + std::to_string(i);
    sketch.Node(id, K::service_task);
    sketch.last().job->type->text = "charge";
    sketch.Flow("fork", id);
  }
  h_.Deploy(sketch);
  fb::RegisterHandlerT handler;
  handler.type = "charge";
  handler.capacity = 2;
  ASSERT_TRUE(h_.Do(std::move(handler)).ok());
  const InstanceKey key = h_.Start("fan");
  EXPECT_EQ(h_.partition().handlers.at("charge").in_flight, 2u);
  int ready = 0;
  for (const auto& [job_key, job] : h_.at(key).jobs) {
    ready += job.state == fb::JobState::ready ? 1 : 0;
  }
  EXPECT_EQ(ready, 3);
}

TEST_F(Commands, AfterACrashAHandlersJobIsHandedOutAgain) {
  fb::RegisterHandlerT handler;
  handler.type = "charge";
  handler.capacity = 10;
  ASSERT_TRUE(h_.Do(fb::RegisterHandlerT(handler)).ok());
  const InstanceKey key = h_.Start("p");
  ASSERT_TRUE(h_.Do(fb::OpenPartitionT()).ok());
  EXPECT_EQ(h_.partition().epoch, 2u);
  ASSERT_EQ(h_.partition().handler_jobs.size(), 1u);
  fb::ReleaseJobT release;
  release.job = TheJob(key).key.value();
  ASSERT_TRUE(h_.Do(std::move(release), key).ok());
  EXPECT_EQ(TheJob(key).state, fb::JobState::ready);
  EXPECT_THAT(h_.partition().handler_jobs, IsEmpty());
  EXPECT_THAT(h_.partition().handlers, IsEmpty());
  ASSERT_TRUE(h_.Do(fb::RegisterHandlerT(handler)).ok());
  fb::LockJobT lock;
  lock.job = TheJob(key).key.value();
  lock.owner = Handler(2, 0);
  ASSERT_TRUE(h_.Do(std::move(lock), key).ok());
  EXPECT_EQ(TheJob(key).attempt, 2u);
  // The result of the attempt before the crash comes too late.
  EXPECT_FALSE(CompleteAs(key, Handler(1, 1)).ok());
  ASSERT_TRUE(CompleteAs(key, Handler(2, 2)).ok());
}

TEST_F(Commands, RetryGoesStraightBackToTheHandler) {
  fb::RegisterHandlerT handler;
  handler.type = "charge";
  handler.capacity = 1;
  ASSERT_TRUE(h_.Do(std::move(handler)).ok());
  const InstanceKey key = h_.Start("p");
  fb::FailJobT fail;
  fail.job = TheJob(key).key.value();
  fail.owner = Handler(1, 1);
  ASSERT_TRUE(h_.Do(std::move(fail), key).ok());
  EXPECT_EQ(TheJob(key).state, fb::JobState::backoff);
  EXPECT_EQ(h_.partition().handlers.at("charge").in_flight, 0u);
  h_.Advance(100);
  EXPECT_EQ(TheJob(key).state, fb::JobState::locked);
  EXPECT_EQ(TheJob(key).attempt, 2u);
}

TEST_F(Commands, ASuspendedInstanceTakesNoStep) {
  fb::RegisterHandlerT handler;
  handler.type = "charge";
  handler.capacity = 1;
  ASSERT_TRUE(h_.Do(std::move(handler)).ok());
  const InstanceKey key = h_.Start("p");
  ASSERT_TRUE(OnInstance<fb::SuspendInstanceT>(key).ok());
  EXPECT_FALSE(h_.indexes().contains(Index::kJobReady) &&
               !h_.indexes().at(Index::kJobReady).empty());
  const absl::Status late = CompleteAs(key, Handler(1, 1));
  EXPECT_EQ(late.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(late.message(), HasSubstr("suspended"));
  EXPECT_FALSE(OnInstance<fb::SuspendInstanceT>(key).ok());
  ASSERT_TRUE(OnInstance<fb::ResumeInstanceT>(key).ok());
  EXPECT_EQ(TheJob(key).attempt, 2u);
  EXPECT_FALSE(OnInstance<fb::ResumeInstanceT>(key).ok());
  ASSERT_TRUE(CompleteAs(key, Handler(1, 2)).ok());
}

TEST_F(Commands, TimersRestWhileSuspended) {
  h_.Deploy(ModelSketch("t")
                .Node("start", K::start_event)
                .TimerNode("wait", fb::TimerKind::duration, "PT1S")
                .Flow("start", "wait"));
  const InstanceKey key = h_.Start("t");
  ASSERT_TRUE(OnInstance<fb::SuspendInstanceT>(key).ok());
  h_.Advance(10'000);
  EXPECT_FALSE(h_.at(key).ended());
  ASSERT_TRUE(OnInstance<fb::ResumeInstanceT>(key).ok());
  h_.Advance(0);
  EXPECT_TRUE(h_.at(key).ended());
}

TEST_F(Commands, CancelWhileSuspendedLeavesNothing) {
  const InstanceKey key = h_.Start("p");
  ASSERT_TRUE(h_.FailJob(key, "charge").ok());
  ASSERT_TRUE(OnInstance<fb::SuspendInstanceT>(key).ok());
  ASSERT_TRUE(OnInstance<fb::CancelInstanceT>(key).ok());
  EXPECT_EQ(h_.at(key).state, fb::InstanceState::cancelled);
  EXPECT_THAT(OnInstance<fb::CancelInstanceT>(key).message(),
              HasSubstr("has ended (cancelled)"));
}

TEST_F(Commands, AnIdempotencyKeyStartsOnce) {
  fb::StartInstanceT start;
  start.process_id = "p";
  start.idempotency_key = "order-17";
  ASSERT_TRUE(h_.Do(fb::StartInstanceT(start)).ok());
  const InstanceKey first = h_.last_answer().instance;
  const size_t records = h_.log().size();
  ASSERT_TRUE(h_.Do(fb::StartInstanceT(start)).ok());
  EXPECT_EQ(h_.last_answer().instance, first);
  EXPECT_TRUE(h_.last_answer().seen_before);
  EXPECT_EQ(h_.log().size(), records);
}

TEST_F(Commands, VersionsRunSideBySide) {
  const InstanceKey old = h_.Start("p");
  h_.Deploy(ModelSketch("p")
                .Node("start", K::start_event)
                .Node("new", K::user_task)
                .Flow("start", "new"));
  EXPECT_THAT(h_.Waiting(h_.Start("p")), ElementsAre("new"));
  ASSERT_TRUE(h_.CompleteJob(old, "charge").ok());
  EXPECT_THAT(h_.Waiting(old), ElementsAre("task"));
  fb::StartInstanceT start;
  start.process_id = "p";
  start.version = 1;
  ASSERT_TRUE(h_.Do(fb::StartInstanceT(start)).ok());
  EXPECT_THAT(h_.Waiting(h_.last_answer().instance), ElementsAre("charge"));
  start.version = 3;
  EXPECT_EQ(h_.Do(std::move(start)).code(), absl::StatusCode::kNotFound);
}

TEST_F(Commands, TasksAreClaimedByOne) {
  const InstanceKey key = h_.Start("p");
  ASSERT_TRUE(h_.CompleteJob(key, "charge").ok());
  fb::ClaimTaskT claim;
  claim.task = h_.TaskAt(key, "task").value();
  claim.user = "anna";
  ASSERT_TRUE(h_.Do(fb::ClaimTaskT(claim), key).ok());
  ASSERT_TRUE(h_.Do(fb::ClaimTaskT(claim), key).ok()) << "again, by the same";
  claim.user = "otto";
  EXPECT_THAT(h_.Do(fb::ClaimTaskT(claim), key).message(), HasSubstr("'anna'"));
  fb::CompleteTaskT complete;
  complete.task = claim.task;
  complete.user = "otto";
  EXPECT_THAT(h_.Do(fb::CompleteTaskT(complete), key).message(),
              HasSubstr("'anna'"));
  fb::UnclaimTaskT unclaim;
  unclaim.task = claim.task;
  ASSERT_TRUE(h_.Do(std::move(unclaim), key).ok());
  ASSERT_TRUE(h_.Do(std::move(complete), key).ok());
  EXPECT_TRUE(h_.at(key).ended());
}

TEST_F(Commands, UnknownKeysAreNotFound) {
  const InstanceKey key = h_.Start("p");
  fb::CompleteTaskT task;
  task.task = 999;
  EXPECT_EQ(h_.Do(std::move(task), key).code(), absl::StatusCode::kNotFound);
  fb::LockJobT lock;
  lock.job = 999;
  lock.owner = Worker("w");
  EXPECT_EQ(h_.Do(std::move(lock), key).code(), absl::StatusCode::kNotFound);
  fb::ResolveIncidentT resolve;
  resolve.incident = 999;
  EXPECT_EQ(h_.Do(std::move(resolve), key).code(), absl::StatusCode::kNotFound);
  fb::TriggerTimerT timer;
  timer.timer = 999;
  EXPECT_EQ(h_.Do(std::move(timer), key).code(), absl::StatusCode::kNotFound);
}

// A record keeps a deployment's sources by their names.
TEST_F(Commands, ADeploymentNamesEachResourceOnce) {
  fb::DeployT deploy;
  for (int i = 0; i < 2; ++i) {
    deploy.resources.push_back(std::make_unique<fb::ResourceToDeployT>());
    deploy.resources.back()->name = "same.bpmn";
  }
  const absl::Status status = h_.Do(std::move(deploy));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("'same.bpmn'"));
}

// A damaged or foreign record is an error by name, never a crash.
TEST_F(Commands, EventsThatDoNotFitAreDataLoss) {
  const InstanceKey key = h_.Start("p");
  Instance instance = h_.at(key);
  fb::EventUnion event;
  fb::JobCompletedT completed;
  completed.key = 999;
  event.Set(std::move(completed));
  EXPECT_EQ(Apply(&instance, event, 0).code(), absl::StatusCode::kDataLoss);
  fb::EventUnion moved;
  fb::ElementCompletedT element;
  element.key = key.value();  // activated, not completing
  moved.Set(std::move(element));
  EXPECT_EQ(Apply(&instance, moved, 0).code(), absl::StatusCode::kDataLoss);
  Instance none;
  EXPECT_EQ(Apply(&none, moved, 0).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pawl::core
