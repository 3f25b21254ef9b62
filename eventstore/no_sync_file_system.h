// For tests that open a store hundreds of times: without real syncs they take a
// fifth of the time. What a sync does isn't tested with it.
#ifndef PAWL_EVENTSTORE_NO_SYNC_FILE_SYSTEM_H_
#define PAWL_EVENTSTORE_NO_SYNC_FILE_SYSTEM_H_

#include <memory>
#include <string>

#include "rocksdb/file_system.h"

namespace pawl::eventstore {

class NoSyncFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
  rocksdb::IOStatus Sync(const rocksdb::IOOptions&,
                         rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&,
                          rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }
};

class NoSyncDirectory : public rocksdb::FSDirectory {
 public:
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&,
                          rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }
};

class NoSyncFileSystem : public rocksdb::FileSystemWrapper {
 public:
  NoSyncFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "NoSyncFileSystem"; }
  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* result,
      rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const rocksdb::IOStatus status =
        target()->NewWritableFile(name, options, &file, context);
    if (status.ok()) *result = std::make_unique<NoSyncFile>(std::move(file));
    return status;
  }
  rocksdb::IOStatus NewDirectory(const std::string&, const rocksdb::IOOptions&,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext*) override {
    *result = std::make_unique<NoSyncDirectory>();
    return rocksdb::IOStatus::OK();
  }
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_NO_SYNC_FILE_SYSTEM_H_
