#include "engine/convert.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/core/variables.h"

namespace pawl {
namespace {

// How an in-process handler shows as a worker.
constexpr char kHandlerWorker[] = "handler";

uint32_t ElementOf(const core::Instance& instance, ElementKey key) {
  const auto it = instance.elements.find(key);
  return it == instance.elements.end() ? 0 : it->second.element;
}

JobState ToJobState(fb::JobState state) {
  switch (state) {
    case fb::JobState::ready:
      return JobState::kReady;
    case fb::JobState::locked:
      return JobState::kLocked;
    case fb::JobState::backoff:
      return JobState::kBackoff;
    case fb::JobState::incident:
      return JobState::kIncident;
  }
  return JobState::kReady;
}

}  // namespace

InstanceState ToInstanceState(fb::InstanceState state) {
  switch (state) {
    case fb::InstanceState::active:
      return InstanceState::kActive;
    case fb::InstanceState::suspended:
      return InstanceState::kSuspended;
    case fb::InstanceState::completed:
      return InstanceState::kCompleted;
    case fb::InstanceState::terminated:
      return InstanceState::kTerminated;
    case fb::InstanceState::cancelled:
      return InstanceState::kCancelled;
    case fb::InstanceState::compensated:
      return InstanceState::kCompensated;
  }
  return InstanceState::kActive;
}

fb::InstanceState FromInstanceState(InstanceState state) {
  switch (state) {
    case InstanceState::kActive:
      return fb::InstanceState::active;
    case InstanceState::kSuspended:
      return fb::InstanceState::suspended;
    case InstanceState::kCompleted:
      return fb::InstanceState::completed;
    case InstanceState::kTerminated:
      return fb::InstanceState::terminated;
    case InstanceState::kCancelled:
      return fb::InstanceState::cancelled;
    case InstanceState::kCompensated:
      return fb::InstanceState::compensated;
  }
  return fb::InstanceState::active;
}

std::optional<absl::Time> ToTime(int64_t ms) {
  if (ms == 0) return std::nullopt;
  return absl::FromUnixMillis(ms);
}

absl::StatusOr<Variables> ToVariables(const StringMap<std::string>& json) {
  Variables out;
  for (const auto& [name, text] : json) {
    absl::StatusOr<Value> value = Value::FromJson(text);
    if (!value.ok()) {
      return absl::DataLossError(
          absl::StrCat("variable '", name, "': the recorded value is no JSON: ",
                       std::string(value.status().message())));
    }
    out.Set(name, *std::move(value));
  }
  return out;
}

InstanceInfo ToInstanceInfo(const core::Instance& instance) {
  InstanceInfo info;
  info.key = instance.key;
  info.process_id = instance.process_id;
  info.version = instance.version;
  info.definition = instance.definition;
  info.business_key = instance.business_key;
  info.state = ToInstanceState(instance.state);
  info.parent = instance.caller.instance;
  info.started = absl::FromUnixMillis(instance.started_ms);
  if (instance.ended()) info.ended = absl::FromUnixMillis(instance.ended_ms);
  info.incidents = static_cast<int>(instance.incidents.size());
  return info;
}

namespace {

Delegation ToDelegation(fb::DelegationState state) {
  switch (state) {
    case fb::DelegationState::none:
      return Delegation::kNone;
    case fb::DelegationState::pending:
      return Delegation::kPending;
    case fb::DelegationState::resolved:
      return Delegation::kResolved;
  }
  return Delegation::kNone;
}

FormField::Entries ToEntries(
    const std::vector<std::unique_ptr<fb::FormEntryT>>& entries) {
  FormField::Entries out;
  for (const auto& entry : entries) out.emplace_back(entry->name, entry->value);
  return out;
}

}  // namespace

Form ToForm(const fb::FormT& form) {
  Form out;
  out.key = form.key;
  out.reference = form.reference;
  out.binding = form.binding;
  out.version = form.version;
  out.business_key = form.business_key;
  for (const auto& field : form.fields) {
    FormField to;
    to.id = field->id;
    to.label = field->label;
    to.type = field->type;
    if (field->has_default) to.default_value = field->default_value;
    to.date_pattern = field->date_pattern;
    to.variable = field->variable;
    to.expression = field->expression;
    to.required = field->required;
    to.readable = field->readable;
    to.writable = field->writable;
    to.constraints = ToEntries(field->constraints);
    to.properties = ToEntries(field->properties);
    to.values = ToEntries(field->values);
    out.fields.push_back(std::move(to));
  }
  return out;
}

TaskInfo ToTaskInfo(const core::Instance& instance, const core::Task& task,
                    const model::ProcessDefinition& model) {
  const fb::ElementT& element =
      model.element(ElementOf(instance, task.element_key));
  TaskInfo info;
  info.key = task.key;
  info.instance = instance.key;
  info.process_id = instance.process_id;
  info.element_id = element.id;
  info.name = element.name;
  info.kind =
      task.kind == fb::TaskKind::receive ? TaskKind::kReceive : TaskKind::kUser;
  info.assignee = task.assignee;
  info.candidate_users = task.candidate_users;
  info.candidate_groups = task.candidate_groups;
  info.due = ToTime(task.due_ms);
  info.follow_up = ToTime(task.follow_up_ms);
  info.priority = task.priority;
  info.created = absl::FromUnixMillis(task.created_ms);
  info.scope = task.element_key;
  info.owner = task.owner;
  info.delegation = ToDelegation(task.delegation);
  if (task.event != fb::TaskEvent::none) {
    info.waits_for_listener = fb::EnumNameTaskEvent(task.event);
  }
  if (element.form != nullptr) info.form = ToForm(*element.form);
  return info;
}

JobInfo ToJobInfo(const core::Instance& instance, const core::Job& job,
                  const model::ProcessDefinition& model) {
  JobInfo info;
  info.key = job.key;
  info.instance = instance.key;
  info.process_id = instance.process_id;
  info.element_id = model.element(ElementOf(instance, job.element_key)).id;
  info.type = job.type;
  info.state = ToJobState(job.state);
  info.retries = job.retries;
  info.attempt = static_cast<int>(job.attempt);
  info.worker = job.epoch != 0 ? kHandlerWorker : job.worker;
  if (job.state == fb::JobState::locked) info.lock_until = ToTime(job.due_ms);
  if (job.state == fb::JobState::backoff) info.due = ToTime(job.due_ms);
  info.message = job.message;
  info.variables = core::VisibleVariables(instance, job.element_key);
  return info;
}

TimerInfo ToTimerInfo(const core::Instance& instance, const core::Timer& timer,
                      const model::ProcessDefinition& model) {
  TimerInfo info;
  info.key = timer.key;
  info.instance = instance.key;
  info.process_id = instance.process_id;
  info.element_id =
      model
          .element(timer.boundary != 0 ? timer.boundary
                                       : ElementOf(instance, timer.element_key))
          .id;
  info.due = absl::FromUnixMillis(timer.due_ms);
  info.cycle = timer.repetition.cycle;
  return info;
}

SubscriptionInfo ToSubscriptionInfo(const core::Instance& instance,
                                    const core::Subscription& subscription,
                                    const model::ProcessDefinition& model) {
  SubscriptionInfo info;
  info.key = subscription.key;
  info.instance = instance.key;
  info.process_id = instance.process_id;
  info.element_id =
      model
          .element(subscription.trigger != 0
                       ? model.EventOf(subscription.trigger)
                       : ElementOf(instance, subscription.element_key))
          .id;
  info.name = subscription.name;
  switch (subscription.kind) {
    case fb::SubscriptionKind::message:
      info.kind = SubscriptionKind::kMessage;
      if (!subscription.any_key) {
        info.correlation_key = subscription.correlation_key;
      }
      break;
    case fb::SubscriptionKind::signal:
      info.kind = SubscriptionKind::kSignal;
      break;
    case fb::SubscriptionKind::conditional:
      info.kind = SubscriptionKind::kCondition;
      break;
  }
  return info;
}

IncidentInfo ToIncidentInfo(const core::Instance& instance,
                            const core::Incident& incident,
                            const model::ProcessDefinition& model) {
  IncidentInfo info;
  info.key = incident.key;
  info.instance = instance.key;
  info.process_id = instance.process_id;
  info.element_id = model.element(model.EventOf(incident.element)).id;
  info.type = fb::EnumNameIncidentType(incident.type);
  info.message = incident.message;
  info.job = incident.job;
  info.created = absl::FromUnixMillis(incident.created_ms);
  return info;
}

std::string IncidentText(const core::Incident& incident,
                         const model::ProcessDefinition* model) {
  const std::string where =
      model == nullptr || incident.element >= model->element_count()
          ? std::string("element ") + std::to_string(incident.element)
          : "'" + model->element(incident.element).id + "'";
  return absl::StrCat("incident ", incident.key.value(), " (",
                      fb::EnumNameIncidentType(incident.type), ") at ", where,
                      ": ", incident.message);
}

}  // namespace pawl
