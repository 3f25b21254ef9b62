#include "eventstore/wal_gate.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "eventstore/store_test_util.h"
#include "gtest/gtest.h"

namespace pawl::eventstore {
namespace {

using rocksdb::IOStatus;

TEST(WalGate, SyncsUntilAnAppendFails) {
  WalGate gate;
  ASSERT_TRUE(gate.BeginSync().ok());
  gate.EndSync();
  ASSERT_TRUE(gate.BeginSync().ok());
  gate.EndSync();
  gate.Fail(IOStatus::NoSpace("first"));
  gate.Fail(IOStatus::IOError("second"));
  EXPECT_TRUE(gate.BeginSync().IsNoSpace());
  EXPECT_TRUE(gate.BeginSync().IsNoSpace()) << "for ever";
}

TEST(WalGate, AFailedAppendWaitsForTheSyncThatRuns) {
  for (int round = 0; round < 200; ++round) {
    WalGate gate;
    ASSERT_TRUE(gate.BeginSync().ok());
    std::atomic<bool> syncing = true;
    std::thread append([&] {
      gate.Fail(IOStatus::IOError("no"));
      EXPECT_FALSE(syncing);
    });
    if (round % 2 == 0) std::this_thread::yield();
    syncing = false;
    gate.EndSync();
    append.join();
    EXPECT_FALSE(gate.BeginSync().ok());
  }
}

// Fails appends and flushes once armed.
class FailingFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile> below, const bool* armed)
      : FSWritableFileOwnerWrapper(std::move(below)), armed_(*armed) {}
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    return armed_ ? IOStatus::IOError("append")
                  : FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Flush(const rocksdb::IOOptions& options,
                 rocksdb::IODebugContext* debug) override {
    return armed_ ? IOStatus::IOError("flush")
                  : FSWritableFileOwnerWrapper::Flush(options, debug);
  }

 private:
  const bool& armed_;
};

class FailingFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FailingFileSystem(const bool* armed)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), armed_(armed) {}
  const char* Name() const override { return "FailingFileSystem"; }
  IOStatus NewWritableFile(const std::string& name,
                           const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           rocksdb::IODebugContext* debug) override {
    const IOStatus status =
        target()->NewWritableFile(name, options, result, debug);
    if (status.ok()) {
      *result = std::make_unique<FailingFile>(std::move(*result), armed_);
    }
    return status;
  }

 private:
  const bool* const armed_;
};

class WalFileSystemTest : public ::testing::Test {
 protected:
  // What a failure of `act` on a file of that name does to the gate.
  template <typename Act>
  bool Fails(const std::string& name, Act act) {
    bool armed = false;
    WalGate gate;
    WalFileSystem fs(std::make_shared<FailingFileSystem>(&armed), &gate);
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(fs.NewWritableFile(folder_ / name, {}, &file, nullptr).ok());
    EXPECT_TRUE(act(file.get()).ok());
    EXPECT_TRUE(gate.BeginSync().ok());
    gate.EndSync();
    armed = true;
    EXPECT_FALSE(act(file.get()).ok());
    const bool failed = !gate.BeginSync().ok();
    if (!failed) gate.EndSync();
    return failed;
  }

  static IOStatus Append(rocksdb::FSWritableFile* file) {
    return file->Append("x", {}, nullptr);
  }
  static IOStatus Flush(rocksdb::FSWritableFile* file) {
    return file->Flush({}, nullptr);
  }

  const TempDir folder_;
};

TEST_F(WalFileSystemTest, WatchesWhatIsWrittenToTheLog) {
  EXPECT_TRUE(Fails("000004.log", Append));
  EXPECT_TRUE(Fails("000005.log", Flush));
  EXPECT_FALSE(Fails("000006.sst", Append));
  EXPECT_FALSE(Fails("MANIFEST-000001", Append));
}

// Reads bring one byte less than they could, but the last of a file.
class ShortFile : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  using FSSequentialFileOwnerWrapper::FSSequentialFileOwnerWrapper;
  IOStatus Read(size_t wanted, const rocksdb::IOOptions& options,
                rocksdb::Slice* result, char* scratch,
                rocksdb::IODebugContext* debug) override {
    const IOStatus status = FSSequentialFileOwnerWrapper::Read(
        wanted, options, result, scratch, debug);
    if (result->size() > 1) result->remove_suffix(1);
    return status;
  }
};

class ShortFileSystem : public rocksdb::FileSystemWrapper {
 public:
  ShortFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "ShortFileSystem"; }
  IOStatus NewSequentialFile(const std::string& name,
                             const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             rocksdb::IODebugContext* debug) override {
    const IOStatus status =
        target()->NewSequentialFile(name, options, result, debug);
    if (status.ok()) *result = std::make_unique<ShortFile>(std::move(*result));
    return status;
  }
};

// The status of reading a file of ten bytes by as many at once, and of the
// read after that.
std::pair<IOStatus, IOStatus> ReadTen(
    std::shared_ptr<rocksdb::FileSystem> below, const std::string& name) {
  WalGate gate;
  WalFileSystem fs(std::move(below), &gate);
  EXPECT_TRUE(rocksdb::WriteStringToFile(&fs, "0123456789", name, false).ok());
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  EXPECT_TRUE(fs.NewSequentialFile(name, {}, &file, nullptr).ok());
  char scratch[16];
  rocksdb::Slice result;
  const IOStatus first = file->Read(10, {}, &result, scratch, nullptr);
  return {first, file->Read(10, {}, &result, scratch, nullptr)};
}

// R6, `drop_unsynced@900,short_read@26~`: RocksDB took it for the log's end,
// and a record that had been acknowledged was gone.
TEST_F(WalFileSystemTest, AReadThatEndsBeforeTheLogIsAnError) {
  const auto whole =
      ReadTen(rocksdb::FileSystem::Default(), folder_ / "000004.log");
  EXPECT_TRUE(whole.first.ok() && whole.second.ok()) << "the end of the file";
  const auto cut =
      ReadTen(std::make_shared<ShortFileSystem>(), folder_ / "000005.log");
  EXPECT_TRUE(cut.first.IsIOError()) << cut.first.ToString();
  EXPECT_NE(cut.first.ToString().find("ended at 9, the file at 10"),
            std::string::npos)
      << cut.first.ToString();
  const auto other =
      ReadTen(std::make_shared<ShortFileSystem>(), folder_ / "MANIFEST-000001");
  EXPECT_TRUE(other.first.ok()) << "its records have checksums, and an end";
}

}  // namespace
}  // namespace pawl::eventstore
