#include "replay/replay.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "replay/log_fold.h"
#include "replay/whole_log.h"

namespace pawl::replay {
namespace {

// Folds one instance out of all records of its partition.
class InstanceFold {
 public:
  explicit InstanceFold(InstanceKey key) : key_(key) {}

  absl::Status AddBytes(std::string_view bytes) {
    PAWL_ASSIGN_OR_RETURN(const auto record, core::DecodeRecord(bytes));
    bool touched = false;
    for (size_t i = 0; i < record->events.size(); ++i) {
      if (core::InstanceOf(*record, i) != key_) continue;
      touched = true;
      ++events_;
      PAWL_RETURN_IF_ERROR(
          core::Apply(&instance_, record->events[i], record->time_ms));
    }
    if (touched) ++records_;
    return absl::OkStatus();
  }

  const core::Instance& instance() const { return instance_; }
  uint64_t records() const { return records_; }
  uint64_t events() const { return events_; }

 private:
  const InstanceKey key_;
  core::Instance instance_;
  uint64_t records_ = 0;
  uint64_t events_ = 0;
};

// Gives each record up to `end` to `fold`, and tells the progress.
template <typename Fold>
absl::Status ReadAll(const eventstore::EventStore& store, PartitionId partition,
                     Position end, uint64_t done_before, uint64_t total,
                     const ProgressFn& progress, Fold* fold) {
  if (end == 0) return absl::OkStatus();
  absl::Status folded;
  // An earlier state may need what was taken out of the log since.
  PAWL_ASSIGN_OR_RETURN(
      WholeLog log, WholeLog::Open(&store, partition, end,
                                   end == store.End(partition) ? end + 1 : 0));
  PAWL_RETURN_IF_ERROR(log.Read(log.floor(), end,
                                [&](Position position, std::string_view bytes) {
                                  folded = fold->AddBytes(bytes);
                                  if (progress && position % 256 == 0) {
                                    progress(done_before + position, total);
                                  }
                                  return folded.ok();
                                }));
  return folded;
}

absl::StatusOr<Position> EndOf(const eventstore::EventStore& store,
                               const ReplayOptions& options,
                               PartitionId partition) {
  const Position end = store.End(partition);
  if (!options.to.has_value() || options.to_partition != partition) return end;
  if (*options.to > end) {
    return absl::InvalidArgumentError(absl::StrCat(
        "position: got ", eventstore::LogPlace(partition, *options.to),
        ", wanted at most ", eventstore::LogPlace(partition, end),
        ", the end of the log"));
  }
  return *options.to;
}

}  // namespace

absl::StatusOr<ReplayResult> Replay(const eventstore::EventStore& store,
                                    const ReplayOptions& options) {
  if (options.to.has_value() && options.to_partition >= store.partitions()) {
    return absl::InvalidArgumentError(
        absl::StrCat("position: got partition ", options.to_partition,
                     ", wanted below ", store.partitions()));
  }
  std::vector<Position> ends;
  uint64_t total = 0;
  for (int p = 0; p < store.partitions(); ++p) {
    PAWL_ASSIGN_OR_RETURN(const Position end,
                          EndOf(store, options, static_cast<PartitionId>(p)));
    ends.push_back(end);
    total += end;
  }
  ReplayResult result;
  if (options.instance.valid()) {
    const PartitionId p = PartitionOfKey(options.instance.value());
    InstanceFold fold(options.instance);
    if (p < ends.size()) {
      PAWL_RETURN_IF_ERROR(
          ReadAll(store, p, ends[p], 0, ends[p], options.progress, &fold));
    }
    if (!fold.instance().exists()) {
      return absl::NotFoundError(absl::StrCat(
          "instance ", options.instance.value(), ": not started in this log"));
    }
    result.digest = absl::StrFormat("%016x", core::Digest(fold.instance()));
    result.records = fold.records();
    result.events = fold.events();
    result.instances = 1;
  } else {
    uint64_t done = 0;
    for (size_t p = 0; p < ends.size(); ++p) {
      LogFold fold(static_cast<PartitionId>(p));
      PAWL_RETURN_IF_ERROR(ReadAll(store, static_cast<PartitionId>(p), ends[p],
                                   done, total, options.progress, &fold));
      done += ends[p];
      // With several partitions, theirs one after the other.
      if (p > 0) result.digest += '-';
      result.digest += fold.Digest();
      result.records += fold.records();
      result.events += fold.events();
      result.instances += fold.instances();
    }
  }
  return result;
}

}  // namespace pawl::replay
