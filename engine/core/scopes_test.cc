// Sub-processes, boundary events, errors and links: how scopes begin and end.
// Clauses are of BPMN 2.0.2; SEMANTICS has what it leaves open.
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
using ::testing::UnorderedElementsAre;
using K = fb::ElementKind;

// start -> sub { inner_start -> a -> inner_end } -> after -> end
ModelSketch Nested(K inner = K::user_task) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("sub", K::sub_process)
      .Node("after", K::user_task)
      .Node("end", K::end_event)
      .Flow("start", "sub")
      .Flow("sub", "after")
      .Flow("after", "end")
      .Inside("sub")
      .Node("inner_start", K::start_event)
      .Node("a", inner)
      .Node("inner_end", K::end_event)
      .Flow("inner_start", "a")
      .Flow("a", "inner_end")
      .Inside("");
  return sketch;
}

// 13.3.4: complete when no token is left inside.
TEST(SubProcess, RunsInsideThenGoesOn) {
  CoreHarness h;
  h.Deploy(Nested());
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a"));
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  ASSERT_TRUE(h.CompleteTask(key, "after").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
  EXPECT_THAT(h.Path(key), ElementsAre("start", "inner_start", "a", "inner_end",
                                       "sub", "after", "end"));
}

// Its end listener waits for a job: nothing moves in it meanwhile.
TEST(SubProcess, WhatRestsInATerminatedOneIsGoneBeforeItsEndListener) {
  ModelSketch sketch = Nested(K::manual_task);
  sketch.Inside("sub")
      .Node("fork", K::parallel_gateway)
      .Node("b", K::user_task)
      .Node("join", K::inclusive_gateway)
      .Node("c", K::user_task)
      .Terminate("stop")
      .Node("d", K::user_task)
      .Flow("a", "fork")
      .Flow("fork", "join")
      .Flow("fork", "b")
      .Flow("b", "join")
      .Flow("join", "c")
      .Flow("fork", "d")
      .Flow("d", "stop");
  auto listener = std::make_unique<fb::ListenerT>();
  listener->event = fb::ListenerEvent::end;
  listener->job = std::make_unique<fb::JobDefinitionT>();
  listener->job->type = std::make_unique<fb::ExpressionT>();
  listener->job->type->text = "tell";
  sketch.element("sub").listeners.push_back(std::move(listener));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("b", "d"));
  // The token before the join waits for that of b, which is gone.
  ASSERT_TRUE(h.CompleteTask(key, "d").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("sub"));
  EXPECT_THAT(h.LastEvents(), ::testing::Contains("ScopeInterrupted"));
  ASSERT_TRUE(h.CompleteJob(key, "sub").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  ASSERT_TRUE(h.CompleteTask(key, "after").ok());
  EXPECT_TRUE(h.at(key).ended());
}

TEST(SubProcess, WaitsForEveryTokenInside) {
  ModelSketch sketch = Nested();
  sketch.Inside("sub").Node("b", K::user_task).Flow("inner_start", "b");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "b"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a"));
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// SEMANTICS: without start event at every node without incoming flow, but not
// at boundary events.
TEST(SubProcess, WithoutStartEventEveryNodeWithoutIncomingStarts) {
  ModelSketch sketch("p");
  sketch.Node("sub", K::sub_process)
      .Inside("sub")
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .ErrorBoundary("never", "a", "");
  CoreHarness h;
  h.Deploy(sketch);
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("a", "b"));
}

TEST(SubProcess, AnEmptyOneIsDoneAtOnce) {
  ModelSketch sketch("p");
  sketch.Node("sub", K::sub_process)
      .Node("after", K::user_task)
      .Flow("sub", "after");
  CoreHarness h;
  h.Deploy(sketch);
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("after"));
}

// Each token has a scope of its own; a join inside counts only its own tokens.
TEST(SubProcess, TwoActivationsAreTwoScopes) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("sub", K::sub_process)
      .Flow("fork", "sub")
      .Flow("fork", "sub")
      .Inside("sub")
      .Node("split", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("join", K::parallel_gateway)
      .Node("c", K::user_task)
      .Flow("split", "a")
      .Flow("split", "b")
      .Flow("a", "join")
      .Flow("b", "join")
      .Flow("join", "c");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "a", "b", "b"));
  // TaskAt takes the oldest: `a` of the first scope, then that of the second.
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b", "b"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b", "c"));
}

TEST(SubProcess, NestsAsDeepAsAModelMay) {
  constexpr int kDepth = 60;
  ModelSketch sketch("p");
  for (int i = 0; i < kDepth; ++i) {
    const std::string id = absl::StrCat("sub", i);
    sketch.Node(id, K::sub_process).Inside(id);
  }
  sketch.Node("a", K::user_task);
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a"));
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
  const InstanceKey other = h.Start("p");
  fb::CancelInstanceT cancel;
  cancel.instance = other.value();
  ASSERT_TRUE(h.Do(std::move(cancel), other).ok());
  EXPECT_EQ(h.at(other).state, fb::InstanceState::cancelled);
  EXPECT_THAT(h.at(other).elements, IsEmpty());
}

// SEMANTICS, Variables: what has no variable of the name goes to the root. What
// is done in a sub-process isn't its own result, so its output mappings leave
// that alone; of definitions of earlier builds they kept it.
TEST(SubProcess, VariablesGoOutwards) {
  CoreHarness h;
  h.Deploy(Nested());
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a", R"({"x":1})").ok());
  EXPECT_EQ(h.Variable(key, "x"), "1");

  ModelSketch mapped = Nested();
  auto output = std::make_unique<fb::MappingT>();
  output->target = "y";
  output->value = std::make_unique<fb::MappedValueT>();
  output->value->expression = std::make_unique<fb::ExpressionT>();
  output->value->expression->text = "x + 1";
  output->value->expression->language = fb::Language::feel;
  mapped.element("sub").outputs.push_back(std::move(output));
  for (const uint16_t rules :
       {model::kRulesOfLoopAttributes, model::kRulesOfInnerResults}) {
    mapped.Rules(rules);
    CoreHarness m;
    m.Deploy(mapped);
    const InstanceKey other = m.Start("p");
    ASSERT_TRUE(m.CompleteTask(other, "a", R"({"x":1})").ok());
    EXPECT_EQ(m.Variable(other, "x"),
              rules < model::kRulesOfInnerResults ? "absent" : "1");
    EXPECT_EQ(m.Variable(other, "y"), "2");
  }
}

// 13.5.6: a terminate end event ends the sub-process only.
TEST(SubProcess, TerminateEndsItAndGoesOn) {
  ModelSketch sketch = Nested();
  sketch.Inside("sub")
      .Node("b", K::user_task)
      .Terminate("stop")
      .Flow("inner_start", "b")
      .Flow("b", "stop");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.at(key).state, fb::InstanceState::active);
  ASSERT_TRUE(h.CompleteTask(key, "after").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// A limit met while a sub-process begins loses none of its tokens.
TEST(SubProcess, ALimitLosesNoToken) {
  ModelSketch sketch("p");
  sketch.Node("fork", K::parallel_gateway)
      .Node("loop", K::exclusive_gateway)
      .Node("sub", K::sub_process)
      .Flow("fork", "loop")
      .Flow("loop", "loop")
      .Flow("fork", "sub")
      .Inside("sub")
      .Node("a", K::manual_task)
      .Node("b", K::user_task)
      .Flow("a", "b");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_THAT(h.Waiting(key), ElementsAre("!loop", "b"));
}

// --- Boundary events ---------------------------------------------------------

TEST(BoundaryEvent, ATimerEndsItsActivity) {
  ModelSketch sketch = Nested();
  sketch.TimerBoundary("late", "sub", "PT1M", /*interrupting=*/true)
      .Node("escalate", K::user_task)
      .Flow("late", "escalate");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(h.at(key).timers.size(), 1u);
  h.Advance(60'000);
  EXPECT_THAT(h.Waiting(key), ElementsAre("escalate"));
  EXPECT_THAT(h.at(key).tasks.size(), 1u);
  ASSERT_TRUE(h.CompleteTask(key, "escalate").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(BoundaryEvent, ANonInterruptingTimerLeavesIt) {
  ModelSketch sketch = Nested();
  sketch.TimerBoundary("late", "sub", "PT1M", /*interrupting=*/false)
      .Node("remind", K::user_task)
      .Flow("late", "remind");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  h.Advance(60'000);
  EXPECT_THAT(h.Waiting(key), UnorderedElementsAre("a", "remind"));
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "after").ok());
  EXPECT_FALSE(h.at(key).ended()) << "the other branch goes on";
  ASSERT_TRUE(h.CompleteTask(key, "remind").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(BoundaryEvent, GoesWithItsActivity) {
  ModelSketch sketch = Nested();
  sketch.TimerBoundary("late", "sub", "PT1M", /*interrupting=*/true);
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.at(key).timers, IsEmpty());
  h.Advance(60'000);
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(BoundaryEvent, EndsWhatWaitsInsideAndItsWork) {
  ModelSketch sketch = Nested(K::service_task);
  sketch.TimerBoundary("late", "sub", "PT1M", /*interrupting=*/true);
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(h.FailJob(key, "a").ok());
  EXPECT_EQ(h.at(key).incidents.size(), 1u);
  h.Advance(60'000);
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
  EXPECT_THAT(h.at(key).jobs, IsEmpty());
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
}

// Before anything of the activity has happened, so that resolving repeats it.
TEST(BoundaryEvent, ATimeThatIsNoneIsAnIncidentOfTheActivity) {
  ModelSketch sketch("p");
  sketch.Node("a", K::service_task)
      .TimerBoundary("late", "a", "${wait}", /*interrupting=*/true);
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"wait":"soon"})");
  EXPECT_THAT(h.at(key).jobs, IsEmpty());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::expression_error);
  EXPECT_THAT(h.at(key).incidents.begin()->second.message, HasSubstr("'late'"));
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "wait";
  set.variables[0]->json = R"("PT1M")";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_EQ(h.at(key).jobs.size(), 1u);
  EXPECT_EQ(h.at(key).timers.size(), 1u);
}

// --- Errors ------------------------------------------------------------------

absl::Status ThrowError(CoreHarness& h, InstanceKey key,
                        const std::string& element, const std::string& code) {
  fb::ThrowJobErrorT error;
  error.job = h.JobAt(key, element).value();
  error.owner = std::make_unique<fb::JobOwnerT>();
  error.owner->worker = "w";
  error.lock_first = true;
  error.code = code;
  error.message = "no money";
  error.variables.push_back(std::make_unique<fb::VariableT>());
  error.variables[0]->name = "missing";
  error.variables[0]->json = "12";
  return h.Do(std::move(error), key);
}

TEST(Errors, AWorkersErrorGoesToItsTasksBoundary) {
  ModelSketch sketch("p");
  sketch.Node("pay", K::service_task)
      .ErrorBoundary("any", "pay", "")
      .ErrorBoundary("broke", "pay", "BROKE")
      .Node("dun", K::user_task)
      .Node("other", K::user_task)
      .Flow("broke", "dun")
      .Flow("any", "other");
  sketch.element("broke").error->code_variable = "code";
  sketch.element("broke").error->message_variable = "text";
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(ThrowError(h, key, "pay", "BROKE").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("dun"));
  EXPECT_EQ(h.Variable(key, "code"), R"("BROKE")");
  EXPECT_EQ(h.Variable(key, "text"), R"("no money")");
  EXPECT_EQ(h.Variable(key, "missing"), "12");
  // Without the exact code the one that takes any.
  const InstanceKey unknown = h.Start("p");
  ASSERT_TRUE(ThrowError(h, unknown, "pay", "LOST").ok());
  EXPECT_THAT(h.Waiting(unknown), ElementsAre("other"));
}

TEST(Errors, GoOutwardsToTheNearestCatcher) {
  ModelSketch sketch = Nested(K::service_task);
  sketch.ErrorBoundary("outer", "sub", "BROKE")
      .Node("dun", K::user_task)
      .Flow("outer", "dun");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(ThrowError(h, key, "a", "BROKE").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("dun"));
  EXPECT_THAT(h.at(key).jobs, IsEmpty());
}

TEST(Errors, NobodyCatchesIsAnIncidentAndOthersGoOn) {
  ModelSketch sketch = Nested(K::service_task);
  sketch.ErrorBoundary("outer", "sub", "BROKE");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(ThrowError(h, key, "a", "LOST").ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::unhandled_error);
  EXPECT_EQ(h.Variable(key, "missing"), "12");
}

TEST(Errors, AnErrorEndEventEndsItsSubProcess) {
  ModelSketch sketch = Nested();
  sketch.Inside("sub")
      .Node("b", K::user_task)
      .ErrorEnd("broken", "BROKE")
      .Flow("inner_start", "b")
      .Flow("b", "broken")
      .Inside("")
      .ErrorBoundary("outer", "sub", "BROKE")
      .Node("dun", K::user_task)
      .Flow("outer", "dun");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("dun"));
}

TEST(Errors, AnErrorEndEventThatNobodyCatchesStays) {
  ModelSketch sketch("p");
  sketch.Node("a", K::user_task)
      .ErrorEnd("broken", "BROKE")
      .Flow("a", "broken");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::unhandled_error);
  EXPECT_FALSE(h.at(key).ended());
  // Nothing has changed, so it is raised again.
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_EQ(h.at(key).incidents.size(), 1u);
}

// --- Links, and what works as a job ------------------------------------------

TEST(Links, JumpWithinTheirScope) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .LinkCatch("here")
      .LinkThrow("jump", "here")
      .LinkThrow("jump_too", "here")
      .Node("a", K::user_task)
      .Flow("start", "jump")
      .Flow("start", "jump_too")
      .Flow("here", "a");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "a"));
}

// Found by random processes: a throwing link is a start like any other node.
TEST(Links, AScopeMayStartWithOne) {
  ModelSketch sketch("p");
  sketch.LinkCatch("here").LinkThrow("jump", "here").Node("a", K::user_task);
  sketch.Flow("here", "a");
  CoreHarness h;
  h.Deploy(sketch);
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("a"));
}

TEST(Jobs, SendAndBusinessRuleTasksAreJobs) {
  for (const K kind : {K::send_task, K::business_rule_task}) {
    ModelSketch sketch("p");
    sketch.Node("work", kind)
        .Node("thrown", K::intermediate_throw_event)
        .Node("after", K::user_task)
        .Flow("work", "thrown")
        .Flow("thrown", "after");
    CoreHarness h;
    h.Deploy(sketch);
    const InstanceKey key = h.Start("p");
    ASSERT_EQ(h.at(key).jobs.size(), 1u);
    ASSERT_TRUE(h.CompleteJob(key, "work").ok());
    EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  }
}

}  // namespace
}  // namespace pawl::core
