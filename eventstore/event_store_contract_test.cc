// The contract of EventStore, run over every implementation alike.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "eventstore/cache_view.h"
#include "eventstore/event_store.h"
#include "eventstore/memory_event_store.h"
#include "eventstore/rocksdb_event_store.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::eventstore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One implementation and the medium that outlives its stores.
class Medium {
 public:
  virtual ~Medium() = default;
  virtual absl::StatusOr<std::unique_ptr<EventStore>> Open(
      StoreOptions options, EventStoreListener* listener) = 0;
  // Does what waits, where nobody else would.
  virtual void Run(EventStore* store) = 0;
};

class MemoryMedium : public Medium {
 public:
  absl::StatusOr<std::unique_ptr<EventStore>> Open(
      StoreOptions options, EventStoreListener* listener) override {
    auto store = MemoryEventStore::Open(disk_, options, listener);
    if (!store.ok()) return store.status();
    return std::unique_ptr<EventStore>(std::move(*store));
  }
  void Run(EventStore* store) override {
    static_cast<MemoryEventStore*>(store)->RunPending();
  }

 private:
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

class RocksDbMedium : public Medium {
 public:
  absl::StatusOr<std::unique_ptr<EventStore>> Open(
      StoreOptions options, EventStoreListener* listener) override {
    options.directory = dir_.path() + "/store";
    return OpenRocksDbEventStore(options, listener);
  }
  void Run(EventStore*) override {}

 private:
  TempDir dir_;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Medium>()> make;
};

class EventStoreContract : public ::testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override { medium_ = GetParam().make(); }

  void Open(StoreOptions options = {}) {
    store_.reset();
    listener_ = std::make_unique<RecordingListener>();
    auto store = medium_->Open(options, listener_.get());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }
  // Appends `count` test records and waits until they are durable.
  void AppendDurably(PartitionId partition, size_t count) {
    const Position first = store_->End(partition) + 1;
    ASSERT_TRUE(
        store_->Append(partition, first, TestRecords(partition, first, count))
            .ok());
    medium_->Run(store_.get());
    ASSERT_TRUE(listener_->WaitDurable(partition, first + count - 1));
  }
  void CheckpointAndWait(PartitionId partition, Position position) {
    const absl::Status status = store_->Cache(partition).Checkpoint(position);
    ASSERT_TRUE(status.ok()) << status;
    medium_->Run(store_.get());
    ASSERT_TRUE(listener_->WaitCheckpointed(partition, position));
  }
  std::vector<std::string> Keys(const CacheView& view, Table table,
                                const KeyRange& range = KeyRange::All()) {
    std::vector<std::string> keys;
    EXPECT_TRUE(view.Scan(table, range,
                          [&](std::string_view key, std::string_view value) {
                            keys.push_back(std::string(key) + "=" +
                                           std::string(value));
                            return true;
                          })
                    .ok());
    return keys;
  }

  std::unique_ptr<Medium> medium_;
  std::unique_ptr<RecordingListener> listener_;
  std::unique_ptr<EventStore> store_;
};

TEST_P(EventStoreContract, NewStoreIsEmpty) {
  Open({.partitions = 3});
  EXPECT_EQ(store_->partitions(), 3);
  EXPECT_FALSE(store_->read_only());
  for (PartitionId p = 0; p < 3; ++p) {
    EXPECT_EQ(store_->End(p), 0u);
    EXPECT_EQ(store_->DurableEnd(p), 0u);
    EXPECT_EQ(store_->Cache(p).position(), 0u);
  }
  EXPECT_TRUE(store_->health().ok());
  EXPECT_TRUE(store_->AcceptedLosses().empty());
}

TEST_P(EventStoreContract, PositionsAreDenseFromOnePerPartition) {
  Open({.partitions = 2});
  AppendDurably(0, 3);
  AppendDurably(1, 2);
  AppendDurably(0, 1);
  EXPECT_EQ(store_->End(0), 4u);
  EXPECT_EQ(store_->End(1), 2u);
  EXPECT_EQ(store_->DurableEnd(0), 4u);
  EXPECT_EQ(listener_->appended(0), 4u);
  EXPECT_TRUE(CheckTestLog(*store_, 0).ok());
  EXPECT_TRUE(CheckTestLog(*store_, 1).ok());
}

TEST_P(EventStoreContract, ManyRoundsUnderWay) {
  Open();
  for (Position first = 1; first <= 500; first += 5) {
    ASSERT_TRUE(store_->Append(0, first, TestRecords(0, first, 5)).ok());
  }
  medium_->Run(store_.get());
  ASSERT_TRUE(listener_->WaitDurable(0, 500));
  EXPECT_TRUE(CheckTestLog(*store_, 0).ok());
  EXPECT_EQ(store_->Stats().records, 500u);
}

TEST_P(EventStoreContract, WrongPositionIsAbortedAndTakesNothing) {
  Open();
  AppendDurably(0, 2);
  for (const Position wrong : {Position{0}, Position{2}, Position{4}}) {
    EXPECT_EQ(store_->Append(0, wrong, {"x"}).code(),
              absl::StatusCode::kAborted);
  }
  ASSERT_TRUE(store_->Append(0, 3, TestRecords(0, 3, 1)).ok());
  EXPECT_EQ(store_->Append(0, 3, {"x"}).code(), absl::StatusCode::kAborted)
      << "a round that was taken counts before it is appended";
  medium_->Run(store_.get());
  ASSERT_TRUE(listener_->WaitDurable(0, 3));
  EXPECT_TRUE(CheckTestLog(*store_, 0).ok());
}

TEST_P(EventStoreContract, MalformedRoundsAreRefused) {
  Open();
  EXPECT_EQ(store_->Append(0, 1, {}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->Append(0, 1, {"a", ""}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      store_->Append(0, 1, {std::string(kRecordBytesMax + 1, 'x')}).code(),
      absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_
                ->Append(0, 1,
                         std::vector<std::string>(
                             5, std::string(kRoundBytesMax / 4, 'x')))
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->End(0), 0u);
}

TEST_P(EventStoreContract, LargestRecordFits) {
  Open();
  ASSERT_TRUE(store_->Append(0, 1, {std::string(kRecordBytesMax, 'x')}).ok());
  medium_->Run(store_.get());
  ASSERT_TRUE(listener_->WaitDurable(0, 1));
  const auto record = store_->ReadOne(0, 1);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->size(), kRecordBytesMax);
}

TEST_P(EventStoreContract, ReadsRangesAndSinglePositions) {
  Open();
  AppendDurably(0, 10);
  std::vector<Position> seen;
  const auto see = [&](Position position, std::string_view record) {
    EXPECT_EQ(record, TestRecord(0, position));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(record.data()) % kRecordAlignment,
              0u);
    seen.push_back(position);
    return true;
  };
  EXPECT_TRUE(store_->Read(0, 4, 6, see).ok());
  EXPECT_THAT(seen, ElementsAre(4, 5, 6));
  seen.clear();
  EXPECT_TRUE(store_->Read(0, 9, 99, see).ok());
  EXPECT_THAT(seen, ElementsAre(9, 10));
  seen.clear();
  EXPECT_TRUE(store_->Read(0, 11, 99, see).ok());
  EXPECT_TRUE(store_->Read(0, 6, 5, see).ok());
  EXPECT_TRUE(seen.empty());
  const std::vector<Position> some = {1, 7, 8};
  EXPECT_TRUE(store_->ReadAt(0, some, see).ok());
  EXPECT_THAT(seen, ElementsAre(1, 7, 8));

  EXPECT_EQ(store_->Read(0, 0, 5, see).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->ReadOne(0, 11).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->ReadOne(0, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(EventStoreContract, AVisitorStopsTheRead) {
  Open();
  AppendDurably(0, 10);
  int visits = 0;
  const auto stop = [&](Position, std::string_view) { return ++visits < 3; };
  EXPECT_TRUE(store_->Read(0, 1, 10, stop).ok());
  EXPECT_EQ(visits, 3);
  visits = 0;
  const std::vector<Position> some = {1, 2, 3, 4, 5};
  EXPECT_TRUE(store_->ReadAt(0, some, stop).ok());
  EXPECT_EQ(visits, 3);
}

TEST_P(EventStoreContract, ReopensWithWhatWasDurable) {
  Open({.partitions = 2});
  AppendDurably(0, 7);
  AppendDurably(1, 3);
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(store_->partitions(), 2) << "0 means as many as there are";
  EXPECT_EQ(store_->End(0), 7u);
  EXPECT_EQ(store_->DurableEnd(0), 7u);
  EXPECT_EQ(store_->End(1), 3u);
  AppendDurably(0, 3);
  EXPECT_TRUE(CheckTestLog(*store_, 0).ok());
  EXPECT_TRUE(CheckTestLog(*store_, 1).ok());
}

TEST_P(EventStoreContract, CloseFinishesWhatWasTaken) {
  Open();
  for (Position first = 1; first <= 20; ++first) {
    ASSERT_TRUE(store_->Append(0, first, TestRecords(0, first, 1)).ok());
  }
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(listener_->durable(0), 20u);
  EXPECT_EQ(store_->Append(0, 21, {"x"}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(store_->Close().ok()) << "idempotent";
  Open();
  EXPECT_EQ(store_->End(0), 20u);
}

TEST_P(EventStoreContract, PartitionCountIsFixed) {
  Open({.partitions = 2});
  store_.reset();
  RecordingListener listener;
  EXPECT_EQ(medium_->Open({.partitions = 3}, &listener).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(medium_->Open({.partitions = 1}, &listener).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(medium_->Open({.partitions = -1}, &listener).status().code(),
            absl::StatusCode::kInvalidArgument);
  Open({.partitions = 2});
}

TEST_P(EventStoreContract, PartitionCountHasALimit) {
  RecordingListener listener;
  EXPECT_EQ(medium_->Open({.partitions = kStorePartitionsMax + 1}, &listener)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  Open({.partitions = kStorePartitionsMax});
  AppendDurably(kStorePartitionsMax - 1, 1);
}

TEST_P(EventStoreContract, MustExist) {
  RecordingListener listener;
  EXPECT_EQ(medium_->Open({.must_exist = true}, &listener).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(medium_->Open({.read_only = true}, &listener).status().code(),
            absl::StatusCode::kNotFound);
  Open();
  store_.reset();
  Open({.must_exist = true});
}

TEST_P(EventStoreContract, SecondWriterIsRefusedAndChangesNothing) {
  Open();
  AppendDurably(0, 2);
  RecordingListener other;
  const auto second = medium_->Open({}, &other);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("open"));
  AppendDurably(0, 2);
  EXPECT_TRUE(CheckTestLog(*store_, 0).ok());
}

// --- Caches -----------------------------------------------------------------

TEST_P(EventStoreContract, CachesShowChangesAtOnce) {
  Open();
  CacheView& view = store_->Cache(0);
  view.Put(Table::kIndexJob, "b", "2");
  view.PutNew(Table::kIndexJob, "a", "1");
  view.Put(Table::kIndexTask, "a", "task");
  EXPECT_EQ(**view.Get(Table::kIndexJob, "a"), "1");
  EXPECT_THAT(Keys(view, Table::kIndexJob), ElementsAre("a=1", "b=2"));
  view.Delete(Table::kIndexJob, "a");
  EXPECT_FALSE(view.Get(Table::kIndexJob, "a")->has_value());
  EXPECT_THAT(Keys(view, Table::kIndexJob), ElementsAre("b=2"));
  EXPECT_EQ(**view.Get(Table::kIndexTask, "a"), "task");
}

TEST_P(EventStoreContract, CachesAreAsOfTheLastCheckpointAfterReopening) {
  Open();
  AppendDurably(0, 5);
  store_->Cache(0).Put(Table::kSnapshot, "k", "five");
  CheckpointAndWait(0, 5);
  EXPECT_EQ(store_->Cache(0).position(), 5u);
  AppendDurably(0, 2);
  store_->Cache(0).Put(Table::kSnapshot, "k", "seven");
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(store_->End(0), 7u);
  EXPECT_EQ(store_->Cache(0).position(), 5u);
  EXPECT_EQ(**store_->Cache(0).Get(Table::kSnapshot, "k"), "five");
}

TEST_P(EventStoreContract, CheckpointsCarryDeletes) {
  Open();
  AppendDurably(0, 1);
  CacheView& view = store_->Cache(0);
  for (const char* key : {"a", "b", "c", "d"}) {
    view.PutNew(Table::kIndexDue, key, "v");
  }
  CheckpointAndWait(0, 1);
  view.Delete(Table::kIndexDue, "b");
  view.Put(Table::kIndexDue, "c", "new");
  EXPECT_THAT(Keys(view, Table::kIndexDue), ElementsAre("a=v", "c=new", "d=v"));
  AppendDurably(0, 1);
  CheckpointAndWait(0, 2);
  EXPECT_THAT(Keys(view, Table::kIndexDue), ElementsAre("a=v", "c=new", "d=v"));
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_THAT(Keys(store_->Cache(0), Table::kIndexDue),
              ElementsAre("a=v", "c=new", "d=v"));
}

TEST_P(EventStoreContract, PartitionsDoNotSeeEachOther) {
  Open({.partitions = 2});
  AppendDurably(0, 1);
  AppendDurably(1, 1);
  store_->Cache(0).Put(Table::kIndexJob, "k", "zero");
  store_->Cache(1).Put(Table::kIndexJob, "k", "one");
  store_->Cache(1).Put(Table::kIndexJob, "\xFF\xFF", "last");
  CheckpointAndWait(0, 1);
  CheckpointAndWait(1, 1);
  EXPECT_THAT(Keys(store_->Cache(0), Table::kIndexJob), ElementsAre("k=zero"));
  EXPECT_THAT(Keys(store_->Cache(1), Table::kIndexJob),
              ElementsAre("k=one", "\xFF\xFF=last"));
  ASSERT_TRUE(store_->Cache(0).Clear().ok());
  EXPECT_TRUE(Keys(store_->Cache(0), Table::kIndexJob).empty());
  EXPECT_EQ(Keys(store_->Cache(1), Table::kIndexJob).size(), 2u);
}

TEST_P(EventStoreContract, CheckpointBehindTheLogIsRefused) {
  Open();
  AppendDurably(0, 3);
  CacheView& view = store_->Cache(0);
  EXPECT_EQ(view.Checkpoint(4).code(), absl::StatusCode::kFailedPrecondition);
  CheckpointAndWait(0, 3);
  EXPECT_EQ(view.Checkpoint(2).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(EventStoreContract, ClearEmptiesCachesForGood) {
  Open();
  AppendDurably(0, 3);
  store_->Cache(0).Put(Table::kIndexJob, "k", "v");
  CheckpointAndWait(0, 3);
  store_->Cache(0).Put(Table::kIndexJob, "l", "v");
  ASSERT_TRUE(store_->Cache(0).Clear().ok());
  EXPECT_EQ(store_->Cache(0).position(), 0u);
  EXPECT_TRUE(Keys(store_->Cache(0), Table::kIndexJob).empty());
  store_.reset();
  Open();
  EXPECT_EQ(store_->Cache(0).position(), 0u);
  EXPECT_TRUE(Keys(store_->Cache(0), Table::kIndexJob).empty());
  EXPECT_EQ(store_->End(0), 3u) << "the log isn't touched";
  store_->Cache(0).Put(Table::kIndexJob, "k", "again");
  CheckpointAndWait(0, 3);
  EXPECT_THAT(Keys(store_->Cache(0), Table::kIndexJob), ElementsAre("k=again"));
}

TEST_P(EventStoreContract, DiscardedCachesAreGoneForGood) {
  Open({.partitions = 2});
  for (PartitionId p = 0; p < 2; ++p) {
    AppendDurably(p, 3);
    store_->Cache(p).Put(Table::kIndexJob, "k", "v");
    CheckpointAndWait(p, 3);
  }
  for (const bool discard : {true, false}) {
    ASSERT_TRUE(store_->Close().ok());
    Open({.discard_caches = discard});
    for (PartitionId p = 0; p < 2; ++p) {
      EXPECT_EQ(store_->Cache(p).position(), 0u);
      EXPECT_TRUE(Keys(store_->Cache(p), Table::kIndexJob).empty());
      EXPECT_EQ(store_->End(p), 3u);
      EXPECT_TRUE(CheckTestLog(*store_, p).ok());
    }
  }
  store_->Cache(0).Put(Table::kIndexJob, "k", "again");
  CheckpointAndWait(0, 3);
  EXPECT_THAT(Keys(store_->Cache(0), Table::kIndexJob), ElementsAre("k=again"));
  EXPECT_EQ(medium_->Open({.read_only = true, .discard_caches = true}, nullptr)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(EventStoreContract, CheckpointIsDueByLogBytesAndByOverlay) {
  Open({.checkpoint_log_bytes = 1000, .overlay_bytes = 4000});
  EXPECT_FALSE(store_->CheckpointDue(0));
  AppendDurably(0, 20);
  EXPECT_FALSE(store_->CheckpointDue(0));
  AppendDurably(0, 20);
  EXPECT_TRUE(store_->CheckpointDue(0));
  CheckpointAndWait(0, 40);
  EXPECT_FALSE(store_->CheckpointDue(0));
  store_->Cache(0).Put(Table::kSnapshot, "k", std::string(5000, 'x'));
  EXPECT_TRUE(store_->CheckpointDue(0));
  CheckpointAndWait(0, 40);
  EXPECT_FALSE(store_->CheckpointDue(0));
}

// --- Readers -----------------------------------------------------------------

TEST_P(EventStoreContract, ReadersSeeWhatIsDurableAndChangeNothing) {
  Open({.partitions = 2});
  AppendDurably(0, 5);
  store_->Cache(0).Put(Table::kIndexJob, "k", "v");
  CheckpointAndWait(0, 5);
  AppendDurably(0, 5);

  auto opened = medium_->Open({.read_only = true}, nullptr);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EventStore& reader = **opened;
  EXPECT_TRUE(reader.read_only());
  EXPECT_EQ(reader.partitions(), 2);
  EXPECT_EQ(reader.End(0), 10u);
  EXPECT_TRUE(CheckTestLog(reader, 0).ok());
  EXPECT_EQ(reader.Cache(0).position(), 5u);
  EXPECT_EQ(**reader.Cache(0).Get(Table::kIndexJob, "k"), "v");

  EXPECT_EQ(reader.Append(0, 11, {"x"}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(reader.Cache(0).Checkpoint(10).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(reader.CheckpointDue(0));

  // Its overlay is its own.
  reader.Cache(0).Put(Table::kIndexJob, "k", "mine");
  EXPECT_EQ(**reader.Cache(0).Get(Table::kIndexJob, "k"), "mine");
  EXPECT_EQ(**store_->Cache(0).Get(Table::kIndexJob, "k"), "v");

  AppendDurably(0, 3);
  EXPECT_EQ(reader.End(0), 10u) << "a reader moves when it is told to";
  ASSERT_TRUE(reader.Refresh().ok());
  EXPECT_EQ(reader.End(0), 13u);
  EXPECT_TRUE(CheckTestLog(reader, 0).ok());
  EXPECT_EQ(**reader.Cache(0).Get(Table::kIndexJob, "k"), "v");

  ASSERT_TRUE(reader.Cache(0).Clear().ok());
  EXPECT_EQ(reader.Cache(0).position(), 0u);
  EXPECT_FALSE(reader.Cache(0).Get(Table::kIndexJob, "k")->has_value());
  EXPECT_EQ(**store_->Cache(0).Get(Table::kIndexJob, "k"), "v");
}

TEST_P(EventStoreContract, ReaderFollowsCheckpoints) {
  Open();
  AppendDurably(0, 5);
  auto opened = medium_->Open({.read_only = true}, nullptr);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EventStore& reader = **opened;
  EXPECT_EQ(reader.Cache(0).position(), 0u);
  store_->Cache(0).Put(Table::kIndexJob, "k", "v");
  CheckpointAndWait(0, 5);
  AppendDurably(0, 2);
  ASSERT_TRUE(reader.Refresh().ok());
  EXPECT_EQ(reader.Cache(0).position(), 5u);
  EXPECT_EQ(**reader.Cache(0).Get(Table::kIndexJob, "k"), "v");
  EXPECT_EQ(reader.End(0), 7u);
}

// --- Trimming ----------------------------------------------------------------

// Reads from..end and compares with what was written there.
void ExpectTestLog(const EventStore& store, PartitionId partition,
                   Position from) {
  Position next = from;
  const absl::Status status =
      store.Read(partition, from, store.End(partition),
                 [&](Position position, std::string_view record) {
                   EXPECT_EQ(position, next++);
                   EXPECT_EQ(record, TestRecord(partition, position));
                   return true;
                 });
  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(next, store.End(partition) + 1);
}

const auto kIgnore = [](Position, std::string_view) { return true; };

TEST_P(EventStoreContract, TheFloorIsOneUntilTheLogIsTrimmed) {
  Open({.partitions = 2});
  EXPECT_EQ(store_->Floor(0), 1u);
  AppendDurably(0, 10);
  AppendDurably(1, 10);
  CheckpointAndWait(0, 10);
  EXPECT_EQ(store_->TrimBefore(0, 1), absl::OkStatus());
  EXPECT_EQ(store_->Floor(0), 1u);
  EXPECT_EQ(store_->TrimBefore(0, 6), absl::OkStatus());
  EXPECT_EQ(store_->Floor(0), 6u);
  EXPECT_EQ(store_->Floor(1), 1u) << "one partition's is its own";
  EXPECT_EQ(store_->End(0), 10u);
  EXPECT_EQ(store_->DurableEnd(0), 10u);
  ExpectTestLog(*store_, 0, 6);
  ExpectTestLog(*store_, 1, 1);
}

TEST_P(EventStoreContract, ReadsBelowTheFloorAreOutOfRange) {
  Open();
  AppendDurably(0, 10);
  CheckpointAndWait(0, 10);
  ASSERT_EQ(store_->TrimBefore(0, 6), absl::OkStatus());
  const auto expect_out_of_range = [](const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("0:6"));
  };
  expect_out_of_range(store_->Read(0, 1, 10, kIgnore));
  expect_out_of_range(store_->Read(0, 5, 5, kIgnore));
  expect_out_of_range(store_->ReadOne(0, 5).status());
  const std::vector<Position> some = {2, 7};
  expect_out_of_range(store_->ReadAt(0, some, kIgnore));
  EXPECT_EQ(store_->Read(0, 0, 10, kIgnore).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->ReadOne(0, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->ReadOne(0, 11).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->ReadOne(0, 6).value(), TestRecord(0, 6));
}

TEST_P(EventStoreContract, TheFloorStaysAndOnlyGrows) {
  Open();
  AppendDurably(0, 10);
  CheckpointAndWait(0, 10);
  ASSERT_EQ(store_->TrimBefore(0, 6), absl::OkStatus());
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(store_->Floor(0), 6u);
  EXPECT_EQ(store_->End(0), 10u);
  EXPECT_EQ(store_->TrimBefore(0, 5).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->TrimBefore(0, 0).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->TrimBefore(0, 6), absl::OkStatus()) << "again, to finish";
  EXPECT_EQ(store_->TrimBefore(0, 8), absl::OkStatus());
  EXPECT_EQ(store_->Floor(0), 8u);
  AppendDurably(0, 5);
  ExpectTestLog(*store_, 0, 8);
}

TEST_P(EventStoreContract, ALogOfWhichNothingIsLeftKeepsItsEnd) {
  Open();
  AppendDurably(0, 10);
  CheckpointAndWait(0, 10);
  ASSERT_EQ(store_->TrimBefore(0, 11), absl::OkStatus());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(store_->Floor(0), 11u);
    EXPECT_EQ(store_->End(0), 10u);
    EXPECT_EQ(store_->DurableEnd(0), 10u);
    EXPECT_EQ(store_->ReadOne(0, 10).status().code(),
              absl::StatusCode::kOutOfRange);
    EXPECT_EQ(store_->Read(0, 11, 99, kIgnore), absl::OkStatus());
    ASSERT_TRUE(store_->Close().ok());
    Open();
  }
  auto reader = medium_->Open({.read_only = true}, nullptr);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->Floor(0), 11u);
  EXPECT_EQ((*reader)->End(0), 10u);
  EXPECT_EQ(store_->Append(0, 1, {"x"}).code(), absl::StatusCode::kAborted);
  AppendDurably(0, 3);
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(store_->End(0), 13u);
  ExpectTestLog(*store_, 0, 11);
}

TEST_P(EventStoreContract, OnlyWhatIsDurableAndCheckpointedIsTrimmed) {
  Open();
  AppendDurably(0, 10);
  const auto expect_refused = [&](Position floor, const std::string& why) {
    const absl::Status status = store_->TrimBefore(0, floor);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_EQ(store_->Floor(0), 1u);
  };
  expect_refused(2, "the caches are at 0:0");
  CheckpointAndWait(0, 8);
  expect_refused(10, "the caches are at 0:8");
  expect_refused(12, "durable up to 0:10");
  EXPECT_EQ(store_->TrimBefore(0, 9), absl::OkStatus());
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(store_->TrimBefore(0, 9).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(EventStoreContract, CachesFromBelowTheFloorCanBeFoldedAnew) {
  Open();
  AppendDurably(0, 10);
  CheckpointAndWait(0, 10);
  ASSERT_EQ(store_->TrimBefore(0, 6), absl::OkStatus());
  ASSERT_TRUE(store_->Close().ok());
  Open({.discard_caches = true});
  EXPECT_EQ(store_->Cache(0).position(), 0u);
  EXPECT_EQ(store_->Floor(0), 6u);
  ExpectTestLog(*store_, 0, 6);
  EXPECT_EQ(store_->TrimBefore(0, 7).code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(store_->Cache(0).Clear().ok());
  EXPECT_EQ(store_->Floor(0), 6u);
  CheckpointAndWait(0, 10);
  EXPECT_EQ(store_->TrimBefore(0, 7), absl::OkStatus());
}

// The value of a test's entry is the position at which it was last needed.
bool DiesWithItsValue(Table table, std::string_view key, std::string_view value,
                      std::span<const Position> floors) {
  if (table != Table::kStream && table != Table::kSnapshot) return false;
  const size_t partition = static_cast<size_t>(key[0] - '0');
  return std::stoull(std::string(value)) < floors[partition];
}

TEST_P(EventStoreContract, LiveEntriesOfTheCachesStay) {
  Open({.partitions = 2, .is_dead = DiesWithItsValue});
  for (PartitionId p = 0; p < 2; ++p) {
    AppendDurably(p, 10);
    for (Position i = 1; i <= 10; ++i) {
      const std::string key = std::to_string(p) + "/" + std::to_string(10 + i);
      store_->Cache(p).PutNew(Table::kStream, key, std::to_string(i));
      store_->Cache(p).PutNew(Table::kIndexJob, key, std::to_string(i));
    }
    CheckpointAndWait(p, 10);
  }
  ASSERT_EQ(store_->TrimBefore(0, 9), absl::OkStatus());
  EXPECT_THAT(Keys(store_->Cache(0), Table::kStream),
              ElementsAre("0/19=9", "0/20=10"))
      << "compacted or erased at once, by both implementations";
  EXPECT_EQ(Keys(store_->Cache(0), Table::kIndexJob).size(), 10u);
  EXPECT_EQ(Keys(store_->Cache(1), Table::kStream).size(), 10u);
  // A key that died can live again, and one that is alive can go.
  store_->Cache(0).PutNew(Table::kStream, "0/11", "12");
  store_->Cache(0).Delete(Table::kStream, "0/20");
  AppendDurably(0, 2);
  CheckpointAndWait(0, 12);
  ASSERT_TRUE(store_->Close().ok());
  Open({.is_dead = DiesWithItsValue});
  EXPECT_THAT(Keys(store_->Cache(0), Table::kStream),
              ElementsAre("0/11=12", "0/19=9"));
  EXPECT_EQ(Keys(store_->Cache(1), Table::kStream).size(), 10u);
}

TEST_P(EventStoreContract, ReadersKeepTheirFloorUntilTheyRefresh) {
  Open();
  AppendDurably(0, 10);
  store_->Cache(0).Put(Table::kStream, "0", "3");
  CheckpointAndWait(0, 10);
  auto opened = medium_->Open({.read_only = true}, nullptr);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EventStore& before = **opened;
  ASSERT_EQ(store_->TrimBefore(0, 6), absl::OkStatus());
  AppendDurably(0, 5);
  EXPECT_EQ(before.Floor(0), 1u);
  ExpectTestLog(before, 0, 1);
  EXPECT_EQ(before.ReadOne(0, 2).value(), TestRecord(0, 2));

  auto after = medium_->Open({.read_only = true}, nullptr);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ((*after)->Floor(0), 6u);
  EXPECT_EQ((*after)->End(0), 15u);
  ExpectTestLog(**after, 0, 6);
  EXPECT_EQ((*after)->ReadOne(0, 5).status().code(),
            absl::StatusCode::kOutOfRange);

  ASSERT_EQ(before.Refresh(), absl::OkStatus());
  EXPECT_EQ(before.Floor(0), 6u);
  ExpectTestLog(before, 0, 6);
  EXPECT_EQ(before.ReadOne(0, 5).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(before.TrimBefore(0, 7).code(),
            absl::StatusCode::kFailedPrecondition);
}

// --- Archive -----------------------------------------------------------------

using Entries = std::vector<std::string>;

Entries Archived(const EventStore& store, const std::string& from = "",
                 const std::string& to = "") {
  Entries entries;
  const absl::Status status = store.ScanArchive(
      from, to, [&](std::string_view key, std::string_view value) {
        entries.push_back(std::string(key) + "=" + std::string(value));
        return true;
      });
  EXPECT_EQ(status, absl::OkStatus());
  return entries;
}

TEST_P(EventStoreContract, TheArchiveKeepsWhatIsWritten) {
  Open();
  EXPECT_THAT(Archived(*store_), ElementsAre());
  ASSERT_EQ(store_->WriteArchive({{"c", "3"}, {"a", "old"}}), absl::OkStatus());
  ASSERT_EQ(
      store_->WriteArchive({{"a", "1"}, {"b", ""}, {"d", "x"}, {"d", "4"}}),
      absl::OkStatus());
  EXPECT_EQ(store_->WriteArchive({}), absl::OkStatus());
  const auto expect_all = [&](const EventStore& store) {
    EXPECT_THAT(Archived(store), ElementsAre("a=1", "b=", "c=3", "d=4"));
    EXPECT_THAT(Archived(store, "b", "d"), ElementsAre("b=", "c=3"));
    EXPECT_THAT(Archived(store, "bb"), ElementsAre("c=3", "d=4"));
    EXPECT_THAT(Archived(store, "", "b"), ElementsAre("a=1"));
    EXPECT_THAT(Archived(store, "e"), ElementsAre());
  };
  expect_all(*store_);
  int visits = 0;
  EXPECT_EQ(store_->ScanArchive("", "",
                                [&](std::string_view, std::string_view) {
                                  return ++visits < 2;
                                }),
            absl::OkStatus());
  EXPECT_EQ(visits, 2);
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(store_->WriteArchive({{"e", "5"}}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store_->ScanArchive("", "", nullptr).code(),
            absl::StatusCode::kFailedPrecondition);
  Open();
  expect_all(*store_);
}

TEST_P(EventStoreContract, WhatIsDeletedFromTheArchiveIsGone) {
  Open();
  ASSERT_EQ(store_->WriteArchive({{"a", "1"}, {"b", "2"}, {"c", "3"}}),
            absl::OkStatus());
  ASSERT_EQ(store_->DeleteFromArchive({"a", "missing", "c"}), absl::OkStatus());
  EXPECT_EQ(store_->DeleteFromArchive({}), absl::OkStatus());
  EXPECT_THAT(Archived(*store_), ElementsAre("b=2"));
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(store_->DeleteFromArchive({"b"}).code(),
            absl::StatusCode::kFailedPrecondition);
  Open();
  EXPECT_THAT(Archived(*store_), ElementsAre("b=2"));
}

TEST_P(EventStoreContract, MalformedArchiveEntriesAreRefused) {
  Open();
  EXPECT_EQ(store_->WriteArchive({{"a", "1"}, {"", "2"}}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->DeleteFromArchive({"a", ""}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      store_->WriteArchive({{"a", std::string(kRoundBytesMax, 'x')}}).code(),
      absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Archived(*store_), ElementsAre());
}

TEST_P(EventStoreContract, TheArchiveIsNoCache) {
  Open();
  AppendDurably(0, 3);
  ASSERT_EQ(store_->WriteArchive({{"a", "1"}}), absl::OkStatus());
  CheckpointAndWait(0, 3);
  ASSERT_EQ(store_->WriteArchive({{"b", "2"}}), absl::OkStatus());
  ASSERT_TRUE(store_->Cache(0).Clear().ok());
  EXPECT_THAT(Archived(*store_), ElementsAre("a=1", "b=2"));
  ASSERT_TRUE(store_->Close().ok());
  Open({.discard_caches = true});
  EXPECT_THAT(Archived(*store_), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(store_->End(0), 3u);
}

TEST_P(EventStoreContract, ReadersSeeTheArchiveAndDoNotChangeIt) {
  Open();
  ASSERT_EQ(store_->WriteArchive({{"a", "1"}}), absl::OkStatus());
  auto opened = medium_->Open({.read_only = true}, nullptr);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EventStore& reader = **opened;
  ASSERT_EQ(store_->WriteArchive({{"b", "2"}}), absl::OkStatus());
  EXPECT_THAT(Archived(reader), ElementsAre("a=1"));
  ASSERT_EQ(reader.Refresh(), absl::OkStatus());
  EXPECT_THAT(Archived(reader), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(reader.WriteArchive({{"c", "3"}}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(reader.DeleteFromArchive({"a"}).code(),
            absl::StatusCode::kFailedPrecondition);
}

INSTANTIATE_TEST_SUITE_P(
    Implementations, EventStoreContract,
    ::testing::Values(
        Implementation{"Memory",
                       [] { return std::make_unique<MemoryMedium>(); }},
        Implementation{"RocksDb",
                       [] { return std::make_unique<RocksDbMedium>(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pawl::eventstore
