// The log of a partition as it was before it was trimmed: what a trim took out
// of it is in the archive, by instance, and comes back in its order.
#ifndef PAWL_REPLAY_WHOLE_LOG_H_
#define PAWL_REPLAY_WHOLE_LOG_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/archive.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

// Reads a partition's records up to `end`, from where the log began when it
// ended there: the store's own log, or, where that has been trimmed since, an
// earlier one. Thread-compatible.
class WholeLog {
 public:
  // `store` must outlive this. DataLoss: the archive is damaged. Cost: reads
  // the log up to `end`; where it hasn't all of it any more, the archive's
  // keys, and takes 16 bytes of memory for each entry that is needed.
  //
  // `since`: a copy of an earlier state has what lies before, so trims are
  // looked for from there only; behind the floor nothing is taken from the
  // archive.
  static absl::StatusOr<WholeLog> Open(const eventstore::EventStore* store,
                                       PartitionId partition, Position end,
                                       Position since = 0);

  // The first record; a log that begins there gives the whole state at `end`.
  Position floor() const { return floor_; }
  // Where the trim ends that it begins with; 0: with none.
  Position whole() const { return whole_; }

  // As EventStore::Read, of the records from `from` to `to`. What is taken from
  // the archive comes in one pass: `from` lies behind the last record that was
  // visited. DataLoss: the archive lacks a record.
  // FailedPrecondition: `from` is another one. Memory: the entries of instances
  // that have records before and behind the one that is read.
  absl::Status Read(Position from, Position to,
                    const eventstore::EventStore::RecordVisitor& visit);

 private:
  // An entry of the archive that isn't open yet.
  struct Unread {
    Position first = 0;
    InstanceKey instance;
  };
  // One that is, from its next record on.
  struct Entry {
    InstanceKey instance;
    std::string records;
    // Of `records`, in bytes.
    size_t used = 0;
    std::string record;
    // Of `record`.
    Position position = 0;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.position > b.position;
    }
  };

  WholeLog(const eventstore::EventStore* store, PartitionId partition)
      : store_(store), partition_(partition) {}

  absl::Status FindFloor(Position end);
  absl::Status FindEntries();
  bool IsNeeded(const ArchiveKey& key) const;
  absl::StatusOr<Entry> ReadEntry(const Unread& unread);
  // False: it has no more records.
  absl::StatusOr<bool> Advance(Entry* entry) const;
  // The record at next_ goes to `record`.
  absl::Status TakeNext(std::string* record);

  const eventstore::EventStore* store_;
  PartitionId partition_;
  Position floor_ = 0;
  Position whole_ = 0;
  // The archive has what lies below.
  Position archive_end_ = 0;
  Position next_ = 0;
  // By `first`; those up to next_unread_ were opened.
  std::vector<Unread> unread_;
  size_t next_unread_ = 0;
  // A heap, by Later.
  std::vector<Entry> open_;
  // Entries behind the one that was read last: instances that were started one
  // after the other are wanted one after the other, and each reading unpacks a
  // block of the archive.
  std::map<std::string, std::string, std::less<>> ahead_;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_WHOLE_LOG_H_
