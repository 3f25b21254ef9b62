// The lifecycle of an activation, as a table: which event may come in which
// state, and what state follows (BPMN 2.0.2, figure 13.2, without failing and
// compensating, which end in these).
#ifndef PAWL_ENGINE_CORE_LIFECYCLE_H_
#define PAWL_ENGINE_CORE_LIFECYCLE_H_

#include <array>
#include <optional>

#include "schemas/event_generated.h"
#include "schemas/state_generated.h"

namespace pawl::core {

struct LifecycleRow {
  fb::ElementState from;
  fb::Event event;
  fb::ElementState to;
};

inline constexpr std::array<LifecycleRow, 7> kLifecycle = {{
    {fb::ElementState::activating, fb::Event::ElementActivated,
     fb::ElementState::activated},
    {fb::ElementState::activated, fb::Event::ElementCompleting,
     fb::ElementState::completing},
    {fb::ElementState::completing, fb::Event::ElementCompleted,
     fb::ElementState::completed},
    {fb::ElementState::activating, fb::Event::ElementTerminating,
     fb::ElementState::terminating},
    {fb::ElementState::activated, fb::Event::ElementTerminating,
     fb::ElementState::terminating},
    {fb::ElementState::completing, fb::Event::ElementTerminating,
     fb::ElementState::terminating},
    {fb::ElementState::terminating, fb::Event::ElementTerminated,
     fb::ElementState::terminated},
}};

// The state after `event`, or nothing when the table forbids it.
constexpr std::optional<fb::ElementState> NextState(fb::ElementState from,
                                                    fb::Event event) {
  for (const LifecycleRow& row : kLifecycle) {
    if (row.from == from && row.event == event) return row.to;
  }
  return std::nullopt;
}

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_LIFECYCLE_H_
