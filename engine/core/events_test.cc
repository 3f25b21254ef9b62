// Boundary events, event sub-processes, event gateways, escalations and
// conditions (BPMN 2.0.2, 10.5.4, 10.5.5, 13.4.4, 13.5.3 and 13.5.4).
#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using K = fb::ElementKind;
using T = fb::EventType;

// start -> work (a user task) -> after (user task)
ModelSketch Base() {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::user_task)
      .Node("after", K::user_task)
      .Flow("start", "work")
      .Flow("work", "after");
  return sketch;
}

void Set(CoreHarness& h, InstanceKey key, const std::string& name,
         const std::string& json) {
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = name;
  set.variables[0]->json = json;
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
}

// --- Boundary events ---------------------------------------------------------

TEST(MessageBoundary, InterruptsItsActivity) {
  ModelSketch sketch = Base();
  sketch.Boundary("stop", "work", T::message)
      .Message("stop")
      .Node("stopped", K::user_task)
      .Flow("stop", "stopped");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("stop", "work"));
  ASSERT_TRUE(h.Publish("stop", "", R"({"why": 1})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("stopped"));
  EXPECT_EQ(h.Variable(key, "why"), "1");
}

TEST(MessageBoundary, ThatDoesNotInterruptComesAgain) {
  ModelSketch sketch = Base();
  sketch.Boundary("note", "work", T::message)
      .NotInterrupting()
      .Message("note")
      .Node("noted", K::user_task)
      .Flow("note", "noted");
  CoreHarness h;
  h.Deploy(sketch);
  ASSERT_TRUE(h.Publish("note", "", "{}", 60'000).ok());
  ASSERT_TRUE(h.Publish("note", "", "{}", 60'000).ok());
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("note", "noted", "noted", "work"));
  ASSERT_TRUE(h.Publish("note").ok());
  EXPECT_THAT(h.Waiting(key),
              ElementsAre("note", "noted", "noted", "noted", "work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after", "noted", "noted", "noted"));
}

TEST(SignalBoundary, IsClosedWithItsActivity) {
  ModelSketch sketch = Base();
  sketch.Boundary("stop", "work", T::signal).Signal("stop");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  ASSERT_TRUE(h.Signal("stop").ok());
  EXPECT_EQ(h.last_answer().receivers, 0u);
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// --- Event gateways ----------------------------------------------------------

// 13.4.4: the first event takes the token.
TEST(EventGateway, TheFirstEventTakesTheToken) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("which", K::event_based_gateway)
      .Event("paid", K::intermediate_catch_event, T::message)
      .Message("paid")
      .TimerNode("late", fb::TimerKind::duration, "PT1H")
      .Node("got", K::user_task)
      .Node("missed", K::user_task)
      .Flow("start", "which")
      .Flow("which", "paid")
      .Flow("which", "late")
      .Flow("paid", "got")
      .Flow("late", "missed");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey by_message = h.Start("p");
  const InstanceKey by_timer = h.Start("p");
  ASSERT_TRUE(h.Publish("paid", "", R"({"sum": 3})").ok());
  EXPECT_THAT(h.Waiting(by_message), ElementsAre("got"));
  EXPECT_EQ(h.Variable(by_message, "sum"), "3");
  EXPECT_THAT(h.Path(by_message), ElementsAre("start", "which", "paid"));
  h.Advance(3'600'000);
  EXPECT_THAT(h.Waiting(by_timer), ElementsAre("missed"));
  EXPECT_FALSE(h.Publish("paid").ok());
}

// --- Event sub-processes -----------------------------------------------------

// Base() with an event sub-process: on -> handle (user task).
ModelSketch Guarded(T type, bool interrupting) {
  ModelSketch sketch = Base();
  sketch.Node("guard", K::event_sub_process)
      .Inside("guard")
      .Event("on", K::start_event, type)
      .Node("handle", K::user_task)
      .Flow("on", "handle");
  sketch.element("on").interrupting = interrupting;
  return sketch;
}

ModelSketch GuardedByMessage(bool interrupting) {
  ModelSketch sketch = Guarded(T::message, interrupting);
  sketch.element("on").message = std::make_unique<fb::MessageDefinitionT>();
  sketch.element("on").message->name = std::make_unique<fb::ExpressionT>();
  sketch.element("on").message->name->text = "alarm";
  return sketch;
}

// 13.5.4: ends what else is in the scope; the instance ends with it.
TEST(EventSubProcess, InterruptsItsScope) {
  CoreHarness h;
  h.Deploy(GuardedByMessage(true));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.Publish("alarm").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("handle"));
  EXPECT_FALSE(h.Publish("alarm").ok());
  ASSERT_TRUE(h.CompleteTask(key, "handle").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(EventSubProcess, ThatDoesNotInterruptRunsBesideAndAgain) {
  CoreHarness h;
  h.Deploy(GuardedByMessage(false));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.Publish("alarm").ok());
  ASSERT_TRUE(h.Publish("alarm").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("handle", "handle", "on", "work"));
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  ASSERT_TRUE(h.CompleteTask(key, "after").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::active);
  ASSERT_TRUE(h.CompleteTask(key, "handle").ok());
  ASSERT_TRUE(h.CompleteTask(key, "handle").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// Tokens that rest at a join die with the scope that is interrupted.
TEST(EventSubProcess, DropsTokensThatRest) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("join", K::parallel_gateway)
      .Flow("start", "a")
      .Flow("start", "b")
      .Flow("a", "join")
      .Flow("b", "join")
      .Node("guard", K::event_sub_process)
      .Inside("guard")
      .Event("on", K::start_event, T::signal)
      .Signal("alarm");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  ASSERT_TRUE(h.Signal("alarm").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(EventSubProcess, CatchesAnErrorBeforeTheBoundary) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("sub", K::sub_process)
      .ErrorBoundary("outer", "sub", "E")
      .Node("outside", K::user_task)
      .Flow("start", "sub")
      .Flow("outer", "outside")
      .Inside("sub")
      .ErrorEnd("fail", "E")
      .Node("guard", K::event_sub_process)
      .Inside("guard")
      .Event("on", K::start_event, T::error)
      .Node("handle", K::user_task)
      .ErrorEnd("again", "E")
      .Flow("on", "handle")
      .Flow("handle", "again");
  sketch.element("on").error = std::make_unique<fb::ErrorDefinitionT>();
  sketch.element("on").error->code = "E";
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("handle"));
  // What it throws itself goes to the boundary.
  ASSERT_TRUE(h.CompleteTask(key, "handle").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("outside"));
}

// What listens to a sub-process before and after its work isn't inside of it,
// where nothing may begin then.
TEST(EventSubProcess, CatchesNoErrorOfAListenerOfItsScope) {
  for (const bool at_end : {false, true}) {
    ModelSketch sketch("p");
    sketch.Node("start", K::start_event)
        .Node("sub", K::sub_process)
        .ErrorBoundary("outer", "sub", "E")
        .Node("outside", K::user_task)
        .Flow("start", "sub")
        .Flow("outer", "outside")
        .Inside("sub")
        .Node("inside", K::manual_task)
        .Node("guard", K::event_sub_process)
        .Inside("guard")
        .Event("on", K::start_event, T::error)
        .Node("handle", K::user_task)
        .Flow("on", "handle");
    sketch.element("on").error = std::make_unique<fb::ErrorDefinitionT>();
    auto listener = std::make_unique<fb::ListenerT>();
    listener->event =
        at_end ? fb::ListenerEvent::end : fb::ListenerEvent::start;
    listener->job = std::make_unique<fb::JobDefinitionT>();
    listener->job->type = std::make_unique<fb::ExpressionT>();
    listener->job->type->text = "listen";
    listener->job->type->language = fb::Language::literal;
    sketch.element("sub").listeners.push_back(std::move(listener));
    CoreHarness h;
    h.Deploy(sketch);
    const InstanceKey key = h.Start("p");
    ASSERT_EQ(h.at(key).jobs.size(), 1u);
    fb::ThrowJobErrorT error;
    error.job = h.at(key).jobs.begin()->first.value();
    error.owner = std::make_unique<fb::JobOwnerT>();
    error.owner->worker = "w";
    error.lock_first = true;
    error.code = "E";
    ASSERT_TRUE(h.Do(std::move(error), key).ok());
    EXPECT_THAT(h.Waiting(key), ElementsAre("outside"));
  }
}

TEST(EventSubProcess, ByTimerInsideASubProcess) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("sub", K::sub_process)
      .Node("after", K::user_task)
      .Flow("start", "sub")
      .Flow("sub", "after")
      .Inside("sub")
      .Node("work", K::user_task)
      .Node("guard", K::event_sub_process)
      .Inside("guard")
      .Event("on", K::start_event, T::timer)
      .Node("handle", K::user_task)
      .Flow("on", "handle");
  auto timer = std::make_unique<fb::TimerDefinitionT>();
  timer->kind = fb::TimerKind::duration;
  timer->value = std::make_unique<fb::ExpressionT>();
  timer->value->text = "PT1M";
  sketch.element("on").timer = std::move(timer);
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  h.Advance(60'000);
  EXPECT_THAT(h.Waiting(key), ElementsAre("handle"));
  ASSERT_TRUE(h.CompleteTask(key, "handle").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// An event sub-process whose key has no value is an incident; one that is
// interrupted never waits again, so there is nothing to resolve.
TEST(EventSubProcess, IncidentsOfOthersGoWithTheScopeThatIsInterrupted) {
  ModelSketch sketch = Guarded(T::message, true);
  sketch.element("on").message = std::make_unique<fb::MessageDefinitionT>();
  sketch.element("on").message->name = std::make_unique<fb::ExpressionT>();
  sketch.element("on").message->name->text = "alarm";
  auto key = std::make_unique<fb::ExpressionT>();
  key->text = "${order}";
  key->language = fb::Language::el;
  sketch.element("on").message->correlation_key = std::move(key);
  sketch.Inside("")
      .Node("other", K::event_sub_process)
      .Inside("other")
      .Event("stop", K::start_event, T::signal)
      .Signal("stop")
      .Node("stopped", K::user_task)
      .Flow("stop", "stopped");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey instance = h.Start("p");
  EXPECT_THAT(h.Waiting(instance), ElementsAre("!on", "stop", "work"));
  ASSERT_TRUE(h.Signal("stop").ok());
  EXPECT_THAT(h.Waiting(instance), ElementsAre("stopped"));
}

// --- Escalations -------------------------------------------------------------

// start -> sub { throw (escalation) -> inner (user task) } -> after
ModelSketch Escalating(const std::string& caught, bool interrupting) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("sub", K::sub_process)
      .Node("after", K::user_task)
      .Boundary("caught", "sub", T::escalation)
      .Escalation(caught, "code")
      .Node("handle", K::user_task)
      .Flow("start", "sub")
      .Flow("sub", "after")
      .Flow("caught", "handle")
      .Inside("sub")
      .Event("throw", K::intermediate_throw_event, T::escalation)
      .Escalation("E1")
      .Node("inner", K::user_task)
      .Flow("throw", "inner");
  sketch.element("caught").interrupting = interrupting;
  return sketch;
}

TEST(Escalation, InterruptsItsCatchersActivity) {
  CoreHarness h;
  h.Deploy(Escalating("E1", true));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("handle"));
  EXPECT_EQ(h.Variable(key, "code"), "\"E1\"");
}

TEST(Escalation, GoesOnBesideACatcherThatDoesNotInterrupt) {
  CoreHarness h;
  h.Deploy(Escalating("", false));
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("handle", "inner"));
}

// SEMANTICS: uncaught, the throw goes on.
TEST(Escalation, UncaughtGoesOn) {
  CoreHarness h;
  h.Deploy(Escalating("E2", true));
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("inner"));
}

// --- Conditions --------------------------------------------------------------

ModelSketch Conditional() {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("wait", K::intermediate_catch_event, T::conditional)
      .Condition("${x > 10}")
      .Node("after", K::user_task)
      .Flow("start", "wait")
      .Flow("wait", "after");
  return sketch;
}

TEST(Condition, IsCheckedWhenTheTokenArrivesAndAfterEachWrite) {
  CoreHarness h;
  h.Deploy(Conditional());
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"x": 11})")), ElementsAre("after"));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("wait"));
  Set(h, key, "x", "10");
  EXPECT_THAT(h.Waiting(key), ElementsAre("wait"));
  Set(h, key, "x", "12");
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// On each edge from false to true.
TEST(Condition, ThatDoesNotInterruptFiresOnEachEdge) {
  ModelSketch sketch = Base();
  sketch.Boundary("high", "work", T::conditional)
      .NotInterrupting()
      .Condition("${x > 10}")
      .Node("noted", K::user_task)
      .Flow("high", "noted");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x": 1})");
  Set(h, key, "x", "11");
  Set(h, key, "x", "12");
  EXPECT_THAT(h.Waiting(key), ElementsAre("high", "noted", "work"));
  Set(h, key, "x", "1");
  Set(h, key, "x", "13");
  EXPECT_THAT(h.Waiting(key), ElementsAre("high", "noted", "noted", "work"));
}

// Also by a command that only raises an incident.
TEST(Condition, IsCheckedAfterAnErrorThatNobodyCatches) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::service_task)
      .Event("wait", K::intermediate_catch_event, T::conditional)
      .Condition("${x > 10}")
      .Node("after", K::user_task)
      .Flow("start", "work")
      .Flow("start", "wait")
      .Flow("wait", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  fb::ThrowJobErrorT error;
  error.job = h.JobAt(key, "work").value();
  error.owner = std::make_unique<fb::JobOwnerT>();
  error.owner->worker = "w";
  error.lock_first = true;
  error.code = "E";
  error.variables.push_back(std::make_unique<fb::VariableT>());
  error.variables[0]->name = "x";
  error.variables[0]->json = "11";
  ASSERT_TRUE(h.Do(std::move(error), key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("!work", "after"));
}

TEST(Condition, IsCheckedAgainWhenASuspendedInstanceGoesOn) {
  CoreHarness h;
  h.Deploy(Conditional());
  const InstanceKey key = h.Start("p");
  fb::SuspendInstanceT suspend;
  suspend.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(suspend), key).ok());
  Set(h, key, "x", "12");
  EXPECT_THAT(h.Waiting(key), ElementsAre("wait"));
  fb::ResumeInstanceT resume;
  resume.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(resume), key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

}  // namespace
}  // namespace pawl::core
