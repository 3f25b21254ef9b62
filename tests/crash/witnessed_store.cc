#include "tests/crash/witnessed_store.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace pawl::crash {
namespace {

using eventstore::EventStore;
using eventstore::EventStoreListener;

class WitnessedListener final : public EventStoreListener {
 public:
  WitnessedListener(EventStoreListener* listener, LogWitness* witness)
      : listener_(listener), witness_(witness) {}
  void set_store(const EventStore* store) { store_ = store; }
  void OnAppended(PartitionId partition, Position last) override {
    listener_->OnAppended(partition, last);
  }
  void OnDurable(PartitionId partition, Position last) override {
    witness_->Durable(last);
    listener_->OnDurable(partition, last);
  }
  void OnCheckpointed(PartitionId partition, Position position) override {
    // What the store says itself: its report to the listener comes later.
    if (const EventStore* store = store_.load()) {
      witness_->Checkpointed(position, store->DurableEnd(partition));
    }
    listener_->OnCheckpointed(partition, position);
  }
  void OnFailed(const absl::Status& status) override {
    listener_->OnFailed(status);
  }

 private:
  EventStoreListener* const listener_;
  LogWitness* const witness_;
  std::atomic<const EventStore*> store_{nullptr};
};

class WitnessedStore final : public EventStore {
 public:
  WitnessedStore(std::unique_ptr<EventStoreListener> listener,
                 LogWitness* witness)
      : listener_(std::move(listener)), witness_(witness) {}
  void set_store(std::unique_ptr<EventStore> store) {
    store_ = std::move(store);
  }

  int partitions() const override { return store_->partitions(); }
  bool read_only() const override { return store_->read_only(); }
  absl::Status Append(PartitionId partition, Position first,
                      std::vector<std::string> records) override {
    witness_->Given(first, records);
    const absl::Status status =
        store_->Append(partition, first, std::move(records));
    if (!status.ok()) witness_->TakeBack(first);
    return status;
  }
  absl::Status Read(PartitionId partition, Position from, Position to,
                    const RecordVisitor& visit) const override {
    return store_->Read(partition, from, to, visit);
  }
  absl::Status ReadAt(PartitionId partition,
                      std::span<const Position> positions,
                      const RecordVisitor& visit) const override {
    return store_->ReadAt(partition, positions, visit);
  }
  Position End(PartitionId partition) const override {
    return store_->End(partition);
  }
  Position DurableEnd(PartitionId partition) const override {
    return store_->DurableEnd(partition);
  }
  Position Floor(PartitionId partition) const override {
    return store_->Floor(partition);
  }
  absl::Status TrimBefore(PartitionId partition, Position floor) override {
    return store_->TrimBefore(partition, floor);
  }
  absl::Status WriteArchive(const std::vector<ArchiveEntry>& entries) override {
    return store_->WriteArchive(entries);
  }
  absl::Status DeleteFromArchive(
      const std::vector<std::string>& keys) override {
    return store_->DeleteFromArchive(keys);
  }
  absl::Status ScanArchive(const std::string& from, const std::string& to,
                           const ArchiveVisitor& visit) const override {
    return store_->ScanArchive(from, to, visit);
  }
  eventstore::CacheView& Cache(PartitionId partition) override {
    return store_->Cache(partition);
  }
  bool CheckpointDue(PartitionId partition) const override {
    return store_->CheckpointDue(partition);
  }
  absl::Status health() const override { return store_->health(); }
  absl::Status Refresh() override { return store_->Refresh(); }
  std::vector<eventstore::AcceptedLoss> AcceptedLosses() const override {
    return store_->AcceptedLosses();
  }
  eventstore::StoreStats Stats() const override { return store_->Stats(); }
  absl::Status Close() override { return store_->Close(); }

 private:
  const std::unique_ptr<EventStoreListener> listener_;
  LogWitness* const witness_;
  std::unique_ptr<EventStore> store_;
};

}  // namespace

void LogWitness::Given(Position first,
                       const std::vector<std::string>& records) {
  const std::lock_guard<std::mutex> lock(mutex_);
  records_.resize(first - 1);
  records_.insert(records_.end(), records.begin(), records.end());
  round_ends_.insert(records_.size());
  given_.store(records_.size());
}

void LogWitness::TakeBack(Position first) {
  const std::lock_guard<std::mutex> lock(mutex_);
  records_.resize(first - 1);
  round_ends_.erase(round_ends_.lower_bound(first), round_ends_.end());
  given_.store(records_.size());
}

void LogWitness::Durable(Position last) { durable_.store(last); }

void LogWitness::Checkpointed(Position position, Position durable) {
  if (position <= durable) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  ahead_ = absl::StrCat("caches ahead of the log: a checkpoint at ", position,
                        " was written when ", durable, " was durable");
}

std::string LogWitness::At(Position position) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return records_.at(position - 1);
}

absl::Status LogWitness::Compare(const EventStore& store) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!ahead_.empty()) return absl::InternalError(ahead_);
  const Position end = store.End(0);
  if (end < durable_.load()) {
    return absl::InternalError(absl::StrCat("lost: the log ends at ", end, ", ",
                                            durable_.load(), " was durable"));
  }
  if (end > records_.size()) {
    return absl::InternalError(absl::StrCat(
        "the log ends at ", end, ", ", records_.size(), " records were given"));
  }
  if (end > 0 && !round_ends_.contains(end)) {
    return absl::InternalError(
        absl::StrCat("half a round: the log ends at ", end));
  }
  Position wrong = 0;
  PAWL_RETURN_IF_ERROR(
      store.Read(0, 1, end, [&](Position position, std::string_view bytes) {
        if (bytes != records_[position - 1]) wrong = position;
        return wrong == 0;
      }));
  if (wrong != 0) {
    return absl::InternalError(
        absl::StrCat("record ", wrong, " is not what was given"));
  }
  records_.resize(end);
  round_ends_.erase(round_ends_.upper_bound(end), round_ends_.end());
  durable_.store(end);
  given_.store(end);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<EventStore>> OpenWitnessed(
    const std::function<
        absl::StatusOr<std::unique_ptr<EventStore>>(EventStoreListener*)>& open,
    EventStoreListener* listener, LogWitness* witness) {
  auto told = std::make_unique<WitnessedListener>(listener, witness);
  WitnessedListener* raw = told.get();
  auto store = std::make_unique<WitnessedStore>(std::move(told), witness);
  PAWL_ASSIGN_OR_RETURN(auto opened, open(raw));
  raw->set_store(opened.get());
  store->set_store(std::move(opened));
  return store;
}

}  // namespace pawl::crash
