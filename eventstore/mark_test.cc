#include "eventstore/mark.h"

#include <filesystem>
#include <memory>
#include <string>

#include "base/limits.h"
#include "eventstore/quarantine.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {
namespace {

using ::testing::HasSubstr;

rocksdb::FileSystem* Fs() { return rocksdb::FileSystem::Default().get(); }

MarkContent Content(size_t partitions) {
  MarkContent content;
  content.store_id = std::string(kMarkIdBytes, 's');
  content.boot_id = std::string(kMarkIdBytes, 'b');
  content.counter = 7;
  for (size_t p = 0; p < partitions; ++p) {
    content.partitions.push_back({1000 + p, 900 + p});
  }
  return content;
}

void FlipBit(const std::string& path, size_t byte, int bit = 0) {
  std::string bytes = ReadFile(path);
  bytes.at(byte) = static_cast<char>(bytes.at(byte) ^ (1 << bit));
  WriteFile(path, bytes);
}

TEST(MarkSlot, KeepsItsContentUpToTheLargestStore) {
  for (const size_t partitions :
       {size_t{1}, size_t{2}, size_t{28}, size_t{kStorePartitionsMax}}) {
    for (const bool buffered : {false, true}) {
      MarkContent content = Content(partitions);
      content.buffered = buffered;
      const std::string slot = EncodeMarkSlot(content);
      ASSERT_EQ(slot.size(), kMarkSlotBytes);
      const auto decoded = DecodeMarkSlot(slot);
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(*decoded, content);
    }
  }
}

TEST(MarkSlot, EveryFlippedBitShows) {
  std::string slot = EncodeMarkSlot(Content(2));
  constexpr size_t kUsed = 56 + 2 * 16 + 4;
  for (size_t bit = 0; bit < kUsed * 8; ++bit) {
    slot[bit / 8] = static_cast<char>(slot[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeMarkSlot(slot).ok()) << bit;
    slot[bit / 8] = static_cast<char>(slot[bit / 8] ^ (1 << (bit % 8)));
  }
  EXPECT_FALSE(DecodeMarkSlot(slot.substr(1)).ok());
  EXPECT_FALSE(DecodeMarkSlot(std::string(kMarkSlotBytes, '\0')).ok());
}

TEST(MarkSlot, RequiresWhatTheModeAndTheMachineCanKeep) {
  MarkContent content = Content(1);
  EXPECT_EQ(content.Required(0, content.boot_id), 1000u);
  EXPECT_EQ(content.Required(0, "another boot....."), 1000u)
      << "synced records survive the machine";
  content.buffered = true;
  EXPECT_EQ(content.Required(0, content.boot_id), 1000u);
  EXPECT_EQ(content.Required(0, "another boot....."), 900u);
}

class MarkTest : public ::testing::Test {
 protected:
  MarkTest() : path_(dir_ / "ACKED") {
    EXPECT_TRUE(Mark::Create(Fs(), path_, Content(2)).ok());
  }
  std::unique_ptr<Mark> Open() {
    auto content = Mark::Load(Fs(), path_);
    EXPECT_TRUE(content.ok()) << content.status();
    auto mark = Mark::Open(Fs(), path_, *content);
    EXPECT_TRUE(mark.ok()) << mark.status();
    return std::move(*mark);
  }
  Position Loaded() {
    const auto content = Mark::Load(Fs(), path_);
    EXPECT_TRUE(content.ok()) << content.status();
    return content.ok() ? content->partitions[0].acknowledged : 0;
  }

  TempDir dir_;
  std::string path_;
};

TEST_F(MarkTest, IsPreallocatedAndKeepsItsSize) {
  EXPECT_EQ(std::filesystem::file_size(path_), 2 * kMarkSlotBytes);
  const auto mark = Open();
  for (Position i = 1; i <= 5; ++i) {
    ASSERT_TRUE(mark->Write({{i, i}, {i, i}}).ok());
    EXPECT_EQ(Loaded(), i);
    EXPECT_EQ(std::filesystem::file_size(path_), 2 * kMarkSlotBytes);
  }
  EXPECT_TRUE(mark->Sync().ok());
  EXPECT_TRUE(mark->Sync().ok());
}

TEST_F(MarkTest, WritesTheSlotsInTurn) {
  const auto mark = Open();
  ASSERT_TRUE(mark->Write({{1, 1}, {0, 0}}).ok());
  std::string before = ReadFile(path_);
  for (Position i = 2; i <= 7; ++i) {
    ASSERT_TRUE(mark->Write({{i, i}, {0, 0}}).ok());
    const std::string after = ReadFile(path_);
    const bool first =
        before.substr(0, kMarkSlotBytes) != after.substr(0, kMarkSlotBytes);
    const bool second =
        before.substr(kMarkSlotBytes) != after.substr(kMarkSlotBytes);
    EXPECT_NE(first, second) << "one slot a write";
    EXPECT_EQ(first, mark->content().counter % 2 == 0);
    before = after;
  }
}

TEST_F(MarkTest, ATornSlotLeavesTheOneBefore) {
  const auto mark = Open();
  for (Position i = 1; i <= 4; ++i) {
    ASSERT_TRUE(mark->Write({{i, i}, {0, 0}}).ok());
    const std::string whole = ReadFile(path_);
    const size_t slot = (mark->content().counter % 2) * kMarkSlotBytes;
    for (const size_t torn : {size_t{0}, size_t{45}, size_t{70}}) {
      // The new slot up to `torn`, then what was there: zeros.
      std::string bytes = whole;
      for (size_t at = slot + torn; at < slot + kMarkSlotBytes; ++at) {
        bytes[at] = '\0';
      }
      WriteFile(path_, bytes);
      if (i > 1) {
        EXPECT_EQ(Loaded(), i - 1);
      } else {
        EXPECT_EQ(Loaded(), 1000u);
      }
    }
    WriteFile(path_, whole);
    EXPECT_EQ(Loaded(), i);
  }
}

TEST_F(MarkTest, BothSlotsDamagedIsDataLossNamingTheFile) {
  FlipBit(path_, 60);
  FlipBit(path_, kMarkSlotBytes + 60);
  const auto content = Mark::Load(Fs(), path_);
  EXPECT_EQ(content.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(content.status().message()), HasSubstr(path_));
  WriteFile(path_, "");
  EXPECT_EQ(Mark::Load(Fs(), path_).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(MarkTest, AShortFileIsReadAsFarAsItGoes) {
  const std::string bytes = ReadFile(path_);
  WriteFile(path_, bytes.substr(0, kMarkSlotBytes + 100));
  EXPECT_EQ(Loaded(), 1000u);
  WriteFile(path_, bytes.substr(0, 100));
  EXPECT_EQ(Mark::Load(Fs(), path_).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(MarkTest, MissingIsNotFound) {
  std::filesystem::remove(path_);
  EXPECT_EQ(Mark::Load(Fs(), path_).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(MarkIds, AreSixteenBytes) {
  EXPECT_EQ(ReadBootId().size(), kMarkIdBytes);
  EXPECT_EQ(ReadBootId(), ReadBootId());
  const auto a = NewStoreId();
  const auto b = NewStoreId();
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->size(), kMarkIdBytes);
  EXPECT_NE(*a, *b);
}

// --- Quarantine --------------------------------------------------------------

// A file system without hard links.
class NoLinks : public rocksdb::FileSystemWrapper {
 public:
  NoLinks() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "NoLinks"; }
  rocksdb::IOStatus LinkFile(const std::string&, const std::string&,
                             const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported("no hard links");
  }
};

TEST(Quarantine, KeepsLogsThatAreRemovedAfterwards) {
  NoLinks no_links;
  for (rocksdb::FileSystem* fs :
       {Fs(), static_cast<rocksdb::FileSystem*>(&no_links)}) {
    TempDir dir;
    std::filesystem::create_directory(dir / "db");
    WriteFile(dir / "db/000004.log", "records");
    WriteFile(dir / "db/000005.log", "");
    WriteFile(dir / "db/000006.sst", "table");
    Quarantine quarantine(fs, dir.path());
    ASSERT_TRUE(quarantine.LinkLogs().ok());
    std::filesystem::remove(dir / "db/000004.log");
    EXPECT_EQ(ReadFile(dir / "quarantine/000004.log"), "records");
    EXPECT_EQ(FilesEndingIn(dir / "quarantine", "").size(), 1u);
    ASSERT_TRUE(quarantine.Drop().ok());
    EXPECT_FALSE(std::filesystem::exists(dir / "quarantine"));
    ASSERT_TRUE(quarantine.Drop().ok()) << "nothing to drop";
  }
}

TEST(Quarantine, AddsToWhatARefusedOpeningLeft) {
  TempDir dir;
  std::filesystem::create_directory(dir / "db");
  WriteFile(dir / "db/000004.log", "first");
  Quarantine quarantine(Fs(), dir.path());
  ASSERT_TRUE(quarantine.LinkLogs().ok());
  ASSERT_TRUE(quarantine.LinkLogs().ok()) << "the same file again";
  EXPECT_EQ(FilesEndingIn(dir / "quarantine", "").size(), 1u);
  std::filesystem::remove(dir / "db/000004.log");
  WriteFile(dir / "db/000004.log", "another of that name");
  WriteFile(dir / "db/000009.log", "third");
  ASSERT_TRUE(quarantine.LinkLogs().ok());
  EXPECT_EQ(ReadFile(dir / "quarantine/000004.log"), "first");
  EXPECT_EQ(ReadFile(dir / "quarantine/000004.log.1"), "another of that name");
  EXPECT_EQ(ReadFile(dir / "quarantine/000009.log"), "third");
}

TEST(Quarantine, IsSetAsideUnderANewNameEachTime) {
  TempDir dir;
  std::filesystem::create_directory(dir / "db");
  Quarantine quarantine(Fs(), dir.path());
  auto aside = quarantine.SetAside();
  ASSERT_TRUE(aside.ok());
  EXPECT_EQ(*aside, "") << "nothing was kept";
  for (const char* want : {"accepted_loss_1", "accepted_loss_2"}) {
    WriteFile(dir / "db/000004.log", want);
    ASSERT_TRUE(quarantine.LinkLogs().ok());
    aside = quarantine.SetAside();
    ASSERT_TRUE(aside.ok());
    EXPECT_EQ(*aside, dir / want);
    EXPECT_EQ(ReadFile(*aside + "/000004.log"), want);
    std::filesystem::remove(dir / "db/000004.log");
  }
}

}  // namespace
}  // namespace pawl::eventstore
