// Service task (BPMN 2.0.2, 10.3.3 and 13.3.3), and as that send task and
// business rule task: a job that a handler or an
// external worker does; the task waits for it. With an expression instead of a
// job (script is set), its value is the work. A send task with a message and
// neither publishes that.
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/core/element/behavior.h"
#include "engine/core/element/script.h"
#include "engine/core/element/throw_event.h"
#include "engine/core/element/work.h"

namespace pawl::core {
namespace {

Outcome EmitJob(Transition& t, ElementKey key, std::string type,
                int32_t retries) {
  fb::JobCreatedT job;
  job.key = t.NewKey();
  job.element_key = key.value();
  job.epoch = t.TakeHandler(type);
  job.type = std::move(type);
  job.retries = retries;
  t.Emit(std::move(job));
  return Outcome::Waits();
}

Outcome WrongType(std::string_view what) {
  return Outcome::Failed(fb::IncidentType::expression_error,
                         absl::StrCat("job type: ", ToAbsl(what)));
}

Outcome Work(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (element.script != nullptr) return RunScript(t, key, *element.script);
  if (element.message != nullptr && element.job == nullptr) {
    return SendMessage(t, key, element);
  }
  PAWL_CHECK(element.job != nullptr) << element.id;
  return CreateJob(t, key, element.id, *element.job);
}

}  // namespace

Outcome CreateJob(Transition& t, ElementKey key, const std::string& element_id,
                  const fb::JobDefinitionT& definition) {
  std::string type = element_id;
  if (definition.type != nullptr) {
    absl::StatusOr<std::string> text = t.EvaluateText(*definition.type, key);
    if (!text.ok()) return WrongType(ToStd(text.status().message()));
    type = *std::move(text);
    if (type.size() > kNameBytesMax) {
      return WrongType(absl::StrCat("got ", type.size(),
                                    " bytes, wanted at most ", kNameBytesMax,
                                    " (kNameBytesMax)"));
    }
    if (type.empty() || type.find('\0') != std::string::npos) {
      return WrongType(absl::StrCat(
          "'", definition.type->text, "' gave ",
          type.empty() ? "an empty text" : "a zero byte", ", wanted a name"));
    }
    if (type == kJavaScriptJobType) {
      return WrongType(absl::StrCat("'", definition.type->text, "' gave '",
                                    type, "', which is the engine's own"));
    }
  }
  return EmitJob(t, key, std::move(type), definition.retries);
}

Outcome CreateJavaScriptJob(Transition& t, ElementKey key) {
  return EmitJob(t, key, kJavaScriptJobType, 1);
}

const ElementBehavior kServiceTask = {fb::ElementKind::service_task, Work};
const ElementBehavior kSendTask = {fb::ElementKind::send_task, Work};
const ElementBehavior kBusinessRuleTask = {fb::ElementKind::business_rule_task,
                                           Work};

}  // namespace pawl::core
