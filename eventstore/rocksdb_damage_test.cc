// Damage to the files of a store, byte by byte: what was never acknowledged
// recovers to the last whole batch, everything else is DataLoss naming the
// place. Nothing opens with a hole, and nothing is believed silently.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "eventstore/cache_view.h"
#include "eventstore/mark.h"
#include "eventstore/no_sync_file_system.h"
#include "eventstore/rocksdb_event_store.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {
namespace {

using ::testing::HasSubstr;

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

class DamageTest : public ::testing::Test {
 protected:
  DamageTest()
      : env_(rocksdb::NewCompositeEnv(std::make_shared<NoSyncFileSystem>())) {}

  std::string healthy() const { return dir_ / "healthy"; }
  std::string damaged() const { return dir_ / "damaged"; }

  absl::StatusOr<std::unique_ptr<EventStore>> Open(const std::string& directory,
                                                   StoreOptions options = {}) {
    options.directory = directory;
    return OpenRocksDbEventStore(options, current_, {.env = env_.get()});
  }
  // A store in healthy() with `rounds` of `records` records of record_bytes_
  // each, still open. Returns the size of its WAL after each round.
  std::vector<uint64_t> WriteRounds(size_t rounds, size_t records = 1) {
    auto opened = Open(healthy());
    PAWL_CHECK_OK(opened.status());
    store_ = std::move(*opened);
    std::vector<uint64_t> sizes;
    for (size_t round = 0; round < rounds; ++round) {
      const Position first = round * records + 1;
      PAWL_CHECK_OK(store_->Append(
          0, first, TestRecords(0, first, records, record_bytes_)));
      PAWL_CHECK(listener_.WaitDurable(0, first + records - 1));
      sizes.push_back(std::filesystem::file_size(Wal(healthy())));
    }
    return sizes;
  }
  // The one write-ahead log that isn't empty.
  static std::string Wal(const std::string& directory) {
    for (const std::string& path : FilesEndingIn(directory + "/db", ".log")) {
      if (std::filesystem::file_size(path) > 0) return path;
    }
    PAWL_CHECK(false) << "no WAL";
    return "";
  }
  static void FlipBit(const std::string& path, size_t byte, int bit) {
    std::string bytes = ReadFile(path);
    bytes.at(byte) = static_cast<char>(bytes.at(byte) ^ (1 << bit));
    WriteFile(path, bytes);
  }
  // Sets what the mark says, in both slots.
  static void SetMark(const std::string& directory, Position acknowledged) {
    const std::string path = directory + "/ACKED";
    auto content = DecodeMarkSlot(ReadFile(path).substr(0, kMarkSlotBytes));
    PAWL_CHECK_OK(content.status());
    content->partitions[0] = {acknowledged, acknowledged};
    const std::string slot = EncodeMarkSlot(*content);
    WriteFile(path, slot + slot);
  }
  // Damages a copy of healthy() whose mark says `acknowledged`, and opens it:
  // with `whole` records whole, that must recover exactly those, or, when that
  // is fewer than acknowledged, be refused.
  void ExpectOpening(Position acknowledged, Position whole,
                     const std::function<void(const std::string&)>& damage) {
    CopyDir(healthy(), damaged());
    SetMark(damaged(), acknowledged);
    damage(damaged());
    const std::string evidence = ReadFile(Wal(damaged()));
    auto opened = Open(damaged());
    if (whole >= acknowledged) {
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_EQ((*opened)->End(0), whole);
      EXPECT_EQ(CheckTestLog(**opened, 0, record_bytes_), absl::OkStatus());
      EXPECT_FALSE(std::filesystem::exists(damaged() + "/quarantine"));
      ++recovered_;
      return;
    }
    ASSERT_EQ(opened.status().code(), absl::StatusCode::kDataLoss)
        << opened.status();
    EXPECT_THAT(Message(opened.status()), HasSubstr(LogPlace(0, whole)));
    EXPECT_THAT(Message(opened.status()), HasSubstr(LogPlace(0, acknowledged)));
    const auto kept = FilesEndingIn(damaged() + "/quarantine", ".log");
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(ReadFile(kept[0]), evidence) << "the evidence as it was found";
    ++refused_;
  }

  size_t record_bytes_ = 12;
  // Of ExpectOpening.
  int recovered_ = 0;
  int refused_ = 0;
  TempDir dir_;
  std::unique_ptr<rocksdb::Env> env_;
  RecordingListener listener_;
  EventStoreListener* current_ = &listener_;
  std::unique_ptr<EventStore> store_;
};

constexpr Position kRounds = 5;

struct Tail {
  // In each round, which is one batch of the database.
  size_t records;
  // The mark stands after this round.
  size_t marked;
};

// The last two batches are rounds 4 and 5. The mark stands before them, between
// them, and behind them. With several records in a round, one of them may be
// whole in the damaged file and the round is not.
class TailDamageTest : public DamageTest,
                       public ::testing::WithParamInterface<Tail> {
 protected:
  Position mark() const { return GetParam().marked * GetParam().records; }
  // The log is damaged inside of `round`, counted from 1, or behind all of
  // them: that round and those behind it are lost, nothing else.
  void ExpectLostFrom(size_t round,
                      const std::function<void(const std::string&)>& damage) {
    ExpectOpening(mark(), (round - 1) * GetParam().records, damage);
  }
  // Every opening went one way or the other; with the mark set back to before
  // both batches, as a power loss may do, none is refused.
  void Print(const std::string& damage) {
    std::cout << "R3 " << damage << " of the last two batches of "
              << GetParam().records << ", mark at 0:" << mark() << ": "
              << recovered_ << " recovered to the last whole batch, "
              << refused_ << " DATA_LOSS with their place" << std::endl;
    EXPECT_GT(recovered_ + refused_, 0);
    if (GetParam().marked == 3) {
      EXPECT_EQ(refused_, 0);
    }
  }
  void CutAt(uint64_t size, const std::vector<uint64_t>& sizes) {
    SCOPED_TRACE(testing::Message() << "cut at " << size << " of " << sizes[4]);
    ExpectLostFrom(size == sizes[4]   ? 6
                   : size >= sizes[3] ? 5
                                      : 4,
                   [&](const std::string& directory) {
                     std::filesystem::resize_file(Wal(directory), size);
                   });
  }
  void FlipIn(uint64_t byte, const std::vector<uint64_t>& sizes) {
    const int bit = static_cast<int>(byte % 8);
    SCOPED_TRACE(testing::Message()
                 << "byte " << byte << " bit " << bit << ", batch 4 from "
                 << sizes[2] << ", batch 5 from " << sizes[3]);
    ExpectLostFrom(byte < sizes[3] ? 4 : 5, [&](const std::string& directory) {
      FlipBit(Wal(directory), byte, bit);
    });
  }
};

TEST_P(TailDamageTest, CutAtEveryByteOfTheLastTwoBatches) {
  const std::vector<uint64_t> sizes = WriteRounds(kRounds, GetParam().records);
  for (uint64_t size = sizes[2]; size <= sizes[4]; ++size) {
    CutAt(size, sizes);
    if (HasFatalFailure()) return;
  }
  Print("cut at every byte");
}

TEST_P(TailDamageTest, BitFlippedInEveryByteOfTheLastTwoBatches) {
  const std::vector<uint64_t> sizes = WriteRounds(kRounds, GetParam().records);
  for (uint64_t byte = sizes[2]; byte < sizes[4]; ++byte) {
    FlipIn(byte, sizes);
    if (HasFatalFailure()) return;
  }
  Print("a bit flipped in every byte");
}

// Preallocated or lost pages read as zeros.
TEST_P(TailDamageTest, ZeroedFromEveryByteOfTheLastTwoBatches) {
  const std::vector<uint64_t> sizes = WriteRounds(kRounds, GetParam().records);
  for (uint64_t byte = sizes[2]; byte < sizes[4]; byte += 7) {
    SCOPED_TRACE(testing::Message() << "zeros from " << byte);
    ExpectLostFrom(byte < sizes[3] ? 4 : 5, [&](const std::string& directory) {
      std::string bytes = ReadFile(Wal(directory));
      for (size_t i = byte; i < bytes.size(); ++i) bytes[i] = '\0';
      WriteFile(Wal(directory), bytes);
    });
    if (HasFatalFailure()) return;
  }
}

// The WAL is made of blocks; a large batch lies in several, in pieces with a
// checksum each. Around every block's edge, and at places between.
class LargeTailDamageTest : public TailDamageTest {};
TEST_P(LargeTailDamageTest, CutOrFlippedInBatchesOfSeveralBlocks) {
  constexpr uint64_t kBlock = 32 << 10;
  constexpr uint64_t kAround = 2;
  constexpr uint64_t kStep = 9973;
  record_bytes_ = 2 * kBlock / GetParam().records;
  const std::vector<uint64_t> sizes = WriteRounds(kRounds, GetParam().records);
  ASSERT_GT(sizes[4] - sizes[3], 2 * kBlock);
  for (uint64_t byte = sizes[2]; byte < sizes[4]; ++byte) {
    const uint64_t in_block = (byte + kAround) % kBlock;
    if (in_block > 2 * kAround && byte % kStep != 0) continue;
    CutAt(byte, sizes);
    FlipIn(byte, sizes);
    if (HasFatalFailure()) return;
  }
  Print("several blocks, cut or flipped");
}

class TableDamageTest : public DamageTest {
 protected:
  // A store whose log lies in a table file, all of it; closed.
  std::string WriteTable(Position records) {
    WriteRounds(records);
    store_->Cache(0).Put(Table::kIndexJob, "key", "a cached job");
    PAWL_CHECK_OK(store_->Cache(0).Checkpoint(records));
    PAWL_CHECK(listener_.WaitCheckpointed(0, records));
    PAWL_CHECK_OK(store_->Close());
    for (const auto& path : FilesEndingIn(healthy(), ".sst")) {
      if (ReadFile(path).find(TestRecord(0, 1, 12)) != std::string::npos) {
        return path.substr(healthy().size());
      }
    }
    PAWL_CHECK(false) << "no table with record 1";
    return "";
  }
};

// Every seventh byte, all eight bits in turn; the first run of this test went
// over every byte.
TEST_F(TableDamageTest, FlippedByteInATableIsDataLossNamingThePlace) {
  const std::string table = WriteTable(6);
  const std::string name = table.substr(table.find_last_of('/'));
  const size_t size = ReadFile(healthy() + table).size();
  int harmless = 0;
  for (size_t byte = 0; byte < size; byte += 7) {
    SCOPED_TRACE(testing::Message() << "byte " << byte << " of " << size);
    CopyDir(healthy(), damaged());
    FlipBit(damaged() + table, byte, static_cast<int>(byte % 8));
    auto opened = Open(damaged());
    absl::Status status = opened.status();
    if (status.ok()) status = CheckTestLog(**opened, 0, 12);
    if (status.ok()) {
      // The footer is padded; nothing reads that.
      EXPECT_GE(byte, size - 53);
      ++harmless;
      continue;
    }
    ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(Message(status), HasSubstr("0:1 to 0:6"));
    EXPECT_THAT(Message(status), HasSubstr(name));
  }
  EXPECT_LT(harmless, 6);
}

// To a reader a table that can't be opened is one that its writer removed.
TEST_F(TableDamageTest, AReaderTakesNoDamagedTableForOneThatIsGone) {
  WriteTable(6);
  int found = 0;
  for (const auto& path : FilesEndingIn(healthy(), ".sst")) {
    const std::string name = path.substr(healthy().size());
    const size_t size = ReadFile(path).size();
    for (size_t byte = size % 37; byte < size; byte += 37) {
      SCOPED_TRACE(testing::Message() << name << ", byte " << byte);
      CopyDir(healthy(), damaged());
      FlipBit(damaged() + name, byte, static_cast<int>(byte % 8));
      StoreOptions options;
      options.read_only = true;
      auto opened = Open(damaged(), options);
      absl::Status status = opened.status();
      if (status.ok()) status = CheckTestLog(**opened, 0, 12);
      if (status.ok()) {
        const auto job = (*opened)->Cache(0).Get(Table::kIndexJob, "key");
        status = job.status();
        if (status.ok()) {
          EXPECT_EQ(*job, "a cached job");
          EXPECT_EQ((*opened)->End(0), 6u);
          continue;
        }
      }
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      ++found;
    }
  }
  EXPECT_GT(found, 30);
}

// Large enough that most of the table isn't touched by the opening.
TEST_F(TableDamageTest, FlippedByteFoundWhenItIsReadNamesThePosition) {
  auto opened = Open(healthy());
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_TRUE((*opened)->Append(0, 1, TestRecords(0, 1, 300, 1000)).ok());
  ASSERT_TRUE(listener_.WaitDurable(0, 300));
  ASSERT_TRUE((*opened)->Cache(0).Checkpoint(300).ok());
  ASSERT_TRUE(listener_.WaitCheckpointed(0, 300));
  ASSERT_TRUE((*opened)->Close().ok());
  for (const Position victim : {Position{1}, Position{100}, Position{222}}) {
    CopyDir(healthy(), damaged());
    std::string table;
    size_t at = std::string::npos;
    for (const auto& path : FilesEndingIn(damaged(), ".sst")) {
      at = ReadFile(path).find(TestRecord(0, victim, 1000).substr(10));
      table = path;
      if (at != std::string::npos) break;
    }
    ASSERT_NE(at, std::string::npos);
    FlipBit(table, at + 500, 3);
    auto store = Open(damaged());
    ASSERT_TRUE(store.ok()) << store.status();
    Position last = 0;
    const absl::Status status =
        (*store)->Read(0, 1, 300, [&](Position position, std::string_view) {
          last = position;
          return true;
        });
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    // A damaged block takes the records beside it along; the first that can't
    // be read is named, with the file.
    EXPECT_LE(last, victim - 1);
    EXPECT_GE(last + 20, victim);
    EXPECT_THAT(Message(status), HasSubstr(LogPlace(0, last + 1)));
    EXPECT_THAT(Message(status), HasSubstr(".sst"));
    const absl::Status one = (*store)->ReadOne(0, victim).status();
    EXPECT_EQ(one.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(Message(one), HasSubstr(LogPlace(0, victim)));
    EXPECT_TRUE((*store)->ReadOne(0, 300).ok()) << "the rest can be read";
  }
}

// Opens the database behind the store's back.
void WithRawFamily(
    const std::string& directory, std::string_view family,
    const std::function<void(rocksdb::DB*, rocksdb::ColumnFamilyHandle*)>&
        act) {
  const std::string path = directory + "/db";
  const rocksdb::Options options;
  std::vector<std::string> names;
  PAWL_CHECK(rocksdb::DB::ListColumnFamilies(options, path, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names) families.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  PAWL_CHECK(rocksdb::DB::Open(options, path, families, &handles, &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  for (auto* handle : handles) {
    if (handle->GetName() == family) act(db.get(), handle);
  }
  for (auto* handle : handles) (void)db->DestroyColumnFamilyHandle(handle);
}

void WithRawLog(const std::string& directory,
                const std::function<void(rocksdb::DB*,
                                         rocksdb::ColumnFamilyHandle*)>& act) {
  WithRawFamily(directory, "log.0", act);
}

// Three files of one key each, side by side in level 1.
void MoveThreeFilesDown(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family) {
  for (const char* number : {"0", "1", "2"}) {
    // Of partition 0.
    const std::string key = std::string(2, '\0') + "moved " + number;
    ASSERT_TRUE(
        db->Put({}, family, key, std::string("a moved job ") + number).ok());
    ASSERT_TRUE(db->Flush({}, family).ok());
    rocksdb::ColumnFamilyMetaData files;
    db->GetColumnFamilyMetaData(family, &files);
    ASSERT_FALSE(files.levels[0].files.empty());
    ASSERT_TRUE(
        db->CompactFiles({}, family, {files.levels[0].files[0].name}, 1).ok());
  }
}

const std::string kOne("\0\0\0\0\0\0\0\1", 8);
const std::string kTwo("\0\0\0\0\0\0\0\2", 8);

// RocksDB's own checksums see a flip in a file. Ours sees what is wrong before
// or behind them: here a record that lies at the wrong position.
TEST_F(DamageTest, RecordInTheWrongPlaceIsDataLoss) {
  WriteRounds(3);
  ASSERT_TRUE(store_->Close().ok());
  WithRawLog(healthy(), [](rocksdb::DB* db, rocksdb::ColumnFamilyHandle* log) {
    std::string value;
    ASSERT_TRUE(db->Get({}, log, kOne, &value).ok());
    ASSERT_TRUE(db->Put({}, log, kTwo, value).ok());
  });
  auto store = Open(healthy());
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Status status = CheckTestLog(**store, 0, 12);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(status), HasSubstr("0:2"));
  EXPECT_TRUE((*store)->ReadOne(0, 1).ok());
  EXPECT_EQ((*store)->ReadOne(0, 2).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(DamageTest, MissingRecordIsDataLoss) {
  WriteRounds(3);
  ASSERT_TRUE(store_->Close().ok());
  WithRawLog(healthy(), [](rocksdb::DB* db, rocksdb::ColumnFamilyHandle* log) {
    ASSERT_TRUE(db->Delete({}, log, kTwo).ok());
  });
  auto store = Open(healthy());
  ASSERT_TRUE(store.ok()) << store.status();
  Position last = 0;
  const absl::Status status =
      (*store)->Read(0, 1, 3, [&](Position position, std::string_view) {
        last = position;
        return true;
      });
  EXPECT_EQ(last, 1u) << "nothing behind the hole is shown";
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(status), HasSubstr("0:2"));
  EXPECT_EQ((*store)->ReadOne(0, 2).status().code(),
            absl::StatusCode::kDataLoss);
}

// A damaged cache isn't a lost log: it is named, and can be thrown away.
TEST_F(TableDamageTest, DamagedCacheCanBeDiscarded) {
  WriteTable(6);
  std::string table;
  size_t at = 0;
  for (const auto& path : FilesEndingIn(healthy(), ".sst")) {
    at = ReadFile(path).find("a cached job");
    if (at == std::string::npos) continue;
    table = path.substr(healthy().size());
    break;
  }
  ASSERT_NE(table, "");
  for (const bool missing : {false, true}) {
    CopyDir(healthy(), damaged());
    if (missing) {
      std::filesystem::remove(damaged() + table);
    } else {
      FlipBit(damaged() + table, at, 1);
    }
    // Found by the opening, or when it is read.
    absl::Status status;
    if (auto store = Open(damaged()); !store.ok()) {
      status = store.status();
    } else {
      status = (*store)->Cache(0).Get(Table::kIndexJob, "key").status();
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(Message(status), HasSubstr("the cache index_job"));
    auto opened = Open(damaged(), {.discard_caches = true});
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ((*opened)->Cache(0).position(), 0u);
    EXPECT_EQ(CheckTestLog(**opened, 0, 12), absl::OkStatus());
    ASSERT_TRUE((*opened)->Close().ok());
    EXPECT_TRUE(Open(damaged()).ok());
  }
}

// A writer that doesn't find a key because its file is damaged would start an
// instance twice.
TEST_F(TableDamageTest, FlippedByteInACacheIsNeverAnAbsentKey) {
  WriteTable(6);
  std::string table;
  for (const auto& path : FilesEndingIn(healthy(), ".sst")) {
    if (ReadFile(path).find("a cached job") == std::string::npos) continue;
    table = path.substr(healthy().size());
  }
  ASSERT_NE(table, "");
  const size_t bytes = ReadFile(healthy() + table).size();
  int found = 0;
  for (size_t byte = 0; byte < bytes; byte += 7) {
    SCOPED_TRACE(byte);
    CopyDir(healthy(), damaged());
    FlipBit(damaged() + table, byte, static_cast<int>(byte % 8));
    auto store = Open(damaged());
    absl::Status status = store.status();
    if (status.ok()) {
      const auto value = (*store)->Cache(0).Get(Table::kIndexJob, "key");
      status = value.status();
      if (status.ok()) {
        EXPECT_EQ(*value, "a cached job");
        continue;
      }
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    ++found;
  }
  EXPECT_GT(found, 0);
}

// RocksDB ends a level's scan, or goes on behind it, when it comes to a file
// whose first block it can't read, and says OK: unless ScanOptions() are used.
TEST_F(TableDamageTest, DamageIsNeverTheEndOfAScan) {
  WriteTable(6);
  WithRawFamily(healthy(), NameOf(Table::kIndexJob), MoveThreeFilesDown);
  std::string last;
  for (const auto& path : FilesEndingIn(healthy(), ".sst")) {
    if (ReadFile(path).find("a moved job 2") == std::string::npos) continue;
    last = path.substr(healthy().size());
  }
  ASSERT_NE(last, "");
  const auto scan = [&](EventStore& store) {
    std::vector<std::string> keys;
    const absl::Status status =
        store.Cache(0).Scan(Table::kIndexJob, KeyRange::All(),
                            [&](std::string_view key, std::string_view) {
                              keys.emplace_back(key);
                              return true;
                            });
    EXPECT_THAT(keys, ::testing::IsSupersetOf({"moved 0", "moved 1"}));
    return status;
  };
  CopyDir(healthy(), damaged());
  {
    auto store = Open(damaged());
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_EQ(scan(**store), absl::OkStatus());
  }
  FlipBit(damaged() + last, 10, 2);
  auto store = Open(damaged());
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Status status = scan(**store);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

// Discarding caches isn't a way around the mark.
TEST_F(TableDamageTest, DiscardingCachesDoesNotHideALoss) {
  const std::string log = WriteTable(6);
  CopyDir(healthy(), damaged());
  std::filesystem::remove(damaged() + log);
  const absl::Status status =
      Open(damaged(), {.discard_caches = true}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

// The database's own book-keeping.
TEST_F(TableDamageTest, FlippedByteInManifestOrCurrent) {
  WriteTable(6);
  for (const char* name : {"MANIFEST", "CURRENT"}) {
    std::string path;
    for (const auto& file : FilesEndingIn(healthy() + "/db", "")) {
      if (file.find(name) != std::string::npos) path = file;
    }
    path = path.substr(healthy().size());
    const size_t size = ReadFile(healthy() + path).size();
    const size_t step = std::max<size_t>(1, size / 60);
    for (size_t byte = 0; byte < size; byte += step) {
      SCOPED_TRACE(testing::Message() << path << " byte " << byte);
      CopyDir(healthy(), damaged());
      FlipBit(damaged() + path, byte, static_cast<int>(byte % 8));
      auto opened = Open(damaged());
      if (opened.ok()) {
        EXPECT_EQ((*opened)->End(0), 6u);
        EXPECT_EQ(CheckTestLog(**opened, 0, 12), absl::OkStatus());
      } else {
        EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss)
            << opened.status();
        EXPECT_THAT(Message(opened.status()), HasSubstr("0:6"));
      }
    }
  }
}

// --- Whole files -------------------------------------------------------------

TEST_F(DamageTest, FlipsInOlderBatchesOfTheWalAreDataLoss) {
  const std::vector<uint64_t> sizes = WriteRounds(kRounds);
  for (uint64_t byte = 0; byte < sizes[2]; byte += 5) {
    SCOPED_TRACE(testing::Message() << "byte " << byte);
    CopyDir(healthy(), damaged());
    FlipBit(Wal(damaged()), byte, static_cast<int>(byte % 8));
    const auto opened = Open(damaged());
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss)
        << opened.status();
    EXPECT_THAT(Message(opened.status()), HasSubstr("0:5"));
  }
}

TEST_F(DamageTest, DeletedWalIsDataLossAtEveryOpening) {
  WriteRounds(kRounds);
  CopyDir(healthy(), damaged());
  std::filesystem::remove(Wal(damaged()));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto opened = Open(damaged());
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(Message(opened.status()), HasSubstr("0:5"));
  }
}

TEST_F(DamageTest, MissingOrDamagedMarkIsDataLossUntilAccepted) {
  WriteRounds(kRounds);
  for (const bool missing : {true, false}) {
    CopyDir(healthy(), damaged());
    const std::string mark = damaged() + "/ACKED";
    if (missing) {
      std::filesystem::remove(mark);
    } else {
      FlipBit(mark, 60, 0);
      FlipBit(mark, kMarkSlotBytes + 60, 0);
    }
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto opened = Open(damaged());
      EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_THAT(Message(opened.status()), HasSubstr("ACKED"));
      EXPECT_THAT(Message(opened.status()), HasSubstr("0:5"));
    }
    auto accepted = Open(damaged(), {.accept_loss_after = {{.position = 5}}});
    ASSERT_TRUE(accepted.ok()) << accepted.status();
    EXPECT_EQ((*accepted)->End(0), 5u);
    accepted->reset();
    EXPECT_TRUE(Open(damaged()).ok());
  }
}

TEST_F(DamageTest, OneDamagedSlotIsAnOrdinaryTornWrite) {
  WriteRounds(kRounds);
  for (const size_t slot : {0, 1}) {
    CopyDir(healthy(), damaged());
    FlipBit(damaged() + "/ACKED", slot * kMarkSlotBytes + 60, 0);
    auto opened = Open(damaged());
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ((*opened)->End(0), 5u);
  }
}

TEST_F(DamageTest, MarkOfAnotherStoreIsDataLoss) {
  WriteRounds(2);
  auto other = Open(dir_ / "other");
  ASSERT_TRUE(other.ok());
  other->reset();
  CopyDir(healthy(), damaged());
  WriteFile(damaged() + "/ACKED", ReadFile(dir_ / "other/ACKED"));
  const auto opened = Open(damaged());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(opened.status()), HasSubstr("another store"));
}

TEST_F(DamageTest, MissingDatabaseIsNeverCreatedAnew) {
  WriteRounds(2);
  CopyDir(healthy(), damaged());
  std::filesystem::remove(damaged() + "/db/CURRENT");
  auto status = Open(damaged()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(status), HasSubstr("CURRENT"));
  EXPECT_FALSE(FilesEndingIn(damaged() + "/db", ".log").empty());

  std::filesystem::remove_all(damaged() + "/db");
  status = Open(damaged()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(status), HasSubstr("0:2"));
  EXPECT_FALSE(std::filesystem::exists(damaged() + "/db"));
}

TEST_F(DamageTest, DeletedTableIsDataLoss) {
  WriteRounds(2);
  ASSERT_TRUE(store_->Cache(0).Checkpoint(2).ok());
  ASSERT_TRUE(listener_.WaitCheckpointed(0, 2));
  ASSERT_TRUE(store_->Close().ok());
  for (const std::string& table : FilesEndingIn(healthy(), ".sst")) {
    CopyDir(healthy(), damaged());
    std::filesystem::remove(damaged() + table.substr(healthy().size()));
    const auto opened = Open(damaged());
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss)
        << opened.status();
  }
}

// --- Accepting a loss --------------------------------------------------------

TEST_F(DamageTest, AcceptedLossIsRecordedAndKeepsTheEvidence) {
  const std::vector<uint64_t> sizes = WriteRounds(kRounds);
  current_ = nullptr;  // positions go back from here
  CopyDir(healthy(), damaged());
  std::filesystem::resize_file(Wal(damaged()), sizes[2]);
  EXPECT_FALSE(Open(damaged()).ok());
  for (const Position wrong : {Position{2}, Position{4}, Position{5}}) {
    EXPECT_EQ(Open(damaged(), {.accept_loss_after = {{.position = wrong}}})
                  .status()
                  .code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(
      Open(damaged(), {.accept_loss_after = {{.partition = 1, .position = 3}}})
          .status()
          .code(),
      absl::StatusCode::kDataLoss);
  auto opened = Open(damaged(), {.accept_loss_after = {{.position = 3}}});
  ASSERT_TRUE(opened.ok()) << opened.status();
  const std::vector<AcceptedLoss> want = {
      {.partition = 0, .position = 3, .acknowledged = 5}};
  EXPECT_EQ((*opened)->AcceptedLosses(), want);
  EXPECT_FALSE(FilesEndingIn(damaged() + "/accepted_loss_1", ".log").empty());
  // Life goes on at the position after the loss.
  ASSERT_TRUE((*opened)->Append(0, 4, {"other"}).ok());
  ASSERT_TRUE((*opened)->Close().ok());
  opened = Open(damaged());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->End(0), 4u);
  EXPECT_EQ((*opened)->AcceptedLosses(), want);
}

std::string TailName(const ::testing::TestParamInfo<Tail>& info) {
  return "Rounds" + std::to_string(info.param.marked) + "Of" +
         std::to_string(info.param.records);
}
INSTANTIATE_TEST_SUITE_P(Marks, TailDamageTest,
                         ::testing::Values(Tail{1, 3}, Tail{1, 4}, Tail{1, 5},
                                           Tail{3, 3}, Tail{3, 4}, Tail{3, 5}),
                         TailName);
INSTANTIATE_TEST_SUITE_P(Marks, LargeTailDamageTest,
                         ::testing::Values(Tail{3, 3}, Tail{3, 4}, Tail{3, 5}),
                         TailName);

}  // namespace
}  // namespace pawl::eventstore
