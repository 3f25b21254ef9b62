// End events (BPMN 2.0.2, 13.5.6): a none end event consumes its token, a
// terminate end event ends its whole scope.
#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

Outcome Pass(Transition&, ElementKey, const fb::ElementT&) {
  return Outcome::Done();
}

void Ended(Transition& t, ElementKey scope, const fb::ElementT& element) {
  if (element.event_type == fb::EventType::terminate) {
    t.TerminateScope(scope, fb::InstanceState::terminated, element.id);
  }
}

}  // namespace

const ElementBehavior kEndEvent = {fb::ElementKind::end_event, Pass,
                                   Outgoing::kConditional, Ended};

}  // namespace pawl::core
