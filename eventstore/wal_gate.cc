#include "eventstore/wal_gate.h"

#include <utility>

#include "absl/strings/match.h"

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
  if (status.ok() && absl::EndsWith(name, ".log")) {
    *result = std::make_unique<WalFile>(std::move(*result), gate_);
  }
  return status;
}

}  // namespace pawl::eventstore
