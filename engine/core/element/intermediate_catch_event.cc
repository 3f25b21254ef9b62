// What waits for an event of its own (BPMN 2.0.2, 10.5.4, 13.3.3 and 13.5.2): a
// catch event for a timer, message, signal or condition, where a link goes on
// at once; a receive task for its message, or for somebody to trigger it.
//
// Event-based gateway (13.4.4): waits for the events behind it, which
// Transition opens with everything else that an activation waits for.
#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

Outcome Catch(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (element.event_type == fb::EventType::link) return Outcome::Done();
  if (auto fault = t.WaitFor(key, element)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  return Outcome::Waits();
}

Outcome Receive(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (auto fault = t.WaitFor(key, element)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  fb::TaskCreatedT task;
  task.key = t.NewKey();
  task.element_key = key.value();
  task.kind = fb::TaskKind::receive;
  t.Emit(std::move(task));
  return Outcome::Waits();
}

Outcome Wait(Transition&, ElementKey, const fb::ElementT&) {
  return Outcome::Waits();
}

}  // namespace

const ElementBehavior kIntermediateCatchEvent = {
    fb::ElementKind::intermediate_catch_event, Catch};
const ElementBehavior kReceiveTask = {fb::ElementKind::receive_task, Receive};
const ElementBehavior kEventBasedGateway = {
    fb::ElementKind::event_based_gateway, Wait, Outgoing::kAll};

}  // namespace pawl::core
