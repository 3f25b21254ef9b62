// Messages and signals: who receives them, what waits for a receiver
// (SEMANTICS, Messages and signals; BPMN 2.0.2, 8.4.2 and 10.5.5).
#include <string>

#include "absl/status/status.h"
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
using T = fb::EventType;

// start -> wait (a message catch) -> after (user task) -> end
ModelSketch Catching(const std::string& name, const std::string& key = "",
                     const std::string& process = "p") {
  ModelSketch sketch(process);
  sketch.Node("start", K::start_event)
      .Event("wait", K::intermediate_catch_event, T::message)
      .Message(name, key)
      .Node("after", K::user_task)
      .Node("end", K::end_event)
      .Flow("start", "wait")
      .Flow("wait", "after")
      .Flow("after", "end");
  return sketch;
}

// start -> send (a message throw) -> sent (user task)
ModelSketch Throwing(const std::string& name, const std::string& key = "") {
  ModelSketch sketch("thrower");
  sketch.Node("start", K::start_event)
      .Event("send", K::intermediate_throw_event, T::message)
      .Message(name, key)
      .Node("sent", K::user_task)
      .Flow("start", "send")
      .Flow("send", "sent");
  return sketch;
}

TEST(Message, ReachesWhoWaitsForItsKeyAlone) {
  CoreHarness h;
  h.Deploy(Catching("paid", "${order}"));
  const InstanceKey a = h.Start("p", R"({"order": "A"})");
  const InstanceKey b = h.Start("p", R"({"order": "B"})");
  ASSERT_TRUE(h.Publish("paid", "B", R"({"sum": 5})").ok());
  EXPECT_THAT(h.Waiting(a), ElementsAre("wait"));
  EXPECT_THAT(h.Waiting(b), ElementsAre("after"));
  EXPECT_EQ(h.Variable(b, "sum"), "5");
  EXPECT_EQ(h.Variable(a, "sum"), "absent");
}

TEST(Message, OneReceiverTheOldest) {
  CoreHarness h;
  h.Deploy(Catching("paid"));
  const InstanceKey first = h.Start("p");
  const InstanceKey second = h.Start("p");
  ASSERT_TRUE(h.Publish("paid").ok());
  EXPECT_THAT(h.Waiting(first), ElementsAre("after"));
  EXPECT_THAT(h.Waiting(second), ElementsAre("wait"));
}

// A key given must equal the subscription's; without a key any subscription
// matches; a subscription without a key expression matches any key.
TEST(Message, WhoMatches) {
  CoreHarness h;
  h.Deploy(Catching("paid", "${order}"));
  h.Deploy(Catching("paid", "", "any"));
  const InstanceKey keyed = h.Start("p", R"({"order": "A"})");
  const InstanceKey any = h.Start("any");
  ASSERT_TRUE(h.Publish("paid", "Z").ok());
  EXPECT_THAT(h.Waiting(any), ElementsAre("after"));
  EXPECT_TRUE(absl::IsNotFound(h.Publish("paid", "Z")));
  ASSERT_TRUE(h.Publish("paid").ok());
  EXPECT_THAT(h.Waiting(keyed), ElementsAre("after"));
}

TEST(Message, NobodyWaitsIsNoMatchAndNothingIsRecorded) {
  CoreHarness h;
  h.Deploy(Catching("paid"));
  h.Start("p");
  const size_t records = h.log().size();
  const absl::Status status = h.Publish("late");
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("no_match"));
  EXPECT_EQ(h.log().size(), records);
}

TEST(Message, AllReachesEachMatchOnce) {
  CoreHarness h;
  h.Deploy(Catching("paid"));
  const InstanceKey a = h.Start("p");
  const InstanceKey b = h.Start("p");
  fb::PublishMessageT publish;
  publish.name = "paid";
  publish.all = true;
  ASSERT_TRUE(h.Do(std::move(publish)).ok());
  EXPECT_THAT(h.Waiting(a), ElementsAre("after"));
  EXPECT_THAT(h.Waiting(b), ElementsAre("after"));
}

TEST(MessageBuffer, WaitsForASubscriptionOldestFirst) {
  CoreHarness h;
  h.Deploy(Catching("paid", "${order}"));
  ASSERT_TRUE(h.Publish("paid", "A", R"({"n": 1})", 60'000).ok());
  ASSERT_TRUE(h.Publish("paid", "A", R"({"n": 2})", 60'000).ok());
  EXPECT_TRUE(h.last_answer().buffered);
  const InstanceKey other = h.Start("p", R"({"order": "B"})");
  EXPECT_THAT(h.Waiting(other), ElementsAre("wait"));
  const InstanceKey first = h.Start("p", R"({"order": "A"})");
  EXPECT_EQ(h.Variable(first, "n"), "1");
  const InstanceKey second = h.Start("p", R"({"order": "A"})");
  EXPECT_EQ(h.Variable(second, "n"), "2");
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"order": "A"})")),
              ElementsAre("wait"));
}

TEST(MessageBuffer, IsEmptyWhenItsTimeIsOver) {
  CoreHarness h;
  h.Deploy(Catching("paid"));
  ASSERT_TRUE(h.Publish("paid", "", "{}", 1000).ok());
  h.Advance(1000);
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("wait"));
}

TEST(MessageId, IsPublishedOnceWhileItIsRemembered) {
  CoreHarness h;
  h.Deploy(Catching("paid"));
  const InstanceKey a = h.Start("p");
  const InstanceKey b = h.Start("p");
  const auto publish = [&] {
    fb::PublishMessageT command;
    command.name = "paid";
    command.message_id = "m1";
    return h.Do(std::move(command));
  };
  ASSERT_TRUE(publish().ok());
  ASSERT_TRUE(publish().ok());
  EXPECT_TRUE(h.last_answer().seen_before);
  EXPECT_THAT(h.Waiting(a), ElementsAre("after"));
  EXPECT_THAT(h.Waiting(b), ElementsAre("wait"));
  h.Advance(kMessageIdKeptMs);
  ASSERT_TRUE(publish().ok());
  EXPECT_THAT(h.Waiting(b), ElementsAre("after"));
}

TEST(MessageThrow, ReachesAnotherInstanceWithItsKey) {
  CoreHarness h;
  h.Deploy(Catching("paid", "${order}"));
  h.Deploy(Throwing("paid", "${order}"));
  const InstanceKey a = h.Start("p", R"({"order": "A"})");
  const InstanceKey b = h.Start("p", R"({"order": "B"})");
  const InstanceKey thrower = h.Start("thrower", R"({"order": "B"})");
  EXPECT_THAT(h.Waiting(thrower), ElementsAre("sent"));
  EXPECT_THAT(h.Waiting(a), ElementsAre("wait"));
  EXPECT_THAT(h.Waiting(b), ElementsAre("after"));
}

TEST(MessageThrow, ToNobodyIsGone) {
  CoreHarness h;
  h.Deploy(Throwing("paid"));
  EXPECT_THAT(h.Waiting(h.Start("thrower")), ElementsAre("sent"));
  EXPECT_TRUE(h.partition().requests.empty());
}

TEST(MessageKey, ThatFailsIsAnIncidentAndIsTriedAgain) {
  CoreHarness h;
  h.Deploy(Catching("paid", "${order}"));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("!wait"));
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::correlation_key);
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "order";
  set.variables[0]->json = "\"A\"";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("wait"));
}

// A suspended instance takes no step: nothing reaches it, and it takes a
// buffered message when it goes on.
TEST(Message, RestsWithItsInstance) {
  CoreHarness h;
  h.Deploy(Catching("paid"));
  const InstanceKey key = h.Start("p");
  fb::SuspendInstanceT suspend;
  suspend.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(suspend), key).ok());
  EXPECT_TRUE(absl::IsNotFound(h.Publish("paid")));
  ASSERT_TRUE(h.Publish("paid", "", "{}", 60'000).ok());
  fb::ResumeInstanceT resume;
  resume.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(resume), key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(Message, NobodyWaitsAfterTheInstanceEnded) {
  CoreHarness h;
  h.Deploy(Catching("paid"));
  const InstanceKey key = h.Start("p");
  fb::CancelInstanceT cancel;
  cancel.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(cancel), key).ok());
  EXPECT_TRUE(absl::IsNotFound(h.Publish("paid")));
}

// --- Starts ------------------------------------------------------------------

ModelSketch StartedBy(const std::string& name, T type,
                      const std::string& process = "p") {
  ModelSketch sketch(process);
  sketch.Event("start", K::start_event, type);
  if (type == T::message) {
    sketch.Message(name);
  } else {
    sketch.Signal(name);
  }
  sketch.Node("work", K::user_task).Flow("start", "work");
  return sketch;
}

size_t Started(CoreHarness& h) { return h.partition().instances_started; }

TEST(MessageStart, StartsTheNewestVersionWhenNobodyWaits) {
  CoreHarness h;
  h.Deploy(StartedBy("order", T::message));
  h.Deploy(StartedBy("order", T::message));
  h.Deploy(Catching("order", "", "waiting"));
  const InstanceKey waiting = h.Start("waiting");
  ASSERT_TRUE(h.Publish("order").ok());
  EXPECT_THAT(h.Waiting(waiting), ElementsAre("after"));
  EXPECT_EQ(Started(h), 1u);
  ASSERT_TRUE(h.Publish("order", "K", R"({"sum": 7})").ok());
  ASSERT_EQ(Started(h), 2u);
  const InstanceKey started = h.newest();
  EXPECT_EQ(h.at(started).version, 2u);
  EXPECT_EQ(h.Variable(started, "sum"), "7");
  EXPECT_THAT(h.Path(started), ElementsAre("start"));
}

// SEMANTICS, Variables: they are the instance's from its start on.
TEST(MessageStart, BringsWhatEventSubProcessesNeedForTheirKey) {
  ModelSketch sketch = StartedBy("order", T::message);
  sketch.Node("guard", K::event_sub_process)
      .Inside("guard")
      .Event("on", K::start_event, T::message)
      .Message("stop", "${id}")
      .Node("handle", K::user_task)
      .Flow("on", "handle");
  CoreHarness h;
  h.Deploy(sketch);
  ASSERT_TRUE(h.Publish("order", "", R"({"id": "A"})").ok());
  ASSERT_EQ(h.LastRecord().touched.size(), 1u) << h.LastEvents().front();
  const InstanceKey key(h.LastRecord().touched[0]->instance);
  EXPECT_THAT(h.Waiting(key), ElementsAre("on", "work"));
  ASSERT_TRUE(h.Publish("stop", "A").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("handle"));
}

TEST(MessageStart, MovesAwayWithANewVersion) {
  CoreHarness h;
  h.Deploy(StartedBy("order", T::message));
  h.Deploy(StartedBy("other", T::message));
  EXPECT_TRUE(absl::IsNotFound(h.Publish("order")));
  ASSERT_TRUE(h.Publish("other").ok());
  EXPECT_EQ(Started(h), 1u);
}

// --- One instance of each key ------------------------------------------------

ModelSketch OnePerKey() {
  ModelSketch sketch = StartedBy("order", T::message);
  sketch.element("start").message->one_per_key = true;
  return sketch;
}

TEST(OnePerKey, NoOtherStartsWhileOneRuns) {
  CoreHarness h;
  h.Deploy(OnePerKey());
  ASSERT_TRUE(h.Publish("order", "A").ok());
  const InstanceKey first = h.newest();
  EXPECT_TRUE(absl::IsNotFound(h.Publish("order", "A")));
  // Of another key, or of none, one does.
  ASSERT_TRUE(h.Publish("order", "B").ok());
  ASSERT_TRUE(h.Publish("order").ok());
  ASSERT_TRUE(h.Publish("order").ok());
  EXPECT_EQ(Started(h), 4u);
  // A later version keeps to those of the earlier.
  h.Deploy(OnePerKey());
  EXPECT_TRUE(absl::IsNotFound(h.Publish("order", "A")));
  ASSERT_TRUE(h.CompleteTask(first, "work").ok());
  ASSERT_TRUE(h.Publish("order", "A").ok());
  EXPECT_EQ(Started(h), 5u);
  EXPECT_EQ(h.at(h.newest()).version, 2u);
}

// Both are published before the first of them has started anything.
TEST(OnePerKey, OfTwoThatOneCommandThrowsOneStarts) {
  ModelSketch both("both");
  both.Node("start", K::start_event)
      .Event("throw_1", K::intermediate_throw_event, T::message)
      .Message("order", "A")
      .Event("throw_2", K::intermediate_throw_event, T::message)
      .Message("order", "A")
      .Flow("start", "throw_1")
      .Flow("throw_1", "throw_2");
  CoreHarness h;
  h.Deploy(OnePerKey());
  h.Deploy(both);
  h.Start("both");
  EXPECT_EQ(Started(h), 2u);
  EXPECT_EQ(h.at(h.newest()).held_key, "A");
}

TEST(OnePerKey, TheNextWaitsInTheBuffer) {
  CoreHarness h;
  h.Deploy(OnePerKey());
  ASSERT_TRUE(h.Publish("order", "A").ok());
  const InstanceKey first = h.newest();
  ASSERT_TRUE(h.Publish("order", "A", R"({"n": 2})", 1000).ok());
  ASSERT_TRUE(h.Publish("order", "A", R"({"n": 3})", 1000).ok());
  ASSERT_TRUE(h.Publish("order", "B").ok());
  EXPECT_EQ(Started(h), 2u);
  fb::CancelInstanceT cancel;
  cancel.instance = first.value();
  ASSERT_TRUE(h.Do(std::move(cancel), first).ok());
  ASSERT_EQ(Started(h), 3u);
  const InstanceKey second = h.newest();
  EXPECT_EQ(h.Variable(second, "n"), "2");
  EXPECT_EQ(h.at(second).held_key, "A");
  ASSERT_TRUE(h.CompleteTask(second, "work").ok());
  ASSERT_EQ(Started(h), 4u);
  EXPECT_EQ(h.Variable(h.newest(), "n"), "3");
  ASSERT_TRUE(h.CompleteTask(h.newest(), "work").ok());
  EXPECT_EQ(Started(h), 4u);
  EXPECT_TRUE(h.partition().requests.empty());
}

TEST(OnePerKey, WhatWaitsTooLongStartsNothing) {
  CoreHarness h;
  h.Deploy(OnePerKey());
  ASSERT_TRUE(h.Publish("order", "A").ok());
  const InstanceKey first = h.newest();
  ASSERT_TRUE(h.Publish("order", "A", "{}", 1000).ok());
  h.Wait(2000);
  h.ExpireMessages();
  ASSERT_TRUE(h.CompleteTask(first, "work").ok());
  EXPECT_EQ(Started(h), 1u);
}

// An open subscription comes before a start, as everywhere.
TEST(OnePerKey, WhoWaitsForItGetsIt) {
  ModelSketch sketch("p");
  sketch.Event("start", K::start_event, T::message)
      .Message("order")
      .Event("again", K::intermediate_catch_event, T::message)
      .Message("order", "${id}")
      .Node("work", K::user_task)
      .Flow("start", "again")
      .Flow("again", "work");
  sketch.element("start").message->one_per_key = true;
  CoreHarness h;
  h.Deploy(sketch);
  ASSERT_TRUE(h.Publish("order", "A", R"({"id": "A"})").ok());
  const InstanceKey first(h.LastRecord().touched.at(0)->instance);
  ASSERT_TRUE(h.Publish("order", "A").ok());
  EXPECT_EQ(Started(h), 1u);
  EXPECT_THAT(h.Waiting(first), ElementsAre("work"));
}

TEST(MessageStart, OfAnotherProcessIsRefused) {
  CoreHarness h;
  h.Deploy(StartedBy("order", T::message));
  fb::DeployT deploy;
  deploy.resources.push_back(std::make_unique<fb::ResourceToDeployT>());
  deploy.resources[0]->name = "second.bpmn";
  deploy.processes.push_back(std::make_unique<fb::ProcessToDeployT>());
  deploy.processes[0]->process_id = "q";
  deploy.processes[0]->model = std::make_unique<fb::ProcessT>(
      StartedBy("order", T::message, "q").Build());
  const absl::Status status = h.Do(std::move(deploy));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("'p'"));
}

TEST(MessageStart, CannotBeStartedWithoutItsMessage) {
  CoreHarness h;
  h.Deploy(StartedBy("order", T::message));
  fb::StartInstanceT start;
  start.process_id = "p";
  EXPECT_TRUE(absl::IsFailedPrecondition(h.Do(std::move(start))));
}

// --- Signals -----------------------------------------------------------------

TEST(Signal, ReachesAllWhoWaitAndStarts) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("wait", K::intermediate_catch_event, T::signal)
      .Signal("${name}")
      .Node("after", K::user_task)
      .Flow("start", "wait")
      .Flow("wait", "after");
  CoreHarness h;
  h.Deploy(sketch);
  h.Deploy(StartedBy("stop", T::signal, "q"));
  const InstanceKey a = h.Start("p", R"({"name": "stop"})");
  const InstanceKey b = h.Start("p", R"({"name": "stop"})");
  const InstanceKey c = h.Start("p", R"({"name": "go"})");
  ASSERT_TRUE(h.Signal("stop", R"({"why": "test"})").ok());
  EXPECT_THAT(h.Waiting(a), ElementsAre("after"));
  EXPECT_THAT(h.Waiting(b), ElementsAre("after"));
  EXPECT_THAT(h.Waiting(c), ElementsAre("wait"));
  EXPECT_EQ(h.Variable(b, "why"), "\"test\"");
  EXPECT_EQ(Started(h), 4u);
}

TEST(Signal, ToNobodyIsNoFailure) {
  CoreHarness h;
  EXPECT_TRUE(h.Signal("stop").ok());
  EXPECT_THAT(h.last_answer().receivers, 0u);
}

TEST(SignalThrow, ReachesItsOwnInstanceToo) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("wait", K::intermediate_catch_event, T::signal)
      .Signal("go")
      .Node("waited", K::user_task)
      .Node("ready", K::user_task)
      .Event("throw", K::intermediate_throw_event, T::signal)
      .Signal("go")
      .Flow("start", "wait")
      .Flow("wait", "waited")
      .Flow("start", "ready")
      .Flow("ready", "throw");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "ready").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("waited"));
}

// work, with a boundary event or an event sub-process (`inside`), in which a
// signal is thrown at once before it ends.
ModelSketch ThrowingInside(bool inside, K throws, T type) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::sub_process)
      .Node("after", K::user_task)
      .Flow("start", "work")
      .Flow("work", "after");
  const auto name = [&] {
    if (type == T::signal) {
      sketch.Signal("go");
    } else {
      sketch.Message("go");
    }
  };
  if (!inside) {
    sketch.Boundary("heard", "work", type);
    name();
    sketch.NotInterrupting().Node("noted", K::user_task).Flow("heard", "noted");
  }
  sketch.Inside("work")
      .Node("inner_start", K::start_event)
      .Event("throw", throws, type);
  name();
  sketch.Flow("inner_start", "throw");
  if (inside) {
    sketch.Node("heard", K::event_sub_process);
    sketch.Inside("heard").Event("heard_start", K::start_event, type);
    name();
    sketch.NotInterrupting()
        .Node("noted", K::user_task)
        .Flow("heard_start", "noted");
  }
  return sketch;
}

// SEMANTICS: every open subscription receives it, and those of a scope are open
// while something is thrown in it.
TEST(Throw, ReachesTheScopeThatEndsBehindIt) {
  for (const K throws : {K::intermediate_throw_event, K::end_event}) {
    for (const T type : {T::signal, T::message}) {
      for (const bool inside : {true, false}) {
        SCOPED_TRACE(testing::Message() << inside << static_cast<int>(type));
        CoreHarness h;
        h.Deploy(ThrowingInside(inside, throws, type));
        const InstanceKey key = h.Start("p");
        if (inside) {
          EXPECT_THAT(h.Waiting(key), ElementsAre("heard_start", "noted"));
          ASSERT_TRUE(h.CompleteTask(key, "noted").ok());
          EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
        } else {
          EXPECT_THAT(h.Waiting(key), ElementsAre("after", "noted"));
        }
      }
    }
  }
}

TEST(Throw, InterruptsTheScopeThatItIsIn) {
  ModelSketch sketch =
      ThrowingInside(false, K::intermediate_throw_event, T::signal);
  sketch.element("heard").interrupting = true;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("noted"));
  EXPECT_TRUE(h.partition().requests.empty());
}

// What opens behind it wasn't there to receive it.
TEST(Throw, IsNotCaughtByWhatComesAfterIt) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("throw", K::intermediate_throw_event, T::signal)
      .Signal("go")
      .Event("wait", K::intermediate_catch_event, T::signal)
      .Signal("go")
      .Node("after", K::user_task)
      .Flow("start", "throw")
      .Flow("throw", "wait")
      .Flow("wait", "after");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("wait"));
  ASSERT_TRUE(h.Signal("go").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// docs/upgrading.md: a definition of an earlier build goes on as it did.
TEST(Throw, OfAnEarlierDefinitionGoesOnAtOnce) {
  ModelSketch sketch =
      ThrowingInside(false, K::intermediate_throw_event, T::signal);
  sketch.Rules(model::kRulesOfBoundaryEvents);
  CoreHarness h;
  h.Deploy(sketch);
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("after"));
}

// One command or many: it is the model that goes round for ever.
TEST(Throw, RoundForEverStopsAtTheLimitOfACommand) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("again", K::exclusive_gateway)
      .Event("throw", K::intermediate_throw_event, T::signal)
      .Signal("go")
      .Flow("start", "again")
      .Flow("again", "throw")
      .Flow("throw", "again");
  CoreHarness h;
  h.set_check_laws(false);
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type, fb::IncidentType::limit);
  EXPECT_TRUE(h.partition().requests.empty());
}

// SEMANTICS: what opens takes what is buffered; here each starts an instance.
TEST(MessageStart, TakesWhatIsBufferedWhenItIsDeployed) {
  for (const uint16_t rules :
       {model::kRulesOfAskingRuns, model::kRulesOfBufferedStarts}) {
    ModelSketch sketch("late");
    sketch.Event("start", K::start_event, T::message)
        .Message("paid")
        .Node("after", K::user_task)
        .Flow("start", "after");
    sketch.Rules(rules);
    CoreHarness h;
    for (const char* key : {"a", "b", ""}) {
      ASSERT_TRUE(h.Publish("paid", key, "{}", 3'600'000).ok());
    }
    h.Deploy(sketch);
    const bool takes = rules >= model::kRulesOfBufferedStarts;
    EXPECT_EQ(h.partition().instances_started, takes ? 3u : 0u);
    EXPECT_TRUE(h.partition().requests.empty());
    // They are used up.
    h.Deploy(sketch);
    EXPECT_EQ(h.partition().instances_started, takes ? 3u : 0u);
  }
}

// The runs of one command are none of a circle.
TEST(Throw, ByThousandsOfRunsIsNoCircle) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("tell", K::send_task)
      .Message("go")
      .Loop(fb::LoopKind::parallel, absl::StrCat(kActivationsPerCommandMax))
      .Node("after", K::user_task)
      .Flow("start", "tell")
      .Flow("tell", "after");
  sketch.element("tell").job.reset();
  CoreHarness h;
  h.set_check_laws(false);
  h.Deploy(sketch);
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("after"));
}

// A fork may end between what is thrown and its delivery, and suspends others.
TEST(Throw, GoesOnWhenItsInstanceIsResumed) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("throw", K::intermediate_throw_event, T::signal)
      .Signal("go")
      .Node("after", K::user_task)
      .Flow("start", "throw")
      .Flow("throw", "after");
  CoreHarness h;
  h.set_check_laws(false);
  h.Deploy(sketch);
  h.set_takes_requests(false);
  const InstanceKey key = h.Start("p");
  fb::SuspendInstanceT suspend;
  suspend.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(suspend), key).ok());
  h.set_takes_requests(true);
  h.TakeRequests();
  EXPECT_TRUE(h.partition().requests.empty());
  fb::ResumeInstanceT resume;
  resume.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(resume), key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// One that waits for its key keeps no other from starting.
TEST(MessageStart, TakesWhatIsBufferedBehindAKeyThatIsHeld) {
  ModelSketch sketch("late");
  sketch.Event("start", K::start_event, T::message)
      .Message("paid")
      .Node("after", K::user_task)
      .Flow("start", "after");
  sketch.element("start").message->one_per_key = true;
  CoreHarness h;
  for (const char* key : {"a", "a", "b", "", "a"}) {
    ASSERT_TRUE(h.Publish("paid", key, "{}", 3'600'000).ok());
  }
  h.Deploy(sketch);
  EXPECT_EQ(h.partition().instances_started, 3u);
  ASSERT_TRUE(h.CompleteTask(h.oldest(), "after").ok());
  EXPECT_EQ(h.partition().instances_started, 4u);
}

// --- Receive tasks -----------------------------------------------------------

ModelSketch Receiving() {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("wait", K::receive_task)
      .Message("paid")
      .Node("after", K::user_task)
      .Flow("start", "wait")
      .Flow("wait", "after");
  return sketch;
}

// 13.3.3: waits for its message; somebody may also trigger it.
TEST(ReceiveTask, GoesOnWithItsMessageOrWhenTriggered) {
  CoreHarness h;
  h.Deploy(Receiving());
  const InstanceKey by_message = h.Start("p");
  const InstanceKey by_hand = h.Start("p");
  ASSERT_TRUE(h.Publish("paid").ok());
  EXPECT_THAT(h.Waiting(by_message), ElementsAre("after"));
  ASSERT_TRUE(h.CompleteTask(by_hand, "wait").ok());
  EXPECT_THAT(h.Waiting(by_hand), ElementsAre("after"));
  EXPECT_TRUE(absl::IsNotFound(h.Publish("paid")));
}

// An earlier delivery of the same record may end who was chosen: the message is
// published again.
TEST(Message, ThatComesTooLateIsPublishedAgain) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("first", K::intermediate_catch_event, T::message)
      .Message("a")
      .Event("second", K::intermediate_catch_event, T::message)
      .Message("b")
      .Event("end", K::end_event, T::terminate)
      .Flow("start", "first")
      .Flow("start", "second")
      .Flow("first", "end");
  ModelSketch both("both");
  both.Node("start", K::start_event)
      .Event("throw_a", K::intermediate_throw_event, T::message)
      .Message("a")
      .Event("throw_b", K::intermediate_throw_event, T::message)
      .Message("b")
      .Flow("start", "throw_a")
      .Flow("throw_a", "throw_b");
  CoreHarness h;
  h.Deploy(sketch);
  h.Deploy(Catching("b", "", "q"));
  h.Deploy(both);
  const InstanceKey gone = h.Start("p");
  const InstanceKey other = h.Start("q");
  h.Start("both");
  EXPECT_EQ(h.at(gone).state, fb::InstanceState::terminated);
  EXPECT_THAT(h.Waiting(other), ElementsAre("after"));
  EXPECT_TRUE(h.partition().requests.empty());
}

}  // namespace
}  // namespace pawl::core
