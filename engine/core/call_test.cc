// Call activities (BPMN 2.0.2, 10.3.6 and 13.3.4; SEMANTICS, Call activity;
// docs/adr/0021): which version, what crosses, how the two end.
#include <string>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
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

std::unique_ptr<fb::ExpressionT> Text(const std::string& text) {
  auto out = std::make_unique<fb::ExpressionT>();
  out->text = text;
  out->language =
      text.starts_with("${") ? fb::Language::el : fb::Language::literal;
  return out;
}

std::unique_ptr<fb::MappingT> Mapped(const std::string& target,
                                     const std::string& source) {
  auto out = std::make_unique<fb::MappingT>();
  out->target = target;
  out->value = std::make_unique<fb::MappedValueT>();
  out->value->expression = Text(source);
  return out;
}

fb::CallDefinitionT& AddCall(ModelSketch& sketch, const std::string& id,
                             const std::string& process) {
  sketch.Node(id, K::call_activity);
  sketch.last().call = std::make_unique<fb::CallDefinitionT>();
  sketch.last().call->process_id = Text(process);
  return *sketch.last().call;
}

// start -> call -> after
ModelSketch Parent(const std::string& process = "child",
                   const std::string& id = "parent") {
  ModelSketch sketch(id);
  sketch.Node("start", K::start_event);
  AddCall(sketch, "call", process);
  sketch.Node("after", K::user_task)
      .Flow("start", "call")
      .Flow("call", "after");
  return sketch;
}

// begin -> work -> done
ModelSketch Child(const std::string& id = "child") {
  ModelSketch sketch(id);
  sketch.Node("begin", K::start_event)
      .Node("work", K::service_task)
      .Node("done", K::end_event)
      .Flow("begin", "work")
      .Flow("work", "done");
  return sketch;
}

class CallTest : public testing::Test {
 protected:
  // Of the call activity that waits.
  InstanceKey Called(InstanceKey key) const {
    const auto& calls = h.at(key).calls;
    return calls.empty() ? InstanceKey() : calls.begin()->second;
  }
  absl::Status Throw(InstanceKey key, const std::string& code) {
    fb::ThrowJobErrorT thrown;
    thrown.job = h.JobAt(key, "work").value();
    thrown.owner = std::make_unique<fb::JobOwnerT>();
    thrown.owner->worker = "test";
    thrown.lock_first = true;
    thrown.code = code;
    thrown.message = "broken";
    return h.Do(std::move(thrown), key);
  }
  absl::Status Cancel(InstanceKey key) {
    fb::CancelInstanceT cancel;
    cancel.instance = key.value();
    return h.Do(std::move(cancel), key);
  }
  fb::InstanceState State(InstanceKey key) const { return h.at(key).state; }

  CoreHarness h;
};

// --- Start and end -----------------------------------------------------------

TEST_F(CallTest, WaitsForAnInstanceOfItsOwn) {
  h.Deploy(Child());
  h.Deploy(Parent());
  const InstanceKey parent = h.Start("parent");
  const InstanceKey child = Called(parent);
  ASSERT_TRUE(child.valid());
  EXPECT_EQ(h.at(child).caller.instance, parent);
  EXPECT_EQ(h.at(child).caller.root, parent);
  EXPECT_EQ(h.at(child).caller.depth, 1u);
  EXPECT_THAT(h.Waiting(parent), IsEmpty());
  EXPECT_THAT(h.Waiting(child), ElementsAre("work"));
  ASSERT_TRUE(h.CompleteJob(child, "work").ok());
  EXPECT_EQ(State(child), fb::InstanceState::completed);
  EXPECT_THAT(h.Waiting(parent), ElementsAre("after"));
  EXPECT_THAT(h.Path(parent), ElementsAre("start", "call"));
}

TEST_F(CallTest, CallsInsideOneAnother) {
  h.Deploy(Child());
  h.Deploy(Parent("child", "middle"));
  h.Deploy(Parent("middle"));
  const InstanceKey top = h.Start("parent");
  const InstanceKey middle = Called(top);
  const InstanceKey child = Called(middle);
  EXPECT_EQ(h.at(child).caller.root, top);
  EXPECT_EQ(h.at(child).caller.depth, 2u);
  ASSERT_TRUE(h.CompleteJob(child, "work").ok());
  EXPECT_THAT(h.Waiting(middle), ElementsAre("after"));
  EXPECT_THAT(h.Waiting(top), IsEmpty());
  ASSERT_TRUE(h.CompleteTask(middle, "after").ok());
  EXPECT_THAT(h.Waiting(top), ElementsAre("after"));
}

// BPMN 2.0.2, 13.5.6: it ends the process that it stands in, no other.
TEST_F(CallTest, ATerminateEndEventEndsTheCalledOneAlone) {
  ModelSketch child("child");
  child.Node("fork", K::parallel_gateway)
      .Node("work", K::service_task)
      .Node("rest", K::user_task)
      .Terminate("stop")
      .Flow("fork", "work")
      .Flow("fork", "rest")
      .Flow("work", "stop");
  ModelSketch parent = Parent();
  parent.element("call").call->outputs.push_back(Mapped("back", "${y}"));
  h.Deploy(child);
  h.Deploy(parent);
  const InstanceKey key = h.Start("parent");
  const InstanceKey called = Called(key);
  ASSERT_TRUE(h.CompleteJob(called, "work", R"({"y":1})").ok());
  EXPECT_EQ(State(called), fb::InstanceState::terminated);
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.Variable(key, "back"), "1");
}

TEST_F(CallTest, WithItsActivityTheCalledOneEnds) {
  h.Deploy(Child());
  h.Deploy(Parent("child", "middle"));
  ModelSketch sketch = Parent("middle");
  sketch.TimerBoundary("late", "call", "PT1M", /*interrupting=*/true)
      .Node("other", K::user_task)
      .Flow("late", "other");
  h.Deploy(sketch);
  const InstanceKey top = h.Start("parent");
  const InstanceKey middle = Called(top);
  const InstanceKey child = Called(middle);
  h.Advance(60'000);
  EXPECT_THAT(h.Waiting(top), ElementsAre("other"));
  EXPECT_EQ(State(middle), fb::InstanceState::cancelled);
  EXPECT_EQ(State(child), fb::InstanceState::cancelled);
}

TEST_F(CallTest, TheOneAtTheTopIsCancelledSuspendedAndResumed) {
  h.Deploy(Child());
  h.Deploy(Parent());
  const InstanceKey top = h.Start("parent");
  const InstanceKey child = Called(top);
  const absl::Status refused = Cancel(child);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr(absl::StrCat("at the top, ", top.value())));
  fb::SuspendInstanceT suspend;
  EXPECT_FALSE(h.Do(fb::SuspendInstanceT(suspend), child).ok());
  ASSERT_TRUE(h.Do(std::move(suspend), top).ok());
  EXPECT_EQ(State(child), fb::InstanceState::suspended);
  EXPECT_FALSE(h.Do(fb::ResumeInstanceT(), child).ok());
  ASSERT_TRUE(h.Do(fb::ResumeInstanceT(), top).ok());
  EXPECT_EQ(State(child), fb::InstanceState::active);
  ASSERT_TRUE(Cancel(top).ok());
  EXPECT_EQ(State(child), fb::InstanceState::cancelled);
  EXPECT_TRUE(h.partition().requests.empty());
}

// It ends in the decision that called: what it asked for comes too late.
TEST_F(CallTest, EndsBeforeTheCalledOneBegins) {
  h.Deploy(Child());
  ModelSketch sketch("parent");
  sketch.Node("fork", K::parallel_gateway);
  AddCall(sketch, "call", "child");
  sketch.Terminate("stop").Flow("fork", "call").Flow("fork", "stop");
  h.Deploy(sketch);
  const InstanceKey top = h.Start("parent");
  EXPECT_EQ(State(top), fb::InstanceState::terminated);
  // It never began.
  EXPECT_EQ(h.newest(), top);
  EXPECT_TRUE(h.partition().requests.empty());
}

// The first to return ends the caller before the second has begun.
TEST_F(CallTest, WhatIsNotWaitedForAnyMoreDoesNotBegin) {
  ModelSketch quick("quick");
  quick.Node("begin", K::start_event);
  h.Deploy(quick);
  h.Deploy(Child());
  ModelSketch sketch("parent");
  sketch.Node("fork", K::parallel_gateway);
  AddCall(sketch, "one", "quick");
  AddCall(sketch, "two", "child");
  sketch.Terminate("stop")
      .Flow("fork", "one")
      .Flow("fork", "two")
      .Flow("one", "stop");
  h.Deploy(sketch);
  const InstanceKey top = h.Start("parent");
  EXPECT_EQ(State(top), fb::InstanceState::terminated);
  EXPECT_EQ(State(h.newest()), fb::InstanceState::completed);
  EXPECT_EQ(h.at(h.newest()).process_id, "quick");
  EXPECT_TRUE(h.partition().requests.empty());
}

TEST_F(CallTest, DeeperThanTheLimitIsAnIncident) {
  h.Deploy(Parent("parent"));
  h.set_check_laws(false);
  const InstanceKey top = h.Start("parent");
  const InstanceKey last = h.newest();
  EXPECT_NE(last, top);
  EXPECT_EQ(h.at(last).caller.depth, kCallDepthMax);
  ASSERT_EQ(h.at(last).incidents.size(), 1u);
  EXPECT_EQ(h.at(last).incidents.begin()->second.type, fb::IncidentType::limit);
  ASSERT_TRUE(Cancel(top).ok());
  EXPECT_EQ(State(last), fb::InstanceState::cancelled);
}

// --- Which process -----------------------------------------------------------

TEST_F(CallTest, NoSuchProcessIsAnIncidentUntilItIsDeployed) {
  h.Deploy(Parent("${which}"));
  const InstanceKey key = h.Start("parent", R"({"which":"child"})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::no_called_process);
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_EQ(h.at(key).incidents.size(), 1u);
  h.Deploy(Child());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
  EXPECT_THAT(h.Waiting(Called(key)), ElementsAre("work"));
}

TEST_F(CallTest, WhatCannotBeStartedIsNoCalledProcess) {
  ModelSketch never = Child("never");
  fb::ProcessT model = never.Build();
  model.executable = false;
  h.Deploy(model);
  ModelSketch by_message("by_message");
  by_message.Event("come", K::start_event, T::message).Message("m");
  h.Deploy(by_message);
  h.Deploy(Parent("${which}"));
  for (const char* which : {"never", "by_message", "absent"}) {
    const InstanceKey key =
        h.Start("parent", absl::StrCat(R"({"which":")", which, "\"}"));
    ASSERT_EQ(h.at(key).incidents.size(), 1u) << which;
    const Incident& incident = h.at(key).incidents.begin()->second;
    EXPECT_EQ(incident.type, fb::IncidentType::no_called_process) << which;
    EXPECT_THAT(incident.message, HasSubstr(which));
  }
}

TEST_F(CallTest, AnEmptyNameIsAnExpressionError) {
  h.Deploy(Parent("${which}"));
  const InstanceKey key = h.Start("parent", R"({"which":null})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::expression_error);
}

TEST_F(CallTest, BindsToAVersion) {
  const auto tagged = [](const std::string& tag) {
    fb::ProcessT model = Child().Build();
    model.version_tag = tag;
    return model;
  };
  h.Deploy(tagged("old"));
  ModelSketch parent = Parent();
  fb::CallDefinitionT& call = *parent.element("call").call;
  call.binding = fb::CallBinding::deployment;
  h.Deploy(parent);
  h.Deploy(tagged("new"));
  const auto version = [&](const std::string& variables) {
    const InstanceKey key = h.Start("parent", variables);
    const InstanceKey called = Called(key);
    return called.valid() ? h.at(called).version : 0;
  };
  // What was there when the caller was deployed.
  EXPECT_EQ(version("{}"), 1u);
  call.binding = fb::CallBinding::latest;
  h.Deploy(parent);
  EXPECT_EQ(version("{}"), 2u);
  call.binding = fb::CallBinding::version;
  call.version = Text("${v}");
  h.Deploy(parent);
  EXPECT_EQ(version(R"({"v":1})"), 1u);
  EXPECT_EQ(version(R"({"v":"2"})"), 2u);
  EXPECT_EQ(version(R"({"v":3})"), 0u);
  EXPECT_EQ(version(R"({"v":"x"})"), 0u);
  call.binding = fb::CallBinding::version_tag;
  h.Deploy(parent);
  EXPECT_EQ(version(R"({"v":"old"})"), 1u);
  EXPECT_EQ(version(R"({"v":"new"})"), 2u);
  EXPECT_EQ(version(R"({"v":"other"})"), 0u);
}

// The called version is fixed when the token enters.
TEST_F(CallTest, ALaterVersionDoesNotCount) {
  h.Deploy(Child());
  h.Deploy(Parent());
  const InstanceKey key = h.Start("parent");
  h.Deploy(Child());
  EXPECT_EQ(h.at(Called(key)).version, 1u);
}

// --- What crosses ------------------------------------------------------------

TEST_F(CallTest, NothingCrossesUnlessSaid) {
  h.Deploy(Child());
  h.Deploy(Parent());
  const InstanceKey key = h.Start("parent", R"({"x":1})");
  const InstanceKey child = Called(key);
  EXPECT_EQ(h.Variable(child, "x"), "absent");
  EXPECT_EQ(h.at(child).business_key, "");
  ASSERT_TRUE(h.CompleteJob(child, "work", R"({"y":2})").ok());
  EXPECT_EQ(h.Variable(key, "y"), "absent");
}

TEST_F(CallTest, NamedVariablesCross) {
  ModelSketch parent = Parent();
  fb::CallDefinitionT& call = *parent.element("call").call;
  call.inputs.push_back(Mapped("a", "${x + 1}"));
  call.inputs.push_back(Mapped("b", "${x}"));
  call.outputs.push_back(Mapped("z", "${y + 1}"));
  call.business_key = Text("${order}");
  h.Deploy(Child());
  h.Deploy(parent);
  const InstanceKey key = h.Start("parent", R"({"x":1,"order":"A7"})");
  const InstanceKey child = Called(key);
  EXPECT_EQ(h.Variable(child, "a"), "2");
  EXPECT_EQ(h.Variable(child, "b"), "1");
  EXPECT_EQ(h.Variable(child, "x"), "absent");
  EXPECT_EQ(h.at(child).business_key, "A7");
  ASSERT_TRUE(h.CompleteJob(child, "work", R"({"y":2})").ok());
  EXPECT_EQ(h.Variable(key, "z"), "3");
  EXPECT_EQ(h.Variable(key, "y"), "absent");
}

TEST_F(CallTest, AllCrossAndNamedOnesCountMore) {
  ModelSketch parent = Parent();
  parent.element("call").inputs.push_back(Mapped("own", "${x}"));
  fb::CallDefinitionT& call = *parent.element("call").call;
  call.all_in = true;
  call.all_out = true;
  call.inputs.push_back(Mapped("x", "${x + 10}"));
  h.Deploy(Child());
  h.Deploy(parent);
  const InstanceKey key = h.Start("parent", R"({"x":1,"n":1.10})");
  const InstanceKey child = Called(key);
  EXPECT_EQ(h.Variable(child, "x"), "11");
  EXPECT_EQ(h.Variable(child, "own"), "1");
  EXPECT_EQ(h.Variable(child, "n"), "1.10");
  ASSERT_TRUE(h.CompleteJob(child, "work", R"({"y":2})").ok());
  EXPECT_EQ(h.Variable(key, "x"), "11");
  EXPECT_EQ(h.Variable(key, "y"), "2");
}

TEST_F(CallTest, LocalOnesAreOfTheActivityAlone) {
  ModelSketch parent = Parent();
  fb::ElementT& element = parent.element("call");
  element.inputs.push_back(Mapped("own", "${x}"));
  element.outputs.push_back(Mapped("out", "${kept}"));
  element.call->local_in = true;
  element.call->local_inputs.push_back(Mapped("seen", "${own}"));
  element.call->local_outputs.push_back(Mapped("kept", "${y}"));
  h.Deploy(Child());
  h.Deploy(parent);
  const InstanceKey key = h.Start("parent", R"({"x":1})");
  const InstanceKey child = Called(key);
  EXPECT_EQ(h.Variable(child, "own"), "1");
  EXPECT_EQ(h.Variable(child, "seen"), "1");
  EXPECT_EQ(h.Variable(child, "x"), "absent");
  ASSERT_TRUE(h.CompleteJob(child, "work", R"({"y":2})").ok());
  EXPECT_EQ(h.Variable(key, "out"), "2");
  EXPECT_EQ(h.Variable(key, "kept"), "absent");
}

TEST_F(CallTest, WhatCannotGoInIsAnIncidentOfTheCaller) {
  ModelSketch parent = Parent();
  parent.element("call").call->inputs.push_back(Mapped("a", "${x}"));
  h.Deploy(Child());
  h.Deploy(parent);
  const InstanceKey key = h.Start("parent");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::mapping_error);
  EXPECT_EQ(h.newest(), key);
}

// What can't come back keeps the called one open, where it can be put right.
TEST_F(CallTest, WhatCannotComeBackIsAnIncidentOfTheCalledOne) {
  for (const bool terminates : {false, true}) {
    CoreHarness one;
    ModelSketch child = Child();
    if (terminates) child.element("done").event_type = T::terminate;
    ModelSketch parent = Parent();
    parent.element("call").call->outputs.push_back(Mapped("z", "${y}"));
    one.Deploy(child);
    one.Deploy(parent);
    const InstanceKey key = one.Start("parent");
    const InstanceKey called = one.newest();
    ASSERT_TRUE(one.CompleteJob(called, "work").ok());
    ASSERT_EQ(one.at(called).incidents.size(), 1u);
    EXPECT_EQ(one.at(called).incidents.begin()->second.type,
              fb::IncidentType::mapping_error);
    EXPECT_THAT(one.Waiting(key), IsEmpty());
    ASSERT_TRUE(one.Resolve(called).ok());
    ASSERT_EQ(one.at(called).incidents.size(), 1u);
    fb::SetVariablesT set;
    set.variables.push_back(std::make_unique<fb::VariableT>());
    set.variables[0]->name = "y";
    set.variables[0]->json = "5";
    ASSERT_TRUE(one.Do(std::move(set), called).ok());
    ASSERT_TRUE(one.Resolve(called).ok());
    EXPECT_EQ(one.Variable(key, "z"), "5");
    EXPECT_THAT(one.Waiting(key), ElementsAre("after"));
  }
}

// --- Errors and escalations --------------------------------------------------

TEST_F(CallTest, AnErrorIsCaughtAtTheCallActivity) {
  h.Deploy(Child());
  ModelSketch sketch = Parent();
  sketch.ErrorBoundary("caught", "call", "E")
      .Node("other", K::user_task)
      .Flow("caught", "other");
  sketch.element("caught").error->message_variable = "why";
  h.Deploy(sketch);
  const InstanceKey key = h.Start("parent");
  const InstanceKey child = Called(key);
  ASSERT_TRUE(Throw(child, "E").ok());
  EXPECT_EQ(State(child), fb::InstanceState::terminated);
  EXPECT_THAT(h.Waiting(key), ElementsAre("other"));
  EXPECT_EQ(h.Variable(key, "why"), "\"broken\"");
  EXPECT_TRUE(h.partition().requests.empty());
}

TEST_F(CallTest, AnErrorThatNobodyCatchesStaysAtItsThrower) {
  h.Deploy(Child());
  ModelSketch sketch = Parent();
  sketch.ErrorBoundary("caught", "call", "E");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("parent");
  const InstanceKey child = Called(key);
  ASSERT_TRUE(Throw(child, "F").ok());
  ASSERT_EQ(h.at(child).incidents.size(), 1u);
  EXPECT_EQ(h.at(child).incidents.begin()->second.type,
            fb::IncidentType::unhandled_error);
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
}

// Through two calls, by an error end event, to an event sub-process at the top.
TEST_F(CallTest, AnErrorGoesUpThroughAllCalls) {
  ModelSketch child("child");
  child.Node("begin", K::start_event)
      .Node("work", K::service_task)
      .ErrorEnd("failed", "E")
      .Flow("begin", "work")
      .Flow("work", "failed");
  h.Deploy(child);
  h.Deploy(Parent("child", "middle"));
  ModelSketch top = Parent("middle");
  top.Node("rescue", K::event_sub_process)
      .Inside("rescue")
      .Event("any", K::start_event, T::error)
      .Node("help", K::user_task)
      .Flow("any", "help");
  top.element("any").error = std::make_unique<fb::ErrorDefinitionT>();
  h.Deploy(top);
  const InstanceKey key = h.Start("parent");
  const InstanceKey middle = Called(key);
  const InstanceKey thrower = Called(middle);
  ASSERT_TRUE(h.CompleteJob(thrower, "work").ok());
  EXPECT_EQ(State(thrower), fb::InstanceState::terminated);
  EXPECT_EQ(State(middle), fb::InstanceState::terminated);
  EXPECT_THAT(h.Waiting(key), ElementsAre("help"));
}

ModelSketch Escalating() {
  ModelSketch child("child");
  child.Node("begin", K::start_event)
      .Event("tell", K::intermediate_throw_event, T::escalation)
      .Escalation("late")
      .Node("work", K::service_task)
      .Flow("begin", "tell")
      .Flow("tell", "work");
  return child;
}

TEST_F(CallTest, AnEscalationMayLeaveTheCalledOneAlone) {
  h.Deploy(Escalating());
  ModelSketch sketch = Parent();
  sketch.Boundary("told", "call", T::escalation)
      .Escalation("late")
      .NotInterrupting()
      .Node("hurry", K::user_task)
      .Flow("told", "hurry");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("parent");
  const InstanceKey child = Called(key);
  EXPECT_THAT(h.Waiting(key), ElementsAre("hurry"));
  EXPECT_THAT(h.Waiting(child), ElementsAre("work"));
  ASSERT_TRUE(h.CompleteJob(child, "work").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after", "hurry"));
}

TEST_F(CallTest, AnEscalationMayEndTheCalledOne) {
  h.Deploy(Escalating());
  ModelSketch sketch = Parent();
  sketch.Boundary("told", "call", T::escalation)
      .Escalation("")
      .Node("hurry", K::user_task)
      .Flow("told", "hurry");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("parent");
  EXPECT_THAT(h.Waiting(key), ElementsAre("hurry"));
  EXPECT_EQ(State(h.newest()), fb::InstanceState::terminated);
}

TEST_F(CallTest, AnEscalationThatNobodyCatchesGoesOn) {
  h.Deploy(Escalating());
  h.Deploy(Parent());
  const InstanceKey key = h.Start("parent");
  EXPECT_THAT(h.Waiting(Called(key)), ElementsAre("work"));
  EXPECT_THAT(h.at(key).incidents, IsEmpty());
}

// --- Outputs that come with what is thrown -----------------------------------

// Passes `variable` on, also with an error or escalation.
void PassesOn(ModelSketch& sketch, const std::string& variable,
              bool on_throw = true) {
  fb::CallDefinitionT& call = *sketch.element("call").call;
  call.outputs.push_back(Mapped(variable, "${" + variable + "}"));
  call.out_on_throw = on_throw;
}

TEST_F(CallTest, OutputsComeWithAnErrorThroughAllCalls) {
  h.Deploy(Child());
  ModelSketch middle = Parent("child", "middle");
  PassesOn(middle, "deep");
  h.Deploy(middle);
  ModelSketch top = Parent("middle");
  PassesOn(top, "deep");
  // Nothing gives it: the error comes all the same.
  top.element("call").call->outputs.push_back(Mapped("gone", "${gone + 1}"));
  top.ErrorBoundary("caught", "call", "")
      .Node("other", K::user_task)
      .Flow("caught", "other");
  // Nobody has set it: what the caller has stays.
  top.element("call").call->outputs.push_back(Mapped("own", "${null}"));
  h.Deploy(top);
  const InstanceKey key = h.Start("parent", R"({"own": 1})");
  const InstanceKey inner = Called(key);
  const InstanceKey thrower = Called(inner);
  fb::SetVariablesT set;
  set.instance = thrower.value();
  for (const char* name : {"deep", "kept"}) {
    set.variables.push_back(std::make_unique<fb::VariableT>());
    set.variables.back()->name = name;
    set.variables.back()->json = "7";
  }
  ASSERT_TRUE(h.Do(std::move(set), thrower).ok());
  ASSERT_TRUE(Throw(thrower, "E").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("other"));
  EXPECT_EQ(h.Variable(inner, "deep"), "7");
  EXPECT_EQ(h.Variable(key, "deep"), "7");
  EXPECT_EQ(h.Variable(key, "kept"), "absent");
  EXPECT_EQ(h.Variable(key, "gone"), "absent");
  EXPECT_EQ(h.Variable(key, "own"), "1");
}

TEST_F(CallTest, OutputsComeWithAnEscalation) {
  for (const bool interrupts : {true, false}) {
    CoreHarness one;
    ModelSketch child = Escalating();
    child.element("begin").outputs.push_back(Mapped("n", "${2}"));
    one.Deploy(child);
    ModelSketch sketch = Parent();
    PassesOn(sketch, "n");
    sketch.Boundary("told", "call", T::escalation)
        .Escalation("")
        .Node("hurry", K::user_task)
        .Flow("told", "hurry");
    sketch.element("told").interrupting = interrupts;
    one.Deploy(sketch);
    const InstanceKey key = one.Start("parent");
    EXPECT_THAT(one.Waiting(key), ElementsAre("hurry"));
    EXPECT_EQ(one.Variable(key, "n"), "2") << interrupts;
  }
}

// As builds decided that had compiled the model without it.
TEST_F(CallTest, OutputsComeAtTheEndOnlyWhereTheModelDoesNotSayMore) {
  h.Deploy(Child());
  ModelSketch sketch = Parent();
  PassesOn(sketch, "n", /*on_throw=*/false);
  sketch.ErrorBoundary("caught", "call", "E");
  h.Deploy(sketch);
  const InstanceKey key = h.Start("parent");
  ASSERT_TRUE(Throw(Called(key), "E").ok());
  EXPECT_EQ(h.Variable(key, "n"), "absent");
}

// --- Requests that fail ------------------------------------------------------

TEST_F(CallTest, WhatCannotBeStartedAfterAllIsCalledAgain) {
  h.Deploy(Child());
  h.Deploy(Parent());
  const InstanceKey key = h.Start("parent");
  const InstanceKey child = Called(key);
  // As the shell does when the record of the start is refused.
  fb::FailCallT fail;
  fail.instance = key.value();
  fail.called = child.value();
  fail.element_key = h.at(key).calls.begin()->first.value();
  fb::StartInstanceT start;
  start.key = child.value();
  start.caller = std::make_unique<fb::CallerT>();
  start.caller->instance = key.value();
  start.caller->element_key = fail.element_key;
  fb::CommandUnion request;
  request.Set(std::move(start));
  const fb::DropRequestT drop = DropOf(7, request, "too large");
  ASSERT_NE(drop.fail, nullptr);
  EXPECT_EQ(drop.request, 7u);
  EXPECT_EQ(drop.fail->instance, fail.instance);
  EXPECT_EQ(drop.fail->element_key, fail.element_key);
  EXPECT_EQ(drop.fail->called, fail.called);
  EXPECT_EQ(drop.fail->message, "too large");
}

// --- Failing for good --------------------------------------------------------

// a, b (each a job) -> throw (compensates) -> after; b's handler calls `child`.
ModelSketch Undoing(const std::string& id = "parent") {
  ModelSketch sketch(id);
  sketch.Node("start", K::start_event)
      .Node("a", K::service_task)
      .Node("b", K::service_task)
      .Compensate("throw", K::intermediate_throw_event)
      .Node("after", K::user_task)
      .Handler("un_a", "a")
      .Handler("un_b", "b", K::call_activity);
  sketch.element("un_b").call = std::make_unique<fb::CallDefinitionT>();
  sketch.element("un_b").call->process_id = Text("child");
  sketch.Flow("start", "a")
      .Flow("a", "b")
      .Flow("b", "throw")
      .Flow("throw", "after");
  return sketch;
}

fb::IncidentType IncidentOf(const Instance& instance) {
  return instance.incidents.size() == 1
             ? instance.incidents.begin()->second.type
             : fb::IncidentType::unknown;
}

// SEMANTICS, Compensation: a failing handler is an incident
// compensation_failed, and the others go on.
TEST_F(CallTest, WhatFailsInWhatAHandlerCallsIsAHandlerThatFailed) {
  for (const bool thrown : {false, true}) {
    for (const bool deep : {false, true}) {
      SCOPED_TRACE(testing::Message() << thrown << deep);
      CoreHarness& h = this->h;
      h.Deploy(deep ? Child("inner") : Child());
      if (deep) h.Deploy(Parent("inner", "child"));
      h.Deploy(Undoing());
      const InstanceKey key = h.Start("parent");
      ASSERT_TRUE(h.CompleteJob(key, "a").ok());
      ASSERT_TRUE(h.CompleteJob(key, "b").ok());
      InstanceKey failing = Called(key);
      if (deep) failing = Called(failing);
      EXPECT_THAT(h.Waiting(key), IsEmpty());
      ASSERT_TRUE(
          (thrown ? Throw(failing, "X") : h.FailJob(failing, "work", 0)).ok());
      EXPECT_EQ(IncidentOf(h.at(failing)),
                fb::IncidentType::compensation_failed);
      EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
      ASSERT_TRUE(h.CompleteTask(key, "un_a").ok());
      // The throw waits for what has failed.
      EXPECT_THAT(h.Waiting(key), IsEmpty());
      ASSERT_TRUE(h.Resolve(failing).ok());
      ASSERT_TRUE(h.CompleteJob(failing, "work").ok());
      if (deep) {
        ASSERT_TRUE(h.CompleteTask(Called(key), "after").ok());
      }
      EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
    }
  }
}

// It never starts another compensation.
TEST_F(CallTest, WhatAHandlerCallsRollsNothingBack) {
  ModelSketch child = Child();
  child.element("child").saga = fb::SagaScope::global;
  h.Deploy(child);
  h.Deploy(Undoing());
  const InstanceKey key = h.Start("parent");
  ASSERT_TRUE(h.CompleteJob(key, "a").ok());
  ASSERT_TRUE(h.CompleteJob(key, "b").ok());
  const InstanceKey failing = Called(key);
  ASSERT_TRUE(h.FailJob(failing, "work", 0).ok());
  EXPECT_EQ(State(failing), fb::InstanceState::active);
  EXPECT_EQ(IncidentOf(h.at(failing)), fb::IncidentType::compensation_failed);
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
}

// ADR 0026: the innermost saga around the failing token decides, and a called
// instance stands in the call.
TEST_F(CallTest, WhatFailsForGoodInACalledInstanceSetsOffTheSagaAroundTheCall) {
  for (const bool deep : {false, true}) {
    h.Deploy(deep ? Child("inner") : Child());
    if (deep) h.Deploy(Parent("inner", "child"));
    ModelSketch parent("parent");
    parent.Node("start", K::start_event)
        .Node("a", K::user_task)
        .Handler("un_a", "a");
    AddCall(parent, "call", "child");
    parent.Flow("start", "a").Flow("a", "call");
    parent.element("parent").saga = fb::SagaScope::global;
    h.Deploy(parent);
    const InstanceKey key = h.Start("parent");
    ASSERT_TRUE(h.CompleteTask(key, "a").ok());
    InstanceKey failing = Called(key);
    if (deep) failing = Called(failing);
    ASSERT_TRUE(h.FailJob(failing, "work", 0).ok());
    EXPECT_EQ(State(failing), fb::InstanceState::cancelled);
    EXPECT_THAT(h.at(key).incidents, IsEmpty());
    EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
    ASSERT_TRUE(h.CompleteTask(key, "un_a").ok());
    EXPECT_EQ(State(key), fb::InstanceState::compensated);
  }
}

// What can be put right by a change rolls nothing back.
TEST_F(CallTest, AnIncidentThatIsNotForGoodStaysInTheCalledInstance) {
  ModelSketch child("child");
  child.Node("begin", K::start_event)
      .Node("which", K::exclusive_gateway)
      .Node("never", K::user_task)
      .Flow("begin", "which")
      .Flow("which", "never", "${false}");
  h.Deploy(child);
  ModelSketch parent = Parent();
  parent.element("parent").saga = fb::SagaScope::global;
  h.Deploy(parent);
  const InstanceKey key = h.Start("parent");
  EXPECT_EQ(IncidentOf(h.at(Called(key))), fb::IncidentType::no_outgoing_flow);
  EXPECT_EQ(State(key), fb::InstanceState::active);
}

// A record that would be too large is decided without what follows.
TEST_F(CallTest, WhatFollowsCanBeLeftForAnIncident) {
  fb::CompleteCallT complete;
  fb::CommandUnion request;
  request.Set(std::move(complete));
  WithoutWhatFollows("too large", &request);
  EXPECT_EQ(request.AsCompleteCall()->refused, "too large");
}

}  // namespace
}  // namespace pawl::core
