// What activations wait for beside their work, and what happens when it comes:
// boundary events, event sub-processes, event gateways (BPMN 2.0.2, 10.5.4,
// 10.5.5, 13.4.4 and 13.5.4), errors and escalations on their way outwards.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/planted.h"
#include "engine/core/element/timer.h"
#include "engine/core/transition.h"
#include "engine/core/wire_variables.h"
#include "engine/core/work_of.h"
#include "engine/expression/expression.h"
#include "engine/model/model_rules.h"

namespace pawl::core {
namespace {

using fb::ElementKind;
using fb::EventType;

bool IsMultiple(EventType type) {
  return type == EventType::multiple || type == EventType::parallel_multiple;
}

// A name or key of a message or signal goes into indexes, where a zero byte
// ends it.
std::optional<Fault> CheckText(fb::IncidentType type, const char* what,
                               const absl::StatusOr<std::string>& text,
                               bool may_be_empty) {
  if (!text.ok()) {
    return Fault{type, absl::StrCat(what, ": ", text.status().message())};
  }
  if (text->empty() && !may_be_empty) {
    return Fault{type, absl::StrCat(what, ": got an empty text")};
  }
  if (text->size() > kNameBytesMax) {
    return Fault{type, absl::StrCat(what, ": got ", text->size(),
                                    " bytes, wanted at most ", kNameBytesMax,
                                    " (kNameBytesMax)")};
  }
  if (text->find('\0') != std::string::npos) {
    return Fault{type, absl::StrCat(what, ": got a text with a zero byte")};
  }
  return std::nullopt;
}

}  // namespace

// --- Names -------------------------------------------------------------------

std::optional<Fault> Transition::AddressOf(
    ElementKey scope, const fb::MessageDefinitionT& message,
    MessageAddress* address) const {
  const auto name = EvaluateText(*message.name, scope);
  if (auto fault = CheckText(fb::IncidentType::expression_error,
                             "name of the message", name, false)) {
    return fault;
  }
  address->name = *name;
  address->has_key = message.correlation_key != nullptr;
  if (!address->has_key && message.along_flow &&
      !instance_->business_key.empty() && !PAWL_PLANTED(flow_without_key)) {
    // Nothing longer can be a key.
    address->has_key = instance_->business_key.size() <= kNameBytesMax;
    if (address->has_key) address->key = instance_->business_key;
    return std::nullopt;
  }
  if (!address->has_key) return std::nullopt;
  const auto key = EvaluateText(*message.correlation_key, scope);
  if (auto fault = CheckText(fb::IncidentType::correlation_key,
                             "correlation key", key, false)) {
    return fault;
  }
  address->key = *key;
  return std::nullopt;
}

std::optional<Fault> Transition::SignalName(ElementKey scope,
                                            const fb::SignalDefinitionT& signal,
                                            std::string* name) const {
  const auto text = EvaluateText(*signal.name, scope);
  if (auto fault = CheckText(fb::IncidentType::expression_error,
                             "name of the signal", text, false)) {
    return fault;
  }
  *name = *text;
  return std::nullopt;
}

// --- Opening -----------------------------------------------------------------

std::optional<Fault> Transition::Evaluate(
    ElementKey host, uint32_t trigger, const fb::ElementT& event,
    std::vector<Opening>* openings) const {
  const uint32_t own = instance_->elements.at(host).element;
  if (IsMultiple(event.event_type)) {
    for (const uint32_t one :
         model_->Definitions(trigger == 0 ? own : trigger)) {
      if (HasPart(host, one) && !PAWL_PLANTED(first_part_forgotten)) continue;
      if (auto fault = Evaluate(host, one, model_->element(one), openings)) {
        return fault;
      }
    }
    return std::nullopt;
  }
  const uint32_t named = trigger == 0 ? own : model_->EventOf(trigger);
  Opening opening;
  opening.trigger = trigger;
  opening.type = event.event_type;
  std::optional<Fault> fault;
  if (event.kind == ElementKind::receive_task) {
    if (event.message == nullptr) return std::nullopt;
    opening.type = EventType::message;
  }
  switch (opening.type) {
    case EventType::timer: {
      absl::StatusOr<TimerTime> due = TimeOf(*this, host, *event.timer);
      if (due.ok()) {
        opening.due_ms = due->due_ms;
        // What takes the token, or ends its activity, fires once.
        if (Stays(trigger)) opening.repetition = std::move(due->repetition);
      } else {
        fault = Fault{
            fb::IncidentType::expression_error,
            named == own ? absl::StrCat("timer: ", due.status().message())
                         : absl::StrCat("timer of '", model_->element(named).id,
                                        "': ", due.status().message())};
      }
      break;
    }
    case EventType::message:
      fault = AddressOf(host, *event.message, &opening.address);
      break;
    case EventType::signal:
      fault = SignalName(host, *event.signal, &opening.address.name);
      break;
    case EventType::conditional:
      break;
    default:
      return std::nullopt;
  }
  if (fault.has_value()) return fault;
  openings->push_back(std::move(opening));
  return std::nullopt;
}

std::optional<Fault> Transition::EvaluateTriggers(
    ElementKey host, uint32_t element, std::vector<Opening>* openings) const {
  const ElementInstance& instance = instance_->elements.at(host);
  // Boundary events are of an activity as a whole, what is inside of each run.
  if (instance.loop_index == 0) {
    for (const uint32_t boundary : model_->Boundaries(element)) {
      if (auto fault =
              Evaluate(host, boundary, model_->element(boundary), openings)) {
        return fault;
      }
    }
  }
  if (IsLoop(instance)) return std::nullopt;
  for (const uint32_t start : model_->EventSubProcessStarts(element)) {
    if (auto fault = Evaluate(host, start, model_->element(start), openings)) {
      return fault;
    }
  }
  if (model_->element(element).kind != ElementKind::event_based_gateway) {
    return std::nullopt;
  }
  for (const uint32_t flow : model_->element(element).outgoing) {
    const uint32_t event = model_->flow(flow).target;
    if (auto fault = Evaluate(host, event, model_->element(event), openings)) {
      return fault;
    }
  }
  return std::nullopt;
}

void Transition::Open(ElementKey host, const Opening& opening) {
  if (opening.type == EventType::timer) {
    fb::TimerCreatedT created;
    created.key = NewKey();
    created.element_key = host.value();
    created.due_ms = opening.due_ms;
    created.boundary = opening.trigger;
    created.cycle = opening.repetition.cycle;
    if (!created.cycle.empty()) {
      created.counts_from_ms = opening.repetition.counts_from_ms;
      created.number = opening.repetition.number;
      CountWritten(created.cycle.size());
    }
    Emit(std::move(created));
    return;
  }
  fb::SubscriptionOpenedT opened;
  opened.key = NewKey();
  opened.element_key = host.value();
  opened.trigger = opening.trigger;
  opened.name = opening.address.name;
  if (opening.type == EventType::conditional) {
    opened.kind = fb::SubscriptionKind::conditional;
    RecheckConditions();
  } else if (opening.type == EventType::signal) {
    opened.kind = fb::SubscriptionKind::signal;
  } else {
    opened.kind = fb::SubscriptionKind::message;
    opened.any_key = !opening.address.has_key;
    opened.correlation_key = opening.address.key;
  }
  CountWritten(opened.name.size() + opened.correlation_key.size());
  const bool message = opened.kind == fb::SubscriptionKind::message;
  Emit(std::move(opened));
  if (message) AskForBuffered(opening.address);
}

void Transition::AskForBuffered(const MessageAddress& address) {
  if (!lookups_->HasBuffered(address)) return;
  fb::MatchMessagesT match;
  match.name = address.name;
  match.has_key = address.has_key;
  match.correlation_key = address.key;
  Request(std::move(match));
}

std::optional<Fault> Transition::WaitFor(ElementKey key,
                                         const fb::ElementT& event) {
  std::vector<Opening> openings;
  if (auto fault = Evaluate(key, 0, event, &openings)) return fault;
  for (const Opening& opening : openings) Open(key, opening);
  return std::nullopt;
}

std::optional<Fault> Transition::OpenTrigger(ElementKey host,
                                             uint32_t trigger) {
  std::vector<Opening> openings;
  if (auto fault =
          Evaluate(host, trigger, model_->element(trigger), &openings)) {
    return fault;
  }
  for (const Opening& opening : openings) Open(host, opening);
  return std::nullopt;
}

void Transition::OpenRootTriggers() {
  for (const uint32_t start : model_->EventSubProcessStarts(0)) {
    if (auto fault = OpenTrigger(instance_->root(), start)) {
      RaiseIncident(*std::move(fault), instance_->root(), start);
    }
  }
}

// docs/adr/0019: who is to receive it is who waits now, so nothing that waits
// may go with this token before it is delivered.
Outcome Transition::WaitForDelivery(ElementKey key) {
  if (model_->model().rules < model::kRulesOfThrows ||
      PAWL_PLANTED(thrower_goes_on)) {
    return Outcome::Done();
  }
  fb::CompleteThrowT complete;
  complete.instance = instance_->key.value();
  complete.element_key = key.value();
  complete.throws = throws_ + 1;
  Request(std::move(complete));
  return Outcome::Waits();
}

// A fork may suspend an instance between what it throws and its going on.
void Transition::AskForDeliveries() {
  // Without a model nothing in it goes on.
  if (model_ == nullptr && !LoadModel(instance_->definition).ok()) return;
  std::vector<ElementKey> throwers;
  for (const auto& [key, instance] : instance_->elements) {
    const fb::ElementT& element = model_->element(instance.element);
    if (WaitsForDelivery(*instance_, instance, element)) {
      throwers.push_back(key);
    }
  }
  for (const ElementKey key : throwers) WaitForDelivery(key);
}

// --- Closing -----------------------------------------------------------------

bool Transition::IsInner(uint32_t trigger) const {
  return trigger != 0 && model_->element(model_->EventOf(trigger)).kind ==
                             ElementKind::start_event;
}

void Transition::CancelTimer(TimerKey key) {
  fb::TimerCanceledT canceled;
  canceled.key = key.value();
  canceled.due_ms = instance_->timers.at(key).due_ms;
  Emit(std::move(canceled));
}

void Transition::CancelTimers(ElementKey key, bool inner_only) {
  std::vector<TimerKey> timers;
  for (const auto& [timer_key, timer] : instance_->timers) {
    if (timer.element_key != key) continue;
    if (!inner_only || IsInner(timer.boundary)) timers.push_back(timer_key);
  }
  for (const TimerKey timer : timers) CancelTimer(timer);
}

void Transition::CloseSubscription(SubscriptionKey key) {
  if (PAWL_PLANTED(subscription_left_open)) return;
  const Subscription& subscription = instance_->subscriptions.at(key);
  fb::SubscriptionClosedT closed;
  closed.key = key.value();
  closed.kind = subscription.kind;
  closed.name = subscription.name;
  closed.correlation_key = subscription.correlation_key;
  closed.any_key = subscription.any_key;
  Emit(std::move(closed));
}

void Transition::CloseSubscriptions(ElementKey key, bool inner_only) {
  std::vector<SubscriptionKey> open;
  for (const auto& [subscription_key, subscription] :
       instance_->subscriptions) {
    if (subscription.element_key != key) continue;
    if (!inner_only || IsInner(subscription.trigger)) {
      open.push_back(subscription_key);
    }
  }
  for (const SubscriptionKey subscription : open) {
    CloseSubscription(subscription);
  }
}

void Transition::CancelTriggers(ElementKey key) {
  CancelTimers(key, /*inner_only=*/false);
  CloseSubscriptions(key, /*inner_only=*/false);
  if (instance_->incidents.empty()) return;
  const uint32_t element = instance_->elements.at(key).element;
  std::vector<IncidentKey> incidents;
  for (const auto& [incident_key, incident] : instance_->incidents) {
    if (incident.element_key == key && incident.element != element) {
      incidents.push_back(incident_key);
    }
  }
  for (IncidentKey incident : incidents) {
    fb::IncidentResolvedT resolved;
    resolved.key = incident.value();
    Emit(std::move(resolved));
  }
}

// Incidents of what is inside a scope and has no activation: of an event
// sub-process that couldn't wait, of a gateway whose condition failed. Also of
// an ad-hoc sub-process that couldn't say whether it is done: nobody asks now.
void Transition::ResolveInner(ElementKey scope) {
  const uint32_t element = instance_->elements.at(scope).element;
  std::vector<IncidentKey> incidents;
  for (const auto& [incident_key, incident] : instance_->incidents) {
    if (incident.element_key != scope) continue;
    const uint32_t around = model_->element(incident.element).scope;
    if (incident.element == element
            ? instance_->ad_hocs.contains(scope)
            : IsInner(incident.element) || around == element) {
      incidents.push_back(incident_key);
    }
  }
  for (IncidentKey incident : incidents) {
    fb::IncidentResolvedT resolved;
    resolved.key = incident.value();
    Emit(std::move(resolved));
  }
}

// --- Triggering --------------------------------------------------------------

void Transition::Trigger(ElementKey host, uint32_t trigger,
                         const WireVariables& variables) {
  if (trigger == 0) {
    if (!variables.empty()) WriteVariables(host, variables);
    CompleteTaskOf(host);
    Complete(host);
    return;
  }
  const fb::ElementT& event = model_->element(trigger);
  switch (event.kind) {
    case ElementKind::event_definition:
      return TriggerDefinition(host, trigger, variables);
    case ElementKind::boundary_event: {
      const ElementKey around = instance_->elements.at(host).scope;
      if (event.interrupting) TerminateElement(host);
      AdmitTriggered(trigger, around, {}, variables);
      return;
    }
    case ElementKind::start_event:
      TriggerEventSubProcess(host, trigger, variables);
      return;
    default:
      TriggerBehindGateway(host, trigger, variables);
      return;
  }
}

bool Transition::HasPart(ElementKey host, uint32_t trigger) const {
  const auto parts = instance_->event_parts.find(host);
  return parts != instance_->event_parts.end() &&
         std::any_of(
             parts->second.begin(), parts->second.end(),
             [&](const EventPart& part) { return part.trigger == trigger; });
}

// Has all come but this one? What came before is added in front of what came
// with it, and no longer kept.
bool Transition::TakeParts(ElementKey host, uint32_t event, uint32_t trigger,
                           WireVariables* variables) {
  size_t missing = model_->Definitions(event).size();
  WireVariables all;
  if (const auto parts = instance_->event_parts.find(host);
      parts != instance_->event_parts.end()) {
    for (const EventPart& part : parts->second) {
      if (part.element != event) continue;
      --missing;
      for (const auto& [name, json] : part.variables) {
        all.push_back(NewVariable(name, json));
      }
    }
  }
  fb::EventPartReceivedT received;
  received.element_key = host.value();
  received.element = event;
  received.trigger = trigger;
  received.complete = missing <= 1;
  if (!received.complete) {
    for (const auto& variable : *variables) {
      CountWritten(variable->name.size() + variable->json.size());
    }
    received.variables = std::move(*variables);
    Emit(std::move(received));
    return false;
  }
  Emit(std::move(received));
  for (auto& variable : *variables) all.push_back(std::move(variable));
  *variables = std::move(all);
  return true;
}

// One of several: any of them, or the last of all (10.5.5).
void Transition::TriggerDefinition(ElementKey host, uint32_t trigger,
                                   const WireVariables& variables) {
  const uint32_t event = model_->EventOf(trigger);
  const bool is_own = instance_->elements.at(host).element == event;
  const bool all =
      model_->element(event).event_type == fb::EventType::parallel_multiple;
  WireVariables came = Copy(variables);
  if (all && !TakeParts(host, event, trigger, &came)) return;
  Trigger(host, is_own ? 0 : event, came);
  if (!all || is_own || !Stays(event)) return;
  // It waits for all of them anew.
  const auto at = instance_->elements.find(host);
  if (at == instance_->elements.end() ||
      at->second.state != fb::ElementState::activated) {
    return;
  }
  if (auto fault = OpenTrigger(host, event)) {
    RaiseIncident(*std::move(fault), host, event);
  }
}

// Parts of what will never be complete.
void Transition::DropInnerParts(ElementKey scope) {
  const auto parts = instance_->event_parts.find(scope);
  if (parts == instance_->event_parts.end()) return;
  absl::btree_set<uint32_t> events;
  for (const EventPart& part : parts->second) {
    if (IsInner(part.element)) events.insert(part.element);
  }
  for (const uint32_t event : events) {
    fb::EventPartReceivedT dropped;
    dropped.element_key = scope.value();
    dropped.element = event;
    dropped.complete = true;
    Emit(std::move(dropped));
  }
}

// Of boundary events and event sub-processes that don't interrupt.
bool Transition::Stays(uint32_t trigger) const {
  if (trigger == 0) return false;
  if (model_->element(trigger).kind == ElementKind::event_definition) {
    // One of those that must all come is had once.
    const uint32_t whole = model_->EventOf(trigger);
    return model_->element(whole).event_type !=
               fb::EventType::parallel_multiple &&
           Stays(whole);
  }
  const fb::ElementT& event = model_->element(trigger);
  return !event.interrupting && (event.kind == ElementKind::boundary_event ||
                                 event.kind == ElementKind::start_event);
}

void Transition::TriggerRefused(ElementKey host, uint32_t trigger,
                                const WireVariables& variables,
                                std::string message) {
  if (!variables.empty()) WriteVariables(host, variables);
  if (trigger != 0) {
    RaiseIncident({fb::IncidentType::limit, std::move(message)}, host, trigger);
    return;
  }
  CompleteTaskOf(host);
  CompleteRefused(host, std::move(message));
}

// Of a receive task.
void Transition::CompleteTaskOf(ElementKey host) {
  for (const auto& [key, task] : instance_->tasks) {
    if (task.element_key != host) continue;
    fb::TaskCompletedT completed;
    completed.key = key.value();
    Emit(std::move(completed));
    return;
  }
}

// BPMN 2.0.2, 13.5.4: an interrupting one ends what else is in its scope, and
// nothing else is triggered there any more; the scope itself goes on.
void Transition::TriggerEventSubProcess(ElementKey scope, uint32_t start,
                                        const WireVariables& variables) {
  const fb::ElementT& event = model_->element(start);
  if (event.interrupting) {
    CancelTimers(scope, /*inner_only=*/true);
    CloseSubscriptions(scope, /*inner_only=*/true);
    DropInnerParts(scope);
    TerminateInside(scope);
    ResolveInner(scope);
    fb::ScopeInterruptedT interrupted;
    interrupted.scope = scope.value();
    interrupted.trigger = start;
    Emit(std::move(interrupted));
    if (decides_joins_) CancelGateways(scope);
  }
  ++activations_;
  const ElementKey key(NewKey());
  fb::ElementActivatingT activating;
  activating.key = key.value();
  activating.element = event.scope;
  activating.scope = scope.value();
  Emit(std::move(activating));
  // With output mappings the event's variables are its sub-process's own, and
  // only the mapped ones go out.
  if (!model::KeepsResults(event)) {
    WriteVariables(scope, variables);
  } else {
    WriteLocal(key, Copy(variables));
  }
  Activate(key);
}

// BPMN 2.0.2, 13.4.4: an event behind a gateway that starts the process has
// come. With a parallel one the others are waited for in this instance.
void Transition::StartAtGateway(uint32_t event,
                                const WireVariables& variables) {
  const uint32_t flow = model_->element(event).incoming.front();
  const uint32_t gateway = model_->flow(flow).source;
  ++activations_;
  const ElementKey key(NewKey());
  fb::ElementActivatingT activating;
  activating.key = key.value();
  activating.element = gateway;
  activating.scope = instance_->root().value();
  activating.triggered = true;
  Emit(std::move(activating));
  fb::ElementActivatedT activated;
  activated.key = key.value();
  Emit(std::move(activated));
  if (!model_->element(gateway).parallel) {
    return TriggerBehindGateway(key, event, variables);
  }
  TakeFlowTo(ElementInstance(instance_->elements.at(key)), event, variables);
  // After what it brought: their correlation keys may need that.
  for (const uint32_t outgoing : model_->element(gateway).outgoing) {
    const uint32_t other = model_->flow(outgoing).target;
    if (other == event || PAWL_PLANTED(start_gateway_done_early)) continue;
    if (auto fault = OpenTrigger(key, other)) {
      RaiseIncident(*std::move(fault), key, other);
    }
  }
  if (!StillWaits(key)) CompleteGateway(key);
}

void Transition::StartBy(uint32_t start, const WireVariables& variables) {
  const fb::ElementT& event = model_->element(start);
  if (event.kind == ElementKind::intermediate_catch_event ||
      (event.kind == ElementKind::receive_task && !event.instantiate)) {
    return StartAtGateway(start, variables);
  }
  const uint32_t whole = model_->EventOf(start);
  if (model_->element(whole).event_type != EventType::parallel_multiple) {
    return AdmitTriggered(whole, instance_->root(), {}, variables);
  }
  // The first of all that must come: those before it are none.
  ++activations_;
  const ElementKey key(NewKey());
  fb::ElementActivatingT activating;
  activating.key = key.value();
  activating.element = whole;
  activating.scope = instance_->root().value();
  Emit(std::move(activating));
  WireVariables came = Copy(variables);
  const bool complete = TakeParts(key, whole, start, &came);
  PAWL_CHECK(!complete) << "one definition of '" << model_->element(whole).id;
  Activate(key);
}

bool Transition::StillWaits(ElementKey key) const {
  const auto of_it = [&](const auto& entry) {
    return entry.second.element_key == key;
  };
  return std::any_of(instance_->subscriptions.begin(),
                     instance_->subscriptions.end(), of_it) ||
         std::any_of(instance_->timers.begin(), instance_->timers.end(),
                     of_it) ||
         std::any_of(instance_->incidents.begin(), instance_->incidents.end(),
                     of_it);
}

void Transition::CompleteGateway(ElementKey gateway) {
  fb::ElementCompletingT completing;
  completing.key = gateway.value();
  Emit(std::move(completing));
  CancelTriggers(gateway);
  fb::ElementCompletedT completed;
  completed.key = gateway.value();
  Emit(std::move(completed));
}

// BPMN 2.0.2, 13.4.4: the first event takes the token, the others are no longer
// waited for.
void Transition::TriggerBehindGateway(ElementKey gateway, uint32_t event,
                                      const WireVariables& variables) {
  const ElementInstance instance = instance_->elements.at(gateway);
  // A parallel one goes on until the last of them has come.
  if (!model_->element(instance.element).parallel || !StillWaits(gateway)) {
    CompleteGateway(gateway);
  }
  TakeFlowTo(instance, event, variables);
}

void Transition::TakeFlowTo(const ElementInstance& gateway, uint32_t event,
                            const WireVariables& variables) {
  for (const uint32_t flow : model_->element(gateway.element).outgoing) {
    if (model_->flow(flow).target != event) continue;
    fb::FlowTakenT taken;
    taken.flow = flow;
    taken.scope = gateway.scope.value();
    Emit(std::move(taken));
    AdmitTriggered(event, gateway.scope, {flow}, variables);
    return;
  }
  PAWL_CHECK(false) << "event " << event << " isn't behind its gateway";
}

// --- Errors and escalations --------------------------------------------------

bool Transition::Interrupted(const Instance& instance,
                             const model::ProcessDefinition& model,
                             ElementKey scope) {
  for (const auto& [key, element] : instance.elements) {
    if (element.scope != scope ||
        model.element(element.element).kind != ElementKind::event_sub_process) {
      continue;
    }
    for (const uint32_t start :
         model.EventSubProcessStarts(instance.elements.at(scope).element)) {
      const fb::ElementT& event = model.element(start);
      if (event.scope == element.element && event.interrupting) return true;
    }
  }
  return false;
}

// SEMANTICS, Faults: from the innermost scope outwards, a scope's event
// sub-processes before its boundary events, exact code before any.
std::optional<Transition::Catcher> Transition::FindCatcherIn(
    const Instance& instance, const model::ProcessDefinition& model,
    ElementKey thrower, EventType type, std::string_view code) {
  const auto among = [&](std::span<const uint32_t> events,
                         uint32_t not_in) -> uint32_t {
    uint32_t any = 0;
    uint32_t exact = 0;
    const auto consider = [&](uint32_t index) {
      const fb::ElementT& event = model.element(index);
      if (event.event_type != type || exact != 0) return;
      if (not_in != 0 && event.scope == not_in) return;
      const auto& caught =
          type == EventType::error ? event.error : event.escalation;
      const std::string_view wanted = caught == nullptr
                                          ? std::string_view()
                                          : std::string_view(caught->code);
      if (wanted == code && !code.empty()) exact = index;
      if (wanted.empty() && any == 0) any = index;
    };
    for (const uint32_t index : events) {
      consider(index);
      for (const uint32_t one : model.Definitions(index)) consider(one);
    }
    return exact != 0 ? exact : any;
  };
  // The event sub-process that it comes out of doesn't catch it.
  uint32_t inner = 0;
  for (ElementKey key = thrower; key.valid();
       key = ParentScope(instance, key)) {
    const ElementInstance& activity = instance.elements.at(key);
    const uint32_t element = activity.element;
    // Of what has completed nothing catches any more.
    if (IsReopened(instance, activity)) return std::nullopt;
    // Before and after its work, while only its listeners run, nothing inside
    // of a scope catches.
    const bool works =
        key != thrower || activity.state == fb::ElementState::activated;
    const auto starts = model.EventSubProcessStarts(element);
    if (!starts.empty() && works && !IsLoop(activity, model) &&
        !Interrupted(instance, model, key)) {
      if (const uint32_t caught = among(starts, inner); caught != 0) {
        return Catcher{key, caught};
      }
    }
    // Boundary events belong to a loop as a whole.
    if (activity.loop_index == 0) {
      if (const uint32_t caught = among(model.Boundaries(element), 0);
          caught != 0) {
        return Catcher{key, caught};
      }
    }
    // What goes wrong in a handler is its own affair.
    if (activity.compensates.valid()) return std::nullopt;
    inner = element;
  }
  return std::nullopt;
}

namespace {

void AddText(const std::string& name, const std::string& text,
             WireVariables* variables) {
  if (name.empty()) return;
  variables->push_back(NewVariable(name, Value(text).ToJson()));
}

}  // namespace

void Transition::CatchError(const Catcher& catcher, const std::string& code,
                            const std::string& message,
                            const WireVariables& variables) {
  const fb::ElementT& event = model_->element(catcher.trigger);
  WireVariables written = Copy(variables);
  AddText(event.error->code_variable, code, &written);
  AddText(event.error->message_variable, message, &written);
  Trigger(catcher.host, catcher.trigger, written);
}

void Transition::ThrowEscalation(ElementKey scope, uint32_t element,
                                 const std::string& code) {
  const auto catcher = FindCatcher(scope, EventType::escalation, code);
  AboveAnswer above;
  if (!catcher.has_value())
    above = CatcherAbove(scope, EventType::escalation, code);
  fb::EscalationThrownT thrown;
  thrown.element = element;
  thrown.scope = scope.value();
  thrown.code = code;
  thrown.catcher = catcher.has_value() ? catcher->trigger : 0;
  thrown.above = above.caught;
  Emit(std::move(thrown));
  if (catcher.has_value()) {
    CatchEscalation(*catcher, code);
  } else if (above.caught) {
    ThrowToCaller(EventType::escalation, code, "", {}, above.interrupting);
  }
}

void Transition::CatchEscalation(const Catcher& catcher,
                                 const std::string& code) {
  const fb::ElementT& event = model_->element(catcher.trigger);
  WireVariables written;
  if (event.escalation != nullptr) {
    AddText(event.escalation->code_variable, code, &written);
  }
  Trigger(catcher.host, catcher.trigger, written);
}

// --- Conditions --------------------------------------------------------------

void Transition::NoteWritten(const fb::VariablesWrittenT& event) {
  constexpr uint8_t kCreated = 1;
  constexpr uint8_t kUpdated = 2;
  const auto scope = instance_->scopes.find(ElementKey(event.scope));
  for (const auto& variable : event.variables) {
    const bool was_there = scope != instance_->scopes.end() &&
                           scope->second.variables.contains(variable->name);
    written_[variable->name] |= was_there ? kUpdated : kCreated;
  }
}

// Was written what the condition is about?
bool Transition::LooksAgain(const fb::ElementT& event, const Written& written) {
  for (const auto& [name, how] : written) {
    const bool is_it =
        event.condition_variable.empty() || event.condition_variable == name;
    const bool this_way =
        event.condition_events == 0 || (event.condition_events & how) != 0;
    if (is_it && this_way) return true;
  }
  return event.condition_variable.empty() && event.condition_events == 0;
}

bool Transition::FireCondition() {
  if (!recheck_) return false;
  recheck_ = false;
  const bool all = std::exchange(recheck_all_, false);
  const Written written = std::exchange(written_, {});
  if (instance_->ended()) return false;
  std::vector<SubscriptionKey> conditions;
  for (const auto& [key, subscription] : instance_->subscriptions) {
    if (subscription.kind == fb::SubscriptionKind::conditional) {
      conditions.push_back(key);
    }
  }
  for (const SubscriptionKey key : conditions) {
    const Subscription subscription = instance_->subscriptions.at(key);
    const uint32_t host =
        instance_->elements.at(subscription.element_key).element;
    const fb::ElementT& event = model_->element(
        subscription.trigger == 0 ? host : subscription.trigger);
    if (!all && !LooksAgain(event, written)) continue;
    const absl::StatusOr<bool> value =
        model_->Compiled(*event.condition)
            .EvaluateCondition(View(subscription.element_key));
    // What can't be said yet, because a variable is missing, doesn't hold.
    const bool holds = value.ok() && *value;
    if (holds == subscription.holds) continue;
    const bool stays = Stays(subscription.trigger);
    if (!holds || stays) {
      fb::ConditionChangedT changed;
      changed.key = key.value();
      changed.holds = holds;
      Emit(std::move(changed));
      if (!holds) continue;
    }
    fb::SubscriptionTriggeredT triggered;
    triggered.key = key.value();
    triggered.kind = subscription.kind;
    triggered.stays = stays;
    Emit(std::move(triggered));
    if (std::string limit = LimitReached(); !limit.empty()) {
      TriggerRefused(
          subscription.element_key, subscription.trigger, {},
          absl::StrCat(limit, " without a wait state, stopped before '",
                       event.id, "'; resolve the incident to go on"));
    } else {
      Trigger(subscription.element_key, subscription.trigger, {});
    }
    // What it did may change the others.
    recheck_ = true;
    recheck_all_ |= all;
    for (const auto& [name, how] : written) written_[name] |= how;
    return true;
  }
  return false;
}

}  // namespace pawl::core
