// Retention: what moves to the archive, what stays, and that nothing is lost.
#include "replay/retain.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/archive.h"
#include "engine/core/state.h"
#include "engine/core/variables.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "engine/model/process_builder.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"
#include "replay/log_fold.h"
#include "replay/moment.h"
#include "replay/rebuild.h"
#include "replay/timeline.h"
#include "replay/verify.h"

namespace pawl::replay {
namespace {

using eventstore::MemoryEventStore;

constexpr int64_t kDayMs = 86'400'000;

class RetainTest : public testing::Test {
 protected:
  RetainTest() : disk_(std::make_shared<eventstore::MemoryDisk>()) { Open(); }

  void Open() {
    ManualDriver::Options options;
    options.data.snapshot_records = 3;
    options.now_ms = now_ms_;
    driver_ = ManualDriver::Open(disk_, options).value();
    PAWL_CHECK_OK(driver_->AdvanceTo(now_ms_));
  }
  void Close() {
    now_ms_ = driver_->now_ms();
    driver_.reset();
  }

  void Deploy(const ProcessBuilder& model) {
    PAWL_CHECK_OK(driver_->Submit(MakeDeployment({model}).value()).status);
  }
  InstanceKey Start(const std::string& process,
                    const std::string& idempotency_key = "") {
    fb::StartInstanceT start;
    start.process_id = process;
    start.business_key = "order";
    start.idempotency_key = idempotency_key;
    const Reply reply = driver_->Do(std::move(start), "ada");
    PAWL_CHECK_OK(reply.status);
    Note(reply.answer.instance);
    return reply.answer.instance;
  }
  const core::Instance& State(InstanceKey key) {
    core::Instance scratch;
    state_ = *driver_->data().Peek(key, &scratch).value();
    return state_;
  }
  void CompleteTask(InstanceKey key) {
    fb::CompleteTaskT complete;
    complete.task = State(key).tasks.begin()->first.value();
    PAWL_CHECK_OK(driver_->Do(std::move(complete), "bob").status);
    Note(key);
  }
  void Publish(const std::string& name, const std::string& key) {
    fb::PublishMessageT publish;
    publish.name = name;
    publish.correlation_key = key;
    publish.has_key = true;
    publish.message_id = name + key;
    publish.until_ms = driver_->now_ms() + 100 * kDayMs;
    PAWL_CHECK_OK(driver_->Do(std::move(publish), "shop").status);
  }
  // Remembers how the instance is now.
  void Note(InstanceKey key) {
    seen_[key][driver_->data().state().position] = core::Digest(State(key));
  }

  RetainResult Retain(RetainOptions options) {
    Close();
    options.now_ms = now_ms_;
    auto store = OpenStore();
    const absl::StatusOr<RetainResult> result =
        replay::Retain(store.get(), options);
    PAWL_CHECK_OK(result.status());
    Check(store.get());
    store.reset();
    Open();
    return *result;
  }
  std::unique_ptr<MemoryEventStore> OpenStore() {
    eventstore::StoreOptions options;
    options.partitions = 1;
    options.is_dead = IsDeadEntry;
    return MemoryEventStore::Open(disk_, options, nullptr,
                                  MemoryEventStore::Completion::kAtOnce)
        .value();
  }

  // The caches are those of the log from its floor, which decides as recorded;
  // and every state that was seen is still to be had.
  void Check(eventstore::EventStore* store) {
    const auto verified = Verify(store, {});
    ASSERT_TRUE(verified.ok()) << verified.status();
    ASSERT_TRUE(verified->ok()) << verified->difference->text;
    CheckSeen(store);
    const auto rebuilt = Rebuild(store, nullptr, nullptr);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
    EXPECT_EQ(rebuilt->digest, verified->digest);
    CheckSeen(store);
  }
  void CheckSeen(eventstore::EventStore* store) {
    PartitionData data(store, 0, {});
    PAWL_CHECK_OK(data.Recover());
    for (const auto& [key, states] : seen_) {
      for (const auto& [position, digest] : states) {
        const auto at = ReadInstanceAt(&data, key, position);
        ASSERT_TRUE(at.ok()) << key << " at " << position << at.status();
        EXPECT_EQ(core::Digest(at->state), digest) << key << " at " << position;
      }
      const auto timeline = ReadTimeline(&data, key);
      ASSERT_TRUE(timeline.ok()) << timeline.status();
      EXPECT_EQ(timeline->front().event, "InstanceStarted");
      for (size_t i = 0; i < timeline->size(); ++i) {
        EXPECT_EQ((*timeline)[i].sequence, i + 1);
      }
    }
  }
  // Whether lists of instances still have it.
  bool IsListed(InstanceKey key) {
    return driver_->data()
        .cache()
        .Get(eventstore::Table::kIndexInstance, core::EncodeU64(key.value()))
        .value()
        .has_value();
  }

  std::shared_ptr<eventstore::MemoryDisk> disk_;
  std::unique_ptr<ManualDriver> driver_;
  int64_t now_ms_ = 1'700'000'000'000;
  core::Instance state_;
  std::map<InstanceKey, std::map<Position, uint64_t>> seen_;
};

ProcessBuilder Approval(const std::string& id) {
  return ProcessBuilder(id).StartEvent().UserTask("a").UserTask("b").End();
}

TEST_F(RetainTest, OldOnesMoveToTheArchiveAndTheRestIsCarriedForward) {
  Deploy(Approval("p"));
  const InstanceKey old = Start("p");
  const InstanceKey waits = Start("p");
  CompleteTask(old);
  CompleteTask(old);
  CompleteTask(waits);
  driver_->SetNow(driver_->now_ms() + 40 * kDayMs);
  const InstanceKey young = Start("p");
  CompleteTask(young);
  CompleteTask(young);

  RetainOptions options;
  options.archive_after = IsoDuration{0, 30 * kDayMs};
  const RetainResult result = Retain(options);
  EXPECT_EQ(result.archived, 1u);
  EXPECT_EQ(result.carried, 2u);
  EXPECT_GT(result.floors.front(), 1u);
  EXPECT_EQ(driver_->store().Floor(0), result.floors.front());
  EXPECT_FALSE(IsListed(old));
  EXPECT_TRUE(IsListed(young));
  EXPECT_EQ(driver_->data().state().instances_archived, 1u);

  // What waits goes on, and the next trim takes its records too.
  CompleteTask(waits);
  Start("p");
  driver_->SetNow(driver_->now_ms() + 40 * kDayMs);
  const RetainResult again = Retain(options);
  EXPECT_EQ(again.archived, 2u);
  EXPECT_EQ(again.carried, 1u);
  EXPECT_GT(again.floors.front(), result.floors.front());
}

TEST_F(RetainTest, WithoutTrimmingTheLogStaysWhole) {
  Deploy(Approval("p"));
  const InstanceKey ended = Start("p");
  CompleteTask(ended);
  CompleteTask(ended);
  Start("p");
  RetainOptions options;
  options.archive_after = IsoDuration{};
  options.trim = false;
  const RetainResult result = Retain(options);
  EXPECT_EQ(result.archived, 1u);
  EXPECT_EQ(result.carried, 0u);
  EXPECT_EQ(result.floors.front(), 1u);
  EXPECT_FALSE(IsListed(ended));
  // A trim later has nothing to add for it.
  EXPECT_EQ(Retain(RetainOptions{}).archived, 0u);
}

TEST_F(RetainTest, NothingIsTrimmedThatIsNotWorthIt) {
  Deploy(Approval("p"));
  const InstanceKey waits = Start("p");
  const InstanceKey ended = Start("p");
  CompleteTask(ended);
  CompleteTask(ended);
  const Position end = driver_->data().state().position;
  RetainOptions options;
  options.archive_after = IsoDuration{0, kDayMs};
  RetainResult result = Retain(options);
  EXPECT_EQ(result.archived, 0u);
  EXPECT_EQ(result.carried, 0u);
  EXPECT_EQ(result.floors.front(), 1u);
  // But for what opening it writes, the log is as it was.
  EXPECT_EQ(driver_->data().state().position, end + 1);

  // A long life is worth it, once.
  for (int i = 0; i < 40; ++i) {
    fb::SetVariablesT set;
    set.instance = waits.value();
    set.variables = core::ToWire({{"i", i}}).value();
    PAWL_CHECK_OK(driver_->Do(std::move(set), "ada").status);
    Note(waits);
  }
  result = Retain(options);
  EXPECT_EQ(result.archived, 0u);
  EXPECT_EQ(result.carried, 2u);
  EXPECT_GT(result.floors.front(), 40u);
  EXPECT_EQ(Retain(options).carried, 0u);
}

TEST_F(RetainTest, WhatTheArchiveLacksIsNoShorterLog) {
  Deploy(Approval("p"));
  const InstanceKey ended = Start("p");
  CompleteTask(ended);
  CompleteTask(ended);
  RetainOptions options;
  options.archive_after = IsoDuration{};
  ASSERT_EQ(Retain(options).archived, 1u);
  std::string key;
  PAWL_CHECK_OK(driver_->store().ScanArchive(
      ArchiveKeyOf(ended, 0), "",
      [&](std::string_view found, std::string_view) {
        key = found;
        return false;
      }));
  PAWL_CHECK_OK(driver_->store().DeleteFromArchive({key}));
  VerifyOptions whole;
  whole.archived = true;
  Close();
  auto store = OpenStore();
  const absl::Status status = Verify(store.get(), whole).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "archive: the record at 0:3 isn't there");
  // The log from its floor on is whole.
  EXPECT_TRUE(Verify(store.get(), {}).value().ok());
}

TEST_F(RetainTest, AProcessSaysItself) {
  Deploy(Approval("year").HistoryTimeToLive("P1Y"));
  Deploy(Approval("week").HistoryTimeToLive("7"));
  Deploy(Approval("none"));
  std::map<std::string, InstanceKey> of;
  for (const std::string id : {"year", "week", "none"}) {
    of[id] = Start(id);
    CompleteTask(of[id]);
    CompleteTask(of[id]);
  }
  driver_->SetNow(driver_->now_ms() + 8 * kDayMs);
  EXPECT_EQ(Retain(RetainOptions{}).archived, 1u);
  EXPECT_FALSE(IsListed(of["week"]));
  RetainOptions options;
  options.archive_after = IsoDuration{0, kDayMs};
  EXPECT_EQ(Retain(options).archived, 1u);
  EXPECT_FALSE(IsListed(of["none"]));
  EXPECT_TRUE(IsListed(of["year"]));
}

TEST_F(RetainTest, TheNewestAreKeptByCount) {
  Deploy(Approval("p"));
  Deploy(Approval("q"));
  std::vector<InstanceKey> keys;
  for (int i = 0; i < 5; ++i) {
    keys.push_back(Start("p"));
    CompleteTask(keys.back());
    CompleteTask(keys.back());
  }
  const InstanceKey other = Start("q");
  CompleteTask(other);
  CompleteTask(other);
  RetainOptions options;
  options.keep_newest = 2;
  EXPECT_EQ(Retain(options).archived, 3u);
  EXPECT_TRUE(IsListed(keys[3]));
  EXPECT_TRUE(IsListed(keys[4]));
  EXPECT_TRUE(IsListed(other));
  options.keep_newest = 0;
  EXPECT_EQ(Retain(options).archived, 3u);
}

TEST_F(RetainTest, ATreeGoesAsOneAndAHoldKeepsIt) {
  Deploy(Approval("child"));
  Deploy(ProcessBuilder("parent")
             .StartEvent()
             .CallActivity("call", "child")
             .End());
  std::vector<InstanceKey> parents;
  for (int i = 0; i < 2; ++i) {
    parents.push_back(Start("parent"));
    const InstanceKey child(State(parents[i]).calls.begin()->second);
    ASSERT_TRUE(child.valid());
    if (i == 0) {
      // On the child: the whole tree stays.
      fb::SetHoldT hold;
      hold.instance = child.value();
      hold.reason = "case 17";
      ASSERT_TRUE(driver_->Do(std::move(hold), "legal").status.ok());
    }
    CompleteTask(child);
    CompleteTask(child);
    Note(parents[i]);
  }
  RetainOptions options;
  options.archive_after = IsoDuration{};
  const RetainResult result = Retain(options);
  EXPECT_EQ(result.archived, 2u);
  EXPECT_EQ(result.held, 1u);
  EXPECT_TRUE(IsListed(parents[0]));
  EXPECT_FALSE(IsListed(parents[1]));

  ASSERT_EQ(driver_->data().state().holds.size(), 1u);
  fb::ReleaseHoldT release;
  release.instance = driver_->data().state().holds.begin()->first.value();
  ASSERT_TRUE(driver_->Do(release, "legal").status.ok());
  EXPECT_EQ(driver_->Do(release, "legal").status.code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Retain(options).archived, 2u);
  // What is in the archive isn't deleted, so needs no hold.
  fb::SetHoldT hold;
  hold.instance = parents[0].value();
  EXPECT_EQ(driver_->Do(std::move(hold), "legal").status.code(),
            absl::StatusCode::kNotFound);
}

TEST_F(RetainTest, WhatNoInstanceHasIsCarriedToo) {
  Deploy(ProcessBuilder("timed")
             .TimerStartCycle("every", "R/PT1H")
             .UserTask("a")
             .End());
  Deploy(Approval("p"));
  Publish("paid", "A-1");
  const InstanceKey ended = Start("p", "once");
  const InstanceKey runs = Start("p", "twice");
  CompleteTask(ended);
  CompleteTask(ended);
  RetainOptions options;
  options.archive_after = IsoDuration{};
  EXPECT_EQ(Retain(options).archived, 1u);
  // An idempotency key lives as long as its instance is listed.
  EXPECT_EQ(Start("p", "twice"), runs);
  EXPECT_NE(Start("p", "once"), ended);
  // The message waits, and its id is known.
  Publish("paid", "A-1");
  Deploy(
      ProcessBuilder("m").StartEvent().MessageCatch("m1", "paid", "A-1").End());
  const uint64_t before = driver_->data().state().instances_started;
  ASSERT_TRUE(driver_->AdvanceTo(driver_->now_ms() + 3'700'000).ok());
  EXPECT_GT(driver_->data().state().instances_started, before);
  Retain(options);
}

TEST_F(RetainTest, ALongHistoryIsSeveralEntries) {
  Deploy(Approval("p"));
  const InstanceKey key = Start("p");
  for (int i = 0; i < 6; ++i) {
    fb::SetVariablesT set;
    set.instance = key.value();
    set.variables =
        core::ToWire({{"text", std::string(400'000, 'a')}, {"i", i}}).value();
    PAWL_CHECK_OK(driver_->Do(std::move(set), "ada").status);
    Note(key);
  }
  CompleteTask(key);
  CompleteTask(key);
  RetainOptions options;
  options.archive_after = IsoDuration{};
  EXPECT_EQ(Retain(options).archived, 1u);
  int entries = 0;
  PAWL_CHECK_OK(driver_->store().ScanArchive(
      core::EncodeU64(key.value()), core::EncodeU64(key.value() + 1),
      [&](std::string_view, std::string_view) {
        ++entries;
        return true;
      }));
  EXPECT_GT(entries, 1);
}

TEST_F(RetainTest, AnEmptyStoreHasNothingToRetain) {
  auto disk = std::make_shared<eventstore::MemoryDisk>();
  auto store = MemoryEventStore::Open(disk, {.partitions = 1}, nullptr,
                                      MemoryEventStore::Completion::kAtOnce)
                   .value();
  const auto result = replay::Retain(store.get(), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->archived, 0u);
}

}  // namespace
}  // namespace pawl::replay
