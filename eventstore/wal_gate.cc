#include "eventstore/wal_gate.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace pawl::eventstore {
namespace {

using rocksdb::DataVerificationInfo;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class WalFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WalFile(std::unique_ptr<rocksdb::FSWritableFile> below, WalGate* gate)
      : FSWritableFileOwnerWrapper(std::move(below)), gate_(gate) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    return Told(FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    return Told(
        FSWritableFileOwnerWrapper::Append(data, options, verification, debug));
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return Told(FSWritableFileOwnerWrapper::Flush(options, debug));
  }

 private:
  IOStatus Told(IOStatus status) {
    if (!status.ok()) gate_->Fail(status);
    return status;
  }

  WalGate* const gate_;
};

class WalReader : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  WalReader(std::unique_ptr<rocksdb::FSSequentialFile> below,
            rocksdb::FileSystem* files, std::string name)
      : FSSequentialFileOwnerWrapper(std::move(below)),
        files_(files),
        name_(std::move(name)) {}

  IOStatus Read(size_t wanted, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) override {
    IOStatus status = FSSequentialFileOwnerWrapper::Read(
        wanted, options, result, scratch, debug);
    if (!status.ok()) return status;
    offset_ += result->size();
    if (result->size() == wanted) return status;
    uint64_t size = 0;
    status = files_->GetFileSize(name_, options, &size, debug);
    if (!status.ok() || offset_ >= size) return status;
    return IOStatus::IOError(absl::StrCat("a read of ", ToAbsl(name_),
                                          " ended at ", offset_,
                                          ", the file at ", size));
  }
  IOStatus Skip(uint64_t count) override {
    offset_ += count;
    return FSSequentialFileOwnerWrapper::Skip(count);
  }

 private:
  rocksdb::FileSystem* const files_;
  const std::string name_;
  uint64_t offset_ = 0;
};

bool IsWal(const std::string& name) { return absl::EndsWith(name, ".log"); }

}  // namespace

IOStatus WalGate::BeginSync() {
  const std::lock_guard<std::mutex> lock(mutex_);
  syncing_ = failure_.ok();
  return failure_;
}

void WalGate::EndSync() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    syncing_ = false;
  }
  idle_.notify_all();
}

void WalGate::Fail(const IOStatus& failure) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (failure_.ok()) failure_ = failure;
  idle_.wait(lock, [this] { return !syncing_; });
}

IOStatus WalFileSystem::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  IOStatus status = target()->NewWritableFile(name, options, result, debug);
  if (status.ok() && IsWal(name)) {
    *result = std::make_unique<WalFile>(std::move(*result), gate_);
  }
  return status;
}

IOStatus WalFileSystem::NewSequentialFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* debug) {
  IOStatus status = target()->NewSequentialFile(name, options, result, debug);
  if (status.ok() && IsWal(name)) {
    *result = std::make_unique<WalReader>(std::move(*result), target(), name);
  }
  return status;
}

}  // namespace pawl::eventstore
