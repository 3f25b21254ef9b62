// Each fault fires at the call it was asked for, and does to a plain file what
// its name says: the faults of the other tests are real.
#include "tests/crash/fault_file_system.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace pawl::crash {
namespace {

using rocksdb::IOStatus;
using rocksdb::Slice;
using Loss = SimulatedDisk::Loss;

const rocksdb::IOOptions kIo;
const rocksdb::FileOptions kFile;

std::string Bytes(char c, size_t n) { return std::string(n, c); }

// A folder /d on a machine that goes through lives.
class FaultFileSystemTest : public ::testing::Test {
 protected:
  FaultFileSystemTest() { Begin({}); }

  void Begin(std::vector<Fault> faults, uint64_t seed = 1) {
    fs_ = std::make_unique<FaultFileSystem>(disk_, std::move(faults), seed);
  }
  // The next life, without faults, on what is left.
  void Next(Loss otherwise = Loss::kNothing) {
    file_.reset();
    disk_ = fs_->Image(otherwise);
    Begin({});
  }
  IOStatus Create(const std::string& path) {
    return fs_->NewWritableFile(path, kFile, &file_, nullptr);
  }
  IOStatus Append(const std::string& bytes) {
    return file_->Append(bytes, kIo, nullptr);
  }
  IOStatus Sync() { return file_->Sync(kIo, nullptr); }
  IOStatus SyncFolder() {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    IOStatus status = fs_->NewDirectory("/d", kIo, &folder, nullptr);
    return status.ok() ? folder->Fsync(kIo, nullptr) : status;
  }
  // A file whose first bytes, and whose name, are on the disk.
  void CreateSynced(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(Create(path).ok());
    ASSERT_TRUE(Append(bytes).ok());
    ASSERT_TRUE(Sync().ok());
    ASSERT_TRUE(SyncFolder().ok());
  }
  // "-" when it isn't there.
  std::string Content(const std::string& path) {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    if (!fs_->NewRandomAccessFile(path, kFile, &file, nullptr).ok()) return "-";
    std::string buffer(1 << 20, '\0');
    Slice result;
    if (!file->Read(0, buffer.size(), kIo, &result, buffer.data(), nullptr)
             .ok()) {
      return "-";
    }
    return result.ToString();
  }

  SimulatedDisk disk_{"/d"};
  std::unique_ptr<FaultFileSystem> fs_;
  std::unique_ptr<rocksdb::FSWritableFile> file_;
};

TEST_F(FaultFileSystemTest, WithoutFaultsItIsAFileSystem) {
  CreateSynced("/d/a", "abc");
  EXPECT_EQ(Content("/d/a"), "abc");
  ASSERT_TRUE(fs_->RenameFile("/d/a", "/d/b", kIo, nullptr).ok());
  ASSERT_TRUE(fs_->LinkFile("/d/b", "/d/c", kIo, nullptr).ok());
  bool same = false;
  ASSERT_TRUE(fs_->AreFilesSame("/d/b", "/d/c", kIo, &same, nullptr).ok());
  EXPECT_TRUE(same);
  ASSERT_TRUE(fs_->DeleteFile("/d/b", kIo, nullptr).ok());
  EXPECT_EQ(Content("/d/a"), "-");
  EXPECT_EQ(Content("/d/b"), "-");
  EXPECT_EQ(Content("/d/c"), "abc");
  EXPECT_TRUE(fs_->DeleteFile("/d/b", kIo, nullptr).IsPathNotFound());
  // create, write, sync, sync of the folder, rename, link, two removals
  EXPECT_EQ(fs_->calls(), 8u);
  EXPECT_EQ(fs_->calls(Call::kWrite), 1u);
}

TEST_F(FaultFileSystemTest, KillKeepsWhatTheSystemHas) {
  CreateSynced("/d/a", "abc");
  disk_ = fs_->Image(Loss::kNothing);
  // Calls: create, write (b), write, sync.
  Begin({{FaultKind::kKill, 3}});
  ASSERT_TRUE(Create("/d/b").ok());
  ASSERT_TRUE(Append("12").ok());
  EXPECT_FALSE(Append("34").ok());
  EXPECT_FALSE(Sync().ok()) << "nothing happens after the end";
  EXPECT_FALSE(Create("/d/c").ok());
  EXPECT_TRUE(fs_->off());
  EXPECT_FALSE(fs_->power_lost());
  Next();
  EXPECT_EQ(Content("/d/a"), "abc");
  EXPECT_EQ(Content("/d/b"), "12") << "the machine ran on";
  EXPECT_EQ(Content("/d/c"), "-");
  // But it isn't on the disk yet.
  Next(Loss::kUnsynced);
  EXPECT_EQ(Content("/d/a"), "abc");
  EXPECT_EQ(Content("/d/b"), "-");
}

TEST_F(FaultFileSystemTest, DropUnsyncedLosesBytesAndNames) {
  CreateSynced("/d/a", "abc");
  disk_ = fs_->Image(Loss::kNothing);
  std::unique_ptr<rocksdb::FSRandomRWFile> in_place;
  Begin({{FaultKind::kDropUnsynced, 5}});
  ASSERT_TRUE(fs_->NewRandomRWFile("/d/a", kFile, &in_place, nullptr).ok());
  ASSERT_TRUE(in_place->Write(1, "XYZ", kIo, nullptr).ok());
  ASSERT_TRUE(Create("/d/b").ok());
  ASSERT_TRUE(Append("12").ok());
  ASSERT_TRUE(Sync().ok()) << "its bytes are on the disk, its name isn't";
  EXPECT_EQ(Content("/d/a"), "aXYZ");
  EXPECT_FALSE(fs_->DeleteFile("/d/a", kIo, nullptr).ok());
  EXPECT_TRUE(fs_->power_lost());
  Next();
  EXPECT_EQ(Content("/d/a"), "abc");
  EXPECT_EQ(Content("/d/b"), "-");
}

TEST_F(FaultFileSystemTest, DropUnsyncedBringsBackWhatWasRemovedOrRenamed) {
  CreateSynced("/d/a", "abc");
  CreateSynced("/d/b", "old");
  ASSERT_TRUE(fs_->RenameFile("/d/a", "/d/b", kIo, nullptr).ok());
  EXPECT_EQ(Content("/d/b"), "abc");
  Next(Loss::kUnsynced);
  EXPECT_EQ(Content("/d/a"), "abc");
  EXPECT_EQ(Content("/d/b"), "old");
  ASSERT_TRUE(fs_->DeleteFile("/d/a", kIo, nullptr).ok());
  Next(Loss::kUnsynced);
  EXPECT_EQ(Content("/d/a"), "abc");
  ASSERT_TRUE(fs_->RenameFile("/d/a", "/d/b", kIo, nullptr).ok());
  ASSERT_TRUE(SyncFolder().ok());
  Next(Loss::kUnsynced);
  EXPECT_EQ(Content("/d/a"), "-");
  EXPECT_EQ(Content("/d/b"), "abc");
}

// Every subset of three unsynced pages, and either fate of a new name.
TEST_F(FaultFileSystemTest, OutOfOrderKeepsAnyPages) {
  std::set<std::string> seen;
  std::set<bool> named;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    disk_ = SimulatedDisk("/d");
    Begin({{FaultKind::kOutOfOrder, 7}}, seed);
    CreateSynced("/d/a", "s");
    ASSERT_TRUE(Append(Bytes('u', 3 * SimulatedDisk::kPageBytes - 1)).ok());
    ASSERT_TRUE(fs_->LinkFile("/d/a", "/d/b", kIo, nullptr).ok());
    EXPECT_FALSE(Sync().ok());
    Next();
    const std::string bytes = Content("/d/a");
    std::string pages;
    for (size_t page = 0; page < 3; ++page) {
      const size_t last = (page + 1) * SimulatedDisk::kPageBytes - 1;
      pages += last >= bytes.size() ? '-' : bytes[last] == 'u' ? 'u' : '0';
    }
    ASSERT_EQ(bytes[0], 's') << "what was synced stays";
    seen.insert(pages);
    named.insert(Content("/d/b") != "-");
  }
  EXPECT_EQ(seen, (std::set<std::string>{"---", "u--", "0u-", "uu-", "00u",
                                         "0uu", "u0u", "uuu"}));
  EXPECT_EQ(named.size(), 2u);
}

TEST_F(FaultFileSystemTest, TornSectorCutsTheWriteAtASector) {
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    disk_ = SimulatedDisk("/d");
    Begin({{FaultKind::kTornSector, 5}}, seed);
    CreateSynced("/d/a", Bytes('s', 100));
    EXPECT_FALSE(Append(Bytes('u', 2000)).ok());
    Next();
    const std::string bytes = Content("/d/a");
    ASSERT_EQ(bytes, Bytes('s', 100) + Bytes('u', bytes.size() - 100));
    sizes.insert(bytes.size());
  }
  EXPECT_EQ(sizes, (std::set<size_t>{100, 512, 1024, 1536, 2048}));
}

TEST_F(FaultFileSystemTest, GarbageFillsNewBlocksAndSparesOldBytes) {
  size_t garbage = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    disk_ = SimulatedDisk("/d");
    Begin({{FaultKind::kGarbage, 6}}, seed);
    CreateSynced("/d/a", Bytes('s', 100));
    ASSERT_TRUE(Append(Bytes('u', 2000)).ok());
    EXPECT_FALSE(Append(Bytes('v', 500)).ok());
    Next();
    const std::string bytes = Content("/d/a");
    ASSERT_EQ(bytes.size(), 2600u);
    ASSERT_EQ(bytes.substr(0, 100), Bytes('s', 100));
    ASSERT_NE(bytes.substr(2100), Bytes('v', 500)) << "it was under way";
    garbage += bytes.substr(100, 2000) != Bytes('u', 2000);
  }
  EXPECT_EQ(garbage, 0u) << "its page was written with the one under way";
  disk_ = SimulatedDisk("/d");
  for (uint64_t seed = 0; seed < 20; ++seed) {
    disk_ = SimulatedDisk("/d");
    Begin({{FaultKind::kGarbage, 6}}, seed);
    CreateSynced("/d/a", Bytes('s', 100));
    ASSERT_TRUE(Append(Bytes('u', 2000)).ok());
    EXPECT_FALSE(Sync().ok());
    Next();
    ASSERT_EQ(Content("/d/a").substr(0, 100), Bytes('s', 100));
    garbage += Content("/d/a").substr(100) != Bytes('u', 2000);
  }
  EXPECT_GT(garbage, 5u);
}

TEST_F(FaultFileSystemTest, BitFlipChangesOneBitAndSaysNothing) {
  Begin({{FaultKind::kBitFlip, 2}});
  ASSERT_TRUE(Create("/d/a").ok());
  ASSERT_TRUE(Append("12345678").ok());
  ASSERT_TRUE(Append("abcdefgh").ok());
  ASSERT_TRUE(Append("12345678").ok());
  const std::string bytes = Content("/d/a");
  const std::string want = "12345678abcdefgh12345678";
  int bits = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const int flipped =
        __builtin_popcount(static_cast<unsigned char>(bytes[i] ^ want[i]));
    if (flipped > 0) {
      EXPECT_EQ(i / 8, 1u);
    }
    bits += flipped;
  }
  EXPECT_EQ(bits, 1);
  EXPECT_TRUE(fs_->struck(0));
}

TEST_F(FaultFileSystemTest, IoErrorOnceAndForEver) {
  Begin({{FaultKind::kIoError, 2}});
  ASSERT_TRUE(Create("/d/a").ok());
  EXPECT_TRUE(Append("1").IsIOError());
  EXPECT_TRUE(Append("2").ok());
  EXPECT_EQ(Content("/d/a"), "2");
  Begin({{FaultKind::kIoError, 2, true}});
  ASSERT_TRUE(Create("/d/b").ok());
  EXPECT_TRUE(Append("1").IsIOError());
  EXPECT_TRUE(Append("2").IsIOError());
  EXPECT_TRUE(Sync().IsIOError());
  EXPECT_TRUE(SyncFolder().IsIOError());
  EXPECT_TRUE(Create("/d/c").IsIOError());
  EXPECT_TRUE(fs_->RenameFile("/d/b", "/d/c", kIo, nullptr).IsIOError());
  EXPECT_TRUE(fs_->DeleteFile("/d/b", kIo, nullptr).IsIOError());
  EXPECT_EQ(Content("/d/b"), "") << "reads have their own fault";
  EXPECT_FALSE(fs_->off());
}

TEST_F(FaultFileSystemTest, NoSpaceStopsWhatGrows) {
  CreateSynced("/d/a", "abc");
  disk_ = fs_->Image(Loss::kNothing);
  Begin({{FaultKind::kNoSpace, 2, true}});
  ASSERT_TRUE(Create("/d/b").ok());
  EXPECT_TRUE(Append("1").IsNoSpace());
  EXPECT_TRUE(Sync().ok());
  EXPECT_TRUE(Create("/d/c").IsNoSpace());
  EXPECT_TRUE(fs_->DeleteFile("/d/a", kIo, nullptr).ok());
}

TEST_F(FaultFileSystemTest, ShortWriteWritesAPart) {
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    disk_ = SimulatedDisk("/d");
    Begin({{FaultKind::kShortWrite, 1}}, seed);
    ASSERT_TRUE(Create("/d/a").ok());
    EXPECT_TRUE(Append("abcd").IsIOError());
    const std::string bytes = Content("/d/a");
    EXPECT_EQ(bytes, std::string("abcd").substr(0, bytes.size()));
    sizes.insert(bytes.size());
  }
  EXPECT_EQ(sizes, (std::set<size_t>{0, 1, 2, 3}));
}

// What was dirty is seen until the machine needs its memory, and a later sync
// doesn't bring it to the disk.
TEST_F(FaultFileSystemTest, FailedSyncForgetsWhatWasDirty) {
  Begin({{FaultKind::kFailedSync, 2}});
  CreateSynced("/d/a", "abc");
  ASSERT_TRUE(Append("lost").ok());
  EXPECT_FALSE(fs_->Forgot("/d/a"));
  EXPECT_TRUE(Sync().IsIOError());
  EXPECT_TRUE(fs_->Forgot("/d/a"));
  EXPECT_FALSE(fs_->Forgot("/d/b"));
  EXPECT_EQ(Content("/d/a"), "abclost");
  EXPECT_TRUE(Sync().ok()) << "as Linux does";
  Next(Loss::kUnsynced);
  EXPECT_EQ(Content("/d/a"), "abc" + std::string(4, '\0'));
  Next();

  disk_ = SimulatedDisk("/d");
  Begin({{FaultKind::kFailedSync, 2}});
  CreateSynced("/d/a", "abc");
  ASSERT_TRUE(Append("lost").ok());
  EXPECT_TRUE(Sync().IsIOError());
  Next(Loss::kUnsynced);
  EXPECT_EQ(Content("/d/a"), "abc");
}

TEST_F(FaultFileSystemTest, FailedRenameLeavesBothNames) {
  CreateSynced("/d/a", "new");
  CreateSynced("/d/b", "old");
  disk_ = fs_->Image(Loss::kNothing);
  Begin({{FaultKind::kFailedRename, 1}});
  EXPECT_TRUE(fs_->RenameFile("/d/a", "/d/b", kIo, nullptr).IsIOError());
  EXPECT_EQ(Content("/d/a"), "new");
  EXPECT_EQ(Content("/d/b"), "old");
  EXPECT_TRUE(fs_->RenameFile("/d/a", "/d/b", kIo, nullptr).ok());
}

TEST_F(FaultFileSystemTest, FailedFolderSyncLeavesNamesToChance) {
  Begin({{FaultKind::kFailedFolderSync, 1}});
  ASSERT_TRUE(Create("/d/a").ok());
  ASSERT_TRUE(Append("abc").ok());
  ASSERT_TRUE(Sync().ok());
  EXPECT_TRUE(SyncFolder().IsIOError());
  Next(Loss::kUnsynced);
  EXPECT_EQ(Content("/d/a"), "-");
}

TEST_F(FaultFileSystemTest, ReadErrorAndShortRead) {
  CreateSynced("/d/a", "abcdefgh");
  disk_ = fs_->Image(Loss::kNothing);
  Begin({{FaultKind::kReadError, 2}});
  EXPECT_EQ(Content("/d/a"), "abcdefgh");
  EXPECT_EQ(Content("/d/a"), "-");
  EXPECT_EQ(Content("/d/a"), "abcdefgh");
  Begin({{FaultKind::kShortRead, 1}});
  const std::string bytes = Content("/d/a");
  EXPECT_LT(bytes.size(), 8u);
  EXPECT_EQ(bytes, std::string("abcdefgh").substr(0, bytes.size()));
  EXPECT_EQ(Content("/d/a"), "abcdefgh");
}

TEST_F(FaultFileSystemTest, CountsOnlyWhatAKindCanStrike) {
  Begin({{FaultKind::kFailedSync, 1}, {FaultKind::kNoSpace, 4}});
  ASSERT_TRUE(Create("/d/a").ok());
  ASSERT_TRUE(Append("1").ok());
  EXPECT_TRUE(Sync().IsIOError());
  ASSERT_TRUE(Append("2").ok());
  EXPECT_TRUE(fs_->struck(0));
  EXPECT_FALSE(fs_->struck(1));
  EXPECT_TRUE(Append("3").IsNoSpace()) << "a creation and three writes";
}

TEST(FaultKinds, HaveNamesAndPlaces) {
  std::set<std::string> names;
  for (size_t kind = 0; kind < kFaultKindCount; ++kind) {
    names.insert(FaultKindName(static_cast<FaultKind>(kind)));
    int calls = 0;
    for (size_t call = 0; call < kCallCount; ++call) {
      calls += CanStrike(static_cast<FaultKind>(kind), static_cast<Call>(call));
    }
    EXPECT_GT(calls, 0);
  }
  EXPECT_EQ(names.size(), kFaultKindCount);
}

}  // namespace
}  // namespace pawl::crash
