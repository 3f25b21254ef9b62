// Service task (BPMN 2.0.2, 10.3.3 and 13.3.3): a job that a handler or an
// external worker does; the task waits for it. With an expression instead of a
// job (script is set), its value is the work.
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/core/element/behavior.h"
#include "engine/core/element/script.h"

namespace pawl::core {
namespace {

Outcome CreateJob(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (element.script != nullptr) return RunScript(t, key, element);
  std::string type = element.id;
  int32_t retries = 3;
  if (element.job != nullptr) {
    retries = element.job->retries;
    if (element.job->type != nullptr) {
      absl::StatusOr<std::string> text =
          t.EvaluateText(*element.job->type, key);
      if (!text.ok()) {
        return Outcome::Failed(
            fb::IncidentType::expression_error,
            absl::StrCat("job type: ", text.status().message()));
      }
      type = *std::move(text);
      if (type.size() > kNameBytesMax) {
        return Outcome::Failed(fb::IncidentType::expression_error,
                               absl::StrCat("job type: got ", type.size(),
                                            " bytes, wanted at most ",
                                            kNameBytesMax, " (kNameBytesMax)"));
      }
      if (type.empty() || type.find('\0') != std::string::npos) {
        return Outcome::Failed(
            fb::IncidentType::expression_error,
            absl::StrCat("job type: '", element.job->type->text, "' gave ",
                         type.empty() ? "an empty text" : "a zero byte",
                         ", wanted a name"));
      }
    }
  }
  fb::JobCreatedT job;
  job.key = t.NewKey();
  job.element_key = key.value();
  job.epoch = t.TakeHandler(type);
  job.type = std::move(type);
  job.retries = retries;
  t.Emit(std::move(job));
  return Outcome::Waits();
}

}  // namespace

const ElementBehavior kServiceTask = {fb::ElementKind::service_task, CreateJob};

}  // namespace pawl::core
