#include "replay/verify.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/carry.h"
#include "engine/core/codec.h"
#include "engine/partition_data.h"
#include "engine/tally.h"
#include "replay/cache_check.h"
#include "replay/decide_again.h"
#include "replay/decoded_record.h"
#include "replay/fold_lookups.h"
#include "replay/log_fold.h"
#include "replay/whole_log.h"

namespace pawl::replay {
namespace {

// How often VerifyOptions::agreed is told.
constexpr Position kAgreedRecords = 4096;

// Verifies one partition; adds what it counts to a report.
class PartitionVerifier {
 public:
  PartitionVerifier(eventstore::EventStore* store, PartitionId partition,
                    const VerifyOptions& options, VerifyReport* report)
      : store_(store),
        partition_(partition),
        options_(options),
        report_(*report),
        fold_(partition),
        lookups_(&fold_) {}

  absl::Status Run() {
    // Both halves must see the same log: a writer may be adding to it.
    const Position end = store_->End(partition_);
    PAWL_RETURN_IF_ERROR(
        snapshots_.Read(store_->Cache(partition_), store_->Floor(partition_)));
    PAWL_RETURN_IF_ERROR(ReadLog(end));
    if (!report_.ok()) return absl::OkStatus();
    Found(snapshots_.Rest(partition_));
    if (!report_.ok()) return absl::OkStatus();
    PAWL_RETURN_IF_ERROR(CheckCaches());
    if (!report_.digest.empty()) report_.digest += '-';
    report_.digest += fold_.Digest();
    report_.instances += fold_.instances();
    report_.snapshots += snapshots_.compared();
    return absl::OkStatus();
  }

 private:
  absl::Status ReadLog(Position end) {
    if (end == 0) return absl::OkStatus();
    absl::Status status;
    // Of the log alone, or of archive and log from the first record on.
    PAWL_ASSIGN_OR_RETURN(
        WholeLog log,
        WholeLog::Open(store_, partition_, 0, options_.archived ? 0 : end + 1));
    PAWL_RETURN_IF_ERROR(log.Read(
        log.floor(), end, [&](Position position, std::string_view bytes) {
          status = CheckRecord(position, bytes);
          if (options_.progress && position % 64 == 0) {
            options_.progress(position, end);
          }
          if (status.ok() && report_.ok() && options_.agreed &&
              (position % kAgreedRecords == 0 || position == end)) {
            status = options_.agreed(partition_, position);
          }
          return status.ok() && report_.ok();
        }));
    PAWL_RETURN_IF_ERROR(status);
    if (report_.ok() && fold_.position() != end) {
      return absl::DataLossError(absl::StrCat(
          "log: got ", PositionText(partition_, fold_.position()),
          " as its last record, wanted ", PositionText(partition_, end)));
    }
    return absl::OkStatus();
  }

  absl::Status CheckRecord(Position position, std::string_view bytes) {
    auto decoded = core::DecodeRecord(bytes);
    if (!decoded.ok()) {
      return absl::Status(
          decoded.status().code(),
          absl::StrCat("record ", PositionText(partition_, position), ": ",
                       decoded.status().message()));
    }
    const fb::RecordT& record = **decoded;
    // Before anything is decided again: a record in another's place would be
    // taken for a decision that differs.
    if (record.position != position) {
      return absl::DataLossError(
          absl::StrCat("record ", PositionText(partition_, position),
                       ": got a record of position ", record.position));
    }
    core::Instance decided;
    if (!core::IsMaintenance(record.command.type) && IsChosen(record)) {
      if (Found(CheckFacts(record, &lookups_)) ||
          Found(DecideAgain(record, fold_, &lookups_, &decided))) {
        return absl::OkStatus();
      }
      report_.decisions += 1;
      report_.facts += record.facts.size();
    }
    PAWL_RETURN_IF_ERROR(fold_.Add(record));
    PAWL_RETURN_IF_ERROR(lookups_.Learn(record));
    image_.Add(record);
    tally_.Add(record, bytes.size());
    report_.records += 1;
    report_.events += record.events.size();
    // Decide changed its copy event by event, the fold the original: a
    // decision that changed state without an event would show here.
    if (decided.exists() &&
        core::Digest(decided) != fold_.DigestOf(decided.key)) {
      VerifyDifference difference;
      difference.partition = partition_;
      difference.position = position;
      difference.text =
          absl::StrCat("record ", PositionText(partition_, position),
                       ": the decision leaves instance ", decided.key.value(),
                       " in another state than its events do");
      Found(std::move(difference));
      return absl::OkStatus();
    }
    for (const auto& touched : record.touched) {
      const InstanceKey key(touched->instance);
      if (!snapshots_.Wants(key, position)) continue;
      Found(snapshots_.Compare(partition_, position, key, fold_.DigestOf(key)));
    }
    return absl::OkStatus();
  }

  // Whether it is to be decided again.
  bool IsChosen(const fb::RecordT& record) const {
    if (partition_ < options_.since.size() &&
        record.position < options_.since[partition_]) {
      return false;
    }
    if (options_.sample <= 1 || record.touched.empty()) return true;
    // Fibonacci hashing: keys that follow each other are spread.
    const uint64_t hash =
        record.touched[0]->instance * uint64_t{0x9E3779B97F4A7C15};
    return (hash >> 32) % options_.sample == 0;
  }

  absl::Status CheckCaches() {
    PartitionData data(store_, partition_, {});
    PAWL_RETURN_IF_ERROR(data.Recover());
    if (data.state().position != fold_.position()) {
      return absl::UnavailableError(
          absl::StrCat("the log of partition ", partition_, " grew to ",
                       data.state().position, " while it was read up to ",
                       fold_.position(), "; ask again"));
    }
    PAWL_ASSIGN_OR_RETURN(std::optional<VerifyDifference> difference,
                          CompareIndexes(data, image_, &report_.index_entries));
    if (Found(std::move(difference))) return absl::OkStatus();
    PAWL_ASSIGN_OR_RETURN(difference,
                          CompareInstances(&data, fold_, options_.progress));
    if (Found(std::move(difference))) return absl::OkStatus();
    PAWL_ASSIGN_OR_RETURN(difference, CompareTally(&data, tally_.tally()));
    Found(std::move(difference));
    return absl::OkStatus();
  }

  // Keeps the first difference; true when there is one.
  bool Found(std::optional<VerifyDifference> difference) {
    if (difference.has_value() && report_.ok()) {
      report_.difference = std::move(difference);
    }
    return !report_.ok();
  }

  eventstore::EventStore* const store_;
  const PartitionId partition_;
  const VerifyOptions& options_;
  VerifyReport& report_;
  LogFold fold_;
  FoldLookups lookups_;
  IndexImage image_;
  LogTally tally_;
  SnapshotCheck snapshots_;
};

}  // namespace

absl::StatusOr<VerifyReport> Verify(eventstore::EventStore* store,
                                    const VerifyOptions& options) {
  VerifyReport report;
  for (int p = 0; p < store->partitions() && report.ok(); ++p) {
    PartitionVerifier verifier(store, static_cast<PartitionId>(p), options,
                               &report);
    PAWL_RETURN_IF_ERROR(verifier.Run());
  }
  if (!report.ok()) report.digest.clear();
  return report;
}

}  // namespace pawl::replay
