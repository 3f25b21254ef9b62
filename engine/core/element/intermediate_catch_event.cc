// Intermediate catch events (BPMN 2.0.2, 10.5.4 and 13.5.2). Timers: a date, or
// a duration from the moment the token arrives; a time in the past is due at
// once.
#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/status_macros.h"
#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

absl::StatusOr<int64_t> DueTime(Transition& t, ElementKey key,
                                const fb::TimerDefinitionT& timer) {
  PAWL_ASSIGN_OR_RETURN(const std::string text,
                        t.EvaluateText(*timer.value, key));
  switch (timer.kind) {
    case fb::TimerKind::date:
      return ParseIsoDateTime(text);
    case fb::TimerKind::duration: {
      PAWL_ASSIGN_OR_RETURN(const IsoDuration duration, ParseIsoDuration(text));
      return AddIsoDuration(t.now_ms(), duration);
    }
  }
  return absl::UnimplementedError("timer of a kind that this build lacks");
}

Outcome CreateTimer(Transition& t, ElementKey key,
                    const fb::ElementT& element) {
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
    fb::ElementKind::intermediate_catch_event, CreateTimer};

}  // namespace pawl::core
