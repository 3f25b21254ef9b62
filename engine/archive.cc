#include "engine/archive.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/codec.h"
#include "engine/core/project.h"
#include "engine/record_view.h"
#include "engine/stream_tail.h"

namespace pawl {
namespace {

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// False: the bytes end before the number does.
bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

absl::Status Damaged(InstanceKey instance) {
  return absl::DataLossError(absl::StrCat("archive: the entry of instance ",
                                          instance.value(), " can't be read"));
}

// The records of one entry. False in *goes_on: the visitor wants no more.
absl::Status VisitEntry(InstanceKey instance, std::string_view value,
                        Position floor,
                        const eventstore::EventStore::RecordVisitor& visit,
                        bool* goes_on) {
  // Records are read in place, which wants them aligned.
  std::vector<uint64_t> aligned;
  while (!value.empty() && *goes_on) {
    PAWL_ASSIGN_OR_RETURN(const std::string_view taken,
                          TakeArchived(instance, &value));
    aligned.resize((taken.size() + 7) / 8);
    std::memcpy(aligned.data(), taken.data(), taken.size());
    const std::string_view record(reinterpret_cast<const char*>(aligned.data()),
                                  taken.size());
    PAWL_ASSIGN_OR_RETURN(const RecordView view, RecordView::Open(record));
    if (view.position() >= floor) return absl::OkStatus();
    *goes_on = visit(view.position(), record);
  }
  return absl::OkStatus();
}

}  // namespace

void ArchiveEntryWriter::Add(Position position, std::string_view record) {
  if (first_ == 0) first_ = position;
  AppendVarint(record.size(), &value_);
  value_.append(record);
}

eventstore::EventStore::ArchiveEntry ArchiveEntryWriter::Finish() {
  return {ArchiveKeyOf(instance_, first_), std::move(value_)};
}

std::string ArchiveKeyOf(InstanceKey instance, Position first) {
  return core::EncodeU64(instance.value()) + core::EncodeU64(first);
}

absl::StatusOr<std::string_view> TakeArchived(InstanceKey instance,
                                              std::string_view* records) {
  uint64_t size = 0;
  if (!TakeVarint(records, &size) || size == 0 || size > records->size()) {
    return Damaged(instance);
  }
  const std::string_view record = records->substr(0, size);
  records->remove_prefix(size);
  return record;
}

absl::Status ScanEntries(const eventstore::EventStore& store,
                         const std::set<InstanceKey>& instances,
                         const eventstore::EventStore::ArchiveVisitor& visit) {
  if (instances.empty()) return absl::OkStatus();
  return store.ScanArchive(
      ArchiveKeyOf(*instances.begin(), 0),
      ArchiveKeyOf(InstanceKey(instances.rbegin()->value() + 1), 0),
      [&](std::string_view key, std::string_view value) {
        const std::optional<ArchiveKey> parsed = ParseArchiveKey(key);
        return !parsed.has_value() || !instances.contains(parsed->instance) ||
               visit(key, value);
      });
}

absl::Status ReadArchived(const eventstore::EventStore& store,
                          InstanceKey instance, Position floor,
                          const eventstore::EventStore::RecordVisitor& visit) {
  const std::string from = core::EncodeU64(instance.value());
  const std::string to = core::EncodeU64(instance.value() + 1);
  bool goes_on = true;
  absl::Status read;
  PAWL_RETURN_IF_ERROR(store.ScanArchive(
      from, to, [&](std::string_view, std::string_view value) {
        read = VisitEntry(instance, value, floor, visit, &goes_on);
        return read.ok() && goes_on;
      }));
  return read;
}

std::optional<ArchiveKey> ParseArchiveKey(std::string_view key) {
  if (key.size() != 16) return {};
  const uint64_t instance = *core::DecodeU64(key.substr(0, 8));
  return ArchiveKey{PartitionOfKey(instance), InstanceKey(instance),
                    *core::DecodeU64(key.substr(8))};
}

bool IsDeadEntry(eventstore::Table table, std::string_view key,
                 std::string_view value, std::span<const Position> floors) {
  if (table != eventstore::Table::kStream &&
      table != eventstore::Table::kSnapshot) {
    return false;
  }
  const auto instance = core::DecodeU64(key.substr(0, 8));
  if (!instance.has_value()) return false;
  const size_t partition = PartitionOfKey(*instance);
  if (partition >= floors.size()) return false;
  const Position floor = floors[partition];
  if (floor <= 1) return false;
  if (table == eventstore::Table::kSnapshot) {
    const std::optional<Position> taken = core::SnapshotPosition(value);
    return taken.has_value() && *taken < floor;
  }
  std::vector<Position> positions;
  if (!DecodePositions(value, &positions).ok() || positions.empty()) {
    return false;
  }
  return positions.back() < floor;
}

}  // namespace pawl
