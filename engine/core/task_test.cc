// Tasks of people: their listeners, delegation, changes and local variables.
// Rules: docs/adr/0030, BPMN 2.0.2, 10.3.4.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/core/variables.h"
#include "engine/expression/expression.h"
#include "engine/expression/scope_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using K = fb::ElementKind;
using T = fb::EventType;
using fb::Language;
using fb::TaskEvent;

std::unique_ptr<fb::ExpressionT> Text(const std::string& text,
                                      Language language) {
  auto expression = std::make_unique<fb::ExpressionT>();
  expression->text = text;
  expression->language = language;
  return expression;
}

ModelSketch OneTask() {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::user_task)
      .Node("end", K::end_event)
      .Flow("start", "work")
      .Flow("work", "end");
  return sketch;
}

fb::UserTaskDefinitionT& TaskOf(ModelSketch& sketch) {
  return *sketch.element("work").user_task;
}

void Listen(ModelSketch& sketch, TaskEvent event, const std::string& text,
            Language language = Language::lua) {
  auto listener = std::make_unique<fb::TaskListenerT>();
  listener->event = event;
  listener->script = std::make_unique<fb::ScriptDefinitionT>();
  listener->script->script = Text(text, language);
  TaskOf(sketch).listeners.push_back(std::move(listener));
}

void ListenByJob(ModelSketch& sketch, TaskEvent event,
                 const std::string& type) {
  auto listener = std::make_unique<fb::TaskListenerT>();
  listener->event = event;
  listener->job = std::make_unique<fb::JobDefinitionT>();
  listener->job->type = Text(type, Language::literal);
  TaskOf(sketch).listeners.push_back(std::move(listener));
}

// Every script notes its name and who the task is with, and gives `seen`.
class Tasks : public ::testing::Test {
 protected:
  Tasks() {
    h.script_runner = [this](const expression::Expression& script,
                             const expression::ScopeView& scope)
        -> absl::StatusOr<expression::ScriptResult> {
      const Value* const task = scope.Find("task");
      const Value* const n = scope.Find("n");
      const auto entry = [&](const char* name) {
        if (task == nullptr) return std::string("no task");
        const Value& value = *task->context().find(name);
        return value.is_null() ? "nobody" : value.string();
      };
      ran.push_back(absl::StrCat(std::string(script.text()), ": ",
                                 entry("eventName"), " ", entry("assignee"),
                                 n == nullptr ? "" : " n=" + n->number_text()));
      if (script.text() == fails) return absl::InvalidArgumentError("no way");
      return expression::ScriptResult{
          Value(), Variables{{"seen", std::string(script.text())}}, 0};
    };
  }

  const Task& TheTask(InstanceKey key) const {
    return h.at(key).tasks.begin()->second;
  }
  uint64_t Key(InstanceKey key) const { return TheTask(key).key.value(); }

  absl::Status Claim(InstanceKey key, const std::string& user) {
    fb::ClaimTaskT command;
    command.task = Key(key);
    command.user = user;
    return h.Do(std::move(command), key);
  }
  absl::Status Delegate(InstanceKey key, const std::string& user) {
    fb::DelegateTaskT command;
    command.task = Key(key);
    command.user = user;
    return h.Do(std::move(command), key);
  }
  absl::Status GiveBack(InstanceKey key, const std::string& name = "",
                        const std::string& json = "") {
    fb::ResolveTaskT command;
    command.task = Key(key);
    if (!name.empty()) command.variables = One(name, json);
    return h.Do(std::move(command), key);
  }
  static WireVariables One(const std::string& name, const std::string& json) {
    WireVariables variables;
    variables.push_back(std::make_unique<fb::VariableT>());
    variables.back()->name = name;
    variables.back()->json = json;
    return variables;
  }

  CoreHarness h;
  std::vector<std::string> ran;
  std::string fails;
};

// --- Listeners ---------------------------------------------------------------

TEST_F(Tasks, CreateComesBeforeAssignment) {
  ModelSketch sketch = OneTask();
  TaskOf(sketch).assignee = Text("mary", Language::literal);
  Listen(sketch, TaskEvent::assignment, "assigned");
  Listen(sketch, TaskEvent::create, "first");
  Listen(sketch, TaskEvent::create, "second");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(ran, ElementsAre("first: create mary", "second: create mary",
                               "assigned: assignment mary"));
  EXPECT_EQ(h.Variable(key, "seen"), "\"assigned\"");
  EXPECT_EQ(TheTask(key).event, TaskEvent::none);
  EXPECT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_TRUE(h.at(key).ended());
}

TEST_F(Tasks, NobodyIsNoAssignment) {
  ModelSketch sketch = OneTask();
  Listen(sketch, TaskEvent::assignment, "assigned");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(ran, IsEmpty());
  ASSERT_TRUE(Claim(key, "john").ok());
  EXPECT_THAT(ran, ElementsAre("assigned: assignment john"));
  // The same again changes nothing.
  ASSERT_TRUE(Claim(key, "john").ok());
  fb::UnclaimTaskT unclaim;
  unclaim.task = Key(key);
  ASSERT_TRUE(h.Do(std::move(unclaim), key).ok());
  EXPECT_THAT(ran, ElementsAre("assigned: assignment john",
                               "assigned: assignment nobody"));
}

TEST_F(Tasks, UpdateComesBeforeAssignment) {
  ModelSketch sketch = OneTask();
  Listen(sketch, TaskEvent::assignment, "assigned");
  Listen(sketch, TaskEvent::update, "updated");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(Claim(key, "john").ok());
  EXPECT_THAT(ran,
              ElementsAre("updated: update john", "assigned: assignment john"));
  ran.clear();
  fb::ChangeTaskT change;
  change.task = Key(key);
  change.fields = {fb::TaskField::priority};
  change.priority = 7;
  ASSERT_TRUE(h.Do(std::move(change), key).ok());
  EXPECT_THAT(ran, ElementsAre("updated: update john"));
}

TEST_F(Tasks, CompleteSeesTheVariablesAndComesBeforeTheEnd) {
  ModelSketch sketch = OneTask();
  Listen(sketch, TaskEvent::complete, "last");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "work", R"({"n":4})").ok());
  EXPECT_THAT(ran, ElementsAre("last: complete nobody n=4"));
  EXPECT_EQ(h.Variable(key, "seen"), "\"last\"");
  EXPECT_TRUE(h.at(key).ended());
}

TEST_F(Tasks, AFaultIsRepeatedAloneAndHoldsTheTask) {
  ModelSketch sketch = OneTask();
  Listen(sketch, TaskEvent::create, "first");
  Listen(sketch, TaskEvent::create, "second");
  h.Deploy(sketch);
  fails = "second";
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::script_error);
  const absl::Status refused = h.CompleteTask(key, "work");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("event 'create'"));
  EXPECT_FALSE(Claim(key, "john").ok());
  EXPECT_FALSE(Delegate(key, "john").ok());
  // It may fail again.
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  fails.clear();
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(ran,
              ElementsAre("first: create nobody", "second: create nobody",
                          "second: create nobody", "second: create nobody"));
  EXPECT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_TRUE(h.at(key).ended());
}

TEST_F(Tasks, AFaultBeforeTheEndKeepsWhatCameAndWho) {
  ModelSketch sketch = OneTask();
  Listen(sketch, TaskEvent::complete, "last");
  h.Deploy(sketch);
  fails = "last";
  const InstanceKey key = h.Start("p");
  fb::CompleteTaskT complete;
  complete.task = Key(key);
  complete.user = "mary";
  complete.variables = One("n", "4");
  ASSERT_TRUE(h.Do(std::move(complete), key).ok());
  ASSERT_EQ(h.at(key).tasks.size(), 1u);
  EXPECT_EQ(TheTask(key).completed_by, "mary");
  EXPECT_EQ(h.Variable(key, "n"), "4");
  fails.clear();
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_TRUE(h.at(key).ended());
  bool named = false;
  for (const auto& event : h.LastRecord().events) {
    if (const auto* completed = event.AsTaskCompleted()) {
      named = completed->user == "mary";
    }
  }
  EXPECT_TRUE(named);
}

TEST_F(Tasks, AnExpressionThatFailsIsAnIncident) {
  ModelSketch sketch = OneTask();
  Listen(sketch, TaskEvent::create, "${missing + 1}", Language::el);
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  fb::SetVariablesT set;
  set.variables = One("missing", "1");
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_TRUE(h.at(key).incidents.empty());
}

TEST_F(Tasks, JobsOfListenersAreWaitedFor) {
  ModelSketch sketch = OneTask();
  ListenByJob(sketch, TaskEvent::create, "tell");
  Listen(sketch, TaskEvent::create, "then");
  Listen(sketch, TaskEvent::complete, "script", Language::javascript);
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).jobs.size(), 1u);
  EXPECT_EQ(h.at(key).jobs.begin()->second.type, "tell");
  EXPECT_EQ(TheTask(key).event, TaskEvent::create);
  ASSERT_TRUE(h.CompleteJob(key, "work", R"({"told":true})").ok());
  EXPECT_EQ(h.Variable(key, "told"), "true");
  EXPECT_THAT(ran, ElementsAre("then: create nobody"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  ASSERT_EQ(h.at(key).jobs.size(), 1u);
  EXPECT_EQ(h.at(key).jobs.begin()->second.type, kJavaScriptJobType);
  ASSERT_TRUE(h.FailJob(key, "work").ok());
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::script_error);
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.CompleteJob(key, "work").ok());
  EXPECT_TRUE(h.at(key).ended());
}

TEST_F(Tasks, AnInterruptionEndsTheListenersToo) {
  for (const bool by_job : {false, true}) {
    CoreHarness harness;
    harness.script_runner = [](const expression::Expression&,
                               const expression::ScopeView&)
        -> absl::StatusOr<expression::ScriptResult> {
      return absl::InvalidArgumentError("no way");
    };
    ModelSketch sketch = OneTask();
    sketch.TimerBoundary("late", "work", "PT1H", true)
        .Node("after", K::user_task)
        .Flow("late", "after");
    if (by_job) {
      ListenByJob(sketch, TaskEvent::create, "tell");
    } else {
      Listen(sketch, TaskEvent::create, "fails");
    }
    harness.Deploy(sketch);
    const InstanceKey key = harness.Start("p");
    harness.Advance(3'600'000);
    EXPECT_THAT(harness.Waiting(key), ElementsAre("after"));
    EXPECT_TRUE(harness.at(key).incidents.empty());
    EXPECT_TRUE(harness.at(key).jobs.empty());
  }
}

TEST_F(Tasks, AnErrorOfAListenersJobIsCaughtAtTheTask) {
  ModelSketch sketch = OneTask();
  sketch.ErrorBoundary("wrong", "work", "E")
      .Node("after", K::user_task)
      .Flow("wrong", "after");
  ListenByJob(sketch, TaskEvent::create, "tell");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  fb::ThrowJobErrorT error;
  error.job = h.JobAt(key, "work").value();
  error.owner = std::make_unique<fb::JobOwnerT>();
  error.owner->worker = "w";
  error.lock_first = true;
  error.code = "E";
  ASSERT_TRUE(h.Do(std::move(error), key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// --- Delegation --------------------------------------------------------------

TEST_F(Tasks, ADelegatedTaskIsGivenBackAndThenCompleted) {
  ModelSketch sketch = OneTask();
  TaskOf(sketch).assignee = Text("mary", Language::literal);
  Listen(sketch, TaskEvent::assignment, "assigned");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(Delegate(key, "john").ok());
  EXPECT_EQ(TheTask(key).assignee, "john");
  EXPECT_EQ(TheTask(key).owner, "mary");
  EXPECT_EQ(TheTask(key).delegation, fb::DelegationState::pending);
  const absl::Status refused = h.CompleteTask(key, "work");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("resolve it"));
  // Passed on, the owner stays.
  ASSERT_TRUE(Delegate(key, "eve").ok());
  EXPECT_EQ(TheTask(key).owner, "mary");
  ASSERT_TRUE(GiveBack(key, "opinion", "\"good\"").ok());
  EXPECT_EQ(TheTask(key).assignee, "mary");
  EXPECT_EQ(TheTask(key).delegation, fb::DelegationState::resolved);
  EXPECT_EQ(h.Variable(key, "opinion"), "\"good\"");
  EXPECT_THAT(
      ran,
      ElementsAre("assigned: assignment mary", "assigned: assignment john",
                  "assigned: assignment eve", "assigned: assignment mary"));
  EXPECT_EQ(GiveBack(key).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_TRUE(h.at(key).ended());
}

TEST_F(Tasks, WhatNobodyHadComesBackToNobody) {
  h.Deploy(OneTask());
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(Delegate(key, "").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GiveBack(key).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Delegate(key, "john").ok());
  EXPECT_EQ(TheTask(key).owner, "");
  ASSERT_TRUE(GiveBack(key).ok());
  EXPECT_EQ(TheTask(key).assignee, "");
  EXPECT_TRUE(h.CompleteTask(key, "work").ok());
}

// --- Changes and variables ---------------------------------------------------

TEST_F(Tasks, OnlyWhatIsNamedIsChanged) {
  ModelSketch sketch = OneTask();
  TaskOf(sketch).assignee = Text("mary", Language::literal);
  TaskOf(sketch).candidate_users = Text("a,b", Language::literal);
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  fb::ChangeTaskT change;
  change.task = Key(key);
  change.fields = {fb::TaskField::owner, fb::TaskField::candidate_groups,
                   fb::TaskField::due, fb::TaskField::follow_up,
                   fb::TaskField::priority};
  change.owner = "boss";
  change.candidate_groups = {"g"};
  change.due_ms = 5;
  change.follow_up_ms = 6;
  change.priority = -3;
  ASSERT_TRUE(h.Do(std::move(change), key).ok());
  const Task& task = TheTask(key);
  EXPECT_EQ(task.assignee, "mary");
  EXPECT_THAT(task.candidate_users, ElementsAre("a", "b"));
  EXPECT_EQ(task.owner, "boss");
  EXPECT_THAT(task.candidate_groups, ElementsAre("g"));
  EXPECT_EQ(task.due_ms, 5);
  EXPECT_EQ(task.follow_up_ms, 6);
  EXPECT_EQ(task.priority, -3);
  // An owner that is there stays the owner.
  ASSERT_TRUE(Delegate(key, "john").ok());
  EXPECT_EQ(TheTask(key).owner, "boss");
}

TEST_F(Tasks, LocalVariablesGoWithTheTask) {
  ModelSketch sketch = OneTask();
  sketch.Boundary("high", "work", T::conditional)
      .Condition("${amount > 3}")
      .NotInterrupting()
      .Node("alarm", K::user_task)
      .Flow("high", "alarm");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"n":1})");
  const auto set = [&](const std::string& name, const std::string& json,
                       bool local) {
    fb::SetTaskVariablesT command;
    command.task = h.TaskAt(key, "work").value();
    command.variables = One(name, json);
    command.local = local;
    return h.Do(std::move(command), key);
  };
  ASSERT_TRUE(set("n", "2", true).ok());
  EXPECT_EQ(h.Variable(key, "n"), "1");
  // Now the nearest that has it is the task.
  ASSERT_TRUE(set("n", "3", false).ok());
  EXPECT_EQ(h.Variable(key, "n"), "1");
  ASSERT_TRUE(set("m", "3", false).ok());
  EXPECT_EQ(h.Variable(key, "m"), "3");
  // What waits at the task sees them.
  ASSERT_TRUE(set("amount", "4", true).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("alarm", "high", "work"));
  ASSERT_TRUE(h.CompleteTask(key, "work", R"({"amount":5})").ok());
  EXPECT_EQ(h.Variable(key, "amount"), "absent");
  ASSERT_TRUE(h.CompleteTask(key, "alarm").ok());
  EXPECT_TRUE(h.at(key).ended());
}

// --- Kinds of writes (camunda:variableEvents) --------------------------------

// A condition that is looked at again after such writes only.
class Writes : public ::testing::Test {
 protected:
  InstanceKey Start(uint8_t events, const std::string& variables) {
    ModelSketch sketch = OneTask();
    sketch.Boundary("high", "work", T::conditional)
        .Condition("${b >= 3}")
        .NotInterrupting();
    sketch.last().condition_events = events;
    sketch.Node("alarm", K::user_task).Flow("high", "alarm");
    h.Deploy(sketch);
    return h.Start("p", variables);
  }
  void Set(InstanceKey key, const std::string& name, const std::string& json) {
    fb::SetVariablesT set;
    set.variables.push_back(std::make_unique<fb::VariableT>());
    set.variables.back()->name = name;
    set.variables.back()->json = json;
    ASSERT_TRUE(h.Do(std::move(set), key).ok());
  }
  bool Fired(InstanceKey key) const { return h.at(key).tasks.size() > 1; }

  CoreHarness h;
};

TEST_F(Writes, AnUpdateOnly) {
  const InstanceKey key = Start(2, "{}");
  Set(key, "b", "3");
  EXPECT_FALSE(Fired(key));
  Set(key, "other", "1");
  EXPECT_FALSE(Fired(key));
  Set(key, "b", "4");
  EXPECT_TRUE(Fired(key));
}

TEST_F(Writes, ANewVariableOnly) {
  const InstanceKey key = Start(1, R"({"b":1})");
  Set(key, "b", "3");
  EXPECT_FALSE(Fired(key));
  Set(key, "other", "1");
  EXPECT_TRUE(Fired(key));
}

TEST_F(Writes, BothAndNone) {
  const InstanceKey both = Start(3, R"({"b":1})");
  Set(both, "b", "3");
  EXPECT_TRUE(Fired(both));
}

TEST_F(Writes, WhatHoldsFromTheStartNeedsNoWrite) {
  const InstanceKey key = Start(2, R"({"b":3})");
  EXPECT_TRUE(Fired(key));
}

}  // namespace
}  // namespace pawl::core
