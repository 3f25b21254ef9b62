#include "engine/model/process_builder.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/iso8601.h"
#include "base/strings.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/xml_text.h"

namespace pawl {
namespace {

using model::XmlEscaped;

std::string Attribute(std::string_view name, std::string_view value) {
  return model::XmlAttributeText(name, value);
}

// <tag>text</tag>
std::string TextElement(std::string_view tag, std::string_view text) {
  return absl::StrCat("<", ToAbsl(tag), ">", XmlEscaped(text), "</",
                      ToAbsl(tag), ">");
}

// An XML id for the declaration of this name or code.
std::string DeclarationId(std::string_view tag, std::string_view text) {
  std::string id = absl::StrCat(ToAbsl(tag), "_");
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (absl::ascii_isalnum(byte)) {
      id.push_back(c);
    } else {
      absl::StrAppendFormat(&id, "-%02x", byte);
    }
  }
  return id;
}

// Nothing for an option that wasn't given.
std::string OptionalAttribute(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : Attribute(name, value);
}

std::vector<std::string> TimerDefinition(std::string_view tag,
                                         std::string_view text) {
  return {"<timerEventDefinition>", TextElement(tag, text),
          "</timerEventDefinition>"};
}

std::vector<std::string> ConditionalDefinition(std::string_view condition) {
  return {"<conditionalEventDefinition>",
          absl::StrCat("<condition xsi:type=\"tFormalExpression\">",
                       XmlEscaped(condition), "</condition>"),
          "</conditionalEventDefinition>"};
}

}  // namespace

std::string ModelDuration::FromMilliseconds(int64_t milliseconds) {
  // No ISO 8601 text: the parser names it and its line.
  if (milliseconds < 0) return absl::StrCat(milliseconds, " ms");
  return FormatIsoDuration(
      IsoDuration{.months = 0, .milliseconds = milliseconds});
}

ProcessBuilder::ProcessBuilder(std::string process_id)
    : id_(std::move(process_id)) {}

ProcessBuilder& ProcessBuilder::Name(std::string name) {
  name_ = std::move(name);
  return *this;
}

ProcessBuilder& ProcessBuilder::VersionTag(std::string tag) {
  version_tag_ = std::move(tag);
  return *this;
}

ProcessBuilder& ProcessBuilder::HistoryTimeToLive(std::string text) {
  history_time_to_live_ = std::move(text);
  return *this;
}

ProcessBuilder& ProcessBuilder::TimeZone(std::string zone) {
  time_zone_ = std::move(zone);
  return *this;
}

ProcessBuilder& ProcessBuilder::StartEvent(std::string id,
                                           NodeOptions options) {
  // Nothing leads to a start event.
  MoveTo("");
  return Add("startEvent", std::move(id), {{"name", options.name}});
}

ProcessBuilder& ProcessBuilder::ServiceTask(std::string id,
                                            ServiceTaskOptions options) {
  Attributes attributes = {{"name", options.name}};
  if (!options.expression.empty()) {
    attributes.emplace_back("camunda:expression", options.expression);
    attributes.emplace_back("camunda:resultVariable", options.result_variable);
    return Add("serviceTask", std::move(id), std::move(attributes));
  }
  attributes.emplace_back("pawl:type",
                          options.type.empty() ? id : options.type);
  // Without it the parser knows better: what compensates isn't retried.
  if (options.retries != ServiceTaskOptions().retries) {
    attributes.emplace_back("pawl:retries", absl::StrCat(options.retries));
  }
  attributes.emplace_back("pawl:backoff", options.backoff.delay.text());
  if (options.backoff.factor != 1) {
    attributes.emplace_back("pawl:backoffFactor",
                            absl::StrFormat("%.3f", options.backoff.factor));
  }
  attributes.emplace_back("pawl:backoffMax", options.backoff.max.text());
  Add("serviceTask", std::move(id), std::move(attributes));
  if (!options.headers.empty()) {
    std::vector<std::string>& extensions = nodes_.back().extensions;
    extensions.push_back("<zeebe:taskHeaders>");
    for (const auto& [name, value] : options.headers) {
      extensions.push_back(absl::StrCat("<zeebe:header", Attribute("key", name),
                                        Attribute("value", value), "/>"));
    }
    extensions.push_back("</zeebe:taskHeaders>");
  }
  return *this;
}

ProcessBuilder& ProcessBuilder::ScriptTask(std::string id, std::string script,
                                           ScriptTaskOptions options) {
  return Add("scriptTask", std::move(id),
             {{"name", options.name},
              {"scriptFormat", options.format},
              {"camunda:resultVariable", options.result_variable}},
             {TextElement("script", script)});
}

ProcessBuilder& ProcessBuilder::UserTask(std::string id,
                                         UserTaskOptions options) {
  return Add("userTask", std::move(id),
             {{"name", options.name},
              {"camunda:assignee", options.assignee},
              {"camunda:candidateUsers", options.candidate_users},
              {"camunda:candidateGroups", options.candidate_groups},
              {"camunda:dueDate", options.due_date},
              {"camunda:followUpDate", options.follow_up_date},
              {"camunda:priority", options.priority},
              {"camunda:formKey", options.form_key}});
}

ProcessBuilder& ProcessBuilder::ManualTask(std::string id,
                                           NodeOptions options) {
  return Add("manualTask", std::move(id), {{"name", options.name}});
}

ProcessBuilder& ProcessBuilder::Task(std::string id, NodeOptions options) {
  return Add("task", std::move(id), {{"name", options.name}});
}

ProcessBuilder& ProcessBuilder::ExclusiveGateway(std::string id,
                                                 NodeOptions options) {
  return AddGateway("exclusiveGateway", std::move(id), std::move(options));
}

ProcessBuilder& ProcessBuilder::ParallelGateway(std::string id,
                                                NodeOptions options) {
  return AddGateway("parallelGateway", std::move(id), std::move(options));
}

ProcessBuilder& ProcessBuilder::InclusiveGateway(std::string id,
                                                 NodeOptions options) {
  return AddGateway("inclusiveGateway", std::move(id), std::move(options));
}

ProcessBuilder& ProcessBuilder::ComplexGateway(std::string id,
                                               std::string activation_condition,
                                               NodeOptions options) {
  std::vector<std::string> content;
  if (!activation_condition.empty()) {
    content.push_back(absl::StrCat(
        "<activationCondition xsi:type=\"tFormalExpression\">",
        XmlEscaped(activation_condition), "</activationCondition>"));
  }
  return AddGateway("complexGateway", std::move(id), std::move(options),
                    std::move(content));
}

ProcessBuilder& ProcessBuilder::EventGateway(std::string id,
                                             EventGatewayOptions options) {
  AddGateway("eventBasedGateway", std::move(id), {.name = options.name});
  Attributes& attributes = nodes_.back().attributes;
  if (options.instantiate) attributes.emplace_back("instantiate", "true");
  if (options.parallel) {
    attributes.emplace_back("eventGatewayType", "Parallel");
  }
  return *this;
}

ProcessBuilder& ProcessBuilder::AddGateway(std::string tag, std::string id,
                                           NodeOptions options,
                                           std::vector<std::string> content) {
  last_gateway_ = id;
  return Add(std::move(tag), std::move(id), {{"name", options.name}},
             std::move(content));
}

ProcessBuilder& ProcessBuilder::TimerCatch(std::string id,
                                           ModelDuration duration,
                                           NodeOptions options) {
  return AddTimer(std::move(id), std::move(options), "timeDuration",
                  duration.text());
}

ProcessBuilder& ProcessBuilder::TimerCatchAt(std::string id, std::string date,
                                             NodeOptions options) {
  return AddTimer(std::move(id), std::move(options), "timeDate", date);
}

ProcessBuilder& ProcessBuilder::TimerCatchCycle(std::string id,
                                                std::string cycle,
                                                NodeOptions options) {
  return AddTimer(std::move(id), std::move(options), "timeCycle", cycle);
}

ProcessBuilder& ProcessBuilder::AddTimer(std::string id, NodeOptions options,
                                         std::string_view tag,
                                         std::string_view text) {
  return Add("intermediateCatchEvent", std::move(id), {{"name", options.name}},
             TimerDefinition(tag, text));
}

ProcessBuilder& ProcessBuilder::MessageCatch(std::string id,
                                             std::string message,
                                             std::string key,
                                             NodeOptions options) {
  return Add("intermediateCatchEvent", std::move(id), {{"name", options.name}},
             MessageDefinition(message, key));
}

ProcessBuilder& ProcessBuilder::ReceiveTask(std::string id, std::string message,
                                            std::string key,
                                            ReceiveTaskOptions options) {
  return Add("receiveTask", std::move(id),
             {{"name", options.name},
              {"instantiate", options.instantiate ? "true" : ""},
              {"messageRef", Declare("message", message)},
              {"pawl:correlationKey", std::move(key)}});
}

ProcessBuilder& ProcessBuilder::MessageThrow(std::string id,
                                             std::string message,
                                             std::string key,
                                             NodeOptions options) {
  return Add("intermediateThrowEvent", std::move(id), {{"name", options.name}},
             MessageDefinition(message, key));
}

ProcessBuilder& ProcessBuilder::SendTask(std::string id, std::string message,
                                         std::string key, NodeOptions options) {
  return Add("sendTask", std::move(id),
             {{"name", options.name},
              {"messageRef", Declare("message", message)},
              {"pawl:correlationKey", std::move(key)}});
}

ProcessBuilder& ProcessBuilder::SignalCatch(std::string id, std::string signal,
                                            NodeOptions options) {
  return Add("intermediateCatchEvent", std::move(id), {{"name", options.name}},
             SignalDefinition(signal));
}

ProcessBuilder& ProcessBuilder::SignalThrow(std::string id, std::string signal,
                                            NodeOptions options) {
  return Add("intermediateThrowEvent", std::move(id), {{"name", options.name}},
             SignalDefinition(signal));
}

ProcessBuilder& ProcessBuilder::ConditionCatch(std::string id,
                                               std::string condition,
                                               NodeOptions options) {
  return Add("intermediateCatchEvent", std::move(id), {{"name", options.name}},
             ConditionalDefinition(condition));
}

ProcessBuilder& ProcessBuilder::EscalationThrow(std::string id,
                                                std::string code,
                                                NodeOptions options) {
  return Add("intermediateThrowEvent", std::move(id), {{"name", options.name}},
             EscalationDefinition(code));
}

std::vector<std::string> ProcessBuilder::Definitions(
    const std::vector<EventTrigger>& events) {
  using Kind = EventTrigger::Kind;
  std::vector<std::string> lines;
  const auto add = [&](std::vector<std::string> definition) {
    lines.insert(lines.end(), definition.begin(), definition.end());
  };
  for (const EventTrigger& event : events) {
    switch (event.kind) {
      case Kind::kMessage:
        add(MessageDefinition(event.text, event.key));
        break;
      case Kind::kSignal:
        add(SignalDefinition(event.text));
        break;
      case Kind::kTimer:
        add(TimerDefinition("timeDuration", event.text));
        break;
      case Kind::kCondition:
        add(ConditionalDefinition(event.text));
        break;
      case Kind::kEscalation:
        add(EscalationDefinition(event.text));
        break;
      case Kind::kError:
        add(ErrorDefinition(event.text, "", ""));
        break;
      case Kind::kTerminate:
        add({"<terminateEventDefinition/>"});
        break;
    }
  }
  return lines;
}

ProcessBuilder& ProcessBuilder::MakeParallel(bool parallel) {
  if (parallel) {
    nodes_.back().attributes.emplace_back("parallelMultiple", "true");
  }
  return *this;
}

ProcessBuilder& ProcessBuilder::MultipleCatch(
    std::string id, const std::vector<EventTrigger>& events, bool parallel,
    NodeOptions options) {
  return Add("intermediateCatchEvent", std::move(id), {{"name", options.name}},
             Definitions(events))
      .MakeParallel(parallel);
}

ProcessBuilder& ProcessBuilder::MultipleThrow(
    std::string id, const std::vector<EventTrigger>& events,
    NodeOptions options) {
  return Add("intermediateThrowEvent", std::move(id), {{"name", options.name}},
             Definitions(events));
}

ProcessBuilder& ProcessBuilder::MultipleStart(
    std::string id, const std::vector<EventTrigger>& events, bool parallel,
    EventStartOptions options) {
  return AddStart(std::move(id), options, Definitions(events))
      .MakeParallel(parallel);
}

ProcessBuilder& ProcessBuilder::BoundaryMultiple(
    std::string id, std::string activity,
    const std::vector<EventTrigger>& events, bool parallel,
    BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     Definitions(events))
      .MakeParallel(parallel);
}

ProcessBuilder& ProcessBuilder::MultipleEnd(
    std::string id, const std::vector<EventTrigger>& events,
    NodeOptions options) {
  return AddEnd(std::move(id), std::move(options), Definitions(events));
}

ProcessBuilder& ProcessBuilder::SubProcess(std::string id,
                                           const ProcessBuilder& inside,
                                           NodeOptions options) {
  std::vector<std::string> lines = LinesInside(id, inside);
  return Add("subProcess", std::move(id),
             {{"name", options.name}, {"pawl:saga", inside.saga_}},
             std::move(lines));
}

ProcessBuilder& ProcessBuilder::AdHocSubProcess(std::string id,
                                                const ProcessBuilder& inside,
                                                AdHocOptions options) {
  std::vector<std::string> lines = LinesInside(id, inside);
  if (!options.completion_condition.empty()) {
    lines.push_back(absl::StrCat(
        "<completionCondition xsi:type=\"tFormalExpression\">",
        XmlEscaped(options.completion_condition), "</completionCondition>"));
  }
  Add("adHocSubProcess", std::move(id),
      {{"name", options.name},
       {"ordering", options.sequential ? "Sequential" : ""},
       {"cancelRemainingInstances", options.cancel_remaining ? "" : "false"},
       {"pawl:saga", inside.saga_}},
      std::move(lines));
  if (!options.active_elements.empty()) {
    nodes_.back().extensions.push_back(absl::StrCat(
        "<zeebe:adHoc",
        Attribute("activeElementsCollection", options.active_elements), "/>"));
  }
  return *this;
}

ProcessBuilder& ProcessBuilder::CallActivity(std::string id,
                                             std::string process,
                                             CallActivityOptions options) {
  Add("callActivity", std::move(id),
      {{"name", options.name},
       {"calledElement", std::move(process)},
       {"camunda:calledElementBinding",
        options.version.empty() ? "" : "version"},
       {"camunda:calledElementVersion", options.version}});
  std::vector<std::string>& extensions = nodes_.back().extensions;
  if (!options.business_key.empty()) {
    extensions.push_back(absl::StrCat(
        "<camunda:in", Attribute("businessKey", options.business_key), "/>"));
  }
  const auto cross = [&](std::string_view tag, bool all, const auto& mapped) {
    if (all) {
      extensions.push_back(
          absl::StrCat("<camunda:", ToAbsl(tag), " variables=\"all\"/>"));
    }
    for (const auto& [target, source] : mapped) {
      extensions.push_back(absl::StrCat("<camunda:", ToAbsl(tag),
                                        Attribute("sourceExpression", source),
                                        Attribute("target", target), "/>"));
    }
  };
  cross("in", options.all_in, options.in);
  cross("out", options.all_out, options.out);
  return *this;
}

ProcessBuilder& ProcessBuilder::Transaction(std::string id,
                                            const ProcessBuilder& inside,
                                            NodeOptions options) {
  std::vector<std::string> lines = LinesInside(id, inside);
  return Add("transaction", std::move(id),
             {{"name", options.name}, {"pawl:saga", inside.saga_}},
             std::move(lines));
}

ProcessBuilder& ProcessBuilder::CompensateBy(
    std::string id, CompensationHandlerOptions options) {
  if (nodes_.empty()) StartEvent();
  const std::string activity = nodes_.back().id;
  MoveTo("");
  ServiceTask(std::move(id), {.name = std::move(options.name),
                              .type = std::move(options.type),
                              .retries = options.retries,
                              .backoff = std::move(options.backoff)});
  return AttachHandler(activity);
}

namespace {

void AddTextElement(std::string_view tag, const std::string& text,
                    std::vector<std::string>* lines) {
  if (!text.empty()) lines->push_back(TextElement(tag, text));
}

}  // namespace

ProcessBuilder& ProcessBuilder::Loop(LoopOptions options) {
  if (nodes_.empty()) StartEvent();
  std::vector<std::string> lines = {absl::StrCat(
      "<standardLoopCharacteristics",
      OptionalAttribute("testBefore", options.test_before ? "true" : ""),
      OptionalAttribute("loopMaximum", options.maximum == 0
                                           ? ""
                                           : std::to_string(options.maximum)),
      ">")};
  AddTextElement("loopCondition", options.condition, &lines);
  lines.push_back("</standardLoopCharacteristics>");
  std::vector<std::string>& content = nodes_.back().content;
  content.insert(content.begin(), lines.begin(), lines.end());
  return *this;
}

ProcessBuilder& ProcessBuilder::MultiInstance(MultiInstanceOptions options) {
  if (nodes_.empty()) StartEvent();
  std::vector<std::string> lines = {absl::StrCat(
      "<multiInstanceLoopCharacteristics",
      OptionalAttribute("isSequential", options.sequential ? "true" : ""),
      OptionalAttribute("camunda:collection", options.collection),
      OptionalAttribute("camunda:elementVariable", options.element_variable),
      ">")};
  if (!options.output_collection.empty()) {
    lines.push_back(
        absl::StrCat("<extensionElements><zeebe:loopCharacteristics",
                     Attribute("outputCollection", options.output_collection),
                     Attribute("outputElement", options.output_element),
                     "/></extensionElements>"));
  }
  AddTextElement("loopCardinality", options.cardinality, &lines);
  AddTextElement("completionCondition", options.completion_condition, &lines);
  lines.push_back("</multiInstanceLoopCharacteristics>");
  std::vector<std::string>& content = nodes_.back().content;
  content.insert(content.begin(), lines.begin(), lines.end());
  return *this;
}

ProcessBuilder& ProcessBuilder::Saga(SagaScope scope) {
  saga_ = scope == SagaScope::kLocal    ? "local"
          : scope == SagaScope::kGlobal ? "global"
                                        : "";
  return *this;
}

ProcessBuilder& ProcessBuilder::CompensateBy(std::string id,
                                             const ProcessBuilder& inside,
                                             NodeOptions options) {
  if (nodes_.empty()) StartEvent();
  const std::string activity = nodes_.back().id;
  MoveTo("");
  SubProcess(std::move(id), inside, std::move(options));
  return AttachHandler(activity);
}

ProcessBuilder& ProcessBuilder::AttachHandler(const std::string& activity) {
  nodes_.back().attributes.emplace_back("isForCompensation", "true");
  const std::string handler = nodes_.back().id;
  const std::string event = handler + "_event";
  MoveTo("");
  Add("boundaryEvent", event, {{"attachedToRef", activity}},
      {"<compensateEventDefinition/>"});
  associations_.emplace_back(event, handler);
  current_ = activity;
  return *this;
}

namespace {

std::vector<std::string> CompensationDefinition(
    const std::string& activity, const CompensationOptions& options) {
  return {absl::StrCat(
      "<compensateEventDefinition", OptionalAttribute("activityRef", activity),
      options.wait ? "" : " waitForCompletion=\"false\"", "/>")};
}

}  // namespace

ProcessBuilder& ProcessBuilder::CompensationThrow(std::string id,
                                                  std::string activity,
                                                  CompensationOptions options) {
  return Add("intermediateThrowEvent", std::move(id), {{"name", options.name}},
             CompensationDefinition(activity, options));
}

ProcessBuilder& ProcessBuilder::CompensationEnd(std::string id,
                                                std::string activity,
                                                CompensationOptions options) {
  return AddEnd(std::move(id), {.name = options.name},
                CompensationDefinition(activity, options));
}

ProcessBuilder& ProcessBuilder::CancelEnd(std::string id, NodeOptions options) {
  return AddEnd(std::move(id), std::move(options),
                {"<cancelEventDefinition/>"});
}

ProcessBuilder& ProcessBuilder::CompensationStart(std::string id,
                                                  NodeOptions options) {
  // Nothing leads to a start event.
  MoveTo("");
  return Add("startEvent", std::move(id), {{"name", options.name}},
             {"<compensateEventDefinition/>"});
}

ProcessBuilder& ProcessBuilder::BoundaryCancel(std::string id,
                                               std::string transaction,
                                               NodeOptions options) {
  return AddBoundary(std::move(id), std::move(transaction),
                     {.name = options.name}, {"<cancelEventDefinition/>"});
}

ProcessBuilder& ProcessBuilder::EventSubProcess(std::string id,
                                                const ProcessBuilder& inside,
                                                NodeOptions options) {
  std::vector<std::string> lines = LinesInside(id, inside);
  // Nothing leads to it, and nothing follows.
  MoveTo("");
  Add("subProcess", std::move(id),
      {{"name", options.name}, {"triggeredByEvent", "true"}}, std::move(lines));
  current_.clear();
  return *this;
}

std::vector<std::string> ProcessBuilder::LinesInside(
    const std::string& id, const ProcessBuilder& inside) {
  declared_.insert(inside.declared_.begin(), inside.declared_.end());
  return inside.Lines(id + "_flow_");
}

ProcessBuilder& ProcessBuilder::MessageStart(std::string id,
                                             std::string message,
                                             std::string key,
                                             EventStartOptions options) {
  return AddStart(std::move(id), options, MessageDefinition(message, key));
}

ProcessBuilder& ProcessBuilder::SignalStart(std::string id, std::string signal,
                                            EventStartOptions options) {
  return AddStart(std::move(id), options, SignalDefinition(signal));
}

ProcessBuilder& ProcessBuilder::TimerStart(std::string id,
                                           ModelDuration duration,
                                           EventStartOptions options) {
  return AddStart(std::move(id), options,
                  TimerDefinition("timeDuration", duration.text()));
}

ProcessBuilder& ProcessBuilder::TimerStartAt(std::string id, std::string date,
                                             EventStartOptions options) {
  return AddStart(std::move(id), options, TimerDefinition("timeDate", date));
}

ProcessBuilder& ProcessBuilder::TimerStartCycle(std::string id,
                                                std::string cycle,
                                                EventStartOptions options) {
  return AddStart(std::move(id), options, TimerDefinition("timeCycle", cycle));
}

ProcessBuilder& ProcessBuilder::ConditionStart(std::string id,
                                               std::string condition,
                                               EventStartOptions options) {
  return AddStart(std::move(id), options, ConditionalDefinition(condition));
}

ProcessBuilder& ProcessBuilder::EscalationStart(std::string id,
                                                std::string code,
                                                EventStartOptions options) {
  return AddStart(std::move(id), options,
                  EscalationDefinition(code, options.code_variable));
}

ProcessBuilder& ProcessBuilder::ErrorStart(std::string id, std::string code,
                                           EventStartOptions options) {
  return AddStart(
      std::move(id), options,
      ErrorDefinition(code, options.code_variable, options.message_variable));
}

ProcessBuilder& ProcessBuilder::AddStart(std::string id,
                                         const EventStartOptions& options,
                                         std::vector<std::string> content) {
  MoveTo("");
  return Add("startEvent", std::move(id),
             {{"name", options.name},
              {"isInterrupting", options.interrupting ? "" : "false"}},
             std::move(content));
}

ProcessBuilder& ProcessBuilder::BoundaryTimer(std::string id,
                                              std::string activity,
                                              ModelDuration duration,
                                              BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     TimerDefinition("timeDuration", duration.text()));
}

ProcessBuilder& ProcessBuilder::BoundaryTimerAt(std::string id,
                                                std::string activity,
                                                std::string date,
                                                BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     TimerDefinition("timeDate", date));
}

ProcessBuilder& ProcessBuilder::BoundaryTimerCycle(std::string id,
                                                   std::string activity,
                                                   std::string cycle,
                                                   BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     TimerDefinition("timeCycle", cycle));
}

ProcessBuilder& ProcessBuilder::BoundaryError(std::string id,
                                              std::string activity,
                                              std::string code,
                                              BoundaryOptions options) {
  return AddBoundary(
      std::move(id), std::move(activity), options,
      ErrorDefinition(code, options.code_variable, options.message_variable));
}

ProcessBuilder& ProcessBuilder::BoundaryEscalation(std::string id,
                                                   std::string activity,
                                                   std::string code,
                                                   BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     EscalationDefinition(code, options.code_variable));
}

ProcessBuilder& ProcessBuilder::BoundaryMessage(std::string id,
                                                std::string activity,
                                                std::string message,
                                                std::string key,
                                                BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     MessageDefinition(message, key));
}

ProcessBuilder& ProcessBuilder::BoundarySignal(std::string id,
                                               std::string activity,
                                               std::string signal,
                                               BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     SignalDefinition(signal));
}

ProcessBuilder& ProcessBuilder::BoundaryCondition(std::string id,
                                                  std::string activity,
                                                  std::string condition,
                                                  BoundaryOptions options) {
  return AddBoundary(std::move(id), std::move(activity), options,
                     ConditionalDefinition(condition));
}

ProcessBuilder& ProcessBuilder::AddBoundary(std::string id,
                                            std::string activity,
                                            const BoundaryOptions& options,
                                            std::vector<std::string> content) {
  // Nothing leads to it.
  MoveTo("");
  return Add("boundaryEvent", std::move(id),
             {{"name", options.name},
              {"attachedToRef", std::move(activity)},
              {"cancelActivity", options.interrupting ? "" : "false"}},
             std::move(content));
}

ProcessBuilder& ProcessBuilder::ErrorEnd(std::string id, std::string code,
                                         NodeOptions options) {
  return AddEnd(std::move(id), std::move(options),
                ErrorDefinition(code, "", ""));
}

ProcessBuilder& ProcessBuilder::MessageEnd(std::string id, std::string message,
                                           std::string key,
                                           NodeOptions options) {
  return AddEnd(std::move(id), std::move(options),
                MessageDefinition(message, key));
}

ProcessBuilder& ProcessBuilder::SignalEnd(std::string id, std::string signal,
                                          NodeOptions options) {
  return AddEnd(std::move(id), std::move(options), SignalDefinition(signal));
}

ProcessBuilder& ProcessBuilder::EscalationEnd(std::string id, std::string code,
                                              NodeOptions options) {
  return AddEnd(std::move(id), std::move(options), EscalationDefinition(code));
}

std::vector<std::string> ProcessBuilder::MessageDefinition(
    const std::string& message, const std::string& key) {
  return {"<messageEventDefinition" +
          OptionalAttribute("messageRef", Declare("message", message)) +
          OptionalAttribute("pawl:correlationKey", key) + "/>"};
}

std::vector<std::string> ProcessBuilder::SignalDefinition(
    const std::string& signal) {
  return {"<signalEventDefinition" +
          OptionalAttribute("signalRef", Declare("signal", signal)) + "/>"};
}

std::vector<std::string> ProcessBuilder::ErrorDefinition(
    const std::string& code, const std::string& code_variable,
    const std::string& message_variable) {
  return {"<errorEventDefinition" +
          OptionalAttribute("errorRef", Declare("error", code)) +
          OptionalAttribute("camunda:errorCodeVariable", code_variable) +
          OptionalAttribute("camunda:errorMessageVariable", message_variable) +
          "/>"};
}

std::vector<std::string> ProcessBuilder::EscalationDefinition(
    const std::string& code, const std::string& code_variable) {
  return {"<escalationEventDefinition" +
          OptionalAttribute("escalationRef", Declare("escalation", code)) +
          OptionalAttribute("camunda:escalationCodeVariable", code_variable) +
          "/>"};
}

std::string ProcessBuilder::Declare(const std::string& tag,
                                    const std::string& text) {
  if (text.empty()) return {};
  declared_.emplace(tag, text);
  return DeclarationId(tag, text);
}

ProcessBuilder& ProcessBuilder::End(std::string id, NodeOptions options) {
  return AddEnd(std::move(id), std::move(options), {});
}

ProcessBuilder& ProcessBuilder::TerminateEnd(std::string id,
                                             NodeOptions options) {
  return AddEnd(std::move(id), std::move(options),
                {"<terminateEventDefinition/>"});
}

ProcessBuilder& ProcessBuilder::AddEnd(std::string id, NodeOptions options,
                                       std::vector<std::string> content) {
  const Node* existing = Find(id);
  if (existing != nullptr && existing->tag == "endEvent" &&
      existing->content == content) {
    return ConnectTo(std::move(id));
  }
  Add("endEvent", std::move(id), {{"name", options.name}}, std::move(content));
  current_.clear();
  return *this;
}

ProcessBuilder& ProcessBuilder::ConnectTo(std::string id) {
  Connect(id);
  current_.clear();
  return *this;
}

ProcessBuilder& ProcessBuilder::MoveTo(std::string id) {
  // A condition without a flow stays visible: the flow then leads nowhere, and
  // deployment says so.
  if (pending_.has_value()) Connect("");
  current_ = std::move(id);
  return *this;
}

ProcessBuilder& ProcessBuilder::Branch() { return MoveTo(last_gateway_); }

ProcessBuilder& ProcessBuilder::Input(std::string source, std::string target) {
  return AddMapping("input", source, target);
}

ProcessBuilder& ProcessBuilder::Output(std::string source, std::string target) {
  return AddMapping("output", source, target);
}

ProcessBuilder& ProcessBuilder::StartListener(std::string script,
                                              std::string format) {
  return AddListener("camunda:executionListener", "start", script, format);
}

ProcessBuilder& ProcessBuilder::EndListener(std::string script,
                                            std::string format) {
  return AddListener("camunda:executionListener", "end", script, format);
}

ProcessBuilder& ProcessBuilder::TaskListener(std::string event,
                                             std::string script,
                                             std::string format) {
  return AddListener("camunda:taskListener", event, script, format);
}

ProcessBuilder& ProcessBuilder::AddMapping(std::string_view tag,
                                           std::string_view source,
                                           std::string_view target) {
  if (nodes_.empty()) StartEvent();
  nodes_.back().mappings.push_back(
      absl::StrCat("<zeebe:", ToAbsl(tag), Attribute("source", source),
                   Attribute("target", target), "/>"));
  return *this;
}

ProcessBuilder& ProcessBuilder::AddListener(const char* tag,
                                            std::string_view event,
                                            std::string_view script,
                                            std::string_view format) {
  if (nodes_.empty()) StartEvent();
  nodes_.back().extensions.push_back(absl::StrCat(
      "<", tag, Attribute("event", event), "><camunda:script",
      format.empty() ? std::string() : Attribute("scriptFormat", format), ">",
      XmlEscaped(script), "</camunda:script></", tag, ">"));
  return *this;
}

ProcessBuilder& ProcessBuilder::DataObject(std::string id,
                                           DataObjectOptions options) {
  data_.push_back({std::move(id), std::move(options)});
  return *this;
}

ProcessBuilder& ProcessBuilder::Reads(std::string data, std::string variable) {
  if (nodes_.empty()) StartEvent();
  if (variable.empty()) variable = data;
  nodes_.back().reads.emplace_back(std::move(data), std::move(variable));
  return *this;
}

ProcessBuilder& ProcessBuilder::Writes(std::string variable, std::string data) {
  if (nodes_.empty()) StartEvent();
  nodes_.back().writes.emplace_back(std::move(variable), std::move(data));
  return *this;
}

// Inputs and outputs, then sets of all of them, then associations (10.4.2);
// events have no specification around the first two.
std::vector<std::string> ProcessBuilder::DataLines(const Node& node) {
  std::vector<std::string> data;
  std::vector<std::string> input_set;
  std::vector<std::string> output_set;
  std::vector<std::string> associations;
  const auto associate = [&](std::string_view tag, std::string_view source,
                             std::string_view target, std::string_view id) {
    associations.push_back(absl::StrCat("<", ToAbsl(tag), Attribute("id", id),
                                        ">", TextElement("sourceRef", source),
                                        TextElement("targetRef", target), "</",
                                        ToAbsl(tag), ">"));
  };
  for (size_t i = 0; i < node.reads.size(); ++i) {
    const auto& [object, variable] = node.reads[i];
    const std::string id = absl::StrCat(node.id, "_input_", i + 1);
    data.push_back(absl::StrCat("<dataInput", Attribute("id", id),
                                Attribute("name", variable), "/>"));
    input_set.push_back(TextElement("dataInputRefs", id));
    associate("dataInputAssociation", object, id,
              absl::StrCat(node.id, "_reads_", i + 1));
  }
  for (size_t i = 0; i < node.writes.size(); ++i) {
    const auto& [variable, object] = node.writes[i];
    const std::string id = absl::StrCat(node.id, "_output_", i + 1);
    data.push_back(absl::StrCat("<dataOutput", Attribute("id", id),
                                Attribute("name", variable), "/>"));
    output_set.push_back(TextElement("dataOutputRefs", id));
    associate("dataOutputAssociation", id, object,
              absl::StrCat(node.id, "_writes_", i + 1));
  }
  if (data.empty()) return data;
  const auto append = [](const std::vector<std::string>& from,
                         std::vector<std::string>* to) {
    to->insert(to->end(), from.begin(), from.end());
  };
  const auto set = [&](const std::string& tag,
                       const std::vector<std::string>& refs) {
    std::vector<std::string> lines = {"<" + tag + ">"};
    append(refs, &lines);
    lines.push_back("</" + tag + ">");
    return lines;
  };
  std::vector<std::string> lines;
  if (!node.tag.ends_with("Event")) {
    lines.push_back("<ioSpecification>");
    append(data, &lines);
    append(set("inputSet", input_set), &lines);
    append(set("outputSet", output_set), &lines);
    lines.push_back("</ioSpecification>");
    append(associations, &lines);
    return lines;
  }
  append(data, &lines);
  append(associations, &lines);
  if (!input_set.empty()) append(set("inputSet", input_set), &lines);
  if (!output_set.empty()) append(set("outputSet", output_set), &lines);
  return lines;
}

ProcessBuilder& ProcessBuilder::When(std::string condition) {
  Pending().condition = std::move(condition);
  return *this;
}

ProcessBuilder& ProcessBuilder::Default() {
  Pending().is_default = true;
  return *this;
}

ProcessBuilder::Flow& ProcessBuilder::Pending() {
  if (current_.empty()) current_ = last_gateway_;
  if (!pending_.has_value()) pending_ = Flow{.source = current_};
  return *pending_;
}

ProcessBuilder& ProcessBuilder::Add(std::string tag, std::string id,
                                    Attributes attributes,
                                    std::vector<std::string> content) {
  // Options that weren't given are no attributes.
  std::erase_if(attributes, [](const auto& a) { return a.second.empty(); });
  if (!current_.empty() || pending_.has_value()) Connect(id);
  current_ = id;
  nodes_.push_back(Node{.id = std::move(id),
                        .tag = std::move(tag),
                        .attributes = std::move(attributes),
                        .content = std::move(content),
                        .extensions = {},
                        .mappings = {},
                        .reads = {},
                        .writes = {},
                        .default_flow = std::nullopt});
  return *this;
}

void ProcessBuilder::Connect(const std::string& target) {
  Flow flow = pending_.value_or(Flow{.source = current_});
  pending_.reset();
  flow.target = target;
  if (flow.is_default) {
    for (Node& node : nodes_) {
      if (node.id == flow.source) node.default_flow = flows_.size();
    }
  }
  flows_.push_back(std::move(flow));
}

const ProcessBuilder::Node* ProcessBuilder::Find(std::string_view id) const {
  for (const Node& node : nodes_) {
    if (node.id == id) return &node;
  }
  return nullptr;
}

std::vector<std::string> ProcessBuilder::Lines(
    std::string_view flow_prefix) const {
  std::vector<Flow> flows = flows_;
  if (pending_.has_value()) flows.push_back(*pending_);

  // Flow ids that no element has.
  std::set<std::string> ids = {id_};
  for (const Node& node : nodes_) ids.insert(node.id);
  for (const Data& data : data_) ids.insert(data.id);
  const auto new_id = [&](std::string id) {
    while (!ids.insert(id).second) id.push_back('_');
    return id;
  };
  std::vector<std::string> flow_ids;
  for (size_t i = 0; i < flows.size(); ++i) {
    flow_ids.push_back(new_id(absl::StrCat(ToAbsl(flow_prefix), i + 1)));
  }

  std::vector<std::string> out;
  for (const Node& node : nodes_) {
    std::string open = absl::StrCat("<", node.tag, Attribute("id", node.id));
    if (node.default_flow.has_value()) {
      open += Attribute("default", flow_ids[*node.default_flow]);
    }
    for (const auto& [name, value] : node.attributes) {
      open += Attribute(name, value);
    }
    std::vector<std::string> lines = node.extensions;
    if (!node.mappings.empty()) {
      lines.push_back("<zeebe:ioMapping>");
      lines.insert(lines.end(), node.mappings.begin(), node.mappings.end());
      lines.push_back("</zeebe:ioMapping>");
    }
    if (!lines.empty()) {
      lines.insert(lines.begin(), "<extensionElements>");
      lines.push_back("</extensionElements>");
    }
    const std::vector<std::string> data = DataLines(node);
    lines.insert(lines.end(), data.begin(), data.end());
    lines.insert(lines.end(), node.content.begin(), node.content.end());
    if (lines.empty()) {
      out.push_back(open + "/>");
      continue;
    }
    out.push_back(open + ">");
    for (const std::string& line : lines) out.push_back("  " + line);
    out.push_back(absl::StrCat("</", node.tag, ">"));
  }
  for (size_t i = 0; i < flows.size(); ++i) {
    const Flow& flow = flows[i];
    std::string open =
        absl::StrCat("<sequenceFlow", Attribute("id", flow_ids[i]),
                     Attribute("sourceRef", flow.source));
    if (!flow.target.empty()) open += Attribute("targetRef", flow.target);
    if (flow.condition.empty()) {
      out.push_back(open + "/>");
      continue;
    }
    out.push_back(open + ">");
    out.push_back(
        absl::StrCat("  <conditionExpression xsi:type=\"tFormalExpression\">",
                     XmlEscaped(flow.condition), "</conditionExpression>"));
    out.push_back("</sequenceFlow>");
  }
  for (const Data& data : data_) {
    const std::string object = new_id(data.id + "_object");
    const std::string name =
        data.options.name.empty() ? data.id : data.options.name;
    out.push_back(absl::StrCat(
        "<dataObject", Attribute("id", object), Attribute("name", name),
        OptionalAttribute("isCollection",
                          data.options.is_collection ? "true" : ""),
        "/>"));
    out.push_back(absl::StrCat("<dataObjectReference", Attribute("id", data.id),
                               Attribute("name", name),
                               Attribute("dataObjectRef", object), "/>"));
  }
  for (const auto& [event, handler] : associations_) {
    out.push_back(absl::StrCat(
        "<association", Attribute("id", new_id("association_" + handler)),
        Attribute("associationDirection", "One"), Attribute("sourceRef", event),
        Attribute("targetRef", handler), "/>"));
  }
  return out;
}

std::string ProcessBuilder::ToXml() const {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<definitions";
  out += Attribute("xmlns", model::kBpmnNs);
  out += Attribute("xmlns:xsi", model::kXsiNs);
  out += Attribute("xmlns:camunda", model::kCamundaNs);
  out += Attribute("xmlns:zeebe", model::kZeebeNs);
  out += Attribute("xmlns:pawl", model::kPawlNs);
  out += Attribute("targetNamespace", model::kPawlNs);
  out += ">\n";
  for (const auto& [tag, text] : declared_) {
    const std::string_view attribute = tag == "error"        ? "errorCode"
                                       : tag == "escalation" ? "escalationCode"
                                                             : "name";
    absl::StrAppend(&out, "  <", tag, Attribute("id", DeclarationId(tag, text)),
                    Attribute(attribute, text), "/>\n");
  }
  out += "  <process";
  out += Attribute("id", id_);
  if (!name_.empty()) out += Attribute("name", name_);
  out += Attribute("isExecutable", "true");
  out += OptionalAttribute("pawl:saga", saga_);
  if (!version_tag_.empty()) {
    out += Attribute("camunda:versionTag", version_tag_);
  }
  out += OptionalAttribute("camunda:historyTimeToLive", history_time_to_live_);
  out += OptionalAttribute("pawl:timeZone", time_zone_);
  out += ">\n";
  for (const std::string& line : Lines("flow_")) {
    absl::StrAppend(&out, "    ", line, "\n");
  }
  out += "  </process>\n</definitions>\n";
  // None is drawn of what deployment refuses: no XML, or too much of it.
  auto drawn = model::WithDiagram(out);
  return drawn.ok() ? *std::move(drawn) : out;
}

}  // namespace pawl
