#include "replay/whole_log.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/record_view.h"

namespace pawl::replay {

using eventstore::EventStore;

namespace {

// Of the archive, read at once.
constexpr size_t kAheadBytes = size_t{1} << 20;

// The last trim that is complete in the log between `from` and `to`.
struct Trim {
  // Of its TrimBegun, and of its LogTrimmed; 0: there is none.
  Position floor = 0;
  Position end = 0;
};

absl::Status NoteTrim(Position position, std::string_view bytes, Trim* last) {
  PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
  for (size_t i = 0; i < record.event_count(); ++i) {
    if (record.type(i) != fb::Event::LogTrimmed) continue;
    *last = {record.Unpack(i).AsLogTrimmed()->floor, position};
  }
  return absl::OkStatus();
}

absl::StatusOr<Trim> LastTrim(const EventStore& store, PartitionId partition,
                              Position from, Position to) {
  Trim last;
  if (from > to) return last;
  absl::Status read;
  PAWL_RETURN_IF_ERROR(store.Read(
      partition, from, to, [&](Position position, std::string_view bytes) {
        read = NoteTrim(position, bytes, &last);
        return read.ok();
      }));
  PAWL_RETURN_IF_ERROR(read);
  return last;
}

}  // namespace

absl::StatusOr<WholeLog> WholeLog::Open(const EventStore* store,
                                        PartitionId partition, Position end,
                                        Position since) {
  WholeLog log(store, partition);
  const Position floor = store->Floor(partition);
  log.floor_ = floor;
  PAWL_ASSIGN_OR_RETURN(const Trim trim, LastTrim(*store, partition,
                                                  std::max(floor, since), end));
  log.whole_ = trim.end;
  // After a crash the log may still have what that trim was to drop.
  if (trim.end > 0) log.floor_ = trim.floor;
  log.archive_end_ = log.floor_;
  // Until the trim that the log begins with is complete it hasn't carried
  // everything forward yet (docs/adr/0034).
  if (floor > 1 && trim.end == 0 && since <= floor) {
    log.archive_end_ = floor;
    PAWL_RETURN_IF_ERROR(log.FindFloor(end));
    PAWL_RETURN_IF_ERROR(log.FindEntries());
  }
  log.next_ = log.floor_;
  return log;
}

// Where the last trim before `end` began: records of trims are of no instance.
absl::Status WholeLog::FindFloor(Position end) {
  Trim last;
  absl::Status read;
  PAWL_RETURN_IF_ERROR(
      ReadArchived(*store_, NoInstance(partition_), archive_end_,
                   [&](Position position, std::string_view bytes) {
                     if (position > end) return false;
                     read = NoteTrim(position, bytes, &last);
                     return read.ok();
                   }));
  PAWL_RETURN_IF_ERROR(read);
  floor_ = std::max<Position>(last.floor, 1);
  whole_ = last.end;
  return absl::OkStatus();
}

absl::Status WholeLog::FindEntries() {
  const std::string from = ArchiveKeyOf(NoInstance(partition_), 0);
  const std::string to =
      ArchiveKeyOf(NoInstance(static_cast<PartitionId>(partition_ + 1)), 0);
  PAWL_RETURN_IF_ERROR(store_->ScanArchive(
      from, to, [&](std::string_view key, std::string_view) {
        const std::optional<ArchiveKey> parsed = ParseArchiveKey(key);
        if (parsed.has_value() && IsNeeded(*parsed)) {
          unread_.push_back({parsed->first, parsed->instance});
        }
        return true;
      }));
  std::sort(unread_.begin(), unread_.end(),
            [](const Unread& a, const Unread& b) { return a.first < b.first; });
  return absl::OkStatus();
}

absl::Status WholeLog::Read(Position from, Position to,
                            const EventStore::RecordVisitor& visit) {
  if (from < archive_end_ && from < next_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "archived records: got ", eventstore::LogPlace(partition_, from),
        ", wanted ", eventstore::LogPlace(partition_, next_), " or later"));
  }
  std::string record;
  while (next_ < from && next_ < archive_end_) {
    PAWL_RETURN_IF_ERROR(TakeNext(&record));
  }
  for (; from < archive_end_ && from <= to; ++from) {
    PAWL_RETURN_IF_ERROR(TakeNext(&record));
    if (!visit(from, record)) return absl::OkStatus();
  }
  if (from > to) return absl::OkStatus();
  return store_->Read(partition_, from, to, visit);
}

// A record that concerns several instances is in the entry of each.
absl::Status WholeLog::TakeNext(std::string* record) {
  for (; next_unread_ < unread_.size() && unread_[next_unread_].first <= next_;
       ++next_unread_) {
    PAWL_ASSIGN_OR_RETURN(Entry entry, ReadEntry(unread_[next_unread_]));
    open_.push_back(std::move(entry));
    std::push_heap(open_.begin(), open_.end(), Later());
  }
  bool found = false;
  while (!open_.empty() && open_.front().position <= next_) {
    std::pop_heap(open_.begin(), open_.end(), Later());
    Entry& entry = open_.back();
    if (entry.position == next_) {
      found = true;
      record->swap(entry.record);
    }
    PAWL_ASSIGN_OR_RETURN(const bool more, Advance(&entry));
    if (more) {
      std::push_heap(open_.begin(), open_.end(), Later());
    } else {
      open_.pop_back();
    }
  }
  if (!found) {
    return absl::DataLossError(
        absl::StrCat("archive: the record at ",
                     eventstore::LogPlace(partition_, next_), " isn't there"));
  }
  ++next_;
  return absl::OkStatus();
}

bool WholeLog::IsNeeded(const ArchiveKey& key) const {
  return key.first >= floor_ && key.first < archive_end_;
}

absl::StatusOr<WholeLog::Entry> WholeLog::ReadEntry(const Unread& unread) {
  const std::string key = ArchiveKeyOf(unread.instance, unread.first);
  if (!ahead_.contains(key)) {
    ahead_.clear();
    size_t bytes = 0;
    PAWL_RETURN_IF_ERROR(store_->ScanArchive(
        key, "", [&](std::string_view found, std::string_view value) {
          const std::optional<ArchiveKey> parsed = ParseArchiveKey(found);
          if (!parsed.has_value() || parsed->partition != partition_) {
            return false;
          }
          if (!IsNeeded(*parsed)) return true;
          ahead_.emplace(found, value);
          bytes += found.size() + value.size();
          return bytes < kAheadBytes;
        }));
  }
  Entry entry;
  entry.instance = unread.instance;
  if (const auto it = ahead_.find(key); it != ahead_.end()) {
    entry.records = std::move(it->second);
    ahead_.erase(it);
  }
  PAWL_ASSIGN_OR_RETURN(const bool any, Advance(&entry));
  if (!any) {
    return absl::DataLossError(absl::StrCat(
        "archive: the entry of instance ", unread.instance.value(), " at ",
        eventstore::LogPlace(partition_, unread.first), " has no records"));
  }
  return entry;
}

absl::StatusOr<bool> WholeLog::Advance(Entry* entry) const {
  std::string_view rest = std::string_view(entry->records).substr(entry->used);
  if (rest.empty()) return false;
  PAWL_ASSIGN_OR_RETURN(const std::string_view record,
                        TakeArchived(entry->instance, &rest));
  entry->record = record;
  entry->used = entry->records.size() - rest.size();
  PAWL_ASSIGN_OR_RETURN(const RecordView view, RecordView::Open(entry->record));
  entry->position = view.position();
  // What an unfinished trim wrote lies behind the floor.
  return entry->position < archive_end_;
}

}  // namespace pawl::replay
