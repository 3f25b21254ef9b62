// GenerateProcess and what both of its halves draw.
#include "tests/property/process_generator.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "tests/property/graph_draws.h"

namespace pawl::property {

namespace {

// Throwing a name that starts instances would start them for ever.
bool Throws(NodeKind kind) {
  return kind == NodeKind::kMessageThrowEvent ||
         kind == NodeKind::kSignalThrowEvent ||
         kind == NodeKind::kEscalationThrowEvent || IsEndEvent(kind) ||
         kind == NodeKind::kMessageSendTask ||
         kind == NodeKind::kMultipleThrowEvent;
}

}  // namespace

size_t GraphDraws::AddNode(NodeKind kind) {
  Node node;
  node.id = graph_.id_prefix + NodeKindName(kind) + "_" +
            std::to_string(graph_.nodes.size());
  node.kind = kind;
  node.scope = scope_;
  switch (kind) {
    case NodeKind::kTimerBoundaryEvent:
    case NodeKind::kTimerCatchEvent: {
      constexpr int64_t kTimes[] = {1000, 1500, 60'000};
      node.timer_ms = kTimes[random_.Below(3)];
      if (kind == NodeKind::kTimerBoundaryEvent) node.cycle = DrawCycle();
      break;
    }
    case NodeKind::kErrorEndEvent:
      node.error_code = random_.OneIn(3) ? "E2" : "E1";
      break;
    case NodeKind::kErrorBoundaryEvent: {
      constexpr const char* kCodes[] = {"", "E1", "E2"};
      node.error_code = kCodes[random_.Below(3)];
      break;
    }
    case NodeKind::kSendTask:
    case NodeKind::kBusinessRuleTask:
    case NodeKind::kServiceTask: {
      constexpr int64_t kBackoffs[] = {0, 0, 500, 2000};
      node.retries = static_cast<int>(1 + random_.Below(3));
      node.backoff_ms = kBackoffs[random_.Below(4)];
      break;
    }
    case NodeKind::kScriptTask:
      node.script_result = DrawVariable();
      node.script_operand = DrawVariable();
      node.script_addend = static_cast<int64_t>(random_.Below(4)) - 1;
      break;
    case NodeKind::kStartEvent:
    case NodeKind::kEndEvent:
    case NodeKind::kTerminateEndEvent:
    case NodeKind::kUserTask:
    case NodeKind::kManualTask:
    case NodeKind::kUndefinedTask:
    case NodeKind::kExclusiveGateway:
    case NodeKind::kParallelGateway:
    case NodeKind::kInclusiveGateway:
    case NodeKind::kComplexGateway:
    case NodeKind::kThrowEvent:
    case NodeKind::kLinkThrowEvent:
    case NodeKind::kLinkCatchEvent:
    case NodeKind::kSubProcess:
    case NodeKind::kTransaction:
    case NodeKind::kAdHocSubProcess:
    case NodeKind::kCallActivity:
    case NodeKind::kEventSubProcess:
    case NodeKind::kEventGateway:
      break;
    default:
      FillTrigger(&node, Throws(kind));
      break;
  }
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.size() - 1;
}

// Of all that is about an event, but timers and errors.
void GraphDraws::FillTrigger(Node* node, bool throws) {
  constexpr const char* kCodes[] = {"X1", "X2", ""};
  constexpr const char* kKeys[] = {"0", "1", "2"};
  switch (TriggerOf(*node)) {
    case Trigger::kTimer:
      node->timer_ms = random_.OneIn(2) ? 1000 : 60'000;
      node->cycle = DrawCycle();
      break;
    case Trigger::kError:
      node->error_code = random_.OneIn(2) ? "E1" : "";
      break;
    case Trigger::kMessage:
      node->event_name = kMessageNames[random_.Below(
          throws ? kThrownNames : std::size(kMessageNames))];
      // A key that can't be evaluated is an incident of who waits; a throw
      // never rests.
      switch (random_.Below(4)) {
        case 0:
          node->key_text = kKeys[random_.Below(3)];
          break;
        case 1:
          if (!throws) node->key_variable = DrawVariable();
          break;
        default:
          break;
      }
      break;
    case Trigger::kSignal:
      node->event_name = kSignalNames[random_.Below(
          throws ? kThrownNames : std::size(kSignalNames))];
      break;
    case Trigger::kCondition:
      node->condition = DrawCondition();
      node->condition->feel = random_.OneIn(2);
      break;
    case Trigger::kEscalation:
      // What is thrown has a code.
      node->escalation_code = kCodes[random_.Below(throws ? 2 : 3)];
      break;
    case Trigger::kCompensation:
    case Trigger::kCancel:
    case Trigger::kTerminate:
    case Trigger::kNone:
      break;
  }
}

void GraphDraws::AddDefinitions(size_t event, bool may_catch) {
  if (!PartsOf(graph_, event).empty()) return;
  const size_t count = 2 + random_.Below(2);
  for (size_t i = 0; i < count; ++i) {
    const Node& whole = graph_.nodes[event];
    Node part;
    part.kind = NodeKind::kEventDefinition;
    part.id = whole.id + "#" + std::to_string(i + 1);
    part.scope = whole.scope;
    part.part_of = event;
    part.interrupting = whole.interrupting;
    part.trigger = DrawDefinition(whole, i == 0, may_catch);
    FillTrigger(&part, Throws(whole.kind));
    const bool is_last = part.trigger == Trigger::kTerminate ||
                         part.trigger == Trigger::kError ||
                         part.trigger == Trigger::kEscalation;
    graph_.nodes.push_back(std::move(part));
    // One of those is enough, and with what ends the scope nothing else goes.
    if (is_last && i > 0) return;
  }
}

Trigger GraphDraws::DrawDefinition(const Node& event, bool first,
                                   bool may_catch) {
  const Trigger sent = random_.OneIn(2) ? Trigger::kMessage : Trigger::kSignal;
  // Conditions alone would come again at once where they don't interrupt.
  if (first || random_.OneIn(2)) return sent;
  if (event.kind == NodeKind::kMultipleEndEvent && random_.OneIn(2)) {
    return Trigger::kTerminate;
  }
  if (Throws(event.kind)) return Trigger::kEscalation;
  if (may_catch && event.kind == NodeKind::kMultipleBoundaryEvent &&
      random_.OneIn(2)) {
    return event.interrupting && random_.OneIn(2) ? Trigger::kError
                                                  : Trigger::kEscalation;
  }
  return random_.OneIn(2) ? Trigger::kTimer : Trigger::kCondition;
}

size_t GraphDraws::AddProcessStart(NodeKind kind) {
  const size_t start = AddNode(kind);
  SettleStart(&graph_.nodes[start]);
  return start;
}

// All of one name, which nothing throws. Before there is an instance, no key
// has a value.
void GraphDraws::SettleStart(Node* node) {
  const bool is_message = TriggerOf(*node) == Trigger::kMessage;
  if (!is_message && TriggerOf(*node) != Trigger::kSignal) return;
  node->event_name = (is_message ? kMessageNames : kSignalNames)[kThrownNames];
  node->key_text.clear();
  node->key_variable.clear();
  node->one_per_key = is_message && random_.OneIn(2);
}

void GraphDraws::DrawStartKey(Node* node) {
  if (TriggerOf(*node) != Trigger::kMessage || random_.OneIn(3)) return;
  if (random_.OneIn(4)) {
    node->key_text = "1";
  } else {
    node->key_variable = DrawVariable();
  }
}

size_t GraphDraws::AddMultipleStart(NodeKind kind) {
  const size_t start = AddNode(kind);
  constexpr Trigger kTriggers[] = {Trigger::kMessage, Trigger::kSignal,
                                   Trigger::kTimer, Trigger::kCondition};
  const bool all = IsParallelMultiple(kind);
  size_t left_out = all ? 0 : random_.Below(3);
  size_t number = 0;
  for (const Trigger trigger : kTriggers) {
    const bool is_sent =
        trigger == Trigger::kMessage || trigger == Trigger::kSignal;
    // Neither of the others says which instance is meant.
    if (all && !is_sent) continue;
    if (left_out > 0 && random_.OneIn(2)) {
      --left_out;
      continue;
    }
    Node part;
    part.kind = NodeKind::kEventDefinition;
    part.id = graph_.nodes[start].id + "#" + std::to_string(++number);
    part.part_of = start;
    part.trigger = trigger;
    FillTrigger(&part, /*throws=*/false);
    SettleStart(&part);
    if (all) DrawStartKey(&part);
    graph_.nodes.push_back(std::move(part));
  }
  return start;
}

size_t GraphDraws::AddStartGateway(bool parallel, std::vector<size_t>* events) {
  const size_t gateway = AddNode(NodeKind::kEventGateway);
  graph_.nodes[gateway].instantiates = true;
  graph_.nodes[gateway].parallel = parallel;
  const NodeKind message =
      random_.OneIn(2) ? NodeKind::kReceiveTask : NodeKind::kMessageCatchEvent;
  for (const NodeKind kind : {message, NodeKind::kSignalCatchEvent}) {
    const size_t event = AddProcessStart(kind);
    if (parallel) DrawStartKey(&graph_.nodes[event]);
    AddFlow(gateway, event);
    events->push_back(event);
  }
  return gateway;
}

void GraphDraws::DrawLoop(size_t node, bool by_variable) {
  Loop loop;
  loop.kind = static_cast<Loop::Kind>(random_.Below(3));
  if (loop.kind == Loop::Kind::kStandard) {
    // Without a bound only where each run waits for somebody.
    const bool waits = WaitsOutside(kind(node));
    if (!waits || random_.OneIn(2)) {
      loop.maximum = static_cast<int64_t>(1 + random_.Below(3));
    }
    if (loop.maximum == 0 || random_.OneIn(2)) loop.condition = DrawCondition();
    loop.test_before = by_variable && random_.OneIn(2);
  } else {
    // Where flows lead back, what waits in a round must not be left out.
    loop.count = static_cast<int64_t>(by_variable ? random_.Below(4)
                                                  : 1 + random_.Below(3));
    if (by_variable && random_.OneIn(4)) loop.count_variable = kCountVariable;
    if (random_.OneIn(3)) {
      loop.condition = DrawCondition();
      if (!random_.OneIn(3)) loop.condition->variable = kCompletedInstances;
    }
  }
  if (loop.condition.has_value()) loop.condition->feel = random_.OneIn(2);
  graph_.nodes[node].loop = std::move(loop);
}

Mapping GraphDraws::DrawMapping() {
  Mapping mapping;
  mapping.target = DrawVariable();
  if (!random_.OneIn(3)) mapping.source = DrawVariable();
  mapping.number = static_cast<int64_t>(random_.Below(4));
  return mapping;
}

void GraphDraws::DrawMappings(size_t node, bool outputs) {
  Node& drawn = graph_.nodes[node];
  drawn.feel_mappings =
      drawn.kind != NodeKind::kCallActivity && random_.OneIn(2);
  for (size_t count = random_.Below(3); count > 0; --count) {
    drawn.inputs.push_back(DrawMapping());
  }
  if (!outputs) return;
  for (size_t count = random_.Below(3); count > 0; --count) {
    drawn.outputs.push_back(DrawMapping());
  }
}

void GraphDraws::DrawListeners(size_t node) {
  const auto draw = [this]() -> std::optional<Listener> {
    if (random_.OneIn(2)) return std::nullopt;
    return DrawListener();
  };
  graph_.nodes[node].start_listener = draw();
  graph_.nodes[node].end_listener = draw();
}

// What an event waits for must be what anybody can make true: a variable of
// the process. Seldom does an event rest but where one of these stops it, so
// they ask for what often isn't there.
void GraphDraws::DrawEventSteps(size_t node) {
  if (!IsEvent(kind(node))) return;
  Node& event = graph_.nodes[node];
  if (listens_to_events_) {
    DrawListeners(node);
    for (auto* listener : {&event.start_listener, &event.end_listener}) {
      if (listener->has_value() && !(*listener)->job && random_.OneIn(2)) {
        (*listener)->variable = kCountVariable;
      }
    }
  }
  if (!maps_events_ || random_.OneIn(2)) return;
  bool has_condition = event.condition.has_value();
  for (const size_t part : PartsOf(graph_, node)) {
    has_condition = has_condition || graph_.nodes[part].condition.has_value();
  }
  if (has_condition) return;
  // An event sub-process has what its event brings.
  const bool is_read =
      IsStartEvent(event.kind) && event.scope != 0 && IsRead(event.scope - 1);
  DrawMappings(node, !is_read && !plain_.contains(node));
  for (auto* mappings : {&event.inputs, &event.outputs}) {
    for (Mapping& mapping : *mappings) {
      if (!mapping.source.empty() && random_.OneIn(4)) {
        mapping.source = kCountVariable;
      }
    }
  }
}

bool GraphDraws::IsInside(size_t node, size_t scope) const {
  for (size_t at = graph_.nodes[node].scope; at != 0;
       at = graph_.nodes[at - 1].scope) {
    if (at == scope + 1) return true;
  }
  return false;
}

bool GraphDraws::IsRead(size_t activity) const {
  const std::vector<Node>& nodes = graph_.nodes;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    if (node.kind == NodeKind::kCompensationBoundaryEvent &&
        node.attached_to == activity &&
        (nodes[node.handler].loop.has_value() ||
         IsScope(nodes[node.handler].kind))) {
      return true;
    }
    if (!IsInside(i, activity)) continue;
    if (node.loop.has_value() || node.completion.has_value() ||
        node.activation.has_value() || node.condition.has_value()) {
      return true;
    }
  }
  if (nodes[activity].completion.has_value()) return true;
  return std::any_of(
      graph_.flows.begin(), graph_.flows.end(), [&](const Flow& flow) {
        return flow.condition.has_value() && IsInside(flow.source, activity);
      });
}

std::set<size_t> GraphDraws::QuietNodes() const {
  std::set<size_t> quiet;
  std::vector<size_t> open;
  const auto add = [&](size_t node) {
    if (quiet.insert(node).second) open.push_back(node);
  };
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.interrupting) continue;
    if (IsBoundaryEvent(node.kind)) add(i);
    if (IsStartEvent(node.kind) && node.scope != 0) add(node.scope - 1);
  }
  while (!open.empty()) {
    const size_t at = open.back();
    open.pop_back();
    for (const Flow& flow : graph_.flows) {
      if (flow.source == at) add(flow.target);
    }
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].scope == at + 1 ||
          (IsBoundaryEvent(graph_.nodes[i].kind) &&
           graph_.nodes[i].attached_to == at)) {
        add(i);
      }
    }
  }
  return quiet;
}

Listener GraphDraws::DrawListener() {
  Listener listener;
  listener.job = random_.OneIn(2);
  if (listener.job) {
    listener.retries = static_cast<int>(1 + random_.Below(2));
  } else {
    listener.variable = DrawVariable();
  }
  return listener;
}

void GraphDraws::DrawTaskListeners(size_t node) {
  if (kind(node) != NodeKind::kUserTask) return;
  if (random_.OneIn(3)) graph_.nodes[node].assignee = "ann";
  std::vector<TaskListener>& listeners = graph_.nodes[node].task_listeners;
  for (size_t count = 1 + random_.Below(4); count > 0; --count) {
    TaskListener one;
    one.event = static_cast<TaskEvent>(random_.Below(kTaskEventCount));
    one.listener = DrawListener();
    listeners.push_back(std::move(one));
  }
  std::stable_partition(
      listeners.begin(), listeners.end(),
      [](const TaskListener& one) { return !one.listener.job; });
}

size_t GraphDraws::AddHandler(NodeKind kind, size_t host) {
  const size_t before = SetScope(graph_.nodes[host].scope);
  const size_t handler = AddNode(kind);
  graph_.nodes[handler].is_handler = true;
  SetScope(before);
  const size_t event = AddBoundary(NodeKind::kCompensationBoundaryEvent, host);
  graph_.nodes[event].handler = handler;
  return handler;
}

size_t GraphDraws::AddCompensation(NodeKind kind) {
  std::vector<size_t> activities;
  const auto is_scope_around = [&](size_t scope) {
    return scope_ != 0 && graph_.nodes[scope_ - 1].scope == scope &&
           graph_.nodes[scope_ - 1].kind == NodeKind::kEventSubProcess;
  };
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    const bool reaches = node.scope == scope_ || is_scope_around(node.scope);
    if (reaches && IsActivity(node.kind) && !node.is_handler) {
      activities.push_back(i);
    }
  }
  const size_t event = AddNode(kind);
  if (!activities.empty() && random_.OneIn(3)) {
    graph_.nodes[event].compensated =
        activities[random_.Below(activities.size())];
  }
  graph_.nodes[event].waits = !random_.OneIn(3);
  return event;
}

size_t GraphDraws::AddScript(std::string result, std::string operand,
                             int64_t addend) {
  const size_t node = AddNode(NodeKind::kScriptTask);
  graph_.nodes[node].script_result = std::move(result);
  graph_.nodes[node].script_operand = std::move(operand);
  graph_.nodes[node].script_addend = addend;
  return node;
}

size_t GraphDraws::AddFlow(size_t source, size_t target) {
  Flow flow;
  flow.source = source;
  flow.target = target;
  graph_.flows.push_back(std::move(flow));
  return graph_.flows.size() - 1;
}

size_t GraphDraws::AddFlow(size_t source, size_t target, Condition condition) {
  const size_t flow = AddFlow(source, target);
  graph_.flows[flow].condition = std::move(condition);
  // Both languages in most processes, and nothing drawn for it.
  graph_.flows[flow].condition->feel = flow % 2 == 1;
  return flow;
}

Condition GraphDraws::DrawCondition() {
  Condition condition;
  condition.variable = DrawVariable();
  condition.op = static_cast<Condition::Op>(random_.Below(5));
  condition.value = static_cast<int64_t>(random_.Below(4));
  return condition;
}

Condition GraphDraws::DrawPhase() {
  return {kWaitingForStart, Condition::Op::kEqual,
          static_cast<int64_t>(random_.Below(2))};
}

NodeKind GraphDraws::DrawActivity() {
  constexpr NodeKind kActivities[] = {
      NodeKind::kTimerCatchEvent, NodeKind::kServiceTask,
      NodeKind::kServiceTask,     NodeKind::kUserTask,
      NodeKind::kUserTask,        NodeKind::kScriptTask,
      NodeKind::kManualTask,      NodeKind::kUndefinedTask,
      NodeKind::kSendTask,        NodeKind::kBusinessRuleTask,
      NodeKind::kManualTask,      NodeKind::kUndefinedTask,
  };
  if (is_pool_ && random_.OneIn(4)) {
    constexpr NodeKind kMessages[] = {
        NodeKind::kMessageThrowEvent, NodeKind::kMessageSendTask,
        NodeKind::kMessageCatchEvent, NodeKind::kReceiveTask};
    return kMessages[random_.Below(4)];
  }
  if (events_ && random_.OneIn(4)) return DrawEventActivity();
  return kActivities[random_.Below(12)];
}

NodeKind GraphDraws::DrawEventActivity() {
  constexpr NodeKind kEvents[] = {
      NodeKind::kMessageCatchEvent,     NodeKind::kSignalCatchEvent,
      NodeKind::kConditionalCatchEvent, NodeKind::kMessageThrowEvent,
      NodeKind::kSignalThrowEvent,      NodeKind::kEscalationThrowEvent,
      NodeKind::kReceiveTask,           NodeKind::kMessageSendTask,
      NodeKind::kMultipleCatchEvent,    NodeKind::kParallelMultipleCatchEvent,
      NodeKind::kMultipleThrowEvent,
  };
  return kEvents[random_.Below(std::size(kEvents))];
}

size_t GraphDraws::AddBoundary(NodeKind kind, size_t host) {
  const size_t before = SetScope(graph_.nodes[host].scope);
  const size_t node = AddNode(kind);
  graph_.nodes[node].attached_to = host;
  SetScope(before);
  return node;
}

void GraphDraws::SortByScope() {
  // As a parser meets them: the process, then each sub-process in that order.
  std::vector<size_t> order;
  std::vector<size_t> scopes = {0};
  for (size_t s = 0; s < scopes.size(); ++s) {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].kind == NodeKind::kEventDefinition) continue;
      if (graph_.nodes[i].scope == scopes[s]) order.push_back(i);
    }
    // The next scopes are the sub-processes among all nodes so far.
    if (s + 1 == scopes.size()) {
      std::vector<size_t> all = {0};
      for (size_t i : order) {
        if (IsScope(graph_.nodes[i].kind)) all.push_back(i + 1);
      }
      scopes = std::move(all);
    }
  }
  for (size_t i = 0, events = order.size(); i < events; ++i) {
    for (size_t part : PartsOf(graph_, order[i])) order.push_back(part);
  }
  std::vector<size_t> new_index(graph_.nodes.size());
  for (size_t i = 0; i < order.size(); ++i) new_index[order[i]] = i;
  std::vector<size_t> scope_rank(graph_.nodes.size() + 1, 0);
  for (size_t s = 0; s < scopes.size(); ++s) scope_rank[scopes[s]] = s;
  std::stable_sort(graph_.flows.begin(), graph_.flows.end(),
                   [&](const Flow& a, const Flow& b) {
                     return scope_rank[graph_.nodes[a.source].scope] <
                            scope_rank[graph_.nodes[b.source].scope];
                   });
  std::vector<Node> nodes;
  for (size_t i : order) {
    Node node = std::move(graph_.nodes[i]);
    if (node.scope != 0) node.scope = new_index[node.scope - 1] + 1;
    node.attached_to = new_index[node.attached_to];
    node.part_of = new_index[node.part_of];
    node.link_target = new_index[node.link_target];
    node.handler = new_index[node.handler];
    if (node.compensated.has_value()) {
      node.compensated = new_index[*node.compensated];
    }
    nodes.push_back(std::move(node));
  }
  graph_.nodes = std::move(nodes);
  for (Flow& flow : graph_.flows) {
    flow.source = new_index[flow.source];
    flow.target = new_index[flow.target];
  }
}

// What depends on more than one draw.
void GraphDraws::SettleEvent(Node* node) const {
  const Node& event = node->kind == NodeKind::kEventDefinition
                          ? graph_.nodes[node->part_of]
                          : *node;
  node->interrupting = event.interrupting;
  const bool is_start = IsStartEvent(event.kind);
  const bool is_beside =
      IsBoundaryEvent(event.kind) || (is_start && event.scope != 0);
  const bool stays = is_beside && !event.interrupting;
  const bool starts_process = is_start && event.scope == 0;
  // A cycle of what happens once says nothing.
  if (!stays && !starts_process) node->cycle = 0;
  if (dates_ && TriggerOf(*node) == Trigger::kTimer && random_.OneIn(3)) {
    if (stays || starts_process) {
      constexpr int64_t kPeriods[] = {20'000, 60'000, 120'000};
      node->cron_ms = kPeriods[random_.Below(3)];
    } else if (is_start || is_beside) {
      DrawDate(node);
    }
    return;
  }
  if (node->event_name.empty() || Throws(event.kind) || starts_process) return;
  // What stays would take all messages from what waits behind it, and open what
  // waits for its signal anew with each: they go by names of their own.
  const bool is_message = TriggerOf(*node) == Trigger::kMessage;
  const char* const* names = is_message ? kMessageNames : kSignalNames;
  if (stays) {
    node->event_name = names[1];
  } else if (node->event_name == names[1]) {
    node->event_name = names[2];
  }
}

void GraphDraws::DrawDate(Node* node) const {
  // Acts begin at 1,000,000.
  constexpr int64_t kDates[] = {900'000, 1'001'000, 1'020'000, 1'200'000};
  node->date_ms = kDates[random_.Below(4)];
}

void GraphDraws::Finish() {
  for (size_t i = 0, events = graph_.nodes.size(); i < events; ++i) {
    if (IsMultiple(graph_.nodes[i].kind)) {
      AddDefinitions(i, /*may_catch=*/false);
    }
  }
  const std::set<size_t> quiet = QuietNodes();
  const std::set<size_t> plain = plain_;
  plain_.insert(quiet.begin(), quiet.end());
  for (size_t i = 0; i < graph_.nodes.size(); ++i) DrawEventSteps(i);
  if (may_have_data_ && random_.OneIn(3)) DrawAllData(plain, quiet);
  std::vector<Flow>& flows = graph_.flows;
  for (size_t i = flows.size(); i > 1; --i) {
    std::swap(flows[i - 1], flows[random_.Below(i)]);
  }
  for (Node& node : graph_.nodes) SettleEvent(&node);
  SortByScope();
  for (size_t i = 0; i < flows.size(); ++i) {
    flows[i].id = graph_.id_prefix + "f" + std::to_string(i);
  }
}

ProcessGraph GenerateProcess(const GeneratorOptions& options, Random* random) {
  ProcessGraph graph;
  graph.id = options.process_id;
  graph.id_prefix = options.id_prefix;
  GraphDraws draws(&graph, random, options);
  if (options.structured) {
    GenerateStructured(options, &draws);
  } else {
    GenerateUnstructured(options, &draws);
  }
  draws.Finish();
  return graph;
}

}  // namespace pawl::property
