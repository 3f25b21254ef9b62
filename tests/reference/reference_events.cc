// What activations wait for beside their work, and what happens when it comes;
// errors and escalations on their way outwards; conditions. The rules stand in
// reference_interpreter.h.
#include <algorithm>
#include <utility>

#include "tests/reference/reference_interpreter.h"

namespace pawl::reference {

using property::Node;
using property::NodeKind;
using property::Trigger;

// --- Waiting -----------------------------------------------------------------

// A condition counts as not yet true, so that one that holds already happens at
// the next look.
std::optional<ReferenceInterpreter::Wait> ReferenceInterpreter::WaitFor(
    size_t index, size_t host) const {
  const Node& node = graph_.nodes[index];
  Wait wait;
  wait.node = index;
  wait.due_ms = DueOf(node, now_ms_);
  wait.begun_ms = now_ms_;
  if (!node.key_text.empty()) wait.key = node.key_text;
  if (!node.key_variable.empty()) {
    const Value value = NumberOf(host, node.key_variable);
    if (!value.has_value()) return std::nullopt;
    wait.key = std::to_string(*value);
  }
  // Both ends of a message flow go by the business key, if there is one.
  if (node.by_business_key && node.key_text.empty() &&
      node.key_variable.empty() && !business_key_.empty()) {
    wait.key = business_key_;
  }
  return wait;
}

size_t ReferenceInterpreter::EventOf(size_t node) const {
  return graph_.nodes[node].kind == NodeKind::kEventDefinition
             ? graph_.nodes[node].part_of
             : node;
}

std::optional<std::vector<ReferenceInterpreter::Wait>>
ReferenceInterpreter::WaitsFor(size_t node, size_t host,
                               std::optional<size_t> but) const {
  std::vector<size_t> events = {node};
  if (IsMultiple(graph_.nodes[node].kind)) events = PartsOf(graph_, node);
  std::erase_if(events, [&](size_t event) { return event == but; });
  std::vector<Wait> waits;
  for (size_t event : events) {
    const std::optional<Wait> wait = WaitFor(event, host);
    if (!wait.has_value()) return std::nullopt;
    waits.push_back(*wait);
  }
  return waits;
}

// Start events of event sub-processes in a scope, in the order of the document.
std::vector<size_t> ReferenceInterpreter::EventStarts(size_t scope) const {
  std::vector<size_t> starts;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const size_t inside = graph_.nodes[i].scope;
    if (inside == 0 || !IsStartEvent(graph_.nodes[i].kind)) continue;
    const Node& sub = graph_.nodes[inside - 1];
    if (sub.kind == NodeKind::kEventSubProcess && sub.scope == scope) {
      starts.push_back(i);
    }
  }
  return starts;
}

std::optional<std::vector<ReferenceInterpreter::Wait>>
ReferenceInterpreter::WaitsBeside(size_t number) const {
  const size_t host = activations_.at(number).node;
  std::vector<size_t> events;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    // Those are the whole activity's, not each run's.
    if (IsBoundaryEvent(node.kind) && node.attached_to == host &&
        activations_.at(number).run == 0) {
      events.push_back(i);
    }
  }
  if (IsScope(graph_.nodes[host].kind) && !IsWhole(activations_.at(number))) {
    for (size_t start : EventStarts(host + 1)) events.push_back(start);
  }
  if (graph_.nodes[host].kind == NodeKind::kEventGateway) {
    for (size_t flow : FlowsOutOf(host)) {
      events.push_back(graph_.flows[flow].target);
    }
  }
  std::vector<Wait> waits;
  for (size_t event : events) {
    const auto some = WaitsFor(event, number);
    if (!some.has_value()) return std::nullopt;
    waits.insert(waits.end(), some->begin(), some->end());
  }
  return waits;
}

void ReferenceInterpreter::Open(size_t host, Wait wait) {
  switch (TriggerOf(graph_.nodes[wait.node])) {
    // These are thrown from inside, and looked for then.
    case Trigger::kNone:
    case Trigger::kError:
    case Trigger::kEscalation:
    case Trigger::kCompensation:
    case Trigger::kCancel:
    case Trigger::kTerminate:
      return;
    default:
      break;
  }
  wait.number = outbox_->next_wait++;
  At(host).waits.push_back(wait);
  AskForMessages(wait);
}

void ReferenceInterpreter::OpenAll(size_t host,
                                   const std::vector<Wait>& waits) {
  for (const Wait& wait : waits) Open(host, wait);
}

void ReferenceInterpreter::OpenProcess() {
  for (size_t start : EventStarts(0)) {
    if (const auto waits = WaitsFor(start, 0)) {
      OpenAll(0, *waits);
    } else {
      failed_starts_.insert(start);
    }
  }
}

void ReferenceInterpreter::AskForMessages(const Wait& wait) {
  if (TriggerOf(graph_.nodes[wait.node]) != Trigger::kMessage) return;
  Errand match;
  match.kind = Errand::Kind::kMatch;
  match.name = graph_.nodes[wait.node].event_name;
  match.key = wait.key;
  outbox_->errands.push_back(match);
}

int64_t ReferenceInterpreter::DueOf(const Node& node, int64_t now_ms) {
  if (node.cron_ms > 0) return (now_ms / node.cron_ms + 1) * node.cron_ms;
  return node.date_ms.value_or(now_ms + node.timer_ms);
}

bool ReferenceInterpreter::FiresAgain(Wait* timer) const {
  const Node& node = graph_.nodes[timer->node];
  if (node.date_ms.has_value()) return false;
  if (node.cron_ms > 0) {
    timer->due_ms = DueOf(node, now_ms_);
    return true;
  }
  while (timer->due_ms <= now_ms_) {
    ++timer->firing;
    timer->due_ms = timer->begun_ms + timer->firing * node.timer_ms;
  }
  return timer->firing <= node.cycle;
}

void ReferenceInterpreter::ForEachWait(
    const std::function<void(size_t host, const Wait& wait)>& visit) const {
  std::map<size_t, std::pair<size_t, Wait>> by_number;
  for (const Wait& wait : process_.waits) by_number[wait.number] = {0, wait};
  for (const auto& [number, activation] : activations_) {
    for (const Wait& wait : activation.waits) {
      by_number[wait.number] = {number, wait};
    }
  }
  for (const auto& [number, found] : by_number) {
    visit(found.first, found.second);
  }
}

std::string ReferenceInterpreter::WaitText(const Wait& wait) const {
  const Node& node = graph_.nodes[wait.node];
  switch (TriggerOf(node)) {
    case Trigger::kTimer:
      return "timer at " + std::to_string(wait.due_ms);
    case Trigger::kMessage:
      return "message " + node.event_name +
             (wait.key.has_value() ? " with key " + *wait.key : "");
    case Trigger::kSignal:
      return "signal " + node.event_name;
    case Trigger::kCondition:
      return std::string("condition, ") + (wait.holds ? "true" : "false");
    default:
      return "?";
  }
}

std::vector<size_t> ReferenceInterpreter::WaitsForMessage(
    const std::string& name, const std::optional<std::string>& key) const {
  std::vector<size_t> numbers;
  if (!Running()) return numbers;
  ForEachWait([&](size_t, const Wait& wait) {
    const Node& node = graph_.nodes[wait.node];
    if (TriggerOf(node) != Trigger::kMessage || node.event_name != name) {
      return;
    }
    if (key.has_value() && wait.key.has_value() && key != wait.key) return;
    numbers.push_back(wait.number);
  });
  return numbers;
}

std::vector<size_t> ReferenceInterpreter::WaitsForSignal(
    const std::string& name) const {
  std::vector<size_t> numbers;
  if (!Running()) return numbers;
  ForEachWait([&](size_t, const Wait& wait) {
    const Node& node = graph_.nodes[wait.node];
    if (TriggerOf(node) == Trigger::kSignal && node.event_name == name) {
      numbers.push_back(wait.number);
    }
  });
  return numbers;
}

std::optional<size_t> ReferenceInterpreter::HostOf(size_t index,
                                                   size_t which) const {
  const Node& node = graph_.nodes[EventOf(index)];
  if (EventOf(index) != index && IsIntermediateEvent(node.kind)) {
    return Find(node.id, which);
  }
  if (IsBoundaryEvent(node.kind)) {
    return Find(graph_.nodes[node.attached_to].id, which);
  }
  for (size_t flow : FlowsInto(index)) {
    const Node& before = graph_.nodes[graph_.flows[flow].source];
    if (before.kind == NodeKind::kEventGateway) return Find(before.id, which);
  }
  if (!IsStartEvent(node.kind) || node.scope == 0) return std::nullopt;
  const size_t around = graph_.nodes[node.scope - 1].scope;
  if (around == 0) return 0;
  return Find(graph_.nodes[around - 1].id, which);
}

// --- What comes --------------------------------------------------------------

void ReferenceInterpreter::StartBy(size_t node, const Variables& variables,
                                   int64_t now_ms) {
  now_ms_ = now_ms;
  const size_t event = EventOf(node);
  // What is there already, and what its mappings choose from.
  Variables kept;
  if (graph_.nodes[event].outputs.empty()) {
    Write(variables);
  } else {
    kept = variables;
  }
  OpenProcess();
  if (IsParallelMultiple(graph_.nodes[event].kind)) {
    Activation& first = activations_[next_activation_];
    first.begun_by = node;
    first.parts[event].push_back(kept);
    Admit(event, 0);
  } else if (IsStartEvent(graph_.nodes[event].kind) ||
             graph_.nodes[event].instantiates) {
    AdmitCome(event, 0, kept);
  } else {
    BeginBehind(graph_.flows[FlowsInto(event).front()].source, event, kept);
  }
  Move();
}

void ReferenceInterpreter::AdmitCome(size_t node, size_t scope,
                                     const Variables& variables) {
  ++activated_in_act_;
  const size_t number = next_activation_++;
  Activation& activation = activations_[number];
  activation.node = node;
  activation.scope = scope;
  activation.has_come = true;
  moved_.insert(scope);
  WriteAt(number, variables);
  Enter(number);
}

// One of the events behind a gateway that starts the process has come.
void ReferenceInterpreter::BeginBehind(size_t gateway, size_t event,
                                       const Variables& variables) {
  ++activated_in_act_;
  const size_t number = next_activation_++;
  Activation& activation = activations_[number];
  activation.node = gateway;
  if (graph_.nodes[gateway].parallel) {
    for (size_t flow : FlowsOutOf(gateway)) {
      const size_t other = graph_.flows[flow].target;
      if (other != event) activation.failed_waits.insert(other);
    }
  }
  HappenBehind(number, event, variables);
  if (!activations_.contains(number)) return;
  const std::set<size_t> others =
      std::exchange(activations_.at(number).failed_waits, {});
  for (size_t flow : FlowsOutOf(gateway)) {
    const size_t other = graph_.flows[flow].target;
    if (!others.contains(other)) continue;
    if (const auto waits = WaitsFor(other, number)) {
      OpenAll(number, *waits);
    } else {
      activations_.at(number).failed_waits.insert(other);
    }
  }
}

bool ReferenceInterpreter::ResolveWait(const std::string& node, size_t which,
                                       int64_t now_ms) {
  if (!Running()) return false;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].id != node) continue;
    const std::optional<size_t> gateway = HostOf(i, which);
    if (!gateway.has_value() || !At(*gateway).failed_waits.contains(i)) {
      return false;
    }
    now_ms_ = now_ms;
    if (const auto waits = WaitsFor(i, *gateway)) {
      At(*gateway).failed_waits.erase(i);
      OpenAll(*gateway, *waits);
    }
    Move();
    return true;
  }
  return false;
}

bool ReferenceInterpreter::Deliver(size_t number, const Variables& variables,
                                   int64_t now_ms) {
  if (!Running()) return false;
  std::optional<size_t> host;
  Wait wait;
  ForEachWait([&](size_t at, const Wait& one) {
    if (one.number != number) return;
    host = at;
    wait = one;
  });
  if (!host.has_value()) return false;
  now_ms_ = now_ms;
  if (!Stays(*host, wait.node)) {
    std::erase_if(At(*host).waits,
                  [&](const Wait& one) { return one.number == number; });
  }
  Happen(*host, wait.node, variables);
  Move();
  // It may take the next at once.
  bool waits_on = false;
  ForEachWait([&](size_t, const Wait& one) {
    waits_on = waits_on || one.number == number;
  });
  if (waits_on) AskForMessages(wait);
  return true;
}

bool ReferenceInterpreter::ResolveStart(const std::string& node,
                                        int64_t now_ms) {
  if (!Running()) return false;
  for (size_t start : failed_starts_) {
    if (graph_.nodes[start].id != node) continue;
    now_ms_ = now_ms;
    if (const auto waits = WaitsFor(start, 0)) {
      failed_starts_.erase(start);
      OpenAll(0, *waits);
    }
    Move();
    return true;
  }
  return false;
}

bool ReferenceInterpreter::Stays(size_t host, size_t node) const {
  if (const size_t event = EventOf(node); event != node) {
    return !IsParallelMultiple(graph_.nodes[event].kind) && Stays(host, event);
  }
  if (host != 0 && activations_.at(host).node == node) return false;
  const NodeKind kind = graph_.nodes[node].kind;
  return (IsBoundaryEvent(kind) || IsStartEvent(kind)) &&
         !graph_.nodes[node].interrupting;
}

void ReferenceInterpreter::Happen(size_t host, size_t node,
                                  const Variables& variables) {
  if (EventOf(node) != node) {
    HappenInPart(host, node, variables);
    return;
  }
  if (host != 0 && activations_.at(host).node == node) {
    activations_.at(host).work = Work::kNone;
    WriteAt(host, variables);
    Leave(host);
    return;
  }
  if (IsStartEvent(graph_.nodes[node].kind)) {
    HappenInside(host, node, variables);
    return;
  }
  if (!IsBoundaryEvent(graph_.nodes[node].kind)) {
    HappenBehind(host, node, variables);
    return;
  }
  const size_t scope = activations_.at(host).scope;
  if (graph_.nodes[node].interrupting) EndActivation(host);
  AdmitCome(node, scope, variables);
}

void ReferenceInterpreter::HappenInPart(size_t host, size_t part,
                                        const Variables& variables) {
  const size_t event = EventOf(part);
  if (!IsParallelMultiple(graph_.nodes[event].kind)) {
    Happen(host, event, variables);
    return;
  }
  std::vector<Variables>& came = At(host).parts[event];
  came.push_back(variables);
  if (came.size() < PartsOf(graph_, event).size()) return;
  Variables all;
  for (const Variables& some : came) {
    for (const auto& [name, value] : some) all[name] = value;
  }
  At(host).parts.erase(event);
  const bool stays = Stays(host, event);
  Happen(host, event, all);
  if (!stays || (host != 0 && !activations_.contains(host))) return;
  if (const auto waits = WaitsFor(event, host)) {
    OpenAll(host, *waits);
  } else {
    // A key that was there may be null by now.
    (host == 0 ? failed_starts_ : At(host).failed_waits).insert(event);
  }
}

void ReferenceInterpreter::HappenInside(size_t scope, size_t node,
                                        const Variables& variables) {
  if (graph_.nodes[node].interrupting) {
    Activation& host = At(scope);
    host.interrupted = true;
    host.fulfilled = true;
    host.to_begin.clear();
    if (host.failed == Failed::kAdHoc) {
      host.failed = Failed::kNothing;
      host.incident.clear();
    }
    std::erase_if(host.waits, [&](const Wait& wait) {
      return IsStartEvent(graph_.nodes[EventOf(wait.node)].kind);
    });
    std::erase_if(host.parts, [&](const auto& parts) {
      return IsStartEvent(graph_.nodes[parts.first].kind);
    });
    std::erase_if(host.failed_waits, [&](size_t event) {
      return IsStartEvent(graph_.nodes[event].kind);
    });
    if (scope == 0) failed_starts_.clear();
    EndInside(scope);
  }
  if (graph_.nodes[node].outputs.empty()) {
    WriteAt(scope, variables);
  } else {
    activations_[next_activation_].locals = variables;
  }
  Admit(graph_.nodes[node].scope - 1, scope);
}

void ReferenceInterpreter::HappenBehind(size_t gateway, size_t node,
                                        const Variables& variables) {
  const Activation& waiting = activations_.at(gateway);
  const size_t scope = waiting.scope;
  // One that needs all of them waits for the last.
  if (!graph_.nodes[waiting.node].parallel ||
      (waiting.waits.empty() && waiting.failed_waits.empty())) {
    completed_.insert(graph_.nodes[waiting.node].id);
    activations_.erase(gateway);
  }
  AdmitCome(node, scope, variables);
}

// --- What is thrown ----------------------------------------------------------

void ReferenceInterpreter::Publish(size_t number, const Node& node) {
  Errand errand;
  // With inputs, what is its own: in a loop also the number of its run (ADR
  // 0028). Those of an event are for all of its definitions.
  const Node& thrower = graph_.nodes[activations_.at(number).node];
  if (!thrower.inputs.empty() || !thrower.data_inputs.empty()) {
    errand.variables = activations_.at(number).locals;
  }
  errand.kind = TriggerOf(node) == Trigger::kSignal ? Errand::Kind::kBroadcast
                                                    : Errand::Kind::kPublish;
  errand.name = node.event_name;
  if (!node.key_text.empty()) errand.key = node.key_text;
  if (!node.key_variable.empty()) {
    errand.key = std::to_string(*NumberOf(number, node.key_variable));
  }
  if (node.sends_on_flow) {
    // For pools that aren't ready yet (kMessageFlowKeptMs).
    constexpr int64_t kDayMs = int64_t{24} * 60 * 60 * 1000;
    errand.until_ms = now_ms_ + kDayMs;
    errand.along_flow = true;
    errand.business_key = business_key_;
    if (node.by_business_key && !business_key_.empty()) {
      errand.key = business_key_;
    }
  }
  outbox_->errands.push_back(errand);
}

void ReferenceInterpreter::WaitForDelivery(size_t number) {
  Errand thrown;
  thrown.kind = Errand::Kind::kThrown;
  thrown.instance = number_;
  thrown.wait = number;
  thrown.throws = throws_ + 1;
  outbox_->errands.push_back(thrown);
}

// Unless what it threw has ended it.
void ReferenceInterpreter::Thrown(size_t number, size_t throws,
                                  int64_t now_ms) {
  if (!Running() || !activations_.contains(number)) return;
  now_ms_ = now_ms;
  throws_ = throws;
  activated_in_act_ = throws;
  Leave(number);
  Move();
  throws_ = 0;
}

std::optional<ReferenceInterpreter::Catcher> ReferenceInterpreter::FindCatcher(
    size_t thrower, Trigger trigger, const std::string& code) const {
  const auto among = [&](const std::vector<size_t>& events) {
    std::optional<size_t> exact;
    std::optional<size_t> any;
    std::vector<size_t> all;
    for (size_t event : events) {
      all.push_back(event);
      for (size_t part : PartsOf(graph_, event)) all.push_back(part);
    }
    for (size_t event : all) {
      const Node& node = graph_.nodes[event];
      if (TriggerOf(node) != trigger) continue;
      const std::string& caught =
          trigger == Trigger::kError ? node.error_code : node.escalation_code;
      if (caught == code && !exact.has_value()) exact = event;
      if (caught.empty() && !any.has_value()) any = event;
    }
    return exact.has_value() ? exact : any;
  };
  // The scope that it comes out of.
  std::optional<size_t> from;
  for (size_t at = thrower;; at = activations_.at(at).scope) {
    const bool interrupted =
        at == 0 ? process_.interrupted : activations_.at(at).interrupted;
    // Nothing of what has completed catches any more.
    if (at != 0 && activations_.at(at).reopened) return std::nullopt;
    // What listens to a scope isn't inside of it.
    const bool listens = at != 0 && activations_.at(at).listening;
    if (!interrupted && !listens &&
        (at == 0 || !IsWhole(activations_.at(at)))) {
      std::vector<size_t> starts = EventStarts(ScopeOf(at));
      std::erase_if(starts, [&](size_t start) {
        return from == graph_.nodes[start].scope - 1;
      });
      if (const auto caught = among(starts)) return Catcher{at, *caught};
    }
    if (at == 0) return std::nullopt;
    std::vector<size_t> boundaries;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (IsBoundaryEvent(graph_.nodes[i].kind) &&
          graph_.nodes[i].attached_to == activations_.at(at).node &&
          activations_.at(at).run == 0) {
        boundaries.push_back(i);
      }
    }
    if (const auto caught = among(boundaries)) return Catcher{at, *caught};
    if (activations_.at(at).compensates != 0) return std::nullopt;
    from = activations_.at(at).node;
  }
}

void ReferenceInterpreter::Escalate(size_t scope, const std::string& code) {
  const auto catcher = FindCatcher(scope, Trigger::kEscalation, code);
  if (catcher.has_value()) {
    Happen(catcher->host, catcher->node, {});
  } else if (const Above above =
                 CatcherAbove(scope, Trigger::kEscalation, code);
             above.caught) {
    ThrowToCaller(Trigger::kEscalation, code, {}, above.interrupting);
  }
}

// --- Conditions --------------------------------------------------------------

bool ReferenceInterpreter::FireCondition() {
  std::vector<std::pair<size_t, Wait>> conditions;
  ForEachWait([&](size_t host, const Wait& wait) {
    if (TriggerOf(graph_.nodes[wait.node]) == Trigger::kCondition) {
      conditions.emplace_back(host, wait);
    }
  });
  for (const auto& [host, wait] : conditions) {
    const Node& node = graph_.nodes[wait.node];
    const bool holds = Holds(*node.condition, host, {}).value_or(false);
    if (holds == wait.holds) continue;
    std::vector<Wait>& waits = At(host).waits;
    const auto here = std::find_if(
        waits.begin(), waits.end(),
        [&](const Wait& one) { return one.number == wait.number; });
    here->holds = holds;
    if (!holds) continue;
    if (!Stays(host, wait.node)) waits.erase(here);
    if (activated_in_act_ >= activations_max_) {
      At(host).waits.clear();
      Fail(host, Failed::kLeaving, "limit");
    } else {
      Happen(host, wait.node, {});
    }
    return true;
  }
  return false;
}

}  // namespace pawl::reference
