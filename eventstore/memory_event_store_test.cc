// What only MemoryEventStore has: manual steps, crashes, injected faults.
#include "eventstore/memory_event_store.h"

#include <memory>
#include <string>

#include "eventstore/cache_view.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::eventstore {
namespace {

using ::testing::HasSubstr;

class MemoryEventStoreTest : public ::testing::Test {
 protected:
  void Open(StoreOptions options = {},
            MemoryEventStore::Completion completion =
                MemoryEventStore::Completion::kManual) {
    store_.reset();
    listener_ = std::make_unique<RecordingListener>();
    auto store =
        MemoryEventStore::Open(disk_, options, listener_.get(), completion);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }
  void Append(PartitionId partition, Position first, size_t count) {
    ASSERT_TRUE(
        store_->Append(partition, first, TestRecords(partition, first, count))
            .ok());
  }

  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  std::unique_ptr<RecordingListener> listener_;
  std::unique_ptr<MemoryEventStore> store_;
};

TEST_F(MemoryEventStoreTest, NothingHappensBetweenSteps) {
  Open();
  Append(0, 1, 2);
  Append(0, 3, 1);
  EXPECT_EQ(store_->End(0), 0u);
  EXPECT_FALSE(store_->StepSync());
  EXPECT_TRUE(store_->StepAppend());
  EXPECT_EQ(store_->End(0), 2u);
  EXPECT_EQ(listener_->appended(0), 2u);
  EXPECT_EQ(listener_->durable(0), 0u);
  ASSERT_TRUE(store_->Cache(0).Checkpoint(3).ok());
  EXPECT_TRUE(store_->StepSync());
  EXPECT_EQ(listener_->durable(0), 2u);
  EXPECT_FALSE(store_->StepCheckpoint()) << "3 isn't durable yet";
  EXPECT_TRUE(store_->StepAppend());
  EXPECT_FALSE(store_->StepAppend());
  EXPECT_TRUE(store_->StepSync());
  EXPECT_TRUE(store_->StepCheckpoint());
  EXPECT_EQ(listener_->checkpointed(0), 3u);
}

TEST_F(MemoryEventStoreTest, AtOnceMeansBeforeTheCallReturns) {
  Open({}, MemoryEventStore::Completion::kAtOnce);
  Append(0, 1, 2);
  EXPECT_EQ(listener_->durable(0), 2u);
  ASSERT_TRUE(store_->Cache(0).Checkpoint(2).ok());
  EXPECT_EQ(store_->Cache(0).position(), 2u);
}

// A listener that appends from its callback must not nest.
TEST_F(MemoryEventStoreTest, ListenerMayAppend) {
  struct Chain : EventStoreListener {
    MemoryEventStore* store = nullptr;
    int depth = 0;
    Position durable = 0;
    void OnAppended(PartitionId, Position) override {}
    void OnDurable(PartitionId partition, Position last) override {
      ASSERT_EQ(++depth, 1);
      durable = last;
      if (last < 100) {
        ASSERT_TRUE(store->Append(partition, last + 1, {"next"}).ok());
      }
      --depth;
    }
    void OnCheckpointed(PartitionId, Position) override {}
    void OnFailed(const absl::Status&) override {}
  } chain;
  auto store = MemoryEventStore::Open(disk_, {}, &chain,
                                      MemoryEventStore::Completion::kAtOnce);
  ASSERT_TRUE(store.ok());
  chain.store = store->get();
  ASSERT_TRUE((*store)->Append(0, 1, {"first"}).ok());
  EXPECT_EQ(chain.durable, 100u);
}

TEST_F(MemoryEventStoreTest, KillKeepsAppendedRoundsPowerLossDoesNot) {
  for (const bool power : {false, true}) {
    disk_ = std::make_shared<MemoryDisk>();
    Open({.partitions = 2});
    Append(0, 1, 2);
    store_->RunPending();
    Append(0, 3, 2);
    store_->StepAppend();
    Append(0, 5, 2);  // taken, never appended
    store_->Kill();
    if (power) disk_->LoseUnsynced();
    Open();
    EXPECT_EQ(store_->End(0), power ? 2u : 4u);
    EXPECT_EQ(store_->DurableEnd(0), store_->End(0));
    EXPECT_TRUE(CheckTestLog(*store_, 0).ok());
  }
}

TEST_F(MemoryEventStoreTest, PowerLossMayKeepAPrefixOfRounds) {
  Open({.partitions = 2});
  Append(0, 1, 2);
  Append(1, 1, 1);
  Append(0, 3, 2);
  while (store_->StepAppend()) {
  }
  store_->Kill();
  disk_->LoseUnsynced(/*rounds_kept=*/2);
  Open();
  EXPECT_EQ(store_->End(0), 2u);
  EXPECT_EQ(store_->End(1), 1u);
}

TEST_F(MemoryEventStoreTest, KillDropsOverlayAndCheckpointUnderWay) {
  Open();
  Append(0, 1, 2);
  store_->RunPending();
  store_->Cache(0).Put(Table::kIndexJob, "k", "v");
  ASSERT_TRUE(store_->Cache(0).Checkpoint(2).ok());
  store_->Kill();
  Open();
  EXPECT_EQ(store_->Cache(0).position(), 0u);
  EXPECT_FALSE(store_->Cache(0).Get(Table::kIndexJob, "k")->has_value());
}

TEST_F(MemoryEventStoreTest, FailureIsFinal) {
  for (const bool sync : {false, true}) {
    disk_ = std::make_shared<MemoryDisk>();
    Open();
    Append(0, 1, 2);
    store_->RunPending();
    const absl::Status fault = absl::ResourceExhaustedError("disk full");
    sync ? disk_->FailNextSync(fault) : disk_->FailNextAppend(fault);
    Append(0, 3, 2);
    store_->RunPending();
    ASSERT_EQ(listener_->failures().size(), 1u);
    EXPECT_EQ(listener_->failures()[0], fault);
    EXPECT_EQ(store_->health(), fault);
    EXPECT_EQ(listener_->durable(0), 2u);
    EXPECT_EQ(store_->Append(0, 5, {"x"}).code(),
              absl::StatusCode::kUnavailable);
    EXPECT_EQ(store_->Cache(0).Checkpoint(2).code(),
              absl::StatusCode::kUnavailable);
    store_->RunPending();
    EXPECT_EQ(listener_->failures().size(), 1u);
    EXPECT_EQ(store_->Close(), fault);
    Open();
    EXPECT_EQ(store_->End(0), sync ? 4u : 2u);
  }
}

TEST_F(MemoryEventStoreTest, DamageIsDataLossNamingThePosition) {
  Open();
  Append(0, 1, 5);
  ASSERT_TRUE(store_->Close().ok());
  disk_->FlipByte(0, 3, 7);
  Open();
  absl::Status status = CheckTestLog(*store_, 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("0:3"));
  disk_->EraseRecord(0, 2);
  status = CheckTestLog(*store_, 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("0:2"));
}

TEST_F(MemoryEventStoreTest, LostAcknowledgedRecordsAreRefusedUntilAccepted) {
  Open();
  Append(0, 1, 5);
  ASSERT_TRUE(store_->Close().ok());
  disk_->Truncate(0, 3);
  RecordingListener listener;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto opened = MemoryEventStore::Open(disk_, {}, &listener);
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr("0:3"));
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr("0:5"));
  }
  EXPECT_FALSE(MemoryEventStore::Open(
                   disk_, {.accept_loss_after = {{.position = 2}}}, &listener)
                   .ok());
  Open({.accept_loss_after = {{.position = 3}}});
  EXPECT_EQ(store_->End(0), 3u);
  const std::vector<AcceptedLoss> want = {
      {.partition = 0, .position = 3, .acknowledged = 5}};
  EXPECT_EQ(store_->AcceptedLosses(), want);
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(store_->AcceptedLosses(), want) << "for ever";
}

TEST_F(MemoryEventStoreTest, CachesBeyondTheLogAreDataLoss) {
  Open();
  Append(0, 1, 5);
  ASSERT_TRUE(store_->Cache(0).Checkpoint(5).ok());
  ASSERT_TRUE(store_->Close().ok());
  disk_->Truncate(0, 3);
  RecordingListener listener;
  const auto opened = MemoryEventStore::Open(
      disk_, {.accept_loss_after = {{.position = 3}}}, &listener);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("caches"));
}

}  // namespace
}  // namespace pawl::eventstore
