#include "eventstore/rocksdb_reader.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "eventstore/archive.h"
#include "eventstore/cache_view.h"
#include "eventstore/files.h"
#include "eventstore/log_reader.h"
#include "eventstore/mark.h"
#include "eventstore/rocksdb_cache_base.h"
#include "eventstore/rocksdb_core.h"
#include "eventstore/rocksdb_footprint.h"
#include "eventstore/rocksdb_opening.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/rules.h"
#include "eventstore/store_notes.h"

namespace pawl::eventstore {
namespace {

// A writer that replaces files or slots while they are read makes one look
// fail; the next one sees the new state. Damage fails all of them.
constexpr int kLooks = 10;
constexpr std::chrono::milliseconds kBetweenLooks{20};

// A folder that goes away with the object.
class Scratch {
 public:
  static absl::StatusOr<std::unique_ptr<Scratch>> Make() {
    std::error_code error;
    const auto base = std::filesystem::temp_directory_path(error);
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrCat("no temporary directory: ", error.message()));
    }
    std::string path = (base / "pawl_reader_XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("create folder ", path, ": ", strerror(errno)));
    }
    return std::unique_ptr<Scratch>(new Scratch(std::move(path)));
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

// Calls `look` until it is OK or has failed kLooks times.
template <typename Look>
absl::Status Patiently(const Look& look) {
  absl::Status status;
  for (int i = 0; i < kLooks; ++i) {
    if (i > 0) std::this_thread::sleep_for(kBetweenLooks);
    status = look();
    if (status.ok() || absl::IsNotFound(status) ||
        absl::IsInvalidArgument(status)) {
      break;
    }
  }
  return status;
}

class RocksDbReader final : public EventStore {
 public:
  RocksDbReader(const StoreOptions& options, rocksdb::Env* env,
                std::string boot_id)
      : options_(options), env_(env), boot_id_(std::move(boot_id)) {}
  ~RocksDbReader() override { (void)Close(); }

  absl::Status Open();

  int partitions() const override {
    return static_cast<int>(core_->partitions.size());
  }
  bool read_only() const override { return true; }
  absl::Status Append(PartitionId, Position,
                      std::vector<std::string>) override {
    return Refused();
  }
  absl::Status Read(PartitionId partition, Position from, Position to,
                    const RecordVisitor& visit) const override {
    PAWL_ASSIGN_OR_RETURN(const LogTable log, Table(partition));
    return ReadLog(log, from, to, End(partition), visit);
  }
  absl::Status ReadAt(PartitionId partition,
                      std::span<const Position> positions,
                      const RecordVisitor& visit) const override {
    PAWL_ASSIGN_OR_RETURN(const LogTable log, Table(partition));
    return ReadLogAt(log, positions, End(partition), visit);
  }
  Position End(PartitionId partition) const override {
    return core_->partitions.at(partition).durable.load();
  }
  Position DurableEnd(PartitionId partition) const override {
    return End(partition);
  }
  Position Floor(PartitionId partition) const override {
    return core_->partitions.at(partition).floor.load();
  }
  absl::Status TrimBefore(PartitionId, Position) override { return Refused(); }
  absl::Status WriteArchive(const std::vector<ArchiveEntry>&) override {
    return Refused();
  }
  absl::Status DeleteFromArchive(const std::vector<std::string>&) override {
    return Refused();
  }
  absl::Status ScanArchive(const std::string& from, const std::string& to,
                           const ArchiveVisitor& visit) const override {
    if (core_->db == nullptr) {
      return absl::FailedPreconditionError("the store is closed");
    }
    return ScanArchiveOf(*core_, from, to, visit);
  }
  CacheView& Cache(PartitionId partition) override {
    return *views_.at(partition);
  }
  bool CheckpointDue(PartitionId) const override { return false; }
  absl::Status health() const override { return absl::OkStatus(); }
  absl::Status Refresh() override;
  std::vector<AcceptedLoss> AcceptedLosses() const override { return losses_; }
  StoreStats Stats() const override { return {}; }
  absl::StatusOr<Footprint> MeasureFootprint() const override {
    PAWL_ASSIGN_OR_RETURN(Footprint footprint, MeasureTables(*core_));
    PAWL_ASSIGN_OR_RETURN(footprint.written,
                          ReadWritten(core_->db.get(), core_->meta()));
    return footprint;
  }
  absl::Status Close() override;

 private:
  absl::Status Refused() const {
    return CheckMayAppend(/*read_only=*/true, false, absl::OkStatus(),
                          options_.directory);
  }
  absl::StatusOr<MarkContent> LoadMark() const;
  absl::Status OpenOnce();
  // DataLoss: RocksDB left out a table file because it is damaged.
  absl::Status CheckTables() const;
  // Takes over what the database shows, given a mark that is older.
  absl::Status LookAt(const MarkContent& mark);
  absl::StatusOr<LogTable> Table(PartitionId partition) const;

  const StoreOptions options_;
  rocksdb::Env* const env_;
  const std::string boot_id_;
  std::unique_ptr<Scratch> scratch_;
  std::unique_ptr<RocksDbCore> core_;
  std::unique_ptr<RocksDbCacheBase> cache_base_;
  std::vector<std::unique_ptr<CacheView>> views_;
  std::vector<AcceptedLoss> losses_;
};

absl::StatusOr<MarkContent> RocksDbReader::LoadMark() const {
  rocksdb::FileSystem* fs = env_->GetFileSystem().get();
  auto mark = Mark::Load(fs, MarkPath(options_.directory));
  if (!absl::IsNotFound(mark.status())) return mark;
  if (!FileExists(fs, options_.directory + "/db/CURRENT")) {
    return absl::NotFoundError(
        absl::StrCat("no store in ", options_.directory));
  }
  return absl::DataLossError(
      absl::StrCat("the mark ", MarkPath(options_.directory),
                   " is missing: what was acknowledged is unknown"));
}

absl::Status RocksDbReader::Open() {
  PAWL_ASSIGN_OR_RETURN(scratch_, Scratch::Make());
  PAWL_RETURN_IF_ERROR(Patiently([&] { return OpenOnce(); }));
  cache_base_ = std::make_unique<RocksDbCacheBase>(core_.get(), nullptr);
  for (int p = 0; p < partitions(); ++p) {
    views_.push_back(std::make_unique<CacheView>(cache_base_.get(),
                                                 static_cast<PartitionId>(p)));
  }
  return absl::OkStatus();
}

absl::Status RocksDbReader::OpenOnce() {
  // The mark first: what it says is in the log by the time that is read.
  PAWL_ASSIGN_OR_RETURN(const MarkContent mark, LoadMark());
  const int partitions = static_cast<int>(mark.partitions.size());
  PAWL_RETURN_IF_ERROR(CheckPartitionCount(options_.partitions, partitions));
  if (!FileExists(env_->GetFileSystem().get(),
                  options_.directory + "/db/CURRENT")) {
    return absl::NotFoundError(
        absl::StrCat("no store in ", options_.directory));
  }
  core_ = std::make_unique<RocksDbCore>(options_, partitions);
  PAWL_RETURN_IF_ERROR(core_->OpenSecondary(
      MakeDbOptions(options_, env_, nullptr), scratch_->path()));
  PAWL_RETURN_IF_ERROR(CheckTables());
  return LookAt(mark);
}

// To a secondary a table file that can't be opened is one that its writer has
// just removed: it shows the family as it was before, without a word. So where
// there are files that it doesn't show (those of a compaction under way, those
// that a killed writer left, or such a damaged one), the database is opened
// once more in the way that takes nothing for granted.
absl::Status RocksDbReader::CheckTables() const {
  std::vector<rocksdb::LiveFileMetaData> live;
  core_->db->GetLiveFilesMetaData(&live);
  std::set<std::string> shown;
  for (const rocksdb::LiveFileMetaData& file : live) {
    shown.insert(file.relative_filename);
  }
  std::vector<std::string> names;
  PAWL_RETURN_IF_ERROR(FromRocksDb(env_->GetChildren(core_->db_path(), &names),
                                   absl::StrCat("list ", core_->db_path())));
  const bool more =
      std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return absl::EndsWith(name, ".sst") && !shown.contains(name);
      });
  if (!more) return absl::OkStatus();
  return core_->CheckReadable(MakeDbOptions(options_, env_, nullptr));
}

absl::Status RocksDbReader::LookAt(const MarkContent& mark) {
  rocksdb::DB* db = core_->db.get();
  for (int p = 0; p < partitions(); ++p) {
    const auto partition = static_cast<PartitionId>(p);
    LogEnd found{.partition = partition};
    RocksDbCore::Partition& state = core_->partitions[partition];
    PAWL_ASSIGN_OR_RETURN(found.floor, ReadFloor(db, core_->meta(), partition));
    state.floor = found.floor;
    const LogTable log = core_->LogOf(partition);
    PAWL_ASSIGN_OR_RETURN(found.end, FindLogEnd(log));
    PAWL_ASSIGN_OR_RETURN(found.begin, FindLogBegin(log));
    PAWL_ASSIGN_OR_RETURN(found.cache_position,
                          ReadCachePosition(db, core_->meta(), partition));
    found.acknowledged = mark.Required(partition, boot_id_);
    PAWL_RETURN_IF_ERROR(CheckLogEnd(
        found, {}, absl::StrCat("read in ", options_.directory), nullptr));
    state.durable =
        std::min(found.end, mark.partitions[partition].acknowledged);
    state.cached = found.cache_position;
    // RocksDB reads the MANIFEST before the list of logs. When the writer
    // flushed in between, and deleted the log that it flushed, what that held
    // is in neither, while what came later is there; the next look sees the
    // flush.
    PAWL_RETURN_IF_ERROR(ReadLog(
        log, std::max(found.cache_position + 1, found.floor), state.durable,
        state.durable, [](Position, std::string_view) { return true; }));
  }
  PAWL_ASSIGN_OR_RETURN(losses_, ReadAcceptedLosses(db, core_->meta()));
  return absl::OkStatus();
}

absl::Status RocksDbReader::Refresh() {
  if (core_->db == nullptr) {
    return absl::FailedPreconditionError("the store is closed");
  }
  const absl::Status status = Patiently([&]() -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(const MarkContent mark, LoadMark());
    PAWL_RETURN_IF_ERROR(
        FromRocksDb(core_->db->TryCatchUpWithPrimary(),
                    absl::StrCat("follow the writer in ", options_.directory)));
    return LookAt(mark);
  });
  for (const auto& view : views_) view->BaseMoved();
  return status;
}

absl::StatusOr<LogTable> RocksDbReader::Table(PartitionId partition) const {
  PAWL_CHECK_LT(partition, core_->partitions.size());
  if (core_->db == nullptr) {
    return absl::FailedPreconditionError("the store is closed");
  }
  return core_->LogOf(partition);
}

absl::Status RocksDbReader::Close() {
  if (core_ == nullptr) return absl::OkStatus();
  const absl::Status status = core_->CloseDatabase();
  scratch_.reset();
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbReader(
    const StoreOptions& options, rocksdb::Env* env,
    const std::string& boot_id) {
  auto reader = std::make_unique<RocksDbReader>(options, env, boot_id);
  PAWL_RETURN_IF_ERROR(reader->Open());
  return std::unique_ptr<EventStore>(std::move(reader));
}

}  // namespace pawl::eventstore
