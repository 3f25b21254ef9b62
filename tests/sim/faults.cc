// Faults of the process, the machine and the disk.
#include "tests/sim/faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/query.h"

namespace pawl::sim {

// --- Shared ------------------------------------------------------------------

bool Faults::Inject(FaultKind kind) {
  if (!world_.up() || failure_.any()) return false;
  // A store that has failed takes nothing; reopen first.
  if (!world_.driver().partition().failure().ok()) return false;
  world_.MakeRoom();
  if (failure_.any()) return false;
  seen_ = Seen();
  seen_.durable = world_.oracle().position();
  seen_.clock_before_ms = world_.now_ms();
  const bool fired = Dispatch(kind);
  if (!fired || failure_.any()) return false;
  world_.Fired(kind);
  return true;
}

bool Faults::Dispatch(FaultKind kind) {
  switch (kind) {
    case FaultKind::kill_before_append:
      return KillBeforeAppend();
    case FaultKind::kill_after_append:
      return KillAfterAppend();
    case FaultKind::kill_after_sync:
      return KillAfterSync();
    case FaultKind::kill_during_checkpoint:
      return KillDuringCheckpoint();
    case FaultKind::lost_effect:
      return LostEffect();
    case FaultKind::power_loss:
      return PowerLoss();
    case FaultKind::power_loss_partial:
      return PowerLossPartial();
    case FaultKind::append_error:
    case FaultKind::disk_full:
    case FaultKind::sync_error:
      return StoreFails(kind);
    case FaultKind::delayed_sync:
      return DelayedSync();
    case FaultKind::duplicated_command:
      return Twice(&Faults::DuplicatedCommand);
    case FaultKind::reordered_commands:
      return ReorderedCommands();
    case FaultKind::lost_reply:
      return Twice(&Faults::LostReply);
    case FaultKind::repeated_effect:
      return RepeatedEffect();
    case FaultKind::late_result:
      return LateResult();
    case FaultKind::clock_forward:
      return ClockForward();
    case FaultKind::clock_back:
      return ClockBack();
    case FaultKind::clean_restart:
      return CleanRestart();
    case FaultKind::memory_pressure:
      return MemoryPressure();
    case FaultKind::caches_discarded:
      return CachesDiscarded();
    case FaultKind::flipped_record:
    case FaultKind::missing_record:
    case FaultKind::truncated_log:
      return Damage(kind);
  }
  return false;
}

bool Faults::Twice(bool (Faults::*inject)()) {
  const bool fired = (this->*inject)();
  return ((this->*inject)() || fired) && !failure_.any();
}

std::vector<uint64_t> Faults::Bait() {
  std::vector<uint64_t> numbers;
  for (size_t count = 1 + random_.Below(4); count > 0; --count) {
    numbers.push_back(clients_.Post(clients_.DrawMove()));
  }
  return numbers;
}

bool Faults::Decide() {
  const Position before = world_.taken();
  Bait();
  world_.Step();
  return !failure_.any() && world_.taken() > before &&
         world_.driver().partition().failure().ok();
}

void Faults::See() {
  seen_.durable = world_.oracle().position();
  seen_.end = world_.store().End(0);
  seen_.taken = world_.taken();
}

void Faults::AppendAll() {
  while (world_.Append()) {
  }
}

void Faults::Strike(FaultKind kind, Position from, Position to) {
  world_.StrikeInFlight(kind, from + 1, to);
}

void Faults::Reopen(Position end) {
  world_.Open(end);
  seen_.end_after = end;
}

// --- The process is killed ---------------------------------------------------

bool Faults::KillBeforeAppend() {
  if (!Decide()) return false;
  See();
  const Position end = seen_.end;
  if (seen_.taken == end) return false;
  Strike(FaultKind::kill_before_append, end, world_.taken());
  world_.Kill();
  Reopen(end);
  return true;
}

bool Faults::KillAfterAppend() {
  if (!Decide()) return false;
  AppendAll();
  See();
  const Position end = seen_.end;
  Strike(FaultKind::kill_after_append, seen_.durable, end);
  world_.Kill();
  // What reached the file system is there, though nobody was told.
  Reopen(end);
  return true;
}

bool Faults::KillAfterSync() {
  if (!Decide()) return false;
  AppendAll();
  See();
  const Position end = seen_.end;
  Strike(FaultKind::kill_after_sync, seen_.durable, end);
  world_.Sync();
  world_.Kill(0);
  Reopen(end);
  return true;
}

bool Faults::KillDuringCheckpoint() {
  Bait();
  world_.driver().Post({0, CheckpointRequest{}});
  world_.Step();
  if (failure_.any() || !world_.driver().data().cache().checkpoint_running()) {
    return false;
  }
  AppendAll();
  See();
  const Position end = seen_.end;
  const Position durable = seen_.durable;
  const Position cached = world_.driver().data().cache().position();
  const bool synced = random_.OneIn(2);
  Strike(FaultKind::kill_during_checkpoint, durable, end);
  if (synced) world_.Sync();
  world_.Kill(synced ? 0 : World::kAll);
  eventstore::StoreOptions reading;
  reading.read_only = true;
  auto reader =
      eventstore::MemoryEventStore::Open(world_.disk(), reading, nullptr);
  if (!failure_.Require("kill_during_checkpoint", reader.status())) return true;
  if ((*reader)->Cache(0).position() != cached) {
    failure_.Add("kill_during_checkpoint: the caches are at ",
                 (*reader)->Cache(0).position(), ", wanted ", cached);
  }
  Reopen(end);
  return true;
}

bool Faults::LostEffect() {
  if (!Decide()) return false;
  AppendAll();
  See();
  const Position end = seen_.end;
  Strike(FaultKind::lost_effect, seen_.durable, end);
  world_.Sync();
  // The effects leave, and nobody gets them.
  world_.set_effects_lost(true);
  const uint64_t lost = world_.effects_lost();
  world_.Step();
  seen_.effects_lost = world_.effects_lost() - lost;
  world_.Kill(0);
  Reopen(std::max(end, world_.oracle().position()));
  return seen_.effects_lost > 0;
}

// --- The machine loses power -------------------------------------------------

bool Faults::PowerLoss() {
  if (!Decide()) return false;
  AppendAll();
  See();
  const Position durable = seen_.durable;
  if (seen_.end == durable) return false;
  Strike(FaultKind::power_loss, durable, world_.taken());
  world_.Kill(0);
  Reopen(durable);
  return true;
}

bool Faults::PowerLossPartial() {
  // Two rounds that aren't synced.
  world_.Drain();
  if (!Decide()) return false;
  // Only what falls due between the two is in the second.
  const int64_t due_ms = world_.oracle().NextDue();
  if (due_ms != INT64_MAX && random_.OneIn(2)) {
    world_.SetNow(std::max(world_.now_ms(), due_ms));
  }
  if (!Decide()) return false;
  AppendAll();
  const std::vector<Position> rounds = world_.RoundsInFlight();
  if (rounds.size() < 2) return false;
  See();
  Strike(FaultKind::power_loss_partial, seen_.durable, world_.taken());
  world_.Kill(1);
  Reopen(rounds[0]);
  return true;
}

// --- The disk fails ----------------------------------------------------------

bool Faults::StoreFails(FaultKind kind) {
  if (!Decide()) return false;
  const bool in_append = kind != FaultKind::sync_error;
  if (in_append) {
    world_.disk()->FailNextAppend(
        kind == FaultKind::disk_full
            ? absl::ResourceExhaustedError("no space left on device")
            : absl::UnavailableError("input/output error"));
  } else {
    AppendAll();
    world_.disk()->FailNextSync(absl::UnavailableError("sync failed"));
  }
  const size_t unanswered = clients_.unanswered();
  See();
  Strike(kind, seen_.durable, seen_.taken);
  if (in_append) {
    world_.Append();
  } else {
    world_.Sync();
  }
  world_.Step();
  seen_.status = world_.driver().partition().failure();
  if (!absl::IsUnavailable(seen_.status)) {
    failure_.Add(NameOf(kind), ": the engine says ", seen_.status.ToString(),
                 ", wanted Unavailable");
  }
  // Whoever waited was told that nobody knows.
  if (clients_.unanswered() != 0) {
    failure_.Add(NameOf(kind), ": of ", unanswered, " callers ",
                 clients_.unanswered(), " still wait");
  }
  if (failure_.any()) return true;
  const bool power = random_.OneIn(2);
  world_.Kill(power ? 0 : World::kAll);
  Reopen(power ? seen_.durable : seen_.end);
  return true;
}

bool Faults::DelayedSync() {
  world_.Drain();
  if (!Decide()) return false;
  AppendAll();
  const Position durable = world_.oracle().position();
  world_.SetNow(world_.now_ms() + 1 + static_cast<int64_t>(random_.Below(900)));
  // The second round; a third would be one too many.
  Decide();
  AppendAll();
  const Position taken = world_.taken();
  world_.Step();
  if (world_.taken() != taken && world_.RoundsInFlight().size() > 2) {
    failure_.Add("delayed_sync: a third round was decided without a sync");
  }
  // That no reply comes before the sync the oracle holds.
  seen_.durable = durable;
  seen_.end = world_.store().End(0);
  seen_.taken = world_.taken();
  Strike(FaultKind::delayed_sync, durable, world_.taken());
  world_.Sync();
  world_.Step();
  seen_.end_after = world_.oracle().position();
  return true;
}

}  // namespace pawl::sim
