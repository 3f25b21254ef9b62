// Activities that run several times (BPMN 2.0.2, 10.3.8 and 13.3.7).
#include <string>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/model/model_rules.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using K = fb::ElementKind;
using L = fb::LoopKind;

std::unique_ptr<fb::ExpressionT> El(const std::string& text) {
  auto expression = std::make_unique<fb::ExpressionT>();
  expression->text = text;
  expression->language = fb::Language::el;
  return expression;
}

// In whatever scope it is; "absent".
std::string Anywhere(const CoreHarness& h, InstanceKey key,
                     const std::string& name) {
  for (const auto& [scope_key, scope] : h.at(key).scopes) {
    const auto it = scope.variables.find(name);
    if (it != scope.variables.end()) return it->second;
  }
  return "absent";
}

// start -> work, several times -> after (user task)
ModelSketch Looping(L kind, const std::string& cardinality,
                    const std::string& collection = "", K work = K::user_task) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("after", K::user_task)
      .Node("work", work)
      .Loop(kind, cardinality, collection, "item")
      .Flow("start", "work")
      .Flow("work", "after");
  return sketch;
}

TEST(MultiInstance, ParallelRunsAllAtOnceAndWaitsForAll) {
  CoreHarness h;
  h.Deploy(Looping(L::parallel, "${n}"));
  const InstanceKey key = h.Start("p", R"({"n": 3})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("work", "work", "work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(MultiInstance, SequentialRunsOneByOneInTheOrderOfTheCollection) {
  ModelSketch sketch = Looping(L::sequential, "", "${items}");
  sketch.element("work").loop->output_collection = "seen";
  sketch.element("work").loop->output_element = El("${item}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"items": ["a", "b"]})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.Variable(key, "seen"), R"(["a","b"])");
  EXPECT_EQ(h.Variable(key, "item"), "absent");
}

// 10.3.8, table 10.31.
TEST(MultiInstance, SaysHowManyAreActive) {
  for (const L kind : {L::parallel, L::sequential}) {
    ModelSketch sketch = Looping(kind, "${3}");
    sketch.element("work").loop->completion = El("${nrOfActiveInstances == 7}");
    CoreHarness h;
    h.Deploy(sketch);
    const InstanceKey key = h.Start("p");
    const bool parallel = kind == L::parallel;
    EXPECT_EQ(Anywhere(h, key, "nrOfActiveInstances"), parallel ? "3" : "1");
    ASSERT_TRUE(h.CompleteTask(key, "work").ok());
    EXPECT_EQ(Anywhere(h, key, "nrOfActiveInstances"), parallel ? "2" : "1");
    ASSERT_TRUE(h.CompleteTask(key, "work").ok());
    EXPECT_EQ(Anywhere(h, key, "nrOfActiveInstances"), "1");
  }
}

TEST(MultiInstance, OfNothingGoesOnAtOnce) {
  CoreHarness h;
  h.Deploy(Looping(L::parallel, "${0}"));
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("after"));
}

TEST(MultiInstance, CompletionConditionEndsTheOthers) {
  ModelSketch sketch = Looping(L::parallel, "${4}");
  sketch.element("work").loop->completion =
      El("${nrOfCompletedInstances >= 2}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("work", "work", "work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// 10.3.8, table 10.31: by the names of the specification, too; what a model
// itself calls so is its own.
TEST(MultiInstance, ItsAttributesAreThereForTheCompletionCondition) {
  for (const L kind : {L::parallel, L::sequential}) {
    ModelSketch sketch = Looping(kind, "${4}");
    const char* const active = kind == L::parallel ? "2" : "1";
    sketch.element("work").loop->completion = El(absl::StrCat(
        "${numberOfInstances == 4 && numberOfActiveInstances == ", active,
        " && numberOfCompletedInstances == 2 && "
        "numberOfTerminatedInstances == 0}"));
    CoreHarness h;
    h.Deploy(sketch);
    const InstanceKey key = h.Start("p");
    ASSERT_TRUE(h.CompleteTask(key, "work").ok());
    EXPECT_THAT(h.Waiting(key), Contains("work"));
    ASSERT_TRUE(h.CompleteTask(key, "work").ok());
    EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
    const InstanceKey own = h.Start("p", R"({"numberOfInstances": 7})");
    ASSERT_TRUE(h.CompleteTask(own, "work").ok());
    ASSERT_TRUE(h.CompleteTask(own, "work").ok());
    EXPECT_THAT(h.Waiting(own), Contains("work"));
    ASSERT_TRUE(h.at(own).incidents.empty());
  }
}

// 10.3.8: with the variables of the run that is done, which the whole doesn't
// see; of definitions of earlier builds the whole asked.
TEST(MultiInstance, TheRunThatIsDoneAsksForItsCompletion) {
  for (const L kind : {L::parallel, L::sequential}) {
    ModelSketch sketch = Looping(kind, "${4}");
    sketch.element("work").loop->completion = El("${loopCounter == 1}");
    CoreHarness h;
    h.Deploy(sketch);
    const InstanceKey key = h.Start("p");
    ASSERT_TRUE(h.CompleteTask(key, "work").ok());
    EXPECT_THAT(h.Waiting(key), Contains("work"));
    ASSERT_TRUE(h.CompleteTask(key, "work").ok());
    EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
    sketch.Rules(model::kRulesOfInnerResults);
    CoreHarness before;
    before.Deploy(sketch);
    const InstanceKey old = before.Start("p");
    ASSERT_TRUE(before.CompleteTask(old, "work").ok());
    EXPECT_EQ(before.at(old).incidents.size(), 1u);
  }
}

// Of the loop whose condition it is, not of a run around it.
TEST(StandardLoop, ItsConditionSeesHowOftenItHasRun) {
  ModelSketch sketch = Looping(L::sequential, "${2}", "", K::sub_process);
  sketch.Inside("work")
      .Node("in", K::start_event)
      .Node("inner", K::user_task)
      .Loop(L::standard, "")
      .Flow("in", "inner");
  sketch.element("inner").loop->condition = El("${loopCounter < 3}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(h.Waiting(key), ElementsAre("inner")) << i;
    ASSERT_TRUE(h.CompleteTask(key, "inner").ok());
  }
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// It stands with the run, and is asked again when that is put right.
TEST(MultiInstance, ACompletionThatCannotBeSaidIsAnIncidentOfItsRun) {
  ModelSketch sketch = Looping(L::parallel, "${3}");
  sketch.element("work").loop->completion = El("${enough}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  const Incident& incident = h.at(key).incidents.begin()->second;
  EXPECT_EQ(h.at(key).elements.at(incident.element_key).loop_index, 1u);
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "enough";
  set.variables[0]->json = "true";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(MultiInstance, ABoundaryEventIsOfTheWhole) {
  ModelSketch sketch = Looping(L::parallel, "${3}");
  sketch.TimerBoundary("late", "work", "PT1H", true)
      .Node("missed", K::user_task)
      .Flow("late", "missed");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(h.at(key).timers.size(), 1u);
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  h.Advance(3'600'000);
  EXPECT_THAT(h.Waiting(key), ElementsAre("missed"));
}

TEST(MultiInstance, AnErrorOfOneRunGoesToTheBoundaryOfTheWhole) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("sub", K::sub_process)
      .Loop(L::parallel, "${3}")
      .ErrorBoundary("broken", "sub", "E")
      .Node("repair", K::user_task)
      .Flow("start", "sub")
      .Flow("broken", "repair")
      .Inside("sub")
      .Node("work", K::user_task)
      .ErrorEnd("fail", "E")
      .Flow("work", "fail");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("work", "work", "work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("repair"));
}

TEST(MultiInstance, ACollectionThatIsNoneIsAnIncident) {
  CoreHarness h;
  h.Deploy(Looping(L::parallel, "", "${items}"));
  const InstanceKey key = h.Start("p", R"({"items": 5})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("!work"));
}

// Each run has its own variables.
TEST(MultiInstance, RunsHaveScopesOfTheirOwn) {
  ModelSketch sketch = Looping(L::parallel, "", "${items}", K::service_task);
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"items": [1, 2]})");
  ASSERT_TRUE(h.CompleteJob(key, "work", R"({"item": 9, "out": 1})").ok());
  EXPECT_EQ(h.Variable(key, "item"), "absent");
  EXPECT_EQ(h.Variable(key, "out"), "1");
}

TEST(StandardLoop, RunsWhileItsConditionHolds) {
  ModelSketch sketch = Looping(L::standard, "");
  sketch.element("work").loop->condition = El("${again}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "work", R"({"again": true})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
  ASSERT_TRUE(h.CompleteTask(key, "work", R"({"again": false})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(StandardLoop, TestedBeforeMayNotRunAndMaximumEndsIt) {
  ModelSketch before = Looping(L::standard, "");
  before.element("work").loop->condition = El("${again}");
  before.element("work").loop->test_before = true;
  before.element("work").loop->maximum = 2;
  CoreHarness h;
  h.Deploy(before);
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"again": false})")),
              ElementsAre("after"));
  const InstanceKey key = h.Start("p", R"({"again": true})");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(StandardLoop, ConditionThatFailsIsAnIncidentAndGoesOnWhenResolved) {
  ModelSketch sketch = Looping(L::standard, "");
  sketch.element("work").loop->condition = El("${again}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("!work"));
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "again";
  set.variables[0]->json = "false";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// More runs than one command may begin: the rest comes in commands that follow.
TEST(MultiInstance, ManyRunsBeginInSeveralCommands) {
  CoreHarness h;
  h.set_check_laws(false);
  h.Deploy(Looping(L::parallel, "${n}", "", K::manual_task));
  const size_t records = h.log().size();
  const InstanceKey key = h.Start(
      "p", "{\"n\": " + std::to_string(2 * kActivationsPerCommandMax) + "}");
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.log().size(), records + 3);
}

}  // namespace
}  // namespace pawl::core
