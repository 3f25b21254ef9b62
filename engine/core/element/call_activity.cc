// Call activity (BPMN 2.0.2, 10.3.6 and 13.3.4): another process, as an
// instance of its own; the activity waits for it. How the two talk is
// Transition's business (transition_calls.cc).
#include <optional>
#include <utility>

#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

Outcome Call(Transition& t, ElementKey key, const fb::ElementT&) {
  if (std::optional<Fault> fault = t.Call(key)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  return Outcome::Waits();
}

}  // namespace

const ElementBehavior kCallActivity = {fb::ElementKind::call_activity, Call};

}  // namespace pawl::core
