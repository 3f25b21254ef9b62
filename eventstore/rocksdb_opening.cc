#include "eventstore/rocksdb_opening.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "eventstore/damage_report.h"
#include "eventstore/files.h"
#include "eventstore/log_reader.h"
#include "eventstore/manifest_tail.h"
#include "eventstore/quarantine.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/rules.h"
#include "eventstore/store_notes.h"
#include "rocksdb/write_batch.h"

namespace pawl::eventstore {

std::string MarkPath(const std::string& directory) {
  return directory + "/ACKED";
}

namespace {

// One opening; its steps in the order of Open().
class Opening {
 public:
  Opening(const StoreOptions& options, rocksdb::Env* env,
          const std::string& boot_id,
          std::shared_ptr<rocksdb::EventListener> listener)
      : options_(options),
        env_(env),
        fs_(env->GetFileSystem().get()),
        boot_id_(boot_id),
        listener_(std::move(listener)),
        db_path_(options.directory + "/db"),
        mark_path_(MarkPath(options.directory)),
        quarantine_(fs_, options.directory) {}

  absl::StatusOr<OpenedStore> Open();

 private:
  absl::Status TakeDirectory();
  absl::Status LoadMark();
  absl::Status CheckDatabaseIsThere();
  absl::Status FindPartitions();
  absl::Status CheckManifest();
  absl::Status DiscardCaches();
  // The steps with the database open.
  absl::Status Recover();
  absl::Status OpenDatabase();
  absl::Status CheckIdentity();
  absl::Status FindEnds();
  absl::Status CompareWithMark();
  absl::Status CheckNothingIsMissing();
  absl::Status BelieveIt();
  // Adds to a failure what the mark says.
  absl::Status WithAcknowledged(const absl::Status& status) const;

  bool new_store() const { return !database_exists_; }

  const StoreOptions& options_;
  rocksdb::Env* const env_;
  rocksdb::FileSystem* const fs_;
  const std::string boot_id_;
  const std::shared_ptr<rocksdb::EventListener> listener_;
  const std::string db_path_;
  const std::string mark_path_;
  Quarantine quarantine_;

  // The loaded mark, or nothing and why.
  std::optional<MarkContent> mark_;
  std::string mark_problem_;
  bool database_exists_ = false;
  int partitions_ = 0;
  StoreIdentity identity_;
  std::vector<LogEnd> ends_;
  std::vector<AcceptedLoss> accepted_now_;
  // The MANIFEST was, or may have been, read as less than it was; in words.
  bool manifest_suspect_ = false;
  std::string manifest_problem_;
  bool refused_ = false;  // by the comparison, which names places itself
  OpenedStore opened_;
};

absl::StatusOr<OpenedStore> Opening::Open() {
  PAWL_RETURN_IF_ERROR(TakeDirectory());
  PAWL_RETURN_IF_ERROR(LoadMark());
  PAWL_RETURN_IF_ERROR(CheckDatabaseIsThere());
  PAWL_RETURN_IF_ERROR(FindPartitions());
  PAWL_RETURN_IF_ERROR(quarantine_.LinkLogs());
  PAWL_RETURN_IF_ERROR(CheckManifest());
  if (options_.discard_caches && database_exists_) {
    PAWL_RETURN_IF_ERROR(DiscardCaches());
  }
  absl::Status status = Recover();
  if (absl::IsDataLoss(status) && !refused_) {
    // A damaged file, not a comparison: find out what it holds.
    opened_.core.reset();
    status = WithDamagedPlaces(WithAcknowledged(status), options_, partitions_,
                               env_);
  }
  if (absl::IsDataLoss(status) && !manifest_problem_.empty()) {
    return absl::DataLossError(absl::StrCat(
        std::string(status.message()), "; ", manifest_problem_,
        ", and all files of the database are kept in ", quarantine_.path()));
  }
  PAWL_RETURN_IF_ERROR(status);
  return std::move(opened_);
}

// The mark is what judges a MANIFEST that was cut. Without one nothing is
// touched; the store is refused anyway.
absl::Status Opening::CheckManifest() {
  if (!database_exists_ || !mark_.has_value()) return absl::OkStatus();
  absl::StatusOr<std::string> cut = CutManifest(fs_, db_path_, &quarantine_);
  if (absl::IsDataLoss(cut.status())) return WithAcknowledged(cut.status());
  PAWL_RETURN_IF_ERROR(cut.status());
  manifest_problem_ = *std::move(cut);
  PAWL_ASSIGN_OR_RETURN(manifest_suspect_, quarantine_.HoldsDatabase());
  if (manifest_suspect_ && manifest_problem_.empty()) {
    manifest_problem_ = "the end of the MANIFEST was found damaged";
  }
  return absl::OkStatus();
}

// Drops the families of the tables; the opening that follows creates them anew.
// Lenient, because a damaged table file must not keep the database from
// opening; damage in the log is found by the opening that follows, which isn't.
absl::Status Opening::DiscardCaches() {
  RocksDbCore core(options_, partitions_);
  rocksdb::DBOptions db_options = MakeDbOptions(options_, env_, listener_);
  db_options.paranoid_checks = false;
  PAWL_RETURN_IF_ERROR(core.OpenDatabase(db_options));
  // First P, then the tables: in between, P = 0 with caches costs a fold too
  // much, P with no caches would be wrong.
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (int p = 0; p < partitions_ && status.ok(); ++p) {
    status =
        PutCachePosition(&batch, core.meta(), static_cast<PartitionId>(p), 0);
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = core.db->Write(synced, &batch);
  for (size_t t = 0; t < kTableCount && status.ok(); ++t) {
    status = core.db->DropColumnFamily(core.table(static_cast<Table>(t)));
  }
  PAWL_RETURN_IF_ERROR(FromRocksDb(
      status, absl::StrCat("discard the caches in ", options_.directory)));
  return core.CloseDatabase();
}

absl::Status Opening::Recover() {
  PAWL_RETURN_IF_ERROR(OpenDatabase());
  PAWL_RETURN_IF_ERROR(CheckIdentity());
  PAWL_RETURN_IF_ERROR(FindEnds());
  absl::Status compared = CompareWithMark();
  if (compared.ok()) compared = CheckNothingIsMissing();
  refused_ = !compared.ok();
  PAWL_RETURN_IF_ERROR(compared);
  return BelieveIt();
}

absl::Status Opening::WithAcknowledged(const absl::Status& status) const {
  if (!mark_.has_value()) return status;
  std::string places;
  for (size_t p = 0; p < mark_->partitions.size(); ++p) {
    const auto partition = static_cast<PartitionId>(p);
    absl::StrAppend(&places, " ",
                    LogPlace(partition, mark_->Required(partition, boot_id_)));
  }
  return absl::Status(status.code(),
                      absl::StrCat(std::string(status.message()),
                                   "; acknowledged up to", places));
}

absl::Status Opening::TakeDirectory() {
  // The count that can be judged without the store; again in FindPartitions.
  PAWL_RETURN_IF_ERROR(CheckPartitionCount(options_.partitions, 0));
  if (!FileExists(fs_, options_.directory)) {
    if (options_.must_exist) {
      return absl::NotFoundError(
          absl::StrCat("no store in ", options_.directory));
    }
    PAWL_RETURN_IF_ERROR(MakeDir(fs_, options_.directory));
  }
  PAWL_ASSIGN_OR_RETURN(opened_.lock, DirLock::Take(options_.directory));
  return absl::OkStatus();
}

absl::Status Opening::LoadMark() {
  absl::StatusOr<MarkContent> mark = Mark::Load(fs_, mark_path_);
  if (mark.ok()) {
    mark_ = *std::move(mark);
    return absl::OkStatus();
  }
  if (absl::IsNotFound(mark.status())) {
    mark_problem_ = absl::StrCat("the mark ", mark_path_, " is missing");
    return absl::OkStatus();
  }
  if (absl::IsDataLoss(mark.status())) {
    mark_problem_ = std::string(mark.status().message());
    return absl::OkStatus();
  }
  return mark.status();
}

// RocksDB would create an empty database over the files of one whose CURRENT is
// gone, and delete them. So that is decided here.
absl::Status Opening::CheckDatabaseIsThere() {
  PAWL_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        ListDir(fs_, db_path_));
  database_exists_ =
      std::find(names.begin(), names.end(), "CURRENT") != names.end();
  if (database_exists_) return absl::OkStatus();
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log")) {
      return absl::DataLossError(
          absl::StrCat(db_path_, "/CURRENT is missing, but ", name,
                       " is there: restore the directory from a backup"));
    }
  }
  if (mark_.has_value()) {
    for (size_t p = 0; p < mark_->partitions.size(); ++p) {
      const auto partition = static_cast<PartitionId>(p);
      const Position required = mark_->Required(partition, boot_id_);
      if (required == 0) continue;
      return absl::DataLossError(
          absl::StrCat("the database ", db_path_, " is missing, but ",
                       LogPlace(partition, required),
                       " was acknowledged: restore the directory from a "
                       "backup"));
    }
  }
  // It is created whole (renamed into place), so damage means that it was used.
  if (!mark_.has_value() && FileExists(fs_, mark_path_)) {
    return absl::DataLossError(
        absl::StrCat("the database ", db_path_, " is missing, and ",
                     mark_problem_, ": restore the directory from a backup"));
  }
  if (options_.must_exist) {
    return absl::NotFoundError(
        absl::StrCat("no store in ", options_.directory));
  }
  return absl::OkStatus();
}

absl::Status Opening::FindPartitions() {
  int existing = 0;
  if (mark_.has_value()) {
    existing = static_cast<int>(mark_->partitions.size());
  } else if (database_exists_) {
    std::vector<std::string> names;
    PAWL_RETURN_IF_ERROR(FromRocksDb(
        rocksdb::DB::ListColumnFamilies(MakeDbOptions(options_, env_, nullptr),
                                        db_path_, &names),
        absl::StrCat("list the families of ", db_path_)));
    existing = static_cast<int>(
        std::count_if(names.begin(), names.end(), [](const auto& name) {
          return absl::StartsWith(name, kLogFamilyPrefix);
        }));
  }
  PAWL_RETURN_IF_ERROR(CheckPartitionCount(options_.partitions, existing));
  partitions_ = existing != 0 ? existing : std::max(1, options_.partitions);
  if (!new_store() || mark_.has_value()) return absl::OkStatus();
  // The mark comes first: a database without one is always a loss.
  MarkContent content;
  PAWL_ASSIGN_OR_RETURN(content.store_id, NewStoreId());
  content.boot_id = boot_id_;
  content.partitions.resize(static_cast<size_t>(partitions_));
  PAWL_RETURN_IF_ERROR(Mark::Create(fs_, mark_path_, content));
  mark_ = std::move(content);
  return absl::OkStatus();
}

absl::Status Opening::OpenDatabase() {
  opened_.core = std::make_unique<RocksDbCore>(options_, partitions_);
  rocksdb::DBOptions db_options = MakeDbOptions(options_, env_, listener_);
  db_options.create_if_missing = new_store();
  PAWL_RETURN_IF_ERROR(opened_.core->OpenDatabase(db_options));
  // Also when it was there already: the life that made it may have failed
  // before it synced the names.
  return SyncDir(fs_, options_.directory);
}

absl::Status Opening::CheckIdentity() {
  RocksDbCore& core = *opened_.core;
  PAWL_ASSIGN_OR_RETURN(identity_, ReadIdentity(core.db.get(), core.meta()));
  // A new store has none, nor has one whose creation was cut short; BelieveIt()
  // writes it. Until then nobody has seen to the folder's own name.
  if (identity_.store_id.empty()) {
    return SyncDir(fs_, ParentOf(options_.directory));
  }
  if (identity_.format > kStoreFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store in ", options_.directory, " has format ", identity_.format,
        ", this build knows ", kStoreFormat, ": use a newer build"));
  }
  if (mark_.has_value() && mark_->store_id != identity_.store_id) {
    mark_problem_ =
        absl::StrCat("the mark ", mark_path_, " belongs to another store");
    mark_.reset();
  }
  return absl::OkStatus();
}

absl::Status Opening::FindEnds() {
  RocksDbCore& core = *opened_.core;
  for (int p = 0; p < partitions_; ++p) {
    const auto partition = static_cast<PartitionId>(p);
    LogEnd found{.partition = partition};
    PAWL_ASSIGN_OR_RETURN(found.floor,
                          ReadFloor(core.db.get(), core.meta(), partition));
    core.partitions[partition].floor = found.floor;
    const LogTable log = core.LogOf(partition);
    PAWL_ASSIGN_OR_RETURN(found.end, FindLogEnd(log));
    PAWL_ASSIGN_OR_RETURN(found.begin, FindLogBegin(log));
    PAWL_ASSIGN_OR_RETURN(
        found.cache_position,
        ReadCachePosition(core.db.get(), core.meta(), partition));
    if (mark_.has_value()) {
      found.acknowledged = mark_->Required(partition, boot_id_);
    }
    ends_.push_back(found);
  }
  return absl::OkStatus();
}

// Whether the operator accepted the end that was found, in so many words.
bool Accepted(const StoreOptions& options, const LogEnd& found) {
  return std::any_of(options.accept_loss_after.begin(),
                     options.accept_loss_after.end(), [&](const auto& loss) {
                       return loss.partition == found.partition &&
                              loss.position == found.end;
                     });
}

absl::Status Opening::CompareWithMark() {
  const std::string where =
      absl::StrCat("in ", options_.directory,
                   "; the write-ahead logs as they were found are "
                   "kept in ",
                   quarantine_.path());
  for (const LogEnd& found : ends_) {
    PAWL_RETURN_IF_ERROR(
        CheckLogEnd(found, options_.accept_loss_after, where, &accepted_now_));
  }
  if (mark_.has_value()) return absl::OkStatus();
  // Nobody can say what was acknowledged: every end has to be accepted.
  std::string ends;
  bool all_accepted = true;
  for (const LogEnd& found : ends_) {
    absl::StrAppend(&ends, " ", LogPlace(found.partition, found.end));
    all_accepted &= Accepted(options_, found);
    accepted_now_.push_back({found.partition, found.end, found.end});
  }
  if (all_accepted) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(mark_problem_, " (", where,
                   "): what was acknowledged is unknown. The log "
                   "ends at",
                   ends,
                   "; restore the directory from a backup, or go on with "
                   "what is there by accepting the loss after each of these"));
}

// A MANIFEST that lost edits which were on the disk before it was damaged goes
// back to tables whose successors RocksDB has made already: then logs in the
// middle may be gone, which it doesn't see, while a later one gives the end
// that the mark asks for. What the tables cover reaches up to P at least, or
// from the floor where that is later (P is 0 after caches were thrown away).
absl::Status Opening::CheckNothingIsMissing() {
  if (!manifest_suspect_) return absl::OkStatus();
  for (const LogEnd& found : ends_) {
    const absl::Status status =
        ReadLog(opened_.core->LogOf(found.partition),
                std::max(found.cache_position + 1, found.floor), found.end,
                found.end, [](Position, std::string_view) { return true; });
    if (!status.ok()) return WithAcknowledged(status);
  }
  return absl::OkStatus();
}

// Everything is there, or its loss is accepted: notes the losses, moves the
// mark to the log's end (what was recovered is in files now) and drops the
// evidence.
absl::Status Opening::BelieveIt() {
  RocksDbCore& core = *opened_.core;
  PAWL_ASSIGN_OR_RETURN(opened_.losses,
                        ReadAcceptedLosses(core.db.get(), core.meta()));
  if (!accepted_now_.empty()) {
    PAWL_RETURN_IF_ERROR(AddAcceptedLosses(
        core.db.get(), core.meta(), opened_.losses.size(), accepted_now_));
    opened_.losses.insert(opened_.losses.end(), accepted_now_.begin(),
                          accepted_now_.end());
    PAWL_RETURN_IF_ERROR(quarantine_.SetAside().status());
  }
  if (identity_.store_id.empty()) {
    identity_ = {"", kStoreFormat, static_cast<uint64_t>(partitions_)};
    if (mark_.has_value()) {
      identity_.store_id = mark_->store_id;
    } else {
      PAWL_ASSIGN_OR_RETURN(identity_.store_id, NewStoreId());
    }
    PAWL_RETURN_IF_ERROR(WriteIdentity(core.db.get(), core.meta(), identity_));
  }
  MarkContent content;
  content.store_id = identity_.store_id;
  content.boot_id = boot_id_;
  content.buffered = options_.durability == Durability::kBuffered;
  content.counter = mark_.has_value() ? mark_->counter : 0;
  for (const LogEnd& found : ends_) {
    RocksDbCore::Partition& state = core.partitions[found.partition];
    state.taken = found.end;
    state.appended = found.end;
    state.durable = found.end;
    state.cached = found.cache_position;
    content.partitions.push_back({found.end, found.end});
  }
  if (!mark_.has_value()) {
    PAWL_RETURN_IF_ERROR(Mark::Create(fs_, mark_path_, content));
  }
  core.mark_entries = content.partitions;
  PAWL_ASSIGN_OR_RETURN(core.mark, Mark::Open(fs_, mark_path_, content));
  PAWL_RETURN_IF_ERROR(core.mark->Write(core.mark_entries));
  PAWL_RETURN_IF_ERROR(core.mark->Sync());
  return quarantine_.Drop();
}

}  // namespace

absl::StatusOr<OpenedStore> OpenForWriting(
    const StoreOptions& options, rocksdb::Env* env, const std::string& boot_id,
    std::shared_ptr<rocksdb::EventListener> listener) {
  return Opening(options, env, boot_id, std::move(listener)).Open();
}

}  // namespace pawl::eventstore
