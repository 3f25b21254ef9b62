// Inclusive gateways (BPMN 2.0.2, 13.4.3; docs/adr/0020): which flows they
// take, and when a join has all that can come.
#include <string>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/model/model_rules.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using K = fb::ElementKind;

// split -> a, b, c by x < 1, x < 2, x < 3 -> join -> after
ModelSketch Block() {
  ModelSketch sketch("p");
  sketch.Node("split", K::inclusive_gateway)
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Flow("join", "after");
  for (const auto& [task, condition] :
       {std::pair{"a", "${x < 1}"}, {"b", "${x < 2}"}, {"c", "${x < 3}"}}) {
    sketch.Node(task, K::user_task)
        .Flow("split", task, condition)
        .Flow(task, "join");
  }
  return sketch;
}

std::vector<std::string> WaitingWith(const ModelSketch& sketch,
                                     const std::string& variables) {
  CoreHarness h;
  h.Deploy(sketch);
  return h.Waiting(h.Start("p", variables));
}

TEST(InclusiveSplit, TakesEveryFlowWhoseConditionHolds) {
  EXPECT_THAT(WaitingWith(Block(), R"({"x":0})"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(WaitingWith(Block(), R"({"x":1})"), ElementsAre("b", "c"));
  EXPECT_THAT(WaitingWith(Block(), R"({"x":2})"), ElementsAre("c"));
}

TEST(InclusiveSplit, TheDefaultFlowIsForWhenNoConditionHolds) {
  ModelSketch sketch = Block();
  sketch.Node("other", K::user_task).DefaultFlow("split", "other");
  EXPECT_THAT(WaitingWith(sketch, R"({"x":2})"), ElementsAre("c"));
  EXPECT_THAT(WaitingWith(sketch, R"({"x":3})"), ElementsAre("other"));
}

// Unlike an activity's (docs/adr/0009), a flow without condition is one whose
// condition holds.
TEST(InclusiveSplit, AFlowWithoutConditionHolds) {
  ModelSketch sketch = Block();
  sketch.Node("always", K::user_task)
      .Node("other", K::user_task)
      .Flow("split", "always")
      .DefaultFlow("split", "other");
  EXPECT_THAT(WaitingWith(sketch, R"({"x":3})"), ElementsAre("always"));
}

TEST(InclusiveSplit, WithoutAnyWayItIsAnIncident) {
  CoreHarness h;
  h.Deploy(Block());
  const InstanceKey key = h.Start("p", R"({"x":3})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::no_outgoing_flow);
  fb::SetVariablesT set;
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "x";
  set.variables[0]->json = "2";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c"));
}

TEST(InclusiveJoin, WaitsForWhatTheSplitSentAndNoMore) {
  CoreHarness h;
  h.Deploy(Block());
  const InstanceKey key = h.Start("p", R"({"x":1})");
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  // It took both tokens.
  EXPECT_THAT(h.at(key).scopes.at(h.at(key).root()).tokens, IsEmpty());
  ASSERT_TRUE(h.CompleteTask(key, "after").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(InclusiveJoin, WhatItTakesIsInItsEvent) {
  CoreHarness h;
  h.Deploy(Block());
  const InstanceKey key = h.Start("p", R"({"x":1})");
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  for (const fb::EventUnion& event : h.LastRecord().events) {
    const auto* activating = event.AsElementActivating();
    if (activating == nullptr ||
        h.ModelOf(key).element(activating->element).id != "join") {
      continue;
    }
    std::vector<std::string> ids;
    for (uint32_t flow : activating->flows) {
      ids.push_back(h.ModelOf(key).flow(flow).id);
    }
    EXPECT_THAT(ids, ElementsAre("b->join", "c->join"));
    EXPECT_EQ(activating->phase, fb::GatewayPhase::none);
    return;
  }
  FAIL() << "the join did not fire";
}

// A branch that ends elsewhere is not waited for; the join learns of it though
// no token comes.
TEST(InclusiveJoin, FiresWhenTheLastOtherTokenDies) {
  ModelSketch sketch = Block();
  sketch.Node("which", K::exclusive_gateway)
      .Node("gone", K::end_event)
      .Node("late", K::user_task)
      .Flow("split", "late")
      .Flow("late", "which")
      .Flow("which", "gone", "${end}")
      .DefaultFlow("which", "join");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":2,"end":true})");
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("late"));
  ASSERT_TRUE(h.CompleteTask(key, "late").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// Two tokens over one flow: one each time.
TEST(InclusiveJoin, TakesOneTokenOfEachFlow) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("merge", K::exclusive_gateway)
      .Node("join", K::inclusive_gateway)
      .Node("b", K::user_task)
      .Node("after", K::user_task)
      .Flow("fork", "merge")
      .Flow("fork", "merge")
      .Flow("merge", "join")
      .Flow("fork", "b")
      .Flow("b", "join")
      .Flow("join", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("b"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  // The second token of `merge` then finds nobody to wait for.
  EXPECT_THAT(h.Waiting(key), ElementsAre("after", "after"));
}

// 13.4.3, "does not visit": what only gets back by the join itself is no reason
// to wait; in a loop that would be for ever.
TEST(InclusiveJoin, HeadsALoop) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("head", K::inclusive_gateway)
      .Node("body", K::user_task)
      .Node("check", K::exclusive_gateway)
      .Node("end", K::end_event)
      .Flow("start", "head")
      .Flow("head", "body")
      .Flow("body", "check")
      .Flow("check", "head", "${again}")
      .DefaultFlow("check", "end");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "body", R"({"again":true})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("body"));
  ASSERT_TRUE(h.CompleteTask(key, "body", R"({"again":false})").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// 13.4.3, second half: a token that can come over an empty flow, but over one
// that has a token as well, isn't waited for.
TEST(InclusiveJoin, WhoCanAlsoComeWhereATokenIsIsNotWaitedFor) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("choice", K::exclusive_gateway)
      .Node("merge", K::exclusive_gateway)
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Flow("fork", "a")
      .Flow("fork", "b")
      .Flow("a", "merge")
      .Flow("b", "choice")
      .Flow("choice", "merge", "${left}")
      .DefaultFlow("choice", "join")
      .Flow("merge", "join")
      .Flow("join", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  // `b` may still come either way.
  EXPECT_THAT(h.Waiting(key), ElementsAre("after", "b"));
  // The other way round there is only one way to come.
  const InstanceKey other = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(other, "b", R"({"left":false})").ok());
  EXPECT_THAT(h.Waiting(other), ElementsAre("a"));
}

// One join is what the other waits for: they fire one after the other, in one
// command.
TEST(InclusiveJoin, OneMayWaitForAnother) {
  ModelSketch sketch = Block();
  sketch.Node("outer_split", K::parallel_gateway)
      .Node("outer", K::inclusive_gateway)
      .Node("d", K::user_task)
      .Node("last", K::user_task)
      .Flow("outer_split", "split")
      .Flow("outer_split", "d")
      .Flow("d", "outer")
      .Flow("after", "outer")
      .Flow("outer", "last");
  sketch.element("after").kind = K::manual_task;
  sketch.element("after").user_task = nullptr;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":1})");
  ASSERT_TRUE(h.CompleteTask(key, "d").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c"));
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("last"));
}

// Each stands on the other's way, and none has another: by 13.4.3 both wait,
// as by 13.4.1 two parallel joins would.
ModelSketch Circle() {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("one", K::inclusive_gateway)
      .Node("two", K::inclusive_gateway)
      .Node("after_one", K::exclusive_gateway)
      .Node("after_two", K::exclusive_gateway)
      .Node("end_one", K::user_task)
      .Node("end_two", K::user_task)
      .Flow("fork", "one")
      .Flow("fork", "two")
      .Flow("one", "after_one")
      .Flow("two", "after_two")
      .Flow("after_one", "two", "${x > 0}")
      .DefaultFlow("after_one", "end_one")
      .Flow("after_two", "one", "${x > 1}")
      .DefaultFlow("after_two", "end_two");
  return sketch;
}

TEST(InclusiveJoin, TwoThatWaitForEachOtherWait) {
  CoreHarness h;
  h.Deploy(Circle());
  const InstanceKey key = h.Start("p", R"({"x":1})");
  EXPECT_THAT(h.Waiting(key), IsEmpty());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::active);
  EXPECT_EQ(h.at(key).scopes.at(h.at(key).root()).token_count, 2u);
}

// With a second way to where a token is, the one need not wait for the other.
TEST(InclusiveJoin, ASecondWayUndoesTheCircle) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("into_one", K::exclusive_gateway)
      .Node("one", K::inclusive_gateway)
      .Node("two", K::inclusive_gateway)
      .Node("after_two", K::exclusive_gateway)
      .Node("end_two", K::user_task)
      .Flow("fork", "into_one")
      .Flow("into_one", "one")
      .Flow("fork", "two")
      .Flow("one", "two")
      .Flow("two", "after_two")
      .Flow("after_two", "one", "${x > 1}")
      .Flow("after_two", "into_one", "${x > 0}")
      .DefaultFlow("after_two", "end_two");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":0})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("end_two"));
  EXPECT_THAT(h.Path(key),
              ElementsAre("fork", "into_one", "one", "two", "after_two"));
}

TEST(InclusiveJoin, FollowsBoundaryEvents) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("end", K::end_event)
      .TimerBoundary("late", "b", "PT1M", /*interrupting=*/true)
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Flow("fork", "a")
      .Flow("fork", "b")
      .Flow("a", "join")
      .Flow("b", "end")
      .Flow("late", "join")
      .Flow("join", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b", "b"));
  const InstanceKey other = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(other, "a").ok());
  // Done in time, it won't come any more.
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  h.Advance(60'000);
  EXPECT_THAT(h.Path(other), ElementsAre("fork", "a", "late", "join"));
  EXPECT_THAT(h.Waiting(other), ElementsAre("after"));
}

// b's own way leads to the empty flow alone; that its timer's way leads to
// where a's token is excuses nobody. Of models from before that was so, it
// does.
TEST(InclusiveJoin, ABoundaryEventsWayExcusesNobody) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .TimerBoundary("late", "b", "PT1M", /*interrupting=*/true)
      .Node("merge", K::exclusive_gateway)
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Flow("fork", "a")
      .Flow("fork", "b")
      .Flow("a", "merge")
      .Flow("late", "merge")
      .Flow("merge", "join")
      .Flow("b", "join")
      .Flow("join", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b", "b"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));

  CoreHarness old;
  sketch.Rules(model::kRulesOfBoundaryEvents - 1);
  old.Deploy(sketch);
  const InstanceKey before = old.Start("p");
  ASSERT_TRUE(old.CompleteTask(before, "a").ok());
  EXPECT_THAT(old.Waiting(before), ElementsAre("after", "b", "b"));
}

TEST(InclusiveJoin, FollowsLinks) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .LinkCatch("there")
      .LinkThrow("jump", "there")
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Flow("fork", "a")
      .Flow("fork", "b")
      .Flow("a", "join")
      .Flow("b", "jump")
      .Flow("there", "join")
      .Flow("join", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// 13.4.3: no path leaves or enters a sub-process; each activation is its own.
TEST(InclusiveJoin, StaysInItsScope) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("sub", K::sub_process)
      .Node("join", K::inclusive_gateway)
      .Node("outside", K::user_task)
      .Node("after", K::user_task)
      .Flow("fork", "sub")
      .Flow("fork", "sub")
      .Flow("sub", "join")
      .Flow("fork", "outside")
      .Flow("outside", "join")
      .Flow("join", "after")
      .Inside("sub")
      .Node("split", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("inner", K::inclusive_gateway)
      .Node("c", K::user_task)
      .Flow("split", "a")
      .Flow("split", "b")
      .Flow("a", "inner")
      .Flow("b", "inner")
      .Flow("inner", "c");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  // Both tokens of the first activation.
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "b", "b", "outside"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "b", "c", "outside"));
  ASSERT_TRUE(h.CompleteTask(key, "outside").ok());
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  // The second activation could only come where the token of the first is.
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "after", "b"));
}

TEST(InclusiveJoin, WaitsForASubProcessAsForATask) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("sub", K::sub_process)
      .ErrorBoundary("caught", "sub", "")
      .Node("gone", K::end_event)
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Flow("fork", "a")
      .Flow("fork", "sub")
      .Flow("a", "join")
      .Flow("sub", "join")
      .Flow("caught", "gone")
      .Flow("join", "after")
      .Inside("sub")
      .Node("inner", K::user_task)
      .ErrorEnd("fail", "E")
      .Flow("inner", "fail");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("inner"));
  // It dies with its error; the join is then complete.
  ASSERT_TRUE(h.CompleteTask(key, "inner").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// What stands still with an incident may still come.
TEST(InclusiveJoin, WaitsForAnIncident) {
  ModelSketch sketch = Block();
  sketch.Node("choice", K::exclusive_gateway)
      .Node("gone", K::end_event)
      .Flow("split", "choice")
      .Flow("choice", "join", "${y == 1}")
      .Flow("choice", "gone", "${y == 2}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":2,"y":3})");
  ASSERT_TRUE(h.CompleteTask(key, "c", R"({"y":2})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("!choice"));
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// A parallel join that starves may be fed by nobody, but the rule asks for
// paths only.
TEST(InclusiveJoin, CountsTokensAtOtherJoins) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("both", K::parallel_gateway)
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Node("gone", K::end_event)
      .Node("choice", K::exclusive_gateway)
      .Flow("fork", "a")
      .Flow("fork", "choice")
      .Flow("fork", "b")
      .Flow("choice", "gone", "${x == 1}")
      .DefaultFlow("choice", "both")
      .Flow("b", "both")
      .Flow("both", "join")
      .Flow("a", "join")
      .Flow("join", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":1})");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), IsEmpty());
  EXPECT_EQ(h.at(key).scopes.at(h.at(key).root()).token_count, 2u);
}

// A terminate end event ends what waits at a join as well.
TEST(InclusiveJoin, GoesWithItsScope) {
  ModelSketch sketch = Block();
  sketch.Terminate("stop").Node("stopper", K::user_task);
  sketch.Flow("split", "stopper").Flow("stopper", "stop");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":1})");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  ASSERT_TRUE(h.CompleteTask(key, "stopper").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::terminated);
}

// Tokens that a limit has stopped are on their way; once it is resolved the
// join is decided as if there had been none.
TEST(InclusiveJoin, ALimitLosesNoToken) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("loop", K::exclusive_gateway)
      .Script("count", "${n + 1}", "n")
      .Node("a", K::manual_task)
      .Node("join", K::inclusive_gateway)
      .Node("after", K::user_task)
      .Flow("fork", "loop")
      .Flow("loop", "count")
      .Flow("count", "loop",
            absl::StrCat("${n < ", kActivationsPerCommandMax, "}"))
      .DefaultFlow("count", "join")
      .Flow("fork", "a")
      .Flow("a", "join")
      .Flow("join", "after");
  CoreHarness h;
  h.Deploy(sketch);
  h.set_check_laws(false);
  const InstanceKey key = h.Start("p", R"({"n":0})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  for (int i = 0; i < 3 && !h.at(key).incidents.empty(); ++i) {
    EXPECT_EQ(h.at(key).incidents.begin()->second.type,
              fb::IncidentType::limit);
    ASSERT_TRUE(h.Resolve(key).ok());
  }
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// A cycle of nothing but inclusive joins stops at the limit as any other.
TEST(InclusiveJoin, ABusyCycleStopsAtTheLimit) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("head", K::inclusive_gateway)
      .Flow("start", "head")
      .Flow("head", "head");
  CoreHarness h;
  h.Deploy(sketch);
  h.set_check_laws(false);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type, fb::IncidentType::limit);
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_THAT(h.at(key).incidents.begin()->second.message,
              HasSubstr("kActivationsPerCommandMax"));
}

// Many joins that wait, looked at whenever one that fires again and again has
// fired.
TEST(InclusiveJoin, TheWorkOfDecidingIsBounded) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway);
  for (int i = 0; i < 1000; ++i) {
    const std::string task = absl::StrCat("task", i);
    const std::string join = absl::StrCat("join", i);
    sketch.Node(task, K::user_task)
        .Node(join, K::inclusive_gateway)
        .Flow("fork", task)
        .Flow("fork", join)
        .Flow(task, join);
  }
  sketch.Node("head", K::inclusive_gateway)
      .Flow("fork", "head")
      .Flow("head", "head");
  CoreHarness h;
  h.Deploy(sketch);
  h.set_check_laws(false);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  const Incident incident = h.at(key).incidents.begin()->second;
  EXPECT_EQ(incident.type, fb::IncidentType::limit);
  EXPECT_THAT(incident.message, HasSubstr("kJoinStepsPerCommandMax"));
  // Resolving it grants as many again.
  const uint32_t before = h.at(key).sequence;
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_GT(h.at(key).sequence, before + 1000);
}

}  // namespace
}  // namespace pawl::core
