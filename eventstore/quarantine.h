// Quarantine: keeps the write-ahead logs as an opening found them, until it is
// known that nothing acknowledged is missing.
//
// Why: a read-write opening replays the logs into tables and deletes them. If
// what they held was damaged, the evidence, and whatever a specialist could
// still read behind the damage, would be gone. Hard links cost nothing.
#ifndef PAWL_EVENTSTORE_QUARANTINE_H_
#define PAWL_EVENTSTORE_QUARANTINE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {

class Quarantine {
 public:
  // `directory` is the store's; the logs are in its db/, the links go to its
  // quarantine/.
  Quarantine(rocksdb::FileSystem* fs, const std::string& directory);

  // Links every log that isn't empty (copies it where links aren't possible).
  // What an earlier, refused opening left is kept.
  absl::Status LinkLogs();

  // Nothing is missing: removes the links.
  absl::Status Drop();

  // A loss was accepted: moves the links out of the way, to the returned folder
  // (accepted_loss_N), where they stay until the operator deletes them. Empty:
  // there was nothing to keep.
  absl::StatusOr<std::string> SetAside();

  const std::string& path() const { return path_; }

 private:
  rocksdb::FileSystem* const fs_;
  const std::string directory_;
  const std::string path_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_QUARANTINE_H_
