#include "tests/reference/reference_interpreter.h"

#include <algorithm>

namespace pawl::reference {

using property::Condition;
using property::Flow;
using property::Node;
using property::NodeKind;

namespace {

bool IsActivity(NodeKind kind) {
  switch (kind) {
    case NodeKind::kServiceTask:
    case NodeKind::kUserTask:
    case NodeKind::kScriptTask:
    case NodeKind::kManualTask:
    case NodeKind::kUndefinedTask:
    case NodeKind::kSendTask:
    case NodeKind::kBusinessRuleTask:
    case NodeKind::kSubProcess:
      return true;
    default:
      return false;
  }
}

bool IsBoundary(NodeKind kind) {
  return kind == NodeKind::kTimerBoundaryEvent ||
         kind == NodeKind::kErrorBoundaryEvent;
}

}  // namespace

// --- Acts from outside -------------------------------------------------------

void ReferenceInterpreter::Start(const Variables& variables, int64_t now_ms) {
  now_ms_ = now_ms;
  Write(variables);
  QueueStarts(0, 0);
  Move();
}

bool ReferenceInterpreter::QueueStarts(size_t around, size_t scope) {
  bool has_start_event = false;
  for (const Node& node : graph_.nodes) {
    if (node.scope == around && node.kind == NodeKind::kStartEvent) {
      has_start_event = true;
    }
  }
  bool any = false;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.scope != around) continue;
    const bool starts = has_start_event
                            ? node.kind == NodeKind::kStartEvent
                            : FlowsInto(i).empty() && !IsBoundary(node.kind) &&
                                  node.kind != NodeKind::kLinkCatchEvent;
    if (!starts) continue;
    queue_.push_back({i, std::nullopt, scope});
    any = true;
  }
  return any;
}

bool ReferenceInterpreter::CompleteTask(const std::string& node, size_t which,
                                        const Variables& variables,
                                        int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kTask);
  if (!activation.has_value()) return false;
  now_ms_ = now_ms;
  activations_[*activation].work = Work::kNone;
  Write(variables);
  Leave(*activation);
  Move();
  return true;
}

bool ReferenceInterpreter::CompleteJob(const std::string& node, size_t which,
                                       const Variables& variables,
                                       int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kJobReady);
  if (!activation.has_value()) return false;
  now_ms_ = now_ms;
  activations_[*activation].work = Work::kNone;
  Write(variables);
  Leave(*activation);
  Move();
  return true;
}

bool ReferenceInterpreter::FailJob(const std::string& node, size_t which,
                                   std::optional<int> retries,
                                   std::optional<int64_t> backoff_ms,
                                   int64_t now_ms) {
  const auto found = FindWork(node, which, Work::kJobReady);
  if (!found.has_value()) return false;
  Activation& activation = activations_[*found];
  activation.retries = retries.value_or(activation.retries - 1);
  if (activation.retries <= 0) {
    activation.retries = 0;
    activation.work = Work::kJobFailed;
    Fail(*found, Failed::kJob, "job_no_retries");
    return true;
  }
  const int64_t wait_ms =
      backoff_ms.value_or(graph_.nodes[activation.node].backoff_ms);
  if (wait_ms > 0) {
    activation.work = Work::kJobBackoff;
    activation.due_ms = now_ms + wait_ms;
  }
  return true;
}

bool ReferenceInterpreter::ThrowError(const std::string& node, size_t which,
                                      const std::string& code,
                                      const Variables& variables,
                                      int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kJobReady);
  if (!activation.has_value()) return false;
  now_ms_ = now_ms;
  if (const auto catcher = FindCatcher(*activation, code)) {
    const size_t scope = activations_[catcher->host].scope;
    EndActivation(catcher->host);
    Write(variables);
    Admit(catcher->boundary, scope);
    Move();
    return true;
  }
  Write(variables);
  activations_[*activation].work = Work::kJobFailed;
  Fail(*activation, Failed::kJob, "unhandled_error");
  return true;
}

bool ReferenceInterpreter::EndBackoff(const std::string& node, size_t which,
                                      int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kJobBackoff);
  if (!activation.has_value()) return false;
  if (activations_[*activation].due_ms > now_ms) return false;
  activations_[*activation].work = Work::kJobReady;
  return true;
}

bool ReferenceInterpreter::FireTimer(const std::string& node, size_t which,
                                     int64_t now_ms) {
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].id != node || !IsBoundary(graph_.nodes[i].kind)) {
      continue;
    }
    if (!Running()) return false;
    const auto host = Find(graph_.nodes[graph_.nodes[i].attached_to].id, which);
    if (!host.has_value()) return false;
    std::vector<BoundaryTimer>& timers = activations_[*host].timers;
    const auto timer =
        std::find_if(timers.begin(), timers.end(),
                     [&](const BoundaryTimer& one) { return one.node == i; });
    if (timer == timers.end() || timer->due_ms > now_ms) return false;
    now_ms_ = now_ms;
    timers.erase(timer);
    Interrupt(*host, i);
    Move();
    return true;
  }
  const auto activation = FindWork(node, which, Work::kTimer);
  if (!activation.has_value()) return false;
  if (activations_[*activation].due_ms > now_ms) return false;
  now_ms_ = now_ms;
  activations_[*activation].work = Work::kNone;
  Leave(*activation);
  Move();
  return true;
}

bool ReferenceInterpreter::ResolveIncident(const std::string& node,
                                           size_t which, int64_t now_ms) {
  const auto found = Find(node, which);
  if (!found.has_value() || !Running()) return false;
  Activation& activation = activations_[*found];
  const Failed failed = activation.failed;
  if (failed == Failed::kNothing) return false;
  now_ms_ = now_ms;
  activation.failed = Failed::kNothing;
  activation.incident.clear();
  switch (failed) {
    case Failed::kJob:
      activation.work = Work::kJobReady;
      activation.retries = std::max(activation.retries, 1);
      break;
    case Failed::kEntering:
      Enter(*found);
      break;
    case Failed::kLeaving:
      Leave(*found);
      break;
    case Failed::kNothing:
      break;
  }
  Move();
  return true;
}

bool ReferenceInterpreter::ResolveLimit(int64_t now_ms) {
  if (!Running() || !limit_.has_value()) return false;
  now_ms_ = now_ms;
  limit_.reset();
  for (const auto& [place, count] : tokens_) {
    const auto& [scope, flow] = place;
    for (size_t i = 0; i < count; ++i) {
      queue_.push_back({graph_.flows[flow].target, flow, scope});
    }
  }
  Move();
  return true;
}

bool ReferenceInterpreter::SetVariables(const Variables& variables) {
  if (end_ != End::kNotEnded) return false;
  Write(variables);
  return true;
}

bool ReferenceInterpreter::Suspend() {
  if (!Running()) return false;
  suspended_ = true;
  return true;
}

bool ReferenceInterpreter::Resume() {
  if (end_ != End::kNotEnded || !suspended_) return false;
  suspended_ = false;
  return true;
}

bool ReferenceInterpreter::Cancel() {
  if (end_ != End::kNotEnded) return false;
  EndAll(End::kCancelled);
  return true;
}

// --- What is -----------------------------------------------------------------

std::multiset<std::string> ReferenceInterpreter::Waiting() const {
  std::multiset<std::string> out;
  for (const auto& [number, activation] : activations_) {
    const std::string id = graph_.nodes[activation.node].id;
    const std::string due = std::to_string(activation.due_ms);
    const std::string retries =
        ", " + std::to_string(activation.retries) + " retries";
    switch (activation.work) {
      case Work::kNone:
        break;
      case Work::kTask:
        out.insert(id + ": task");
        break;
      case Work::kTimer:
        out.insert(id + ": timer at " + due);
        break;
      case Work::kJobReady:
        out.insert(id + ": job ready" + retries);
        break;
      case Work::kJobBackoff:
        out.insert(id + ": job until " + due + retries);
        break;
      case Work::kJobFailed:
        out.insert(id + ": job failed" + retries);
        break;
    }
    for (const BoundaryTimer& timer : activation.timers) {
      out.insert(graph_.nodes[timer.node].id + ": timer at " +
                 std::to_string(timer.due_ms));
    }
  }
  return out;
}

std::multiset<std::string> ReferenceInterpreter::Incidents() const {
  std::multiset<std::string> out;
  for (const auto& [number, activation] : activations_) {
    if (activation.failed == Failed::kNothing) continue;
    out.insert(graph_.nodes[activation.node].id + ": " + activation.incident);
  }
  if (limit_.has_value()) out.insert(graph_.nodes[*limit_].id + ": limit");
  return out;
}

std::multiset<std::string> ReferenceInterpreter::Resting() const {
  std::multiset<std::string> out;
  for (const auto& [place, count] : tokens_) {
    for (size_t i = 0; i < count; ++i) {
      out.insert(graph_.flows[place.second].id);
    }
  }
  return out;
}

// --- Inside ------------------------------------------------------------------

std::optional<size_t> ReferenceInterpreter::Find(const std::string& node,
                                                 size_t which) const {
  for (const auto& [number, activation] : activations_) {
    if (graph_.nodes[activation.node].id != node) continue;
    if (which == 0) return number;
    --which;
  }
  return std::nullopt;
}

std::optional<size_t> ReferenceInterpreter::FindWork(const std::string& node,
                                                     size_t which,
                                                     Work work) const {
  if (!Running()) return std::nullopt;
  const auto found = Find(node, which);
  if (!found.has_value() || activations_.at(*found).work != work) {
    return std::nullopt;
  }
  return found;
}

void ReferenceInterpreter::Write(const Variables& variables) {
  for (const auto& [name, value] : variables) variables_[name] = value;
}

void ReferenceInterpreter::Move() {
  do {
    while (!queue_.empty()) {
      const Arrival next = queue_.front();
      if (StopAtLimit(next)) continue;
      queue_.pop_front();
      Arrive(next);
    }
    CompleteEmptyScopes();
  } while (!queue_.empty());
  // Every act that moves a token ends here.
  activated_in_act_ = 0;
  if (end_ == End::kNotEnded && activations_.empty() && tokens_.empty()) {
    EndAll(End::kCompleted);
  }
}

// Starts from nowhere go on: nobody else would make them again.
bool ReferenceInterpreter::StopAtLimit(const Arrival& next) {
  if (!next.flow.has_value() || activated_in_act_ < activations_max_) {
    return false;
  }
  std::erase_if(queue_,
                [](const Arrival& one) { return one.flow.has_value(); });
  if (!limit_.has_value()) limit_ = next.node;
  return true;
}

bool ReferenceInterpreter::IsEmpty(size_t scope) const {
  for (const auto& [number, activation] : activations_) {
    if (activation.scope == scope) return false;
  }
  for (const auto& [place, count] : tokens_) {
    if (place.first == scope) return false;
  }
  return true;
}

void ReferenceInterpreter::CompleteEmptyScopes() {
  for (size_t i = 0; i < ended_in_.size(); ++i) {
    const size_t scope = ended_in_[i];
    const auto found = activations_.find(scope);
    if (found == activations_.end() || !found->second.open || !IsEmpty(scope)) {
      continue;
    }
    found->second.open = false;
    Leave(scope);
  }
  ended_in_.clear();
}

void ReferenceInterpreter::Arrive(const Arrival& arrival) {
  if (TakeTokens(arrival)) Admit(arrival.node, arrival.scope);
}

void ReferenceInterpreter::Admit(size_t node, size_t scope) {
  ++activated_in_act_;
  const size_t number = next_activation_++;
  activations_[number].node = node;
  activations_[number].scope = scope;
  Enter(number);
}

// The tokens that an activation begins with: none at the start, one of each
// flow into a parallel gateway, else the one that came. False: a join still
// misses one.
bool ReferenceInterpreter::TakeTokens(const Arrival& arrival) {
  if (!arrival.flow.has_value()) return true;
  std::vector<size_t> taken = {*arrival.flow};
  if (graph_.nodes[arrival.node].kind == NodeKind::kParallelGateway) {
    taken = FlowsInto(arrival.node);
    for (size_t flow : taken) {
      if (!tokens_.contains({arrival.scope, flow})) return false;
    }
  }
  for (size_t flow : taken) {
    const auto place = std::make_pair(arrival.scope, flow);
    if (--tokens_[place] == 0) tokens_.erase(place);
  }
  return true;
}

// --- Scopes and boundary events ----------------------------------------------

void ReferenceInterpreter::StartTimers(size_t number) {
  Activation& activation = activations_[number];
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.kind == NodeKind::kTimerBoundaryEvent &&
        node.attached_to == activation.node) {
      activation.timers.push_back({i, now_ms_ + node.timer_ms});
    }
  }
}

void ReferenceInterpreter::EndInside(size_t scope) {
  std::vector<size_t> inside;
  for (const auto& [number, activation] : activations_) {
    if (activation.scope == scope) inside.push_back(number);
  }
  for (size_t number : inside) EndActivation(number);
  std::erase_if(tokens_,
                [&](const auto& token) { return token.first.first == scope; });
  std::erase_if(queue_, [&](const Arrival& one) { return one.scope == scope; });
}

void ReferenceInterpreter::EndActivation(size_t number) {
  if (graph_.nodes[activations_[number].node].kind == NodeKind::kSubProcess) {
    EndInside(number);
  }
  activations_.erase(number);
}

void ReferenceInterpreter::Interrupt(size_t host, size_t boundary) {
  const size_t scope = activations_[host].scope;
  if (graph_.nodes[boundary].interrupting) EndActivation(host);
  Admit(boundary, scope);
}

std::optional<ReferenceInterpreter::Catcher> ReferenceInterpreter::FindCatcher(
    size_t activation, const std::string& code) const {
  for (size_t at = activation; at != 0; at = activations_.at(at).scope) {
    std::optional<size_t> any;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (node.kind != NodeKind::kErrorBoundaryEvent ||
          node.attached_to != activations_.at(at).node) {
        continue;
      }
      if (node.error_code == code) return Catcher{at, i};
      if (node.error_code.empty() && !any.has_value()) any = i;
    }
    if (any.has_value()) return Catcher{at, *any};
  }
  return std::nullopt;
}

void ReferenceInterpreter::Enter(size_t number) {
  Activation& activation = activations_[number];
  const Node& node = graph_.nodes[activation.node];
  switch (node.kind) {
    case NodeKind::kUserTask:
      activation.work = Work::kTask;
      StartTimers(number);
      return;
    case NodeKind::kServiceTask:
    case NodeKind::kSendTask:
    case NodeKind::kBusinessRuleTask:
      activation.work = Work::kJobReady;
      activation.retries = node.retries;
      StartTimers(number);
      return;
    case NodeKind::kSubProcess:
      if (!QueueStarts(activation.node + 1, number)) break;
      activation.open = true;
      StartTimers(number);
      return;
    case NodeKind::kErrorEndEvent:
      if (!FindCatcher(number, node.error_code).has_value()) {
        Fail(number, Failed::kEntering, "unhandled_error");
        return;
      }
      break;
    case NodeKind::kTimerCatchEvent:
      activation.work = Work::kTimer;
      activation.due_ms = now_ms_ + node.timer_ms;
      return;
    case NodeKind::kScriptTask: {
      const auto operand = variables_.find(node.script_operand);
      if (operand == variables_.end()) {
        Fail(number, Failed::kEntering, "script_error");
        return;
      }
      variables_[node.script_result] = operand->second + node.script_addend;
      break;
    }
    case NodeKind::kStartEvent:
    case NodeKind::kEndEvent:
    case NodeKind::kTerminateEndEvent:
    case NodeKind::kManualTask:
    case NodeKind::kUndefinedTask:
    case NodeKind::kExclusiveGateway:
    case NodeKind::kParallelGateway:
    case NodeKind::kThrowEvent:
    case NodeKind::kLinkThrowEvent:
    case NodeKind::kLinkCatchEvent:
    case NodeKind::kTimerBoundaryEvent:
    case NodeKind::kErrorBoundaryEvent:
      break;
  }
  Leave(number);
}

void ReferenceInterpreter::Leave(size_t number) {
  const size_t node = activations_[number].node;
  const size_t scope = activations_[number].scope;
  activations_[number].timers.clear();
  std::string incident;
  const auto flows = ChooseFlows(node, &incident);
  if (!flows.has_value()) {
    Fail(number, Failed::kLeaving, incident);
    return;
  }
  activations_.erase(number);
  completed_.insert(graph_.nodes[node].id);
  for (size_t flow : *flows) {
    ++tokens_[{scope, flow}];
    queue_.push_back({graph_.flows[flow].target, flow, scope});
  }
  if (flows->empty()) ended_in_.push_back(scope);
  switch (graph_.nodes[node].kind) {
    case NodeKind::kTerminateEndEvent:
      if (scope == 0) {
        EndAll(End::kTerminated);
      } else {
        EndInside(scope);
        activations_[scope].open = false;
        Leave(scope);
      }
      break;
    case NodeKind::kErrorEndEvent: {
      const auto catcher = FindCatcher(scope, graph_.nodes[node].error_code);
      const size_t around = activations_[catcher->host].scope;
      EndActivation(catcher->host);
      Admit(catcher->boundary, around);
      break;
    }
    case NodeKind::kLinkThrowEvent:
      queue_.push_back({graph_.nodes[node].link_target, std::nullopt, scope});
      break;
    default:
      break;
  }
}

void ReferenceInterpreter::Fail(size_t number, Failed step,
                                std::string incident) {
  activations_[number].failed = step;
  activations_[number].incident = std::move(incident);
}

std::optional<std::vector<size_t>> ReferenceInterpreter::ChooseFlows(
    size_t node, std::string* incident) const {
  const NodeKind kind = graph_.nodes[node].kind;
  const std::vector<size_t> all = FlowsOutOf(node);
  if (kind == NodeKind::kParallelGateway || all.empty()) return all;

  const bool is_exclusive = kind == NodeKind::kExclusiveGateway;
  const bool has_default_flow = is_exclusive || IsActivity(kind);
  std::vector<size_t> chosen;
  std::optional<size_t> default_flow;
  bool some_condition_held = false;
  for (size_t index : all) {
    const Flow& flow = graph_.flows[index];
    if (flow.is_default && has_default_flow) {
      default_flow = index;
      continue;
    }
    if (is_exclusive && !chosen.empty()) continue;
    if (flow.condition.has_value()) {
      const std::optional<bool> holds = Holds(*flow.condition);
      if (!holds.has_value()) {
        *incident = "expression_error";
        return std::nullopt;
      }
      if (!*holds) continue;
      some_condition_held = true;
    }
    chosen.push_back(index);
  }
  const bool default_counts =
      is_exclusive ? chosen.empty() : !some_condition_held;
  if (default_flow.has_value() && default_counts) {
    chosen.push_back(*default_flow);
  }
  if (chosen.empty()) {
    *incident = "no_outgoing_flow";
    return std::nullopt;
  }
  return chosen;
}

std::optional<bool> ReferenceInterpreter::Holds(
    const Condition& condition) const {
  const auto found = variables_.find(condition.variable);
  if (found == variables_.end()) {
    if (!condition.feel) return std::nullopt;
    // Null is no number, and neither less nor more than one.
    if (condition.op == Condition::Op::kEqual) return false;
    if (condition.op == Condition::Op::kNotEqual) return true;
    return std::nullopt;
  }
  switch (condition.op) {
    case Condition::Op::kLess:
      return found->second < condition.value;
    case Condition::Op::kLessOrEqual:
      return found->second <= condition.value;
    case Condition::Op::kEqual:
      return found->second == condition.value;
    case Condition::Op::kNotEqual:
      return found->second != condition.value;
    case Condition::Op::kMore:
      return found->second > condition.value;
  }
  return std::nullopt;
}

void ReferenceInterpreter::EndAll(End end) {
  end_ = end;
  suspended_ = false;
  activations_.clear();
  tokens_.clear();
  queue_.clear();
  ended_in_.clear();
  limit_.reset();
}

std::vector<size_t> ReferenceInterpreter::FlowsInto(size_t node) const {
  std::vector<size_t> out;
  for (size_t i = 0; i < graph_.flows.size(); ++i) {
    if (graph_.flows[i].target == node) out.push_back(i);
  }
  return out;
}

std::vector<size_t> ReferenceInterpreter::FlowsOutOf(size_t node) const {
  std::vector<size_t> out;
  for (size_t i = 0; i < graph_.flows.size(); ++i) {
    if (graph_.flows[i].source == node) out.push_back(i);
  }
  return out;
}

}  // namespace pawl::reference
