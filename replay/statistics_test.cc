// Statistics and activity of a store in memory, as another process reads them.
#include "replay/statistics.h"

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/handler_call.h"
#include "gtest/gtest.h"
#include "replay/activity.h"
#include "tests/support/shell_harness.h"

namespace pawl::replay {
namespace {

using core::ModelSketch;
using eventstore::Table;
using Kind = fb::ElementKind;

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

// A reader beside the engine.
class StatisticsTest : public testing::Test {
 protected:
  StatisticsTest() {
    harness_.set_check_laws(false);
    harness_.Deploy(WorkProcess());
  }

  void Open() {
    eventstore::StoreOptions options;
    options.read_only = true;
    store_ =
        eventstore::MemoryEventStore::Open(harness_.disk(), options, nullptr)
            .value();
    partitions_.clear();
    partitions_.push_back(std::make_unique<PartitionData>(
        store_.get(), 0, PartitionDataOptions()));
    PAWL_CHECK_OK(partitions_[0]->Recover());
  }
  void Refresh() {
    PAWL_CHECK_OK(store_->Refresh());
    PAWL_CHECK_OK(partitions_[0]->Recover());
  }

  Statistics Collect(uint64_t exact_entries_max = 1000) {
    Open();
    StatisticsOptions options;
    options.exact_entries_max = exact_entries_max;
    auto statistics = CollectStatistics(partitions_, options);
    PAWL_CHECK_OK(statistics.status());
    return *std::move(statistics);
  }

  void DoJobs(int count) {
    for (const HandlerCallPtr& job :
         harness_.Fetch("charge", "w", 60'000, count)) {
      PAWL_CHECK_OK(harness_.CompleteJob(job->job, "w"));
    }
  }
  void FailJob() {
    const auto jobs = harness_.Fetch("charge", "w", 60'000, 1);
    ASSERT_EQ(jobs.size(), 1u);
    fb::FailJobT fail;
    fail.job = jobs[0]->job.value();
    fail.owner = std::make_unique<fb::JobOwnerT>();
    fail.owner->worker = "w";
    fail.retries = 0;
    EXPECT_TRUE(harness_.Do(std::move(fail)).status.ok());
  }

  ShellHarness harness_;
  std::unique_ptr<eventstore::MemoryEventStore> store_;
  std::vector<std::unique_ptr<PartitionData>> partitions_;
};

TEST_F(StatisticsTest, AnEmptyStoreHasNoRatios) {
  const Statistics none;
  EXPECT_EQ(none.bytes_per_event(), 0);
  EXPECT_EQ(none.space_amplification(), 0);
  EXPECT_TRUE(ToVariables(none)["write_amplification"].is_null());
  EXPECT_TRUE(ToVariables(none)["time"].is_null());
  EXPECT_TRUE(ToVariables(none)["oldest"]["job"].is_null());
}

TEST_F(StatisticsTest, CountsAndTables) {
  for (int i = 0; i < 3; ++i) harness_.Start("work");
  DoJobs(1);
  const Statistics statistics = Collect();
  EXPECT_EQ(statistics.tally.jobs, 2);
  EXPECT_EQ(statistics.tally.timers, 1);
  EXPECT_EQ(statistics.definitions, 1);
  EXPECT_EQ(statistics.tally.records,
            static_cast<int64_t>(harness_.data().state().position));
  ASSERT_EQ(statistics.tables.size(), eventstore::kTableCount);
  for (const TableSize& size : statistics.tables) {
    EXPECT_TRUE(size.exact);
    if (size.table == Table::kIndexJob) {
      EXPECT_EQ(size.entries, 2u);
    }
    if (size.table == Table::kIndexInstance) {
      EXPECT_EQ(size.entries, 3u);
      EXPECT_EQ(size.bytes, 3u * (8 + 9));
    }
  }
  const Variables json = ToVariables(statistics);
  EXPECT_EQ(json["instances"]["active"], Value(3));
  EXPECT_EQ(json["instances"]["completed"], Value(0));
  EXPECT_EQ(json["indexes"]["index_job"]["exact"], Value(true));
}

TEST_F(StatisticsTest, ALargeTableIsNotCountedButKnown) {
  for (int i = 0; i < 5; ++i) harness_.Start("work");
  const Statistics statistics = Collect(/*exact_entries_max=*/3);
  for (const TableSize& size : statistics.tables) {
    if (size.table != Table::kIndexJob && size.table != Table::kIndexInstance) {
      continue;
    }
    EXPECT_FALSE(size.exact);
    EXPECT_EQ(size.entries, 5u);
  }
}

TEST_F(StatisticsTest, WhatIsOldest) {
  const int64_t began = harness_.driver().now_ms();
  const InstanceKey first = harness_.Start("work");
  harness_.Advance(1000);
  const InstanceKey second = harness_.Start("work");
  harness_.Advance(1000);
  harness_.Start("work");
  Statistics statistics = Collect();
  ASSERT_TRUE(statistics.instance.has_value());
  EXPECT_EQ(statistics.instance->instance, first);
  EXPECT_EQ(statistics.instance->process_id, "work");
  EXPECT_EQ(statistics.instance->since_ms, began);
  ASSERT_TRUE(statistics.job.has_value());
  EXPECT_EQ(statistics.job->instance, first);
  EXPECT_EQ(statistics.job->since_ms, began);
  EXPECT_FALSE(statistics.task.has_value());
  EXPECT_FALSE(statistics.next_due.has_value());

  // The first job is done: the instance stays the oldest, its job doesn't.
  DoJobs(1);
  statistics = Collect();
  EXPECT_EQ(statistics.instance->instance, first);
  EXPECT_EQ(statistics.job->instance, second);
  EXPECT_EQ(statistics.job->since_ms, began + 1000);
  ASSERT_TRUE(statistics.next_due.has_value());
  EXPECT_EQ(statistics.next_due->kind, core::DueKind::kTimer);
  EXPECT_EQ(statistics.next_due->due_ms, began + 2000 + 5000);

  harness_.Advance(10'000);
  statistics = Collect();
  ASSERT_TRUE(statistics.task.has_value());
  EXPECT_EQ(statistics.task->since_ms, began + 2000 + 5000);
  EXPECT_TRUE(harness_.CompleteTask(TaskKey(statistics.task->key)).ok());
  FailJob();
  statistics = Collect();
  EXPECT_EQ(statistics.instance->instance, second);
  EXPECT_FALSE(statistics.task.has_value());
  ASSERT_TRUE(statistics.incident.has_value());
  EXPECT_EQ(statistics.incident->instance, second);
  EXPECT_EQ(statistics.incident->since_ms, began + 12'000);
}

// --- Activity ----------------------------------------------------------------

TEST(Latency, Quantiles) {
  EXPECT_EQ(LatencyOf(3, {}).sampled, 0u);
  EXPECT_EQ(LatencyOf(3, {}).count, 3u);
  const Latency one = LatencyOf(1, {7});
  EXPECT_EQ(one.p50_ms, 7);
  EXPECT_EQ(one.max_ms, 7);
  std::vector<int64_t> ms;
  for (int64_t i = 1000; i > 0; --i) ms.push_back(i);
  const Latency many = LatencyOf(5000, ms);
  EXPECT_EQ(many.sampled, 1000u);
  EXPECT_EQ(many.p50_ms, 500);
  EXPECT_EQ(many.p90_ms, 900);
  EXPECT_EQ(many.p99_ms, 990);
  EXPECT_EQ(many.max_ms, 1000);
}

TEST_F(StatisticsTest, WhatHappenedBetweenTwoLooks) {
  for (int i = 0; i < 3; ++i) harness_.Start("work");
  Open();
  ActivityMeter meter(partitions_);
  Activity activity = meter.Look(100, nullptr).value();
  EXPECT_EQ(activity.seconds, 0);
  EXPECT_EQ(activity.records, 0);
  EXPECT_EQ(activity.job.count, 0u);

  const Position before = harness_.data().state().position;
  harness_.Start("work");
  harness_.Advance(700);
  DoJobs(3);
  harness_.Advance(20'000);
  EXPECT_TRUE(harness_.CompleteTask(harness_.Tasks()[0].key).ok());
  Refresh();
  activity = meter.Look(102, nullptr).value();
  EXPECT_EQ(activity.seconds, 2);
  EXPECT_EQ(activity.records,
            static_cast<int64_t>(harness_.data().state().position - before));
  EXPECT_EQ(activity.examined, static_cast<uint64_t>(activity.records));
  EXPECT_EQ(activity.started, 1);
  EXPECT_EQ(activity.ended, 1);
  EXPECT_EQ(activity.jobs_done, 3);
  EXPECT_EQ(activity.tasks_done, 1);
  EXPECT_EQ(activity.job.count, 3u);
  EXPECT_EQ(activity.job.sampled, 3u);
  EXPECT_EQ(activity.job.p50_ms, 700);
  EXPECT_EQ(activity.instance.count, 1u);
  EXPECT_EQ(activity.instance.max_ms, 20'700);
  // The clock stepped to each due time.
  EXPECT_EQ(activity.timer.count, 3u);
  EXPECT_EQ(activity.timer.max_ms, 0);
  EXPECT_EQ(activity.now.tally.running_instances(), 3);
  const Variables json = ToVariables(activity);
  EXPECT_EQ(json["rates"]["ended"], Value(0.5));
  EXPECT_EQ(json["latency"]["job"]["p99_ms"], Value(700));
  EXPECT_FALSE(json.contains("indexes"));

  // Nothing happens.
  Refresh();
  activity = meter.Look(103, nullptr).value();
  EXPECT_EQ(activity.records, 0);
  EXPECT_EQ(activity.seconds, 1);
  EXPECT_TRUE(ToVariables(activity)["latency"]["job"].is_null());
}

// Latencies of many are of an even choice, the counts of all.
TEST_F(StatisticsTest, ManyEndsAreSampled) {
  Open();
  ActivityMeter meter(partitions_);
  ASSERT_TRUE(meter.Look(0, nullptr).ok());
  constexpr int kJobs = 600;
  for (int i = 0; i < kJobs; ++i) harness_.Start("work");
  DoJobs(kJobs);
  Refresh();
  const Activity activity = meter.Look(1, nullptr).value();
  EXPECT_EQ(activity.job.count, static_cast<uint64_t>(kJobs));
  EXPECT_EQ(activity.job.sampled, ActivityMeter::kSampledMax);
  EXPECT_EQ(activity.jobs_done, kJobs);
}

}  // namespace
}  // namespace pawl::replay
