#include "tests/reference/reference_world.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pawl::reference {

using property::Node;
using property::NodeKind;
using property::Trigger;

namespace {

constexpr int64_t kIdKeptMs = int64_t{24} * 60 * 60 * 1000;

Errand ErrandOf(const Message& message) {
  Errand errand;
  errand.name = message.name;
  errand.key = message.key;
  errand.variables = message.variables;
  errand.until_ms = message.until_ms;
  errand.along_flow = message.along_flow;
  errand.business_key = message.business_key;
  return errand;
}

}  // namespace

size_t ReferenceWorld::Add(const property::ProcessGraph* graph,
                           uint32_t version) {
  instances_.push_back(std::make_unique<ReferenceInterpreter>(
      graph, /*activations_max=*/10'000, &outbox_));
  graphs_.push_back(graph);
  instances_.back()->SetNumber(instances_.size() - 1);
  versions_.push_back(version);
  return instances_.size() - 1;
}

void ReferenceWorld::Deploy(int64_t now_ms, size_t process) {
  Process& deployed = processes_[process];
  ++deployed.version;
  deployed.timers.clear();
  for (const StartNode& start : StartEvents(Trigger::kTimer, "")) {
    if (start.process != process) continue;
    deployed.timers.push_back(
        {start.node, ReferenceInterpreter::DueOf(NodeOf(start), now_ms), now_ms,
         1});
  }
  // Those of its messages that nobody has waited for start it.
  for (const Node& node : deployed.graph->nodes) {
    if (TriggerOf(node) != Trigger::kMessage ||
        !StartsProcess(*deployed.graph, &node - deployed.graph->nodes.data())) {
      continue;
    }
    Errand match;
    match.kind = Errand::Kind::kMatch;
    match.name = node.event_name;
    match.holds = true;
    outbox_.errands.push_back(match);
  }
}

std::optional<size_t> ReferenceWorld::Start(const Variables& variables,
                                            int64_t now_ms,
                                            const std::string& business_key,
                                            size_t process) {
  const property::ProcessGraph& graph = *processes_[process].graph;
  std::optional<size_t> by;
  if (!ReferenceInterpreter::StartsByHand(graph)) {
    std::vector<size_t> starts;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const bool is_multiple = IsMultiple(graph.nodes[i].kind);
      if (StartsProcess(graph, i) && !is_multiple) starts.push_back(i);
    }
    if (starts.size() != 1 ||
        graph.nodes[starts[0]].kind != NodeKind::kTimerStartEvent) {
      return std::nullopt;
    }
    by = starts[0];
  }
  const size_t instance = Add(&graph, processes_[process].version);
  at(instance).SetBusinessKey(business_key);
  if (by.has_value()) {
    at(instance).StartBy(*by, variables, now_ms);
  } else {
    at(instance).Start(variables, now_ms);
  }
  return instance;
}

// Who has waited longest comes first.
std::vector<ReferenceWorld::Receiver> ReferenceWorld::Receivers(
    const Errand& message) const {
  std::vector<Receiver> receivers;
  for (size_t i = 0; i < instances_.size(); ++i) {
    for (size_t wait :
         instances_[i]->WaitsForMessage(message.name, message.key)) {
      receivers.push_back({wait, i});
    }
  }
  std::sort(
      receivers.begin(), receivers.end(),
      [](const Receiver& a, const Receiver& b) { return a.wait < b.wait; });
  return receivers;
}

bool ReferenceWorld::StartsProcess(const property::ProcessGraph& graph,
                                   size_t index) {
  const Node& node = graph.nodes[index];
  if (node.scope != 0) return false;
  if (node.kind == NodeKind::kEventDefinition) {
    return IsStartEvent(graph.nodes[node.part_of].kind);
  }
  if (IsStartEvent(node.kind)) return node.kind != NodeKind::kStartEvent;
  if (node.kind == NodeKind::kReceiveTask && node.instantiates) return true;
  return std::any_of(graph.flows.begin(), graph.flows.end(),
                     [&](const auto& flow) {
                       const Node& source = graph.nodes[flow.source];
                       return flow.target == index && source.instantiates &&
                              source.kind == NodeKind::kEventGateway;
                     });
}

std::vector<ReferenceWorld::StartNode> ReferenceWorld::StartEvents(
    Trigger trigger, const std::string& name) const {
  std::vector<StartNode> starts;
  for (size_t process = 0; process < processes_.size(); ++process) {
    const property::ProcessGraph& graph = *processes_[process].graph;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      if (TriggerOf(node) == trigger && node.event_name == name &&
          StartsProcess(graph, i)) {
        starts.push_back({process, i});
      }
    }
  }
  return starts;
}

bool ReferenceWorld::IsHeld(const Errand& message) const {
  if (!message.key.has_value()) return false;
  return std::any_of(held_.begin(), held_.end(), [&](const auto& entry) {
    return entry.second == std::make_pair(message.name, *message.key) &&
           instances_[entry.first]->end() == End::kNotEnded;
  });
}

bool ReferenceWorld::StartByMessage(const Errand& message) {
  bool started = false;
  for (const StartNode& start : StartEvents(Trigger::kMessage, message.name)) {
    const bool holds = NodeOf(start).one_per_key && message.key.has_value();
    if (holds && IsHeld(message)) continue;
    StartBy(start, message.variables, message.business_key,
            holds ? &message : nullptr);
    along_flows_ += message.along_flow ? 1 : 0;
    started = true;
  }
  return started;
}

void ReferenceWorld::Deliver(const Errand& what, const Receiver& to,
                             bool to_all) {
  Errand errand = what;
  errand.kind = Errand::Kind::kDeliver;
  errand.instance = to.instance;
  errand.wait = to.wait;
  errand.to_all = to_all;
  outbox_.errands.push_back(std::move(errand));
}

void ReferenceWorld::StartBy(const StartNode& start, const Variables& variables,
                             const std::string& business_key,
                             const Errand* holding) {
  Errand errand;
  errand.process = start.process;
  errand.business_key = business_key;
  if (holding != nullptr) {
    errand.holds = true;
    errand.name = holding->name;
    errand.key = holding->key;
  }
  errand.kind = Errand::Kind::kStart;
  errand.node = start.node;
  errand.variables = variables;
  outbox_.errands.push_back(std::move(errand));
}

bool ReferenceWorld::Publish(const Message& message, int64_t now_ms) {
  if (!message.id.empty() && ids_.contains({message.name, message.id})) {
    return true;
  }
  const Errand errand = ErrandOf(message);
  std::vector<Receiver> receivers = Receivers(errand);
  if (!message.to_all && receivers.size() > 1) receivers.resize(1);
  for (const Receiver& receiver : receivers) {
    Deliver(errand, receiver, message.to_all);
  }
  bool found = !receivers.empty();
  if ((!found || message.to_all) && StartByMessage(errand)) found = true;
  if (!found) {
    if (message.until_ms <= now_ms) return false;
    kept_.push_back(errand);
  }
  if (!message.id.empty()) {
    ids_[{message.name, message.id}] =
        std::max(message.until_ms, now_ms + kIdKeptMs);
  }
  return true;
}

bool ReferenceWorld::Broadcast(const std::string& name,
                               const Variables& variables) {
  std::vector<Receiver> receivers;
  for (size_t i = 0; i < instances_.size(); ++i) {
    for (size_t wait : instances_[i]->WaitsForSignal(name)) {
      receivers.push_back({wait, i});
    }
  }
  std::sort(
      receivers.begin(), receivers.end(),
      [](const Receiver& a, const Receiver& b) { return a.wait < b.wait; });
  Errand errand;
  errand.name = name;
  errand.variables = variables;
  for (const Receiver& receiver : receivers) {
    Deliver(errand, receiver, /*to_all=*/true);
  }
  for (const StartNode& start : StartEvents(Trigger::kSignal, name)) {
    StartBy(start, variables, "", nullptr);
  }
  return true;
}

void ReferenceWorld::Evaluate(const Variables& variables) {
  for (const StartNode& start : StartEvents(Trigger::kCondition, "")) {
    const property::Condition& condition = *NodeOf(start).condition;
    const auto value = variables.find(condition.variable);
    const auto holds = ReferenceInterpreter::Answer(
        condition, value == variables.end()
                       ? std::nullopt
                       : std::optional<Value>(value->second));
    if (holds.value_or(false)) StartBy(start, variables, "", nullptr);
  }
}

bool ReferenceWorld::FireTimer(const std::string& node, int64_t now_ms) {
  // Pools but the first have none.
  std::vector<StartTimer>& timers = processes_[0].timers;
  const auto timer =
      std::find_if(timers.begin(), timers.end(), [&](const StartTimer& one) {
        return NodeOf({0, one.node}).id == node;
      });
  if (timer == timers.end() || timer->due_ms > now_ms) return false;
  const Node& event = NodeOf({0, timer->node});
  StartBy({0, timer->node}, {}, "", nullptr);
  if (event.cron_ms > 0) {
    timer->due_ms = ReferenceInterpreter::DueOf(event, now_ms);
    return true;
  }
  if (event.date_ms.has_value()) {
    timers.erase(timer);
    return true;
  }
  while (timer->due_ms <= now_ms) {
    ++timer->firing;
    timer->due_ms = timer->begun_ms + timer->firing * event.timer_ms;
  }
  if (timer->firing > event.cycle) timers.erase(timer);
  return true;
}

void ReferenceWorld::Match(const Errand& asked) {
  // One that waits for a process that was deployed late.
  const bool late = asked.holds && !asked.key.has_value();
  for (size_t i = 0; i < kept_.size(); ++i) {
    const Errand message = kept_[i];
    if (message.name != asked.name ||
        (message.key.has_value() && asked.key.has_value() &&
         message.key != asked.key)) {
      continue;
    }
    const std::vector<Receiver> receivers = Receivers(message);
    if (!receivers.empty()) {
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
      Deliver(message, receivers.front(), /*to_all=*/false);
    } else if (asked.holds && StartByMessage(message)) {
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
      if (message.key.has_value() && !late) return;
    } else if (late) {
      // Its key is held.
      continue;
    } else {
      return;
    }
    // One of the key itself may still start an instance.
    if (asked.holds) outbox_.errands.push_back(asked);
    return;
  }
}

void ReferenceWorld::Run(const Errand& errand, int64_t now_ms) {
  switch (errand.kind) {
    case Errand::Kind::kPublish: {
      Message message;
      message.name = errand.name;
      message.key = errand.key;
      message.variables = errand.variables;
      message.until_ms = errand.until_ms;
      message.along_flow = errand.along_flow;
      message.business_key = errand.business_key;
      Publish(message, now_ms);
      return;
    }
    case Errand::Kind::kBroadcast:
      Broadcast(errand.name, errand.variables);
      return;
    case Errand::Kind::kMatch:
      Match(errand);
      return;
    case Errand::Kind::kDeliver:
      if (at(errand.instance).Deliver(errand.wait, errand.variables, now_ms)) {
        ++delivered_;
        along_flows_ += errand.along_flow ? 1 : 0;
      } else if (!errand.to_all) {
        Errand again = errand;
        again.kind = Errand::Kind::kPublish;
        outbox_.errands.push_back(std::move(again));
      }
      return;
    case Errand::Kind::kCall:
      Call(errand, now_ms);
      return;
    case Errand::Kind::kCancelCalled:
    case Errand::Kind::kSuspendCalled:
    case Errand::Kind::kResumeCalled:
    case Errand::Kind::kReturn:
    case Errand::Kind::kThrow:
    case Errand::Kind::kFailed:
      RunAboutCall(errand, now_ms);
      return;
    case Errand::Kind::kThrown:
      at(errand.instance).Thrown(errand.wait, errand.throws, now_ms);
      return;
    case Errand::Kind::kGoOn:
      at(errand.instance).GoOn(errand.wait, now_ms);
      return;
    case Errand::Kind::kStart: {
      ++started_by_events_;
      const Process& process = processes_[errand.process];
      const size_t instance = Add(process.graph, process.version);
      at(instance).SetBusinessKey(errand.business_key);
      if (errand.holds) {
        held_[instance] = {errand.name, *errand.key};
        at(instance).Hold(errand.name, *errand.key);
      }
      at(instance).StartBy(errand.node, errand.variables, now_ms);
      return;
    }
  }
}

// Unless the call is over before it begins.
void ReferenceWorld::Call(const Errand& call, int64_t now_ms) {
  if (!at(call.instance).WaitsForCall(call.wait)) return;
  for (const property::ProcessGraph* graph : called_graphs_) {
    if (graph->id != call.name) continue;
    const size_t instance = Add(graph, /*version=*/1);
    called_[{call.instance, call.wait}] = instance;
    at(instance).SetCaller(&at(call.instance), call.wait);
    at(instance).Start(call.variables, now_ms);
    return;
  }
}

// What comes too late is about a call that is over.
void ReferenceWorld::RunAboutCall(const Errand& errand, int64_t now_ms) {
  const auto called = called_.find({errand.instance, errand.wait});
  if (called == called_.end()) return;
  ReferenceInterpreter& instance = at(called->second);
  const bool from_it = errand.from == called->second;
  switch (errand.kind) {
    case Errand::Kind::kCancelCalled:
      instance.Cancel(/*with_caller=*/true);
      break;
    case Errand::Kind::kSuspendCalled:
      instance.Suspend(/*with_caller=*/true);
      break;
    case Errand::Kind::kResumeCalled:
      instance.Resume(now_ms, /*with_caller=*/true);
      break;
    case Errand::Kind::kReturn:
      if (from_it) {
        at(errand.instance).Returned(errand.wait, errand.variables, now_ms);
      }
      break;
    case Errand::Kind::kThrow:
      if (from_it) {
        at(errand.instance).ThrownFromCall(errand.wait, errand, now_ms);
      }
      break;
    case Errand::Kind::kFailed:
      if (from_it) {
        at(errand.instance).CalledFailed(errand.wait, errand.incident, now_ms);
      }
      break;
    default:
      break;
  }
}

void ReferenceWorld::Settle(int64_t now_ms) {
  std::deque<Errand> pending = std::exchange(outbox_.errands, {});
  while (!pending.empty()) {
    const Errand errand = std::move(pending.front());
    pending.pop_front();
    Run(errand, now_ms);
    // What it caused comes before what waited.
    std::deque<Errand> caused = std::exchange(outbox_.errands, {});
    pending.insert(pending.begin(), std::make_move_iterator(caused.begin()),
                   std::make_move_iterator(caused.end()));
  }
}

void ReferenceWorld::Expire(int64_t now_ms) {
  std::erase_if(
      kept_, [&](const Errand& message) { return message.until_ms <= now_ms; });
  std::erase_if(ids_, [&](const auto& id) { return id.second <= now_ms; });
}

std::multiset<std::string> ReferenceWorld::Timers() const {
  std::multiset<std::string> out;
  for (const StartTimer& timer : processes_[0].timers) {
    out.insert(NodeOf({0, timer.node}).id + " at " +
               std::to_string(timer.due_ms));
  }
  return out;
}

std::vector<std::string> ReferenceWorld::Kept() const {
  std::vector<std::string> out;
  for (const Errand& message : kept_) {
    std::string text = message.name;
    if (message.key.has_value()) text += " with key " + *message.key;
    text += " until " + std::to_string(message.until_ms);
    for (const auto& [name, value] : message.variables) {
      text += " " + name + "=" + ValueText(value);
    }
    out.push_back(text);
  }
  return out;
}

}  // namespace pawl::reference
