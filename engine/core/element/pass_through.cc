// Nodes that do nothing themselves: a token goes through them at once, and what
// differs is how they pick their ways out.
//
// None start event (BPMN 2.0.2, 13.5.1), manual task and undefined task
// (13.3.3; SEMANTICS of Pawl: they pass), exclusive gateway (13.4.2), parallel
// gateway (13.4.1; that it waits for its tokens is Transition's business),
// boundary event (10.5.4; its activity waits for it), intermediate throw event
// without trigger, and of links (10.5.4).
#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

Outcome Pass(Transition&, ElementKey, const fb::ElementT&) {
  return Outcome::Done();
}

// A link jumps within its scope.
void Jump(Transition& t, ElementKey scope, const fb::ElementT& element) {
  if (element.event_type == fb::EventType::link) {
    t.Enter(element.link_target, scope);
  }
}

}  // namespace

const ElementBehavior kStartEvent = {fb::ElementKind::start_event, Pass};
const ElementBehavior kManualTask = {fb::ElementKind::manual_task, Pass};
const ElementBehavior kUndefinedTask = {fb::ElementKind::undefined_task, Pass};
const ElementBehavior kBoundaryEvent = {fb::ElementKind::boundary_event, Pass};
const ElementBehavior kIntermediateThrowEvent = {
    fb::ElementKind::intermediate_throw_event, Pass, Outgoing::kConditional,
    Jump};
const ElementBehavior kExclusiveGateway = {fb::ElementKind::exclusive_gateway,
                                           Pass, Outgoing::kFirstTrue};
const ElementBehavior kParallelGateway = {fb::ElementKind::parallel_gateway,
                                          Pass, Outgoing::kAll};

}  // namespace pawl::core
