// Sagas: what is compensated when a token fails for good (docs/adr/0026).
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using K = fb::ElementKind;
using T = fb::EventType;
using S = fb::SagaScope;

void Complete(CoreHarness& h, InstanceKey key,
              std::initializer_list<std::string> tasks) {
  for (const std::string& task : tasks) {
    ASSERT_TRUE(h.CompleteTask(key, task).ok()) << task;
  }
}

// a, b side by side, then the job charge; handlers un_a, un_b, un_charge.
ModelSketch Trip(S saga) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("join", K::parallel_gateway)
      .Node("charge", K::service_task)
      .Node("end", K::end_event)
      .Handler("un_a", "a")
      .Handler("un_b", "b")
      .Handler("un_charge", "charge")
      .Flow("start", "fork")
      .Flow("fork", "a")
      .Flow("fork", "b")
      .Flow("a", "join")
      .Flow("b", "join")
      .Flow("join", "charge")
      .Flow("charge", "end");
  sketch.element("p").saga = saga;
  return sketch;
}

TEST(Saga, OfTheInstanceUndoesWhatIsDoneNewestFirst) {
  CoreHarness h;
  h.Deploy(Trip(S::global));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"b", "a"});
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  EXPECT_THAT(h.LastEvents(), Contains("SagaTriggered"));
  EXPECT_THAT(h.LastEvents(), Not(Contains("IncidentRaised")));
  EXPECT_THAT(h.LastEvents(), Contains("JobCanceled"));
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b"));
  EXPECT_EQ(h.at(key).state, fb::InstanceState::active);
  Complete(h, key, {"un_b"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::compensated);
  EXPECT_THAT(h.Path(key), Not(Contains("un_charge")));
}

TEST(Saga, OfAnAdHocSubProcess) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event).AdHoc("work", false);
  sketch.last().saga = S::local;
  sketch.Boundary("cancelled", "work", T::cancel)
      .Node("undone", K::user_task)
      .Node("after", K::user_task)
      .Flow("start", "work")
      .Flow("work", "after")
      .Flow("cancelled", "undone")
      .Inside("work")
      .Node("a", K::user_task)
      .Node("b", K::service_task)
      .Node("c", K::user_task)
      .Handler("un_a", "a");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.FailJob(key, "b", 0).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("undone"));
}

// It isn't inside of what it listens to: somebody has to help.
TEST(Saga, WhoseOwnEndListenerFailsForGoodHasAnIncident) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("trip", K::transaction)
      .Boundary("cancelled", "trip", T::cancel)
      .Node("booked", K::user_task)
      .Node("failed", K::user_task)
      .Flow("start", "trip")
      .Flow("trip", "booked")
      .Flow("cancelled", "failed")
      .Inside("trip")
      .Node("inner_start", K::start_event)
      .Node("a", K::user_task)
      .Handler("un_a", "a")
      .Flow("inner_start", "a");
  sketch.element("trip").saga = S::local;
  auto listener = std::make_unique<fb::ListenerT>();
  listener->event = fb::ListenerEvent::end;
  listener->job = std::make_unique<fb::JobDefinitionT>();
  listener->job->type = std::make_unique<fb::ExpressionT>();
  listener->job->type->text = "tell";
  sketch.element("trip").listeners.push_back(std::move(listener));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("trip"));
  ASSERT_TRUE(h.FailJob(key, "trip", 0).ok());
  EXPECT_THAT(h.LastEvents(), Contains("IncidentRaised"));
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.CompleteJob(key, "trip").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("booked"));
}

// Retries that are left aren't "for good".
TEST(Saga, WaitsForTheLastRetry) {
  CoreHarness h;
  h.Deploy(Trip(S::global));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  ASSERT_TRUE(h.FailJob(key, "charge").ok());
  EXPECT_THAT(h.LastEvents(), Not(Contains("SagaTriggered")));
  EXPECT_THAT(h.Waiting(key), ElementsAre("charge"));
}

TEST(Saga, WithoutAnIncidentWhenNobodyAsksForOne) {
  CoreHarness h;
  h.Deploy(Trip(S::none));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  EXPECT_THAT(h.LastEvents(), Contains("IncidentRaised"));
  EXPECT_EQ(h.at(key).incidents.size(), 1u);
}

TEST(Saga, ThatHasDoneNothingEndsAtOnce) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("charge", K::service_task)
      .Handler("un_charge", "charge")
      .Flow("start", "charge");
  sketch.element("p").saga = S::local;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::compensated);
  EXPECT_TRUE(h.at(key).jobs.empty());
}

// Beside the branch that fails: what is active is stopped, what has completed
// is undone.
TEST(Saga, StopsTheOtherBranches) {
  ModelSketch sketch = Trip(S::global);
  sketch.Node("other", K::service_task).Flow("fork", "other");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"b"});
  ASSERT_TRUE(h.FailJob(key, "other", 0).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b"));
  Complete(h, key, {"un_b"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::compensated);
}

// start -> s { a -> charge } -> after, s with `saga` and a cancel event that
// leads to `refused`.
ModelSketch Inside(S saga, bool with_cancel) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("before", K::user_task)
      .Handler("un_before", "before")
      .Node("s", K::sub_process)
      .Inside("s")
      .Node("begin", K::start_event)
      .Node("a", K::user_task)
      .Handler("un_a", "a")
      .Node("charge", K::service_task)
      .Flow("begin", "a")
      .Flow("a", "charge")
      .Inside("")
      .Node("after", K::user_task)
      .Flow("start", "before")
      .Flow("before", "s")
      .Flow("s", "after");
  sketch.element("s").saga = saga;
  if (with_cancel) {
    sketch.Boundary("cancelled", "s", T::cancel)
        .Node("refused", K::user_task)
        .Flow("cancelled", "refused");
  }
  return sketch;
}

TEST(Saga, OfASubProcessGoesOnAtItsCancelEvent) {
  CoreHarness h;
  h.Deploy(Inside(S::local, true));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"before", "a"});
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("refused"));
  // What was done outside of it stays.
  EXPECT_EQ(h.at(key).records.size(), 1u);
}

TEST(Saga, OfASubProcessWithoutCancelEventEndsItsToken) {
  CoreHarness h;
  h.Deploy(Inside(S::local, false));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"before", "a"});
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// A scope that is still active when the instance is rolled back: what has
// completed inside of it is undone first, then what is outside.
TEST(Saga, GlobalReachesIntoWhatIsStillActive) {
  CoreHarness h;
  h.Deploy(Inside(S::global, false));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"before", "a"});
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_before"));
  Complete(h, key, {"un_before"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::compensated);
  EXPECT_TRUE(h.at(key).records.empty());
}

// The handler of a sub-process is for one that has completed.
TEST(Saga, DoesNotRunTheHandlerOfWhatIsStillActive) {
  ModelSketch sketch = Inside(S::global, false);
  sketch.Handler("un_s", "s");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"before", "a"});
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
}

TEST(Saga, ErrorThatIsCaughtIsNoFailure) {
  ModelSketch sketch = Trip(S::global);
  sketch.ErrorBoundary("caught", "charge", "")
      .Node("pay_later", K::user_task)
      .Flow("caught", "pay_later");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  fb::ThrowJobErrorT thrown;
  thrown.job = h.JobAt(key, "charge").value();
  thrown.owner = std::make_unique<fb::JobOwnerT>();
  thrown.owner->worker = "w";
  thrown.lock_first = true;
  thrown.code = "DECLINED";
  ASSERT_TRUE(h.Do(std::move(thrown), key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("pay_later"));
}

TEST(Saga, ErrorThatNobodyCatchesIsAFailure) {
  CoreHarness h;
  h.Deploy(Trip(S::global));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  fb::ThrowJobErrorT thrown;
  thrown.job = h.JobAt(key, "charge").value();
  thrown.owner = std::make_unique<fb::JobOwnerT>();
  thrown.owner->worker = "w";
  thrown.lock_first = true;
  thrown.code = "DECLINED";
  ASSERT_TRUE(h.Do(std::move(thrown), key).ok());
  EXPECT_THAT(h.LastEvents(), Contains("SagaTriggered"));
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b"));
}

// SEMANTICS, Compensation: a handler that fails is an incident, and starts
// nothing else.
TEST(Saga, HandlerThatFailsNeedsHelp) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("a", K::user_task)
      .Handler("un_a", "a", K::service_task)
      .Node("b", K::user_task)
      .Handler("un_b", "b")
      .Node("charge", K::service_task)
      .Flow("start", "a")
      .Flow("a", "b")
      .Flow("b", "charge");
  sketch.element("p").saga = S::global;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  ASSERT_TRUE(h.FailJob(key, "charge", 0).ok());
  Complete(h, key, {"un_b"});
  ASSERT_TRUE(h.FailJob(key, "un_a", 0).ok());
  EXPECT_THAT(h.LastEvents(), Not(Contains("SagaTriggered")));
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::compensation_failed);
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.CompleteJob(key, "un_a").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::compensated);
}

// Each instance is a part of the saga, those that are done are undone.
TEST(Saga, OfAnActivityThatRunsSeveralTimes) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("book", K::service_task)
      .Loop(fb::LoopKind::sequential, "${3}")
      .Handler("un_book", "book")
      .Flow("start", "book");
  sketch.element("p").saga = S::global;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteJob(key, "book").ok());
  ASSERT_TRUE(h.CompleteJob(key, "book").ok());
  ASSERT_TRUE(h.FailJob(key, "book", 0).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_book"));
  Complete(h, key, {"un_book", "un_book"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::compensated);
}

// A handler that began for the throw would be stopped, and what it undoes be
// lost to the saga.
TEST(Saga, RollsBackBeforeAnotherHandlerBegins) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("book", K::user_task)
      .Handler("un_book", "book")
      .Node("fork", K::parallel_gateway)
      .Compensate("undo", K::intermediate_throw_event)
      .ErrorEnd("failed", "E1")
      .Flow("start", "book")
      .Flow("book", "fork")
      .Flow("fork", "undo")
      .Flow("fork", "failed");
  sketch.element("p").saga = S::local;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"book"});
  EXPECT_THAT(h.LastEvents(), Contains("SagaTriggered"));
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_book"));
  Complete(h, key, {"un_book"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::compensated);
}

// For its caller a called instance whose saga is over has failed.
TEST(Saga, OfACalledInstanceFailsItsCall) {
  ModelSketch child = Trip(S::global);
  ModelSketch parent("top");
  parent.Node("start", K::start_event)
      .Node("call", K::call_activity)
      .ErrorBoundary("failed", "call", "")
      .Node("repair", K::user_task)
      .Flow("start", "call")
      .Flow("failed", "repair");
  parent.element("call").call = std::make_unique<fb::CallDefinitionT>();
  parent.element("call").call->process_id = std::make_unique<fb::ExpressionT>();
  parent.element("call").call->process_id->text = "p";
  CoreHarness h;
  h.Deploy(child);
  h.Deploy(parent);
  const InstanceKey top = h.Start("top");
  const InstanceKey called = h.newest();
  ASSERT_NE(called, top);
  Complete(h, called, {"a", "b"});
  ASSERT_TRUE(h.FailJob(called, "charge", 0).ok());
  EXPECT_THAT(h.Waiting(top), IsEmpty());
  EXPECT_EQ(h.at(top).state, fb::InstanceState::active);
  Complete(h, called, {"un_b", "un_a"});
  EXPECT_EQ(h.at(called).state, fb::InstanceState::compensated);
  EXPECT_THAT(h.Waiting(top), ElementsAre("repair"));
}

}  // namespace
}  // namespace pawl::core
