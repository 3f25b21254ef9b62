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
      return true;
    default:
      return false;
  }
}

}  // namespace

// --- Acts from outside -------------------------------------------------------

void ReferenceInterpreter::Start(const Variables& variables, int64_t now_ms) {
  now_ms_ = now_ms;
  Write(variables);
  bool has_start_event = false;
  for (const Node& node : graph_.nodes) {
    if (node.kind == NodeKind::kStartEvent) has_start_event = true;
  }
  for (size_t node = 0; node < graph_.nodes.size(); ++node) {
    const bool starts = has_start_event
                            ? graph_.nodes[node].kind == NodeKind::kStartEvent
                            : FlowsInto(node).empty();
    if (starts) queue_.push_back({node, std::nullopt});
  }
  Move();
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
                                      const Variables& variables) {
  const auto activation = FindWork(node, which, Work::kJobReady);
  if (!activation.has_value()) return false;
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
  for (const auto& [flow, count] : tokens_) {
    for (size_t i = 0; i < count; ++i) {
      queue_.push_back({graph_.flows[flow].target, flow});
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
  for (const auto& [flow, count] : tokens_) {
    for (size_t i = 0; i < count; ++i) out.insert(graph_.flows[flow].id);
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
  activated_in_act_ = 0;
  while (!queue_.empty()) {
    const Arrival next = queue_.front();
    if (StopAtLimit(next)) break;
    queue_.pop_front();
    Arrive(next);
  }
  if (end_ == End::kNotEnded && activations_.empty() && tokens_.empty()) {
    EndAll(End::kCompleted);
  }
}

bool ReferenceInterpreter::StopAtLimit(const Arrival& next) {
  if (!next.flow.has_value() || activated_in_act_ < activations_max_) {
    return false;
  }
  queue_.clear();
  if (!limit_.has_value()) limit_ = next.node;
  return true;
}

void ReferenceInterpreter::Arrive(const Arrival& arrival) {
  if (!TakeTokens(arrival)) return;
  ++activated_in_act_;
  const size_t number = next_activation_++;
  activations_[number].node = arrival.node;
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
      if (!tokens_.contains(flow)) return false;
    }
  }
  for (size_t flow : taken) {
    if (--tokens_[flow] == 0) tokens_.erase(flow);
  }
  return true;
}

void ReferenceInterpreter::Enter(size_t number) {
  Activation& activation = activations_[number];
  const Node& node = graph_.nodes[activation.node];
  switch (node.kind) {
    case NodeKind::kUserTask:
      activation.work = Work::kTask;
      return;
    case NodeKind::kServiceTask:
      activation.work = Work::kJobReady;
      activation.retries = node.retries;
      return;
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
      break;
  }
  Leave(number);
}

void ReferenceInterpreter::Leave(size_t number) {
  const size_t node = activations_[number].node;
  std::string incident;
  const auto flows = ChooseFlows(node, &incident);
  if (!flows.has_value()) {
    Fail(number, Failed::kLeaving, incident);
    return;
  }
  activations_.erase(number);
  completed_.insert(graph_.nodes[node].id);
  if (graph_.nodes[node].kind == NodeKind::kTerminateEndEvent) {
    EndAll(End::kTerminated);
    return;
  }
  for (size_t flow : *flows) {
    ++tokens_[flow];
    queue_.push_back({graph_.flows[flow].target, flow});
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
