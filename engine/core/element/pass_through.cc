// Nodes that do nothing themselves: a token goes through them at once, and what
// differs is how they pick their ways out.
//
// None start event (BPMN 2.0.2, 13.5.1), manual task and undefined task
// (13.3.3; SEMANTICS of Pawl: they pass), exclusive gateway (13.4.2), parallel,
// inclusive and complex gateway (13.4.1, 13.4.3 and 13.4.5; that they wait for
// their tokens is Transition's business), boundary event (10.5.4; its activity
// waits for it).
#include <utility>

#include "engine/core/element/behavior.h"
#include "engine/core/transition.h"

namespace pawl::core {
namespace {

Outcome Pass(Transition&, ElementKey, const fb::ElementT&) {
  return Outcome::Done();
}

// Of a process that several events must start, one of which has come: the
// instance waits for the others (10.5.2).
Outcome Start(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (element.event_type != fb::EventType::parallel_multiple ||
      element.scope != 0) {
    return Outcome::Done();
  }
  if (auto fault = t.WaitFor(key, element)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  return Outcome::Waits();
}

}  // namespace

const ElementBehavior kStartEvent = {fb::ElementKind::start_event, Start};
const ElementBehavior kManualTask = {fb::ElementKind::manual_task, Pass};
const ElementBehavior kUndefinedTask = {fb::ElementKind::undefined_task, Pass};
const ElementBehavior kBoundaryEvent = {fb::ElementKind::boundary_event, Pass};
const ElementBehavior kExclusiveGateway = {fb::ElementKind::exclusive_gateway,
                                           Pass, Outgoing::kFirstTrue};
const ElementBehavior kParallelGateway = {fb::ElementKind::parallel_gateway,
                                          Pass, Outgoing::kAll};
const ElementBehavior kInclusiveGateway = {fb::ElementKind::inclusive_gateway,
                                           Pass, Outgoing::kInclusive};
const ElementBehavior kComplexGateway = {fb::ElementKind::complex_gateway, Pass,
                                         Outgoing::kInclusive};

}  // namespace pawl::core
