// The mark: the witness, outside the database, of what was acknowledged.
//
// Why: a log that lost its end opens without a complaint (a cut, zeroed or
// deleted write-ahead log looks like a torn tail). So before effects leave, the
// acknowledged position of every partition is written to the file ACKED, and an
// opening compares. Two slots of 4 KiB are written in turn: a torn write
// damages the one being written and leaves the other.
//
// Layout, and what this can and can't detect: docs/log_format.md, "The mark".
#ifndef PAWL_EVENTSTORE_MARK_H_
#define PAWL_EVENTSTORE_MARK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {

inline constexpr size_t kMarkSlotBytes = 4096;  // a page: written as one
inline constexpr size_t kMarkIdBytes = 16;

struct MarkContent {
  struct Entry {
    Position acknowledged = 0;
    // On the disk for sure. Behind `acknowledged` in buffered mode only.
    Position synced = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  std::string store_id;  // kMarkIdBytes, random, also in the database
  std::string boot_id;   // kMarkIdBytes, of the machine's run that wrote it
  bool buffered = false;
  uint64_t counter = 0;  // counts writes; the higher slot is the newer
  std::vector<Entry> partitions;

  // What must be in the log of `partition` when the machine's run is `boot_id`.
  // Buffered records don't survive the machine, and nobody promised that.
  Position Required(PartitionId partition, std::string_view boot_id) const;

  friend bool operator==(const MarkContent&, const MarkContent&) = default;
};

// The two directions of a slot; exposed for the tests.
std::string EncodeMarkSlot(const MarkContent& content);
// DataLoss: what is wrong with it.
absl::StatusOr<MarkContent> DecodeMarkSlot(std::string_view slot);

class Mark {
 public:
  // Creates the file, on the disk, with `content` in both slots.
  static absl::Status Create(rocksdb::FileSystem* fs, const std::string& path,
                             const MarkContent& content);

  // The newer valid slot. NotFound: no file. DataLoss: neither slot is valid.
  static absl::StatusOr<MarkContent> Load(rocksdb::FileSystem* fs,
                                          const std::string& path);

  // Opens an existing file to write behind `content`, the loaded one.
  static absl::StatusOr<std::unique_ptr<Mark>> Open(rocksdb::FileSystem* fs,
                                                    const std::string& path,
                                                    MarkContent content);

  // Hands the operating system a slot with these positions (one an entry):
  // survives the process, not yet the machine. A few microseconds. Any thread.
  absl::Status Write(const std::vector<MarkContent::Entry>& partitions);

  // Writes what was written to the disk; nothing if it is there. Any thread.
  absl::Status Sync();

  // As of the last Write.
  MarkContent content() const;

 private:
  Mark(std::string path, std::unique_ptr<rocksdb::FSRandomRWFile> file,
       MarkContent content);

  const std::string path_;
  const std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  mutable std::mutex mutex_;
  MarkContent content_;
  uint64_t synced_counter_;
};

// The id of this run of the machine, kMarkIdBytes; zeros where the system has
// none, which then counts as the same run always.
std::string ReadBootId();

// kMarkIdBytes of randomness for a new store.
absl::StatusOr<std::string> NewStoreId();

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_MARK_H_
