// Ad-hoc sub-processes (BPMN 2.0.2, 10.3.5 and 13.3.5; docs/adr/0024).
#include <string>

#include "base/limits.h"
#include "engine/model/model_rules.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using K = fb::ElementKind;

// start -> work {a, b -> then, c: user tasks} -> after
ModelSketch AdHocModel(bool sequential, const std::string& completion = "",
                       const std::string& active_elements = "") {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("after", K::user_task)
      .AdHoc("work", sequential, completion, active_elements)
      .Inside("work")
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("then", K::user_task)
      .Node("c", K::user_task)
      .Inside("")
      .Flow("start", "work")
      .Flow("work", "after")
      .Flow("b", "then");
  return sketch;
}

absl::Status Activate(CoreHarness& h, InstanceKey key,
                      std::vector<std::string> elements,
                      ElementKey scope = ElementKey()) {
  fb::ActivateElementsT command;
  command.instance = key.value();
  command.scope = scope.value();
  command.elements = std::move(elements);
  return h.Do(std::move(command), key);
}

ElementKey ScopeOf(const CoreHarness& h, InstanceKey key) {
  return h.at(key).ad_hocs.begin()->first;
}

TEST(AdHoc, WhatNoFlowLeadsToRunsAtOnceAndAllOfItIsAwaited) {
  CoreHarness h;
  h.Deploy(AdHocModel(false));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "b", "c"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "c", "then"));
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("then"));
  ASSERT_TRUE(h.CompleteTask(key, "then").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_THAT(h.at(key).ad_hocs, IsEmpty());
}

TEST(AdHoc, SequentialRunsOneAfterTheOtherWithWhatFollowsIt) {
  CoreHarness h;
  h.Deploy(AdHocModel(true));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a"));
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("then"));
  ASSERT_TRUE(h.CompleteTask(key, "then").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c"));
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, ItsConditionEndsWhatIsLeft) {
  CoreHarness h;
  h.Deploy(AdHocModel(false, "${enough}"));
  const InstanceKey key = h.Start("p", R"({"enough": false})");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b", "c"));
  // Not even what follows the last one begins.
  ASSERT_TRUE(h.CompleteTask(key, "b", R"({"enough": true})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, ItsConditionMayLeaveTheRestToItself) {
  ModelSketch sketch = AdHocModel(false, "${enough}");
  sketch.element("work").ad_hoc->cancel_remaining = false;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"enough": true})");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  // 13.3.5: nothing more begins, also behind what has just completed.
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "c"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Activate(h, key, {"a"})));
  for (const char* id : {"a", "c"}) {
    ASSERT_TRUE(h.CompleteTask(key, id).ok());
  }
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, NothingBeginsBehindWhatWasStillActive) {
  for (const uint16_t rules :
       {model::kRulesOfFailedCalls, model::kRulesOfFulfilledAdHoc}) {
    ModelSketch sketch = AdHocModel(false, "${enough}");
    sketch.element("work").ad_hoc->cancel_remaining = false;
    sketch.Rules(rules);
    CoreHarness h;
    h.Deploy(sketch);
    const InstanceKey key = h.Start("p", R"({"enough": false})");
    ASSERT_TRUE(h.CompleteTask(key, "c", R"({"enough": true})").ok());
    ASSERT_TRUE(h.CompleteTask(key, "a").ok());
    EXPECT_THAT(h.Waiting(key), ElementsAre("b"));
    ASSERT_TRUE(h.CompleteTask(key, "b").ok());
    // As definitions of earlier builds go on.
    if (rules < model::kRulesOfFulfilledAdHoc) {
      EXPECT_THAT(h.Waiting(key), ElementsAre("then"));
      ASSERT_TRUE(h.CompleteTask(key, "then").ok());
    }
    EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  }
}

TEST(AdHoc, SequentialBeginsNothingMoreOnceItsConditionHolds) {
  ModelSketch sketch = AdHocModel(true, "${true}");
  sketch.element("work").ad_hoc->cancel_remaining = false;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, WaitsWhenItsConditionHoldsForNobody) {
  CoreHarness h;
  h.Deploy(AdHocModel(false, "${enough}", "${chosen}"));
  const InstanceKey key = h.Start("p", R"({"enough": false, "chosen": ["c"]})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("c"));
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), IsEmpty());
  // Each as often as it is asked for.
  ASSERT_TRUE(Activate(h, key, {"c", "c", "a"}).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "c", "c"));
  ASSERT_TRUE(h.CompleteTask(key, "a", R"({"enough": true})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, ActivatedWhileSequentialItWaitsItsTurn) {
  CoreHarness h;
  h.Deploy(AdHocModel(true, "", "${chosen}"));
  const InstanceKey key = h.Start("p", R"({"chosen": []})");
  EXPECT_THAT(h.Waiting(key), IsEmpty());
  ASSERT_TRUE(Activate(h, key, {"c"}).ok());
  ASSERT_TRUE(Activate(h, key, {"a"}, ScopeOf(h, key)).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("c"));
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a"));
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, SaysWhyItActivatesNothing) {
  CoreHarness h;
  h.Deploy(AdHocModel(false));
  const InstanceKey key = h.Start("p");
  EXPECT_TRUE(absl::IsInvalidArgument(Activate(h, key, {})));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Activate(h, key, std::vector<std::string>(kAdHocElementsMax + 1, "a"))));
  EXPECT_TRUE(absl::IsNotFound(Activate(h, key, {"nowhere"})));
  EXPECT_TRUE(absl::IsInvalidArgument(Activate(h, key, {"after"})));
  EXPECT_THAT(Activate(h, key, {"a", "then"}).message(),
              HasSubstr("no element of 'work' without incoming flow"));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      Activate(h, key, {"a"}, ElementKey(key.value()))));
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "b", "c"));
}

TEST(AdHoc, AConditionThatFailsIsAnIncidentAndAskedAgain) {
  CoreHarness h;
  h.Deploy(AdHocModel(true, "${enough}"));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("!work"));
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("!work"));
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "enough";
  set.variables[0]->json = "false";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("b"));
}

TEST(AdHoc, AListThatIsNoneIsAnIncident) {
  CoreHarness h;
  h.Deploy(AdHocModel(false, "", "${chosen}"));
  for (const char* chosen : {R"("a")", R"(["then"])", "[1]"}) {
    const InstanceKey key =
        h.Start("p", std::string(R"({"chosen": )") + chosen + "}");
    EXPECT_THAT(h.Waiting(key), ElementsAre("!work")) << chosen;
    EXPECT_EQ(h.at(key).incidents.begin()->second.type,
              fb::IncidentType::expression_error);
  }
}

TEST(AdHoc, ABoundaryEventEndsIt) {
  ModelSketch sketch = AdHocModel(true, "${false}");
  sketch.TimerBoundary("late", "work", "PT1S", true)
      .Node("missed", K::user_task)
      .Flow("late", "missed");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  h.Advance(1000);
  EXPECT_THAT(h.Waiting(key), ElementsAre("missed"));
  EXPECT_THAT(h.at(key).ad_hocs, IsEmpty());
}

TEST(AdHoc, AnEventSubProcessThatInterruptsIsTheLastInIt) {
  ModelSketch sketch = AdHocModel(true, "${false}");
  sketch.Inside("work")
      .Node("stop", K::event_sub_process)
      .Inside("stop")
      .Event("stop_start", K::start_event, fb::EventType::signal)
      .Signal("stop")
      .Node("tidy", K::user_task)
      .Flow("stop_start", "tidy");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.Signal("stop").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("tidy"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Activate(h, key, {"a"})));
  ASSERT_TRUE(h.CompleteTask(key, "tidy").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, WhatInterruptsItEndsTheIncidentOfItsCondition) {
  ModelSketch sketch = AdHocModel(false, "${enough}");
  sketch.Inside("work")
      .Node("stop", K::event_sub_process)
      .Inside("stop")
      .Event("stop_start", K::start_event, fb::EventType::signal)
      .Signal("stop")
      .Node("tidy", K::user_task)
      .Flow("stop_start", "tidy");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  ASSERT_TRUE(h.Signal("stop").ok());
  EXPECT_TRUE(h.at(key).incidents.empty());
  ASSERT_TRUE(h.CompleteTask(key, "tidy").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(AdHoc, RunsSeveralTimesAndIsThenNamedByItsKey) {
  ModelSketch sketch = AdHocModel(false, "${enough}");
  sketch.element("work").loop = std::make_unique<fb::LoopDefinitionT>();
  sketch.element("work").loop->kind = fb::LoopKind::parallel;
  sketch.element("work").loop->cardinality =
      std::make_unique<fb::ExpressionT>();
  sketch.element("work").loop->cardinality->text = "2";
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"enough": true})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "a", "b", "b", "c", "c"));
  EXPECT_THAT(Activate(h, key, {"a"}).message(), HasSubstr("got 2"));
  ASSERT_TRUE(Activate(h, key, {"a"}, ScopeOf(h, key)).ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a", "b", "c"));
}

TEST(AdHoc, WhatPassesAtOnceMayBeEnough) {
  ModelSketch sketch = AdHocModel(false, "${true}");
  sketch.element("a").kind = K::manual_task;
  sketch.element("a").user_task.reset();
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_THAT(h.LastEvents(), Contains("AdHocFulfilled"));
}

TEST(AdHoc, CompletedItIsCompensatedFromInside) {
  ModelSketch sketch = AdHocModel(false);
  sketch.Inside("work")
      .Handler("undo", "a")
      .Inside("")
      .Compensate("back", K::intermediate_throw_event)
      .Flow("after", "back");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  for (const char* id : {"a", "b", "c", "then", "after"}) {
    ASSERT_TRUE(h.CompleteTask(key, id).ok()) << id;
  }
  EXPECT_THAT(h.Waiting(key), ElementsAre("undo"));
  ASSERT_TRUE(h.CompleteTask(key, "undo").ok());
  EXPECT_TRUE(h.at(key).ended());
}

}  // namespace
}  // namespace pawl::core
