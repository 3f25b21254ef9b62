// Whole-file operations of the store, through RocksDB's FileSystem so that
// tests can inject faults into all of its IO. Errors name the file.
#ifndef PAWL_EVENTSTORE_FILES_H_
#define PAWL_EVENTSTORE_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {

// Exists as anything. Errors count as "doesn't".
bool FileExists(rocksdb::FileSystem* fs, const std::string& path);

// The names in `dir` ("." and ".." left out); empty when it doesn't exist.
absl::StatusOr<std::vector<std::string>> ListDir(rocksdb::FileSystem* fs,
                                                 const std::string& dir);

absl::Status MakeDir(rocksdb::FileSystem* fs, const std::string& dir);

// Makes names created in `dir`, or removed from it, survive power loss.
absl::Status SyncDir(rocksdb::FileSystem* fs, const std::string& dir);

// Writes a file so that after a crash it is there whole or not at all.
absl::Status WriteFileWhole(rocksdb::FileSystem* fs, const std::string& path,
                            const std::string& bytes);

// Up to `bytes_max` bytes from the start. NotFound.
absl::StatusOr<std::string> ReadFileStart(rocksdb::FileSystem* fs,
                                          const std::string& path,
                                          size_t bytes_max);

// The folder that holds `path`.
std::string ParentOf(const std::string& path);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_FILES_H_
