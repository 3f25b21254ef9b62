#include "eventstore/current_file_system.h"

#include <memory>

#include "absl/strings/match.h"
#include "eventstore/files.h"

namespace pawl::eventstore {

rocksdb::IOStatus CurrentFileSystem::RenameFile(
    const std::string& from, const std::string& to,
    const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) {
  if (absl::EndsWith(to, "/CURRENT")) {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    rocksdb::IOStatus status =
        target()->NewDirectory(ParentOf(to), options, &folder, debug);
    if (status.ok()) status = folder->Fsync(options, debug);
    if (!status.ok()) return status;
  }
  return target()->RenameFile(from, to, options, debug);
}

}  // namespace pawl::eventstore
