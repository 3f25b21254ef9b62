// End events (BPMN 2.0.2, 13.5.6): a none end event consumes its token, a
// terminate end event ends its whole scope, error and escalation end events
// throw to the nearest catcher around them, message and signal end events send,
// a compensation end event compensates, a cancel end event cancels its
// transaction.
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/core/element/behavior.h"
#include "engine/core/element/throw_event.h"

namespace pawl::core {
namespace {

// What ends the scope: the event itself, or of several definitions the one that
// does (there is one at most); null: nothing.
const fb::ElementT* Ending(const Transition& t, const fb::ElementT& element) {
  const auto ends = [](const fb::ElementT& e) {
    return e.event_type == fb::EventType::error ||
           e.event_type == fb::EventType::terminate;
  };
  if (ends(element)) return &element;
  if (element.event_type != fb::EventType::multiple) return nullptr;
  for (const uint32_t one :
       t.model().Definitions(*t.model().FindElement(element.id))) {
    if (ends(t.model().element(one))) return &t.model().element(one);
  }
  return nullptr;
}

// Whoever is uncaught stays where it is (SEMANTICS, Faults).
Outcome Arrived(Transition& t, ElementKey key, const fb::ElementT& element) {
  const fb::ElementT* const ending = Ending(t, element);
  if (ending == nullptr || ending->error == nullptr) {
    return Throw(t, key, element);
  }
  const std::string& code = ending->error->code;
  // So that it can be put right before anything has happened.
  if (ending->error->message != nullptr) {
    const auto message = t.EvaluateText(*ending->error->message, key);
    if (!message.ok()) {
      return Outcome::Failed(fb::IncidentType::expression_error,
                             absl::StrCat("message of error '", code,
                                          "': ", message.status().message()));
    }
  }
  if (t.FindCatcher(key, fb::EventType::error, code).has_value() ||
      t.CatcherAbove(key, fb::EventType::error, code).caught) {
    return Throw(t, key, element);
  }
  return Outcome::Failed(fb::IncidentType::unhandled_error,
                         absl::StrCat("BPMN error '", code, "' is not caught"));
}

// The message of its error. What can't be said any more is empty.
std::string Says(Transition& t, ElementKey key, const fb::ElementT& element) {
  const fb::ElementT* const ending = Ending(t, element);
  if (ending == nullptr || ending->error == nullptr ||
      ending->error->message == nullptr) {
    return "";
  }
  return t.EvaluateText(*ending->error->message, key).value_or("");
}

void Ended(Transition& t, ElementKey scope, const fb::ElementT& end_event,
           const std::string& message) {
  if (end_event.event_type == fb::EventType::multiple) {
    ThrowEscalations(t, scope, end_event);
  }
  const fb::ElementT* const ending = Ending(t, end_event);
  const fb::ElementT& element = ending == nullptr ? end_event : *ending;
  switch (element.event_type) {
    case fb::EventType::terminate:
      t.TerminateScope(scope, fb::InstanceState::terminated, end_event.id);
      break;
    case fb::EventType::error: {
      const std::string& code = element.error->code;
      const auto catcher = t.FindCatcher(scope, fb::EventType::error, code);
      if (catcher.has_value()) {
        t.CatchError(*catcher, code, message, {});
      } else {
        PAWL_CHECK(t.instance().called()) << element.id;
        t.ThrowToCaller(fb::EventType::error, code, message, {},
                        /*ends=*/true);
      }
      break;
    }
    case fb::EventType::escalation:
      t.ThrowEscalation(scope, *t.model().FindElement(element.id),
                        element.escalation->code);
      break;
    case fb::EventType::cancel:
      t.CancelTransaction(scope, *t.model().FindElement(element.id));
      break;
    default:
      break;
  }
}

}  // namespace

const ElementBehavior kEndEvent = {fb::ElementKind::end_event, Arrived,
                                   Outgoing::kConditional, Ended, Says};

}  // namespace pawl::core
