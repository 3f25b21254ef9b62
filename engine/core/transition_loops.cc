// Activities that run several times (BPMN 2.0.2, 10.3.8 and 13.3.7): the
// activity as a whole is an activation that holds one activation for each run;
// boundary events belong to the whole, mappings and listeners to each run.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/core/transition.h"
#include "engine/core/wire_variables.h"
#include "engine/expression/expression.h"
#include "engine/model/model_rules.h"

namespace pawl::core {
using fb::LoopKind;

bool Transition::IsLoop(const ElementInstance& instance,
                        const model::ProcessDefinition& model) {
  return instance.loop_index == 0 &&
         model.element(instance.element).loop != nullptr;
}

absl::StatusOr<fb::LoopStartedT> Transition::LoopOf(
    ElementKey key, const fb::LoopDefinitionT& definition) {
  fb::LoopStartedT started;
  started.key = key.value();
  if (definition.collection != nullptr) {
    PAWL_ASSIGN_OR_RETURN(const Value value,
                          EvaluateValue(*definition.collection, key));
    if (!value.is_list()) {
      return absl::InvalidArgumentError(
          absl::StrCat("collection: got ", value.ToJson().substr(0, 100),
                       ", wanted a list"));
    }
    if (value.list().size() > kLoopRunsMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "collection: got ", value.list().size(), " entries, wanted at most ",
          kLoopRunsMax, " (kLoopRunsMax)"));
    }
    for (const Value& entry : value.list()) {
      started.items.push_back(entry.ToJson());
      CountWritten(started.items.back().size());
    }
    started.total = static_cast<uint32_t>(value.list().size());
  } else if (definition.cardinality != nullptr) {
    PAWL_ASSIGN_OR_RETURN(Value value,
                          EvaluateValue(*definition.cardinality, key));
    if (value.is_string()) {
      PAWL_ASSIGN_OR_RETURN(value, Value::Number(value.string()));
    }
    PAWL_ASSIGN_OR_RETURN(const int64_t number, value.AsInt64());
    if (number < 0 || number > static_cast<int64_t>(kLoopRunsMax)) {
      return absl::InvalidArgumentError(
          absl::StrCat("cardinality: got ", number, ", wanted 0 to ",
                       kLoopRunsMax, " (kLoopRunsMax)"));
    }
    started.total = static_cast<uint32_t>(number);
  }
  return started;
}

void Transition::ActivateLoop(ElementKey key) {
  const ElementInstance instance = instance_->elements.at(key);
  const fb::LoopDefinitionT& definition =
      *model_->element(instance.element).loop;
  absl::StatusOr<fb::LoopStartedT> started = LoopOf(key, definition);
  if (!started.ok()) {
    RaiseIncident({fb::IncidentType::expression_error,
                   std::string(started.status().message())},
                  key, instance.element);
    return;
  }
  std::vector<Opening> openings;
  if (std::optional<Fault> fault =
          EvaluateTriggers(key, instance.element, &openings)) {
    RaiseIncident(*std::move(fault), key, instance.element);
    return;
  }
  Emit(*std::move(started));
  fb::ElementActivatedT activated;
  activated.key = key.value();
  Emit(std::move(activated));
  for (const Opening& opening : openings) Open(key, opening);
  WriteLoopVariables(key);
  ContinueLoop(key);
}

void Transition::ContinueLoop(ElementKey key) {
  if (queued_loops_.insert(key).second) loops_.push_back(key);
}

namespace {

struct RunCounts {
  uint32_t total = 0;
  uint32_t active = 0;
  uint32_t completed = 0;
};

// Parallel ones begin at one moment, however many commands that takes.
RunCounts CountsOf(const Loop& loop, LoopKind kind, uint32_t done) {
  const uint32_t left = loop.total - done;
  return {loop.total,
          kind == LoopKind::parallel ? left : std::min<uint32_t>(left, 1),
          done};
}

// The names of 10.3.8, where the model has no variable that is called so. None
// is terminated before the condition has held.
void AddAttributes(const RunCounts& counts, ScopeVariables* variables) {
  const auto add = [&](std::string_view name, uint32_t value) {
    if (variables->Find(name) == nullptr) {
      variables->Set(name, Value(static_cast<int64_t>(value)));
    }
  };
  add("numberOfInstances", counts.total);
  add("numberOfActiveInstances", counts.active);
  add("numberOfCompletedInstances", counts.completed);
  add("numberOfTerminatedInstances", 0);
}

}  // namespace

// As Camunda names them.
void Transition::WriteLoopVariables(ElementKey key) {
  const Loop& loop = instance_->loops.at(key);
  const fb::LoopDefinitionT& definition =
      *model_->element(instance_->elements.at(key).element).loop;
  if (definition.kind == LoopKind::standard) return;
  const RunCounts counts = CountsOf(loop, definition.kind, loop.done);
  WireVariables variables;
  variables.push_back(NewVariable("nrOfInstances", absl::StrCat(counts.total)));
  variables.push_back(
      NewVariable("nrOfActiveInstances", absl::StrCat(counts.active)));
  variables.push_back(
      NewVariable("nrOfCompletedInstances", absl::StrCat(counts.completed)));
  WriteLocal(key, std::move(variables));
}

// 10.3.8: asked whenever one is done, whose own variables are there still.
std::optional<bool> Transition::RunFulfils(ElementKey key) {
  const ElementInstance& run = instance_->elements.at(key);
  const fb::LoopDefinitionT& definition = *model_->element(run.element).loop;
  if (definition.completion == nullptr ||
      model_->model().rules < model::kRulesOfAskingRuns) {
    return false;
  }
  const Loop& loop = instance_->loops.at(run.scope);
  const RunCounts counts = CountsOf(loop, definition.kind, loop.done + 1);
  ScopeVariables variables = View(key);
  const auto set = [&](std::string_view name, uint32_t value) {
    variables.Set(name, Value(static_cast<int64_t>(value)));
  };
  set("nrOfInstances", counts.total);
  set("nrOfActiveInstances", counts.active);
  set("nrOfCompletedInstances", counts.completed);
  AddAttributes(counts, &variables);
  return Holds(key, *definition.completion, variables);
}

std::optional<bool> Transition::LoopHolds(
    ElementKey key, const std::unique_ptr<fb::ExpressionT>& e) {
  ScopeVariables variables = View(key);
  const fb::LoopDefinitionT& definition =
      *model_->element(instance_->elements.at(key).element).loop;
  const Loop& loop = instance_->loops.at(key);
  if (model_->model().rules < model::kRulesOfLoopAttributes) {
    return Holds(key, *e, variables);
  }
  if (definition.kind != LoopKind::standard) {
    AddAttributes(CountsOf(loop, definition.kind, loop.done), &variables);
  } else {
    // Of this loop, not of a run around it.
    variables.Set("loopCounter", Value(static_cast<int64_t>(loop.done)));
  }
  return Holds(key, *e, variables);
}

std::optional<bool> Transition::Holds(ElementKey key, const fb::ExpressionT& e,
                                      const ScopeVariables& variables) {
  const absl::StatusOr<bool> holds =
      model_->Compiled(e).EvaluateCondition(variables);
  if (holds.ok()) return *holds;
  RaiseIncident({fb::IncidentType::expression_error,
                 absl::StrCat("loop: ", holds.status().message())},
                key, instance_->elements.at(key).element);
  return std::nullopt;
}

void Transition::StepLoop(ElementKey key) {
  const auto found = instance_->elements.find(key);
  const auto loop_at = instance_->loops.find(key);
  if (found == instance_->elements.end() || loop_at == instance_->loops.end() ||
      found->second.state != fb::ElementState::activated) {
    return;
  }
  const Loop& loop = loop_at->second;
  const fb::LoopDefinitionT& definition =
      *model_->element(found->second.element).loop;
  const bool parallel = definition.kind == LoopKind::parallel;
  for (const auto& [incident_key, incident] : instance_->incidents) {
    // It waits to be resolved.
    if (incident.element_key == key &&
        incident.element == found->second.element) {
      return;
    }
  }
  if (!parallel && loop.begun > loop.done) return;  // one at a time
  if (definition.completion != nullptr && loop.done > 0) {
    // What is to be asked of runs was asked as they were done.
    const std::optional<bool> done =
        model_->model().rules < model::kRulesOfAskingRuns
            ? LoopHolds(key, definition.completion)
            : loop.fulfilled;
    if (!done.has_value()) return;
    if (*done) {
      TerminateInside(key);
      return Complete(key);
    }
  }
  bool more = loop.begun < loop.total;
  if (definition.kind == LoopKind::standard) {
    more = definition.maximum == 0 || loop.done < definition.maximum;
    const bool ask = loop.done > 0 || definition.test_before;
    if (more && ask && definition.condition != nullptr) {
      const std::optional<bool> holds = LoopHolds(key, definition.condition);
      if (!holds.has_value()) return;
      more = *holds;
    }
  }
  if (!more) {
    if (loop.begun == loop.done) Complete(key);
    return;
  }
  if (std::string limit = LimitReached(); !limit.empty()) {
    // A multi-instance activity ends some time; a loop may go round for ever.
    if (definition.kind == LoopKind::standard) {
      return RaiseIncident(
          {fb::IncidentType::limit,
           absl::StrCat(limit,
                        " without a wait state in the loop; resolve "
                        "the incident to go on")},
          key, found->second.element);
    }
    if (!continued_loops_.insert(key).second) return;
    fb::ContinueLoopT more_later;
    more_later.instance = instance_->key.value();
    more_later.element_key = key.value();
    return Request(std::move(more_later));
  }
  BeginRun(key);
  if (parallel) ContinueLoop(key);
}

void Transition::BeginRun(ElementKey loop_key) {
  const uint32_t element = instance_->elements.at(loop_key).element;
  const fb::LoopDefinitionT& definition = *model_->element(element).loop;
  ++activations_;
  const uint32_t index = instance_->loops.at(loop_key).begun + 1;
  const ElementKey key(NewKey());
  fb::ElementActivatingT activating;
  activating.key = key.value();
  activating.element = element;
  activating.scope = loop_key.value();
  activating.loop_index = index;
  Emit(std::move(activating));
  WireVariables own;
  own.push_back(NewVariable("loopCounter", absl::StrCat(index - 1)));
  const Loop& loop = instance_->loops.at(loop_key);
  if (!definition.element_variable.empty() && index <= loop.items.size()) {
    own.push_back(
        NewVariable(definition.element_variable, loop.items[index - 1]));
  }
  WriteLocal(key, std::move(own));
  Activate(key);
}

void Transition::FinishRun(ElementKey loop, uint32_t index, std::string output,
                           bool fulfils) {
  CountWritten(output.size());
  fb::LoopRunDoneT done;
  done.key = loop.value();
  done.index = index;
  done.output = std::move(output);
  done.fulfils = fulfils;
  Emit(std::move(done));
  WriteLoopVariables(loop);
  ContinueLoop(loop);
}

std::optional<std::string> Transition::RunOutput(ElementKey key) {
  const ElementInstance instance = instance_->elements.at(key);
  const fb::LoopDefinitionT& definition =
      *model_->element(instance.element).loop;
  if (definition.output_element == nullptr) return std::string();
  const absl::StatusOr<Value> value =
      EvaluateValue(*definition.output_element, key);
  if (value.ok()) return value->ToJson();
  RaiseIncident(
      {fb::IncidentType::mapping_error,
       absl::StrCat("output of the loop: ", value.status().message())},
      key, instance.element);
  return std::nullopt;
}

std::optional<WireVariables> Transition::LoopOutput(ElementKey key) {
  const fb::LoopDefinitionT& definition =
      *model_->element(instance_->elements.at(key).element).loop;
  WireVariables collected;
  if (definition.output_collection.empty()) return collected;
  const Loop& loop = instance_->loops.at(key);
  std::string json = "[";
  for (uint32_t index = 1; index <= loop.total; ++index) {
    const auto output = loop.outputs.find(index);
    absl::StrAppend(&json, index == 1 ? "" : ",",
                    output == loop.outputs.end() ? "null" : output->second);
  }
  json += "]";
  collected.push_back(
      NewVariable(definition.output_collection, std::move(json)));
  return collected;
}

}  // namespace pawl::core
