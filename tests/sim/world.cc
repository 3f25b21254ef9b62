#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/core/codec.h"
#include "engine/value.h"
#include "replay/decoded_record.h"

namespace pawl::sim {
namespace {

constexpr int kDrainRoundsMax = 10'000;

// Bytes of the checksum in front of a stored record.
constexpr size_t kChecksumBytes = 4;

void Print(const std::string& bytes) {
  const auto record = replay::DecodeForReading(bytes, nullptr);
  if (!record.ok()) return;
  std::printf("  %s\n", Value(*record).ToJson().c_str());
}

}  // namespace

World::World(ManualDriver::Options options, Failure* failure)
    : failure_(failure),
      options_(std::move(options)),
      disk_(std::make_shared<eventstore::MemoryDisk>()),
      oracle_(failure),
      table_(FaultTableOfSim()),
      started_ms_(options_.now_ms),
      now_ms_(options_.now_ms),
      latest_ms_(options_.now_ms) {}

World::~World() = default;

// --- Life --------------------------------------------------------------------

ManualDriver::Options World::OpenOptions() {
  ManualDriver::Options options = options_;
  options.now_ms = now_ms_;
  options.completion = eventstore::MemoryEventStore::Completion::kManual;
  options.observed = true;
  options.on_round = [this](Position first,
                            const std::vector<std::string>& records) {
    OnRound(first, records);
  };
  return options;
}

void World::Kill(size_t unsynced_kept) {
  driver_.reset();
  disk_->LoseUnsynced(unsynced_kept);
  effects_lost_ = false;
  if (effects_ != nullptr) effects_->OnDown();
}

void World::Close() {
  effects_lost_ = true;
  const absl::Status closed = driver_->Close();
  if (closed.ok()) CatchUp(driver_->store());
  driver_.reset();
  effects_lost_ = false;
  failure_->Require("close", closed);
  if (effects_ != nullptr) effects_->OnDown();
}

void World::Open(Position end) {
  PAWL_CHECK(!up());
  if (failure_->any()) return;
  if (disk_->created()) {
    eventstore::StoreOptions reading;
    reading.read_only = true;
    auto reader = eventstore::MemoryEventStore::Open(disk_, reading, nullptr);
    if (!failure_->Require("open for reading", reader.status())) return;
    if ((*reader)->End(0) != end) {
      return failure_->Add("restart: the log ends at ", (*reader)->End(0),
                           ", wanted ", end);
    }
    CatchUp(**reader);
    PartitionData data(reader->get(), 0, options_.data);
    if (!failure_->Require("recover beside", data.Recover())) return;
    oracle_.CheckLive(data, "snapshots and tail after a restart");
    if (failure_->any()) return;
  }
  in_flight_.clear();
  rounds_.clear();
  taken_ = oracle_.position();
  last_record_ms_ = oracle_.fold().partition().time_ms;
  replies_seen_ = 0;
  observations_seen_ = 0;
  auto driver = ManualDriver::Open(disk_, OpenOptions());
  if (!failure_->Require("open", driver.status())) return;
  driver_ = *std::move(driver);
  ++restarts_;
}

// --- Work --------------------------------------------------------------------

bool World::Step() {
  const bool worked = driver_->Step();
  TakeEffects();
  return worked;
}

bool World::Append() { return driver_->store().StepAppend(); }

bool World::Sync() {
  const bool worked = driver_->store().StepSync();
  if (worked) CatchUp(driver_->store());
  return worked;
}

bool World::Checkpoint() { return driver_->store().StepCheckpoint(); }

void World::Drain() {
  for (int i = 0; i < kDrainRoundsMax && up() && !failure_->any(); ++i) {
    const bool stepped = Step();
    const bool stored = Append() || Sync() || Checkpoint();
    if (!stepped && !stored) return;
    if (!driver_->partition().failure().ok()) return;
  }
  if (up())
    failure_->Add("drain: still busy after ", kDrainRoundsMax, " steps");
}

void World::MakeRoom() {
  while (up() && !failure_->any() && !driver_->partition().accepts_work()) {
    const bool stored = Append() || Sync();
    if (!Step() && !stored) {
      return failure_->Add("the partition waits for rounds that nobody has");
    }
  }
}

void World::SetNow(int64_t now_ms) {
  now_ms_ = now_ms;
  latest_ms_ = std::max(latest_ms_, now_ms);
  if (up()) driver_->SetNow(now_ms);
}

// --- What comes out ----------------------------------------------------------

void World::OnRound(Position first, const std::vector<std::string>& records) {
  if (first != taken_ + 1) {
    failure_->Add("a round begins at ", first, ", wanted ", taken_ + 1);
  }
  bool moved = false;
  for (const std::string& bytes : records) {
    auto decoded = core::DecodeRecord(bytes);
    if (!failure_->Require("a record that was just made", decoded.status())) {
      return;
    }
    const fb::RecordT& record = **decoded;
    ++taken_;
    ++records_;
    if (trace_) Print(bytes);
    // The clock's time, but never before the record before.
    const int64_t wanted_ms = std::max(now_ms_, last_record_ms_);
    if (record.time_ms != wanted_ms) {
      failure_->Add("record ", taken_, ": got time ", record.time_ms,
                    ", wanted ", wanted_ms);
    }
    last_record_ms_ = record.time_ms;
    InFlight flight{bytes, *std::move(decoded), Learn(record)};
    if (flight.cells.any()) {
      moved = true;
      for (const FaultKind kind : next_) Strike(kind, record);
    }
    if (const auto it = by_command_.find(NumberOf(record.actor));
        it != by_command_.end()) {
      for (const FaultKind kind : it->second) Strike(kind, record);
      by_command_.erase(it);
    }
    in_flight_.insert_or_assign(taken_, std::move(flight));
  }
  if (moved) next_.clear();
  rounds_.push_back(taken_);
}

Cells World::Learn(const fb::RecordT& record) {
  elements_.Add(record);
  Cells cells;
  for (const fb::EventUnion& event : record.events) {
    if (const auto moved = TransitionOf(event)) {
      cells.set(elements_.RowOf(moved->element) * kTransitionCount +
                moved->transition);
    }
  }
  return cells;
}

void World::CatchUp(const eventstore::EventStore& store) {
  const Position durable = store.DurableEnd(0);
  if (durable < oracle_.position()) {
    return failure_->Add("durable is ", durable, ", it had been ",
                         oracle_.position());
  }
  if (durable == oracle_.position()) return;
  const absl::Status read = store.Read(
      0, oracle_.position() + 1, durable,
      [&](Position position, std::string_view bytes) {
        const auto it = in_flight_.find(position);
        if (it == in_flight_.end() || it->second.bytes != bytes) {
          failure_->Add("record ", position,
                        ": the store has other bytes than it was given");
          return false;
        }
        oracle_.Durable(position, bytes, *it->second.record);
        stored_.push_back({bytes.size() + kChecksumBytes, it->second.cells});
        in_flight_.erase(it);
        return !failure_->any();
      });
  failure_->Require("read what is durable", read);
  std::erase_if(rounds_, [&](Position last) { return last <= durable; });
}

void World::TakeEffects() {
  // First what is durable: no effect may be ahead of it.
  CatchUp(driver_->store());
  const auto& order = driver_->reply_order();
  for (; replies_seen_ < order.size() && !failure_->any(); ++replies_seen_) {
    const uint64_t token = order[replies_seen_];
    const Reply* reply = driver_->ReplyTo(token);
    PAWL_CHECK(reply != nullptr) << token;
    for (const HandlerCallPtr& job : reply->jobs) oracle_.HandedOut(*job);
    if (effects_lost_) {
      ++lost_count_;
    } else if (effects_ != nullptr) {
      effects_->OnReply(token, *reply);
    }
  }
  for (HandlerCallPtr& call : driver_->TakeCalls()) {
    oracle_.HandedOut(*call);
    if (effects_lost_) {
      ++lost_count_;
    } else if (effects_ != nullptr) {
      effects_->OnCall(std::move(call));
    }
  }
  const auto& observations = driver_->observations();
  for (; observations_seen_ < observations.size(); ++observations_seen_) {
    oracle_.Observed(observations[observations_seen_]);
  }
}

// --- What is -----------------------------------------------------------------

std::vector<Position> World::RoundsInFlight() const { return rounds_; }

size_t World::StoredBytes(Position position) const {
  return stored_.at(position - 1).bytes;
}

const Cells& World::CellsOf(Position position) const {
  return stored_.at(position - 1).cells;
}

// --- Faults ------------------------------------------------------------------

void World::Strike(FaultKind kind, const fb::RecordT& record) {
  table_.Struck(IndexOf(kind), record,
                [this](uint64_t key) { return elements_.RowOf(key); });
}

void World::StrikeInFlight(FaultKind kind, Position from, Position to) {
  for (Position position = from; position <= to; ++position) {
    const auto it = in_flight_.find(position);
    if (it != in_flight_.end()) Strike(kind, *it->second.record);
  }
}

void World::StrikeCommand(FaultKind kind, uint64_t number) {
  by_command_[number].push_back(kind);
}

void World::StrikeDurable(FaultKind kind, Position position) {
  const auto read = [&](Position, std::string_view bytes) {
    auto record = core::DecodeRecord(bytes);
    if (failure_->Require("a struck record", record.status())) {
      Strike(kind, **record);
    }
    return false;
  };
  failure_->Require("read a struck record",
                    driver_->store().Read(0, position, position, read));
}

}  // namespace pawl::sim
