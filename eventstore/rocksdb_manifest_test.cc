// A store whose MANIFEST ends in what a power loss left, or was damaged later:
// either everything acknowledged is there, and log and caches fit together, or
// it is refused with all its files kept. The power goes while RocksDB writes
// the edits of a checkpoint: the files are those from before it, but the
// MANIFEST has more bytes.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "eventstore/cache_view.h"
#include "eventstore/manifest_tail.h"
#include "eventstore/no_sync_file_system.h"
#include "eventstore/rocksdb_event_store.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"

namespace pawl::eventstore {
namespace {

using ::testing::HasSubstr;

class ManifestTest : public ::testing::Test {
 protected:
  static constexpr Table kTables[] = {Table::kIndexJob,
                                      Table::kIndexDefinition};

  std::string live() const { return dir_ / "live"; }
  std::string before() const { return dir_ / "before"; }
  std::string after() const { return dir_ / "after"; }
  std::string damaged() const { return dir_ / "damaged"; }

  static std::string Manifest(const std::string& directory) {
    std::string name = ReadFile(directory + "/db/CURRENT");
    name.pop_back();
    return directory + "/db/" + name;
  }
  static std::string ManifestBytes(const std::string& directory) {
    return ReadFile(Manifest(directory));
  }
  absl::StatusOr<std::unique_ptr<EventStore>> Open(
      const std::string& directory, EventStoreListener* listener = nullptr) {
    StoreOptions options;
    options.directory = directory;
    return OpenRocksDbEventStore(options, listener, {.env = env_.get()});
  }
  void OpenLive() {
    listener_ = std::make_unique<RecordingListener>();
    auto opened = Open(live(), listener_.get());
    PAWL_CHECK_OK(opened.status());
    store_ = std::move(*opened);
  }
  // One more record, durable, and what the caches say of it.
  void Append(size_t key_bytes = 3) {
    const Position next = store_->End(0) + 1;
    PAWL_CHECK_OK(store_->Append(0, next, TestRecords(0, next, 1)));
    PAWL_CHECK(listener_->WaitDurable(0, next));
    for (const Table table : kTables) {
      store_->Cache(0).Put(table, std::string(key_bytes, 'k'),
                           absl::StrCat("as of ", next));
    }
  }
  void Checkpoint() {
    PAWL_CHECK_OK(store_->Cache(0).Checkpoint(store_->End(0)));
    PAWL_CHECK(listener_->WaitCheckpointed(0, store_->End(0)));
  }
  // The end of the checkpoint's edits, which are one atomic group: each ends
  // with the tag 300 and how many follow. (A compaction's may be behind them.)
  static size_t GroupEnd(const std::string& manifest, size_t at) {
    while (at + 7 <= manifest.size()) {
      const size_t length = static_cast<unsigned char>(manifest[at + 4]) +
                            256u * static_cast<unsigned char>(manifest[at + 5]);
      at += 7 + length;
      if (manifest.substr(at - 3, 3) == std::string("\xAC\x02\0", 3)) return at;
    }
    PAWL_CHECK(false) << "no group of edits";
    return 0;
  }
  // Records 1 to 3 in tables, 4 and 5 in the log, then a checkpoint of all;
  // copies as a killed process would leave them before and after.
  void Prepare() {
    OpenLive();
    for (int i = 0; i < 3; ++i) Append();
    Checkpoint();
    for (int i = 0; i < 2; ++i) Append();
    CopyDir(live(), before());
    Checkpoint();
    PAWL_CHECK_OK(store_->Close());
    CopyDir(live(), after());
    ASSERT_EQ(Manifest(before()).substr(before().size()),
              Manifest(after()).substr(after().size()));
    old_bytes_ = ManifestBytes(before()).size();
    WriteFile(Manifest(after()),
              ManifestBytes(after()).substr(
                  0, GroupEnd(ManifestBytes(after()), old_bytes_)));
  }
  // In damaged(): the files of before(), those tables of after() that were
  // written for the checkpoint, and this MANIFEST.
  void PowerLoss(const std::string& manifest) {
    CopyDir(before(), damaged());
    for (const std::string& path : FilesEndingIn(after() + "/db", ".sst")) {
      const std::string to = damaged() + path.substr(after().size());
      if (!std::filesystem::exists(to)) std::filesystem::copy_file(path, to);
    }
    WriteFile(Manifest(damaged()), manifest);
  }
  // Garbage. In the place of a record's header it may look like that of one
  // which the file's end cuts, so some tests leave those 7 bytes.
  static std::string Spoiled(std::string bytes, size_t from, size_t to) {
    uint32_t x = 99;
    for (size_t i = from; i < std::min(to, bytes.size()); ++i) {
      x = x * 1664525 + 1013904223;
      bytes[i] = static_cast<char>(x >> 24);
    }
    return bytes;
  }
  // Log up to `end`, caches as of one of its checkpoints and of nothing else.
  static void ExpectWhole(EventStore* store, Position end, Position cached,
                          size_t key_bytes = 3) {
    EXPECT_EQ(store->End(0), end);
    EXPECT_EQ(CheckTestLog(*store, 0), absl::OkStatus());
    EXPECT_EQ(store->Cache(0).position(), cached);
    for (const Table table : kTables) {
      const auto value =
          store->Cache(0).Get(table, std::string(key_bytes, 'k'));
      ASSERT_TRUE(value.ok()) << value.status();
      ASSERT_TRUE(value->has_value());
      EXPECT_EQ(**value, absl::StrCat("as of ", cached));
    }
  }
  static std::map<std::string, std::string> Files(const std::string& directory,
                                                  bool kept_kinds_only) {
    std::map<std::string, std::string> files;
    for (const std::string& path : FilesEndingIn(directory, "")) {
      const std::string name = path.substr(path.find_last_of('/') + 1);
      if (kept_kinds_only && name.starts_with("LO")) continue;  // LOCK, LOG
      files[name] = ReadFile(path);
    }
    return files;
  }
  // Refused with what was found kept: `place` is in the message.
  void ExpectRefused(const std::string& place) {
    const auto found = Files(damaged() + "/db", true);
    for (int opening = 1; opening <= 2; ++opening) {
      const absl::Status status = Open(damaged()).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      EXPECT_THAT(status.ToString(), HasSubstr(place));
      EXPECT_THAT(status.ToString(), HasSubstr("MANIFEST"));
      EXPECT_THAT(status.ToString(), HasSubstr("kept in"));
      const auto kept = Files(damaged() + "/quarantine", false);
      for (const auto& [name, bytes] : found) {
        EXPECT_TRUE(kept.contains(name) && kept.at(name) == bytes)
            << "opening " << opening << ": " << name;
      }
    }
  }

  TempDir dir_;
  const std::unique_ptr<rocksdb::Env> env_ =
      rocksdb::NewCompositeEnv(std::make_shared<NoSyncFileSystem>());
  std::unique_ptr<RecordingListener> listener_;  // of the live store
  std::unique_ptr<EventStore> store_;
  size_t old_bytes_ = 0;
};

// The edits lie on the disk, or nothing of them, or any part.
TEST_F(ManifestTest, ATornEndIsTaken) {
  Prepare();
  const std::string all = ManifestBytes(after());
  for (size_t bytes = old_bytes_; bytes <= all.size();
       bytes +=
       bytes == all.size() ? 1 : std::min<size_t>(37, all.size() - bytes)) {
    SCOPED_TRACE(bytes);
    PowerLoss(all.substr(0, bytes));
    const auto opened = Open(damaged());
    ASSERT_TRUE(opened.ok()) << opened.status();
    ExpectWhole(opened->get(), 5, bytes == all.size() ? 5 : 3);
    EXPECT_FALSE(std::filesystem::exists(damaged() + "/quarantine"));
  }
}

// The bytes that were being written hold anything, from any place on, and may
// be whole again behind it: pages get to the disk in any order.
TEST_F(ManifestTest, GarbageAtTheEndIsCut) {
  Prepare();
  const std::string all = ManifestBytes(after());
  const size_t step = std::max<size_t>(1, (all.size() - old_bytes_) / 25);
  for (size_t from = old_bytes_; from + 4 < all.size(); from += step) {
    for (const size_t to : {all.size(), from + step, all.size() + 5000}) {
      SCOPED_TRACE(testing::Message() << "from " << from << " to " << to);
      std::string longer = all;
      longer.resize(std::max(to, all.size()));
      PowerLoss(Spoiled(longer, from, to));
      const auto opened = Open(damaged());
      ASSERT_TRUE(opened.ok()) << opened.status();
      ExpectWhole(opened->get(), 5, 3);
      EXPECT_FALSE(std::filesystem::exists(damaged() + "/quarantine"));
      EXPECT_FALSE(std::filesystem::exists(Manifest(damaged()) + ".tmp"));
    }
  }
}

// As above, and then the power goes again before that opening has ended.
TEST_F(ManifestTest, AnOpeningCutShortIsDoneAgain) {
  Prepare();
  PowerLoss(Spoiled(ManifestBytes(after()), old_bytes_ + 7, SIZE_MAX));
  rocksdb::FileSystem* const fs = rocksdb::FileSystem::Default().get();
  Quarantine quarantine(fs, damaged());
  const auto cut = CutManifest(fs, damaged() + "/db", &quarantine);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_TRUE(ManifestBytes(damaged()) == ManifestBytes(before()));
  const auto opened = Open(damaged());
  ASSERT_TRUE(opened.ok()) << opened.status();
  ExpectWhole(opened->get(), 5, 3);
  EXPECT_FALSE(std::filesystem::exists(damaged() + "/quarantine"));
}

// A page of the checkpoint's edits isn't there, up to the end of a block of
// 32 KiB, and the next page is: RocksDB skips the zeros, and would take what is
// left of the edits for all of them: a cache that is ahead of its position.
TEST_F(ManifestTest, ZerosBeforeABlockDontPartACheckpoint) {
  // An edit holds the first and the last key of its table. The first run shows
  // how long the keys must be for the third edit, that of the first cache, to
  // end with the block.
  size_t key_bytes = 5000;
  for (const bool first : {true, false}) {
    std::filesystem::remove_all(live());
    OpenLive();
    Append(key_bytes);
    CopyDir(live(), before());
    old_bytes_ = ManifestBytes(live()).size();
    Checkpoint();
    PAWL_CHECK_OK(store_->Close());
    if (!first) break;
    const std::string bytes = ManifestBytes(live());
    const size_t last_key =
        bytes.find(std::string(key_bytes, 'k'),
                   bytes.find(std::string(key_bytes, 'k')) + key_bytes);
    const size_t its_end = bytes.find("\xAC\x02\x02", last_key) + 3;
    key_bytes += (kManifestBlockBytes - its_end) / 2;
  }
  CopyDir(live(), after());
  std::string manifest = ManifestBytes(after());
  ManifestScan next_block;
  next_block.Add(manifest.substr(kManifestBlockBytes));
  ASSERT_GT(next_block.whole(), key_bytes) << "no edit begins with the block";
  std::fill(manifest.begin() + static_cast<ptrdiff_t>(old_bytes_),
            manifest.begin() + kManifestBlockBytes, '\0');
  PowerLoss(manifest);
  const auto opened = Open(damaged());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->End(0), 1u);
  EXPECT_EQ(CheckTestLog(**opened, 0), absl::OkStatus());
  EXPECT_EQ((*opened)->Cache(0).position(), 0u);
  for (const Table table : kTables) {
    const auto value =
        (*opened)->Cache(0).Get(table, std::string(key_bytes, 'k'));
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_FALSE(value->has_value()) << "ahead of its position";
  }
}

// The edits were on the disk, the log was deleted for them, and then they are
// damaged: what opens ends before the mark.
TEST_F(ManifestTest, DamageToEditsThatWereBuiltOnIsALoss) {
  Prepare();
  const std::string healthy = ManifestBytes(after());
  CopyDir(after(), damaged());
  WriteFile(Manifest(damaged()), Spoiled(healthy, old_bytes_ + 7, SIZE_MAX));
  ExpectRefused("0:5");
  EXPECT_THAT(Open(damaged()).status().ToString(),
              HasSubstr("the end of the MANIFEST"));
  // What was kept is a database: with its MANIFEST mended it is as it was.
  std::filesystem::remove_all(damaged() + "/db");
  std::filesystem::rename(damaged() + "/quarantine", damaged() + "/db");
  WriteFile(Manifest(damaged()), healthy);
  const auto opened = Open(damaged());
  ASSERT_TRUE(opened.ok()) << opened.status();
  ExpectWhole(opened->get(), 5, 5);
}

TEST_F(ManifestTest, TheRefusalSaysWhereItWasCut) {
  Prepare();
  CopyDir(after(), damaged());
  const std::string spoiled =
      Spoiled(ManifestBytes(after()), old_bytes_ + 7, SIZE_MAX);
  const std::string path = Manifest(damaged());
  WriteFile(path, spoiled);
  const absl::Status status = Open(damaged()).status();
  EXPECT_THAT(
      status.ToString(),
      HasSubstr(absl::StrCat(path, " was damaged at its end and cut at byte ",
                             old_bytes_, " of ", spoiled.size())));
}

// The logs of the records that were in the lost tables are gone, but a later
// log ends where the mark does.
TEST_F(ManifestTest, AHoleBeforeTheEndIsALoss) {
  OpenLive();
  Append();
  CopyDir(live(), before());
  old_bytes_ = ManifestBytes(before()).size();
  Append();
  Append();
  Checkpoint();
  Append();
  CopyDir(live(), damaged());
  WriteFile(Manifest(damaged()),
            Spoiled(ManifestBytes(live()), old_bytes_ + 7, SIZE_MAX));
  ExpectRefused("0:1");
}

// Without a mark nobody can judge: nothing is touched.
TEST_F(ManifestTest, WithoutAMarkItIsLeftAlone) {
  Prepare();
  PowerLoss(Spoiled(ManifestBytes(after()), old_bytes_ + 7, SIZE_MAX));
  std::filesystem::remove(damaged() + "/ACKED");
  const std::string found = ManifestBytes(damaged());
  EXPECT_EQ(Open(damaged()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(ManifestBytes(damaged()) == found);
}

// Any bit, in what RocksDB writes at an opening too, in a store whose log
// still holds everything since then: refused, or log and caches are right.
TEST_F(ManifestTest, AnyFlippedBitIsALossOrNothing) {
  Prepare();
  const std::string all = ManifestBytes(after());
  int opened_count = 0;
  int refused_count = 0;
  for (const bool logs : {false, true}) {
    for (size_t byte = 0; byte < all.size(); byte += 41) {
      SCOPED_TRACE(testing::Message() << "byte " << byte << " logs " << logs);
      std::string manifest = all;
      manifest[byte] =
          static_cast<char>(manifest[byte] ^ (1 << (byte / 41 % 8)));
      if (logs) {
        PowerLoss(manifest);
      } else {
        CopyDir(after(), damaged());
        WriteFile(Manifest(damaged()), manifest);
      }
      const auto opened = Open(damaged());
      if (!opened.ok()) {
        EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss)
            << opened.status();
        EXPECT_THAT(opened.status().ToString(), HasSubstr("0:5"));
        ++refused_count;
        continue;
      }
      ++opened_count;
      const Position cached = (*opened)->Cache(0).position();
      EXPECT_TRUE(cached == 3 || cached == 5) << cached;
      ExpectWhole(opened->get(), 5, cached);
    }
  }
  EXPECT_GT(opened_count, 0);
  EXPECT_GT(refused_count, 0);
}

}  // namespace
}  // namespace pawl::eventstore
