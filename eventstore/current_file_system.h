// CurrentFileSystem: the file system below RocksDB, with one step more. RocksDB
// 7.8 writes a new MANIFEST, renames CURRENT onto its name, and syncs their
// folder only then. After a power loss a disk may have the rename and not the
// name of the new file, and then the store can't be opened. So the folder is
// synced before the rename as well. At every opening, once.
//
// Opens files as the one below does; as thread-safe as that one.
#ifndef PAWL_EVENTSTORE_CURRENT_FILE_SYSTEM_H_
#define PAWL_EVENTSTORE_CURRENT_FILE_SYSTEM_H_

#include <string>

#include "rocksdb/file_system.h"

namespace pawl::eventstore {

class CurrentFileSystem : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "CurrentFileSystem"; }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_CURRENT_FILE_SYSTEM_H_
