// Timers that fire again, starts of processes by time and by condition (BPMN
// 2.0.2, 10.5.2, 10.5.4, 10.5.5; docs/adr/0023).
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/iso8601.h"
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
using T = fb::EventType;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

void SetTimer(fb::ElementT& event, fb::TimerKind kind, const std::string& text,
              fb::Language language = fb::Language::literal) {
  event.timer = std::make_unique<fb::TimerDefinitionT>();
  event.timer->kind = kind;
  event.timer->zoned = true;
  event.timer->value = std::make_unique<fb::ExpressionT>();
  event.timer->value->text = text;
  event.timer->value->language = language;
}

// start -> work (a user task) -> after, and a timer at its boundary that leads
// to `late`.
ModelSketch AtBoundary(const std::string& cycle, bool interrupting,
                       fb::Language language = fb::Language::literal) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::user_task)
      .Node("after", K::user_task)
      .Flow("start", "work")
      .Flow("work", "after")
      .Boundary("tick", "work", T::timer);
  if (!interrupting) sketch.NotInterrupting();
  SetTimer(sketch.last(), fb::TimerKind::cycle, cycle, language);
  sketch.Node("late", K::user_task).Flow("tick", "late");
  return sketch;
}

// A process that starts by this timer and waits at `work`.
ModelSketch StartedAt(fb::TimerKind kind, const std::string& text) {
  ModelSketch sketch("p");
  sketch.Event("start", K::start_event, T::timer);
  SetTimer(sketch.last(), kind, text);
  sketch.Node("work", K::user_task).Flow("start", "work");
  return sketch;
}

ModelSketch StartedBy(const std::string& condition,
                      const std::string& id = "p") {
  ModelSketch sketch(id);
  sketch.Event("start", K::start_event, T::conditional)
      .Condition(condition)
      .Node("work", K::user_task)
      .Flow("start", "work");
  return sketch;
}

absl::Status Evaluate(CoreHarness& h, const std::string& name,
                      const std::string& json, const std::string& process = "",
                      const std::string& business_key = "") {
  fb::EvaluateConditionsT evaluate;
  evaluate.process_id = process;
  evaluate.business_key = business_key;
  evaluate.variables.push_back(std::make_unique<fb::VariableT>());
  evaluate.variables[0]->name = name;
  evaluate.variables[0]->json = json;
  return h.Do(std::move(evaluate));
}

std::vector<int64_t> DueTimes(CoreHarness& h) {
  std::vector<int64_t> due;
  for (const auto& [entry, value] : h.indexes().at(Index::kDue)) {
    due.push_back(DecodeDue(entry)->due_ms);
  }
  return due;
}

size_t Started(CoreHarness& h) { return h.partition().instances_started; }

size_t LateOnes(CoreHarness& h, InstanceKey key) {
  size_t late = 0;
  for (const std::string& id : h.Waiting(key)) late += id == "late" ? 1 : 0;
  return late;
}

// --- Timers of instances -----------------------------------------------------

TEST(TimerCycle, ThatDoesNotInterruptFiresUntilItsCountIsUsedUp) {
  CoreHarness h;
  h.Deploy(AtBoundary("R3/PT10M", false));
  const InstanceKey key = h.Start("p");
  const int64_t begin = h.now_ms();
  EXPECT_THAT(DueTimes(h), ElementsAre(begin + 10 * kMinute));
  h.Advance(10 * kMinute);
  EXPECT_EQ(LateOnes(h, key), 1u);
  EXPECT_THAT(DueTimes(h), ElementsAre(begin + 20 * kMinute));
  h.Advance(2 * kHour);
  EXPECT_EQ(LateOnes(h, key), 3u);
  EXPECT_THAT(DueTimes(h), IsEmpty());
  EXPECT_THAT(h.Waiting(key), Contains("work"));
}

TEST(TimerCycle, EndsWithItsActivity) {
  CoreHarness h;
  h.Deploy(AtBoundary("R/PT10M", false));
  const InstanceKey key = h.Start("p");
  h.Advance(25 * kMinute);
  EXPECT_EQ(LateOnes(h, key), 2u);
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_THAT(DueTimes(h), IsEmpty());
  h.Advance(2 * kHour);
  EXPECT_EQ(LateOnes(h, key), 2u);
}

TEST(TimerCycle, ThatInterruptsFiresOnce) {
  CoreHarness h;
  h.Deploy(AtBoundary("R3/PT10M", true));
  const InstanceKey key = h.Start("p");
  h.Advance(2 * kHour);
  EXPECT_THAT(h.Waiting(key), ElementsAre("late"));
}

TEST(TimerCycle, OfAnIntermediateEventFiresOnce) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("wait", K::intermediate_catch_event, T::timer);
  SetTimer(sketch.last(), fb::TimerKind::cycle, "0 0 * * * ?");
  sketch.Node("work", K::user_task).Flow("start", "wait").Flow("wait", "work");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(DueTimes(h)[0] % kHour, 0);
  h.Advance(3 * kHour);
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
}

// What passed while nobody looked counts, and fires once.
TEST(TimerCycle, GoesOnAfterWhatWasMissed) {
  CoreHarness h;
  h.Deploy(AtBoundary("R6/PT10M", false));
  const InstanceKey key = h.Start("p");
  const int64_t begin = h.now_ms();
  h.Wait(35 * kMinute);
  h.Advance(0);
  EXPECT_EQ(LateOnes(h, key), 1u);
  EXPECT_THAT(DueTimes(h), ElementsAre(begin + 40 * kMinute));
  h.Advance(2 * kHour);
  // The fourth, fifth and sixth.
  EXPECT_EQ(LateOnes(h, key), 4u);
}

TEST(TimerCycle, RestsWithItsInstance) {
  CoreHarness h;
  h.Deploy(AtBoundary("R3/PT10M", false));
  const InstanceKey key = h.Start("p");
  h.Advance(10 * kMinute);
  fb::SuspendInstanceT suspend;
  suspend.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(suspend), key).ok());
  h.Advance(kHour);
  EXPECT_EQ(LateOnes(h, key), 1u);
  fb::ResumeInstanceT resume;
  resume.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(resume), key).ok());
  h.Advance(kHour);
  // The second and third were missed: one firing.
  EXPECT_EQ(LateOnes(h, key), 2u);
}

TEST(TimerCycle, OfAnEventSubProcessStartsItAgain) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::user_task)
      .Flow("start", "work")
      .Node("remind", K::event_sub_process)
      .Inside("remind")
      .Event("tick", K::start_event, T::timer);
  sketch.NotInterrupting();
  SetTimer(sketch.last(), fb::TimerKind::cycle, "R2/PT10M");
  sketch.Node("late", K::user_task).Flow("tick", "late");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  h.Advance(2 * kHour);
  EXPECT_EQ(LateOnes(h, key), 2u);
  EXPECT_THAT(h.Waiting(key), Contains("work"));
}

// The text is read once, when the timer begins.
TEST(TimerCycle, OfAnExpressionStaysWhatItWas) {
  CoreHarness h;
  h.Deploy(AtBoundary("${cycle}", false, fb::Language::el));
  const InstanceKey key = h.Start("p", R"({"cycle": "R2/PT10M"})");
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "cycle";
  set.variables[0]->json = "\"R9/PT1M\"";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  h.Advance(2 * kHour);
  EXPECT_EQ(LateOnes(h, key), 2u);
}

TEST(TimerCycle, ThatIsNoneIsAnIncidentAndIsTriedAgain) {
  CoreHarness h;
  h.Deploy(AtBoundary("${cycle}", false, fb::Language::el));
  const InstanceKey key = h.Start("p", R"({"cycle": "every day"})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_THAT(h.at(key).incidents.begin()->second.message,
              HasSubstr("timer of 'tick': cron text 'every day'"));
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "cycle";
  set.variables[0]->json = "\"R2/PT10M\"";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  h.Advance(2 * kHour);
  EXPECT_EQ(LateOnes(h, key), 2u);
}

TEST(TimerZone, LocalTimesAreOfTheModelsZone) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("wait", K::intermediate_catch_event, T::timer);
  SetTimer(sketch.last(), fb::TimerKind::date, "2030-07-01T09:00:00");
  sketch.last().timer->zone = "Europe/Berlin";
  sketch.Node("work", K::user_task).Flow("start", "wait").Flow("wait", "work");
  CoreHarness h;
  h.Deploy(sketch);
  h.Start("p");
  EXPECT_THAT(DueTimes(h),
              ElementsAre(*ParseIsoDateTime("2030-07-01T07:00:00Z")));
}

// Logs of builds that knew no zones decide the same again.
TEST(TimerZone, ModelsOfEarlierBuildsReadNoZones) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Event("wait", K::intermediate_catch_event, T::timer);
  SetTimer(sketch.last(), fb::TimerKind::date,
           "2030-07-01T09:00:00@Europe/Berlin");
  sketch.last().timer->zoned = false;
  sketch.Node("work", K::user_task).Flow("start", "wait").Flow("wait", "work");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_THAT(h.at(key).incidents.begin()->second.message,
              HasSubstr("zone names aren't known"));
}

// --- Timers of start events --------------------------------------------------

TEST(TimerStart, ADurationCountsFromTheDeployment) {
  CoreHarness h;
  h.Deploy(StartedAt(fb::TimerKind::duration, "PT10M"));
  EXPECT_EQ(Started(h), 0u);
  h.Advance(10 * kMinute - 1);
  EXPECT_EQ(Started(h), 0u);
  h.Advance(1);
  ASSERT_EQ(Started(h), 1u);
  EXPECT_THAT(h.Waiting(h.newest()), ElementsAre("work"));
  EXPECT_THAT(h.Path(h.newest()), ElementsAre("start"));
  h.Advance(kHour);
  EXPECT_EQ(Started(h), 1u);
}

TEST(TimerStart, ADateThatIsPastStartsAtOnce) {
  CoreHarness h;
  h.Deploy(StartedAt(fb::TimerKind::date, "1970-01-01T00:00:01Z"));
  h.Advance(0);
  EXPECT_EQ(Started(h), 1u);
  EXPECT_THAT(DueTimes(h), IsEmpty());
}

TEST(TimerStart, ACycleStartsAnInstanceEachTime) {
  CoreHarness h;
  h.Deploy(StartedAt(fb::TimerKind::cycle, "R3/PT10M"));
  h.Advance(20 * kMinute);
  EXPECT_EQ(Started(h), 2u);
  h.Advance(2 * kHour);
  EXPECT_EQ(Started(h), 3u);
  EXPECT_THAT(h.partition().start_timers, IsEmpty());
}

TEST(TimerStart, WhatWasMissedStartsOneInstance) {
  CoreHarness h;
  h.Deploy(StartedAt(fb::TimerKind::cycle, "R/PT10M"));
  const int64_t begin = h.now_ms();
  h.Wait(55 * kMinute);
  h.Advance(0);
  EXPECT_EQ(Started(h), 1u);
  EXPECT_THAT(DueTimes(h), ElementsAre(begin + kHour));
}

TEST(TimerStart, MovesWithANewVersion) {
  CoreHarness h;
  h.Deploy(StartedAt(fb::TimerKind::cycle, "R/PT10M"));
  h.Advance(10 * kMinute);
  ASSERT_EQ(Started(h), 1u);
  h.Deploy(StartedAt(fb::TimerKind::cycle, "R/PT1H"));
  EXPECT_THAT(h.LastEvents(), Contains("StartTimerCanceled"));
  h.Advance(59 * kMinute);
  EXPECT_EQ(Started(h), 1u);
  h.Advance(kMinute);
  ASSERT_EQ(Started(h), 2u);
  EXPECT_EQ(h.at(h.newest()).version, 2u);
  // A version without one.
  ModelSketch plain("p");
  plain.Node("start", K::start_event);
  h.Deploy(plain);
  EXPECT_THAT(h.partition().start_timers, IsEmpty());
  h.Advance(5 * kHour);
  EXPECT_EQ(Started(h), 2u);
}

TEST(TimerStart, OfAProcessThatDoesNotRunWaitsForNothing) {
  fb::ProcessT model = StartedAt(fb::TimerKind::duration, "PT10M").Build();
  model.executable = false;
  CoreHarness h;
  h.Deploy(model);
  EXPECT_THAT(h.partition().start_timers, IsEmpty());
}

TEST(TimerStart, BesideOtherStartEvents) {
  ModelSketch sketch = StartedAt(fb::TimerKind::duration, "PT10M");
  sketch.Node("by_hand", K::start_event).Flow("by_hand", "work");
  sketch.Event("weekly", K::start_event, T::timer);
  SetTimer(sketch.last(), fb::TimerKind::cycle, "R/P7D");
  sketch.Flow("weekly", "work");
  CoreHarness h;
  h.Deploy(sketch);
  EXPECT_EQ(h.partition().start_timers.size(), 2u);
  h.Start("p");
  EXPECT_THAT(h.Path(h.newest()), ElementsAre("by_hand"));
  h.Advance(kHour);
  EXPECT_EQ(Started(h), 2u);
  h.Advance(7 * 24 * kHour);
  ASSERT_EQ(Started(h), 3u);
  EXPECT_THAT(h.Path(h.newest()), ElementsAre("weekly"));
}

// As if it had fired; the timer goes on.
TEST(TimerStart, MayBeStartedByHandWhenNothingElseStartsIt) {
  CoreHarness h;
  h.Deploy(StartedAt(fb::TimerKind::duration, "PT10M"));
  const InstanceKey key = h.Start("p", R"({"a": 1})");
  EXPECT_THAT(h.Path(key), ElementsAre("start"));
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
  EXPECT_EQ(h.Variable(key, "a"), "1");
  h.Advance(10 * kMinute);
  EXPECT_EQ(Started(h), 2u);
}

TEST(TimerStart, OfSeveralNoneMayBeStartedByHand) {
  ModelSketch sketch = StartedAt(fb::TimerKind::duration, "PT10M");
  sketch.Event("weekly", K::start_event, T::timer);
  SetTimer(sketch.last(), fb::TimerKind::cycle, "R/P7D");
  sketch.Flow("weekly", "work");
  CoreHarness h;
  h.Deploy(sketch);
  fb::StartInstanceT start;
  start.process_id = "p";
  EXPECT_TRUE(absl::IsFailedPrecondition(h.Do(std::move(start))));
  EXPECT_EQ(Started(h), 0u);
}

TEST(TimerStart, FiresOnlyWhenItIsDueAndKnown) {
  CoreHarness h;
  h.Deploy(StartedAt(fb::TimerKind::duration, "PT10M"));
  const auto& [key, timer] = *h.partition().start_timers.begin();
  fb::TriggerStartTimerT trigger;
  trigger.timer = key;
  trigger.definition = timer.definition.value();
  EXPECT_TRUE(
      absl::IsFailedPrecondition(h.Do(fb::TriggerStartTimerT(trigger))));
  trigger.timer += 1;
  EXPECT_TRUE(absl::IsNotFound(h.Do(fb::TriggerStartTimerT(trigger))));
  EXPECT_EQ(Started(h), 0u);
}

// --- Conditional start events ------------------------------------------------

TEST(ConditionalStart, StartsWhatItsConditionHoldsFor) {
  CoreHarness h;
  h.Deploy(StartedBy("${x > 5}"));
  h.Deploy(StartedBy("${x > 50}", "q"));
  ASSERT_TRUE(Evaluate(h, "x", "7").ok());
  EXPECT_EQ(h.last_answer().receivers, 1u);
  ASSERT_EQ(Started(h), 1u);
  EXPECT_EQ(h.Variable(h.newest(), "x"), "7");
  EXPECT_THAT(h.Waiting(h.newest()), ElementsAre("work"));
  ASSERT_TRUE(Evaluate(h, "x", "70").ok());
  EXPECT_EQ(Started(h), 3u);
  ASSERT_TRUE(Evaluate(h, "x", "70", "q", "K-1").ok());
  ASSERT_EQ(Started(h), 4u);
  EXPECT_EQ(h.at(h.newest()).process_id, "q");
  EXPECT_EQ(h.at(h.newest()).business_key, "K-1");
}

TEST(ConditionalStart, WhatCannotBeToldDoesNotHold) {
  CoreHarness h;
  h.Deploy(StartedBy("${x > 5}"));
  ASSERT_TRUE(Evaluate(h, "y", "7").ok());
  ASSERT_TRUE(Evaluate(h, "x", "\"text\"").ok());
  EXPECT_EQ(Started(h), 0u);
}

TEST(ConditionalStart, MovesWithANewVersion) {
  CoreHarness h;
  h.Deploy(StartedBy("${x > 5}"));
  h.Deploy(StartedBy("${x > 50}"));
  ASSERT_TRUE(Evaluate(h, "x", "7").ok());
  EXPECT_EQ(Started(h), 0u);
  ASSERT_TRUE(Evaluate(h, "x", "70").ok());
  ASSERT_EQ(Started(h), 1u);
  EXPECT_EQ(h.at(h.newest()).version, 2u);
}

}  // namespace
}  // namespace pawl::core
