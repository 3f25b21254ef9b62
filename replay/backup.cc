#include "replay/backup.h"

#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/archive.h"
#include "engine/partition_data.h"
#include "engine/record_view.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/copy_archive.h"
#include "replay/fold_forward.h"
#include "replay/log_fold.h"
#include "replay/position_at.h"
#include "replay/posix_file.h"
#include "replay/whole_log.h"

namespace pawl::replay {
namespace {

using eventstore::EventStore;

// Small enough to be forgotten, large enough for a sync each.
constexpr size_t kCopiedBytesMax = size_t{4} << 20;
static_assert(kCopiedBytesMax + kRecordBytesMax <= kRoundBytesMax);

absl::StatusOr<std::unique_ptr<EventStore>> OpenReader(
    const std::string& directory) {
  eventstore::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  return eventstore::OpenRocksDbEventStore(options, nullptr);
}

absl::StatusOr<std::unique_ptr<EventStore>> OpenWriter(
    const std::string& directory, int partitions) {
  eventstore::StoreOptions options;
  options.directory = directory;
  options.partitions = partitions;
  options.is_dead = IsDeadEntry;
  return eventstore::OpenRocksDbEventStore(options, nullptr);
}

// One copy under way.
class Copy {
 public:
  Copy(const EventStore& source, EventStore* target, std::string name,
       const CopyOptions& options)
      : source_(source),
        target_(*target),
        name_(std::move(name)),
        options_(options) {}

  // OK when the target's log is a beginning of the source's.
  absl::Status Check(const std::vector<Position>& ends);

  // All up to `ends`, into the log and the caches. A target that was empty then
  // begins where the source did when it ended there.
  absl::StatusOr<CopyResult> Run(const std::vector<Position>& ends);

 private:
  absl::Status CopyPartition(PartitionData* data, WholeLog* log, Position end);
  absl::Status AwaitDurable(PartitionId partition, Position position) const;

  const EventStore& source_;
  EventStore& target_;
  const std::string name_;
  const CopyOptions& options_;
  uint64_t copied_ = 0;
  uint64_t to_copy_ = 0;
};

absl::Status Copy::Check(const std::vector<Position>& ends) {
  for (size_t i = 0; i < ends.size(); ++i) {
    const auto p = static_cast<PartitionId>(i);
    const Position have = target_.End(p);
    const auto other = [&](std::string_view what) {
      return absl::FailedPreconditionError(
          absl::StrCat("store ", name_, ": ", ToAbsl(what),
                       ", wanted a copy of an earlier state, or no store"));
    };
    if (have > ends[i]) {
      return other(absl::StrCat(
          "got records up to ", eventstore::LogPlace(p, have),
          " where the source has ", eventstore::LogPlace(p, ends[i])));
    }
    // What would be compared isn't there any more.
    if (have < source_.Floor(p) || have < target_.Floor(p)) continue;
    PAWL_ASSIGN_OR_RETURN(const std::string there, target_.ReadOne(p, have));
    PAWL_ASSIGN_OR_RETURN(const std::string here, source_.ReadOne(p, have));
    if (there != here) {
      return other(absl::StrCat("got another record at ",
                                eventstore::LogPlace(p, have)));
    }
  }
  return absl::OkStatus();
}

// The next records from `from` to `end`, kCopiedBytesMax or a little more.
absl::StatusOr<std::vector<std::string>> ReadSome(WholeLog* log, Position from,
                                                  Position end) {
  std::vector<std::string> records;
  size_t bytes = 0;
  PAWL_RETURN_IF_ERROR(
      log->Read(from, end, [&](Position, std::string_view record) {
        records.emplace_back(record);
        bytes += record.size();
        return bytes < kCopiedBytesMax;
      }));
  return records;
}

absl::Status Copy::AwaitDurable(PartitionId partition,
                                Position position) const {
  while (target_.DurableEnd(partition) < position) {
    PAWL_RETURN_IF_ERROR(target_.health());
    if (options_.pause) options_.pause();
  }
  return absl::OkStatus();
}

absl::Status Copy::CopyPartition(PartitionData* data, WholeLog* log,
                                 Position end) {
  const PartitionId p = data->partition();
  for (Position have = target_.End(p); have < end;) {
    PAWL_ASSIGN_OR_RETURN(std::vector<std::string> records,
                          ReadSome(log, have + 1, end));
    for (size_t i = 0; i < records.size(); ++i) {
      if (have + 1 + i <= log->whole()) continue;
      PAWL_ASSIGN_OR_RETURN(const RecordView record,
                            RecordView::Open(records[i]));
      PAWL_RETURN_IF_ERROR(CopyArchivedBy(record, source_, &target_));
    }
    const size_t count = records.size();
    PAWL_RETURN_IF_ERROR(target_.Append(p, have + 1, std::move(records)));
    have += count;
    copied_ += count;
    PAWL_RETURN_IF_ERROR(AwaitDurable(p, have));
    PAWL_RETURN_IF_ERROR(FoldForward(data, have, {}, options_.pause));
    if (options_.progress) options_.progress(copied_, to_copy_);
  }
  return CheckpointNow(data, options_.pause);
}

absl::StatusOr<CopyResult> Copy::Run(const std::vector<Position>& ends) {
  to_copy_ = 0;
  std::vector<WholeLog> logs;
  std::vector<Position> floors;
  for (size_t i = 0; i < ends.size(); ++i) {
    PAWL_ASSIGN_OR_RETURN(
        WholeLog log,
        WholeLog::Open(&source_, static_cast<PartitionId>(i), ends[i],
                       target_.End(static_cast<PartitionId>(i)) + 1));
    floors.push_back(log.floor());
    logs.push_back(std::move(log));
  }
  PAWL_RETURN_IF_ERROR(CopyArchive(source_, floors, &target_));
  for (size_t i = 0; i < ends.size(); ++i) {
    to_copy_ += ends[i] - target_.End(static_cast<PartitionId>(i));
  }
  CopyResult result;
  result.ends = ends;
  for (size_t i = 0; i < ends.size(); ++i) {
    PartitionData data(&target_, static_cast<PartitionId>(i), {});
    PAWL_RETURN_IF_ERROR(data.Recover());
    PAWL_RETURN_IF_ERROR(CopyPartition(&data, &logs[i], ends[i]));
    PAWL_ASSIGN_OR_RETURN(const std::string digest, data.StateDigest());
    if (i > 0) result.digest += '-';
    result.digest += digest;
    result.records += ends[i];
    result.instances += data.state().instances_started;
  }
  result.copied = copied_;
  return result;
}

absl::Status CheckDigest(const CopyResult& copy, const std::string& name,
                         const std::string& wanted, std::string_view of) {
  if (copy.digest == wanted) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("store ", name, ": got digest ", copy.digest,
                   " after copying, wanted ", wanted, ", ", ToAbsl(of),
                   "; `pawl verify` says where a store differs from itself"));
}

// The state of a reader, which was just opened, through its caches.
absl::StatusOr<std::string> DigestOf(EventStore* store) {
  std::string digest;
  for (int p = 0; p < store->partitions(); ++p) {
    PartitionData data(store, static_cast<PartitionId>(p), {});
    PAWL_RETURN_IF_ERROR(data.Recover());
    PAWL_ASSIGN_OR_RETURN(const std::string one, data.StateDigest());
    if (p > 0) digest += '-';
    digest += one;
  }
  return digest;
}

// The state that the log up to `ends` folds to.
absl::StatusOr<std::string> FoldedDigest(const EventStore& store,
                                         const std::vector<Position>& ends) {
  std::string digest;
  for (size_t i = 0; i < ends.size(); ++i) {
    const auto p = static_cast<PartitionId>(i);
    LogFold fold(p);
    absl::Status folded;
    if (ends[i] > 0) {
      PAWL_ASSIGN_OR_RETURN(WholeLog log, WholeLog::Open(&store, p, ends[i]));
      PAWL_RETURN_IF_ERROR(
          log.Read(log.floor(), ends[i], [&](Position, std::string_view bytes) {
            folded = fold.AddBytes(bytes);
            return folded.ok();
          }));
    }
    PAWL_RETURN_IF_ERROR(folded);
    if (i > 0) digest += '-';
    digest += fold.Digest();
  }
  return digest;
}

absl::StatusOr<std::vector<Position>> EndsOf(const EventStore& store,
                                             const RestorePoint& point) {
  std::vector<Position> ends;
  std::optional<int64_t> time_ms;
  if (point.time.has_value()) time_ms = absl::ToUnixMillis(*point.time);
  if (point.position.has_value()) {
    const Position end =
        point.partition < store.partitions() ? store.End(point.partition) : 0;
    if (*point.position == 0 || *point.position > end) {
      return absl::InvalidArgumentError(absl::StrCat(
          "position: got ",
          eventstore::LogPlace(point.partition, *point.position),
          ", wanted from 1 to ", eventstore::LogPlace(point.partition, end),
          ", the end of the log"));
    }
    if (store.partitions() > 1) {
      PAWL_ASSIGN_OR_RETURN(time_ms,
                            TimeOf(store, point.partition, *point.position));
    }
  }
  bool any = false;
  for (int i = 0; i < store.partitions(); ++i) {
    const auto p = static_cast<PartitionId>(i);
    Position end = store.End(p);
    if (point.position.has_value() && p == point.partition) {
      end = *point.position;
    } else if (time_ms.has_value()) {
      PAWL_ASSIGN_OR_RETURN(end, PositionAt(store, p, end, *time_ms));
      if (end < store.Floor(p)) {
        PAWL_ASSIGN_OR_RETURN(end, ArchivedPositionAt(store, p, *time_ms));
      }
    }
    any = any || end > 0;
    ends.push_back(end);
  }
  if (!any && point.time.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "time: got ", absl::FormatTime(*point.time, absl::UTCTimeZone()),
        ", wanted one that the log has reached"));
  }
  return ends;
}

// OK when a store may be made there.
absl::Status CheckFree(const std::string& target) {
  std::error_code error;
  const auto found = std::filesystem::status(target, error);
  if (!std::filesystem::exists(found)) return absl::OkStatus();
  if (std::filesystem::is_directory(found) &&
      std::filesystem::is_empty(target, error) && !error) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("restore into ", target,
                   ": got a folder or file with something in it, wanted none: "
                   "a restore replaces nothing"));
}

// A trailing slash would make the name beside it one inside.
std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool IsSame(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

}  // namespace

absl::StatusOr<CopyResult> Backup(const std::string& source,
                                  const std::string& target,
                                  const CopyOptions& options) {
  if (IsSame(source, target)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "backup: got ", target, ", the store itself, wanted another folder"));
  }
  PAWL_ASSIGN_OR_RETURN(const auto from, OpenReader(source));
  std::vector<Position> ends;
  for (int p = 0; p < from->partitions(); ++p) {
    ends.push_back(from->End(static_cast<PartitionId>(p)));
  }
  PAWL_ASSIGN_OR_RETURN(const auto to, OpenWriter(target, from->partitions()));
  Copy copy(*from, to.get(), target, options);
  PAWL_RETURN_IF_ERROR(copy.Check(ends));
  PAWL_ASSIGN_OR_RETURN(CopyResult result, copy.Run(ends));
  PAWL_ASSIGN_OR_RETURN(const std::string wanted, DigestOf(from.get()));
  PAWL_RETURN_IF_ERROR(
      CheckDigest(result, target, wanted, "that of " + source));
  PAWL_RETURN_IF_ERROR(to->Close());
  return result;
}

absl::StatusOr<CopyResult> Restore(const std::string& source,
                                   const std::string& directory,
                                   const RestorePoint& point,
                                   const CopyOptions& options) {
  const std::string target = WithoutSlash(directory);
  PAWL_RETURN_IF_ERROR(CheckFree(target));
  PAWL_ASSIGN_OR_RETURN(const auto from, OpenReader(source));
  PAWL_ASSIGN_OR_RETURN(const std::vector<Position> ends, EndsOf(*from, point));
  const std::string unfinished = target + ".restoring";
  PAWL_ASSIGN_OR_RETURN(const auto to,
                        OpenWriter(unfinished, from->partitions()));
  Copy copy(*from, to.get(), unfinished, options);
  PAWL_RETURN_IF_ERROR(copy.Check(ends));
  PAWL_ASSIGN_OR_RETURN(CopyResult result, copy.Run(ends));
  PAWL_ASSIGN_OR_RETURN(const std::string wanted, FoldedDigest(*from, ends));
  PAWL_RETURN_IF_ERROR(CheckDigest(result, unfinished, wanted,
                                   "what the log of " + source + " folds to"));
  PAWL_RETURN_IF_ERROR(to->Close());
  PAWL_RETURN_IF_ERROR(RenameForGood(unfinished, target));
  return result;
}

}  // namespace pawl::replay
