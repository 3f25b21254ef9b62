// The walk over a MANIFEST's records, on bytes that the test puts together, and
// CutManifest on files in a folder. What a store makes of it:
// rocksdb_manifest_test.
#include "eventstore/manifest_tail.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/crc32c.h"
#include "eventstore/record_codec.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::eventstore {
namespace {

using End = ManifestScan::End;
using ::testing::HasSubstr;

constexpr size_t kBlock = kManifestBlockBytes;
constexpr size_t kHeader = 7;

std::string Piece(int type, std::string_view content) {
  std::string piece(kHeader, '\0');
  piece[4] = static_cast<char>(content.size() & 0xff);
  piece[5] = static_cast<char>(content.size() >> 8);
  piece[6] = static_cast<char>(type);
  piece += content;
  const uint32_t crc = Crc32c(std::string_view(piece).substr(6));
  PutLittleEndian32(piece.data(), ((crc >> 15) | (crc << 17)) + 0xa282ead8u);
  return piece;
}

// As RocksDB's log writer does it.
void AddRecord(std::string* file, std::string_view record) {
  bool begins = true;
  do {
    size_t left = kBlock - file->size() % kBlock;
    if (left < kHeader) {
      file->append(left, '\0');
      left = kBlock;
    }
    const size_t size = std::min(record.size(), left - kHeader);
    const bool ends = size == record.size();
    *file +=
        Piece(begins ? (ends ? 1 : 2) : (ends ? 4 : 3), record.substr(0, size));
    record.remove_prefix(size);
    begins = false;
    if (ends) return;
  } while (true);
}

std::string FileOf(size_t records, size_t bytes) {
  std::string file;
  for (size_t i = 0; i < records; ++i) {
    AddRecord(&file, std::string(bytes, static_cast<char>('a' + i % 26)));
  }
  return file;
}

ManifestScan Scan(std::string_view file) {
  ManifestScan scan;
  for (; file.size() >= kBlock; file.remove_prefix(kBlock)) {
    scan.Add(file.substr(0, kBlock));
  }
  scan.Add(file);
  return scan;
}

void ExpectScan(const std::string& file, End end, uint64_t whole) {
  const ManifestScan scan = Scan(file);
  EXPECT_EQ(scan.end(), end);
  EXPECT_EQ(scan.whole(), whole);
  EXPECT_EQ(scan.bytes(), file.size());
}

std::string Garbage(size_t bytes) {
  std::string garbage;
  for (uint32_t x = 12345; garbage.size() < bytes;) {
    x = x * 1664525 + 1013904223;
    garbage += static_cast<char>(x >> 24);
  }
  return garbage;
}

TEST(ManifestScan, TakesWholeFiles) {
  ExpectScan("", End::kWhole, 0);
  for (const size_t bytes : {1, 100, 3000, 32'000, 100'000}) {
    const std::string file = FileOf(40, bytes);
    ExpectScan(file, End::kWhole, file.size());
  }
}

// The first block ends with 0 to 8 bytes left: too few for a header, none, or
// enough for a header and nothing.
TEST(ManifestScan, KnowsTheEndOfABlock) {
  for (size_t left = 0; left <= 8; ++left) {
    std::string file;
    AddRecord(&file, std::string(kBlock - kHeader - left, 'x'));
    ExpectScan(file, End::kWhole, file.size());
    AddRecord(&file, "behind the block's end");
    ExpectScan(file, End::kWhole, file.size());
  }
}

TEST(ManifestScan, ACutIsTornBackToTheLastRecord) {
  const std::string two = FileOf(2, 50'000);
  const uint64_t one = FileOf(1, 50'000).size();
  for (size_t bytes = one + 1; bytes < two.size(); bytes += 13) {
    ExpectScan(two.substr(0, bytes), End::kTorn, one);
  }
  for (const size_t bytes : {kBlock - 1, kBlock, kBlock + 1}) {
    ExpectScan(two.substr(0, bytes), End::kTorn, 0);
  }
}

TEST(ManifestScan, ZerosAtTheEndAreTorn) {
  const std::string file = FileOf(3, 100);
  ExpectScan(file + std::string(10, '\0'), End::kTorn, file.size());
  ExpectScan(file + std::string(3 * kBlock, '\0'), End::kTorn, file.size());
}

// RocksDB skips zeros up to the end of their block, and goes on behind them.
TEST(ManifestScan, ZerosBeforeARecordAreDamage) {
  const std::string start = FileOf(300, 100);
  std::string file = start;
  AddRecord(&file, std::string(kBlock - start.size() - kHeader, 'x'));
  ASSERT_EQ(file.size(), kBlock);
  AddRecord(&file, "whole");
  std::fill(file.begin() + static_cast<ptrdiff_t>(start.size()),
            file.begin() + kBlock, '\0');
  ExpectScan(file, End::kDamaged, start.size());
  ExpectScan(file.substr(0, kBlock), End::kTorn, start.size());
}

TEST(ManifestScan, ZerosWithinARecordAreDamage) {
  const std::string start = FileOf(3, 100);
  std::string file = start;
  AddRecord(&file, std::string(2 * kBlock, 'x'));
  file.resize(kBlock);
  ExpectScan(file + std::string(kBlock, '\0'), End::kDamaged, start.size());
}

TEST(ManifestScan, GarbageAtTheEndIsDamage) {
  const std::string start = FileOf(3, 100);
  for (const size_t bytes : {size_t{70'000}, 2 * kBlock}) {
    ExpectScan(start + Garbage(bytes), End::kDamaged, start.size());
  }
  // A record's room, filled with something else.
  for (const int byte : {0, 3, 6, 7, 50, 106}) {
    std::string file = FileOf(4, 100);
    file[start.size() + static_cast<size_t>(byte)] ^= 0x10;
    ExpectScan(file, End::kDamaged, start.size());
    // And with whole records behind it.
    AddRecord(&file, "whole");
    ExpectScan(file, End::kDamaged, start.size());
  }
}

// The last piece of a record that lies in four blocks is damaged, or another:
// the record goes, from its beginning on.
TEST(ManifestScan, ARecordInPiecesGoesWhole) {
  const std::string start = FileOf(3, 100);
  std::string whole = start;
  AddRecord(&whole, std::string(100'000, 'x'));
  for (size_t block = 0; block < 4; ++block) {
    std::string file = whole;
    file[block * kBlock + 1000] ^= 1;
    ExpectScan(file, End::kDamaged, start.size());
  }
}

TEST(ManifestScan, PiecesInAnotherOrderAreDamage) {
  const std::string start = FileOf(3, 100);
  for (const int type : {3, 4}) {
    ExpectScan(start + Piece(type, "no beginning"), End::kDamaged,
               start.size());
  }
  for (const int type : {1, 2}) {
    ExpectScan(start + Piece(2, "no end") + Piece(type, "the next"),
               End::kDamaged, start.size());
  }
}

// Some other MANIFEST, or CURRENT, is somebody else's business.
class CutManifestTest : public ::testing::Test {
 protected:
  CutManifestTest() : quarantine_(fs_, dir_.path()) {
    std::filesystem::create_directories(db());
    WriteFile(db() + "/CURRENT", "MANIFEST-000007\n");
    WriteFile(db() + "/000009.sst", "a table");
    WriteFile(db() + "/000008.log", "a log");
    WriteFile(db() + "/OPTIONS-000010", "options");
    WriteFile(db() + "/LOCK", "");
  }
  std::string db() const { return dir_ / "db"; }
  std::string manifest() const { return db() + "/MANIFEST-000007"; }
  absl::StatusOr<std::string> Cut(const std::string& bytes) {
    WriteFile(manifest(), bytes);
    return CutManifest(fs_, db(), &quarantine_);
  }
  bool Kept() const { return std::filesystem::exists(quarantine_.path()); }

  rocksdb::FileSystem* const fs_ = rocksdb::FileSystem::Default().get();
  TempDir dir_;
  Quarantine quarantine_;
};

TEST_F(CutManifestTest, LeavesAWholeFileAlone) {
  const std::string file = FileOf(400, 100);
  const auto cut = Cut(file);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(*cut, "");
  EXPECT_TRUE(ReadFile(manifest()) == file);
  EXPECT_FALSE(Kept());
}

TEST_F(CutManifestTest, KeepsEverythingAndCuts) {
  const std::string start = FileOf(400, 100);
  const std::string found = start + Garbage(70'000);
  const auto cut = Cut(found);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_THAT(*cut, HasSubstr(absl::StrCat("cut at byte ", start.size(), " of ",
                                           found.size())));
  EXPECT_TRUE(ReadFile(manifest()) == start);
  const std::string kept = quarantine_.path();
  EXPECT_TRUE(ReadFile(kept + "/MANIFEST-000007") == found);
  EXPECT_EQ(ReadFile(kept + "/CURRENT"), "MANIFEST-000007\n");
  EXPECT_EQ(ReadFile(kept + "/000009.sst"), "a table");
  EXPECT_EQ(ReadFile(kept + "/000008.log"), "a log");
  EXPECT_EQ(ReadFile(kept + "/OPTIONS-000010"), "options");
  EXPECT_FALSE(std::filesystem::exists(kept + "/LOCK"));
  EXPECT_EQ(std::filesystem::exists(manifest() + ".tmp"), false);
  // A second opening finds nothing to do, and knows of the first.
  const auto again = CutManifest(fs_, db(), &quarantine_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, "");
  EXPECT_TRUE(*quarantine_.HoldsDatabase());
}

TEST_F(CutManifestTest, KeepsEverythingButLeavesATornEnd) {
  const std::string file = FileOf(400, 100);
  const std::string torn = file.substr(0, file.size() - 3);
  const auto cut = Cut(torn);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(*cut, "");
  EXPECT_TRUE(ReadFile(manifest()) == torn);
  EXPECT_TRUE(*quarantine_.HoldsDatabase());
}

TEST_F(CutManifestTest, RefusesWhatIsNoEnd) {
  // One byte too much behind it, and one fewer.
  for (const uint64_t tail :
       {kManifestTailBytesMax + 1, kManifestTailBytesMax}) {
    const std::string start = FileOf(3, 100);
    const std::string found = start + Garbage(tail);
    const auto cut = Cut(found);
    if (tail <= kManifestTailBytesMax) {
      EXPECT_TRUE(cut.ok()) << cut.status();
      EXPECT_TRUE(ReadFile(manifest()) == start);
      continue;
    }
    EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(cut.status().message()),
                HasSubstr("MANIFEST-000007 is damaged at byte 321"));
    EXPECT_TRUE(ReadFile(manifest()) == found);
    EXPECT_FALSE(Kept());
  }
}

TEST_F(CutManifestTest, NeverCutsToNothing) {
  std::string file = FileOf(3, 100);
  file[20] ^= 1;
  EXPECT_EQ(Cut(file).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(ReadFile(manifest()) == file);
  EXPECT_FALSE(Kept());
}

TEST_F(CutManifestTest, LeavesToRocksDbWhatItHasWordsFor) {
  for (const char* current :
       {"", "MANIFEST-000007", "MANIFEST-000008\n", "nonsense\n"}) {
    WriteFile(db() + "/CURRENT", current);
    const auto cut = Cut(FileOf(3, 100) + Garbage(70'000));
    ASSERT_TRUE(cut.ok()) << cut.status();
    EXPECT_EQ(*cut, "");
    EXPECT_FALSE(Kept());
  }
}

// A file system whose first reading of the MANIFEST has one bit wrong.
class LyingFileSystem : public rocksdb::FileSystemWrapper {
 public:
  LyingFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "LyingFileSystem"; }
  rocksdb::IOStatus NewRandomAccessFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
      rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus status =
        target()->NewRandomAccessFile(name, options, file, context);
    if (name.find("MANIFEST") != std::string::npos && ++readings_ == 1) {
      *file = std::make_unique<LyingFile>(std::move(*file));
    }
    return status;
  }
  int readings() const { return readings_; }

 private:
  class LyingFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
   public:
    using FSRandomAccessFileOwnerWrapper::FSRandomAccessFileOwnerWrapper;
    rocksdb::IOStatus Read(uint64_t offset, size_t n,
                           const rocksdb::IOOptions& options,
                           rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* context) const override {
      const rocksdb::IOStatus status = FSRandomAccessFileOwnerWrapper::Read(
          offset, n, options, result, scratch, context);
      if (offset == 0) scratch[result->size() - 5] ^= 1;
      return status;
    }
  };
  int readings_ = 0;
};

TEST_F(CutManifestTest, ALyingReadChangesNothing) {
  const std::string file = FileOf(4, 100);
  WriteFile(manifest(), file);
  LyingFileSystem lying;
  const auto cut = CutManifest(&lying, db(), &quarantine_);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(*cut, "");
  EXPECT_EQ(lying.readings(), 2);
  EXPECT_TRUE(ReadFile(manifest()) == file);
  EXPECT_FALSE(Kept());
}

}  // namespace
}  // namespace pawl::eventstore
