#include "engine/core/element/steps.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/core/element/mapping.h"
#include "engine/core/element/script.h"
#include "engine/core/element/work.h"
#include "engine/core/work_of.h"

namespace pawl::core {
namespace {

Outcome Mapped(const absl::Status& status) {
  if (status.ok()) return Outcome::Done();
  return Outcome::Failed(fb::IncidentType::mapping_error,
                         std::string(status.message()));
}

Outcome Listened(Transition& t, ElementKey key, const fb::ElementT& element,
                 const fb::ListenerT& listener) {
  if (listener.job != nullptr) {
    return CreateJob(t, key, element.id, *listener.job);
  }
  return RunScript(t, key, *listener.script);
}

}  // namespace

bool RunSteps(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (element.inputs.empty() && element.outputs.empty() &&
      element.listeners.empty()) {
    return true;
  }
  const fb::ElementState state = t.instance().elements.at(key).state;
  const std::vector<Step> steps = StepsOf(element, state);
  while (true) {
    const ElementInstance at = t.instance().elements.at(key);
    if (at.steps_done >= steps.size()) return true;
    if (std::string limit = t.LimitReached(); !limit.empty()) {
      t.RaiseIncident(
          {fb::IncidentType::limit,
           limit + " in one command; resolve the incident to go on"},
          key, at.element);
      return false;
    }
    const Step& step = steps[at.steps_done];
    Outcome outcome = step.listener != nullptr
                          ? Listened(t, key, element, *step.listener)
                      : state == fb::ElementState::activating
                          ? Mapped(MapInputs(t, key, element))
                          : Mapped(MapOutputs(t, key, element));
    switch (outcome.kind) {
      case Outcome::Kind::kWaits:
        return false;
      case Outcome::Kind::kFault:
        t.RaiseIncident(std::move(outcome.fault), key, at.element);
        return false;
      case Outcome::Kind::kDone:
        FinishStep(t, key);
        break;
    }
  }
}

void FinishStep(Transition& t, ElementKey key) {
  fb::ElementStepDoneT done;
  done.key = key.value();
  t.Emit(std::move(done));
}

}  // namespace pawl::core
