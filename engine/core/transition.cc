#include "engine/core/transition.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/core/element/behavior.h"
#include "engine/core/element/steps.h"
#include "engine/core/element/task_listeners.h"
#include "engine/expression/expression.h"
#include "engine/model/model_rules.h"

namespace pawl::core {

// --- Variables ---------------------------------------------------------------

bool Transition::KeepsLocal(ElementKey scope) const {
  if (PAWL_PLANTED(results_not_kept)) return false;
  const auto it = instance_->elements.find(scope);
  if (it == instance_->elements.end() ||
      it->second.state == fb::ElementState::completing || IsLoop(it->second) ||
      IsReopened(it->second)) {
    return false;
  }
  const fb::ElementT& element = model_->element(it->second.element);
  if (!model::KeepsResults(element)) return false;
  // What is done in a sub-process is no result of its own.
  if (model::IsScope(element.kind) &&
      model_->model().rules >= model::kRulesOfInnerResults) {
    return false;
  }
  return element.call == nullptr || !element.call->outputs_around;
}

void Transition::WriteLocal(ElementKey scope, WireVariables variables) {
  if (variables.empty()) return;
  fb::VariablesWrittenT write;
  write.scope = scope.value();
  for (const auto& variable : variables) {
    written_bytes_ += variable->name.size() + variable->json.size();
  }
  write.variables = std::move(variables);
  Emit(std::move(write));
}

void Transition::WriteVariables(ElementKey scope,
                                const WireVariables& variables) {
  // One event for each scope that takes some, in the order of their keys.
  absl::btree_map<ElementKey, fb::VariablesWrittenT> writes;
  for (const auto& variable : variables) {
    if (PAWL_PLANTED(variable_lost) && variables.size() > 1 &&
        variable == variables.back()) {
      break;
    }
    written_bytes_ += variable->name.size() + variable->json.size();
    ElementKey target = instance_->root();
    for (ElementKey key = scope; key.valid();
         key = ParentScope(*instance_, key)) {
      const auto it = instance_->scopes.find(key);
      if (KeepsLocal(key) || (it != instance_->scopes.end() &&
                              it->second.variables.contains(variable->name))) {
        target = key;
        break;
      }
    }
    fb::VariablesWrittenT& write = writes[target];
    write.scope = target.value();
    write.variables.push_back(std::make_unique<fb::VariableT>(*variable));
  }
  for (auto& [key, write] : writes) Emit(std::move(write));
}

absl::StatusOr<Value> Transition::EvaluateValue(
    const fb::ExpressionT& expression, ElementKey scope) const {
  std::string reason;
  PAWL_ASSIGN_OR_RETURN(
      Value value, model_->Compiled(expression).Evaluate(View(scope), &reason));
  if (!reason.empty()) return absl::InvalidArgumentError(reason);
  return value;
}

ScopeVariables Transition::View(ElementKey scope) const {
  const auto it = instance_->elements.find(scope);
  const uint32_t element =
      it == instance_->elements.end() ? 0 : it->second.element;
  return ScopeVariables(*instance_, scope, now_ms_, model_->element(element).id,
                        &evaluations_);
}

absl::StatusOr<std::string> Transition::EvaluateText(
    const fb::ExpressionT& expression, ElementKey scope) const {
  if (expression.language == fb::Language::literal) return expression.text;
  PAWL_ASSIGN_OR_RETURN(const Value value, EvaluateValue(expression, scope));
  if (value.is_null()) return std::string();
  if (value.is_number()) return value.number_text();
  return value.AsString();
}

// --- Tokens ------------------------------------------------------------------

absl::Status Transition::LoadModel(DefinitionKey key) {
  model_ = lookups_->Model(key);
  if (model_ == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "definition ", key.value(),
        ": its model can't be read or is not executable by this build"));
  }
  decides_joins_ = !model_->joins().empty();
  return absl::OkStatus();
}

uint64_t Transition::NewKey() {
  if (next_key_ == 0) next_key_ = lookups_->NextKey();
  return next_key_++;
}

void Transition::Enter(uint32_t element, ElementKey scope) {
  arrivals_.push_back({scope, element, std::nullopt});
}

void Transition::UnblockAll() {
  for (const auto& [key, scope] : instance_->scopes) {
    for (const auto& [flow, count] : scope.tokens) {
      for (uint32_t i = 0; i < count; ++i) {
        arrivals_.push_back({key, model_->flow(flow).target, flow});
      }
    }
  }
  for (const auto& [key, compensation] : instance_->compensations) {
    advance_.push_back(key);
  }
}

void Transition::TakeFlow(uint32_t flow, ElementKey scope) {
  fb::FlowTakenT taken;
  taken.flow = flow;
  taken.scope = scope.value();
  Emit(std::move(taken));
  arrivals_.push_back({scope, model_->flow(flow).target, flow});
}

// BPMN 2.0.2, 13.4.1: a parallel join takes one token from each incoming flow;
// what is there beyond that stays for the next time.
std::optional<std::vector<uint32_t>> Transition::JoinedFlows(
    const fb::ElementT& element, ElementKey scope_key) const {
  const auto scope = instance_->scopes.find(scope_key);
  if (scope == instance_->scopes.end()) return std::nullopt;
  for (uint32_t flow : element.incoming) {
    if (PAWL_PLANTED(join_off_by_one) && flow == element.incoming.back()) break;
    if (!scope->second.tokens.contains(flow)) return std::nullopt;
  }
  if (PAWL_PLANTED(join_off_by_one)) {
    // It takes up what is there.
    std::vector<uint32_t> there;
    for (uint32_t flow : element.incoming) {
      if (scope->second.tokens.contains(flow)) there.push_back(flow);
    }
    return there;
  }
  return element.incoming;
}

void Transition::Arrive(const Arrival& arrival) {
  if (!arrival.flow.has_value()) {
    Admit(arrival.element, arrival.scope, {});
    return;
  }
  if (decides_joins_ && model::JoinsByReach(model_->element(arrival.element))) {
    NoteMoved(arrival.scope);
    ArriveAtComplex(arrival.element, arrival.scope);
    return;
  }
  if (!model_->JoinsTokens(arrival.element)) {
    Admit(arrival.element, arrival.scope, {*arrival.flow});
    return;
  }
  std::optional<std::vector<uint32_t>> flows =
      JoinedFlows(model_->element(arrival.element), arrival.scope);
  if (flows.has_value()) {
    Admit(arrival.element, arrival.scope, *std::move(flows));
  }
}

void Transition::Admit(uint32_t element, ElementKey scope,
                       std::vector<uint32_t> flows, fb::GatewayPhase phase) {
  ++activations_;
  const ElementKey key(NewKey());
  fb::ElementActivatingT activating;
  activating.key = key.value();
  activating.element = element;
  activating.scope = scope.value();
  activating.flows = std::move(flows);
  activating.phase = phase;
  Emit(std::move(activating));
  Activate(key);
}

void Transition::AdmitTriggered(uint32_t element, ElementKey scope,
                                std::vector<uint32_t> flows,
                                const WireVariables& variables) {
  ++activations_;
  const ElementKey key(NewKey());
  fb::ElementActivatingT activating;
  activating.key = key.value();
  activating.element = element;
  activating.scope = scope.value();
  activating.flows = std::move(flows);
  activating.triggered = true;
  Emit(std::move(activating));
  if (!variables.empty()) {
    WriteVariables(PAWL_PLANTED(event_results_outside) ? scope : key,
                   variables);
  }
  Activate(key);
}

void Transition::Activate(ElementKey key) {
  const ElementInstance instance = instance_->elements.at(key);
  const fb::ElementT& element = model_->element(instance.element);
  if (IsLoop(instance)) return ActivateLoop(key);
  if (!RunSteps(*this, key, element)) return;
  std::vector<Opening> openings;
  if (std::optional<Fault> fault =
          EvaluateTriggers(key, instance.element, &openings)) {
    RaiseIncident(*std::move(fault), key, instance.element);
    return;
  }
  Outcome outcome =
      instance.triggered
          ? Outcome::Done()
          : BehaviorOf(element.kind).activate(*this, key, element);
  if (outcome.kind == Outcome::Kind::kFault) {
    RaiseIncident(std::move(outcome.fault), key, instance.element);
    return;
  }
  fb::ElementActivatedT activated;
  activated.key = key.value();
  Emit(std::move(activated));
  if (outcome.kind == Outcome::Kind::kDone) {
    Complete(key);
    return;
  }
  for (const Opening& opening : openings) Open(key, opening);
  if (element.user_task != nullptr && !element.user_task->listeners.empty()) {
    NotifyCreated(*this, key);
  }
}

void Transition::Complete(ElementKey key) {
  fb::ElementCompletingT completing;
  completing.key = key.value();
  Emit(std::move(completing));
  CancelTriggers(key);
  Leave(key);
}

void Transition::CompleteRefused(ElementKey key, std::string message) {
  const uint32_t element = instance_->elements.at(key).element;
  fb::ElementCompletingT completing;
  completing.key = key.value();
  Emit(std::move(completing));
  RaiseIncident({fb::IncidentType::limit, std::move(message)}, key, element);
}

absl::StatusOr<std::vector<uint32_t>> Transition::ChooseFlows(
    const fb::ElementT& element, ElementKey key, Fault* fault) const {
  const Outgoing rule = BehaviorOf(element.kind).outgoing;
  if (rule == Outgoing::kAll) return element.outgoing;
  ScopeVariables variables = View(key);
  bool is_late = false;
  if (element.kind == fb::ElementKind::complex_gateway) {
    is_late = instance_->elements.at(key).phase == fb::GatewayPhase::reset;
    variables.Set("waitingForStart", Value(!is_late));
  }
  std::vector<uint32_t> chosen;
  if (PAWL_PLANTED(default_flow_first) && element.default_flow != 0) {
    return std::vector<uint32_t>{element.default_flow - 1};
  }
  bool condition_held = false;
  for (uint32_t index : element.outgoing) {
    if (element.default_flow == index + 1) continue;
    const fb::SequenceFlowT& flow = model_->flow(index);
    if (flow.condition != nullptr) {
      const absl::StatusOr<bool> holds =
          model_->Compiled(*flow.condition).EvaluateCondition(variables);
      if (!holds.ok()) {
        *fault = {fb::IncidentType::expression_error,
                  absl::StrCat("condition of flow '", flow.id,
                               "': ", holds.status().message())};
        return holds.status();
      }
      if (!*holds) continue;
      condition_held = true;
    }
    if (rule == Outgoing::kInclusive) condition_held = true;
    chosen.push_back(index);
    if (rule == Outgoing::kFirstTrue) return chosen;
  }
  if (element.default_flow != 0 && !condition_held) {
    chosen.push_back(element.default_flow - 1);
  }
  // What comes late to a complex gateway may go nowhere (13.4.5).
  if (chosen.empty() && !element.outgoing.empty() && !is_late) {
    *fault = {fb::IncidentType::no_outgoing_flow,
              absl::StrCat("no condition of the ", element.outgoing.size(),
                           " flows out of '", element.id,
                           "' holds, and it has no default flow")};
    return absl::FailedPreconditionError(fault->message);
  }
  return chosen;
}

void Transition::Leave(ElementKey key) {
  if (key == instance_->root()) return LeaveInstance();
  const ElementInstance instance = instance_->elements.at(key);
  if (IsReopened(instance)) return CloseReopened(key);
  const fb::ElementT& element = model_->element(instance.element);
  const bool is_loop = IsLoop(instance);
  // What comes before and after the work belongs to each run.
  if (!is_loop && !RunSteps(*this, key, element)) return;
  if (instance.loop_index != 0) {
    std::optional<std::string> output = RunOutput(key);
    if (!output.has_value()) return;
    const std::optional<bool> fulfils = RunFulfils(key);
    if (!fulfils.has_value()) return;
    RecordCompletion(instance);
    fb::ElementCompletedT completed;
    completed.key = key.value();
    Emit(std::move(completed));
    return FinishRun(instance.scope, instance.loop_index, *std::move(output),
                     *fulfils);
  }
  if (is_loop) {
    std::optional<WireVariables> collected = LoopOutput(key);
    if (!collected.has_value()) return;
    if (!collected->empty()) WriteVariables(instance.scope, *collected);
  }
  Fault fault;
  const absl::StatusOr<std::vector<uint32_t>> flows =
      EndsAdHoc(instance.scope) ? std::vector<uint32_t>()
                                : ChooseFlows(element, key, &fault);
  if (!flows.ok()) {
    RaiseIncident(std::move(fault), key, instance.element);
    return;
  }
  const ElementBehavior& behavior = BehaviorOf(element.kind);
  const std::string text =
      behavior.says == nullptr ? "" : behavior.says(*this, key, element);
  RecordCompletion(instance);
  const ElementKey compensation = CompensationOf(instance);
  fb::ElementCompletedT completed;
  completed.key = key.value();
  Emit(std::move(completed));
  if (compensation.valid()) advance_.push_back(compensation);
  if (instance_->ad_hocs.contains(instance.scope) &&
      !instance.compensates.valid() && model::IsActivity(element.kind)) {
    CheckAdHoc(instance.scope);
  }
  for (uint32_t flow : *flows) TakeFlow(flow, instance.scope);
  if (flows->empty()) maybe_empty_.push_back(instance.scope);
  if (behavior.ended != nullptr) {
    behavior.ended(*this, instance.scope, element, text);
  }
}

std::string Transition::LimitReached() const {
  if (activations_ >= kActivationsPerCommandMax) {
    return absl::StrCat("more than ", kActivationsPerCommandMax,
                        " activations (kActivationsPerCommandMax)");
  }
  if (written_bytes_ + lookups_->ScriptBytes() >= kWrittenBytesPerCommandMax) {
    return absl::StrCat("more than ", kWrittenBytesPerCommandMax,
                        " bytes of variables (kWrittenBytesPerCommandMax)");
  }
  if (join_steps_ >= kJoinStepsPerCommandMax) {
    return absl::StrCat("more than ", kJoinStepsPerCommandMax,
                        " steps of joins (kJoinStepsPerCommandMax)");
  }
  return evaluations_.LimitReached();
}

// Tokens stay on the flows they are on; one incident stands for them all.
void Transition::StopAtLimit(std::string limit) {
  const uint32_t element = arrivals_.front().element;
  // Starts from nowhere are bounded by the model, and nothing else would make
  // them again.
  arrivals_.EraseIf(
      [](const Arrival& arrival) { return arrival.flow.has_value(); });
  RaiseLimit(std::move(limit), element);
}

void Transition::RaiseLimit(std::string limit, uint32_t element) {
  for (const auto& [key, incident] : instance_->incidents) {
    if (incident.type == fb::IncidentType::limit &&
        !incident.element_key.valid()) {
      return;
    }
  }
  RaiseIncident({fb::IncidentType::limit,
                 absl::StrCat(limit, " without a wait state, stopped before '",
                              model_->element(element).id,
                              "'; resolve the incident to go on")},
                ElementKey(), element);
}

bool Transition::StepNextLoop() {
  if (loops_.empty()) return false;
  const ElementKey loop = loops_.front();
  loops_.pop_front();
  queued_loops_.erase(loop);
  StepLoop(loop);
  return true;
}

void Transition::Run() {
  for (;;) {
    while (RollBackNextSaga()) {
    }
    // What an activity was the last of ends before anything else begins.
    while (StepAdHoc() || !arrivals_.empty()) {
      if (arrivals_.empty()) continue;
      // Only moves along flows can go round for ever.
      if (arrivals_.front().flow.has_value()) {
        if (std::string limit = LimitReached(); !limit.empty()) {
          StopAtLimit(std::move(limit));
          continue;
        }
      }
      const Arrival arrival = arrivals_.front();
      arrivals_.pop_front();
      Arrive(arrival);
    }
    // A handler that began now would be stopped by the rolling back, and what
    // it compensates would be lost.
    if (!sagas_.empty()) continue;
    if (AdvanceCompensation() || StepNextLoop() || DecideJoins()) continue;
    CompleteEmptyScopes();
    const bool rests = sagas_.empty() && arrivals_.empty() &&
                       advance_.empty() && loops_.empty() && moved_.empty();
    if (rests && !FireCondition()) return;
  }
}

void Transition::RaiseIncident(Fault fault, ElementKey element_key,
                               uint32_t element, JobKey job) {
  written_bytes_ += fault.message.size();
  // SEMANTICS, Compensation: it holds up its own record and no other.
  const bool in_handler = CompensatedAround(*instance_, element_key).valid();
  const bool compensates = in_handler || instance_->caller.in_handler;
  if (!compensates && TriggerSaga(fault, element_key, element, job)) return;
  if (compensates && fault.type != fb::IncidentType::limit) {
    fault.type = fb::IncidentType::compensation_failed;
  }
  fb::IncidentRaisedT raised;
  raised.key = NewKey();
  raised.type = fault.type;
  raised.element_key = element_key.value();
  raised.element = element;
  raised.message = fault.message;
  raised.job = job.value();
  Emit(std::move(raised));
  if (in_handler) FailCompensationAround(element_key);
  if (instance_->caller.in_handler ||
      (instance_->caller.in_saga && !in_handler && IsForGood(fault.type))) {
    ReportToCaller(fault);
  }
}

uint32_t Transition::TakeHandler(const std::string& job_type) {
  const HandlerAnswer handler = lookups_->HandlerFor(job_type);
  if (handler.epoch == 0) return 0;
  uint32_t& given = given_[job_type];
  if (given >= handler.room && !PAWL_PLANTED(handler_over_capacity)) return 0;
  ++given;
  return handler.epoch;
}

void Transition::OfferJob(JobKey key) {
  const Job& job = instance_->jobs.at(key);
  PAWL_CHECK(job.state == fb::JobState::ready) << key;
  const uint32_t epoch = TakeHandler(job.type);
  if (epoch == 0) return;
  fb::JobLockedT locked;
  locked.key = key.value();
  locked.type = job.type;
  locked.epoch = epoch;
  locked.attempt = job.attempt + 1;
  Emit(std::move(locked));
}

}  // namespace pawl::core
