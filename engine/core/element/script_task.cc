// Script task (BPMN 2.0.2, 10.3.3): the engine evaluates it itself, unless the
// model names a type of job: then a worker runs it, as for a service task.
#include "absl/strings/str_cat.h"
#include "engine/core/element/script.h"
#include "engine/core/element/work.h"
#include "engine/expression/expression.h"

namespace pawl::core {

Outcome RunScript(Transition& t, ElementKey key,
                  const fb::ScriptDefinitionT& script, const Value* task) {
  PAWL_CHECK(script.script != nullptr);
  if (script.script->language == fb::Language::javascript) {
    return CreateJavaScriptJob(t, key);
  }
  ScopeVariables view = t.View(key);
  if (task != nullptr) view.Set("task", *task);
  absl::StatusOr<expression::ScriptResult> result =
      t.model().Compiled(*script.script).Run(view);
  if (!result.ok()) {
    return Outcome::Failed(fb::IncidentType::script_error,
                           absl::StrCat("script: ", result.status().message()));
  }
  Variables written = std::move(result->written);
  if (!script.result_variable.empty()) {
    written[script.result_variable] = std::move(result->value);
  }
  const absl::StatusOr<WireVariables> wire = ToWire(written);
  if (!wire.ok()) {
    return Outcome::Failed(fb::IncidentType::script_error,
                           absl::StrCat("script: ", wire.status().message()));
  }
  if (!wire->empty()) t.WriteVariables(key, *wire);
  return Outcome::Done();
}

namespace {

Outcome ScriptOrJob(Transition& t, ElementKey key,
                    const fb::ElementT& element) {
  return element.job != nullptr ? kServiceTask.activate(t, key, element)
                                : RunScript(t, key, *element.script);
}

}  // namespace

const ElementBehavior kScriptTask = {fb::ElementKind::script_task, ScriptOrJob};

}  // namespace pawl::core
