#include "cli/shapes.h"

#include "absl/strings/str_cat.h"
#include "cli/values.h"
#include "replay/decoded_record.h"

namespace pawl::cli {
namespace {

Value ListShape(const std::vector<std::string>& texts) {
  Value::List list;
  for (const std::string& text : texts) list.emplace_back(text);
  return Value(std::move(list));
}

template <typename T>
Value ShapesOf(const std::vector<T>& items) {
  Value::List list;
  for (const T& item : items) list.emplace_back(Shape(item));
  return Value(std::move(list));
}

}  // namespace

Value TextShape(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}

Value TimeShape(const std::optional<absl::Time>& time) {
  return time.has_value() ? Value(ShowTime(*time)) : Value();
}

Variables Shape(const DefinitionInfo& definition) {
  return {{"key", KeyShape(definition.key)},
          {"process", definition.process_id},
          {"version", definition.version},
          {"name", TextShape(definition.name)},
          {"resource", TextShape(definition.resource)},
          {"executable", definition.executable}};
}

Variables Shape(const DeployedProcess& process, const std::string& file) {
  return {{"key", KeyShape(process.key)},
          {"process", process.process_id},
          {"version", process.version},
          {"new", process.is_new},
          {"file", TextShape(file)}};
}

Variables Shape(const InstanceInfo& instance) {
  return {{"key", KeyShape(instance.key)},
          {"process", instance.process_id},
          {"version", instance.version},
          {"business_key", TextShape(instance.business_key)},
          {"state", ToString(instance.state)},
          {"parent", KeyShape(instance.parent)},
          {"started", ShowTime(instance.started)},
          {"ended", TimeShape(instance.ended)},
          {"incidents", instance.incidents}};
}

Variables Shape(const TaskInfo& task) {
  return {{"key", KeyShape(task.key)},
          {"instance", KeyShape(task.instance)},
          {"process", task.process_id},
          {"element", task.element_id},
          {"name", TextShape(task.name)},
          {"kind", task.kind == TaskKind::kUser ? "user" : "receive"},
          {"assignee", TextShape(task.assignee)},
          {"candidate_users", ListShape(task.candidate_users)},
          {"candidate_groups", ListShape(task.candidate_groups)},
          {"due", TimeShape(task.due)},
          {"created", ShowTime(task.created)}};
}

Variables Shape(const JobInfo& job) {
  return {{"key", KeyShape(job.key)},
          {"instance", KeyShape(job.instance)},
          {"element", job.element_id},
          {"type", job.type},
          {"state", ToString(job.state)},
          {"retries", job.retries},
          {"attempt", job.attempt},
          {"worker", TextShape(job.worker)},
          {"lock_until", TimeShape(job.lock_until)},
          {"due", TimeShape(job.due)},
          {"variables", job.variables}};
}

Variables Shape(const Job& job, const std::string& worker) {
  return {{"key", KeyShape(job.key())},
          {"instance", KeyShape(job.instance())},
          {"element", job.element_id()},
          {"type", job.type()},
          {"state", ToString(JobState::kLocked)},
          {"retries", job.retries()},
          {"attempt", job.attempt()},
          {"worker", worker},
          {"lock_until", ShowTime(job.lock_until())},
          {"due", Value()},
          {"variables", job.variables()}};
}

Variables Shape(const TimerInfo& timer) {
  Variables shape = {{"key", KeyShape(timer.key)},
                     {"instance", KeyShape(timer.instance)},
                     {"element", timer.element_id},
                     {"due", ShowTime(timer.due)}};
  if (!timer.instance.valid()) shape["process"] = timer.process_id;
  if (!timer.cycle.empty()) shape["cycle"] = timer.cycle;
  return shape;
}

Variables Shape(const IncidentInfo& incident) {
  return {{"key", KeyShape(incident.key)},
          {"instance", KeyShape(incident.instance)},
          {"element", incident.element_id},
          {"type", incident.type},
          {"message", incident.message},
          {"job", KeyShape(incident.job)}};
}

namespace {

Value::List OfKind(const InstanceDetails& details, SubscriptionKind kind) {
  Value::List list;
  for (const SubscriptionInfo& subscription : details.subscriptions) {
    if (subscription.kind != kind) continue;
    Variables shape;
    if (kind != SubscriptionKind::kCondition) {
      shape.Set("name", subscription.name);
    }
    if (kind == SubscriptionKind::kMessage) {
      shape.Set("key", subscription.correlation_key.has_value()
                           ? Value(*subscription.correlation_key)
                           : Value());
    }
    shape.Set("element", subscription.element_id);
    list.emplace_back(std::move(shape));
  }
  return list;
}

}  // namespace

std::string Awaited(const SubscriptionInfo& subscription) {
  switch (subscription.kind) {
    case SubscriptionKind::kMessage:
      return absl::StrCat(
          "message ", subscription.name,
          subscription.correlation_key.has_value()
              ? absl::StrCat(", key ", *subscription.correlation_key)
              : "");
    case SubscriptionKind::kSignal:
      return absl::StrCat("signal ", subscription.name);
    case SubscriptionKind::kCondition:
      break;
  }
  return "a condition";
}

Variables Shape(const InstanceDetails& details) {
  Value::List scopes;
  for (const ScopeInfo& scope : details.scopes) {
    scopes.emplace_back(Variables{{"key", KeyShape(scope.key)},
                                  {"element", scope.element_id},
                                  {"parent", KeyShape(scope.parent)},
                                  {"variables", scope.variables}});
  }
  Value::List active;
  for (const ActiveElementInfo& element : details.active) {
    active.emplace_back(Variables{{"key", KeyShape(element.key)},
                                  {"element", element.element_id},
                                  {"kind", element.kind},
                                  {"scope", KeyShape(element.scope)}});
  }
  Value::List joins;
  for (const JoinInfo& join : details.joins) {
    Variables arrived;
    for (const auto& [flow, count] : join.arrived) arrived.Set(flow, count);
    joins.emplace_back(Variables{{"element", join.element_id},
                                 {"arrived", std::move(arrived)}});
  }
  return {{"key", KeyShape(details.info.key)},
          {"process", details.info.process_id},
          {"version", details.info.version},
          {"state", ToString(details.info.state)},
          {"position", ShowPosition(PartitionOfKey(details.info.key.value()),
                                    details.position)},
          {"time", ShowTime(details.time)},
          {"scopes", std::move(scopes)},
          {"active", std::move(active)},
          {"joins", std::move(joins)},
          {"jobs", ShapesOf(details.jobs)},
          {"tasks", ShapesOf(details.tasks)},
          {"timers", ShapesOf(details.timers)},
          {"messages", OfKind(details, SubscriptionKind::kMessage)},
          {"signals", OfKind(details, SubscriptionKind::kSignal)},
          {"conditions", OfKind(details, SubscriptionKind::kCondition)},
          {"incidents", ShapesOf(details.incidents)}};
}

Variables Shape(const replay::TimelineEntry& entry, InstanceKey instance) {
  return {{"position", ShowPosition(entry.partition, entry.position)},
          {"time", replay::TimeText(entry.time_ms)},
          {"instance", KeyShape(instance)},
          {"sequence", entry.sequence},
          {"event", entry.event},
          {"element", TextShape(entry.element_id)},
          {"name", TextShape(entry.element_name)},
          {"kind", TextShape(entry.element_kind)},
          {"key", entry.key == 0 ? Value() : Value(std::to_string(entry.key))},
          {"actor", TextShape(entry.actor)},
          {"caused_by",
           entry.caused_by == 0
               ? Value()
               : Value(ShowPosition(entry.partition, entry.caused_by))},
          {"text", entry.text}};
}

}  // namespace pawl::cli
