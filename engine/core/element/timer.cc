#include "engine/core/element/timer.h"

#include <string>

#include "base/iso8601.h"
#include "base/planted.h"
#include "base/status_macros.h"

namespace pawl::core {

namespace schedule = expression::schedule;

absl::StatusOr<TimerTime> TimeOf(const fb::TimerDefinitionT& timer,
                                 std::string_view text, int64_t now_ms) {
  TimerTime time;
  switch (timer.kind) {
    case fb::TimerKind::date: {
      PAWL_ASSIGN_OR_RETURN(time.due_ms,
                            timer.zoned ? schedule::ParseTime(text, timer.zone)
                                        : ParseIsoDateTime(text));
      return time;
    }
    case fb::TimerKind::duration: {
      if (!timer.zone.empty()) {
        PAWL_ASSIGN_OR_RETURN(time.due_ms,
                              schedule::AddDuration(now_ms, text, timer.zone));
        return time;
      }
      PAWL_ASSIGN_OR_RETURN(const IsoDuration duration, ParseIsoDuration(text));
      PAWL_ASSIGN_OR_RETURN(time.due_ms, AddIsoDuration(now_ms, duration));
      return time;
    }
    case fb::TimerKind::cycle: {
      PAWL_ASSIGN_OR_RETURN(const schedule::Cycle cycle,
                            schedule::Cycle::Parse(text, timer.zone));
      PAWL_ASSIGN_OR_RETURN(const schedule::Cycle::Firing first,
                            cycle.First(now_ms));
      time.due_ms = first.due_ms;
      time.repetition = {std::string(text), now_ms, first.number};
      return time;
    }
  }
  return absl::UnimplementedError("timer of a kind that this build lacks");
}

absl::StatusOr<TimerTime> TimeOf(const Transition& t, ElementKey scope,
                                 const fb::TimerDefinitionT& timer) {
  PAWL_ASSIGN_OR_RETURN(const std::string text,
                        t.EvaluateText(*timer.value, scope));
  return TimeOf(timer, text, t.now_ms());
}

std::optional<schedule::Cycle::Firing> NextTime(
    const fb::TimerDefinitionT& timer, const Repetition& repetition,
    int64_t now_ms) {
  if (repetition.cycle.empty()) return std::nullopt;
  const auto cycle = schedule::Cycle::Parse(repetition.cycle, timer.zone);
  // It was read when the timer began.
  if (!cycle.ok()) return std::nullopt;
  if (PAWL_PLANTED(missed_times_made_up)) now_ms = repetition.counts_from_ms;
  return cycle->Next(repetition.counts_from_ms, repetition.number, now_ms);
}

}  // namespace pawl::core
