// Script task (BPMN 2.0.2, 10.3.3): the engine evaluates it itself, unless the
// model names a type of job: then a worker runs it, as for a service task.
#include "absl/strings/str_cat.h"
#include "engine/core/element/script.h"

namespace pawl::core {

Outcome RunScript(Transition& t, ElementKey key, const fb::ElementT& element) {
  PAWL_CHECK(element.script != nullptr && element.script->script != nullptr)
      << element.id;
  absl::StatusOr<Value> value = t.EvaluateValue(*element.script->script, key);
  if (!value.ok()) {
    return Outcome::Failed(fb::IncidentType::script_error,
                           absl::StrCat("script: ", value.status().message()));
  }
  if (!element.script->result_variable.empty()) {
    WireVariables result;
    result.push_back(std::make_unique<fb::VariableT>());
    result.back()->name = element.script->result_variable;
    result.back()->json = value->ToJson();
    t.WriteVariables(key, result);
  }
  return Outcome::Done();
}

namespace {

Outcome ScriptOrJob(Transition& t, ElementKey key,
                    const fb::ElementT& element) {
  return element.job != nullptr ? kServiceTask.activate(t, key, element)
                                : RunScript(t, key, element);
}

}  // namespace

const ElementBehavior kScriptTask = {fb::ElementKind::script_task, ScriptOrJob};

}  // namespace pawl::core
