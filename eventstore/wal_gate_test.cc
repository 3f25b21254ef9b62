#include "eventstore/wal_gate.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

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

}  // namespace
}  // namespace pawl::eventstore
