// What only the RocksDB store has: how it uses RocksDB, and readers beside it.
#include "eventstore/rocksdb_event_store.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "eventstore/cache_view.h"
#include "eventstore/mark.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {
namespace {

using ::testing::HasSubstr;

class RocksDbStoreTest : public ::testing::Test {
 protected:
  void Open(StoreOptions options = {}) {
    store_.reset();
    listener_ = std::make_unique<RecordingListener>();
    options.directory = directory();
    auto opened = OpenRocksDbEventStore(options, listener_.get());
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(*opened);
  }
  void AppendDurably(PartitionId partition, size_t count, size_t bytes = 40) {
    const Position first = store_->End(partition) + 1;
    ASSERT_TRUE(store_
                    ->Append(partition, first,
                             TestRecords(partition, first, count, bytes))
                    .ok());
    ASSERT_TRUE(listener_->WaitDurable(partition, first + count - 1));
  }
  void CheckpointAndWait(PartitionId partition) {
    const Position position = store_->End(partition);
    const absl::Status status = store_->Cache(partition).Checkpoint(position);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(listener_->WaitCheckpointed(partition, position));
  }
  std::string directory() const { return dir_ / "store"; }

  TempDir dir_;
  std::unique_ptr<RecordingListener> listener_;
  std::unique_ptr<EventStore> store_;
};

// One log per family: files of a log never overlap, so compaction moves them
// and rewrites nothing. (Two partitions in one family rewrote 1.88 x the data.)
TEST_F(RocksDbStoreTest, CompactionRewritesNothingOfTheLog) {
  Open({.partitions = 2});
  uint64_t bytes = 0;
  for (int flush = 0; flush < 12; ++flush) {
    for (PartitionId p = 0; p < 2; ++p) {
      AppendDurably(p, 1000, 300);
      bytes += 300'000;
    }
    CheckpointAndWait(0);
  }
  // What was to be compacted is compacted by the time of closing.
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_LT(store_->Stats().log_compaction_bytes, bytes / 50);
  Open();
  EXPECT_EQ(CheckTestLog(*store_, 0, 300), absl::OkStatus());
  EXPECT_EQ(CheckTestLog(*store_, 1, 300), absl::OkStatus());
}

// A mistyped path isn't damage.
TEST_F(RocksDbStoreTest, AFolderWithoutItsParentIsNotFound) {
  StoreOptions options;
  options.directory = dir_ / "nowhere/store";
  const absl::Status status = OpenRocksDbEventStore(options, nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("nowhere"));
}

TEST_F(RocksDbStoreTest, CheckpointMakesTheLiveWalShort) {
  Open({.partitions = 2});
  AppendDurably(0, 2000, 500);
  AppendDurably(1, 2000, 500);
  EXPECT_GT(store_->Stats().live_wal_bytes, 2'000'000u);
  CheckpointAndWait(0);
  EXPECT_LT(store_->Stats().live_wal_bytes, 10'000u);
  AppendDurably(0, 10);
  EXPECT_LT(store_->Stats().live_wal_bytes, 10'000u);
}

// A caller that takes no checkpoints still gets a bounded opening.
TEST_F(RocksDbStoreTest, WalIsBoundedWithoutCheckpoints) {
  Open({.checkpoint_log_bytes = 1'000'000});
  for (int i = 0; i < 20; ++i) AppendDurably(0, 500, 1000);
  EXPECT_LT(store_->Stats().live_wal_bytes, 6'000'000u);
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(store_->Cache(0).position(), 0u);
  EXPECT_EQ(CheckTestLog(*store_, 0, 1000), absl::OkStatus());
}

// Checkpoints of both partitions, many times, with the values of their
// position.
TEST_F(RocksDbStoreTest, CheckpointsOfTwoPartitionsInterleave) {
  Open({.partitions = 2});
  for (int i = 0; i < 10; ++i) {
    for (PartitionId p = 0; p < 2; ++p) {
      AppendDurably(p, 10);
      store_->Cache(p).Put(Table::kSnapshot, "end",
                           std::to_string(store_->End(p)));
      ASSERT_TRUE(store_->Cache(p).Checkpoint(store_->End(p)).ok());
    }
    for (PartitionId p = 0; p < 2; ++p) {
      ASSERT_TRUE(listener_->WaitCheckpointed(p, store_->End(p)));
    }
  }
  ASSERT_TRUE(store_->Close().ok());
  Open();
  for (PartitionId p = 0; p < 2; ++p) {
    EXPECT_EQ(store_->Cache(p).position(), 100u);
    EXPECT_EQ(**store_->Cache(p).Get(Table::kSnapshot, "end"), "100");
  }
}

// The overlay is frozen before the log is durable; the base isn't written until
// it is, and readers of the view see no difference.
TEST_F(RocksDbStoreTest, CheckpointWaitsForItsLog) {
  Open();
  for (Position first = 1; first <= 1000; first += 100) {
    ASSERT_TRUE(store_->Append(0, first, TestRecords(0, first, 100)).ok());
  }
  store_->Cache(0).Put(Table::kIndexJob, "k", "v");
  ASSERT_TRUE(store_->Cache(0).Checkpoint(1000).ok());
  EXPECT_EQ(**store_->Cache(0).Get(Table::kIndexJob, "k"), "v");
  ASSERT_TRUE(listener_->WaitCheckpointed(0, 1000));
  EXPECT_GE(listener_->durable(0), 1000u);
  EXPECT_EQ(**store_->Cache(0).Get(Table::kIndexJob, "k"), "v");
  EXPECT_EQ(store_->Cache(0).bytes(), 0u) << "the layer is let go";
}

TEST_F(RocksDbStoreTest, ClearedCachesStayEmptyBehindLaterCheckpoints) {
  Open();
  AppendDurably(0, 5);
  for (int i = 0; i < 1000; ++i) {
    store_->Cache(0).PutNew(Table::kIndexInstance, std::to_string(i), "old");
  }
  CheckpointAndWait(0);
  ASSERT_TRUE(store_->Cache(0).Clear().ok());
  store_->Cache(0).Put(Table::kIndexInstance, "7", "new");
  CheckpointAndWait(0);
  ASSERT_TRUE(store_->Close().ok());
  Open();
  int entries = 0;
  ASSERT_TRUE(store_->Cache(0)
                  .Scan(Table::kIndexInstance, KeyRange::All(),
                        [&](std::string_view key, std::string_view value) {
                          EXPECT_EQ(key, "7");
                          EXPECT_EQ(value, "new");
                          ++entries;
                          return true;
                        })
                  .ok());
  EXPECT_EQ(entries, 1);
}

TEST_F(RocksDbStoreTest, SlashesAtTheEndDoNotMatter) {
  Open();
  AppendDurably(0, 1);
  store_.reset();
  const auto opened =
      OpenRocksDbEventStore({.directory = directory() + "//"}, nullptr);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->End(0), 1u);
}

TEST_F(RocksDbStoreTest, StoresOfANewerFormatAreLeftAlone) {
  // A family that this build doesn't know is what a newer build leaves behind.
  Open();
  AppendDurably(0, 1);
  ASSERT_TRUE(store_->Close().ok());
  {
    rocksdb::Options options;
    std::vector<std::string> names;
    ASSERT_TRUE(
        rocksdb::DB::ListColumnFamilies(options, directory() + "/db", &names)
            .ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, options);
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, directory() + "/db", families,
                                  &handles, &raw)
                    .ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily(options, "index_newer", &added).ok());
    handles.push_back(added);
    for (auto* handle : handles) (void)db->DestroyColumnFamilyHandle(handle);
  }
  const auto opened =
      OpenRocksDbEventStore({.directory = directory()}, nullptr);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("index_newer"));
}

// --- Readers -----------------------------------------------------------------

absl::StatusOr<std::unique_ptr<EventStore>> OpenReader(
    const std::string& directory) {
  return OpenRocksDbEventStore({.directory = directory, .read_only = true},
                               nullptr);
}

TEST_F(RocksDbStoreTest, ReaderStopsAtTheMark) {
  Open();
  AppendDurably(0, 10);
  const std::string copy = dir_ / "copy";
  CopyDir(directory(), copy);
  auto mark = Mark::Load(rocksdb::FileSystem::Default().get(), copy + "/ACKED");
  ASSERT_TRUE(mark.ok());
  for (const Position acknowledged : {Position{7}, Position{0}}) {
    mark->partitions[0] = {acknowledged, acknowledged};
    const std::string slot = EncodeMarkSlot(*mark);
    WriteFile(copy + "/ACKED", slot + slot);
    auto reader = OpenReader(copy);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->End(0), acknowledged);
    EXPECT_EQ(CheckTestLog(**reader, 0), absl::OkStatus());
    EXPECT_EQ((*reader)->ReadOne(0, acknowledged + 1).status().code(),
              absl::StatusCode::kNotFound);
  }
  mark->partitions[0] = {11, 11};
  const std::string slot = EncodeMarkSlot(*mark);
  WriteFile(copy + "/ACKED", slot + slot);
  const auto reader = OpenReader(copy);
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(reader.status().message()), HasSubstr("0:11"));
}

TEST_F(RocksDbStoreTest, ReaderLeavesNoTrace) {
  Open();
  AppendDurably(0, 10);
  CheckpointAndWait(0);
  AppendDurably(0, 10);
  const auto names = [](const std::string& directory) {
    return FilesEndingIn(directory, "");
  };
  const auto scratches = [] {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::temp_directory_path())) {
      count += entry.path().filename().string().starts_with("pawl_reader_");
    }
    return count;
  };
  const auto before = names(directory());
  const size_t scratch_before = scratches();
  {
    auto reader = OpenReader(directory());
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(scratches(), scratch_before + 1);
    EXPECT_EQ(CheckTestLog(**reader, 0), absl::OkStatus());
    EXPECT_EQ(names(directory()), before);
  }
  EXPECT_EQ(scratches(), scratch_before);
  EXPECT_EQ(names(directory()), before);
}

// A reader that stays open while the writer flushes, compacts and deletes files
// keeps seeing what it saw, and finds its way when it refreshes.
TEST_F(RocksDbStoreTest, ReaderSurvivesAWriterThatGoesOn) {
  Open({.partitions = 2});
  AppendDurably(0, 100);
  CheckpointAndWait(0);
  auto opened = OpenReader(directory());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EventStore& reader = **opened;
  for (int i = 0; i < 6; ++i) {
    AppendDurably(0, 100);
    store_->Cache(0).Put(Table::kSnapshot, "end",
                         std::to_string(store_->End(0)));
    const Position seen = reader.End(0);
    CheckpointAndWait(0);
    AppendDurably(0, 50);
    EXPECT_EQ(reader.End(0), seen);
    EXPECT_EQ(CheckTestLog(reader, 0), absl::OkStatus());
    ASSERT_EQ(reader.Refresh(), absl::OkStatus());
    EXPECT_EQ(reader.End(0), store_->End(0));
    EXPECT_EQ(CheckTestLog(reader, 0), absl::OkStatus());
    const Position position = reader.Cache(0).position();
    EXPECT_EQ(**reader.Cache(0).Get(Table::kSnapshot, "end"),
              std::to_string(position));
  }
}

TEST_F(RocksDbStoreTest, ReaderOfAStoreThatIsNotThere) {
  EXPECT_EQ(OpenReader(dir_ / "nothing").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "nothing"));
  std::filesystem::create_directory(dir_ / "empty");
  EXPECT_EQ(OpenReader(dir_ / "empty").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pawl::eventstore
