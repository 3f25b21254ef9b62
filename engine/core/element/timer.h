// When timers are due (BPMN 2.0.2, 10.5.5).
#ifndef PAWL_ENGINE_CORE_ELEMENT_TIMER_H_
#define PAWL_ENGINE_CORE_ELEMENT_TIMER_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/core/state.h"
#include "engine/core/transition.h"
#include "engine/expression/schedule/schedule.h"
#include "schemas/model_generated.h"

namespace pawl::core {

struct TimerTime {
  // Milliseconds since 1970. What is past is due at once.
  int64_t due_ms = 0;
  // Of a cycle.
  Repetition repetition;
};

// When a timer whose text is `text` is due, if it begins at `now_ms`: at a
// date, after a duration, or at the first time of a cycle. InvalidArgument: it
// is none of these.
absl::StatusOr<TimerTime> TimeOf(const fb::TimerDefinitionT& timer,
                                 std::string_view text, int64_t now_ms);

// As TimeOf, of a timer that begins in `scope` now.
absl::StatusOr<TimerTime> TimeOf(const Transition& t, ElementKey scope,
                                 const fb::TimerDefinitionT& timer);

// What comes after a firing at `now_ms`; nothing: it fires no more.
std::optional<expression::schedule::Cycle::Firing> NextTime(
    const fb::TimerDefinitionT& timer, const Repetition& repetition,
    int64_t now_ms);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_TIMER_H_
