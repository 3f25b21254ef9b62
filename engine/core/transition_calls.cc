// Call activities (BPMN 2.0.2, 10.3.6 and 13.3.4; docs/adr/0021). The called
// process is an instance of its own, with its own records: what passes between
// the two are requests, and no decision touches both.
#include <span>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/planted.h"
#include "engine/core/element/mapping.h"
#include "engine/core/transition.h"
#include "engine/core/wire_variables.h"
#include "engine/model/model_rules.h"

namespace pawl::core {
namespace {

using fb::CallBinding;
using fb::IncidentType;

Fault WrongText(std::string_view what, std::string_view why) {
  return {IncidentType::expression_error,
          absl::StrCat(ToAbsl(what), ": ", ToAbsl(why))};
}

// A process id or version tag, which goes into a fact.
std::optional<Fault> CheckName(std::string_view what, const std::string& name) {
  if (name.empty()) return WrongText(what, "got an empty text");
  if (name.size() > kNameBytesMax) {
    return WrongText(
        what, absl::StrCat("got ", name.size(), " bytes, wanted at most ",
                           kNameBytesMax, " (kNameBytesMax)"));
  }
  return std::nullopt;
}

// What crosses: variables by name, the last of each.
class Crossing {
 public:
  void AddAll(const Scope& scope) {
    for (const auto& [name, json] : scope.variables) {
      variables_.try_emplace(name, json);
    }
  }

  std::optional<Fault> AddMapped(const absl::StatusOr<Variables>& mapped) {
    if (!mapped.ok()) {
      return Fault{IncidentType::mapping_error,
                   std::string(mapped.status().message())};
    }
    for (const auto& [name, value] : *mapped) {
      std::string json;
      value.AppendJson(&json);
      variables_[name] = std::move(json);
    }
    return std::nullopt;
  }

  size_t bytes() const {
    size_t bytes = 0;
    for (const auto& [name, json] : variables_) {
      bytes += name.size() + json.size();
    }
    return bytes;
  }

  WireVariables Take() {
    WireVariables wire;
    for (auto& [name, json] : variables_) {
      wire.push_back(NewVariable(name, std::move(json)));
    }
    return wire;
  }

 private:
  StringMap<std::string> variables_;
};

// A record holds all that crosses, twice.
std::optional<Fault> CheckBytes(size_t bytes) {
  if (bytes <= kVariablesBytesMax) return std::nullopt;
  return Fault{IncidentType::mapping_error,
               absl::StrCat("got ", bytes,
                            " bytes of variables that cross a call, wanted at "
                            "most ",
                            kVariablesBytesMax, " (kVariablesBytesMax)")};
}

}  // namespace

// --- Into the called instance ------------------------------------------------

std::optional<Fault> Transition::FindCalled(const fb::CallDefinitionT& call,
                                            ElementKey key,
                                            DefinitionAnswer* called,
                                            std::string* process_id) {
  const auto id = EvaluateText(*call.process_id, key);
  if (!id.ok())
    return WrongText("called process", ToStd(id.status().message()));
  if (auto fault = CheckName("called process", *id)) return fault;
  *process_id = *id;
  std::string version;
  if (call.version != nullptr) {
    auto text = EvaluateText(*call.version, key);
    if (!text.ok()) {
      return WrongText("called version", ToStd(text.status().message()));
    }
    version = *std::move(text);
    if (auto fault = CheckName("called version", version)) return fault;
  }
  std::string which;
  switch (call.binding) {
    case CallBinding::latest:
      *called = lookups_->Definition(*id, 0);
      break;
    case CallBinding::deployment:
      which = " as of the deployment of this one";
      *called = lookups_->DefinitionBeside(*id, instance_->process_id,
                                           instance_->version);
      break;
    case CallBinding::version: {
      uint32_t number = 0;
      if (!absl::SimpleAtoi(version, &number) || number == 0) {
        return WrongText("called version",
                         absl::StrCat("got '", version, "', wanted a number"));
      }
      which = absl::StrCat(" version ", number);
      *called = lookups_->Definition(*id, number);
      break;
    }
    case CallBinding::version_tag:
      which = absl::StrCat(" with version tag '", version, "'");
      *called = lookups_->DefinitionTagged(*id, version);
      break;
  }
  std::string missing;
  if (!called->key.valid()) {
    missing = " is not deployed";
  } else if (const auto model = lookups_->Model(called->key);
             model == nullptr) {
    missing = ": its model can't be read or is not executable by this build";
  } else if (!model->model().executable) {
    missing = " is not executable (isExecutable=\"false\")";
  } else if (model->StartNodes(0).empty()) {
    missing = " has no none start event: it starts by a trigger only";
  }
  if (missing.empty()) return std::nullopt;
  return Fault{IncidentType::no_called_process,
               absl::StrCat("process '", *id, "'", which, missing)};
}

std::optional<Fault> Transition::MapInto(const fb::CallDefinitionT& call,
                                         ElementKey key,
                                         WireVariables* variables) {
  Crossing crossing;
  if (call.all_in || call.local_in) {
    for (ElementKey scope = key; scope.valid();
         scope = ParentScope(*instance_, scope)) {
      const auto it = instance_->scopes.find(scope);
      if (it != instance_->scopes.end()) crossing.AddAll(it->second);
      if (!call.all_in) break;
    }
  }
  if (auto fault = crossing.AddMapped(
          MapAcross(*model_, call.inputs, View(key), "input"))) {
    return fault;
  }
  ScopeVariables local = View(key);
  local.HideOuter();
  if (auto fault = crossing.AddMapped(
          MapAcross(*model_, call.local_inputs, local, "input"))) {
    return fault;
  }
  if (auto fault = CheckBytes(crossing.bytes())) return fault;
  CountWritten(crossing.bytes());
  *variables = crossing.Take();
  return std::nullopt;
}

std::optional<Fault> Transition::Call(ElementKey key) {
  const uint32_t element = instance_->elements.at(key).element;
  const fb::CallDefinitionT& call = *model_->element(element).call;
  const uint32_t depth = instance_->caller.depth + 1;
  if (depth > kCallDepthMax) {
    return Fault{IncidentType::limit,
                 absl::StrCat("got calls inside one another deeper than ",
                              kCallDepthMax, " (kCallDepthMax)")};
  }
  fb::StartInstanceT start;
  DefinitionAnswer called;
  if (auto fault = FindCalled(call, key, &called, &start.process_id)) {
    return fault;
  }
  start.version = called.version;
  start.definition = called.key.value();
  if (call.business_key != nullptr) {
    auto text = EvaluateText(*call.business_key, key);
    if (!text.ok()) {
      return WrongText("business key", ToStd(text.status().message()));
    }
    if (!text->empty()) {
      if (auto fault = CheckName("business key", *text)) return fault;
    }
    if (text->find('\0') != std::string::npos) {
      return WrongText("business key", "got a text with a zero byte");
    }
    start.business_key = *std::move(text);
  }
  if (auto fault = MapInto(call, key, &start.variables)) return fault;
  start.caller = std::make_unique<fb::CallerT>();
  start.caller->instance = instance_->key.value();
  start.caller->element_key = key.value();
  start.caller->definition = instance_->definition.value();
  start.caller->element = element;
  start.caller->root = instance_->called() ? instance_->caller.root.value()
                                           : instance_->key.value();
  start.caller->depth = depth;
  if (model_->model().rules >= model::kRulesOfFailedCalls) {
    start.caller->in_handler = instance_->caller.in_handler ||
                               CompensatedAround(*instance_, key).valid();
    start.caller->in_saga =
        !start.caller->in_handler &&
        (instance_->caller.in_saga || SagaAround(key).valid());
  }
  start.key = NewKey();
  fb::ProcessCalledT event;
  event.element_key = key.value();
  event.instance = start.key;
  event.process_id = start.process_id;
  event.version = start.version;
  Emit(std::move(event));
  Request(std::move(start));
  return std::nullopt;
}

// --- Back to the caller ------------------------------------------------------

std::optional<Fault> Transition::MapBack(fb::CompleteCallT* back) {
  const Caller& caller = instance_->caller;
  const auto model = lookups_->Model(caller.definition);
  if (model == nullptr || caller.element >= model->element_count() ||
      model->element(caller.element).call == nullptr) {
    return Fault{IncidentType::mapping_error,
                 absl::StrCat("definition ", caller.definition.value(),
                              " of the caller can't be read")};
  }
  const fb::CallDefinitionT& call = *model->element(caller.element).call;
  const ElementKey root = instance_->root();
  const ScopeVariables seen = View(root);
  const auto map = [&](bool all, const auto& mappings,
                       Crossing* to) -> std::optional<Fault> {
    const auto scope = instance_->scopes.find(root);
    if (all && scope != instance_->scopes.end()) to->AddAll(scope->second);
    return to->AddMapped(MapAcross(*model, mappings, seen, "output"));
  };
  Crossing out;
  Crossing local;
  if (auto fault = map(call.all_out, call.outputs, &out)) return fault;
  if (auto fault = map(call.local_out, call.local_outputs, &local)) {
    return fault;
  }
  const size_t bytes = out.bytes() + local.bytes();
  if (auto fault = CheckBytes(bytes)) return fault;
  CountWritten(bytes);
  back->instance = caller.instance.value();
  back->element_key = caller.element_key.value();
  back->called = instance_->key.value();
  back->variables = out.Take();
  back->local = local.Take();
  return std::nullopt;
}

// What isn't there, can't be computed or not be carried is left out: what is
// thrown is the news, and may well be why. Null would hide what the caller has.
WireVariables Transition::OutputsOnThrow() {
  const Caller& caller = instance_->caller;
  const auto model = lookups_->Model(caller.definition);
  if (model == nullptr || caller.element >= model->element_count()) return {};
  const auto& call = model->element(caller.element).call;
  if (call == nullptr || !call->out_on_throw ||
      PAWL_PLANTED(outputs_not_thrown)) {
    return {};
  }
  const ElementKey root = instance_->root();
  Crossing out;
  const auto scope = instance_->scopes.find(root);
  if (call->all_out && scope != instance_->scopes.end()) {
    out.AddAll(scope->second);
  }
  for (const auto& mapping : call->outputs) {
    const absl::StatusOr<Variables> mapped =
        MapAcross(*model, std::span(&mapping, 1), View(root), "output");
    if (!mapped.ok() || mapped->empty() || mapped->begin()->second.is_null()) {
      continue;
    }
    (void)out.AddMapped(mapped);  // it fails only where `mapped` does
  }
  if (CheckBytes(out.bytes()).has_value()) return {};
  CountWritten(out.bytes());
  return out.Take();
}

void Transition::LeaveInstance() {
  const ElementKey root = instance_->root();
  fb::CompleteCallT back;
  const bool returns = instance_->called();
  if (returns) {
    if (auto fault = MapBack(&back)) {
      return RaiseIncident(*std::move(fault), root, 0);
    }
  }
  fb::ElementCompletedT completed;
  completed.key = root.value();
  Emit(std::move(completed));
  EndInstance(fb::InstanceState::completed, "");
  if (returns) Request(std::move(back));
}

void Transition::EndInstance(fb::InstanceState state, std::string reason) {
  fb::InstanceEndedT ended;
  ended.state = state;
  ended.definition = instance_->definition.value();
  ended.business_key = instance_->business_key;
  ended.reason = std::move(reason);
  ended.held_message = instance_->held_message;
  ended.held_key = instance_->held_key;
  const MessageAddress held{instance_->held_message, true, instance_->held_key};
  Emit(std::move(ended));
  // The next one may start.
  if (held.name.empty() || !lookups_->HasBuffered(held)) return;
  if (PAWL_PLANTED(next_of_key_forgotten)) return;
  fb::MatchMessagesT match;
  match.name = held.name;
  match.has_key = true;
  match.correlation_key = held.key;
  match.starts = true;
  Request(std::move(match));
}

fb::ThrowFromCallT Transition::ThrownToCaller(fb::EventType type,
                                              const std::string& code,
                                              const std::string& message,
                                              const WireVariables& variables,
                                              bool ends) {
  const Caller& caller = instance_->caller;
  fb::ThrowFromCallT thrown;
  thrown.instance = caller.instance.value();
  thrown.element_key = caller.element_key.value();
  thrown.called = instance_->key.value();
  thrown.type = type;
  thrown.code = code;
  thrown.message = message;
  for (const auto& variable : variables) {
    CountWritten(variable->name.size() + variable->json.size());
    thrown.variables.push_back(std::make_unique<fb::VariableT>(*variable));
  }
  thrown.ended = ends;
  return thrown;
}

void Transition::ThrowToCaller(fb::EventType type, const std::string& code,
                               const std::string& message,
                               const WireVariables& variables, bool ends) {
  fb::ThrowFromCallT thrown =
      ThrownToCaller(type, code, message, variables, ends);
  thrown.outputs = OutputsOnThrow();
  if (ends) {
    TerminateElement(instance_->root());
    EndInstance(fb::InstanceState::terminated,
                absl::StrCat(fb::EnumNameEventType(type), " '", code,
                             "' is caught by who called it"));
  }
  Request(std::move(thrown));
}

void Transition::ReportToCaller(const Fault& fault) {
  fb::ReportFaultT report;
  report.instance = instance_->caller.instance.value();
  report.element_key = instance_->caller.element_key.value();
  report.called = instance_->key.value();
  report.type = fault.type;
  report.message = fault.message;
  CountWritten(fault.message.size());
  Request(std::move(report));
}

void Transition::CalledFailed(ElementKey key, const Fault& fault) {
  const bool in_handler = CompensatedAround(*instance_, key).valid();
  if (in_handler) {
    FailCompensationAround(key);
  } else if (!instance_->caller.in_handler &&
             TriggerSaga(fault, key, instance_->elements.at(key).element, {})) {
    return;
  }
  if (instance_->caller.in_handler ||
      (instance_->caller.in_saga && !in_handler)) {
    ReportToCaller(fault);
  }
}

// With its activation the called instance ends.
void Transition::CancelCalled(ElementKey key) {
  const auto call = instance_->calls.find(key);
  if (call == instance_->calls.end()) return;
  if (PAWL_PLANTED(called_instance_survives)) return;
  fb::CancelInstanceT cancel;
  cancel.instance = call->second.value();
  cancel.reason = absl::StrCat("instance ", instance_->key.value(),
                               " doesn't wait for it any more");
  Request(std::move(cancel));
}

}  // namespace pawl::core
