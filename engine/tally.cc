#include "engine/tally.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/core/apply.h"
#include "engine/core/carry.h"
#include "engine/core/project.h"

namespace pawl {
namespace {

// Raised when what is counted changes: then an older tally is none.
constexpr char kTallyVersion = 1;

// The numbers of a tally, in the order of their encoding.
struct Field {
  const char* name;
  int64_t Tally::*number;
};
constexpr Field kFields[] = {
    {"records", &Tally::records},
    {"record bytes", &Tally::record_bytes},
    {"events", &Tally::events},
    {"jobs", &Tally::jobs},
    {"tasks", &Tally::tasks},
    {"timers", &Tally::timers},
    {"start timers", &Tally::start_timers},
    {"incidents", &Tally::incidents},
    {"message subscriptions", &Tally::message_subscriptions},
    {"signal subscriptions", &Tally::signal_subscriptions},
    {"conditions", &Tally::conditions},
    {"messages", &Tally::messages},
    {"message ids", &Tally::message_ids},
};

// A damaged log may say any state.
int64_t& StateIn(Tally* tally, fb::InstanceState state) {
  return tally
      ->instances[std::min(static_cast<size_t>(state), Tally::kStates - 1)];
}

int64_t& SubscriptionIn(Tally* tally, fb::SubscriptionKind kind) {
  switch (kind) {
    case fb::SubscriptionKind::message:
      return tally->message_subscriptions;
    case fb::SubscriptionKind::signal:
      return tally->signal_subscriptions;
    case fb::SubscriptionKind::conditional:
      break;
  }
  return tally->conditions;
}

void AppendNumber(int64_t number, std::string* out) {
  out->append(core::EncodeU64(static_cast<uint64_t>(number)));
}

bool TakeNumber(std::string_view* bytes, uint64_t* number) {
  const auto decoded = core::DecodeU64(bytes->substr(0, 8));
  if (!decoded.has_value()) return false;
  *number = *decoded;
  bytes->remove_prefix(8);
  return true;
}

bool TakeNumber(std::string_view* bytes, int64_t* number) {
  uint64_t taken = 0;
  if (!TakeNumber(bytes, &taken)) return false;
  *number = static_cast<int64_t>(taken);
  return true;
}

}  // namespace

// --- Running instances -------------------------------------------------------

void RunningByKey::Widen() {
  for (size_t i = 0; i < kRanges / 2; ++i) {
    counts_[i] = counts_[2 * i] + counts_[2 * i + 1];
  }
  for (size_t i = kRanges / 2; i < kRanges; ++i) counts_[i] = 0;
  ++width_bits_;
}

void RunningByKey::Count(uint64_t counter, int64_t change) {
  while ((counter >> width_bits_) >= kRanges) Widen();
  counts_[counter >> width_bits_] += change;
}

void RunningByKey::Add(const RunningByKey& other) {
  RunningByKey added = other;
  while (width_bits_ < added.width_bits_) Widen();
  while (added.width_bits_ < width_bits_) added.Widen();
  for (size_t i = 0; i < kRanges; ++i) counts_[i] += added.counts_[i];
}

std::optional<std::pair<uint64_t, uint64_t>> RunningByKey::First() const {
  for (size_t i = 0; i < kRanges; ++i) {
    if (counts_[i] <= 0) continue;
    return std::pair<uint64_t, uint64_t>(uint64_t{i} << width_bits_,
                                         (uint64_t{i} + 1) << width_bits_);
  }
  return std::nullopt;
}

void RunningByKey::AppendTo(std::string* out) const {
  int64_t used = 0;
  for (const int64_t count : counts_) used += count == 0 ? 0 : 1;
  AppendNumber(static_cast<int64_t>(width_bits_), out);
  AppendNumber(used, out);
  for (size_t i = 0; i < kRanges; ++i) {
    if (counts_[i] == 0) continue;
    out->push_back(static_cast<char>(i));
    AppendNumber(counts_[i], out);
  }
}

bool RunningByKey::TakeFrom(std::string_view* bytes) {
  *this = RunningByKey();
  uint64_t used = 0;
  if (!TakeNumber(bytes, &width_bits_) || width_bits_ > kKeyCounterBits ||
      !TakeNumber(bytes, &used) || used > kRanges) {
    return false;
  }
  for (uint64_t i = 0; i < used; ++i) {
    if (bytes->empty()) return false;
    const auto range = static_cast<unsigned char>(bytes->front());
    bytes->remove_prefix(1);
    if (!TakeNumber(bytes, &counts_[range])) return false;
  }
  return true;
}

// --- Sums --------------------------------------------------------------------

int64_t Tally::ended_instances() const {
  int64_t all = 0;
  for (const int64_t count : instances) all += count;
  return all - running_instances();
}

void Tally::Add(const Tally& other) {
  for (const Field& field : kFields) {
    this->*field.number += other.*field.number;
  }
  for (size_t i = 0; i < kStates; ++i) instances[i] += other.instances[i];
  running.Add(other.running);
}

std::string DescribeDifference(const Tally& got, const Tally& wanted) {
  for (const Field& field : kFields) {
    if (got.*field.number == wanted.*field.number) continue;
    return absl::StrCat(field.name, ": got ", got.*field.number, ", wanted ",
                        wanted.*field.number);
  }
  for (size_t i = 0; i < Tally::kStates; ++i) {
    if (got.instances[i] == wanted.instances[i]) continue;
    return absl::StrCat(
        fb::EnumNameInstanceState(static_cast<fb::InstanceState>(i)),
        " instances: got ", got.instances[i], ", wanted ", wanted.instances[i]);
  }
  if (got.running == wanted.running) return "";
  return "running instances, by their keys: got others than wanted";
}

// --- Counting ----------------------------------------------------------------

bool ChangesTally(fb::Event type) {
  switch (type) {
    case fb::Event::InstanceStarted:
    case fb::Event::InstanceSuspended:
    case fb::Event::InstanceResumed:
    case fb::Event::InstanceEnded:
    case fb::Event::JobCreated:
    case fb::Event::JobCompleted:
    case fb::Event::JobCanceled:
    case fb::Event::TaskCreated:
    case fb::Event::TaskCompleted:
    case fb::Event::TaskCanceled:
    case fb::Event::TimerCreated:
    case fb::Event::TimerTriggered:
    case fb::Event::TimerCanceled:
    case fb::Event::TimerPaused:
    case fb::Event::TimerUnpaused:
    case fb::Event::StartTimerCreated:
    case fb::Event::StartTimerTriggered:
    case fb::Event::StartTimerCanceled:
    case fb::Event::IncidentRaised:
    case fb::Event::IncidentResolved:
    case fb::Event::SubscriptionOpened:
    case fb::Event::SubscriptionTriggered:
    case fb::Event::SubscriptionClosed:
    case fb::Event::MessageBuffered:
    case fb::Event::MessageUnbuffered:
    case fb::Event::MessageIdKept:
    case fb::Event::MessageIdForgotten:
    // Says which instances are suspended.
    case fb::Event::CarriedForward:
      return true;
    default:
      return false;
  }
}

absl::Status CountEvent(const fb::EventUnion& event, InstanceKey instance,
                        const IsSuspendedFn& is_suspended, Tally* tally) {
  switch (event.type) {
    case fb::Event::InstanceStarted:
      ++StateIn(tally, fb::InstanceState::active);
      tally->running.Count(CounterOfKey(instance.value()), 1);
      break;
    case fb::Event::InstanceSuspended:
      --StateIn(tally, fb::InstanceState::active);
      ++StateIn(tally, fb::InstanceState::suspended);
      break;
    case fb::Event::InstanceResumed:
      --StateIn(tally, fb::InstanceState::suspended);
      ++StateIn(tally, fb::InstanceState::active);
      break;
    case fb::Event::InstanceEnded: {
      const absl::StatusOr<bool> suspended = is_suspended(instance);
      if (!suspended.ok()) return suspended.status();
      --StateIn(tally, *suspended ? fb::InstanceState::suspended
                                  : fb::InstanceState::active);
      ++StateIn(tally, event.AsInstanceEnded()->state);
      tally->running.Count(CounterOfKey(instance.value()), -1);
      break;
    }
    case fb::Event::JobCreated:
      ++tally->jobs;
      break;
    case fb::Event::JobCompleted:
    case fb::Event::JobCanceled:
      --tally->jobs;
      break;
    case fb::Event::TaskCreated:
      ++tally->tasks;
      break;
    case fb::Event::TaskCompleted:
    case fb::Event::TaskCanceled:
      --tally->tasks;
      break;
    case fb::Event::TimerCreated:
    case fb::Event::TimerUnpaused:
      ++tally->timers;
      break;
    case fb::Event::TimerTriggered:
      if (event.AsTimerTriggered()->next_due_ms == 0) --tally->timers;
      break;
    case fb::Event::TimerPaused:
      --tally->timers;
      break;
    case fb::Event::TimerCanceled: {
      // All timers of a suspended instance are paused.
      const absl::StatusOr<bool> suspended = is_suspended(instance);
      if (!suspended.ok()) return suspended.status();
      if (!*suspended) --tally->timers;
      break;
    }
    case fb::Event::StartTimerCreated:
      ++tally->start_timers;
      break;
    case fb::Event::StartTimerTriggered:
      if (event.AsStartTimerTriggered()->next_due_ms == 0) {
        --tally->start_timers;
      }
      break;
    case fb::Event::StartTimerCanceled:
      --tally->start_timers;
      break;
    case fb::Event::IncidentRaised:
      ++tally->incidents;
      break;
    case fb::Event::IncidentResolved:
      --tally->incidents;
      break;
    case fb::Event::SubscriptionOpened:
      ++SubscriptionIn(tally, event.AsSubscriptionOpened()->kind);
      break;
    case fb::Event::SubscriptionTriggered:
      if (event.AsSubscriptionTriggered()->stays) break;
      --SubscriptionIn(tally, event.AsSubscriptionTriggered()->kind);
      break;
    case fb::Event::SubscriptionClosed:
      --SubscriptionIn(tally, event.AsSubscriptionClosed()->kind);
      break;
    case fb::Event::MessageBuffered:
      ++tally->messages;
      break;
    case fb::Event::MessageUnbuffered:
      --tally->messages;
      break;
    case fb::Event::MessageIdKept:
      ++tally->message_ids;
      break;
    case fb::Event::MessageIdForgotten:
      --tally->message_ids;
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

std::optional<Tally> TallyIn(const fb::EventUnion& event) {
  const auto* begun = event.AsTrimBegun();
  if (begun == nullptr) return std::nullopt;
  std::optional<StoredTally> stored = DecodeTally(std::string_view(
      reinterpret_cast<const char*>(begun->tally.data()), begun->tally.size()));
  if (!stored.has_value()) return std::nullopt;
  return std::move(stored->tally);
}

void LogTally::Begin(const fb::EventUnion& event) {
  if (tally_.records != 0) return;
  tally_ = TallyIn(event).value_or(Tally());
}

void LogTally::CountHeader(size_t events, size_t bytes) {
  ++tally_.records;
  tally_.record_bytes += static_cast<int64_t>(bytes);
  tally_.events += static_cast<int64_t>(events);
}

void LogTally::Count(const fb::EventUnion& event, InstanceKey instance) {
  PAWL_CHECK_OK(CountEvent(
      event, instance,
      [this](InstanceKey key) { return suspended_.contains(key); }, &tally_));
  if (const auto* carried = event.AsCarriedForward()) {
    const auto state = core::StateIn(*carried);
    if (state.ok() && state->state == fb::InstanceState::suspended) {
      suspended_.insert(instance);
    }
  }
  if (event.type == fb::Event::InstanceSuspended) suspended_.insert(instance);
  if (event.type == fb::Event::InstanceResumed ||
      event.type == fb::Event::InstanceEnded) {
    suspended_.erase(instance);
  }
}

void LogTally::Add(const RecordView& record, size_t bytes) {
  if (record.event_count() > 0 && record.type(0) == fb::Event::TrimBegun) {
    Begin(record.Unpack(0));
  }
  CountHeader(record.event_count(), bytes);
  for (size_t i = 0; i < record.event_count(); ++i) {
    if (!ChangesTally(record.type(i))) continue;
    Count(record.Unpack(i), record.instance_of(i));
  }
}

void LogTally::Add(const fb::RecordT& record, size_t bytes) {
  if (!record.events.empty()) Begin(record.events.front());
  CountHeader(record.events.size(), bytes);
  for (size_t i = 0; i < record.events.size(); ++i) {
    if (!ChangesTally(record.events[i].type)) continue;
    Count(record.events[i], core::InstanceOf(record, i));
  }
}

// --- Encoding ----------------------------------------------------------------

std::string EncodeTally(const StoredTally& stored) {
  std::string out(1, kTallyVersion);
  AppendNumber(static_cast<int64_t>(stored.position), &out);
  AppendNumber(static_cast<int64_t>(stored.uncounted), &out);
  for (const Field& field : kFields) {
    AppendNumber(stored.tally.*field.number, &out);
  }
  for (const int64_t count : stored.tally.instances) AppendNumber(count, &out);
  stored.tally.running.AppendTo(&out);
  return out;
}

std::optional<StoredTally> DecodeTally(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kTallyVersion) return std::nullopt;
  bytes.remove_prefix(1);
  StoredTally stored;
  bool whole = TakeNumber(&bytes, &stored.position) &&
               TakeNumber(&bytes, &stored.uncounted);
  for (const Field& field : kFields) {
    whole = whole && TakeNumber(&bytes, &(stored.tally.*field.number));
  }
  for (int64_t& count : stored.tally.instances) {
    whole = whole && TakeNumber(&bytes, &count);
  }
  whole = whole && stored.tally.running.TakeFrom(&bytes);
  if (!whole || !bytes.empty()) return std::nullopt;
  return stored;
}

}  // namespace pawl
