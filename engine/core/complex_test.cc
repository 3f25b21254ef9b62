// Complex gateways (BPMN 2.0.2, 13.4.5; docs/adr/0020): when they fire, what
// they do with what comes late, when a round ends.
#include <string>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using K = fb::ElementKind;

std::unique_ptr<fb::ExpressionT> El(const std::string& text) {
  auto out = std::make_unique<fb::ExpressionT>();
  out->text = text;
  out->language = fb::Language::el;
  return out;
}

// fork -> a, b, c -> gate -> first while it waits for start, later after that
ModelSketch TwoOfThree(const std::string& condition = "${activationCount > 1}",
                       const std::string& later = "${!waitingForStart}") {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway).Node("gate", K::complex_gateway);
  if (!condition.empty()) sketch.last().condition = El(condition);
  for (const std::string task : {"a", "b", "c"}) {
    sketch.Node(task, K::user_task).Flow("fork", task).Flow(task, "gate");
  }
  sketch.Node("first", K::user_task)
      .Node("later", K::user_task)
      .Flow("gate", "first", "${waitingForStart}")
      .Flow("gate", "later", later);
  return sketch;
}

const Scope& Root(const CoreHarness& h, InstanceKey key) {
  return h.at(key).scopes.at(h.at(key).root());
}

TEST(ComplexGateway, FiresOnceItsConditionHolds) {
  CoreHarness h;
  h.Deploy(TwoOfThree());
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "c"));
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "first"));
  EXPECT_THAT(Root(h, key).tokens, IsEmpty());
  ASSERT_EQ(Root(h, key).rounds.size(), 1u);
  EXPECT_EQ(Root(h, key).rounds.begin()->second.size(), 2u);
}

// What comes late resets it, and it fires for that: its conditions may tell.
TEST(ComplexGateway, FiresAgainForWhatComesLate) {
  CoreHarness h;
  h.Deploy(TwoOfThree());
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("first", "later"));
  EXPECT_THAT(Root(h, key).rounds, IsEmpty());
  EXPECT_THAT(Root(h, key).tokens, IsEmpty());
  ASSERT_TRUE(h.CompleteTask(key, "first").ok());
  ASSERT_TRUE(h.CompleteTask(key, "later").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// 13.4.5: "the Gateway might not produce any tokens in this phase and no
// exception is thrown".
TEST(ComplexGateway, LateTokensMayGoNowhere) {
  CoreHarness h;
  h.Deploy(TwoOfThree("${activationCount > 1}", "${false}"));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  ASSERT_TRUE(h.CompleteTask(key, "first").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::active);
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// Waiting for start it must find a way.
TEST(ComplexGateway, WithoutAnyWayAtStartItIsAnIncident) {
  ModelSketch sketch("p");
  sketch.Node("gate", K::complex_gateway)
      .Node("a", K::user_task)
      .Flow("gate", "a", "${x > 0}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":0})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::no_outgoing_flow);
}

TEST(ComplexGateway, TheDefaultFlowIsForBothPhases) {
  ModelSketch sketch = TwoOfThree("${activationCount > 1}", "${false}");
  sketch.Node("other", K::user_task).DefaultFlow("gate", "other");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  for (const char* task : {"a", "b", "c"}) {
    ASSERT_TRUE(h.CompleteTask(key, task).ok());
  }
  EXPECT_THAT(h.Waiting(key), ElementsAre("first", "other"));
}

// A branch that dies is not waited for: the round ends without firing again.
TEST(ComplexGateway, ResetsWhenNothingCanComeAnyMore) {
  ModelSketch sketch = TwoOfThree();
  sketch.Terminate("stop").Flow("later", "stop");
  sketch.ErrorBoundary("caught", "c", "").Node("gone", K::end_event);
  sketch.Flow("caught", "gone");
  sketch.element("c").kind = K::service_task;
  sketch.element("c").user_task = nullptr;
  sketch.element("c").job = std::make_unique<fb::JobDefinitionT>();
  sketch.element("c").job->type = std::make_unique<fb::ExpressionT>();
  sketch.element("c").job->type->text = "c";
  sketch.element("c").job->type->language = fb::Language::literal;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  ASSERT_EQ(Root(h, key).rounds.size(), 1u);
  const JobKey job = h.JobAt(key, "c");
  fb::LockJobT lock;
  lock.job = job.value();
  lock.owner = std::make_unique<fb::JobOwnerT>();
  lock.owner->worker = "w";
  lock.lock_ms = 1000;
  ASSERT_TRUE(h.Do(std::move(lock), key).ok());
  fb::ThrowJobErrorT error;
  error.job = job.value();
  error.owner = std::make_unique<fb::JobOwnerT>();
  error.owner->worker = "w";
  error.code = "E";
  ASSERT_TRUE(h.Do(std::move(error), key).ok());
  EXPECT_THAT(h.LastEvents(), Contains("GatewayReset"));
  EXPECT_THAT(h.Waiting(key), ElementsAre("first"));
  EXPECT_THAT(Root(h, key).rounds, IsEmpty());
}

// A second token over the same flow is of the next round, which begins as soon
// as the first is over.
TEST(ComplexGateway, WhatComesTwiceIsOfTheNextRound) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("merge", K::exclusive_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("gate", K::complex_gateway)
      .Node("after", K::user_task);
  sketch.element("gate").condition = El("${activationCount == 1}");
  sketch.Flow("fork", "a")
      .Flow("fork", "a")
      .Flow("a", "gate")
      .Flow("fork", "b")
      .Flow("b", "gate")
      .Flow("gate", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "after", "b"));
  // Over the same flow while `b` may still come: it rests.
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after", "b"));
  EXPECT_EQ(Root(h, key).token_count, 1u);
  // `b` ends the round, and the token that rested begins one and ends it.
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after", "after", "after"));
  EXPECT_EQ(Root(h, key).token_count, 0u);
  EXPECT_THAT(Root(h, key).rounds, IsEmpty());
}

// Without a condition nothing says what it would wait for: as an exclusive
// merge, it takes every token.
TEST(ComplexGateway, WithoutConditionItTakesEveryToken) {
  CoreHarness h;
  h.Deploy(TwoOfThree(""));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c", "first", "first"));
}

TEST(ComplexGateway, SeesTheVariablesOfItsScope) {
  CoreHarness h;
  h.Deploy(TwoOfThree("${activationCount == wanted}"));
  const InstanceKey key = h.Start("p", R"({"wanted":3})");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c"));
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("first"));
}

// A condition that can't be evaluated stops the tokens, not what else moves.
TEST(ComplexGateway, AFaultOfItsConditionIsAnIncidentOfItsScope) {
  CoreHarness h;
  h.Deploy(TwoOfThree("${activationCount == wanted}"));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  const Incident incident = h.at(key).incidents.begin()->second;
  EXPECT_EQ(incident.type, fb::IncidentType::expression_error);
  EXPECT_THAT(incident.message, HasSubstr("activationCondition"));
  EXPECT_EQ(h.ModelOf(key).element(incident.element).id, "gate");
  // One is enough, and resolving it before anything changed brings it back.
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_EQ(h.at(key).incidents.size(), 1u);
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_EQ(h.at(key).incidents.size(), 1u);

  fb::SetVariablesT set;
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "wanted";
  set.variables[0]->json = "2";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c", "first"));
}

// The next token may undo it as well.
TEST(ComplexGateway, TheNextTokenMayEndTheIncident) {
  CoreHarness h;
  h.Deploy(TwoOfThree("${activationCount == wanted}"));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b", R"({"wanted":2})").ok());
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c", "first"));
}

TEST(ComplexGateway, ItsIncidentGoesWithItsScope) {
  ModelSketch sketch("p");
  sketch.Node("sub", K::sub_process)
      .TimerBoundary("late", "sub", "PT1M", /*interrupting=*/true)
      .Node("after", K::user_task)
      .Flow("late", "after")
      .Inside("sub")
      .Node("fork", K::parallel_gateway)
      .Node("gate", K::complex_gateway)
      .Node("end", K::end_event);
  sketch.element("gate").condition = El("${activationCount == wanted}");
  sketch.Flow("fork", "gate").Flow("fork", "gate").Flow("gate", "end");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  h.Advance(60'000);
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// A token that gets back over a flow of its own is late as any other is.
TEST(ComplexGateway, InALoopItFiresForWhatComesBack) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("gate", K::complex_gateway)
      .Node("body", K::user_task)
      .Node("check", K::exclusive_gateway)
      .Node("end", K::end_event)
      .Flow("start", "gate")
      .Flow("gate", "body")
      .Flow("body", "check")
      .Flow("check", "gate", "${again}")
      .DefaultFlow("check", "end");
  sketch.element("gate").condition = El("${activationCount > 0}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(h.CompleteTask(key, "body", R"({"again":true})").ok());
    EXPECT_THAT(h.Waiting(key), ElementsAre("body"));
  }
  ASSERT_TRUE(h.CompleteTask(key, "body", R"({"again":false})").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// An instance may end in the middle of a round.
TEST(ComplexGateway, ARoundEndsWithItsInstance) {
  ModelSketch sketch = TwoOfThree();
  sketch.Terminate("stop").Flow("first", "stop");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  ASSERT_TRUE(h.CompleteTask(key, "first").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::terminated);
  EXPECT_THAT(Root(h, key).rounds, IsEmpty());
}

// Of its own activation, stuck with an incident, what leaves it counts.
TEST(ComplexGateway, AFaultOnItsWayOutKeepsItsPhase) {
  CoreHarness h;
  h.Deploy(TwoOfThree("${activationCount > 1}", "${later}"));
  const InstanceKey key = h.Start("p", R"({"later":false})");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  fb::SetVariablesT set;
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "later";
  set.variables[0]->json = "7";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  fb::SetVariablesT good;
  good.variables.push_back(std::make_unique<fb::VariableT>());
  good.variables[0]->name = "later";
  good.variables[0]->json = "false";
  ASSERT_TRUE(h.Do(std::move(good), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  // Late as it is, it may go nowhere.
  EXPECT_THAT(h.Waiting(key), ElementsAre("first"));
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
}

}  // namespace
}  // namespace pawl::core
