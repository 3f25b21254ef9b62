// What only the RocksDB store has: how it uses RocksDB, and readers beside it.
#include "eventstore/rocksdb_event_store.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/check.h"
#include "eventstore/cache_view.h"
#include "eventstore/mark.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/file_system.h"
#include "rocksdb/table_properties.h"

namespace pawl::eventstore {
namespace {

using ::testing::HasSubstr;

// The database of a closed store, as RocksDB alone sees it.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& directory) {
    rocksdb::Options options;
    // What is to be looked at shall stay as it is.
    options.disable_auto_compactions = true;
    const std::string path = directory + "/db";
    std::vector<std::string> names;
    PAWL_CHECK(rocksdb::DB::ListColumnFamilies(options, path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, options);
    rocksdb::DB* opened = nullptr;
    PAWL_CHECK(
        rocksdb::DB::Open(options, path, families, &handles_, &opened).ok());
    db_.reset(opened);
  }
  ~RawDatabase() {
    for (auto* handle : handles_) (void)db_->DestroyColumnFamilyHandle(handle);
  }
  rocksdb::DB* db() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* family(const std::string& name) const {
    for (auto* handle : handles_) {
      if (handle->GetName() == name) return handle;
    }
    PAWL_CHECK(false) << name;
    return nullptr;
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

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

TEST_F(RocksDbStoreTest, CountsWhatItWrites) {
  Open();
  const uint64_t opening = store_->Stats().live_wal_bytes;
  AppendDurably(0, 1000, 300);
  // What RocksDB's log grew by, to the byte.
  PhysicalWrites written = store_->MeasureFootprint()->written;
  EXPECT_EQ(written.record_bytes, 300'000u);
  EXPECT_EQ(written.wal_bytes, store_->Stats().live_wal_bytes - opening);
  const uint64_t flushed = written.flush_bytes;
  CheckpointAndWait(0);
  written = store_->MeasureFootprint()->written;
  EXPECT_GT(written.flush_bytes, flushed);
  // What came after the last checkpoint goes with an engine that is killed; the
  // next one counts on.
  AppendDurably(0, 1000, 300);
  CheckpointAndWait(0);
  AppendDurably(0, 1, 300);
  Open();
  written = store_->MeasureFootprint()->written;
  EXPECT_EQ(written.record_bytes, 600'000u);
  EXPECT_GT(written.wal_bytes, 600'000u);
  EXPECT_GT(written.physical(), written.wal_bytes);
}

TEST_F(RocksDbStoreTest, MeasuresItsTablesAndItsFolder) {
  Open();
  AppendDurably(0, 1000, 300);
  for (int i = 0; i < 100; ++i) {
    store_->Cache(0).Put(Table::kIndexJob, "key" + std::to_string(1000 + i),
                         "value");
  }
  CheckpointAndWait(0);
  for (const bool read_only : {false, true}) {
    auto reader = OpenRocksDbEventStore(
        {.directory = directory(), .read_only = true}, nullptr);
    ASSERT_TRUE(reader.ok()) << reader.status();
    const auto footprint =
        read_only ? (*reader)->MeasureFootprint() : store_->MeasureFootprint();
    ASSERT_TRUE(footprint.ok()) << footprint.status();
    const TableFootprint& jobs = footprint->tables[IndexOf(Table::kIndexJob)];
    EXPECT_EQ(jobs.entries, 100u);
    EXPECT_EQ(jobs.bytes, 100u * (7 + 5));
    EXPECT_GT(jobs.file_bytes, 0u);
    EXPECT_EQ(footprint->tables[IndexOf(Table::kIndexTask)].entries, 0u);
    EXPECT_GT(footprint->log_file_bytes, 0u);
    uint64_t files = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(directory())) {
      if (entry.is_regular_file()) files += entry.file_size();
    }
    EXPECT_EQ(footprint->directory_bytes, files);
    EXPECT_EQ(footprint->written.record_bytes, 300'000u);
  }
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

// --- Trimming ----------------------------------------------------------------

// The bytes of the files below `directory`, as `du` sees them.
uint64_t BytesIn(const std::string& directory, const std::string& suffix) {
  uint64_t bytes = 0;
  for (const auto& path : FilesEndingIn(directory, suffix)) {
    bytes += std::filesystem::file_size(path);
  }
  return bytes;
}

// Entries whose value says at which position they were last needed.
bool DiesWithItsValue(Table table, std::string_view, std::string_view value,
                      std::span<const Position> floors) {
  if (table != Table::kStream && table != Table::kSnapshot) return false;
  return std::stoull(std::string(value.substr(0, 12))) < floors[0];
}

std::string Digits(Position position) {
  const std::string digits = std::to_string(position);
  return std::string(12 - digits.size(), '0') + digits;
}

// Entries and tombstones in the files of a table of a closed store.
struct TableCounts {
  uint64_t entries = 0;
  uint64_t deletions = 0;
};
TableCounts CountsOf(const std::string& directory, const std::string& family) {
  const RawDatabase raw(directory);
  rocksdb::TablePropertiesCollection files;
  PAWL_CHECK(
      raw.db()->GetPropertiesOfAllTables(raw.family(family), &files).ok());
  TableCounts counts;
  for (const auto& [name, properties] : files) {
    counts.entries += properties->num_entries;
    counts.deletions += properties->num_deletions;
  }
  return counts;
}

TEST_F(RocksDbStoreTest, TrimmingGivesTheSpaceBackAndRewritesNoLog) {
  Open({.partitions = 2, .is_dead = DiesWithItsValue});
  uint64_t bytes = 0;
  for (int flush = 0; flush < 12; ++flush) {
    for (PartitionId p = 0; p < 2; ++p) {
      AppendDurably(p, 1000, 300);
      bytes += 300'000;
    }
    for (Position i = store_->End(0) - 999; i <= store_->End(0); ++i) {
      store_->Cache(0).PutNew(Table::kStream, Digits(i), Digits(i));
      store_->Cache(0).PutNew(Table::kSnapshot, Digits(i),
                              Digits(i) + TestRecord(0, i, 100));
    }
    CheckpointAndWait(0);
  }
  // What was brought down level by level must be found there too.
  const uint64_t before = BytesIn(directory(), ".sst");
  ASSERT_GT(before, bytes);
  ASSERT_EQ(store_->TrimBefore(0, 11'501), absl::OkStatus());
  const uint64_t after = BytesIn(directory(), ".sst");
  // Left are one log, and of the other a file of 1000 records or two.
  EXPECT_LT(after, bytes / 2 + 1'000'000) << "of " << before;
  EXPECT_LT(store_->Stats().log_compaction_bytes, bytes / 50);

  AppendDurably(0, 1000, 300);
  CheckpointAndWait(0);
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_LT(store_->Stats().log_compaction_bytes, bytes / 50);
  const TableCounts log = CountsOf(directory(), "log.0");
  EXPECT_LE(log.entries, 2000u) << "files that straddle the floor stay";
  EXPECT_EQ(log.deletions, 0u);
  for (const char* table : {"stream", "snapshot"}) {
    const TableCounts counts = CountsOf(directory(), table);
    EXPECT_EQ(counts.entries, 500u) << table;
    EXPECT_EQ(counts.deletions, 0u) << table << ": no tombstones";
  }
  EXPECT_EQ(CountsOf(directory(), "log.1").entries, 12'000u);

  Open();
  EXPECT_EQ(store_->Floor(0), 11'501u);
  EXPECT_EQ(store_->End(0), 13'000u);
  Position next = 11'501;
  EXPECT_EQ(store_->Read(0, next, 99'999,
                         [&](Position position, std::string_view record) {
                           EXPECT_EQ(position, next++);
                           EXPECT_EQ(record, TestRecord(0, position, 300));
                           return true;
                         }),
            absl::OkStatus());
  EXPECT_EQ(next, 13'001u);
  EXPECT_EQ(CheckTestLog(*store_, 1, 300), absl::OkStatus());
}

TEST_F(RocksDbStoreTest, WithoutIsDeadNothingOfTheCachesGoes) {
  Open();
  AppendDurably(0, 10);
  for (Position i = 1; i <= 10; ++i) {
    store_->Cache(0).PutNew(Table::kStream, Digits(i), Digits(i));
  }
  CheckpointAndWait(0);
  ASSERT_EQ(store_->TrimBefore(0, 11), absl::OkStatus());
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(CountsOf(directory(), "stream").entries, 10u);
  EXPECT_EQ(CountsOf(directory(), "log.0").entries, 0u);
}

// What a crash between the two leaves: the floor, and records below it.
TEST_F(RocksDbStoreTest, RecordsBelowTheFloorAreNotReadAndGoWithTheNextTrim) {
  Open();
  AppendDurably(0, 10);
  CheckpointAndWait(0);
  ASSERT_TRUE(store_->Close().ok());
  const std::string untrimmed = dir_ / "untrimmed";
  CopyDir(directory(), untrimmed);
  {
    // The note alone, as TrimBefore writes it.
    const RawDatabase raw(directory());
    ASSERT_TRUE(raw.db()
                    ->Put({}, std::string("floor/\0\0", 8),
                          std::string("\0\0\0\0\0\0\0\x06", 8))
                    .ok());
  }
  auto reader = OpenRocksDbEventStore(
      {.directory = directory(), .read_only = true}, nullptr);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->Floor(0), 6u);
  EXPECT_EQ((*reader)->ReadOne(0, 5).status().code(),
            absl::StatusCode::kOutOfRange);
  Open();
  EXPECT_EQ(store_->Floor(0), 6u);
  EXPECT_EQ(store_->ReadOne(0, 5).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(*store_->ReadOne(0, 6), TestRecord(0, 6));
  AppendDurably(0, 1);
  CheckpointAndWait(0);
  ASSERT_EQ(store_->TrimBefore(0, 11), absl::OkStatus());
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(CountsOf(directory(), "log.0").entries, 1u);
}

// The other way round there is no way but damage.
TEST_F(RocksDbStoreTest, ALogThatBeginsBehindItsFloorIsALoss) {
  Open();
  AppendDurably(0, 10);
  CheckpointAndWait(0);
  AppendDurably(0, 10);
  CheckpointAndWait(0);
  ASSERT_EQ(store_->TrimBefore(0, 11), absl::OkStatus());
  ASSERT_TRUE(store_->Close().ok());
  {
    const RawDatabase raw(directory());
    ASSERT_TRUE(raw.db()->Delete({}, std::string("floor/\0\0", 8)).ok());
  }
  for (const bool read_only : {false, true}) {
    const auto opened = OpenRocksDbEventStore(
        {.directory = directory(), .read_only = read_only}, nullptr);
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(opened.status().message()),
                HasSubstr("should begin at 0:1, but begins at 0:11"));
  }
}

// Reads run while the floor moves: each gets all of its records, or is told.
TEST_F(RocksDbStoreTest, ReadsBesideATrim) {
  Open();
  for (int i = 0; i < 20; ++i) {
    AppendDurably(0, 100);
    CheckpointAndWait(0);
  }
  std::atomic<bool> done{false};
  std::atomic<int> whole{0};
  std::thread other([&] {
    while (!done) {
      const Position from = store_->Floor(0);
      Position next = from;
      absl::Status status =
          store_->Read(0, from, 2000, [&](Position position, auto record) {
            EXPECT_EQ(record, TestRecord(0, position));
            ++next;
            return true;
          });
      if (status.ok()) {
        EXPECT_EQ(next, 2001u);
        ++whole;
      } else {
        EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
      }
      status = store_->ReadOne(0, from).status();
      EXPECT_TRUE(status.ok() || absl::IsOutOfRange(status)) << status;
    }
  });
  for (Position floor = 50; floor < 2000; floor += 50) {
    ASSERT_EQ(store_->TrimBefore(0, floor), absl::OkStatus());
  }
  done = true;
  other.join();
  EXPECT_GT(whole, 0);
}

// Rounds, checkpoints, archive and trimming beside each other.
TEST_F(RocksDbStoreTest, TrimsBesideTheWriter) {
  Open({.partitions = 2, .is_dead = DiesWithItsValue});
  std::atomic<bool> done{false};
  std::thread trimmer([&] {
    for (int i = 0; !done || store_->Floor(0) == 1; ++i) {
      const Position position = listener_->checkpointed(0);
      ASSERT_EQ(
          store_->WriteArchive({{Digits(position), TestRecord(0, i, 2000)},
                                {"~" + Digits(position), "x"}}),
          absl::OkStatus());
      ASSERT_EQ(store_->DeleteFromArchive({"~" + Digits(position)}),
                absl::OkStatus());
      const absl::Status status = store_->TrimBefore(0, position + 1);
      ASSERT_TRUE(status.ok() || absl::IsFailedPrecondition(status)) << status;
    }
  });
  for (int i = 0; i < 30; ++i) {
    for (PartitionId p = 0; p < 2; ++p) {
      AppendDurably(p, 50);
      store_->Cache(p).PutNew(Table::kStream, Digits(store_->End(p)),
                              Digits(store_->End(p)));
      CheckpointAndWait(p);
    }
  }
  done = true;
  trimmer.join();
  const Position floor = store_->Floor(0);
  EXPECT_GT(floor, 1u);
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(store_->Floor(0), floor);
  EXPECT_EQ(store_->End(0), 1500u);
  EXPECT_EQ(CheckTestLog(*store_, 1), absl::OkStatus());
  EXPECT_EQ(store_->Read(0, floor, 1500, [](auto, auto) { return true; }),
            absl::OkStatus());
  EXPECT_EQ(store_->ScanArchive("", "",
                                [](std::string_view key, std::string_view) {
                                  EXPECT_FALSE(key.starts_with("~"));
                                  return true;
                                }),
            absl::OkStatus());
}

// --- Archive -----------------------------------------------------------------

// A store of a build before the archive: without its family.
TEST_F(RocksDbStoreTest, AStoreWithoutAnArchive) {
  Open();
  AppendDurably(0, 3);
  ASSERT_TRUE(store_->Close().ok());
  {
    const RawDatabase raw(directory());
    ASSERT_TRUE(raw.db()->DropColumnFamily(raw.family("archive")).ok());
  }
  const auto archived = [](const EventStore& store) {
    int entries = 0;
    EXPECT_EQ(store.ScanArchive("", "",
                                [&](auto, auto) {
                                  ++entries;
                                  return true;
                                }),
              absl::OkStatus());
    return entries;
  };
  {
    auto reader = OpenRocksDbEventStore(
        {.directory = directory(), .read_only = true}, nullptr);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->End(0), 3u);
    EXPECT_EQ(archived(**reader), 0);
    EXPECT_EQ((*reader)->Refresh(), absl::OkStatus());
  }
  Open();
  ASSERT_EQ(store_->WriteArchive({{"a", "1"}}), absl::OkStatus());
  EXPECT_EQ(archived(*store_), 1);
  ASSERT_TRUE(store_->Close().ok());
  Open();
  EXPECT_EQ(archived(*store_), 1);
}

TEST_F(RocksDbStoreTest, TheArchiveIsPartOfWhatMakesACheckpointDue) {
  Open({.checkpoint_log_bytes = 1'000'000});
  AppendDurably(0, 1);
  EXPECT_FALSE(store_->CheckpointDue(0));
  ASSERT_EQ(store_->WriteArchive({{"a", TestRecord(0, 1, 1'000'000)}}),
            absl::OkStatus());
  EXPECT_TRUE(store_->CheckpointDue(0));
  CheckpointAndWait(0);
  EXPECT_FALSE(store_->CheckpointDue(0));
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
    const RawDatabase raw(directory());
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE(raw.db()->CreateColumnFamily({}, "index_newer", &added).ok());
    ASSERT_TRUE(raw.db()->DestroyColumnFamilyHandle(added).ok());
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
