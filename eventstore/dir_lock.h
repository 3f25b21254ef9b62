// DirLock: one writer per store, held by the file PAWL_LOCK.
//
// RocksDB has a lock of its own, but an opening does work before (quarantine),
// and a second opener must change nothing at all. flock goes away with the
// process, however it ends.
#ifndef PAWL_EVENTSTORE_DIR_LOCK_H_
#define PAWL_EVENTSTORE_DIR_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl::eventstore {

class DirLock {
 public:
  // Takes the lock of `directory`, which exists. FailedPrecondition: another
  // process (named by its number) or another store of this one holds it, or the
  // folder may not be written.
  static absl::StatusOr<std::unique_ptr<DirLock>> Take(
      const std::string& directory);

  ~DirLock();
  DirLock(const DirLock&) = delete;
  DirLock& operator=(const DirLock&) = delete;

 private:
  explicit DirLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_DIR_LOCK_H_
