// World: the machine that a run happens on: a disk in memory, the real engine
// on it, a clock, and the oracle that watches. It can be killed, lose power, be
// closed and opened; every effect that comes out of the engine passes here and
// is held against what is durable at that moment.
//
// Thread-compatible.
#ifndef PAWL_TESTS_SIM_WORLD_H_
#define PAWL_TESTS_SIM_WORLD_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"
#include "tests/sim/failure.h"
#include "tests/sim/fault_kind.h"
#include "tests/sim/oracle.h"
#include "tests/support/elements_of_log.h"
#include "tests/support/fault_table.h"

namespace pawl::sim {

// (row, transition) pairs of FaultTable that a record holds.
inline constexpr size_t kCellsMax = 512;
using Cells = std::bitset<kCellsMax>;

// What came out of the engine, for whoever it is meant for.
class Effects {
 public:
  virtual ~Effects() = default;
  virtual void OnReply(uint64_t token, const Reply& reply) = 0;
  virtual void OnCall(HandlerCallPtr call) = 0;
  // The engine is gone, and with it all that was under way.
  virtual void OnDown() = 0;
};

class World {
 public:
  World(ManualDriver::Options options, Failure* failure);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  void set_effects(Effects* effects) { effects_ = effects; }
  // Prints every record when it is decided.
  void set_trace(bool trace) { trace_ = trace; }

  // --- Life ------------------------------------------------------------------
  bool up() const { return driver_ != nullptr; }
  ManualDriver& driver() { return *driver_; }
  eventstore::MemoryEventStore& store() { return driver_->store(); }
  std::shared_ptr<eventstore::MemoryDisk> disk() { return disk_; }
  // Kills the engine. What was appended stays, but of the rounds that aren't
  // durable only the first `unsynced_kept`.
  static constexpr size_t kAll = SIZE_MAX;
  void Kill(size_t unsynced_kept = kAll);
  // Looks at the disk as another process would, then opens the engine. It is a
  // failure when the log doesn't end at `end`, or when snapshots and tail give
  // another state than the fold of the log.
  void Open(Position end);
  void Close();

  // --- Work, one thing at a time. Effects go to set_effects(). ---------------
  // A step of the partition; false: there was nothing to do.
  bool Step();
  bool Append();
  bool Sync();
  bool Checkpoint();
  // Until nothing is left to do at this time, everything durable.
  void Drain();
  // Lets rounds become durable until the partition takes new work.
  void MakeRoom();
  // From now on effects are lost on their way.
  void set_effects_lost(bool lost) { effects_lost_ = lost; }
  // Replies and calls so far that were.
  uint64_t effects_lost() const { return lost_count_; }

  // --- What is ---------------------------------------------------------------
  Oracle& oracle() { return oracle_; }
  const Oracle& oracle() const { return oracle_; }
  FaultTable& table() { return table_; }
  int64_t now_ms() const { return now_ms_; }
  void SetNow(int64_t now_ms);
  // The latest that the clock ever said.
  int64_t latest_ms() const { return latest_ms_; }
  int64_t virtual_ms() const { return latest_ms_ - started_ms_; }
  // The last record given to the store; those beyond oracle().position() are
  // in flight.
  Position taken() const { return taken_; }
  uint64_t records() const { return records_; }
  uint64_t restarts() const { return restarts_; }
  uint64_t fault_count(FaultKind kind) const { return fired_[IndexOf(kind)]; }
  // Last positions of the rounds that aren't durable, oldest first.
  std::vector<Position> RoundsInFlight() const;
  // The size of a durable record's stored bytes, and its cells.
  size_t StoredBytes(Position position) const;
  const Cells& CellsOf(Position position) const;
  // Rows of the elements that were ever activated, of what is in flight too.
  const ElementsOfLog& elements() const { return elements_; }

  // --- Faults ----------------------------------------------------------------
  void Fired(FaultKind kind) { ++fired_[IndexOf(kind)]; }
  // The fault strikes the records from..to, which are in flight.
  void StrikeInFlight(FaultKind kind, Position from, Position to);
  // The record that command `number` will lead to.
  void StrikeCommand(FaultKind kind, uint64_t number);
  // The next round with an element in it, whole.
  void StrikeNext(FaultKind kind) { next_.push_back(kind); }
  // A durable record.
  void StrikeDurable(FaultKind kind, Position position);

 private:
  struct InFlight {
    std::string bytes;
    std::unique_ptr<fb::RecordT> record;
    Cells cells;
  };
  struct Stored {
    size_t bytes = 0;
    Cells cells;
  };

  void OnRound(Position first, const std::vector<std::string>& records);
  Cells Learn(const fb::RecordT& record);
  void Strike(FaultKind kind, const fb::RecordT& record);
  // Gives the oracle what has become durable in `store`.
  void CatchUp(const eventstore::EventStore& store);
  void TakeEffects();
  ManualDriver::Options OpenOptions();

  Failure* const failure_;
  ManualDriver::Options options_;
  std::shared_ptr<eventstore::MemoryDisk> disk_;
  std::unique_ptr<ManualDriver> driver_;
  Effects* effects_ = nullptr;
  bool effects_lost_ = false;
  uint64_t lost_count_ = 0;
  bool trace_ = false;
  Oracle oracle_;
  FaultTable table_;
  const int64_t started_ms_;
  int64_t now_ms_;
  int64_t latest_ms_;
  int64_t last_record_ms_ = 0;
  Position taken_ = 0;
  uint64_t records_ = 0;
  uint64_t restarts_ = 0;
  size_t replies_seen_ = 0;
  size_t observations_seen_ = 0;

  std::map<Position, InFlight> in_flight_;
  std::vector<Position> rounds_;
  std::vector<Stored> stored_;  // index: position - 1

  ElementsOfLog elements_;
  std::array<uint64_t, kFaultKindCount> fired_{};
  std::vector<FaultKind> next_;
  std::map<uint64_t, std::vector<FaultKind>> by_command_;
};

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_WORLD_H_
