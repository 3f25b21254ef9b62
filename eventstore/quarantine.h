// Quarantine: keeps the write-ahead logs as an opening found them, or all of
// the database, until it is known that nothing acknowledged is missing.
//
// Why: a read-write opening replays the logs into tables and deletes them, and
// it deletes tables that the MANIFEST doesn't name. If what they held was
// damaged, the evidence, and whatever a specialist could still read behind the
// damage, would be gone. Hard links cost nothing.
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

  // Links everything that the database consists of: before its MANIFEST is
  // touched, or read as less than it was. Put back into db/, these are the
  // files as they were found. Where files have no links they are copied.
  absl::Status KeepDatabase();

  // Whether KeepDatabase was called, by this opening or by one before it that
  // never came to an end.
  absl::StatusOr<bool> HoldsDatabase() const;

  // Nothing is missing: removes the links.
  absl::Status Drop();

  // A loss was accepted: moves the links out of the way, to the returned folder
  // (accepted_loss_N), where they stay until the operator deletes them. Empty:
  // there was nothing to keep.
  absl::StatusOr<std::string> SetAside();

  const std::string& path() const { return path_; }

 private:
  // Links db/`name`, under a name of its own if that one is taken.
  absl::Status Keep(const std::string& name);

  rocksdb::FileSystem* const fs_;
  const std::string directory_;
  const std::string db_path_;
  const std::string path_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_QUARANTINE_H_
