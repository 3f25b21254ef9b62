#include "tests/reference/reference_interpreter.h"

#include <algorithm>

namespace pawl::reference {

using property::Condition;
using property::Flow;
using property::Node;
using property::NodeKind;

std::string ValueText(const Value& value) {
  return value.has_value() ? std::to_string(*value) : "null";
}

// --- Acts from outside -------------------------------------------------------

void ReferenceInterpreter::Start(const Variables& variables, int64_t now_ms) {
  now_ms_ = now_ms;
  Write(variables);
  OpenProcess();
  QueueStarts(0, 0);
  Move();
}

bool ReferenceInterpreter::StartsByHand(const property::ProcessGraph& graph) {
  return !ReferenceInterpreter(&graph).StartsOf(0).empty();
}

bool ReferenceInterpreter::QueueStarts(size_t around, size_t scope) {
  const std::vector<size_t> starts = StartsOf(around);
  for (size_t start : starts) queue_.push_back({start, std::nullopt, scope});
  return !starts.empty();
}

std::vector<size_t> ReferenceInterpreter::StartsOf(size_t around) const {
  bool has_start_event = false;
  for (const Node& node : graph_.nodes) {
    if (node.scope == around && IsStartEvent(node.kind)) {
      has_start_event = true;
    }
  }
  std::vector<size_t> found;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.scope != around) continue;
    // Of a process only the none start event; of an event sub-process the one
    // that it has, which has come.
    const bool starts =
        has_start_event ? node.kind == NodeKind::kStartEvent ||
                              (around != 0 && IsStartEvent(node.kind))
                        : FlowsInto(i).empty() && !IsBoundaryEvent(node.kind) &&
                              node.kind != NodeKind::kLinkCatchEvent &&
                              node.kind != NodeKind::kEventSubProcess &&
                              node.kind != NodeKind::kEventDefinition &&
                              !node.is_handler && !node.instantiates;
    if (starts) found.push_back(i);
  }
  return found;
}

bool ReferenceInterpreter::CompleteTask(const std::string& node, size_t which,
                                        const Variables& variables,
                                        int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kTask);
  if (!activation.has_value() || activations_[*activation].delegated) {
    return false;
  }
  now_ms_ = now_ms;
  WriteAt(*activation, variables);
  TellTask(*activation, property::TaskEvent::kComplete);
  Move();
  return true;
}

bool ReferenceInterpreter::DelegateTask(const std::string& node, size_t which,
                                        const std::string& user,
                                        int64_t now_ms) {
  const auto found = FindWork(node, which, Work::kTask);
  if (!found.has_value()) return false;
  now_ms_ = now_ms;
  Activation& activation = activations_[*found];
  activation.delegated = true;
  if (activation.owner.empty()) activation.owner = activation.assignee;
  ChangedTask(*found, user);
  Move();
  return true;
}

bool ReferenceInterpreter::ResolveTask(const std::string& node, size_t which,
                                       const Variables& variables,
                                       int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kTask);
  if (!activation.has_value() || !activations_[*activation].delegated) {
    return false;
  }
  now_ms_ = now_ms;
  activations_[*activation].delegated = false;
  WriteAt(*activation, variables);
  ChangedTask(*activation, activations_[*activation].owner);
  Move();
  return true;
}

bool ReferenceInterpreter::ChangeTask(const std::string& node, size_t which,
                                      const std::string& assignee,
                                      int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kTask);
  if (!activation.has_value()) return false;
  now_ms_ = now_ms;
  ChangedTask(*activation, assignee);
  Move();
  return true;
}

bool ReferenceInterpreter::ClaimTask(const std::string& node, size_t which,
                                     const std::string& user, int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kTask);
  if (!activation.has_value()) return false;
  const std::string& assignee = activations_[*activation].assignee;
  // He has it already.
  if (assignee == user) return true;
  if (!user.empty() && !assignee.empty()) return false;
  return ChangeTask(node, which, user, now_ms);
}

bool ReferenceInterpreter::SetTaskVariables(const std::string& node,
                                            size_t which,
                                            const Variables& variables,
                                            bool local, int64_t now_ms) {
  const auto activation = FindWork(node, which, Work::kTask);
  if (!activation.has_value()) return false;
  now_ms_ = now_ms;
  if (local) {
    for (const auto& [name, value] : variables) {
      activations_[*activation].locals[name] = value;
    }
  } else {
    WriteAt(*activation, variables);
  }
  Move();
  return true;
}

bool ReferenceInterpreter::CompleteJob(const std::string& node, size_t which,
                                       const Variables& variables,
                                       int64_t now_ms) {
  const auto found = FindWork(node, which, Work::kJobReady);
  if (!found.has_value()) return false;
  now_ms_ = now_ms;
  Activation& activation = activations_[*found];
  activation.work = Work::kNone;
  WriteAt(*found, variables);
  if (activation.task_event.has_value()) {
    activation.listening = false;
    ++activation.task_heard;
    GoOnTelling(*found);
    Move();
    return true;
  }
  const bool before = activation.listening && !activation.leaving;
  if (activation.listening) {
    (before ? activation.start_heard : activation.end_heard) = true;
    activation.listening = false;
  }
  if (before) {
    Enter(*found);
  } else {
    Leave(*found);
  }
  Move();
  return true;
}

bool ReferenceInterpreter::Listen(size_t number, bool end) {
  Activation& activation = activations_.at(number);
  const Node& node = graph_.nodes[activation.node];
  const auto& listener = end ? node.end_listener : node.start_listener;
  bool& heard = end ? activation.end_heard : activation.start_heard;
  if (!listener.has_value() || heard) return true;
  if (listener->job) {
    activation.work = Work::kJobReady;
    activation.retries = listener->retries;
    activation.listening = true;
    return false;
  }
  if (!NumberOf(number, listener->variable).has_value()) {
    Fail(number, end ? Failed::kLeaving : Failed::kEntering, "script_error");
    return false;
  }
  heard = true;
  return true;
}

void ReferenceInterpreter::TellTask(size_t number, property::TaskEvent event) {
  Activation& activation = activations_.at(number);
  activation.task_event = event;
  activation.task_heard = 0;
  activation.work = Work::kNone;
  GoOnTelling(number);
}

void ReferenceInterpreter::GoOnTelling(size_t number) {
  using property::TaskEvent;
  Activation& activation = activations_.at(number);
  const Node& node = graph_.nodes[activation.node];
  const TaskEvent event = *activation.task_event;
  std::vector<property::Listener> listeners;
  for (const property::TaskListener& one : node.task_listeners) {
    if (one.event == event) listeners.push_back(one.listener);
  }
  for (; activation.task_heard < listeners.size(); ++activation.task_heard) {
    const property::Listener& next = listeners[activation.task_heard];
    if (next.job) {
      activation.work = Work::kJobReady;
      activation.retries = next.retries;
      activation.listening = true;
      return;
    }
    if (!NumberOf(number, next.variable).has_value()) {
      Fail(number, Failed::kTaskListener, "script_error");
      return;
    }
  }
  activation.task_event.reset();
  if (event == TaskEvent::kComplete) {
    TaskDone(number);
  } else if ((event == TaskEvent::kCreate && !activation.assignee.empty()) ||
             (event == TaskEvent::kUpdate && activation.assigns)) {
    TellTask(number, TaskEvent::kAssignment);
  } else {
    activation.work = Work::kTask;
  }
}

void ReferenceInterpreter::ChangedTask(size_t number,
                                       const std::string& assignee) {
  Activation& activation = activations_.at(number);
  activation.assigns = activation.assignee != assignee;
  activation.assignee = assignee;
  TellTask(number, property::TaskEvent::kUpdate);
}

void ReferenceInterpreter::TaskDone(size_t number) {
  activations_.at(number).has_task = false;
  activations_.at(number).work = Work::kNone;
  Leave(number);
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
    now_ms_ = now_ms;
    Move();
    return true;
  }
  const int64_t wait_ms = backoff_ms.value_or(
      activation.listening ? 0 : graph_.nodes[activation.node].backoff_ms);
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
  if (const auto catcher =
          FindCatcher(*activation, property::Trigger::kError, code)) {
    Happen(catcher->host, catcher->node, variables);
    Move();
    return true;
  }
  if (CatcherAbove(*activation, property::Trigger::kError, code).caught) {
    ThrowToCaller(property::Trigger::kError, code, variables, /*ends=*/true);
    return true;
  }
  WriteAt(*activation, variables);
  activations_[*activation].work = Work::kJobFailed;
  Fail(*activation, Failed::kJob, "unhandled_error");
  Move();
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
    if (graph_.nodes[i].id != node ||
        TriggerOf(graph_.nodes[i]) != property::Trigger::kTimer) {
      continue;
    }
    const std::optional<size_t> host = HostOf(i, which);
    if (!host.has_value()) continue;
    if (!Running()) return false;
    std::vector<Wait>& waits = At(*host).waits;
    const auto timer =
        std::find_if(waits.begin(), waits.end(),
                     [&](const Wait& one) { return one.node == i; });
    if (timer == waits.end() || timer->due_ms > now_ms) return false;
    now_ms_ = now_ms;
    if (!Stays(*host, i) || !FiresAgain(&*timer)) waits.erase(timer);
    Happen(*host, i, {});
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
    case Failed::kLoop:
      StepSoon(*found);
      break;
    case Failed::kCalling:
      Call(*found);
      break;
    case Failed::kAdHoc:
      ad_hocs_.push_back(*found);
      break;
    case Failed::kTaskListener:
      GoOnTelling(*found);
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
  for (const auto& [key, compensation] : compensations_) {
    advance_.push_back(key);
  }
  Move();
  return true;
}

bool ReferenceInterpreter::ResolveGateway(const std::string& gateway,
                                          size_t which, int64_t now_ms) {
  if (!Running()) return false;
  for (const auto& one : faulty_) {
    // It is erased below.
    const auto [scope, node] = one;
    if (graph_.nodes[node].id != gateway) continue;
    const size_t around = graph_.nodes[node].scope;
    if (around != 0 && Find(graph_.nodes[around - 1].id, which) != scope) {
      continue;
    }
    now_ms_ = now_ms;
    faulty_.erase({scope, node});
    moved_.insert(scope);
    TryActivation(node, scope);
    Move();
    return true;
  }
  return false;
}

bool ReferenceInterpreter::SetVariables(const Variables& variables,
                                        int64_t now_ms) {
  if (end_ != End::kNotEnded) return false;
  Write(variables);
  if (suspended_) return true;
  now_ms_ = now_ms;
  Move();
  return true;
}

bool ReferenceInterpreter::Suspend(bool with_caller) {
  if (!Running() || (caller_ != nullptr && !with_caller)) return false;
  suspended_ = true;
  TellCalled(Errand::Kind::kSuspendCalled);
  return true;
}

bool ReferenceInterpreter::Resume(int64_t now_ms, bool with_caller) {
  if (end_ != End::kNotEnded || !suspended_) return false;
  if (caller_ != nullptr && !with_caller) return false;
  suspended_ = false;
  TellCalled(Errand::Kind::kResumeCalled);
  now_ms_ = now_ms;
  // Messages may have come that it couldn't take.
  ForEachWait([this](size_t, const Wait& wait) { AskForMessages(wait); });
  Move();
  return true;
}

bool ReferenceInterpreter::Cancel(bool with_caller) {
  if (end_ != End::kNotEnded) return false;
  if (caller_ != nullptr && !with_caller) return false;
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
    if (activation.has_task && activation.work != Work::kTask) {
      out.insert(id + ": task");
    }
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
  ForEachWait([&](size_t, const Wait& wait) {
    out.insert(graph_.nodes[wait.node].id + ": " + WaitText(wait));
  });
  return out;
}

std::multiset<std::string> ReferenceInterpreter::Incidents() const {
  std::multiset<std::string> out;
  for (const auto& [number, activation] : activations_) {
    for (size_t event : activation.failed_waits) {
      out.insert(graph_.nodes[event].id + ": correlation_key");
    }
    if (activation.failed == Failed::kNothing) continue;
    out.insert(graph_.nodes[activation.node].id + ": " + activation.incident);
  }
  for (const auto& [scope, gateway] : faulty_) {
    out.insert(graph_.nodes[gateway].id + (CompensatorAround(scope) == 0
                                               ? ": expression_error"
                                               : ": compensation_failed"));
  }
  for (size_t start : failed_starts_) {
    out.insert(graph_.nodes[start].id + ": correlation_key");
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

std::multimap<std::string, Value> ReferenceInterpreter::Locals() const {
  std::multimap<std::string, Value> out;
  for (const auto& [number, activation] : activations_) {
    out.insert(activation.locals.begin(), activation.locals.end());
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

void ReferenceInterpreter::WriteAt(size_t activation,
                                   const Variables& variables) {
  for (const auto& [name, value] : variables) {
    size_t at = activation;
    while (at != 0 && !KeepsResults(at) &&
           !activations_.at(at).locals.contains(name)) {
      at = activations_.at(at).scope;
    }
    (at == 0 ? variables_ : activations_.at(at).locals)[name] = value;
  }
}

bool ReferenceInterpreter::KeepsResults(size_t number) const {
  const Activation& activation = activations_.at(number);
  // What is done in a scope is no result of its own.
  return !graph_.nodes[activation.node].outputs.empty() &&
         !IsScope(graph_.nodes[activation.node].kind) &&
         graph_.nodes[activation.node].kind != NodeKind::kCallActivity &&
         !IsWhole(activation) && !activation.reopened &&
         !activation.outputs_done;
}

std::optional<Value> ReferenceInterpreter::Variable(
    size_t activation, const std::string& name) const {
  for (size_t at = activation; at != 0; at = activations_.at(at).scope) {
    const Variables& own = activations_.at(at).locals;
    if (const auto found = own.find(name); found != own.end()) {
      return found->second;
    }
  }
  const auto found = variables_.find(name);
  if (found == variables_.end()) return std::nullopt;
  return found->second;
}

Value ReferenceInterpreter::NumberOf(size_t activation,
                                     const std::string& name) const {
  return Variable(activation, name).value_or(std::nullopt);
}

bool ReferenceInterpreter::MapInputs(size_t number) {
  Activation& activation = activations_.at(number);
  const Node& node = graph_.nodes[activation.node];
  const Variables before = activation.locals;
  Variables own = OwnData(number);
  for (const property::Mapping& input : node.inputs) {
    Value source = 0;
    if (!input.source.empty()) source = NumberOf(number, input.source);
    if (!source.has_value() && node.feel_mappings) source = 0;
    if (!source.has_value()) {
      activation.locals = before;
      return false;
    }
    activation.locals[input.target] = *source + input.number;
    own.erase(input.target);
  }
  if (node.inputs.empty()) {
    if (!InputData(number)) {
      activation.locals = before;
      return false;
    }
    for (const std::string& name : property::DataInputs(node)) own.erase(name);
  }
  for (const auto& [name, value] : own) activation.locals[name] = value;
  activation.inputs_done = true;
  return true;
}

bool ReferenceInterpreter::MapOutputs(size_t number) {
  Activation& activation = activations_.at(number);
  const Node& node = graph_.nodes[activation.node];
  Variables out;
  for (const property::Mapping& output : node.outputs) {
    Value source = 0;
    if (!output.source.empty()) {
      // An output before it is there already, but behind the activity's own.
      const auto mapped = out.find(output.source);
      source = mapped != out.end() && !activation.locals.contains(output.source)
                   ? mapped->second
                   : NumberOf(number, output.source);
    }
    if (!source.has_value() && node.feel_mappings) source = 0;
    if (!source.has_value()) return false;
    out[output.target] = *source + output.number;
  }
  if (node.outputs.empty()) {
    const std::optional<Variables> data = OutputData(number);
    if (!data.has_value()) return false;
    out = *data;
  }
  activation.outputs_done = true;
  WriteAt(activation.scope, out);
  return true;
}

void ReferenceInterpreter::Move() {
  do {
    do {
      while (RollBackNextSaga()) {
      }
      while (StepAdHoc() || !queue_.empty()) {
        if (queue_.empty()) continue;
        const Arrival next = queue_.front();
        if (StopAtLimit(next)) continue;
        queue_.pop_front();
        Arrive(next);
      }
      if (!sagas_.empty() || AdvanceCompensation() || StepLoop()) continue;
      if (!FireGateway()) CompleteEmptyScopes();
    } while (!queue_.empty() || !moved_.empty() || !advance_.empty() ||
             !loops_.empty() || !sagas_.empty() || !ended_in_.empty());
    if (end_ == End::kNotEnded && activations_.empty() && tokens_.empty() &&
        compensations_.empty()) {
      EndAll(End::kCompleted);
      ReturnToCaller();
    }
  } while (end_ == End::kNotEnded && FireCondition());
  // Every act that moves a token ends here.
  activated_in_act_ = 0;
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
    if (found == activations_.end() || !found->second.open || !IsEmpty(scope) ||
        Compensating(scope) || EmptyAdHocGoesOn(scope)) {
      continue;
    }
    found->second.open = false;
    Leave(scope);
  }
  ended_in_.clear();
}

void ReferenceInterpreter::Arrive(const Arrival& arrival) {
  if (arrival.flow.has_value() && WaitsForOthers(arrival.node)) {
    moved_.insert(arrival.scope);
    if (graph_.nodes[arrival.node].kind == NodeKind::kComplexGateway) {
      TryActivation(arrival.node, arrival.scope);
    }
    return;
  }
  if (TakeTokens(arrival)) Admit(arrival.node, arrival.scope);
}

void ReferenceInterpreter::Admit(size_t node, size_t scope, bool late) {
  ++activated_in_act_;
  const size_t number = next_activation_++;
  activations_[number].node = node;
  activations_[number].scope = scope;
  activations_[number].late = late;
  moved_.insert(scope);
  if (IsAdHoc(scope)) {
    std::deque<size_t>& rest = activations_[scope].to_begin;
    const auto here = std::find(rest.begin(), rest.end(), node);
    if (here != rest.end()) rest.erase(here);
  }
  Enter(number);
}

void ReferenceInterpreter::TakeToken(size_t scope, size_t flow) {
  const auto place = std::make_pair(scope, flow);
  if (--tokens_[place] == 0) tokens_.erase(place);
}

// --- Gateways that look at other tokens --------------------------------------

bool ReferenceInterpreter::WaitsForOthers(size_t node) const {
  const Node& gateway = graph_.nodes[node];
  return (gateway.kind == NodeKind::kInclusiveGateway &&
          FlowsInto(node).size() > 1) ||
         (gateway.kind == NodeKind::kComplexGateway &&
          gateway.activation.has_value());
}

bool ReferenceInterpreter::FireGateway() {
  while (!moved_.empty()) {
    const size_t scope = *moved_.begin();
    const std::optional<size_t> ready = ReadyGateway(scope);
    if (!ready.has_value()) {
      moved_.erase(scope);
      continue;
    }
    if (activated_in_act_ >= activations_max_) {
      if (!limit_.has_value()) limit_ = *ready;
      moved_.clear();
      return false;
    }
    if (graph_.nodes[*ready].kind == NodeKind::kComplexGateway) {
      Reset(*ready, scope);
      return true;
    }
    for (size_t flow : FlowsInto(*ready)) {
      if (tokens_.contains({scope, flow})) TakeToken(scope, flow);
    }
    Admit(*ready, scope);
    return true;
  }
  return false;
}

std::optional<size_t> ReferenceInterpreter::ReadyGateway(size_t scope) const {
  size_t around = 0;
  if (scope != 0) {
    const auto found = activations_.find(scope);
    if (found == activations_.end()) return std::nullopt;
    around = found->second.node + 1;
  }
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].scope != around || !WaitsForOthers(i)) continue;
    bool has_something = rounds_.contains({scope, i});
    if (graph_.nodes[i].kind == NodeKind::kInclusiveGateway) {
      for (size_t flow : FlowsInto(i)) {
        has_something = has_something || tokens_.contains({scope, flow});
      }
    }
    if (has_something && !MayStillCome(i, scope)) return i;
  }
  return std::nullopt;
}

bool ReferenceInterpreter::HasHad(size_t gateway, size_t scope,
                                  size_t flow) const {
  if (tokens_.contains({scope, flow})) return true;
  const auto round = rounds_.find({scope, gateway});
  return round != rounds_.end() && round->second.contains(flow);
}

bool ReferenceInterpreter::MayStillCome(size_t gateway, size_t scope) const {
  std::set<size_t> standing;
  for (const auto& [number, activation] : activations_) {
    if (activation.scope == scope) standing.insert(activation.node);
  }
  for (const auto& [place, count] : tokens_) {
    if (place.first != scope) continue;
    const size_t target = graph_.flows[place.second].target;
    // Beyond the gateway every path visits it.
    if (target != gateway) standing.insert(target);
  }
  for (size_t node : standing) {
    bool to_empty = false;
    bool to_other = false;
    for (size_t flow : WaysInto(gateway, node, /*by_boundary=*/true)) {
      to_empty = to_empty || !HasHad(gateway, scope, flow);
    }
    for (size_t flow : WaysInto(gateway, node, /*by_boundary=*/false)) {
      to_other = to_other || HasHad(gateway, scope, flow);
    }
    if (to_empty && !to_other) return true;
  }
  return false;
}

std::set<size_t> ReferenceInterpreter::WaysInto(size_t gateway, size_t node,
                                                bool by_boundary) const {
  std::set<size_t> ways;
  std::set<size_t> seen = {node};
  std::vector<size_t> open = {node};
  const auto go_on_at = [&](size_t next) {
    if (seen.insert(next).second) open.push_back(next);
  };
  while (!open.empty()) {
    const size_t at = open.back();
    open.pop_back();
    for (size_t flow : FlowsOutOf(at)) {
      if (graph_.flows[flow].target == gateway) {
        ways.insert(flow);
      } else {
        go_on_at(graph_.flows[flow].target);
      }
    }
    if (graph_.nodes[at].kind == NodeKind::kLinkThrowEvent) {
      go_on_at(graph_.nodes[at].link_target);
    }
    for (size_t i = 0; by_boundary && i < graph_.nodes.size(); ++i) {
      if (IsBoundaryEvent(graph_.nodes[i].kind) &&
          graph_.nodes[i].attached_to == at) {
        go_on_at(i);
      }
    }
  }
  return ways;
}

void ReferenceInterpreter::TryActivation(size_t gateway, size_t scope) {
  if (rounds_.contains({scope, gateway})) return;
  std::set<size_t> there;
  int64_t count = 0;
  for (size_t flow : FlowsInto(gateway)) {
    const auto tokens = tokens_.find({scope, flow});
    if (tokens == tokens_.end()) continue;
    there.insert(flow);
    count += static_cast<int64_t>(tokens->second);
  }
  if (there.empty()) return;
  const std::optional<bool> holds =
      Holds(*graph_.nodes[gateway].activation, scope,
            {{property::kActivationCount, count}});
  if (!holds.has_value()) {
    faulty_.insert({scope, gateway});
    FailAround(scope);
    return;
  }
  faulty_.erase({scope, gateway});
  if (!*holds) return;
  for (size_t flow : there) TakeToken(scope, flow);
  rounds_[{scope, gateway}] = there;
  Admit(gateway, scope);
}

void ReferenceInterpreter::Reset(size_t gateway, size_t scope) {
  const std::set<size_t> early = rounds_[{scope, gateway}];
  rounds_.erase({scope, gateway});
  moved_.insert(scope);
  bool some_came = false;
  for (size_t flow : FlowsInto(gateway)) {
    if (early.contains(flow) || !tokens_.contains({scope, flow})) continue;
    TakeToken(scope, flow);
    some_came = true;
  }
  if (some_came) Admit(gateway, scope, /*late=*/true);
  // What came twice over one flow begins the next round, when it is its turn.
  for (size_t flow : FlowsInto(gateway)) {
    if (!tokens_.contains({scope, flow})) continue;
    queue_.push_back({gateway, flow, scope});
    return;
  }
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
  for (size_t flow : taken) TakeToken(arrival.scope, flow);
  return true;
}

// --- Scopes and boundary events ----------------------------------------------

void ReferenceInterpreter::EndInside(size_t scope) {
  std::vector<size_t> inside;
  for (const auto& [number, activation] : activations_) {
    if (activation.scope == scope) inside.push_back(number);
  }
  for (size_t number : inside) EndActivation(number);
  std::erase_if(tokens_,
                [&](const auto& token) { return token.first.first == scope; });
  std::erase_if(queue_, [&](const Arrival& one) { return one.scope == scope; });
  std::erase_if(rounds_,
                [&](const auto& round) { return round.first.first == scope; });
  std::erase_if(faulty_, [&](const auto& one) { return one.first == scope; });
  EndCompensationsIn(scope);
}

void ReferenceInterpreter::EndActivation(size_t number) {
  EndInside(number);
  if (activations_[number].calls) {
    TellCalledBy(number, Errand::Kind::kCancelCalled);
  }
  moved_.insert(activations_[number].scope);
  Gone(number);
}

void ReferenceInterpreter::Enter(size_t number) {
  Activation& activation = activations_[number];
  if (IsWhole(activation)) {
    EnterLoop(number);
    return;
  }
  const Node& node = graph_.nodes[activation.node];
  if (!activation.inputs_done && !MapInputs(number)) {
    Fail(number, Failed::kEntering, "mapping_error");
    return;
  }
  if (!Listen(number, /*end=*/false)) return;
  if (activation.has_come) {
    Leave(number);
    return;
  }
  const std::optional<std::vector<Wait>> beside = WaitsBeside(number);
  // What a boundary event waited for was its activity's, and has come; so has
  // what starts an event sub-process, but for the rest of what a process waits
  // for in the instance that some of it began.
  const bool has_come =
      IsBoundaryEvent(node.kind) ||
      (IsStartEvent(node.kind) && !activation.begun_by.has_value());
  const std::optional<std::vector<Wait>> own =
      has_come ? std::vector<Wait>()
               : WaitsFor(activation.node, number, activation.begun_by);
  if (!beside.has_value() || !own.has_value()) {
    Fail(number, Failed::kEntering, "correlation_key");
    return;
  }
  switch (node.kind) {
    case NodeKind::kCallActivity:
      Call(number);
      OpenAll(number, *beside);
      return;
    case NodeKind::kReceiveTask:
      OpenAll(number, *own);
      activation.work = Work::kTask;
      OpenAll(number, *beside);
      return;
    case NodeKind::kUserTask:
      activation.has_task = true;
      activation.assignee = node.assignee;
      OpenAll(number, *beside);
      TellTask(number, property::TaskEvent::kCreate);
      return;
    case NodeKind::kParallelMultipleStartEvent:
      // Of an event sub-process all of them have come.
      if (!activation.begun_by.has_value()) break;
      OpenAll(number, *own);
      return;
    case NodeKind::kMessageCatchEvent:
    case NodeKind::kSignalCatchEvent:
    case NodeKind::kConditionalCatchEvent:
    case NodeKind::kMultipleCatchEvent:
    case NodeKind::kParallelMultipleCatchEvent:
      OpenAll(number, *own);
      return;
    case NodeKind::kEventGateway:
      OpenAll(number, *beside);
      return;
    case NodeKind::kMessageThrowEvent:
    case NodeKind::kSignalThrowEvent:
    case NodeKind::kMessageEndEvent:
    case NodeKind::kSignalEndEvent:
    case NodeKind::kMessageSendTask:
      Publish(number, node);
      WaitForDelivery(number);
      OpenAll(number, *beside);
      return;
    case NodeKind::kMultipleThrowEvent:
    case NodeKind::kMultipleEndEvent: {
      bool sends = false;
      for (const auto trigger :
           {property::Trigger::kMessage, property::Trigger::kSignal}) {
        for (size_t part : PartsOf(graph_, activation.node)) {
          if (TriggerOf(graph_.nodes[part]) == trigger) {
            Publish(number, graph_.nodes[part]);
            sends = true;
          }
        }
      }
      if (!sends) break;
      WaitForDelivery(number);
      return;
    }
    case NodeKind::kServiceTask:
    case NodeKind::kSendTask:
    case NodeKind::kBusinessRuleTask:
      activation.work = Work::kJobReady;
      activation.retries = node.retries;
      OpenAll(number, *beside);
      return;
    case NodeKind::kCompensationThrowEvent:
    case NodeKind::kCompensationEndEvent:
      if (ThrowCompensation(number)) return;
      break;
    case NodeKind::kSubProcess:
    case NodeKind::kTransaction:
    case NodeKind::kEventSubProcess:
      if (!QueueStarts(activation.node + 1, number)) break;
      activation.open = true;
      OpenAll(number, *beside);
      return;
    case NodeKind::kAdHocSubProcess:
      activation.open = true;
      BeginInAdHoc(number, StartsOf(activation.node + 1));
      OpenAll(number, *beside);
      return;
    case NodeKind::kErrorEndEvent:
      if (!FindCatcher(number, property::Trigger::kError, node.error_code)
               .has_value() &&
          !CatcherAbove(number, property::Trigger::kError, node.error_code)
               .caught) {
        Fail(number, Failed::kEntering, "unhandled_error");
        return;
      }
      break;
    case NodeKind::kTimerCatchEvent:
      activation.work = Work::kTimer;
      activation.due_ms = DueOf(node, now_ms_);
      return;
    case NodeKind::kScriptTask: {
      const Value operand = NumberOf(number, node.script_operand);
      if (!operand.has_value()) {
        Fail(number, Failed::kEntering, "script_error");
        return;
      }
      WriteAt(number, {{node.script_result, *operand + node.script_addend}});
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
    case NodeKind::kInclusiveGateway:
    case NodeKind::kComplexGateway:
      break;
    // They have come.
    case NodeKind::kMessageStartEvent:
    case NodeKind::kSignalStartEvent:
    case NodeKind::kTimerStartEvent:
    case NodeKind::kErrorStartEvent:
    case NodeKind::kEscalationStartEvent:
    case NodeKind::kConditionalStartEvent:
    case NodeKind::kMessageBoundaryEvent:
    case NodeKind::kSignalBoundaryEvent:
    case NodeKind::kEscalationBoundaryEvent:
    case NodeKind::kConditionalBoundaryEvent:
    case NodeKind::kCompensationBoundaryEvent:
    case NodeKind::kCompensationStartEvent:
    case NodeKind::kCancelBoundaryEvent:
    case NodeKind::kMultipleStartEvent:
    case NodeKind::kMultipleBoundaryEvent:
    case NodeKind::kParallelMultipleBoundaryEvent:
    case NodeKind::kEventDefinition:
    // Their work is when they are left.
    case NodeKind::kEscalationThrowEvent:
    case NodeKind::kEscalationEndEvent:
    case NodeKind::kCancelEndEvent:
      break;
  }
  Leave(number);
}

void ReferenceInterpreter::Leave(size_t number) {
  const size_t node = activations_[number].node;
  const size_t scope = activations_[number].scope;
  if (activations_[number].reopened) {
    CloseReopened(number);
    return;
  }
  activations_[number].waits.clear();
  activations_[number].parts.clear();
  activations_[number].failed_waits.clear();
  if (!IsWhole(activations_[number]) && !activations_[number].outputs_done &&
      !MapOutputs(number)) {
    Fail(number, Failed::kLeaving, "mapping_error");
    return;
  }
  activations_[number].leaving = true;
  if (!IsWhole(activations_[number]) && !Listen(number, /*end=*/true)) return;
  if (activations_[number].run != 0) {
    if (!AskRun(number)) return;
    RecordCompletion(number);
    Gone(number);
    moved_.insert(scope);
    completed_.insert(graph_.nodes[node].id);
    RunDone(scope);
    return;
  }
  std::string incident;
  const bool ends = IsAdHoc(scope) && activations_[scope].fulfilled;
  const auto flows =
      ends ? std::vector<size_t>() : ChooseFlows(number, &incident);
  if (!flows.has_value()) {
    Fail(number, Failed::kLeaving, incident);
    return;
  }
  RecordCompletion(number);
  const bool compensates = activations_[number].compensates != 0;
  Gone(number);
  moved_.insert(scope);
  completed_.insert(graph_.nodes[node].id);
  if (IsAdHoc(scope) && IsActivity(graph_.nodes[node].kind) && !compensates) {
    ad_hocs_.push_back(scope);
  }
  for (size_t flow : *flows) {
    ++tokens_[{scope, flow}];
    queue_.push_back({graph_.flows[flow].target, flow, scope});
  }
  if (flows->empty()) ended_in_.push_back(scope);
  switch (graph_.nodes[node].kind) {
    case NodeKind::kTerminateEndEvent:
      EndScope(scope);
      break;
    case NodeKind::kMultipleThrowEvent:
    case NodeKind::kMultipleEndEvent:
      for (size_t part : PartsOf(graph_, node)) {
        const Node& one = graph_.nodes[part];
        if (TriggerOf(one) == property::Trigger::kTerminate) EndScope(scope);
        if (TriggerOf(one) != property::Trigger::kEscalation) continue;
        if (end_ != End::kNotEnded) break;
        if (scope != 0 && !activations_.contains(scope)) break;
        Escalate(scope, one.escalation_code);
      }
      break;
    case NodeKind::kErrorEndEvent: {
      const auto catcher = FindCatcher(scope, property::Trigger::kError,
                                       graph_.nodes[node].error_code);
      if (catcher.has_value()) {
        Happen(catcher->host, catcher->node, {});
      } else {
        ThrowToCaller(property::Trigger::kError, graph_.nodes[node].error_code,
                      {}, /*ends=*/true);
      }
      break;
    }
    case NodeKind::kEscalationThrowEvent:
    case NodeKind::kEscalationEndEvent:
      Escalate(scope, graph_.nodes[node].escalation_code);
      break;
    case NodeKind::kCancelEndEvent:
      RollBack(scope);
      break;
    case NodeKind::kLinkThrowEvent:
      queue_.push_back({graph_.nodes[node].link_target, std::nullopt, scope});
      break;
    default:
      break;
  }
}

void ReferenceInterpreter::EndScope(size_t scope) {
  if (scope == 0) {
    EndAll(End::kTerminated);
    ReturnToCaller();
    return;
  }
  EndInside(scope);
  activations_[scope].open = false;
  Leave(scope);
}

void ReferenceInterpreter::Fail(size_t number, Failed step,
                                std::string incident) {
  // What goes wrong in what compensates is its own affair.
  const bool compensates = CompensatorAround(number) != 0;
  if (!compensates && !CalledToCompensate() && IsForGood(incident)) {
    if (const std::optional<size_t> saga = SagaAround(number)) {
      sagas_.push_back(*saga);
      return;
    }
  }
  activations_[number].failed = step;
  activations_[number].incident = IncidentIn(number, incident);
  FailAround(number);
  if (CalledToCompensate() ||
      (CalledInSaga() && !compensates && IsForGood(incident))) {
    ReportToCaller(incident);
  }
}

std::optional<std::vector<size_t>> ReferenceInterpreter::ChooseFlows(
    size_t number, std::string* incident) const {
  const size_t node = activations_.at(number).node;
  const bool late = activations_.at(number).late;
  const NodeKind kind = graph_.nodes[node].kind;
  const std::vector<size_t> all = FlowsOutOf(node);
  if (kind == NodeKind::kParallelGateway || all.empty()) return all;

  const bool is_exclusive = kind == NodeKind::kExclusiveGateway;
  const bool is_inclusive =
      kind == NodeKind::kInclusiveGateway || kind == NodeKind::kComplexGateway;
  const bool has_default_flow =
      is_exclusive || is_inclusive || property::IsActivity(kind);
  Variables own;
  if (kind == NodeKind::kComplexGateway) {
    own[property::kWaitingForStart] = late ? 0 : 1;
  }
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
      const std::optional<bool> holds = Holds(*flow.condition, number, own);
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
      is_exclusive || is_inclusive ? chosen.empty() : !some_condition_held;
  if (default_flow.has_value() && default_counts) {
    chosen.push_back(*default_flow);
  }
  if (chosen.empty() && !late) {
    *incident = "no_outgoing_flow";
    return std::nullopt;
  }
  return chosen;
}

std::optional<bool> ReferenceInterpreter::Holds(const Condition& condition,
                                                size_t at,
                                                const Variables& own) const {
  if (const auto found = own.find(condition.variable); found != own.end()) {
    return Answer(condition, found->second);
  }
  return Answer(condition, Variable(at, condition.variable));
}

std::optional<bool> ReferenceInterpreter::Answer(
    const Condition& condition, const std::optional<Value>& value) {
  // FEEL has null for what is missing (DMN 1.4, 10.3.2.3.1).
  if (!value.has_value() && !condition.feel) return std::nullopt;
  const Value number = value.value_or(std::nullopt);
  if (!number.has_value()) {
    // Null is no number, and neither less nor more than one.
    if (condition.op == Condition::Op::kEqual) return false;
    if (condition.op == Condition::Op::kNotEqual) return true;
    return std::nullopt;
  }
  switch (condition.op) {
    case Condition::Op::kLess:
      return *number < condition.value;
    case Condition::Op::kLessOrEqual:
      return *number <= condition.value;
    case Condition::Op::kEqual:
      return *number == condition.value;
    case Condition::Op::kNotEqual:
      return *number != condition.value;
    case Condition::Op::kMore:
      return *number > condition.value;
  }
  return std::nullopt;
}

void ReferenceInterpreter::EndAll(End end) {
  TellCalled(Errand::Kind::kCancelCalled);
  if (held_.has_value()) {
    Errand match;
    match.kind = Errand::Kind::kMatch;
    match.name = held_->first;
    match.key = held_->second;
    match.holds = true;
    outbox_->errands.push_back(match);
  }
  end_ = end;
  suspended_ = false;
  activations_.clear();
  process_ = {};
  failed_starts_.clear();
  tokens_.clear();
  queue_.clear();
  ended_in_.clear();
  moved_.clear();
  rounds_.clear();
  faulty_.clear();
  loops_.clear();
  ad_hocs_.clear();
  sagas_.clear();
  records_.clear();
  compensations_.clear();
  advance_.clear();
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
