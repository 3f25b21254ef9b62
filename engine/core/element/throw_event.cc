#include "engine/core/element/throw_event.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "base/limits.h"
#include "base/planted.h"
#include "engine/core/element/script.h"
#include "engine/core/element/work.h"
#include "engine/core/wire_variables.h"

namespace pawl::core {
namespace {

WireVariables OwnVariables(Transition& t, ElementKey key,
                           const fb::ElementT& element) {
  WireVariables own;
  const auto scope = t.instance().scopes.find(key);
  if (element.inputs.empty() || scope == t.instance().scopes.end()) return own;
  for (const auto& [name, json] : scope->second.variables) {
    t.CountWritten(name.size() + json.size());
    own.push_back(NewVariable(name, json));
  }
  return own;
}

// What is visible at `key` and isn't there yet.
void AddVisible(Transition& t, ElementKey key, WireVariables* variables) {
  absl::btree_set<std::string> seen;
  for (const auto& variable : *variables) seen.insert(variable->name);
  for (ElementKey at = key; at.valid(); at = ParentScope(t.instance(), at)) {
    const auto scope = t.instance().scopes.find(at);
    if (scope == t.instance().scopes.end()) continue;
    for (const auto& [name, json] : scope->second.variables) {
      if (!seen.insert(name).second) continue;
      t.CountWritten(name.size() + json.size());
      variables->push_back(NewVariable(name, json));
    }
  }
}

// What the signal of the event `element` carries.
WireVariables Carried(Transition& t, ElementKey key,
                      const fb::ElementT& element,
                      const fb::SignalDefinitionT& signal) {
  WireVariables variables = OwnVariables(t, key, element);
  if (signal.all_variables) AddVisible(t, key, &variables);
  return variables;
}

Outcome BroadcastSignal(Transition& t, ElementKey key,
                        const fb::ElementT& element) {
  fb::BroadcastSignalT broadcast;
  if (auto fault = t.SignalName(key, *element.signal, &broadcast.name)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  broadcast.variables = Carried(t, key, element, *element.signal);
  t.Request(std::move(broadcast));
  return t.WaitForDelivery(key);
}

// Of an event with several definitions its messages and signals; nothing is
// sent before all of them have names.
Outcome ThrowAll(Transition& t, ElementKey key, const fb::ElementT& element) {
  const uint32_t index = t.instance().elements.at(key).element;
  std::vector<fb::PublishMessageT> messages;
  std::vector<fb::BroadcastSignalT> signals;
  for (const uint32_t one : t.model().Definitions(index)) {
    const fb::ElementT& definition = t.model().element(one);
    std::optional<Fault> fault;
    if (definition.message != nullptr) {
      MessageAddress address;
      fault = t.AddressOf(key, *definition.message, &address);
      messages.emplace_back();
      messages.back().name = address.name;
      messages.back().has_key = address.has_key;
      messages.back().correlation_key = address.key;
    } else if (definition.signal != nullptr) {
      signals.emplace_back();
      fault = t.SignalName(key, *definition.signal, &signals.back().name);
      signals.back().variables = Carried(t, key, element, *definition.signal);
    }
    if (fault.has_value()) {
      return Outcome::Failed(fault->type, std::move(fault->message));
    }
  }
  for (auto& message : messages) {
    message.variables = OwnVariables(t, key, element);
    t.Request(std::move(message));
  }
  for (auto& signal : signals) t.Request(std::move(signal));
  if (messages.empty() && signals.empty()) return Outcome::Done();
  return t.WaitForDelivery(key);
}

// Links jump within their scope; an escalation goes outwards.
void Thrown(Transition& t, ElementKey scope, const fb::ElementT& element,
            const std::string&) {
  if (element.event_type == fb::EventType::multiple) {
    return ThrowEscalations(t, scope, element);
  }
  if (element.event_type == fb::EventType::link) {
    t.Enter(element.link_target, scope);
  } else if (element.event_type == fb::EventType::escalation) {
    t.ThrowEscalation(scope, *t.model().FindElement(element.id),
                      element.escalation->code);
  }
}

}  // namespace

// The scope may end by one of them, and then throws nothing more.
void ThrowEscalations(Transition& t, ElementKey scope,
                      const fb::ElementT& element) {
  const uint32_t index = *t.model().FindElement(element.id);
  for (const uint32_t one : t.model().Definitions(index)) {
    const fb::ElementT& definition = t.model().element(one);
    if (definition.event_type != fb::EventType::escalation) continue;
    if (!t.instance().elements.contains(scope)) return;
    t.ThrowEscalation(scope, index, definition.escalation->code);
  }
}

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
  if (element.message->along_flow) {
    if (!PAWL_PLANTED(flow_not_kept)) {
      publish.until_ms = t.now_ms() + kMessageFlowKeptMs;
    }
    publish.business_key = t.instance().business_key;
    publish.keeps_business_key = element.message->keeps_business_key;
  }
  t.Request(std::move(publish));
  return t.WaitForDelivery(key);
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
    case fb::EventType::multiple:
      return ThrowAll(t, key, element);
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
