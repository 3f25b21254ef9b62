// Intermediate catch events (BPMN 2.0.2, 10.5.4 and 13.5.2): a timer waits, a
// link goes on where its throwing events jump to.
#include "absl/strings/str_cat.h"
#include "engine/core/element/behavior.h"
#include "engine/core/element/timer.h"

namespace pawl::core {
namespace {

Outcome Catch(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (element.event_type == fb::EventType::link) return Outcome::Done();
  PAWL_CHECK(element.timer != nullptr && element.timer->value != nullptr)
      << element.id;
  const absl::StatusOr<int64_t> due = DueTime(t, key, *element.timer);
  if (!due.ok()) {
    return Outcome::Failed(fb::IncidentType::expression_error,
                           absl::StrCat("timer: ", due.status().message()));
  }
  fb::TimerCreatedT timer;
  timer.key = t.NewKey();
  timer.element_key = key.value();
  timer.due_ms = *due;
  t.Emit(std::move(timer));
  return Outcome::Waits();
}

}  // namespace

const ElementBehavior kIntermediateCatchEvent = {
    fb::ElementKind::intermediate_catch_event, Catch};

}  // namespace pawl::core
