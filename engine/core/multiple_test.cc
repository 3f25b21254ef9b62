// Events with several definitions (BPMN 2.0.2, 10.5.5; docs/adr/0025), and what
// starts a process in the place of a start event (10.3.3, 10.6.6 and 13.4.4).
#include <string>
#include <vector>

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
using ::testing::UnorderedElementsAre;
using K = fb::ElementKind;
using T = fb::EventType;

// What `event`, which was added before, waits for or throws: a message, a
// signal and a timer of one hour, or the first of them.
ModelSketch& Definitions(ModelSketch& sketch, const std::string& event,
                         int count = 3) {
  sketch.Definition("m", event, T::message).Message("paid", "${order}");
  if (count > 1) sketch.Definition("s", event, T::signal).Signal("stop");
  if (count > 2) {
    sketch.Definition("t", event, T::timer);
    sketch.last().timer = std::make_unique<fb::TimerDefinitionT>();
    sketch.last().timer->kind = fb::TimerKind::duration;
    sketch.last().timer->value = std::make_unique<fb::ExpressionT>();
    sketch.last().timer->value->text = "PT1H";
  }
  return sketch;
}

// start -> wait -> after
ModelSketch Catching(T type) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("after", K::user_task)
      .Event("wait", K::intermediate_catch_event, type)
      .Flow("start", "wait")
      .Flow("wait", "after");
  Definitions(sketch, "wait");
  return sketch;
}

// What there is to do, and incidents: without what is waited for.
std::vector<std::string> Work(const CoreHarness& h, InstanceKey key) {
  std::vector<std::string> work = h.Waiting(key);
  std::erase_if(work, [&](const std::string& id) {
    const auto element = h.ModelOf(key).FindElement(id);
    if (!element.has_value()) return false;
    const K kind = h.ModelOf(key).element(*element).kind;
    return kind == K::event_definition || kind == K::intermediate_catch_event;
  });
  return work;
}

constexpr char kOrder[] = R"({"order": "A"})";
constexpr int64_t kHour = 60 * 60 * 1000;

TEST(MultipleCatch, AnyOfThemWillDo) {
  for (int by = 0; by < 3; ++by) {
    CoreHarness h;
    h.Deploy(Catching(T::multiple));
    const InstanceKey key = h.Start("p", kOrder);
    EXPECT_EQ(h.at(key).subscriptions.size(), 2u);
    EXPECT_EQ(h.at(key).timers.size(), 1u);
    if (by == 0) {
      ASSERT_TRUE(h.Publish("paid", "A", R"({"sum": 5})").ok());
    }
    if (by == 1) {
      ASSERT_TRUE(h.Signal("stop", R"({"sum": 5})").ok());
    }
    if (by == 2) h.Advance(kHour);
    EXPECT_THAT(Work(h, key), ElementsAre("after")) << by;
    EXPECT_EQ(h.Variable(key, "sum"), by == 2 ? "absent" : "5");
    EXPECT_THAT(h.at(key).subscriptions, IsEmpty());
    EXPECT_THAT(h.at(key).timers, IsEmpty());
  }
}

TEST(MultipleCatch, AFaultOfOneOpensNone) {
  CoreHarness h;
  h.Deploy(Catching(T::multiple));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(Work(h, key), ElementsAre("!wait"));
  EXPECT_THAT(h.at(key).subscriptions, IsEmpty());
  EXPECT_THAT(h.at(key).timers, IsEmpty());
}

TEST(ParallelMultipleCatch, AllOfThemMustCome) {
  CoreHarness h;
  h.Deploy(Catching(T::parallel_multiple));
  const InstanceKey key = h.Start("p", kOrder);
  ASSERT_TRUE(h.Signal("stop", R"({"by": "signal", "one": 1})").ok());
  ASSERT_TRUE(h.Signal("stop", R"({"by": "nobody"})").ok());
  h.Advance(kHour);
  EXPECT_THAT(Work(h, key), IsEmpty());
  // What came is kept until all is there.
  EXPECT_EQ(h.Variable(key, "one"), "absent");
  EXPECT_EQ(h.at(key).event_parts.begin()->second.size(), 2u);
  ASSERT_TRUE(h.Publish("paid", "A", R"({"by": "message"})").ok());
  EXPECT_THAT(Work(h, key), ElementsAre("after"));
  EXPECT_EQ(h.Variable(key, "one"), "1");
  EXPECT_EQ(h.Variable(key, "by"), R"("message")");
  EXPECT_THAT(h.at(key).event_parts, IsEmpty());
}

TEST(ParallelMultipleCatch, ThePartsGoWithWhatWaits) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("after", K::user_task)
      .Node("work", K::user_task)
      .Boundary("all", "work", T::parallel_multiple)
      .Node("handled", K::user_task)
      .Flow("start", "work")
      .Flow("work", "after")
      .Flow("all", "handled");
  Definitions(sketch, "all");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", kOrder);
  ASSERT_TRUE(h.Signal("stop").ok());
  EXPECT_EQ(h.at(key).event_parts.size(), 1u);
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(h.at(key).event_parts, IsEmpty());
  EXPECT_THAT(Work(h, key), ElementsAre("after"));
}

// start -> work, with `events` at its boundary -> handled
ModelSketch AtBoundary(T type, bool interrupting) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::sub_process)
      .Boundary("events", "work", type)
      .Node("handled", K::user_task)
      .Flow("start", "work")
      .Flow("events", "handled")
      .Inside("work")
      .Node("inner", K::service_task)
      .Inside("");
  if (!interrupting) sketch.element("events").interrupting = false;
  return sketch;
}

TEST(MultipleBoundary, TheFirstInterrupts) {
  ModelSketch sketch = AtBoundary(T::multiple, true);
  Definitions(sketch, "events");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", kOrder);
  ASSERT_TRUE(h.Publish("paid", "A").ok());
  EXPECT_THAT(Work(h, key), ElementsAre("handled"));
  EXPECT_THAT(h.at(key).subscriptions, IsEmpty());
}

TEST(MultipleBoundary, NotInterruptingItGoesOnWaitingForEach) {
  ModelSketch sketch = AtBoundary(T::multiple, false);
  Definitions(sketch, "events");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", kOrder);
  ASSERT_TRUE(h.Publish("paid", "A").ok());
  ASSERT_TRUE(h.Signal("stop").ok());
  ASSERT_TRUE(h.Signal("stop").ok());
  h.Advance(kHour);
  EXPECT_THAT(Work(h, key),
              ElementsAre("handled", "handled", "handled", "handled", "inner"));
  EXPECT_EQ(h.at(key).subscriptions.size(), 2u);
}

TEST(MultipleBoundary, AnErrorMayBeOneOfThem) {
  ModelSketch sketch = AtBoundary(T::multiple, true);
  Definitions(sketch, "events", 1);
  sketch.Definition("e", "events", T::error);
  sketch.last().error = std::make_unique<fb::ErrorDefinitionT>();
  sketch.last().error->code = "BAD";
  sketch.last().error->code_variable = "code";
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", kOrder);
  fb::ThrowJobErrorT error;
  error.job = h.JobAt(key, "inner").value();
  error.owner = std::make_unique<fb::JobOwnerT>();
  error.owner->worker = "w";
  error.lock_first = true;
  error.code = "BAD";
  ASSERT_TRUE(h.Do(std::move(error), key).ok());
  EXPECT_THAT(Work(h, key), ElementsAre("handled"));
  EXPECT_EQ(h.Variable(key, "code"), R"("BAD")");
}

TEST(ParallelMultipleBoundary, NotInterruptingItWaitsForAllOfThemAgain) {
  ModelSketch sketch = AtBoundary(T::parallel_multiple, false);
  Definitions(sketch, "events", 2);
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", kOrder);
  for (int round = 1; round <= 2; ++round) {
    ASSERT_TRUE(h.Signal("stop").ok());
    ASSERT_TRUE(h.Publish("paid", "A").ok());
    EXPECT_EQ(Work(h, key).size(), round + 1u);
    EXPECT_EQ(h.at(key).subscriptions.size(), 2u);
  }
}

// start -> work, beside it an event sub-process that starts by `events`
ModelSketch WithEventSubProcess(T type, bool interrupting) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::user_task)
      .Flow("start", "work")
      .Node("esp", K::event_sub_process)
      .Inside("esp")
      .Event("events", K::start_event, type);
  sketch.last().interrupting = interrupting;
  sketch.Node("handle", K::user_task).Flow("events", "handle");
  Definitions(sketch, "events", 2);
  return sketch;
}

TEST(MultipleEventSubProcess, InterruptingOrNot) {
  for (const bool interrupting : {true, false}) {
    CoreHarness h;
    h.Deploy(WithEventSubProcess(T::multiple, interrupting));
    const InstanceKey key = h.Start("p", kOrder);
    ASSERT_TRUE(h.Signal("stop").ok());
    if (interrupting) {
      EXPECT_THAT(Work(h, key), ElementsAre("handle"));
      EXPECT_THAT(h.at(key).subscriptions, IsEmpty());
    } else {
      ASSERT_TRUE(h.Publish("paid", "A").ok());
      EXPECT_THAT(Work(h, key), ElementsAre("handle", "handle", "work"));
    }
  }
}

TEST(ParallelMultipleEventSubProcess, InterruptingOrNot) {
  for (const bool interrupting : {true, false}) {
    CoreHarness h;
    h.Deploy(WithEventSubProcess(T::parallel_multiple, interrupting));
    const InstanceKey key = h.Start("p", kOrder);
    ASSERT_TRUE(h.Signal("stop").ok());
    EXPECT_THAT(Work(h, key), ElementsAre("work"));
    ASSERT_TRUE(h.Publish("paid", "A").ok());
    if (interrupting) {
      EXPECT_THAT(Work(h, key), ElementsAre("handle"));
      continue;
    }
    EXPECT_THAT(Work(h, key), ElementsAre("handle", "work"));
    ASSERT_TRUE(h.Publish("paid", "A").ok());
    ASSERT_TRUE(h.Signal("stop").ok());
    EXPECT_THAT(Work(h, key), ElementsAre("handle", "handle", "work"));
  }
}

TEST(ParallelMultipleEventSubProcess, ItsPartsGoWhenAnotherInterrupts) {
  ModelSketch sketch = WithEventSubProcess(T::parallel_multiple, true);
  sketch.Inside("")
      .Node("other", K::event_sub_process)
      .Inside("other")
      .Event("cancel", K::start_event, T::signal)
      .Signal("cancel")
      .Node("tidy", K::user_task)
      .Flow("cancel", "tidy");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", kOrder);
  ASSERT_TRUE(h.Signal("stop").ok());
  EXPECT_EQ(h.at(key).event_parts.size(), 1u);
  ASSERT_TRUE(h.Signal("cancel").ok());
  EXPECT_THAT(Work(h, key), ElementsAre("tidy"));
  EXPECT_THAT(h.at(key).event_parts, IsEmpty());
}

TEST(MultipleStart, EachOfThemStartsAnInstance) {
  ModelSketch sketch("p");
  sketch.Event("start", K::start_event, T::multiple)
      .Node("work", K::user_task)
      .Flow("start", "work");
  sketch.Definition("m", "start", T::message).Message("order");
  sketch.Definition("s", "start", T::signal).Signal("go");
  CoreHarness h;
  h.Deploy(sketch);
  ASSERT_TRUE(h.Publish("order", "", R"({"n": 1})").ok());
  const InstanceKey first = h.newest();
  EXPECT_THAT(Work(h, first), ElementsAre("work"));
  EXPECT_EQ(h.Variable(first, "n"), "1");
  ASSERT_TRUE(h.Signal("go").ok());
  EXPECT_NE(h.newest(), first);
  EXPECT_THAT(h.Path(h.newest()), ElementsAre("start"));
  // A new version takes over.
  h.Deploy(sketch);
  EXPECT_EQ(h.partition().starts.size(), 2u);
  for (const auto& [name, starts] : h.partition().starts) {
    EXPECT_EQ(starts.size(), 1u);
    EXPECT_EQ(starts[0].version, 2u);
  }
}

TEST(MultipleStart, ATimeOrAConditionMayBeOneOfThem) {
  ModelSketch sketch("p");
  sketch.Event("start", K::start_event, T::multiple)
      .Node("work", K::user_task)
      .Flow("start", "work");
  sketch.Definition("m", "start", T::message).Message("order");
  sketch.Definition("t", "start", T::timer);
  sketch.last().timer = std::make_unique<fb::TimerDefinitionT>();
  sketch.last().timer->kind = fb::TimerKind::cycle;
  sketch.last().timer->value = std::make_unique<fb::ExpressionT>();
  sketch.last().timer->value->text = "R2/PT1H";
  sketch.Definition("c", "start", T::conditional).Condition("${n > 1}");
  CoreHarness h;
  h.Deploy(sketch);
  h.Advance(3 * kHour);
  EXPECT_EQ(h.partition().instances_started, 2u);
  EXPECT_THAT(h.Path(h.newest()), ElementsAre("start"));
  fb::EvaluateConditionsT evaluate;
  evaluate.variables.push_back(std::make_unique<fb::VariableT>());
  evaluate.variables[0]->name = "n";
  evaluate.variables[0]->json = "2";
  ASSERT_TRUE(h.Do(std::move(evaluate)).ok());
  EXPECT_EQ(h.partition().instances_started, 3u);
  EXPECT_THAT(Work(h, h.newest()), ElementsAre("work"));
  // A new version takes over.
  h.Deploy(sketch);
  ASSERT_EQ(h.partition().start_timers.size(), 1u);
  EXPECT_EQ(h.partition().start_timers.begin()->second.version, 2u);
}

// order and payment of one customer start it together
ModelSketch StartedByAll() {
  ModelSketch sketch("p");
  sketch.Event("start", K::start_event, T::parallel_multiple)
      .Node("work", K::user_task)
      .Flow("start", "work");
  sketch.Definition("o", "start", T::message).Message("order", "${customer}");
  sketch.Definition("p1", "start", T::message)
      .Message("payment", "${customer}");
  return sketch;
}

TEST(ParallelMultipleStart, AllOfThemMustCome) {
  CoreHarness h;
  h.Deploy(StartedByAll());
  ASSERT_TRUE(h.Publish("payment", "C", R"({"customer": "C"})").ok());
  const InstanceKey first = h.newest();
  EXPECT_THAT(Work(h, first), IsEmpty());
  ASSERT_TRUE(h.Publish("payment", "D", R"({"customer": "D"})").ok());
  const InstanceKey second = h.newest();
  EXPECT_NE(first, second);
  ASSERT_TRUE(h.Publish("order", "D", R"({"n": 4})").ok());
  EXPECT_THAT(Work(h, first), IsEmpty());
  EXPECT_THAT(Work(h, second), ElementsAre("work"));
  EXPECT_EQ(h.Variable(second, "n"), "4");
  EXPECT_THAT(h.at(second).event_parts, IsEmpty());
  EXPECT_THAT(h.at(second).subscriptions, IsEmpty());
  EXPECT_EQ(h.partition().instances_started, 2u);
}

TEST(ParallelMultipleStart, AKeyThatIsMissingIsAnIncidentOfTheEvent) {
  CoreHarness h;
  h.Deploy(StartedByAll());
  ASSERT_TRUE(h.Publish("payment", "C").ok());
  const InstanceKey key = h.newest();
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "customer";
  set.variables[0]->json = R"("C")";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  // What came first isn't waited for again.
  ASSERT_EQ(h.at(key).subscriptions.size(), 1u);
  ASSERT_TRUE(h.Publish("order", "C").ok());
  EXPECT_THAT(Work(h, key), ElementsAre("work"));
}

TEST(MultipleThrow, ThrowsAllOfThem) {
  ModelSketch sketch = Catching(T::parallel_multiple);
  sketch.element("s").signal->name->text = "go";
  sketch.element("t").event_type = T::signal;
  sketch.element("t").timer.reset();
  sketch.element("t").signal = std::make_unique<fb::SignalDefinitionT>();
  sketch.element("t").signal->name = std::make_unique<fb::ExpressionT>();
  sketch.element("t").signal->name->text = "on";
  CoreHarness h;
  h.Deploy(sketch);
  for (const K kind : {K::intermediate_throw_event, K::end_event}) {
    const InstanceKey waiting = h.Start("p", kOrder);
    ModelSketch thrower("q");
    thrower.Node("start", K::start_event)
        .Event("throw", kind, T::multiple)
        .Flow("start", "throw");
    thrower.Definition("m", "throw", T::message).Message("paid", "${order}");
    thrower.Definition("s", "throw", T::signal).Signal("go");
    thrower.Definition("u", "throw", T::signal).Signal("on");
    h.Deploy(thrower);
    const InstanceKey key = h.Start("q", kOrder);
    EXPECT_TRUE(h.at(key).ended());
    EXPECT_THAT(Work(h, waiting), ElementsAre("after"));
  }
}

TEST(MultipleThrow, AFaultOfOneSendsNone) {
  ModelSketch sketch("q");
  sketch.Node("start", K::start_event)
      .Event("throw", K::intermediate_throw_event, T::multiple)
      .Flow("start", "throw");
  sketch.Definition("s", "throw", T::signal).Signal("go");
  sketch.Definition("m", "throw", T::message).Message("paid", "${order}");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("q");
  EXPECT_THAT(Work(h, key), ElementsAre("!throw"));
  EXPECT_THAT(h.LastEvents(), Not(Contains("Requested")));
}

TEST(MultipleEnd, SendsBeforeItsErrorIsCaught) {
  ModelSketch sketch = AtBoundary(T::multiple, true);
  Definitions(sketch, "events", 1);
  sketch.Definition("caught", "events", T::error);
  sketch.last().error = std::make_unique<fb::ErrorDefinitionT>();
  sketch.element("inner").kind = K::manual_task;
  sketch.element("inner").job.reset();
  sketch.Inside("work")
      .Event("fail", K::end_event, T::multiple)
      .Flow("inner", "fail");
  sketch.Definition("sig", "fail", T::signal).Signal("told");
  sketch.Definition("err", "fail", T::error);
  sketch.last().error = std::make_unique<fb::ErrorDefinitionT>();
  sketch.last().error->code = "BAD";
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", kOrder);
  EXPECT_THAT(Work(h, key), ElementsAre("handled"));
}

TEST(MultipleEnd, EscalatesUntilItsScopeIsGone) {
  ModelSketch sketch = AtBoundary(T::multiple, true);
  for (const char* code : {"one", "two"}) {
    sketch.Definition(std::string("on_") + code, "events", T::escalation)
        .Escalation(code, "code");
  }
  sketch.element("inner").kind = K::manual_task;
  sketch.element("inner").job.reset();
  sketch.Inside("work")
      .Event("up", K::end_event, T::multiple)
      .Flow("inner", "up");
  sketch.Definition("e1", "up", T::escalation).Escalation("two");
  sketch.Definition("e2", "up", T::escalation).Escalation("one");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(Work(h, key), ElementsAre("handled"));
  EXPECT_EQ(h.Variable(key, "code"), R"("two")");
}

TEST(EventGateway, BehindItAllOrAnyOfSeveral) {
  for (const T type : {T::multiple, T::parallel_multiple}) {
    ModelSketch sketch("p");
    sketch.Node("start", K::start_event)
        .Node("gate", K::event_based_gateway)
        .Event("several", K::intermediate_catch_event, type)
        .Event("one", K::intermediate_catch_event, T::signal)
        .Signal("other")
        .Node("after", K::user_task)
        .Flow("start", "gate")
        .Flow("gate", "several")
        .Flow("gate", "one")
        .Flow("several", "after");
    Definitions(sketch, "several", 2);
    CoreHarness h;
    h.Deploy(sketch);
    const InstanceKey key = h.Start("p", kOrder);
    ASSERT_TRUE(h.Signal("stop").ok());
    if (type == T::parallel_multiple) {
      EXPECT_THAT(Work(h, key), IsEmpty());
      ASSERT_TRUE(h.Publish("paid", "A").ok());
    }
    EXPECT_THAT(Work(h, key), ElementsAre("after"));
    EXPECT_THAT(h.at(key).subscriptions, IsEmpty());
  }
}

TEST(Instantiate, AReceiveTaskStartsByItsMessage) {
  ModelSketch sketch("p");
  sketch.Node("receive", K::receive_task)
      .Message("order")
      .Node("after", K::user_task)
      .Flow("receive", "after");
  sketch.element("receive").instantiate = true;
  CoreHarness h;
  h.Deploy(sketch);
  fb::StartInstanceT start;
  start.process_id = "p";
  EXPECT_TRUE(absl::IsFailedPrecondition(h.Do(std::move(start))));
  ASSERT_TRUE(h.Publish("order", "", R"({"n": 1})").ok());
  const InstanceKey key = h.newest();
  EXPECT_THAT(Work(h, key), ElementsAre("after"));
  EXPECT_THAT(h.Path(key), ElementsAre("receive"));
  EXPECT_EQ(h.Variable(key, "n"), "1");
}

// An order and a payment of one customer start a process, in any order.
ModelSketch StartingGateway(bool parallel) {
  ModelSketch sketch("p");
  sketch.Node("gate", K::event_based_gateway)
      .Event("order", K::intermediate_catch_event, T::message)
      .Message("order", "${customer}")
      .Event("payment", K::intermediate_catch_event, T::message)
      .Message("payment", "${customer}")
      .Node("pack", K::user_task)
      .Node("book", K::user_task)
      .Flow("gate", "order")
      .Flow("gate", "payment")
      .Flow("order", "pack")
      .Flow("payment", "book");
  sketch.element("gate").instantiate = true;
  sketch.element("gate").parallel = parallel;
  return sketch;
}

TEST(Instantiate, TheFirstEventOfAnEventGateway) {
  CoreHarness h;
  h.Deploy(StartingGateway(false));
  ASSERT_TRUE(h.Publish("payment", "C").ok());
  const InstanceKey key = h.newest();
  EXPECT_THAT(Work(h, key), ElementsAre("book"));
  EXPECT_THAT(h.Path(key), ElementsAre("gate", "payment"));
  EXPECT_THAT(h.at(key).subscriptions, IsEmpty());
  ASSERT_TRUE(h.Publish("order", "C").ok());
  EXPECT_NE(h.newest(), key);
}

TEST(Instantiate, AllEventsOfAParallelEventGateway) {
  CoreHarness h;
  h.Deploy(StartingGateway(true));
  ASSERT_TRUE(h.Publish("payment", "C", R"({"customer": "C"})").ok());
  const InstanceKey key = h.newest();
  EXPECT_THAT(Work(h, key), ElementsAre("book"));
  // It goes on as long as the order is missing.
  ASSERT_TRUE(h.CompleteTask(key, "book").ok());
  EXPECT_FALSE(h.at(key).ended());
  // Of another customer: another instance.
  ASSERT_TRUE(h.Publish("order", "D", R"({"customer": "D"})").ok());
  const InstanceKey other = h.newest();
  EXPECT_NE(other, key);
  EXPECT_THAT(Work(h, other), ElementsAre("pack"));
  ASSERT_TRUE(h.Publish("order", "C", R"({"n": 2})").ok());
  EXPECT_EQ(h.newest(), other);
  EXPECT_THAT(Work(h, key), ElementsAre("pack"));
  EXPECT_EQ(h.Variable(key, "n"), "2");
  ASSERT_TRUE(h.CompleteTask(key, "pack").ok());
  EXPECT_TRUE(h.at(key).ended());
  EXPECT_THAT(h.Path(key),
              UnorderedElementsAre("payment", "book", "gate", "order", "pack"));
}

TEST(Instantiate, AKeyThatIsMissingIsAnIncidentOfTheEvent) {
  CoreHarness h;
  h.Deploy(StartingGateway(true));
  ASSERT_TRUE(h.Publish("payment", "C").ok());
  const InstanceKey key = h.newest();
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::correlation_key);
  ASSERT_TRUE(h.CompleteTask(key, "book", R"({"customer": "C"})").ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.Publish("order", "C").ok());
  EXPECT_THAT(Work(h, key), ElementsAre("pack"));
}

TEST(Models, OfWhatCantStandTogetherAreRefused) {
  const auto refused = [](ModelSketch sketch) {
    return model::ProcessDefinition::Create(
               std::make_unique<fb::ProcessT>(sketch.Build()))
        .status();
  };
  EXPECT_TRUE(refused(Catching(T::multiple)).ok());
  ModelSketch lonely = Catching(T::multiple);
  for (const char* id : {"s", "t"}) lonely.element(id).attached_to = 1;
  EXPECT_THAT(refused(lonely).message(), HasSubstr("a definition of element"));
  ModelSketch escalation = Catching(T::parallel_multiple);
  escalation.element("t").event_type = T::escalation;
  escalation.element("t").timer.reset();
  escalation.element("t").escalation = std::make_unique<fb::ErrorDefinitionT>();
  EXPECT_THAT(refused(escalation).message(), HasSubstr("can't stand beside"));
  ModelSketch flow = StartingGateway(true);
  flow.Node("before", K::user_task).Flow("before", "gate");
  EXPECT_THAT(refused(flow).message(), HasSubstr("where it can't"));
  ModelSketch timer = StartingGateway(false);
  timer.element("order").event_type = T::conditional;
  timer.element("order").message.reset();
  timer.element("order").condition = std::make_unique<fb::ExpressionT>();
  timer.element("order").condition->text = "${true}";
  timer.element("order").condition->language = fb::Language::el;
  EXPECT_THAT(refused(timer).message(), HasSubstr("nothing that starts"));
}

}  // namespace
}  // namespace pawl::core
