// The contract of EventStore, run over every implementation alike.
#include <functional>
#include <memory>
#include <string>
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

INSTANTIATE_TEST_SUITE_P(Implementations, EventStoreContract,
                         ::testing::Values(Implementation{
                             "Memory",
                             [] { return std::make_unique<MemoryMedium>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pawl::eventstore
