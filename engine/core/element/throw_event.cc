#include "engine/core/element/throw_event.h"

#include <utility>

#include "engine/core/element/script.h"
#include "engine/core/element/work.h"

namespace pawl::core {
namespace {

WireVariables OwnVariables(Transition& t, ElementKey key,
                           const fb::ElementT& element) {
  WireVariables own;
  const auto scope = t.instance().scopes.find(key);
  if (element.inputs.empty() || scope == t.instance().scopes.end()) return own;
  for (const auto& [name, json] : scope->second.variables) {
    auto variable = std::make_unique<fb::VariableT>();
    variable->name = name;
    variable->json = json;
    t.CountWritten(name.size() + json.size());
    own.push_back(std::move(variable));
  }
  return own;
}

Outcome BroadcastSignal(Transition& t, ElementKey key,
                        const fb::ElementT& element) {
  fb::BroadcastSignalT broadcast;
  if (auto fault = t.SignalName(key, *element.signal, &broadcast.name)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  broadcast.variables = OwnVariables(t, key, element);
  t.Request(std::move(broadcast));
  return Outcome::Done();
}

// Links jump within their scope; an escalation goes outwards.
void Thrown(Transition& t, ElementKey scope, const fb::ElementT& element) {
  if (element.event_type == fb::EventType::link) {
    t.Enter(element.link_target, scope);
  } else if (element.event_type == fb::EventType::escalation) {
    t.ThrowEscalation(scope, *t.model().FindElement(element.id),
                      element.escalation->code);
  }
}

}  // namespace

Outcome SendMessage(Transition& t, ElementKey key,
                    const fb::ElementT& element) {
  MessageAddress address;
  if (auto fault = t.AddressOf(key, *element.message, &address)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  fb::PublishMessageT publish;
  publish.name = address.name;
  publish.has_key = address.has_key;
  publish.correlation_key = address.key;
  publish.variables = OwnVariables(t, key, element);
  t.Request(std::move(publish));
  return Outcome::Done();
}

Outcome Throw(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (element.script != nullptr) return RunScript(t, key, *element.script);
  if (element.job != nullptr) {
    return CreateJob(t, key, element.id, *element.job);
  }
  switch (element.event_type) {
    case fb::EventType::message:
      return SendMessage(t, key, element);
    case fb::EventType::signal:
      return BroadcastSignal(t, key, element);
    case fb::EventType::compensation:
      return t.ThrowCompensation(key, element) ? Outcome::Waits()
                                               : Outcome::Done();
    default:
      return Outcome::Done();
  }
}

const ElementBehavior kIntermediateThrowEvent = {
    fb::ElementKind::intermediate_throw_event, Throw, Outgoing::kConditional,
    Thrown};

}  // namespace pawl::core
