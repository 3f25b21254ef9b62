// ManualDriver: runs a partition without threads, on a clock that the caller
// turns and a store in memory. For `pawl test`, simulation and tests: the same
// calls give the same log, byte for byte.
//
//   auto disk = std::make_shared<eventstore::MemoryDisk>();
//   auto driver = ManualDriver::Open(disk, {}).value();
//   driver->Submit(command);       // decided, durable, answered
//   driver->AdvanceTo(time_ms);    // fires what falls due, one time at a time
//   driver.reset(); disk->LoseUnsynced();   // a crash
//
// Thread-compatible.
#ifndef PAWL_ENGINE_MANUAL_DRIVER_H_
#define PAWL_ENGINE_MANUAL_DRIVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/limits.h"
#include "engine/partition.h"
#include "engine/partition_data.h"
#include "eventstore/memory_event_store.h"

namespace pawl {

class ManualDriver final : private eventstore::EventStoreListener {
 public:
  struct Options {
    int64_t now_ms = 1'000'000'000'000;  // in 2001
    PartitionDataOptions data;
    size_t checkpoint_log_bytes = size_t{8} << 20;
    size_t overlay_bytes = size_t{32} << 20;
    std::vector<eventstore::AcceptedLoss> accept_loss_after;
    // kManual: rounds become durable when the test says so, by store().
    eventstore::MemoryEventStore::Completion completion =
        eventstore::MemoryEventStore::Completion::kAtOnce;
    // As PartitionOptions has it.
    size_t record_bytes_max = kRecordBytesMax;
    // As HoldDueFrom(), from the opening on.
    std::optional<uint64_t> hold_due_from;
    // Whether observations() is filled.
    bool observed = false;
    // Sees each round before the store gets it.
    std::function<void(Position first, const std::vector<std::string>& records)>
        on_round;
  };

  // Opens the store, recovers, and, with kAtOnce, makes the opening durable.
  static absl::StatusOr<std::unique_ptr<ManualDriver>> Open(
      std::shared_ptr<eventstore::MemoryDisk> disk, Options options);

  // A destroyed driver is a killed process.
  ~ManualDriver() override;

  // --- Requests --------------------------------------------------------------
  // Runs the request until its reply is there; CHECKs that it comes. With
  // kManual use Post.
  Reply Submit(Request request);
  Reply Submit(fb::CommandUnion command, std::string actor = "");
  template <typename CommandT>
  Reply Do(CommandT command, std::string actor = "") {
    fb::CommandUnion entry;
    entry.Set(std::move(command));
    return Submit(std::move(entry), std::move(actor));
  }
  Reply Fetch(FetchRequest request);

  // Queues a request for the next step; its token.
  uint64_t Post(Request request);
  // The reply to `token`, once it is out.
  const Reply* ReplyTo(uint64_t token) const;

  // --- Time
  // --------------------------------------------------------------------
  int64_t now_ms() const { return now_ms_; }
  // One step of the partition; false: there was nothing to do.
  bool Step();
  // Until nothing is left to do at this time. ResourceExhausted after
  // kIdleRoundsMax rounds; Unavailable: the store has failed.
  absl::Status RunUntilIdle();
  // Moves the clock to each due time up to `now_ms` in turn and does what is
  // due then. Codes of RunUntilIdle. The clock doesn't go back.
  absl::Status AdvanceTo(int64_t now_ms);
  // Timers that come from now on wait, whatever the clock says; or none does.
  // The counter of their keys, for an engine that opens what this one leaves.
  uint64_t HoldDueFromNow();
  void ReleaseDue();
  // Moves the clock only.
  void SetNow(int64_t now_ms) { now_ms_ = now_ms; }

  // --- Handlers
  // ------------------------------------------------------------------ Calls
  // that were given out since the last time, oldest first.
  std::vector<HandlerCallPtr> TakeCalls();
  // Gives a call back with its result, for the next step.
  void Finish(HandlerCallPtr call, const JobResult& result);

  // --- What is
  // -------------------------------------------------------------------
  PartitionData& data() { return *data_; }
  Partition& partition() { return *partition_; }
  eventstore::MemoryEventStore& store() { return *store_; }
  const std::vector<Observation>& observations() const { return observations_; }
  // Replies in the order in which they came out.
  const std::vector<uint64_t>& reply_order() const { return reply_order_; }

  // Refuses new work, makes everything durable (with kManual too) and a
  // checkpoint.
  absl::Status Close();

 private:
  explicit ManualDriver(Options options)
      : options_(std::move(options)), now_ms_(options_.now_ms) {}

  // EventStoreListener:
  void OnAppended(PartitionId, Position) override {}
  void OnDurable(PartitionId, Position last) override {
    input_.durable = last;
    signalled_ = true;
  }
  void OnCheckpointed(PartitionId, Position position) override {
    input_.checkpointed = position;
    signalled_ = true;
  }
  void OnFailed(const absl::Status& status) override {
    input_.failed = status;
    signalled_ = true;
  }

  const Options options_;
  int64_t now_ms_;
  std::unique_ptr<eventstore::MemoryEventStore> store_;
  std::unique_ptr<PartitionData> data_;
  std::unique_ptr<Partition> partition_;
  StepInput input_;
  StepOutput output_;
  // Something came in since the last step, or the last one asked for another.
  bool signalled_ = true;
  bool closed_ = false;
  int64_t wake_at_ms_ = WorkIndex::kNever;
  uint64_t last_token_ = 0;
  absl::flat_hash_map<uint64_t, Reply> replies_;
  std::vector<uint64_t> reply_order_;
  std::vector<HandlerCallPtr> calls_;
  std::vector<Observation> observations_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_MANUAL_DRIVER_H_
