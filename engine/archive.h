// The archive of records, by instance: what the log had of an instance when it
// was trimmed (docs/adr/0034). The store keeps the bytes (event_store.h,
// "Archive"); here is what they mean.
//
// An entry: instance key be64, position of the first record be64 -> for each
// record its length as a varint and its bytes. An instance that outlives
// several trims has an entry for each. Records that concern no instance stand
// under a key of their partition.
#ifndef PAWL_ENGINE_ARCHIVE_H_
#define PAWL_ENGINE_ARCHIVE_H_

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl {

// Under which the partition's records without an instance stand. No instance
// has it: keys are counted from 1.
constexpr InstanceKey NoInstance(PartitionId partition) {
  return InstanceKey(MakeKey(partition, 0));
}

// Collects the records of one instance for an entry.
class ArchiveEntryWriter {
 public:
  explicit ArchiveEntryWriter(InstanceKey instance) : instance_(instance) {}

  // Positions must rise.
  void Add(Position position, std::string_view record);
  bool empty() const { return first_ == 0; }
  size_t bytes() const { return value_.size(); }
  eventstore::EventStore::ArchiveEntry Finish();

 private:
  const InstanceKey instance_;
  Position first_ = 0;
  std::string value_;
};

// Visits the archived records of `instance` below `floor`, oldest first, as
// EventStore::Read does. An instance that isn't there has none. DataLoss: a
// damaged entry. Reads its entries whole.
absl::Status ReadArchived(const eventstore::EventStore& store,
                          InstanceKey instance, Position floor,
                          const eventstore::EventStore::RecordVisitor& visit);

// Visits the entries of these instances, in the order of their keys, until
// `visit` says false. DataLoss. Costs a scan from the first of them to the
// last.
absl::Status ScanEntries(const eventstore::EventStore& store,
                         const std::set<InstanceKey>& instances,
                         const eventstore::EventStore::ArchiveVisitor& visit);

// Takes the next record off the front of an entry's value, which isn't empty.
// The record isn't aligned as RecordView wants it. DataLoss: there is none;
// `instance` is for the message.
absl::StatusOr<std::string_view> TakeArchived(InstanceKey instance,
                                              std::string_view* records);

// What an entry's key says.
struct ArchiveKey {
  PartitionId partition = 0;
  // NoInstance too.
  InstanceKey instance;
  // Of its records.
  Position first = 0;
};
std::string ArchiveKeyOf(InstanceKey instance, Position first);
// Nothing: it isn't one.
std::optional<ArchiveKey> ParseArchiveKey(std::string_view key);

// StoreOptions::is_dead of every store that an engine works on: an instance's
// positions and snapshots below the floor lead nowhere any more.
bool IsDeadEntry(eventstore::Table table, std::string_view key,
                 std::string_view value, std::span<const Position> floors);

}  // namespace pawl

#endif  // PAWL_ENGINE_ARCHIVE_H_
