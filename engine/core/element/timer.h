// When timers are due (BPMN 2.0.2, 10.5.5).
#ifndef PAWL_ENGINE_CORE_ELEMENT_TIMER_H_
#define PAWL_ENGINE_CORE_ELEMENT_TIMER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/core/transition.h"
#include "schemas/model_generated.h"

namespace pawl::core {

// Milliseconds since 1970, seen from `scope`: a date, or a duration from now
// on. What is past is due at once. InvalidArgument: it is neither.
absl::StatusOr<int64_t> DueTime(const Transition& t, ElementKey scope,
                                const fb::TimerDefinitionT& timer);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_TIMER_H_
