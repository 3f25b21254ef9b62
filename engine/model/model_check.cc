#include "engine/model/model_check.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/model/model_rules.h"
#include "engine/model/process_definition.h"

namespace pawl::model {
namespace {

using fb::ElementKind;
using fb::EventType;

absl::Status Fault(const fb::ProcessT& model, const std::string& id,
                   const std::string& text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "compiled model of process '", model.id, "': '", id, "': ", text));
}

absl::Status CheckRules(const fb::ProcessT& model) {
  if (model.rules <= kModelRules) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(
      "compiled model of process '", model.id, "': got rules ", model.rules,
      " of execution, this build knows those up to ", kModelRules));
}

absl::Status CheckSize(const fb::ProcessT& model) {
  if (model.elements.size() + model.flows.size() > kModelElementsMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("compiled model of process '", model.id, "': got ",
                     model.elements.size(), " elements and ",
                     model.flows.size(), " flows, wanted at most ",
                     kModelElementsMax, " together (kModelElementsMax)"));
  }
  if (model.elements.empty() || model.elements[0] == nullptr ||
      model.elements[0]->kind != ElementKind::process) {
    return Fault(model, model.id, "element 0 is not the process");
  }
  if (model.elements[0]->id != model.id || model.id.empty()) {
    return Fault(model, model.elements[0]->id, "the process has another id");
  }
  return absl::OkStatus();
}

// Where BPMN has events of this type and this build executes them; what starts
// which scope is a question of its own.
bool Allows(ElementKind kind, EventType type) {
  // Which of them may stand together is a question of its own.
  if (kind == ElementKind::event_definition) return type != EventType::none;
  const bool starts = kind == ElementKind::start_event;
  const bool ends = kind == ElementKind::end_event;
  const bool catches = kind == ElementKind::intermediate_catch_event;
  const bool throws = kind == ElementKind::intermediate_throw_event;
  const bool boundary = kind == ElementKind::boundary_event;
  switch (type) {
    case EventType::none:
      return !catches && !boundary;
    case EventType::timer:
    case EventType::conditional:
      return starts || catches || boundary;
    case EventType::terminate:
      return ends;
    case EventType::error:
      return starts || ends || boundary;
    case EventType::link:
      return catches || throws;
    case EventType::message:
    case EventType::signal:
      return starts || ends || catches || throws || boundary;
    case EventType::escalation:
    case EventType::compensation:
      return starts || ends || throws || boundary;
    case EventType::cancel:
      return ends || boundary;
    case EventType::multiple:
      return starts || ends || catches || throws || boundary;
    case EventType::parallel_multiple:
      return starts || catches || boundary;
  }
  return false;
}

bool Throws(const fb::ElementT& e) {
  return e.kind == ElementKind::end_event ||
         e.kind == ElementKind::intermediate_throw_event;
}

// Every kind and type is one that this build knows.
absl::Status CheckKind(const fb::ProcessT& model, uint32_t index) {
  const fb::ElementT& e = *model.elements[index];
  if (e.kind == ElementKind::unknown || e.kind > ElementKind::MAX ||
      e.event_type > EventType::MAX) {
    return absl::UnimplementedError(absl::StrCat(
        "compiled model of process '", model.id, "': '", e.id,
        "': this build doesn't know element kind ", static_cast<int>(e.kind),
        " with event type ", static_cast<int>(e.event_type)));
  }
  if (e.kind == ElementKind::process && index != 0) {
    return Fault(model, e.id, "a process inside a process");
  }
  if (!Allows(e.kind, e.event_type)) {
    return absl::UnimplementedError(
        absl::StrCat("compiled model of process '", model.id, "': '", e.id,
                     "': this build doesn't execute event type ",
                     fb::EnumNameEventType(e.event_type), " on a ",
                     fb::EnumNameElementKind(e.kind)));
  }
  return absl::OkStatus();
}

absl::Status CheckBackoff(const fb::ProcessT& model, const std::string& id,
                          const fb::BackoffT& backoff) {
  for (int64_t delay_ms : backoff.delays_ms) {
    if (delay_ms < 0 || delay_ms > kDurationMsMax) {
      return Fault(model, id, absl::StrCat("backoff of ", delay_ms, " ms"));
    }
  }
  if (backoff.max_ms < 0 || backoff.max_ms > kDurationMsMax ||
      backoff.factor_permille < 1000) {
    return Fault(model, id, "backoff out of range");
  }
  return absl::OkStatus();
}

absl::Status CheckErrors(const fb::ProcessT& model, const std::string& owner,
                         const fb::JobDefinitionT& job) {
  for (const auto& error : job.errors) {
    if (error == nullptr || error->code.empty() ||
        error->condition == nullptr) {
      return Fault(model, owner, "an error without a code or a condition");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckJob(const fb::ProcessT& model, const std::string& id,
                      const fb::JobDefinitionT& job) {
  if (job.type == nullptr) return Fault(model, id, "job without a type");
  if (job.retries < 0 || job.retries > kRetriesMax) {
    return Fault(model, id,
                 absl::StrCat("got ", job.retries, " retries, wanted 0 to ",
                              kRetriesMax));
  }
  PAWL_RETURN_IF_ERROR(CheckErrors(model, id, job));
  if (job.backoff != nullptr) return CheckBackoff(model, id, *job.backoff);
  return absl::OkStatus();
}

// A job, an expression, a message: who works has one of them.
absl::Status CheckImplementation(const fb::ProcessT& model,
                                 const fb::ElementT& e) {
  const bool is_message = e.event_type == EventType::message;
  const bool sends =
      e.kind == ElementKind::send_task || (is_message && Throws(e));
  const bool evaluates = e.kind == ElementKind::service_task ||
                         e.kind == ElementKind::script_task ||
                         e.kind == ElementKind::business_rule_task || sends;
  const bool waits =
      (is_message && !Throws(e)) || e.kind == ElementKind::receive_task;
  if ((e.script != nullptr && !evaluates) || (e.job != nullptr && !evaluates) ||
      (e.message != nullptr && !sends && !waits)) {
    return Fault(model, e.id, "a job, script or message out of place");
  }
  const int got =
      (e.job != nullptr) + (e.script != nullptr) + (e.message != nullptr);
  // A receive task may wait for anything.
  const bool is_optional = e.kind == ElementKind::receive_task;
  const int wanted = evaluates || waits ? 1 : 0;
  if (got != wanted && !is_optional) {
    return Fault(
        model, e.id,
        absl::StrCat("got ", got, " implementations, wanted ", wanted));
  }
  if (e.message != nullptr && e.message->name == nullptr) {
    return Fault(model, e.id, "a message without a name");
  }
  if (e.script != nullptr && e.script->script == nullptr) {
    return Fault(model, e.id, "script without a text");
  }
  return e.job == nullptr ? absl::OkStatus() : CheckJob(model, e.id, *e.job);
}

// Each event carries what its execution reads.
absl::Status CheckEventData(const fb::ProcessT& model, const fb::ElementT& e) {
  if ((e.timer != nullptr) != (e.event_type == EventType::timer)) {
    return Fault(model, e.id, "timer data missing or out of place");
  }
  if (e.timer != nullptr &&
      (e.timer->value == nullptr || e.timer->kind > fb::TimerKind::MAX)) {
    return Fault(model, e.id, "timer without a value");
  }
  if ((e.error != nullptr) != (e.event_type == EventType::error)) {
    return Fault(model, e.id, "error data missing or out of place");
  }
  if (e.error != nullptr && e.error->code.empty() && Throws(e)) {
    return Fault(model, e.id, "throws an error without a code");
  }
  if ((e.signal != nullptr) != (e.event_type == EventType::signal)) {
    return Fault(model, e.id, "signal data missing or out of place");
  }
  if (e.signal != nullptr && e.signal->name == nullptr) {
    return Fault(model, e.id, "a signal without a name");
  }
  if ((e.escalation != nullptr) != (e.event_type == EventType::escalation)) {
    return Fault(model, e.id, "escalation data missing or out of place");
  }
  if (e.escalation != nullptr && e.escalation->code.empty() && Throws(e)) {
    return Fault(model, e.id, "throws an escalation without a code");
  }
  if ((e.compensate != nullptr) !=
      (e.event_type == EventType::compensation && Throws(e))) {
    return Fault(model, e.id, "compensation data missing or out of place");
  }
  if (e.loop != nullptr &&
      (!IsActivity(e.kind) || e.loop->kind > fb::LoopKind::MAX)) {
    return Fault(model, e.id, "loop out of place");
  }
  const bool may_be_saga = e.kind == ElementKind::process ||
                           e.kind == ElementKind::sub_process ||
                           e.kind == ElementKind::transaction ||
                           e.kind == ElementKind::ad_hoc_sub_process;
  if (e.saga > fb::SagaScope::MAX ||
      (e.saga != fb::SagaScope::none && !may_be_saga)) {
    return Fault(model, e.id, "saga out of place");
  }
  if ((e.ad_hoc != nullptr) != (e.kind == ElementKind::ad_hoc_sub_process)) {
    return Fault(model, e.id, "ad-hoc data missing or out of place");
  }
  if (e.for_compensation && !IsActivity(e.kind)) {
    return Fault(model, e.id, "for compensation, and no activity");
  }
  const bool is_conditional = e.event_type == EventType::conditional;
  if (e.condition == nullptr
          ? is_conditional
          : !is_conditional && e.kind != ElementKind::complex_gateway) {
    return Fault(model, e.id, "a condition missing or out of place");
  }
  return absl::OkStatus();
}

absl::Status CheckTaskListeners(const fb::ProcessT& model,
                                const fb::ElementT& e) {
  for (const auto& listener : e.user_task->listeners) {
    if (listener == nullptr || listener->event == fb::TaskEvent::none ||
        listener->event > fb::TaskEvent::MAX ||
        (listener->script == nullptr) == (listener->job == nullptr)) {
      return Fault(model, e.id, "a listener of the task without work");
    }
    if (listener->script != nullptr && listener->script->script == nullptr) {
      return Fault(model, e.id, "script without a text");
    }
    if (listener->job != nullptr) {
      PAWL_RETURN_IF_ERROR(CheckJob(model, e.id, *listener->job));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckForm(const fb::ProcessT& model, const fb::ElementT& e) {
  if (e.form == nullptr) return absl::OkStatus();
  if (e.kind != ElementKind::user_task && e.kind != ElementKind::start_event) {
    return Fault(model, e.id, "a form out of place");
  }
  for (const auto& field : e.form->fields) {
    if (field == nullptr) return Fault(model, e.id, "an empty field");
    for (const auto* entries :
         {&field->constraints, &field->properties, &field->values}) {
      for (const auto& entry : *entries) {
        if (entry == nullptr) return Fault(model, e.id, "an empty field");
      }
    }
  }
  return absl::OkStatus();
}

// Each kind carries what its execution reads, and an execution that reads
// nothing of a kind is not surprised by it.
absl::Status CheckWork(const fb::ProcessT& model, const fb::ElementT& e) {
  PAWL_RETURN_IF_ERROR(CheckImplementation(model, e));
  if ((e.user_task != nullptr) != (e.kind == ElementKind::user_task)) {
    return Fault(model, e.id, "user task data missing or out of place");
  }
  if (e.user_task != nullptr) {
    PAWL_RETURN_IF_ERROR(CheckTaskListeners(model, e));
  }
  PAWL_RETURN_IF_ERROR(CheckForm(model, e));
  return CheckEventData(model, e);
}

// What starts a scope. `scope` is that of the start event `e`.
absl::Status CheckStart(const fb::ProcessT& model, const fb::ElementT& e,
                        const fb::ElementT& scope) {
  const bool is_none = e.event_type == EventType::none;
  bool start_ok = false;
  if (scope.kind == ElementKind::event_sub_process) {
    start_ok = !is_none;
  } else if (scope.kind == ElementKind::process) {
    start_ok = is_none || e.event_type == EventType::message ||
               e.event_type == EventType::signal ||
               e.event_type == EventType::timer ||
               e.event_type == EventType::conditional ||
               e.event_type == EventType::multiple ||
               e.event_type == EventType::parallel_multiple;
  } else {
    start_ok = is_none;
  }
  if (!start_ok) {
    return absl::UnimplementedError(absl::StrCat(
        "compiled model of process '", model.id, "': '", e.id,
        "': this build doesn't start a ", fb::EnumNameElementKind(scope.kind),
        " by event type ", fb::EnumNameEventType(e.event_type)));
  }
  if (e.kind == ElementKind::start_event &&
      scope.kind == ElementKind::process && e.message != nullptr &&
      e.message->correlation_key != nullptr) {
    return Fault(model, e.id, "a correlation key of what starts a process");
  }
  return absl::OkStatus();
}

// What starts the process is looked for where there are no variables.
absl::Status CheckEventStarts(const fb::ProcessT& model) {
  for (const uint32_t index : EventStartsOf(model)) {
    const fb::ElementT& e = *model.elements[index];
    // Itself, or one of several that do.
    const bool is_start = e.kind == ElementKind::start_event ||
                          e.kind == ElementKind::event_definition;
    if (is_start && e.event_type == EventType::conditional) continue;
    if (is_start && e.event_type == EventType::timer) {
      if (e.timer->value->language == fb::Language::literal) continue;
      return Fault(model, e.id, "the time of what starts it isn't constant");
    }
    if (e.message == nullptr && e.signal == nullptr) {
      return Fault(model, e.id, "nothing that starts a process");
    }
    const fb::ExpressionT& name =
        e.message != nullptr ? *e.message->name : *e.signal->name;
    if (name.language != fb::Language::literal || name.text.empty()) {
      return Fault(model, e.id, "the name of what starts it isn't constant");
    }
  }
  return absl::OkStatus();
}

// Receive tasks and event gateways that start the process.
absl::Status CheckInstantiate(const fb::ProcessT& model,
                              const fb::ElementT& e) {
  const bool is_gateway = e.kind == ElementKind::event_based_gateway;
  if ((e.instantiate && !is_gateway && e.kind != ElementKind::receive_task) ||
      (e.parallel && (!is_gateway || !e.instantiate))) {
    return Fault(model, e.id, "starts the process, and can't");
  }
  if (e.instantiate && (e.scope != 0 || !e.incoming.empty() ||
                        e.loop != nullptr || e.for_compensation)) {
    return Fault(model, e.id, "starts the process where it can't");
  }
  return absl::OkStatus();
}

bool IsMultiple(EventType type) {
  return type == EventType::multiple || type == EventType::parallel_multiple;
}

// One of the definitions of an event.
absl::Status CheckDefinition(const fb::ProcessT& model, const fb::ElementT& e) {
  const fb::ElementT* const event =
      e.attached_to == 0 || e.attached_to >= model.elements.size()
          ? nullptr
          : model.elements[e.attached_to].get();
  if (event == nullptr || !IsMultiple(event->event_type) ||
      event->kind == ElementKind::event_definition || event->scope != e.scope ||
      event->interrupting != e.interrupting || !e.incoming.empty() ||
      !e.outgoing.empty() || !e.inputs.empty() || !e.outputs.empty() ||
      !e.listeners.empty()) {
    return Fault(model, e.id,
                 absl::StrCat("a definition of element ", e.attached_to));
  }
  const bool is_parallel = event->event_type == EventType::parallel_multiple;
  bool is_legal = false;
  switch (e.event_type) {
    case EventType::message:
    case EventType::signal:
      is_legal = true;
      break;
    case EventType::timer:
    case EventType::conditional:
      is_legal = !Throws(*event) &&
                 !(is_parallel && event->kind == ElementKind::start_event &&
                   event->scope == 0);
      break;
    case EventType::error:
      is_legal = !is_parallel && e.interrupting &&
                 Allows(event->kind, EventType::error);
      break;
    case EventType::escalation:
      is_legal = !is_parallel && Allows(event->kind, EventType::escalation);
      break;
    case EventType::terminate:
      is_legal = event->kind == ElementKind::end_event;
      break;
    default:
      break;
  }
  const bool has_no_code =
      (e.error != nullptr && e.error->code.empty()) ||
      (e.escalation != nullptr && e.escalation->code.empty());
  if (!is_legal || (Throws(*event) && has_no_code)) {
    return Fault(model, e.id, "can't stand beside other definitions");
  }
  return absl::OkStatus();
}

// An event with several definitions has two at least, and the others none.
absl::Status CheckDefinitions(const fb::ProcessT& model) {
  std::vector<uint32_t> counts(model.elements.size(), 0);
  for (const auto& e : model.elements) {
    if (e->kind == ElementKind::event_definition) ++counts[e->attached_to];
  }
  for (uint32_t i = 0; i < model.elements.size(); ++i) {
    const fb::ElementT& e = *model.elements[i];
    if (e.kind == ElementKind::event_definition) continue;
    if (IsMultiple(e.event_type) ? counts[i] < 2 : counts[i] != 0) {
      return Fault(model, e.id,
                   absl::StrCat("an event with ", counts[i], " definitions"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMapped(const fb::ProcessT& model, const std::string& id,
                         const std::unique_ptr<fb::MappedValueT>& value,
                         int depth) {
  if (value == nullptr || value->kind > fb::MappedKind::MAX ||
      depth > kMappingDepthMax + 1 ||
      (value->kind == fb::MappedKind::expression) !=
          (value->expression != nullptr)) {
    return Fault(model, id, "a mapping without a value");
  }
  for (const auto& entry : value->entries) {
    if (entry == nullptr) return Fault(model, id, "an empty entry");
    PAWL_RETURN_IF_ERROR(CheckMapped(model, id, entry->value, depth + 1));
  }
  return absl::OkStatus();
}

absl::Status CheckMappings(
    const fb::ProcessT& model, const std::string& id,
    const std::vector<std::unique_ptr<fb::MappingT>>& mappings) {
  for (const auto& mapping : mappings) {
    if (mapping == nullptr || mapping->target.empty() ||
        mapping->path.size() > static_cast<size_t>(kMappingDepthMax)) {
      return Fault(model, id, "a mapping without a target");
    }
    PAWL_RETURN_IF_ERROR(CheckMapped(model, id, mapping->value, 1));
  }
  return absl::OkStatus();
}

absl::Status CheckCall(const fb::ProcessT& model, const fb::ElementT& e) {
  if ((e.call != nullptr) != (e.kind == ElementKind::call_activity)) {
    return Fault(model, e.id, "call data missing or out of place");
  }
  if (e.call == nullptr) return absl::OkStatus();
  const bool by_version = e.call->binding == fb::CallBinding::version ||
                          e.call->binding == fb::CallBinding::version_tag;
  if (e.call->process_id == nullptr || e.call->binding > fb::CallBinding::MAX ||
      (e.call->version != nullptr) != by_version) {
    return Fault(model, e.id, "a call without a process or version");
  }
  for (const auto* mappings : {&e.call->inputs, &e.call->outputs,
                               &e.call->local_inputs, &e.call->local_outputs}) {
    PAWL_RETURN_IF_ERROR(CheckMappings(model, e.id, *mappings));
    for (const auto& mapping : *mappings) {
      if (!mapping->path.empty()) {
        return Fault(model, e.id, "a path across a call");
      }
    }
  }
  return absl::OkStatus();
}

// Mappings and listeners belong to flow nodes.
absl::Status CheckSteps(const fb::ProcessT& model, const fb::ElementT& e) {
  if (e.kind == ElementKind::process &&
      !(e.inputs.empty() && e.outputs.empty() && e.listeners.empty())) {
    return Fault(model, e.id, "mappings or listeners of a process");
  }
  PAWL_RETURN_IF_ERROR(CheckMappings(model, e.id, e.inputs));
  PAWL_RETURN_IF_ERROR(CheckMappings(model, e.id, e.outputs));
  for (const auto& output : e.outputs) {
    if (output->association != e.outputs.front()->association) {
      return Fault(model, e.id, "outputs of mappings and of associations");
    }
  }
  PAWL_RETURN_IF_ERROR(CheckCall(model, e));
  for (const auto& listener : e.listeners) {
    if (listener == nullptr || listener->event > fb::ListenerEvent::MAX ||
        (listener->script == nullptr) == (listener->job == nullptr)) {
      return Fault(model, e.id, "a listener without work");
    }
    if (listener->script != nullptr && listener->script->script == nullptr) {
      return Fault(model, e.id, "script without a text");
    }
    if (listener->job != nullptr) {
      PAWL_RETURN_IF_ERROR(CheckJob(model, e.id, *listener->job));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFlows(const fb::ProcessT& model) {
  const size_t element_count = model.elements.size();
  for (const auto& flow : model.flows) {
    if (flow == nullptr) return Fault(model, model.id, "an empty flow");
    if (flow->source == 0 || flow->source >= element_count ||
        flow->target == 0 || flow->target >= element_count) {
      return Fault(
          model, flow->id,
          absl::StrCat("flow from ", flow->source, " to ", flow->target, " of ",
                       element_count, " elements"));
    }
  }
  return absl::OkStatus();
}

// A lane comes after the one around it.
absl::Status CheckLanes(const fb::ProcessT& model) {
  for (uint32_t i = 0; i < model.lanes.size(); ++i) {
    const auto& lane = model.lanes[i];
    if (lane == nullptr || lane->parent > i) {
      return Fault(model, model.id, "a lane inside none");
    }
    for (const uint32_t member : lane->members) {
      if (member == 0 || member >= model.elements.size()) {
        return Fault(model, lane->id, "a lane with an unknown member");
      }
    }
  }
  for (const auto& one : model.participants) {
    if (one == nullptr) return Fault(model, model.id, "an empty participant");
  }
  for (const auto& one : model.message_flows) {
    if (one == nullptr) return Fault(model, model.id, "an empty message flow");
  }
  return absl::OkStatus();
}

// What compensates what, and where a transaction is cancelled.
absl::Status CheckCompensation(const fb::ProcessT& model,
                               const fb::ElementT& e) {
  const auto at = [&](uint32_t index) -> const fb::ElementT* {
    return index == 0 || index >= model.elements.size()
               ? nullptr
               : model.elements[index].get();
  };
  const fb::ElementT& scope = *model.elements[e.scope];
  if (e.for_compensation && !(e.incoming.empty() && e.outgoing.empty())) {
    return Fault(model, e.id, "a flow of a compensation handler");
  }
  if (e.handler != 0) {
    const fb::ElementT* const handler = at(e.handler);
    if (e.kind != ElementKind::boundary_event ||
        e.event_type != EventType::compensation || handler == nullptr ||
        !handler->for_compensation || handler->scope != e.scope) {
      return Fault(model, e.id, absl::StrCat("handler ", e.handler));
    }
  }
  if (e.compensate != nullptr && e.compensate->activity != 0) {
    const fb::ElementT* const activity = at(e.compensate->activity);
    const bool is_in_reach =
        activity != nullptr && (activity->scope == e.scope ||
                                (scope.kind == ElementKind::event_sub_process &&
                                 activity->scope == scope.scope));
    if (!is_in_reach || !IsActivity(activity->kind)) {
      return Fault(
          model, e.id,
          absl::StrCat("compensates element ", e.compensate->activity));
    }
  }
  const bool is_boundary = e.kind == ElementKind::boundary_event;
  if (e.event_type == EventType::compensation && is_boundary &&
      !e.outgoing.empty()) {
    return Fault(model, e.id, "a flow of a compensation event");
  }
  if (e.event_type == EventType::compensation &&
      e.kind == ElementKind::start_event) {
    const ElementKind around = model.elements[scope.scope]->kind;
    if (around != ElementKind::sub_process &&
        around != ElementKind::transaction &&
        around != ElementKind::ad_hoc_sub_process) {
      return Fault(model, e.id, "compensates what can't be compensated");
    }
  }
  if (e.event_type == EventType::cancel) {
    const fb::ElementT* const host = at(e.attached_to);
    const bool is_in_place =
        is_boundary
            ? host != nullptr && (host->kind == ElementKind::transaction ||
                                  host->saga == fb::SagaScope::local)
            : scope.kind == ElementKind::transaction;
    if (!is_in_place) return Fault(model, e.id, "cancels no transaction");
  }
  return absl::OkStatus();
}

// What a boundary event is attached to, and where a link leads.
absl::Status CheckReferences(const fb::ProcessT& model, const fb::ElementT& e) {
  const auto at = [&](uint32_t index) -> const fb::ElementT* {
    return index == 0 || index >= model.elements.size()
               ? nullptr
               : model.elements[index].get();
  };
  const fb::ElementT* const host = at(e.attached_to);
  if (e.kind == ElementKind::boundary_event) {
    if (host == nullptr || !IsActivity(host->kind) || host->scope != e.scope ||
        !e.incoming.empty()) {
      return Fault(model, e.id,
                   absl::StrCat("attached to element ", e.attached_to));
    }
  } else if (e.kind == ElementKind::event_definition) {
    PAWL_RETURN_IF_ERROR(CheckDefinition(model, e));
  } else if (e.attached_to != 0) {
    return Fault(model, e.id, "attached, and no boundary event");
  }
  PAWL_RETURN_IF_ERROR(CheckCompensation(model, e));
  PAWL_RETURN_IF_ERROR(CheckInstantiate(model, e));
  const bool starts_on_event =
      e.kind == ElementKind::start_event &&
      model.elements[e.scope]->kind == ElementKind::event_sub_process;
  if (!e.interrupting &&
      (e.event_type == EventType::error ||
       (e.kind != ElementKind::boundary_event && !starts_on_event &&
        e.kind != ElementKind::event_definition))) {
    return Fault(model, e.id, "doesn't interrupt what it can't leave alone");
  }
  const bool throws_link = e.kind == ElementKind::intermediate_throw_event &&
                           e.event_type == EventType::link;
  const fb::ElementT* const target = at(e.link_target);
  if (throws_link ? target == nullptr || target->scope != e.scope ||
                        target->kind != ElementKind::intermediate_catch_event ||
                        target->event_type != EventType::link
                  : e.link_target != 0) {
    return Fault(model, e.id, absl::StrCat("link to element ", e.link_target));
  }
  return absl::OkStatus();
}

bool CanFollowEventGateway(const fb::ElementT& e) {
  if (e.kind == ElementKind::receive_task) return true;
  return e.kind == ElementKind::intermediate_catch_event &&
         e.event_type != EventType::link;
}

// What follows an event gateway waits for it alone; `hosts` says which elements
// have boundary events.
absl::Status CheckEventGateway(const fb::ProcessT& model, const fb::ElementT& e,
                               const std::vector<bool>& hosts) {
  if (e.outgoing.empty()) {
    return Fault(model, e.id, "an event gateway without events");
  }
  if (e.instantiate && !e.listeners.empty()) {
    return Fault(model, e.id, "a listener that would never run");
  }
  for (const uint32_t f : e.outgoing) {
    const uint32_t target = model.flows[f]->target;
    const fb::ElementT& event = *model.elements[target];
    if (!CanFollowEventGateway(event) || event.incoming.size() != 1 ||
        hosts[target] || model.flows[f]->condition != nullptr) {
      return Fault(model, e.id,
                   absl::StrCat("can't wait for element ", target));
    }
  }
  return absl::OkStatus();
}

// Event sub-processes have one start event, and no flows; event gateways have
// events.
absl::Status CheckTriggers(const fb::ProcessT& model) {
  std::vector<bool> hosts(model.elements.size(), false);
  std::vector<uint32_t> starts(model.elements.size(), 0);
  for (const auto& e : model.elements) {
    if (e->kind == ElementKind::boundary_event) hosts[e->attached_to] = true;
    if (e->kind == ElementKind::start_event) ++starts[e->scope];
  }
  for (uint32_t i = 0; i < model.elements.size(); ++i) {
    const fb::ElementT& e = *model.elements[i];
    if (e.kind == ElementKind::event_based_gateway) {
      PAWL_RETURN_IF_ERROR(CheckEventGateway(model, e, hosts));
    }
    if (e.kind != ElementKind::event_sub_process) continue;
    if (starts[i] != 1 || !e.incoming.empty() || !e.outgoing.empty()) {
      return Fault(model, e.id,
                   absl::StrCat("an event sub-process with ", starts[i],
                                " start events or flows"));
    }
  }
  return absl::OkStatus();
}

// `lists` of all elements name every flow once, at the end that it has there.
absl::Status CheckEnds(const fb::ProcessT& model, bool outgoing) {
  std::vector<bool> seen(model.flows.size(), false);
  size_t count = 0;
  for (uint32_t i = 0; i < model.elements.size(); ++i) {
    const fb::ElementT& e = *model.elements[i];
    for (uint32_t f : outgoing ? e.outgoing : e.incoming) {
      if (f >= model.flows.size() || seen[f] ||
          (outgoing ? model.flows[f]->source : model.flows[f]->target) != i) {
        return Fault(model, e.id,
                     absl::StrCat("flow ", f, " of ", model.flows.size(),
                                  " is not its own"));
      }
      seen[f] = true;
      ++count;
    }
  }
  if (count != model.flows.size()) {
    return Fault(model, model.id, "a flow that no element names");
  }
  return absl::OkStatus();
}

absl::Status CheckElements(const fb::ProcessT& model) {
  absl::btree_set<std::string> ids;
  for (uint32_t i = 0; i < model.elements.size(); ++i) {
    if (model.elements[i] == nullptr) {
      return Fault(model, model.id, absl::StrCat("element ", i, " is missing"));
    }
    const fb::ElementT& e = *model.elements[i];
    PAWL_RETURN_IF_ERROR(CheckKind(model, i));
    // A parent comes before its children, so scopes form a tree.
    const uint32_t scope_limit = i == 0 ? 1 : i;
    if (e.scope >= scope_limit || !IsScope(model.elements[e.scope]->kind)) {
      return Fault(model, e.id, absl::StrCat("scope ", e.scope));
    }
    if (e.id.empty() || !ids.insert(e.id).second) {
      return Fault(model, e.id, "the id is empty or used twice");
    }
    if (e.default_flow > model.flows.size() ||
        (e.default_flow != 0 && model.flows[e.default_flow - 1]->source != i)) {
      return Fault(model, e.id, absl::StrCat("default flow ", e.default_flow));
    }
    PAWL_RETURN_IF_ERROR(CheckWork(model, e));
    PAWL_RETURN_IF_ERROR(CheckSteps(model, e));
    if (model.elements[e.scope]->kind == ElementKind::ad_hoc_sub_process &&
        (e.kind == ElementKind::start_event ||
         e.kind == ElementKind::end_event)) {
      return Fault(model, e.id, "a start or end of an ad-hoc sub-process");
    }
    if (e.kind == ElementKind::start_event) {
      PAWL_RETURN_IF_ERROR(CheckStart(model, e, *model.elements[e.scope]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckModel(const fb::ProcessT& model) {
  PAWL_RETURN_IF_ERROR(CheckRules(model));
  PAWL_RETURN_IF_ERROR(CheckSize(model));
  PAWL_RETURN_IF_ERROR(CheckFlows(model));
  PAWL_RETURN_IF_ERROR(CheckLanes(model));
  PAWL_RETURN_IF_ERROR(CheckElements(model));
  for (const auto& element : model.elements) {
    PAWL_RETURN_IF_ERROR(CheckReferences(model, *element));
  }
  for (const auto& flow : model.flows) {
    if (model.elements[flow->source]->scope !=
        model.elements[flow->target]->scope) {
      return Fault(model, flow->id, "a flow across scopes");
    }
  }
  PAWL_RETURN_IF_ERROR(CheckEnds(model, /*outgoing=*/true));
  PAWL_RETURN_IF_ERROR(CheckEnds(model, /*outgoing=*/false));
  PAWL_RETURN_IF_ERROR(CheckTriggers(model));
  PAWL_RETURN_IF_ERROR(CheckDefinitions(model));
  return CheckEventStarts(model);
}

}  // namespace pawl::model
