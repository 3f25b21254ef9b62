// Tally: its encoding, its sums, and that it says what the log says, also over
// caches of a build that knew no tally. The random histories of tests/sim
// compare it with the states of their instances.
#include "engine/tally.h"

#include <string>
#include <vector>

#include "base/check.h"
#include "engine/older_count.h"
#include "engine/query.h"
#include "eventstore/cache_view.h"
#include "gtest/gtest.h"
#include "tests/support/shell_harness.h"

namespace pawl {
namespace {

using core::ModelSketch;
using eventstore::Table;
using Kind = fb::ElementKind;
using State = fb::InstanceState;

// A job, then a timer, then a task.
ModelSketch WorkProcess() {
  return ModelSketch("work")
      .Node("start", Kind::start_event)
      .Node("charge", Kind::service_task)
      .TimerNode("wait", fb::TimerKind::duration, "PT5S")
      .Node("review", Kind::user_task)
      .Node("end", Kind::end_event)
      .Flow("start", "charge")
      .Flow("charge", "wait")
      .Flow("wait", "review")
      .Flow("review", "end");
}

template <typename CommandT>
absl::Status On(ShellHarness& harness, InstanceKey instance) {
  CommandT command;
  command.instance = instance.value();
  return harness.Do(std::move(command)).status;
}

void DoJobs(ShellHarness& harness, int count) {
  for (const HandlerCallPtr& job :
       harness.Fetch("charge", "w", 60'000, count)) {
    EXPECT_TRUE(harness.CompleteJob(job->job, "w").ok());
  }
}

// --- Running instances -------------------------------------------------------

TEST(RunningByKey, LeadsToTheFirstRangeThatHoldsOne) {
  RunningByKey running;
  EXPECT_FALSE(running.First().has_value());
  for (uint64_t key = 0; key < 100'000; ++key) running.Count(key, 1);
  for (uint64_t key = 0; key < 100'000; ++key) {
    const auto first = running.First();
    ASSERT_TRUE(first.has_value());
    EXPECT_LE(first->first, key);
    EXPECT_GT(first->second, key);
    // 100,000 keys need ranges of 512.
    EXPECT_EQ(first->second - first->first, 512u);
    running.Count(key, -1);
  }
  EXPECT_FALSE(running.First().has_value());
}

TEST(RunningByKey, TheLargestKeyFits) {
  RunningByKey running;
  running.Count((uint64_t{1} << kKeyCounterBits) - 1, 1);
  const auto first = running.First();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->second, uint64_t{1} << kKeyCounterBits);
}

TEST(RunningByKey, ASumHasTheWiderRanges) {
  RunningByKey few;
  few.Count(7, 1);
  RunningByKey many;
  many.Count(1'000'000, 1);
  RunningByKey both;
  both.Count(7, 1);
  both.Count(1'000'000, 1);
  RunningByKey sum = few;
  sum.Add(many);
  EXPECT_EQ(sum, both);
  sum = many;
  sum.Add(few);
  EXPECT_EQ(sum, both);
}

// --- Encoding ----------------------------------------------------------------

StoredTally Filled() {
  StoredTally stored;
  stored.position = 5;
  stored.uncounted = 3;
  stored.tally.records = 2;
  stored.tally.record_bytes = 1000;
  stored.tally.jobs = -1;
  stored.tally.message_ids = 9;
  stored.tally.instances = {1, 2, 3, 4, 5, 6};
  stored.tally.running.Count(3, 1);
  stored.tally.running.Count(100'000, -1);
  return stored;
}

TEST(TallyEncoding, ComesBack) {
  const StoredTally stored = Filled();
  const auto decoded = DecodeTally(EncodeTally(stored));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->position, 5u);
  EXPECT_EQ(decoded->uncounted, 3u);
  EXPECT_EQ(DescribeDifference(decoded->tally, stored.tally), "");
}

TEST(TallyEncoding, WhatIsNotATallyIsNone) {
  const std::string bytes = EncodeTally(Filled());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeTally(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(DecodeTally(bytes + "x").has_value());
  std::string other_build = bytes;
  other_build[0] = 2;
  EXPECT_FALSE(DecodeTally(other_build).has_value());
}

TEST(TallyEncoding, ADifferenceIsNamed) {
  const Tally tally = Filled().tally;
  Tally other = tally;
  ++other.messages;
  EXPECT_EQ(DescribeDifference(tally, other), "messages: got 0, wanted 1");
  other = tally;
  ++other.instances[2];
  EXPECT_EQ(DescribeDifference(tally, other),
            "completed instances: got 3, wanted 4");
  other = tally;
  other.running.Count(9, 1);
  EXPECT_NE(DescribeDifference(tally, other), "");
}

// --- Counting. The harness compares with the log after every command. --------

TEST(Tally, CountsWhatIsOpen) {
  ShellHarness harness;
  harness.Deploy(WorkProcess());
  for (int i = 0; i < 4; ++i) harness.Start("work");
  const Tally& tally = harness.data().tally();
  EXPECT_EQ(tally.of(State::active), 4);
  EXPECT_EQ(tally.jobs, 4);
  DoJobs(harness, 3);
  EXPECT_EQ(tally.jobs, 1);
  EXPECT_EQ(tally.timers, 3);
  harness.Advance(10'000);
  EXPECT_EQ(tally.timers, 0);
  EXPECT_EQ(tally.tasks, 3);
  EXPECT_TRUE(harness.CompleteTask(harness.Tasks()[0].key).ok());
  EXPECT_EQ(tally.of(State::completed), 1);
  EXPECT_EQ(tally.running_instances(), 3);
  EXPECT_EQ(tally.ended_instances(), 1);
  harness.Crash();
  EXPECT_EQ(harness.data().tally().tasks, 2);
}

// Its state before the end and its timers before their cancelling aren't in
// the events.
TEST(Tally, ASuspendedInstanceThatIsCancelledWasSuspended) {
  ShellHarness harness;
  harness.Deploy(WorkProcess());
  const InstanceKey one = harness.Start("work");
  const InstanceKey two = harness.Start("work");
  harness.Start("work");
  DoJobs(harness, 3);
  EXPECT_EQ(harness.data().tally().timers, 3);
  EXPECT_TRUE(On<fb::SuspendInstanceT>(harness, one).ok());
  EXPECT_TRUE(On<fb::SuspendInstanceT>(harness, two).ok());
  EXPECT_EQ(harness.data().tally().of(State::suspended), 2);
  EXPECT_EQ(harness.data().tally().timers, 1);
  EXPECT_TRUE(On<fb::CancelInstanceT>(harness, one).ok());
  EXPECT_EQ(harness.data().tally().of(State::suspended), 1);
  EXPECT_EQ(harness.data().tally().of(State::cancelled), 1);
  EXPECT_EQ(harness.data().tally().timers, 1);
  EXPECT_TRUE(On<fb::ResumeInstanceT>(harness, two).ok());
  EXPECT_TRUE(On<fb::CancelInstanceT>(harness, two).ok());
  EXPECT_EQ(harness.data().tally().of(State::active), 1);
  EXPECT_EQ(harness.data().tally().of(State::cancelled), 2);
  EXPECT_EQ(harness.data().tally().timers, 1);
}

TEST(Tally, SaysWhatTheIndexesSay) {
  ShellHarness harness;
  harness.Deploy(WorkProcess());
  std::vector<InstanceKey> instances;
  for (int i = 0; i < 6; ++i) instances.push_back(harness.Start("work"));
  DoJobs(harness, 4);
  EXPECT_TRUE(On<fb::SuspendInstanceT>(harness, instances[0]).ok());
  EXPECT_TRUE(On<fb::CancelInstanceT>(harness, instances[1]).ok());
  const auto by_tally = CollectStats(harness.data());
  ASSERT_TRUE(by_tally.ok());
  const auto count = [&](Table table) {
    int64_t entries = 0;
    PAWL_CHECK_OK(harness.data().cache().Scan(
        table, eventstore::KeyRange::All(),
        [&](std::string_view, std::string_view) { return ++entries > 0; }));
    return entries;
  };
  EXPECT_EQ(by_tally->jobs, count(Table::kIndexJob));
  EXPECT_EQ(by_tally->timers, count(Table::kIndexDue));
  EXPECT_EQ(by_tally->instances_by_state.at("active"), 4);
  EXPECT_EQ(by_tally->instances_by_state.at("suspended"), 1);
  EXPECT_EQ(by_tally->instances_by_state.at("cancelled"), 1);
}

// --- Older builds ------------------------------------------------------------

// As a build without a tally leaves the caches: with none, or with the one that
// a newer build had left there before.
void WriteOlderCaches(ShellHarness& harness,
                      const std::string& left_by_a_newer_build) {
  harness.set_check_laws(false);
  PAWL_CHECK_OK(harness.driver().Close());
  harness.Kill(100);
  auto store = eventstore::MemoryEventStore::Open(
      harness.disk(), {}, nullptr,
      eventstore::MemoryEventStore::Completion::kAtOnce);
  PAWL_CHECK_OK(store.status());
  eventstore::CacheView& cache = (*store)->Cache(0);
  PAWL_CHECK(cache.position() > 0);
  if (left_by_a_newer_build.empty()) {
    cache.Delete(Table::kPartitionState, "tally");
  } else {
    cache.Put(Table::kPartitionState, "tally", left_by_a_newer_build);
  }
  PAWL_CHECK_OK(cache.Checkpoint(cache.position()));
}

class OlderCaches : public testing::TestWithParam<bool> {};

TEST_P(OlderCaches, AreCountedOnce) {
  ShellHarness harness;
  harness.Deploy(WorkProcess());
  const InstanceKey suspended = harness.Start("work");
  // More than are counted at a time.
  for (int i = 0; i < 150; ++i) {
    harness.set_check_laws(i % 50 == 0);
    harness.Start("work");
  }
  std::string earlier;
  if (GetParam()) earlier = EncodeTally({1, 0, Tally()});
  DoJobs(harness, 100);
  for (int i = 0; i < 300; ++i) {
    fb::SetVariablesT set;
    set.instance = suspended.value();
    set.variables = WireVariables(R"({"x":1})");
    EXPECT_TRUE(harness.Do(std::move(set)).status.ok());
  }
  EXPECT_TRUE(On<fb::SuspendInstanceT>(harness, suspended).ok());
  WriteOlderCaches(harness, earlier);
  ASSERT_TRUE(harness.Open().ok());
  ASSERT_GT(harness.data().uncounted(), 512u);
  // Meanwhile others ask, and get what the indexes say.
  const auto by_index = CollectStats(harness.data());
  ASSERT_TRUE(by_index.ok());
  EXPECT_EQ(by_index->jobs, 51);
  EXPECT_EQ(by_index->instances_by_state.at("suspended"), 1);
  // What is counted from now on knows what was before.
  EXPECT_TRUE(On<fb::CancelInstanceT>(harness, suspended).ok());
  DoJobs(harness, 1);
  OlderCount older(&harness.data());
  EXPECT_FALSE(older.done());
  int steps = 0;
  for (; !older.done(); ++steps) ASSERT_TRUE(older.Step().ok());
  EXPECT_GT(steps, 1);
  EXPECT_EQ(DescribeDifference(harness.data().tally(),
                               TallyOfLog(harness.driver().store(), 0)),
            "");
  EXPECT_EQ(harness.data().tally().of(State::cancelled), 1);
  EXPECT_EQ(harness.data().tally().of(State::suspended), 0);
  // Once and for all.
  harness.Reopen();
  EXPECT_EQ(harness.data().uncounted(), 0u);
  harness.set_check_laws(true);
  harness.CheckLaws();
}

INSTANTIATE_TEST_SUITE_P(WithoutAndWithAnEarlierTally, OlderCaches,
                         testing::Bool());

TEST(Tally, WhatIsNotYetCountedStaysSo) {
  ShellHarness harness;
  harness.Deploy(WorkProcess());
  harness.Start("work");
  WriteOlderCaches(harness, "");
  ASSERT_TRUE(harness.Open().ok());
  const Position uncounted = harness.data().uncounted();
  ASSERT_GT(uncounted, 0u);
  harness.Start("work");
  harness.Reopen();
  EXPECT_EQ(harness.data().uncounted(), uncounted);
  OlderCount older(&harness.data());
  while (!older.done()) ASSERT_TRUE(older.Step().ok());
  harness.set_check_laws(true);
  harness.CheckLaws();
  EXPECT_EQ(harness.data().tally().of(State::active), 2);
}

}  // namespace
}  // namespace pawl
