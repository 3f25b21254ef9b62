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
  Value::List lanes;
  for (const LaneInfo& lane : definition.lanes) {
    lanes.emplace_back(Variables{{"id", TextShape(lane.id)},
                                 {"name", TextShape(lane.name)},
                                 {"parent", TextShape(lane.parent)},
                                 {"elements", ListShape(lane.element_ids)}});
  }
  Value::List participants;
  for (const ParticipantInfo& one : definition.participants) {
    participants.emplace_back(
        Variables{{"id", TextShape(one.id)},
                  {"name", TextShape(one.name)},
                  {"process", TextShape(one.process_id)}});
  }
  Value::List flows;
  for (const MessageFlowInfo& flow : definition.message_flows) {
    flows.emplace_back(
        Variables{{"id", TextShape(flow.id)},
                  {"name", TextShape(flow.name)},
                  {"source", TextShape(flow.source_id)},
                  {"source_process", TextShape(flow.source_process_id)},
                  {"target", TextShape(flow.target_id)},
                  {"target_process", TextShape(flow.target_process_id)},
                  {"delivers", flow.delivers}});
  }
  return {{"key", KeyShape(definition.key)},
          {"process", definition.process_id},
          {"version", definition.version},
          {"name", TextShape(definition.name)},
          {"resource", TextShape(definition.resource)},
          {"executable", definition.executable},
          {"lanes", std::move(lanes)},
          {"participants", std::move(participants)},
          {"message_flows", std::move(flows)}};
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

namespace {

Value FieldsShape(const FormField::Entries& entries, const char* name,
                  const char* value) {
  std::vector<Value> out;
  for (const auto& [first, second] : entries) {
    out.push_back(Variables{{name, first}, {value, TextShape(second)}});
  }
  return Value(std::move(out));
}

Value FormShape(const Form& form) {
  std::vector<Value> fields;
  for (const FormField& field : form.fields) {
    fields.push_back(Variables{
        {"id", field.id},
        {"label", TextShape(field.label)},
        {"type", TextShape(field.type)},
        {"default", field.default_value.has_value()
                        ? Value(*field.default_value)
                        : Value()},
        {"date_pattern", TextShape(field.date_pattern)},
        {"variable", TextShape(field.variable)},
        {"expression", TextShape(field.expression)},
        {"required", field.required},
        {"readable", field.readable},
        {"writable", field.writable},
        {"constraints", FieldsShape(field.constraints, "name", "config")},
        {"properties", FieldsShape(field.properties, "id", "value")},
        {"values", FieldsShape(field.values, "id", "label")}});
  }
  return Variables{{"key", TextShape(form.key)},
                   {"reference", TextShape(form.reference)},
                   {"binding", TextShape(form.binding)},
                   {"version", TextShape(form.version)},
                   {"business_key", TextShape(form.business_key)},
                   {"fields", Value(std::move(fields))}};
}

}  // namespace

Variables DetailedShape(const TaskInfo& task) {
  Variables shape = Shape(task);
  shape.Set("scope", KeyShape(task.scope));
  shape.Set("owner", TextShape(task.owner));
  shape.Set("delegation", TextShape(ToString(task.delegation)));
  shape.Set("follow_up", TimeShape(task.follow_up));
  shape.Set("priority", task.priority);
  shape.Set("waits_for_listener", TextShape(task.waits_for_listener));
  shape.Set("form",
            task.form.has_value() ? Value(FormShape(*task.form)) : Value());
  return shape;
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
                                  {"scope", KeyShape(element.scope)},
                                  {"lanes", ListShape(element.lane_ids)}});
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

Variables Shape(const replay::AuditEntry& entry) {
  const replay::CommandAt& command = entry.command;
  Variables shape{{"position", ShowPosition(entry.partition, command.position)},
                  {"time", replay::TimeText(command.time_ms)},
                  {"actor", TextShape(command.actor)},
                  {"command", command.command},
                  {"arguments", entry.arguments},
                  {"events", ListShape(entry.events)},
                  {"caused_by",
                   entry.caused_by == 0
                       ? Value()
                       : Value(ShowPosition(entry.partition, entry.caused_by))},
                  {"origin", Value()}};
  if (entry.caused_by != 0) {
    shape.Set("origin",
              Variables{{"position",
                         ShowPosition(entry.partition, entry.origin.position)},
                        {"time", replay::TimeText(entry.origin.time_ms)},
                        {"actor", TextShape(entry.origin.actor)},
                        {"command", entry.origin.command}});
  }
  return shape;
}

}  // namespace pawl::cli
