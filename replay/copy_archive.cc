#include "replay/copy_archive.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/archive.h"

namespace pawl::replay {
namespace {

using eventstore::EventStore;

constexpr size_t kBatchBytes = size_t{1} << 20;

// Writes those of `entries`, which are in the order of their keys, that aren't
// there.
absl::Status WriteMissing(std::vector<EventStore::ArchiveEntry> entries,
                          EventStore* to) {
  if (entries.empty()) return absl::OkStatus();
  std::set<std::string, std::less<>> there;
  PAWL_RETURN_IF_ERROR(
      to->ScanArchive(entries.front().key, entries.back().key + '\0',
                      [&](std::string_view key, std::string_view) {
                        there.emplace(key);
                        return true;
                      }));
  std::erase_if(entries, [&](const EventStore::ArchiveEntry& entry) {
    return there.contains(entry.key);
  });
  return to->WriteArchive(entries);
}

// Collects entries, in the order of their keys, and writes them now and then.
class EntryCopy {
 public:
  explicit EntryCopy(EventStore* to) : to_(*to) {}

  absl::Status Add(std::string_view key, std::string_view value) {
    entries_.push_back({std::string(key), std::string(value)});
    bytes_ += value.size();
    return bytes_ < kBatchBytes ? absl::OkStatus() : Finish();
  }
  absl::Status Finish() {
    bytes_ = 0;
    return WriteMissing(std::exchange(entries_, {}), &to_);
  }

 private:
  EventStore& to_;
  std::vector<EventStore::ArchiveEntry> entries_;
  size_t bytes_ = 0;
};

}  // namespace

absl::Status CopyArchive(const EventStore& from,
                         const std::vector<Position>& floors, EventStore* to) {
  bool any = false;
  for (size_t i = 0; i < floors.size(); ++i) {
    const auto p = static_cast<PartitionId>(i);
    const Position floor = floors[i];
    if (floor <= 1) continue;
    any = true;
    if (to->End(p) == 0) {
      PAWL_RETURN_IF_ERROR(to->TrimBefore(p, floor));
    } else if (to->End(p) + 1 < floor) {
      return absl::FailedPreconditionError(
          absl::StrCat("the copy ends at ", eventstore::LogPlace(p, to->End(p)),
                       ", and the log of the store begins at ",
                       eventstore::LogPlace(p, floor),
                       " since it was trimmed: make a new copy"));
    }
  }
  if (!any) return absl::OkStatus();
  EntryCopy copy(to);
  absl::Status written;
  PAWL_RETURN_IF_ERROR(from.ScanArchive(
      "", "", [&](std::string_view key, std::string_view value) {
        const std::optional<ArchiveKey> parsed = ParseArchiveKey(key);
        // Of a later trim, or of one that wasn't finished: the log has it all.
        if (!parsed.has_value() || parsed->partition >= floors.size() ||
            parsed->first >= floors[parsed->partition]) {
          return true;
        }
        written = copy.Add(key, value);
        return written.ok();
      }));
  PAWL_RETURN_IF_ERROR(written);
  return copy.Finish();
}

absl::Status CopyArchivedBy(const RecordView& record, const EventStore& from,
                            EventStore* to) {
  for (size_t i = 0; i < record.event_count(); ++i) {
    if (record.type(i) != fb::Event::InstancesArchived) continue;
    const fb::EventUnion event = record.Unpack(i);
    std::set<InstanceKey> keys;
    for (const auto& archived : event.AsInstancesArchived()->instances) {
      keys.insert(InstanceKey(archived->key));
    }
    EntryCopy copy(to);
    absl::Status written;
    PAWL_RETURN_IF_ERROR(ScanEntries(
        from, keys, [&](std::string_view key, std::string_view value) {
          written = copy.Add(key, value);
          return written.ok();
        }));
    PAWL_RETURN_IF_ERROR(written);
    PAWL_RETURN_IF_ERROR(copy.Finish());
  }
  return absl::OkStatus();
}

}  // namespace pawl::replay
