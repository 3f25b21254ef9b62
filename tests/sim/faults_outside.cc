// Faults of the network, workers and clock, of memory, and restarts.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/sim/faults.h"

namespace pawl::sim {
namespace {

constexpr int64_t kHourMs = 3'600'000;

// The same thing twice must not happen twice.
bool OnlyOnce(fb::Command type) {
  switch (type) {
    case fb::Command::CompleteTask:
    case fb::Command::CompleteJob:
    case fb::Command::CancelInstance:
    case fb::Command::ResolveIncident:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Faults::LetNextDecide() {
  Bait();
  world_.Step();
}

// What comes next is sometimes a time.
void Faults::LetTimeCome() {
  const int64_t due_ms = world_.oracle().NextDue();
  if (due_ms != INT64_MAX && random_.OneIn(3)) {
    world_.SetNow(std::max(world_.now_ms(), due_ms));
  }
}

// --- Network -----------------------------------------------------------------

bool Faults::DuplicatedCommand() {
  fb::CommandUnion command = clients_.DrawMove();
  const fb::Command type = command.type;
  const uint64_t first = clients_.Post(command);
  const uint64_t second = clients_.Post(std::move(command));
  world_.StrikeCommand(FaultKind::duplicated_command, first);
  world_.StrikeCommand(FaultKind::duplicated_command, second);
  world_.Drain();
  if (failure_.any() || !world_.driver().partition().failure().ok()) {
    return false;
  }
  const absl::Status* const a = clients_.StatusOf(first);
  const absl::Status* const b = clients_.StatusOf(second);
  if (a == nullptr || b == nullptr) {
    failure_.Add("duplicated_command: no reply after everything was done");
    return true;
  }
  if (!a->ok()) return false;
  seen_.status = *b;
  if (type == fb::Command::StartInstance &&
      clients_.InstanceOf(first) != clients_.InstanceOf(second)) {
    failure_.Add("duplicated_command: one idempotency key, instances ",
                 clients_.InstanceOf(first).value(), " and ",
                 clients_.InstanceOf(second).value());
  }
  if (OnlyOnce(type) && b->ok()) {
    failure_.Add("duplicated_command: ", fb::EnumNameCommand(type),
                 " was accepted twice");
  }
  return true;
}

bool Faults::ReorderedCommands() {
  return random_.OneIn(2) ? ReorderedOnOneInstance() : ReorderedAnyhow();
}

// Sent: suspend, then complete a task of it, which would be refused. Arriving
// the other way round, the task is completed.
bool Faults::ReorderedOnOneInstance() {
  world_.Drain();
  if (failure_.any()) return false;
  for (const InstanceKey key : world_.oracle().running()) {
    const core::Instance& instance = *world_.oracle().Running(key);
    // One that was called is suspended with its caller only.
    if (instance.state != fb::InstanceState::active || instance.tasks.empty() ||
        instance.called()) {
      continue;
    }
    const core::Task& first_task = instance.tasks.begin()->second;
    // Nor does anybody complete one that was delegated, or has a listener.
    if (first_task.delegation == fb::DelegationState::pending ||
        first_task.event != fb::TaskEvent::none) {
      continue;
    }
    fb::CompleteTaskT complete;
    complete.task = first_task.key.value();
    fb::SuspendInstanceT suspend;
    suspend.instance = key.value();
    fb::CommandUnion second, first;
    second.Set(std::move(complete));
    first.Set(std::move(suspend));
    const uint64_t task = clients_.Post(std::move(second));
    const uint64_t suspended = clients_.Post(std::move(first));
    world_.StrikeCommand(FaultKind::reordered_commands, task);
    world_.StrikeCommand(FaultKind::reordered_commands, suspended);
    world_.Drain();
    const absl::Status* const status = clients_.StatusOf(task);
    if (failure_.any() || status == nullptr) return false;
    if (!status->ok()) {
      failure_.Add(
          "reordered_commands: a task was completed before its "
          "instance was suspended, and refused: ",
          status->ToString());
    }
    // Suspended, unless that was its last task.
    const absl::Status* const late = clients_.StatusOf(suspended);
    const bool ended = world_.oracle().Running(key) == nullptr;
    if (late == nullptr || late->ok() == ended) {
      failure_.Add("reordered_commands: the suspension behind it says ",
                   late == nullptr ? "nothing" : late->ToString());
    }
    return true;
  }
  return false;
}

bool Faults::ReorderedAnyhow() {
  // Drawn, that is sent, in one order, and arriving in the other.
  fb::CommandUnion sent_first = clients_.DrawMove();
  fb::CommandUnion sent_second = clients_.DrawMove();
  const uint64_t second = clients_.Post(std::move(sent_second));
  const uint64_t first = clients_.Post(std::move(sent_first));
  world_.StrikeCommand(FaultKind::reordered_commands, second);
  world_.StrikeCommand(FaultKind::reordered_commands, first);
  const Position before = world_.taken();
  world_.Drain();
  return world_.taken() > before;
}

bool Faults::LostReply() {
  fb::CommandUnion command = clients_.DrawMove();
  const fb::Command type = command.type;
  const uint64_t first = clients_.PostAndLoseReply(command);
  world_.StrikeCommand(FaultKind::lost_reply, first);
  const Position before = world_.taken();
  world_.Drain();
  if (world_.taken() == before || failure_.any()) return false;
  // The caller knows nothing and asks again.
  const uint64_t again = clients_.Post(std::move(command));
  world_.Drain();
  const absl::Status* const status = clients_.StatusOf(again);
  if (failure_.any() || status == nullptr) return false;
  seen_.status = *status;
  const bool was_done = world_.oracle().PositionOf(first) != 0;
  if (type == fb::Command::StartInstance && was_done && !status->ok()) {
    failure_.Add("lost_reply: a start asked again was refused: ",
                 status->ToString());
  }
  if (OnlyOnce(type) && was_done && status->ok()) {
    failure_.Add("lost_reply: ", fb::EnumNameCommand(type),
                 " asked again was done twice");
  }
  return was_done;
}

// --- Workers -----------------------------------------------------------------

void Faults::LetWorkersFetch() {
  if (!clients_.held().empty()) return;
  clients_.FetchEverything();
  world_.Drain();
}

bool Faults::RepeatedEffect() {
  LetWorkersFetch();
  auto& held = clients_.held();
  while (!held.empty()) {
    const HeldJob job = held.back();
    held.pop_back();
    fb::CompleteJobT complete;
    complete.job = job.job.value();
    complete.owner = std::make_unique<fb::JobOwnerT>();
    complete.owner->worker = job.worker;
    fb::CommandUnion command;
    command.Set(std::move(complete));
    const uint64_t first = clients_.Post(command);
    const uint64_t second = clients_.Post(std::move(command));
    world_.StrikeCommand(FaultKind::repeated_effect, first);
    world_.StrikeCommand(FaultKind::repeated_effect, second);
    LetTimeCome();
    world_.StrikeNext(FaultKind::repeated_effect);
    Bait();
    world_.Drain();
    const absl::Status* const a = clients_.StatusOf(first);
    const absl::Status* const b = clients_.StatusOf(second);
    if (failure_.any() || a == nullptr || b == nullptr) return false;
    seen_.status = *b;
    if (b->ok()) {
      failure_.Add(
          "repeated_effect: job ", job.job.value(),
          ": the second answer was accepted, the first: ", a->ToString());
    }
    if (a->ok()) return true;
  }
  return false;
}

bool Faults::LateResult() {
  return random_.OneIn(2) ? LateWorker() || LateHandler()
                          : LateHandler() || LateWorker();
}

// The lock runs out, the job is anybody's, and then the worker answers.
bool Faults::LateWorker() {
  LetWorkersFetch();
  // An extension of the lock may be under way.
  world_.Drain();
  auto& held = clients_.held();
  while (!held.empty() && !failure_.any()) {
    const HeldJob job = held.back();
    held.pop_back();
    const core::Instance* instance = world_.oracle().Running(job.instance);
    if (instance == nullptr) continue;
    const auto it = instance->jobs.find(job.job);
    if (it == instance->jobs.end() || it->second.worker != job.worker) continue;
    return AnswerLate(job, it->second.due_ms);
  }
  return false;
}

bool Faults::AnswerLate(const HeldJob& job, int64_t lock_until_ms) {
  world_.SetNow(std::max(world_.now_ms(), lock_until_ms));
  world_.Drain();
  fb::CompleteJobT complete;
  complete.job = job.job.value();
  complete.owner = std::make_unique<fb::JobOwnerT>();
  complete.owner->worker = job.worker;
  fb::CommandUnion command;
  command.Set(std::move(complete));
  const uint64_t number = clients_.Post(std::move(command));
  LetTimeCome();
  world_.StrikeNext(FaultKind::late_result);
  Bait();
  world_.Drain();
  const absl::Status* const status = clients_.StatusOf(number);
  if (failure_.any() || status == nullptr) return false;
  seen_.status = *status;
  if (status->ok()) {
    failure_.Add("late_result: job ", job.job.value(),
                 " was completed after the lock of ", job.worker,
                 " had run out");
  }
  return true;
}

// The job is taken from a handler that runs, which then answers.
bool Faults::LateHandler() {
  auto& calls = clients_.calls();
  if (calls.empty()) return false;
  const HandlerCallPtr call = calls.back();
  const core::Instance* instance = world_.oracle().Running(call->instance);
  if (instance == nullptr || instance->state == fb::InstanceState::suspended) {
    return false;
  }
  fb::CommandUnion command;
  if (random_.OneIn(2)) {
    fb::CancelInstanceT cancel;
    cancel.instance = call->instance.value();
    command.Set(std::move(cancel));
  } else {
    fb::SuspendInstanceT suspend;
    suspend.instance = call->instance.value();
    command.Set(std::move(suspend));
  }
  const uint64_t taking = clients_.Post(std::move(command));
  world_.StrikeCommand(FaultKind::late_result, taking);
  world_.Drain();
  const absl::Status* const taken = clients_.StatusOf(taking);
  if (failure_.any() || taken == nullptr || !taken->ok()) return false;
  if (!call->cancelled.load()) {
    failure_.Add("late_result: the handler of job ", call->job.value(),
                 " isn't told that it lost it");
  }
  // Others may have been called meanwhile.
  std::erase(calls, call);
  const uint64_t late = world_.driver().partition().counters().late_results;
  world_.driver().Finish(call, JobResult::Done({{"n", 9}}));
  LetTimeCome();
  world_.StrikeNext(FaultKind::late_result);
  LetNextDecide();
  if (!failure_.any() &&
      world_.driver().partition().counters().late_results != late + 1) {
    failure_.Add("late_result: the result of job ", call->job.value(),
                 " counted, though it had been taken away");
  }
  return true;
}

// --- Clock -------------------------------------------------------------------

bool Faults::ClockForward() {
  world_.SetNow(std::max(world_.now_ms(), world_.latest_ms()) + kHourMs +
                static_cast<int64_t>(random_.Below(1000 * kHourMs)));
  seen_.clock_ms = world_.now_ms();
  world_.StrikeNext(FaultKind::clock_forward);
  LetNextDecide();
  if (failure_.any()) return true;
  // Nothing that was due stays.
  world_.Drain();
  for (const InstanceKey key : world_.oracle().running()) {
    const core::Instance& instance = *world_.oracle().Running(key);
    if (instance.state == fb::InstanceState::suspended) continue;
    for (const auto& [timer, value] : instance.timers) {
      if (value.due_ms > world_.now_ms()) continue;
      failure_.Add("clock_forward: timer ", timer.value(), " was due at ",
                   value.due_ms, ", it is ", world_.now_ms());
    }
  }
  return true;
}

bool Faults::ClockBack() {
  // World holds that no record's time goes back.
  world_.SetNow(world_.now_ms() - 1 -
                static_cast<int64_t>(random_.Below(2 * kHourMs)));
  seen_.clock_ms = world_.now_ms();
  world_.StrikeNext(FaultKind::clock_back);
  LetNextDecide();
  if (failure_.any()) return true;
  // And what comes when the clock has caught up.
  world_.Drain();
  world_.StrikeNext(FaultKind::clock_back);
  LetTimeCome();
  LetNextDecide();
  return true;
}

// --- Memory and restarts -----------------------------------------------------

bool Faults::CleanRestart() {
  world_.Close();
  if (failure_.any()) return true;
  const Position end = world_.oracle().position();
  eventstore::StoreOptions reading;
  reading.read_only = true;
  auto reader =
      eventstore::MemoryEventStore::Open(world_.disk(), reading, nullptr);
  if (!failure_.Require("clean_restart", reader.status())) return true;
  if ((*reader)->Cache(0).position() != end) {
    failure_.Add("clean_restart: the caches are at ",
                 (*reader)->Cache(0).position(), ", wanted ", end);
  }
  Reopen(end);
  if (failure_.any()) return true;
  LetTimeCome();
  world_.StrikeNext(FaultKind::clean_restart);
  LetNextDecide();
  return true;
}

bool Faults::MemoryPressure() {
  world_.Drain();
  if (failure_.any()) return false;
  world_.driver().data().ForgetInstances();
  if (const size_t left = world_.driver().data().cached_instances();
      left != 0) {
    failure_.Add("memory_pressure: ", left, " instances are still in memory");
  }
  LetTimeCome();
  world_.StrikeNext(FaultKind::memory_pressure);
  LetNextDecide();
  return true;
}

bool Faults::CachesDiscarded() {
  AppendAll();
  const Position end = world_.store().End(0);
  world_.Kill();
  {
    eventstore::StoreOptions discarding;
    discarding.discard_caches = true;
    auto store =
        eventstore::MemoryEventStore::Open(world_.disk(), discarding, nullptr);
    if (!failure_.Require("caches_discarded", store.status())) return true;
    if ((*store)->Cache(0).position() != 0) {
      failure_.Add("caches_discarded: the caches are at ",
                   (*store)->Cache(0).position());
    }
    failure_.Require("caches_discarded", (*store)->Close());
  }
  Reopen(end);
  if (failure_.any()) return true;
  LetTimeCome();
  world_.StrikeNext(FaultKind::caches_discarded);
  LetNextDecide();
  return true;
}

}  // namespace pawl::sim
