#include "eventstore/memory_event_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "eventstore/record_codec.h"
#include "eventstore/rules.h"

namespace pawl::eventstore {

// --- MemoryDisk -------------------------------------------------------------

void MemoryDisk::LoseUnsynced(size_t rounds_kept) {
  PAWL_CHECK(!open_for_writing_) << "close the store before its disk crashes";
  for (size_t i = 0; i < std::min(rounds_kept, unsynced_.size()); ++i) {
    partitions_[unsynced_[i].partition].durable = unsynced_[i].last;
  }
  for (Partition& partition : partitions_) {
    partition.log.erase(partition.log.upper_bound(partition.durable),
                        partition.log.end());
    partition.end = std::min(partition.end, partition.durable);
  }
  unsynced_.clear();
}

void MemoryDisk::FlipByte(PartitionId partition, Position position,
                          size_t byte) {
  char& victim = partitions_[partition].log.at(position).at(byte);
  victim = static_cast<char>(victim ^ 0x01);
}

void MemoryDisk::EraseRecord(PartitionId partition, Position position) {
  partitions_[partition].log.erase(position);
}

void MemoryDisk::Truncate(PartitionId partition, Position last) {
  Partition& p = partitions_[partition];
  p.log.erase(p.log.upper_bound(last), p.log.end());
  p.end = std::max(std::min(p.end, last), p.floor - 1);
}

// --- Opening and closing
// ------------------------------------------------------

MemoryEventStore::MemoryEventStore(std::shared_ptr<MemoryDisk> disk,
                                   const StoreOptions& options,
                                   EventStoreListener* listener,
                                   Completion completion)
    : disk_(std::move(disk)),
      listener_(listener),
      completion_(completion),
      read_only_(options.read_only),
      is_dead_(options.is_dead),
      checkpoint_log_bytes_(options.checkpoint_log_bytes),
      overlay_bytes_(options.overlay_bytes) {}

absl::StatusOr<std::unique_ptr<MemoryEventStore>> MemoryEventStore::Open(
    std::shared_ptr<MemoryDisk> disk, const StoreOptions& options,
    EventStoreListener* listener, Completion completion) {
  auto store = std::unique_ptr<MemoryEventStore>(
      new MemoryEventStore(std::move(disk), options, listener, completion));
  PAWL_RETURN_IF_ERROR(store->OpenLog(options));
  return store;
}

absl::Status MemoryEventStore::OpenLog(const StoreOptions& options) {
  PAWL_RETURN_IF_ERROR(CheckPartitionCount(
      options.partitions, static_cast<int>(disk_->partitions_.size())));
  if (!read_only_ && disk_->open_for_writing_) {
    return absl::FailedPreconditionError(
        "the store is open for writing already: memory disk");
  }
  if (read_only_ && options.discard_caches) {
    return absl::InvalidArgumentError(
        "a reader can't discard caches: memory disk");
  }
  if (!disk_->created()) {
    if (read_only_ || options.must_exist) {
      return absl::NotFoundError("no store here: memory disk");
    }
    disk_->partitions_.resize(
        static_cast<size_t>(std::max(1, options.partitions)));
  }
  if (options.discard_caches) {
    for (MemoryDisk::Partition& partition : disk_->partitions_) {
      for (auto& table : partition.tables) table.clear();
      partition.cache_position = 0;
    }
  }
  if (!read_only_) {
    std::vector<AcceptedLoss> accepted;
    for (size_t p = 0; p < disk_->partitions_.size(); ++p) {
      MemoryDisk::Partition& partition = disk_->partitions_[p];
      const auto begin = partition.log.lower_bound(partition.floor);
      const LogEnd found{
          .partition = static_cast<PartitionId>(p),
          .end = partition.end,
          .acknowledged = partition.durable,
          .cache_position = partition.cache_position,
          .floor = partition.floor,
          .begin = begin == partition.log.end() ? 0 : begin->first};
      PAWL_RETURN_IF_ERROR(CheckLogEnd(found, options.accept_loss_after,
                                       "memory disk", &accepted));
    }
    // Only now, when every partition may be opened, is anything changed.
    for (MemoryDisk::Partition& partition : disk_->partitions_) {
      partition.durable = partition.end;
    }
    disk_->losses_.insert(disk_->losses_.end(), accepted.begin(),
                          accepted.end());
    disk_->unsynced_.clear();
    disk_->open_for_writing_ = true;
    holds_disk_ = true;
  }
  state_ = std::vector<PartitionState>(disk_->partitions_.size());
  for (size_t p = 0; p < state_.size(); ++p) {
    state_[p].taken = disk_->partitions_[p].end;
    state_[p].view = std::make_unique<CacheView>(static_cast<CacheBase*>(this),
                                                 static_cast<PartitionId>(p));
  }
  if (!read_only_) return absl::OkStatus();
  Look();
  ++disk_->readers_;
  looks_at_disk_ = true;
  return absl::OkStatus();
}

// A reader sees the disk as of its last look, as a reading process does.
void MemoryEventStore::Look() {
  for (size_t p = 0; p < state_.size(); ++p) {
    const MemoryDisk::Partition& partition = disk_->partitions_[p];
    state_[p].visible = std::min(partition.end, partition.durable);
    state_[p].visible_cache = partition.cache_position;
    state_[p].visible_floor = partition.floor;
    state_[p].visible_tables = partition.tables;
    state_[p].view->BaseMoved();
  }
  visible_archive_ = disk_->archive_;
}

MemoryEventStore::~MemoryEventStore() { (void)Close(); }

void MemoryEventStore::LetGo() {
  closed_ = true;
  if (holds_disk_) disk_->open_for_writing_ = false;
  holds_disk_ = false;
  if (looks_at_disk_) --disk_->readers_;
  looks_at_disk_ = false;
}

void MemoryEventStore::Kill() {
  rounds_.clear();
  checkpoints_.clear();
  LetGo();
}

absl::Status MemoryEventStore::Close() {
  if (!closed_) {
    RunPending();
    LetGo();
  }
  return health_;
}

absl::Status MemoryEventStore::Refresh() {
  if (read_only_) Look();
  return absl::OkStatus();
}

// --- Log
// ------------------------------------------------------------------------

int MemoryEventStore::partitions() const {
  return static_cast<int>(state_.size());
}

absl::Status MemoryEventStore::Append(PartitionId partition, Position first,
                                      std::vector<std::string> records) {
  PAWL_CHECK_LT(partition, state_.size());
  PAWL_RETURN_IF_ERROR(
      CheckMayAppend(read_only_, closed_, health_, "memory disk"));
  PAWL_RETURN_IF_ERROR(CheckRound(partition, first, records));
  PartitionState& state = state_[partition];
  PAWL_RETURN_IF_ERROR(CheckExpected(partition, state.taken, first));
  state.taken += records.size();
  rounds_.push_back({partition, first, std::move(records)});
  RunIfAtOnce();
  return absl::OkStatus();
}

bool MemoryEventStore::StepAppend() {
  if (rounds_.empty() || !health_.ok()) return false;
  if (!disk_->append_fault_.ok()) {
    Fail(std::exchange(disk_->append_fault_, absl::OkStatus()));
    return true;
  }
  PendingRound round = std::move(rounds_.front());
  rounds_.pop_front();
  MemoryDisk::Partition& partition = disk_->partitions_[round.partition];
  for (std::string& record : round.records) {
    PAWL_CHECK_EQ(partition.end + 1, round.first);
    state_[round.partition].log_bytes += record.size();
    stats_.record_bytes += record.size();
    ++stats_.records;
    partition.log[round.first] =
        RecordCrc(round.partition, round.first, record) + record;
    partition.end = round.first++;
  }
  ++stats_.batches;
  disk_->unsynced_.push_back({round.partition, partition.end});
  if (listener_ != nullptr) {
    listener_->OnAppended(round.partition, partition.end);
  }
  return true;
}

bool MemoryEventStore::StepSync() {
  if (disk_->unsynced_.empty() || !health_.ok() || read_only_) return false;
  if (!disk_->sync_fault_.ok()) {
    Fail(std::exchange(disk_->sync_fault_, absl::OkStatus()));
    return true;
  }
  disk_->unsynced_.clear();
  ++stats_.syncs;
  for (size_t p = 0; p < state_.size(); ++p) {
    MemoryDisk::Partition& partition = disk_->partitions_[p];
    if (partition.durable == partition.end) continue;
    partition.durable = partition.end;
    if (listener_ != nullptr) {
      listener_->OnDurable(static_cast<PartitionId>(p), partition.durable);
    }
  }
  return true;
}

bool MemoryEventStore::StepCheckpoint() {
  if (checkpoints_.empty() || !health_.ok()) return false;
  const auto covered = std::find_if(
      checkpoints_.begin(), checkpoints_.end(), [&](const auto& waiting) {
        return waiting.position <=
               disk_->partitions_[waiting.partition].durable;
      });
  if (covered == checkpoints_.end()) return false;
  const PendingCheckpoint checkpoint = std::move(*covered);
  checkpoints_.erase(covered);
  MemoryDisk::Partition& partition = disk_->partitions_[checkpoint.partition];
  for (size_t t = 0; t < kTableCount; ++t) {
    for (const auto& slot : checkpoint.layer->tree(static_cast<Table>(t))) {
      const OverlayEntry& entry = *slot.entry;
      if (entry.tombstone()) {
        partition.tables[t].erase(std::string(entry.key()));
      } else {
        partition.tables[t][std::string(entry.key())] = entry.value();
      }
    }
  }
  partition.cache_position = checkpoint.position;
  checkpoint.layer->written.store(true, std::memory_order_release);
  ++stats_.checkpoints;
  if (listener_ != nullptr) {
    listener_->OnCheckpointed(checkpoint.partition, checkpoint.position);
  }
  return true;
}

void MemoryEventStore::RunPending() {
  if (running_) return;
  running_ = true;
  while (StepAppend() || StepSync() || StepCheckpoint()) {
  }
  running_ = false;
}

void MemoryEventStore::RunIfAtOnce() {
  if (completion_ == Completion::kAtOnce) RunPending();
}

void MemoryEventStore::Fail(const absl::Status& status) {
  health_ = status;
  rounds_.clear();
  if (listener_ != nullptr) listener_->OnFailed(status);
}

Position MemoryEventStore::End(PartitionId partition) const {
  return read_only_ ? state_[partition].visible
                    : disk_->partitions_[partition].end;
}

Position MemoryEventStore::DurableEnd(PartitionId partition) const {
  return read_only_ ? state_[partition].visible
                    : disk_->partitions_[partition].durable;
}

absl::Status MemoryEventStore::Read(PartitionId partition, Position from,
                                    Position to,
                                    const RecordVisitor& visit) const {
  PAWL_CHECK_LT(partition, state_.size());
  PAWL_RETURN_IF_ERROR(CheckReadFrom(partition, from, Floor(partition)));
  PAWL_RETURN_IF_ERROR(disk_->read_fault_);
  const auto& log = disk_->partitions_[partition].log;
  to = std::min(to, End(partition));
  RecordAligner aligner;
  for (Position position = from; position <= to; ++position) {
    const auto it = log.find(position);
    if (it == log.end()) {
      return MissingRecord(partition, position, "memory disk");
    }
    PAWL_ASSIGN_OR_RETURN(const std::string_view record,
                          DecodeRecord(partition, position, it->second));
    if (!visit(position, aligner.Align(record))) break;
  }
  return absl::OkStatus();
}

absl::Status MemoryEventStore::ReadAt(PartitionId partition,
                                      std::span<const Position> positions,
                                      const RecordVisitor& visit) const {
  for (const Position position : positions) {
    PAWL_RETURN_IF_ERROR(
        CheckReadable(partition, position, Floor(partition), End(partition)));
    bool more = true;
    PAWL_RETURN_IF_ERROR(Read(partition, position, position,
                              [&](Position at, std::string_view record) {
                                more = visit(at, record);
                                return true;
                              }));
    if (!more) break;
  }
  return absl::OkStatus();
}

// --- Trimming and the archive
// -----------------------------------------------------

Position MemoryEventStore::Floor(PartitionId partition) const {
  PAWL_CHECK_LT(partition, state_.size());
  return read_only_ ? state_[partition].visible_floor
                    : disk_->partitions_[partition].floor;
}

// What is written without a round is appended and synced at once.
absl::Status MemoryEventStore::CheckMayChange() {
  PAWL_RETURN_IF_ERROR(
      CheckMayAppend(read_only_, closed_, health_, "memory disk"));
  for (absl::Status* fault : {&disk_->append_fault_, &disk_->sync_fault_}) {
    if (fault->ok()) continue;
    Fail(std::exchange(*fault, absl::OkStatus()));
    break;
  }
  return CheckMayAppend(read_only_, closed_, health_, "memory disk");
}

absl::Status MemoryEventStore::TrimBefore(PartitionId partition,
                                          Position floor) {
  PAWL_CHECK_LT(partition, state_.size());
  MemoryDisk::Partition& on_disk = disk_->partitions_[partition];
  PAWL_RETURN_IF_ERROR(
      CheckMayTrim(TrimFacts{.partition = partition,
                             .wanted = floor,
                             .floor = on_disk.floor,
                             .end = on_disk.end,
                             .durable = on_disk.durable,
                             .cached = on_disk.cache_position,
                             .checkpointing = checkpoint_running(partition),
                             .read_only = read_only_,
                             .closed = closed_},
                   health_));
  PAWL_RETURN_IF_ERROR(CheckMayChange());
  on_disk.floor = floor;
  if (on_disk.end == 0) {
    on_disk.end = on_disk.durable = state_[partition].taken = floor - 1;
  }
  // A file that somebody has open stays until it is closed.
  if (disk_->readers_ == 0) {
    on_disk.log.erase(on_disk.log.begin(), on_disk.log.lower_bound(floor));
  }
  if (is_dead_ != nullptr) EraseDeadEntries();
  return absl::OkStatus();
}

void MemoryEventStore::EraseDeadEntries() {
  std::vector<Position> floors;
  for (const MemoryDisk::Partition& partition : disk_->partitions_) {
    floors.push_back(partition.floor);
  }
  for (MemoryDisk::Partition& partition : disk_->partitions_) {
    for (size_t t = 0; t < kTableCount; ++t) {
      std::erase_if(partition.tables[t], [&](const auto& entry) {
        return is_dead_(static_cast<Table>(t), entry.first, entry.second,
                        floors);
      });
    }
  }
}

absl::Status MemoryEventStore::WriteArchive(
    const std::vector<ArchiveEntry>& entries) {
  PAWL_RETURN_IF_ERROR(CheckArchiveEntries(entries));
  PAWL_RETURN_IF_ERROR(CheckMayChange());
  for (const ArchiveEntry& entry : entries) {
    disk_->archive_[entry.key] = entry.value;
  }
  return absl::OkStatus();
}

absl::Status MemoryEventStore::DeleteFromArchive(
    const std::vector<std::string>& keys) {
  PAWL_RETURN_IF_ERROR(CheckArchiveKeys(keys));
  PAWL_RETURN_IF_ERROR(CheckMayChange());
  for (const std::string& key : keys) disk_->archive_.erase(key);
  return absl::OkStatus();
}

absl::Status MemoryEventStore::ScanArchive(const std::string& from,
                                           const std::string& to,
                                           const ArchiveVisitor& visit) const {
  if (closed_) {
    return absl::FailedPreconditionError("the store is closed: memory disk");
  }
  const MemoryDisk::Map& map = read_only_ ? visible_archive_ : disk_->archive_;
  for (auto it = map.lower_bound(from);
       it != map.end() && (to.empty() || it->first < to); ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return absl::OkStatus();
}

// --- Caches
// -----------------------------------------------------------------------

CacheView& MemoryEventStore::Cache(PartitionId partition) {
  PAWL_CHECK_LT(partition, state_.size());
  return *state_[partition].view;
}

bool MemoryEventStore::CheckpointDue(PartitionId partition) const {
  const PartitionState& state = state_[partition];
  if (read_only_ || checkpoint_running(partition)) return false;
  return state.log_bytes >= checkpoint_log_bytes_ ||
         state.view->bytes() >= overlay_bytes_ / state_.size();
}

std::vector<AcceptedLoss> MemoryEventStore::AcceptedLosses() const {
  return disk_->losses_;
}

const MemoryDisk::Map& MemoryEventStore::TableOf(PartitionId partition,
                                                 Table table) const {
  return read_only_ ? state_[partition].visible_tables[IndexOf(table)]
                    : disk_->partitions_[partition].tables[IndexOf(table)];
}

absl::StatusOr<std::optional<std::string>> MemoryEventStore::Get(
    PartitionId partition, Table table, std::string_view key) const {
  const MemoryDisk::Map& map = TableOf(partition, table);
  const auto it = map.find(key);
  if (it == map.end()) return std::optional<std::string>();
  return std::optional<std::string>(it->second);
}

namespace {

template <typename Map>
class MapIterator final : public CacheIterator {
 public:
  MapIterator(const Map& map, const KeyRange& range)
      : range_(range), it_(map.lower_bound(range.from)), end_(map.end()) {}
  bool Valid() const override {
    return it_ != end_ && (range_.to.empty() || it_->first < range_.to);
  }
  std::string_view key() const override { return it_->first; }
  std::string_view value() const override { return it_->second; }
  void Next() override { ++it_; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const KeyRange& range_;
  typename Map::const_iterator it_;
  const typename Map::const_iterator end_;
};

}  // namespace

std::unique_ptr<CacheIterator> MemoryEventStore::NewIterator(
    PartitionId partition, Table table, const KeyRange& range) const {
  return std::make_unique<MapIterator<MemoryDisk::Map>>(
      TableOf(partition, table), range);
}

Position MemoryEventStore::position(PartitionId partition) const {
  return read_only_ ? state_[partition].visible_cache
                    : disk_->partitions_[partition].cache_position;
}

absl::Status MemoryEventStore::CheckCheckpoint(PartitionId partition,
                                               Position position) const {
  return CheckMayCheckpoint(
      CheckpointFacts{.partition = partition,
                      .wanted = position,
                      .taken = state_[partition].taken,
                      .last = this->position(partition),
                      .running = checkpoint_running(partition),
                      .read_only = read_only_,
                      .closed = closed_},
      health_);
}

void MemoryEventStore::BeginCheckpoint(PartitionId partition, Position position,
                                       std::shared_ptr<OverlayLayer> layer) {
  checkpoints_.push_back({partition, position, std::move(layer)});
  state_[partition].log_bytes = 0;
  RunIfAtOnce();
}

bool MemoryEventStore::checkpoint_running(PartitionId partition) const {
  return std::any_of(
      checkpoints_.begin(), checkpoints_.end(),
      [&](const auto& running) { return running.partition == partition; });
}

absl::Status MemoryEventStore::Clear(PartitionId partition) {
  if (checkpoint_running(partition)) {
    return absl::FailedPreconditionError(
        absl::StrCat("a checkpoint of partition ", partition, " is running"));
  }
  for (auto& table : disk_->partitions_[partition].tables) table.clear();
  disk_->partitions_[partition].cache_position = 0;
  return absl::OkStatus();
}

}  // namespace pawl::eventstore
