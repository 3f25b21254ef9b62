#include "engine/core/work_of.h"

namespace pawl::core {

std::vector<Step> StepsOf(const fb::ElementT& element, fb::ElementState state) {
  std::vector<Step> steps;
  const bool before = state == fb::ElementState::activating;
  if (!before && state != fb::ElementState::completing) return steps;
  if (!(before ? element.inputs : element.outputs).empty()) steps.push_back({});
  const fb::ListenerEvent event =
      before ? fb::ListenerEvent::start : fb::ListenerEvent::end;
  for (const auto& listener : element.listeners) {
    if (listener->event == event) steps.push_back({listener.get()});
  }
  return steps;
}

Work WorkOf(const ElementInstance& instance, const fb::ElementT& element) {
  if (instance.state == fb::ElementState::activated) {
    return {element.job.get(), element.script.get()};
  }
  const std::vector<Step> steps = StepsOf(element, instance.state);
  if (instance.steps_done >= steps.size()) return {};
  const fb::ListenerT* const listener = steps[instance.steps_done].listener;
  if (listener == nullptr) return {};
  return {listener->job.get(), listener->script.get()};
}

}  // namespace pawl::core
