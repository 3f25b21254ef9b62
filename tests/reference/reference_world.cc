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

size_t ReferenceWorld::Start(const Variables& variables, int64_t now_ms) {
  const size_t instance = Add(&graph_, version_);
  at(instance).Start(variables, now_ms);
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

std::optional<size_t> ReferenceWorld::StartEvent(
    Trigger trigger, const std::string& name) const {
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    const size_t event =
        node.kind == NodeKind::kEventDefinition ? node.part_of : i;
    if (IsStartEvent(graph_.nodes[event].kind) && node.scope == 0 &&
        TriggerOf(node) == trigger && node.event_name == name) {
      return event;
    }
  }
  return std::nullopt;
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

void ReferenceWorld::StartBy(size_t node, const Variables& variables) {
  Errand errand;
  errand.kind = Errand::Kind::kStart;
  errand.node = node;
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
  if (!found || message.to_all) {
    if (const auto start = StartEvent(Trigger::kMessage, message.name)) {
      StartBy(*start, message.variables);
      found = true;
    }
  }
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
  if (const auto start = StartEvent(Trigger::kSignal, name)) {
    StartBy(*start, variables);
  }
  return true;
}

void ReferenceWorld::Match(const Errand& asked) {
  const auto kept =
      std::find_if(kept_.begin(), kept_.end(), [&](const Errand& message) {
        return message.name == asked.name &&
               (!message.key.has_value() || !asked.key.has_value() ||
                message.key == asked.key);
      });
  if (kept == kept_.end()) return;
  const Errand message = *kept;
  const std::vector<Receiver> receivers = Receivers(message);
  if (receivers.empty()) return;
  kept_.erase(kept);
  Deliver(message, receivers.front(), /*to_all=*/false);
}

void ReferenceWorld::Run(const Errand& errand, int64_t now_ms) {
  switch (errand.kind) {
    case Errand::Kind::kPublish: {
      Message message;
      message.name = errand.name;
      message.key = errand.key;
      message.variables = errand.variables;
      message.until_ms = errand.until_ms;
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
      RunAboutCall(errand, now_ms);
      return;
    case Errand::Kind::kGoOn:
      at(errand.instance).GoOn(errand.wait, now_ms);
      return;
    case Errand::Kind::kStart: {
      ++started_by_events_;
      const size_t instance = Add(&graph_, version_);
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

std::vector<std::string> ReferenceWorld::Kept() const {
  std::vector<std::string> out;
  for (const Errand& message : kept_) {
    std::string text = message.name;
    if (message.key.has_value()) text += " with key " + *message.key;
    text += " until " + std::to_string(message.until_ms);
    for (const auto& [name, value] : message.variables) {
      text += " " + name + "=" + std::to_string(value);
    }
    out.push_back(text);
  }
  return out;
}

}  // namespace pawl::reference
