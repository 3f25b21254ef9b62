// Disks that fail, fill up, forbid or forget: injected below RocksDB.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/check.h"
#include "eventstore/cache_view.h"
#include "eventstore/mark.h"
#include "eventstore/rocksdb_event_store.h"
#include "eventstore/store_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using ::testing::HasSubstr;

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

enum class Operation { kAppend, kSync, kPositionedWrite, kCreate, kName };

// Answers an operation on files with a suffix with a failure, once armed, and
// remembers how much of each file was synced.
class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  void Arm(Operation operation, std::string suffix, IOStatus status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    operation_ = operation;
    suffix_ = std::move(suffix);
    status_ = std::move(status);
    armed_ = true;
  }
  void Disarm() { armed_ = false; }
  int faults() const { return faults_; }

  // After `operations` more that change something all of them fail, until
  // Revive().
  void DieAfter(int operations) {
    operations_left_ = operations;
    died_ = false;
    mortal_ = true;
  }
  void Revive() { mortal_ = false; }
  bool died() const { return died_; }

  IOStatus Check(Operation operation, const std::string& name) {
    if (mortal_ && operations_left_.fetch_sub(1) <= 0) {
      died_ = true;
      return IOStatus::IOError("Input/output error");
    }
    if (!armed_) return IOStatus::OK();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (operation != operation_ || !name.ends_with(suffix_)) {
      return IOStatus::OK();
    }
    ++faults_;
    return status_;
  }

  void Created(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sizes_.erase(name);
  }
  void Appended(const std::string& name, uint64_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sizes_[name].written += bytes;
  }
  void Synced(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sizes_[name].synced = sizes_[name].written;
  }
  uint64_t SyncedBytes(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return sizes_[name].synced;
  }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* context) override;
  IOStatus NewRandomRWFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                           IODebugContext* context) override;
  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* context) override {
    const IOStatus fault = Check(Operation::kName, name);
    return fault.ok() ? target()->DeleteFile(name, options, context) : fault;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions& options,
                      IODebugContext* context) override {
    const IOStatus fault = Check(Operation::kName, to);
    return fault.ok() ? target()->RenameFile(from, to, options, context)
                      : fault;
  }

 private:
  struct Sizes {
    uint64_t written = 0;
    uint64_t synced = 0;
  };
  std::mutex mutex_;
  std::atomic<bool> armed_{false};
  std::atomic<int> faults_{0};
  std::atomic<bool> mortal_{false};
  std::atomic<bool> died_{false};
  std::atomic<int> operations_left_{0};
  Operation operation_ = Operation::kAppend;
  std::string suffix_;
  IOStatus status_;
  std::map<std::string, Sizes> sizes_;
};

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name,
             FaultyFileSystem* fs)
      : FSWritableFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        fs_(fs) {}
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* context) override {
    const IOStatus fault = fs_->Check(Operation::kAppend, name_);
    if (!fault.ok()) return fault;
    fs_->Appended(name_, data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info,
                  IODebugContext* context) override {
    const IOStatus fault = fs_->Check(Operation::kAppend, name_);
    if (!fault.ok()) return fault;
    fs_->Appended(name_, data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, info, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    const IOStatus fault = fs_->Check(Operation::kSync, name_);
    if (!fault.ok()) return fault;
    fs_->Synced(name_);
    return FSWritableFileOwnerWrapper::Sync(options, context);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    const IOStatus fault = fs_->Check(Operation::kSync, name_);
    if (!fault.ok()) return fault;
    fs_->Synced(name_);
    return FSWritableFileOwnerWrapper::Fsync(options, context);
  }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  const std::string name_;
  FaultyFileSystem* const fs_;
};

class FaultyRandomFile : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyRandomFile(std::unique_ptr<rocksdb::FSRandomRWFile> file,
                   std::string name, FaultyFileSystem* fs)
      : FSRandomRWFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        fs_(fs) {}
  IOStatus Write(uint64_t offset, const rocksdb::Slice& data,
                 const IOOptions& options, IODebugContext* context) override {
    const IOStatus fault = fs_->Check(Operation::kPositionedWrite, name_);
    if (!fault.ok()) return fault;
    return FSRandomRWFileOwnerWrapper::Write(offset, data, options, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    const IOStatus fault = fs_->Check(Operation::kSync, name_);
    if (!fault.ok()) return fault;
    return FSRandomRWFileOwnerWrapper::Sync(options, context);
  }

 private:
  const std::string name_;
  FaultyFileSystem* const fs_;
};

IOStatus FaultyFileSystem::NewWritableFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* context) {
  const IOStatus fault = Check(Operation::kCreate, name);
  if (!fault.ok()) return fault;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const IOStatus status =
      target()->NewWritableFile(name, options, &file, context);
  if (status.ok()) {
    Created(name);
    *result = std::make_unique<FaultyFile>(std::move(file), name, this);
  }
  return status;
}

IOStatus FaultyFileSystem::NewRandomRWFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomRWFile>* result, IODebugContext* context) {
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  const IOStatus status =
      target()->NewRandomRWFile(name, options, &file, context);
  if (status.ok()) {
    *result = std::make_unique<FaultyRandomFile>(std::move(file), name, this);
  }
  return status;
}

class FaultsTest : public ::testing::Test {
 protected:
  FaultsTest()
      : fs_(std::make_shared<FaultyFileSystem>()),
        env_(rocksdb::NewCompositeEnv(fs_)) {}

  std::string store_dir() const { return dir_ / "store"; }

  absl::Status TryOpen(StoreOptions options = {}) {
    store_.reset();
    listener_ = std::make_unique<RecordingListener>();
    options.directory = store_dir();
    auto opened = OpenRocksDbEventStore(
        options, listener_.get(), {.env = env_.get(), .boot_id = boot_id_});
    if (!opened.ok()) return opened.status();
    store_ = std::move(*opened);
    return absl::OkStatus();
  }
  void Append(PartitionId partition, Position first, size_t count) {
    ASSERT_TRUE(
        store_->Append(partition, first, TestRecords(partition, first, count))
            .ok());
  }
  void AppendDurably(PartitionId partition, Position first, size_t count) {
    Append(partition, first, count);
    ASSERT_TRUE(listener_->WaitDurable(partition, first + count - 1));
  }
  // The failure that was reported, checked to be final.
  absl::Status ExpectFailed() {
    EXPECT_TRUE(listener_->WaitFailed());
    const absl::Status failure = listener_->failures().at(0);
    EXPECT_EQ(store_->health(), failure);
    const absl::Status append =
        store_->Append(0, store_->End(0) + 1, {"later"});
    EXPECT_EQ(append.code(), absl::StatusCode::kUnavailable) << append;
    EXPECT_THAT(Message(append), HasSubstr(Message(failure)));
    EXPECT_EQ(store_->Cache(0).Checkpoint(0).code(),
              absl::StatusCode::kUnavailable);
    EXPECT_EQ(store_->Close(), failure);
    EXPECT_EQ(listener_->failures().size(), 1u) << "said once";
    return failure;
  }

  TempDir dir_;
  std::shared_ptr<FaultyFileSystem> fs_;
  std::unique_ptr<rocksdb::Env> env_;
  std::string boot_id_;
  std::unique_ptr<RecordingListener> listener_;
  std::unique_ptr<EventStore> store_;
};

// --- Writes that fail --------------------------------------------------------

TEST_F(FaultsTest, FullDiskOnAppend) {
  ASSERT_TRUE(TryOpen().ok());
  AppendDurably(0, 1, 3);
  fs_->Arm(Operation::kAppend, ".log",
           IOStatus::NoSpace("No space left on device"));
  Append(0, 4, 2);
  const absl::Status failure = ExpectFailed();
  EXPECT_EQ(failure.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Message(failure), HasSubstr("0:4 to 0:5"));
  EXPECT_THAT(Message(failure), HasSubstr(store_dir()));
  EXPECT_EQ(listener_->durable(0), 3u);
  fs_->Disarm();
  ASSERT_TRUE(TryOpen().ok());
  EXPECT_EQ(store_->End(0), 3u);
  AppendDurably(0, 4, 2);
  EXPECT_EQ(CheckTestLog(*store_, 0), absl::OkStatus());
}

TEST_F(FaultsTest, FailedSync) {
  ASSERT_TRUE(TryOpen({.partitions = 2}).ok());
  AppendDurably(0, 1, 3);
  AppendDurably(1, 1, 1);
  fs_->Arm(Operation::kSync, ".log", IOStatus::IOError("Input/output error"));
  Append(1, 2, 2);
  const absl::Status failure = ExpectFailed();
  EXPECT_EQ(failure.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Message(failure), HasSubstr("1:2 to 1:3"));
  EXPECT_EQ(listener_->durable(1), 1u) << "nothing leaves after a failed sync";
  EXPECT_EQ(listener_->durable(0), 3u);
  EXPECT_EQ(fs_->faults(), 1) << "a sync that failed is never tried again";
  fs_->Disarm();
  ASSERT_TRUE(TryOpen().ok());
  EXPECT_EQ(store_->End(0), 3u);
  EXPECT_EQ(CheckTestLog(*store_, 1), absl::OkStatus());
}

TEST_F(FaultsTest, MarkThatCannotBeWritten) {
  ASSERT_TRUE(TryOpen().ok());
  AppendDurably(0, 1, 3);
  fs_->Arm(Operation::kPositionedWrite, "ACKED",
           IOStatus::IOError("Input/output error"));
  Append(0, 4, 1);
  const absl::Status failure = ExpectFailed();
  EXPECT_THAT(Message(failure), HasSubstr("ACKED"));
  EXPECT_EQ(listener_->durable(0), 3u) << "no effect without its witness";
  fs_->Disarm();
  ASSERT_TRUE(TryOpen().ok());
  EXPECT_EQ(store_->End(0), 4u);
}

TEST_F(FaultsTest, MarkThatCannotBeSynced) {
  ASSERT_TRUE(TryOpen().ok());
  fs_->Arm(Operation::kSync, "ACKED", IOStatus::IOError("Input/output error"));
  AppendDurably(0, 1, 1);
  const absl::Status failure = ExpectFailed();  // by the tick, within a second
  EXPECT_THAT(Message(failure), HasSubstr("ACKED"));
}

TEST_F(FaultsTest, FullDiskDuringACheckpointKeepsTheOldOne) {
  ASSERT_TRUE(TryOpen().ok());
  AppendDurably(0, 1, 3);
  store_->Cache(0).Put(Table::kIndexJob, "k", "three");
  ASSERT_TRUE(store_->Cache(0).Checkpoint(3).ok());
  ASSERT_TRUE(listener_->WaitCheckpointed(0, 3));
  AppendDurably(0, 4, 3);
  store_->Cache(0).Put(Table::kIndexJob, "k", "six");
  fs_->Arm(Operation::kAppend, ".sst",
           IOStatus::NoSpace("No space left on device"));
  ASSERT_TRUE(store_->Cache(0).Checkpoint(6).ok());
  ASSERT_TRUE(listener_->WaitFailed());
  EXPECT_EQ(**store_->Cache(0).Get(Table::kIndexJob, "k"), "six");
  const absl::Status failure = listener_->failures()[0];
  EXPECT_EQ(failure.code(), absl::StatusCode::kResourceExhausted) << failure;
  EXPECT_EQ(listener_->checkpointed(0), 3u);
  (void)store_->Close();
  fs_->Disarm();
  ASSERT_TRUE(TryOpen().ok());
  EXPECT_EQ(store_->End(0), 6u);
  EXPECT_EQ(store_->Cache(0).position(), 3u);
  EXPECT_EQ(**store_->Cache(0).Get(Table::kIndexJob, "k"), "three");
}

TEST_F(FaultsTest, AFailedStoreIsNotRecoveredBehindItsBack) {
  ASSERT_TRUE(TryOpen().ok());
  AppendDurably(0, 1, 3);
  fs_->Arm(Operation::kAppend, ".log",
           IOStatus::NoSpace("No space left on device"));
  Append(0, 4, 2);
  ASSERT_TRUE(listener_->WaitFailed());
  fs_->Disarm();
  // RocksDB's own recovery would begin at once, by bringing all to tables.
  const size_t tables = FilesEndingIn(store_dir() + "/db", ".sst").size();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(FilesEndingIn(store_dir() + "/db", ".sst").size(), tables);
  (void)store_->Close();
}

TEST_F(FaultsTest, RoundsBehindAFailedOneAreNotWritten) {
  ASSERT_TRUE(TryOpen().ok());
  AppendDurably(0, 1, 1);
  fs_->Arm(Operation::kAppend, ".log", IOStatus::IOError("Input/output error"));
  for (Position position = 2; position < 50; ++position) {
    if (!store_->Append(0, position, TestRecords(0, position, 1)).ok()) break;
  }
  ASSERT_TRUE(listener_->WaitFailed());
  fs_->Disarm();  // the disk is well again: nothing may follow all the same
  (void)store_->Close();
  EXPECT_EQ(listener_->appended(0), 1u);
  ASSERT_TRUE(TryOpen().ok());
  EXPECT_EQ(store_->End(0), 1u);
}

// --- Trimming and archiving --------------------------------------------------

void ExpectLogFromItsFloor(const EventStore& store) {
  Position next = store.Floor(0);
  EXPECT_EQ(store.Read(0, next, store.End(0),
                       [&](Position position, std::string_view record) {
                         EXPECT_EQ(position, next++);
                         EXPECT_EQ(record, TestRecord(0, position));
                         return true;
                       }),
            absl::OkStatus());
  EXPECT_EQ(next, store.End(0) + 1);
}

std::vector<std::string> ArchivedKeys(const EventStore& store) {
  std::vector<std::string> keys;
  EXPECT_EQ(store.ScanArchive("", "",
                              [&](std::string_view key, std::string_view) {
                                keys.emplace_back(key);
                                return true;
                              }),
            absl::OkStatus());
  return keys;
}

TEST_F(FaultsTest, AnArchiveThatCannotBeWrittenFailsTheStore) {
  struct Case {
    Operation operation;
    IOStatus status;
  };
  for (const Case& fault :
       {Case{Operation::kAppend, IOStatus::NoSpace("No space left on device")},
        Case{Operation::kSync, IOStatus::IOError("Input/output error")}}) {
    std::filesystem::remove_all(store_dir());
    ASSERT_TRUE(TryOpen().ok());
    AppendDurably(0, 1, 3);
    ASSERT_EQ(store_->WriteArchive({{"a", "1"}}), absl::OkStatus());
    fs_->Arm(fault.operation, ".log", fault.status);
    const absl::Status status =
        store_->WriteArchive({{"b", "2"}, {"c", std::string(100'000, 'x')}});
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    fs_->Disarm();  // the disk is well again: nothing may follow all the same
    EXPECT_EQ(store_->WriteArchive({{"d", "4"}}).code(),
              absl::StatusCode::kUnavailable);
    EXPECT_EQ(store_->DeleteFromArchive({"a"}).code(),
              absl::StatusCode::kUnavailable);
    EXPECT_EQ(store_->TrimBefore(0, 1).code(), absl::StatusCode::kUnavailable);
    (void)ExpectFailed();
    ASSERT_TRUE(TryOpen().ok());
    EXPECT_EQ(store_->End(0), 3u);
    const auto keys = ArchivedKeys(*store_);
    EXPECT_TRUE(keys == std::vector<std::string>{"a"} ||
                (keys == std::vector<std::string>{"a", "b", "c"}))
        << "all or nothing";
    store_.reset();
  }
}

// A disk that dies at its n-th operation, for every n: of archiving and
// trimming, and with the power, so that only synced bytes of the logs are left.
// What was reported is there, and the same calls finish the work.
TEST_F(FaultsTest, ArchivingAndTrimmingMayEndAnywhere) {
  ASSERT_TRUE(TryOpen().ok());
  for (Position first = 1; first <= 41; first += 10) {
    AppendDurably(0, first, 10);
    store_->Cache(0).Put(Table::kStream, "k", std::to_string(first));
    ASSERT_TRUE(store_->Cache(0).Checkpoint(first + 9).ok());
    ASSERT_TRUE(listener_->WaitCheckpointed(0, first + 9));
  }
  AppendDurably(0, 51, 10);
  ASSERT_TRUE(store_->Close().ok());
  store_.reset();
  const std::string prepared = dir_ / "prepared";
  std::filesystem::rename(store_dir(), prepared);
  int operations = 0;
  int floors[2] = {0, 0};
  for (bool died = true; died; ++operations) {
    SCOPED_TRACE(testing::Message() << "dies at operation " << operations);
    CopyDir(prepared, store_dir());
    ASSERT_EQ(TryOpen({.is_dead = [](auto, auto, auto, auto) { return true; }}),
              absl::OkStatus());
    fs_->DieAfter(operations);
    const bool archived = store_->WriteArchive({{"a", "1"}, {"b", "2"}}).ok();
    const bool trimmed = store_->TrimBefore(0, 36).ok();
    died = fs_->died();
    // (A table that couldn't be removed is no failure: the next opening does.)
    EXPECT_TRUE(died || (archived && trimmed));
    (void)store_->Close();
    store_.reset();
    const std::string lost = dir_ / "lost";
    CopyDir(store_dir(), lost);
    for (const auto& path : FilesEndingIn(lost, ".log")) {
      const std::string original = store_dir() + path.substr(lost.size());
      std::filesystem::resize_file(path, fs_->SyncedBytes(original));
    }
    fs_->Revive();
    std::filesystem::remove_all(store_dir());
    CopyDir(lost, store_dir());
    ASSERT_EQ(TryOpen(), absl::OkStatus());
    EXPECT_EQ(store_->End(0), 60u);
    const Position floor = store_->Floor(0);
    EXPECT_TRUE(floor == 36 || (floor == 1 && !trimmed)) << floor;
    ++floors[floor == 36 ? 1 : 0];
    ExpectLogFromItsFloor(*store_);
    const auto keys = ArchivedKeys(*store_);
    EXPECT_TRUE(keys.size() == 2 || (keys.empty() && !archived));
    EXPECT_EQ(store_->Cache(0).position(), 50u);
    ASSERT_EQ(store_->TrimBefore(0, 36), absl::OkStatus());
    EXPECT_EQ(store_->Floor(0), 36u);
    ExpectLogFromItsFloor(*store_);
    ASSERT_TRUE(store_->Close().ok());
    ASSERT_LT(operations, 1000);
  }
  std::cout << "died at each of " << operations - 1
            << " operations: the old floor " << floors[0]
            << " times, the new one " << floors[1] << "\n";
  EXPECT_GT(floors[0], 2);
  EXPECT_GT(floors[1], 5);
}

// --- Openings that fail ------------------------------------------------------

TEST_F(FaultsTest, FullDiskAndMissingPermissionWhenCreating) {
  fs_->Arm(Operation::kCreate, "ACKED.tmp",
           IOStatus::NoSpace("No space left on device"));
  absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(Message(status), HasSubstr(store_dir() + "/ACKED"));

  fs_->Arm(Operation::kCreate, ".log", IOStatus::IOError("Permission denied"));
  status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(Message(status), HasSubstr(store_dir() + "/db"));
  fs_->Disarm();
  EXPECT_EQ(TryOpen(), absl::OkStatus()) << "a creation cut short goes on";
}

// root isn't stopped by permissions, but by things of another kind.
TEST_F(FaultsTest, NamesThatAreSomethingElse) {
  WriteFile(store_dir(), "a file where the folder should be");
  absl::Status status = TryOpen();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(Message(status), HasSubstr(store_dir()));
  std::filesystem::remove(store_dir());

  std::filesystem::create_directories(store_dir() + "/PAWL_LOCK");
  status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(Message(status), HasSubstr("PAWL_LOCK"));
  std::filesystem::remove(store_dir() + "/PAWL_LOCK");

  std::filesystem::create_directories(store_dir() + "/ACKED");
  status = TryOpen();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(Message(status), HasSubstr("ACKED"));
  std::filesystem::remove(store_dir() + "/ACKED");

  ASSERT_TRUE(TryOpen().ok());
  store_.reset();
  StoreOptions nowhere{.directory = dir_ / "missing/parent"};
  status = OpenRocksDbEventStore(nowhere, nullptr).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(Message(status), HasSubstr("missing/parent"));
  EXPECT_EQ(OpenRocksDbEventStore({}, nullptr).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// An opening that dies at any of its creations leaves a store that opens.
TEST_F(FaultsTest, CreationMayFailAnywhere) {
  for (const char* suffix :
       {"ACKED.tmp", ".log", ".dbtmp", "MANIFEST-000005"}) {
    SCOPED_TRACE(suffix);
    for (const Operation operation : {Operation::kAppend, Operation::kSync}) {
      store_.reset();
      std::filesystem::remove_all(store_dir());
      fs_->Arm(operation, suffix, IOStatus::IOError("Input/output error"));
      (void)TryOpen();
      fs_->Disarm();
      ASSERT_EQ(TryOpen(), absl::OkStatus());
      AppendDurably(0, 1, 1);
    }
  }
}

std::map<std::string, std::string> Snapshot(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& path : FilesEndingIn(directory, "")) {
    files[path] = ReadFile(path);
  }
  return files;
}

TEST_F(FaultsTest, SecondProcessIsToldWhoHasTheStoreAndChangesNothing) {
  ASSERT_TRUE(TryOpen().ok());
  AppendDurably(0, 1, 3);
  ASSERT_TRUE(store_->Cache(0).Checkpoint(3).ok());
  ASSERT_TRUE(listener_->WaitCheckpointed(0, 3));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto before = Snapshot(store_dir());
  const pid_t child = fork();
  if (child == 0) {
    // The lock is looked at before anything of RocksDB, so this is safe in a
    // forked child without its threads.
    const auto opened =
        OpenRocksDbEventStore({.directory = store_dir()}, nullptr);
    const std::string text = opened.status().ToString();
    PAWL_CHECK(write(ends[1], text.data(), text.size()) > 0);
    _exit(0);
  }
  close(ends[1]);
  std::string said(4096, '\0');
  const ssize_t bytes = read(ends[0], said.data(), said.size());
  close(ends[0]);
  ASSERT_GT(bytes, 0);
  said.resize(static_cast<size_t>(bytes));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_THAT(said, HasSubstr("FAILED_PRECONDITION"));
  EXPECT_THAT(said, HasSubstr(store_dir()));
  EXPECT_THAT(said, HasSubstr("process " + std::to_string(getpid())));
  EXPECT_EQ(Snapshot(store_dir()), before);
  AppendDurably(0, 4, 1);
}

// --- What leaves, and when ---------------------------------------------------

// At every OnDurable the power fails: only synced bytes of the logs are left.
// What was reported must be there.
TEST_F(FaultsTest, NothingIsReportedBeforeItIsSyncedAndMarked) {
  struct Witness : RecordingListener {
    std::function<void(Position)> on_durable;
    void OnDurable(PartitionId partition, Position last) override {
      RecordingListener::OnDurable(partition, last);
      on_durable(last);
    }
  } witness;
  StoreOptions options{.directory = store_dir()};
  const std::string lost = dir_ / "lost";
  int checked = 0;
  witness.on_durable = [&](Position last) {
    CopyDir(store_dir(), lost);
    for (const auto& path : FilesEndingIn(store_dir(), ".log")) {
      std::filesystem::resize_file(lost + path.substr(store_dir().size()),
                                   fs_->SyncedBytes(path));
    }
    const auto mark =
        Mark::Load(rocksdb::FileSystem::Default().get(), lost + "/ACKED");
    PAWL_CHECK_OK(mark.status());
    EXPECT_EQ(mark->partitions[0].acknowledged, last);
    const auto opened = OpenRocksDbEventStore({.directory = lost}, nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_GE((*opened)->End(0), last);
    EXPECT_EQ(CheckTestLog(**opened, 0), absl::OkStatus());
    ++checked;
  };
  auto opened = OpenRocksDbEventStore(options, &witness, {.env = env_.get()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  for (Position first = 1; first < 100; first += 10) {
    ASSERT_TRUE((*opened)->Append(0, first, TestRecords(0, first, 10)).ok());
    if (first % 30 == 1) {
      ASSERT_TRUE(witness.WaitDurable(0, first + 9));
    }
  }
  ASSERT_TRUE(witness.WaitDurable(0, 100));
  ASSERT_TRUE((*opened)->Close().ok());
  EXPECT_GE(checked, 4);
}

// --- Buffered ----------------------------------------------------------------

TEST_F(FaultsTest, BufferedSurvivesTheProcessAndForgivesTheMachine) {
  boot_id_ = std::string(16, 'A');
  StoreOptions options{.durability = Durability::kBuffered};
  ASSERT_TRUE(TryOpen(options).ok());
  AppendDurably(0, 1, 5);
  EXPECT_EQ(fs_->faults(), 0);
  const std::string killed = dir_ / "killed";
  const std::string powerless = dir_ / "powerless";
  CopyDir(store_dir(), killed);     // the operating system has everything
  CopyDir(store_dir(), powerless);  // and here it forgot the last second
  for (const auto& path : FilesEndingIn(powerless, ".log")) {
    std::filesystem::resize_file(
        path, fs_->SyncedBytes(store_dir() + path.substr(powerless.size())));
  }
  ASSERT_TRUE(store_->Close().ok());

  options.directory = killed;
  const auto survivor = OpenRocksDbEventStore(
      options, nullptr, {.boot_id = std::string(16, 'A')});
  ASSERT_TRUE(survivor.ok()) << survivor.status();
  EXPECT_EQ((*survivor)->End(0), 5u);

  // In the same run of the machine the loss can't come from power.
  options.directory = powerless;
  EXPECT_EQ(
      OpenRocksDbEventStore(options, nullptr, {.boot_id = std::string(16, 'A')})
          .status()
          .code(),
      absl::StatusCode::kDataLoss);
  const auto forgiven = OpenRocksDbEventStore(
      options, nullptr, {.boot_id = std::string(16, 'B')});
  ASSERT_TRUE(forgiven.ok()) << forgiven.status();
  EXPECT_LT((*forgiven)->End(0), 5u);
}

TEST_F(FaultsTest, BufferedGoesToTheDiskWithinASecondOrSo) {
  StoreOptions options{.durability = Durability::kBuffered};
  ASSERT_TRUE(TryOpen(options).ok());
  AppendDurably(0, 1, 5);
  EXPECT_EQ(store_->Stats().syncs, 0u) << "no sync stands before the effects";
  Position synced = 0;
  for (int i = 0; i < 100 && synced != 5; ++i) {
    usleep(50'000);
    synced =
        Mark::Load(rocksdb::FileSystem::Default().get(), store_dir() + "/ACKED")
            ->partitions[0]
            .synced;
  }
  EXPECT_EQ(synced, 5u);
  // A checkpoint brings the log to the disk first.
  AppendDurably(0, 6, 1);
  ASSERT_TRUE(store_->Cache(0).Checkpoint(6).ok());
  ASSERT_TRUE(listener_->WaitCheckpointed(0, 6));
}

}  // namespace
}  // namespace pawl::eventstore
