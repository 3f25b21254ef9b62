// ToBpmn, and the names of node kinds.
#include "tests/property/process_graph.h"

#include <algorithm>
#include <array>
#include <string>

namespace pawl::property {
namespace {

const char* OpText(Condition::Op op) {
  switch (op) {
    case Condition::Op::kLess:
      return "&lt;";
    case Condition::Op::kLessOrEqual:
      return "&lt;=";
    case Condition::Op::kEqual:
      return "==";
    case Condition::Op::kNotEqual:
      return "!=";
    case Condition::Op::kMore:
      return "&gt;";
  }
  return "?";
}

std::string ConditionText(const Condition& condition) {
  if (condition.variable == kWaitingForStart) {
    const std::string is = condition.value == 0 ? " false" : " true";
    return condition.feel ? "= waitingForStart =" + is
                          : "${waitingForStart ==" + is + "}";
  }
  if (condition.feel) {
    return "= " + condition.variable + " " +
           (condition.op == Condition::Op::kEqual ? "="
                                                  : OpText(condition.op)) +
           " " + std::to_string(condition.value);
  }
  return "${" + condition.variable + " " + OpText(condition.op) + " " +
         std::to_string(condition.value) + "}";
}

// "PT1.500S".
std::string DurationText(int64_t ms) {
  const std::string fraction = std::to_string(1000 + ms % 1000).substr(1);
  return "PT" + std::to_string(ms / 1000) + "." + fraction + "S";
}

std::string ScriptText(const Node& node) {
  const bool minus = node.script_addend < 0;
  return "${" + node.script_operand + (minus ? " - " : " + ") +
         std::to_string(minus ? -node.script_addend : node.script_addend) + "}";
}

const char* Tag(NodeKind kind) {
  switch (kind) {
    case NodeKind::kStartEvent:
      return "startEvent";
    case NodeKind::kEndEvent:
    case NodeKind::kTerminateEndEvent:
      return "endEvent";
    case NodeKind::kTimerCatchEvent:
      return "intermediateCatchEvent";
    case NodeKind::kServiceTask:
      return "serviceTask";
    case NodeKind::kUserTask:
      return "userTask";
    case NodeKind::kScriptTask:
      return "scriptTask";
    case NodeKind::kManualTask:
      return "manualTask";
    case NodeKind::kUndefinedTask:
      return "task";
    case NodeKind::kExclusiveGateway:
      return "exclusiveGateway";
    case NodeKind::kParallelGateway:
      return "parallelGateway";
    case NodeKind::kSendTask:
      return "sendTask";
    case NodeKind::kBusinessRuleTask:
      return "businessRuleTask";
    case NodeKind::kThrowEvent:
    case NodeKind::kLinkThrowEvent:
      return "intermediateThrowEvent";
    case NodeKind::kLinkCatchEvent:
      return "intermediateCatchEvent";
    case NodeKind::kSubProcess:
      return "subProcess";
    case NodeKind::kTimerBoundaryEvent:
    case NodeKind::kErrorBoundaryEvent:
      return "boundaryEvent";
    case NodeKind::kErrorEndEvent:
    case NodeKind::kMessageEndEvent:
    case NodeKind::kSignalEndEvent:
    case NodeKind::kEscalationEndEvent:
      return "endEvent";
    case NodeKind::kInclusiveGateway:
      return "inclusiveGateway";
    case NodeKind::kComplexGateway:
      return "complexGateway";
    case NodeKind::kMessageStartEvent:
    case NodeKind::kSignalStartEvent:
    case NodeKind::kTimerStartEvent:
    case NodeKind::kErrorStartEvent:
    case NodeKind::kEscalationStartEvent:
    case NodeKind::kConditionalStartEvent:
      return "startEvent";
    case NodeKind::kMessageCatchEvent:
    case NodeKind::kSignalCatchEvent:
    case NodeKind::kConditionalCatchEvent:
      return "intermediateCatchEvent";
    case NodeKind::kMessageThrowEvent:
    case NodeKind::kSignalThrowEvent:
    case NodeKind::kEscalationThrowEvent:
      return "intermediateThrowEvent";
    case NodeKind::kMessageBoundaryEvent:
    case NodeKind::kSignalBoundaryEvent:
    case NodeKind::kEscalationBoundaryEvent:
    case NodeKind::kConditionalBoundaryEvent:
      return "boundaryEvent";
    case NodeKind::kReceiveTask:
      return "receiveTask";
    case NodeKind::kMessageSendTask:
      return "sendTask";
    case NodeKind::kEventGateway:
      return "eventBasedGateway";
    case NodeKind::kEventSubProcess:
      return "subProcess";
    case NodeKind::kCompensationBoundaryEvent:
    case NodeKind::kCancelBoundaryEvent:
      return "boundaryEvent";
    case NodeKind::kCompensationStartEvent:
      return "startEvent";
    case NodeKind::kCompensationThrowEvent:
      return "intermediateThrowEvent";
    case NodeKind::kCompensationEndEvent:
    case NodeKind::kCancelEndEvent:
      return "endEvent";
    case NodeKind::kTransaction:
      return "transaction";
    case NodeKind::kCallActivity:
      return "callActivity";
    case NodeKind::kMultipleStartEvent:
    case NodeKind::kParallelMultipleStartEvent:
      return "startEvent";
    case NodeKind::kMultipleCatchEvent:
    case NodeKind::kParallelMultipleCatchEvent:
      return "intermediateCatchEvent";
    case NodeKind::kMultipleBoundaryEvent:
    case NodeKind::kParallelMultipleBoundaryEvent:
      return "boundaryEvent";
    case NodeKind::kMultipleThrowEvent:
      return "intermediateThrowEvent";
    case NodeKind::kMultipleEndEvent:
      return "endEvent";
    case NodeKind::kAdHocSubProcess:
      return "adHocSubProcess";
    case NodeKind::kEventDefinition:
      break;
  }
  return "unknown";
}

// What the element says beside its id: attributes, then children, of these
// those in extensionElements first.
struct Content {
  std::string attributes;
  std::string extensions;
  std::string children;
};

// Within the first hour of 1970.
std::string DateText(int64_t ms) {
  const auto two = [](int64_t number) {
    return std::to_string(100 + number).substr(1);
  };
  return "1970-01-01T00:" + two(ms / 60'000) + ":" + two(ms / 1000 % 60) + "Z";
}

// A minute or more, or less than that.
std::string CronText(int64_t ms) {
  return ms % 60'000 == 0 ? "0 0/" + std::to_string(ms / 60'000) + " * * * ?"
                          : "0/" + std::to_string(ms / 1000) + " * * * * ?";
}

std::string TimerText(const Node& node) {
  if (node.date_ms.has_value() || node.cron_ms > 0) {
    return std::string("<timerEventDefinition>") +
           (node.cron_ms > 0
                ? "<timeCycle>" + CronText(node.cron_ms) + "</timeCycle>"
                : "<timeDate>" + DateText(*node.date_ms) + "</timeDate>") +
           "</timerEventDefinition>";
  }
  const std::string duration = DurationText(node.timer_ms);
  return "<timerEventDefinition>" +
         (node.cycle > 0 ? "<timeCycle>R" + std::to_string(node.cycle) + "/" +
                               duration + "</timeCycle>"
                         : "<timeDuration>" + duration + "</timeDuration>") +
         "</timerEventDefinition>";
}

std::string LinkText(const std::string& name) {
  return "<linkEventDefinition name=\"" + name + "\"/>";
}

// Declared in Declarations().
std::string MessageAttributes(const Node& node) {
  std::string out;
  if (!node.names_no_message) out = " messageRef=\"M_" + node.event_name + "\"";
  if (!node.key_variable.empty()) {
    out += " pawl:correlationKey=\"${" + node.key_variable + "}\"";
  } else if (!node.key_text.empty()) {
    out += " pawl:correlationKey=\"" + node.key_text + "\"";
  }
  if (node.one_per_key) out += " pawl:onePerKey=\"true\"";
  return out;
}

// What an event waits for or throws.
std::string TriggerText(const Node& node) {
  switch (TriggerOf(node)) {
    case Trigger::kTimer:
      return TimerText(node);
    case Trigger::kMessage:
      return "<messageEventDefinition" + MessageAttributes(node) + "/>";
    case Trigger::kSignal:
      return "<signalEventDefinition signalRef=\"S_" + node.event_name + "\"/>";
    case Trigger::kCondition:
      return "<conditionalEventDefinition><condition>" +
             ConditionText(*node.condition) +
             "</condition></conditionalEventDefinition>";
    case Trigger::kError:
      return node.error_code.empty() ? "<errorEventDefinition/>"
                                     : "<errorEventDefinition errorRef=\"" +
                                           node.error_code + "\"/>";
    case Trigger::kEscalation:
      return node.escalation_code.empty()
                 ? "<escalationEventDefinition/>"
                 : "<escalationEventDefinition escalationRef=\"" +
                       node.escalation_code + "\"/>";
    case Trigger::kCancel:
      return "<cancelEventDefinition/>";
    case Trigger::kTerminate:
      return "<terminateEventDefinition/>";
    // Throwing ones say more: CompensationText().
    case Trigger::kCompensation:
      return "<compensateEventDefinition/>";
    case Trigger::kNone:
      break;
  }
  return "";
}

std::string CompensationText(const ProcessGraph& graph, const Node& node) {
  std::string out = "<compensateEventDefinition";
  if (node.compensated.has_value()) {
    out += " activityRef=\"" + graph.nodes[*node.compensated].id + "\"";
  }
  if (!node.waits) out += " waitForCompletion=\"false\"";
  return out + "/>";
}

std::string MappingText(const Mapping& mapping, bool feel) {
  const std::string number = std::to_string(mapping.number);
  if (mapping.source.empty()) return feel ? "= " + number : "${" + number + "}";
  if (!feel) return "${" + mapping.source + " + " + number + "}";
  return "= (if " + mapping.source + " = null then 0 else " + mapping.source +
         ") + " + number;
}

// What stands in extensionElements.
std::string MappingsText(const Node& node) {
  if (node.inputs.empty() && node.outputs.empty()) return "";
  const bool feel = node.feel_mappings;
  std::string out = feel ? "<zeebe:ioMapping>" : "<camunda:inputOutput>";
  const auto add = [&](const std::vector<Mapping>& mappings,
                       const std::string& what) {
    for (const Mapping& mapping : mappings) {
      const std::string text = MappingText(mapping, feel);
      out += feel ? "<zeebe:" + what + " source=\"" + text + "\" target=\"" +
                        mapping.target + "\"/>"
                  : "<camunda:" + what + "Parameter name=\"" + mapping.target +
                        "\">" + text + "</camunda:" + what + "Parameter>";
    }
  };
  add(node.inputs, "input");
  add(node.outputs, "output");
  return out + (feel ? "</zeebe:ioMapping>" : "</camunda:inputOutput>");
}

std::string DataId(const ProcessGraph& graph, size_t scope,
                   const DataObject& object) {
  return graph.id_prefix + "data_" + std::to_string(scope) + "_" + object.name +
         (object.by_reference ? "_reference" : "");
}

// The data object that the node sees under this name; without one the name
// itself, which counts as the variable.
std::string DataRef(const ProcessGraph& graph, const Node& node,
                    const std::string& name) {
  for (size_t scope = node.scope;; scope = graph.nodes[scope - 1].scope) {
    for (const DataObject& object :
         scope == 0 ? graph.data : graph.nodes[scope - 1].data) {
      if (object.name == name) return DataId(graph, scope, object);
    }
    if (scope == 0) return name;
  }
}

std::string ObjectsText(const ProcessGraph& graph, size_t scope) {
  std::string out;
  for (const DataObject& object :
       scope == 0 ? graph.data : graph.nodes[scope - 1].data) {
    const std::string id = DataId(graph, scope, object);
    if (!object.by_reference) {
      out +=
          "    <dataObject id=\"" + id + "\" name=\"" + object.name + "\"/>\n";
      continue;
    }
    out += "    <dataObject id=\"" + id + "_object\"/>\n" +
           "    <dataObjectReference id=\"" + id + "\" name=\"" + object.name +
           "\" dataObjectRef=\"" + id + "_object\"/>\n";
  }
  return out;
}

std::vector<std::string> DataOutputs(const Node& node) {
  std::vector<std::string> names;
  for (const DataAssociation& one : node.data_outputs) {
    if (one.source.empty()) continue;
    if (std::find(names.begin(), names.end(), one.source) == names.end()) {
      names.push_back(one.source);
    }
  }
  return names;
}

std::string AssociationText(const ProcessGraph& graph, const Node& node,
                            const DataAssociation& one, bool is_input) {
  const std::string inner = node.id + (is_input ? "_in_" : "_out_");
  const auto end = [&](const std::string& name, bool is_inner) {
    return is_inner ? inner + name : DataRef(graph, node, name);
  };
  std::string value;
  if (one.value.has_value()) {
    const std::string number = std::to_string(one.value->number);
    const std::string text =
        one.value->source.empty() ? number : one.value->source + " + " + number;
    value = one.feel ? text : "${" + text + "}";
    value = one.assigns ? "<assignment><from>" + value + "</from><to>" +
                              one.target + "</to></assignment>"
                        : "<transformation>" + value + "</transformation>";
  }
  const std::string tag =
      is_input ? "dataInputAssociation>" : "dataOutputAssociation>";
  return "<" + tag +
         (one.source.empty()
              ? ""
              : "<sourceRef>" + end(one.source, !is_input) + "</sourceRef>") +
         "<targetRef>" + end(one.target, is_input) + "</targetRef>" + value +
         "</" + tag;
}

// Inputs and outputs, sets of them, associations (10.4.2).
std::string DataText(const ProcessGraph& graph, const Node& node) {
  if (node.data_inputs.empty() && node.data_outputs.empty()) return "";
  std::string data;
  std::string sets;
  const auto add = [&](const std::vector<std::string>& names,
                       const std::string& tag, const std::string& way) {
    // Events have one of the two.
    if (names.empty() && !IsActivity(node.kind)) return;
    sets += "<" + way + "putSet>";
    for (const std::string& name : names) {
      const std::string id = node.id + "_" + way + "_" + name;
      data += "<" + tag + " id=\"" + id + "\" name=\"" + name + "\"/>";
      sets += "<" + tag + "Refs>" + id + "</" + tag + "Refs>";
    }
    sets += "</" + way + "putSet>";
  };
  add(DataInputs(node), "dataInput", "in");
  add(DataOutputs(node), "dataOutput", "out");
  std::string associations;
  for (const DataAssociation& one : node.data_inputs) {
    associations += AssociationText(graph, node, one, /*is_input=*/true);
  }
  for (const DataAssociation& one : node.data_outputs) {
    associations += AssociationText(graph, node, one, /*is_input=*/false);
  }
  if (IsActivity(node.kind)) {
    return "<ioSpecification>" + data + sets + "</ioSpecification>" +
           associations;
  }
  return data + associations + sets;
}

// What stands in extensionElements.
std::string ListenersText(const Node& node) {
  std::string expressions;
  std::string jobs;
  const auto add = [&](const std::optional<Listener>& listener,
                       const std::string& event) {
    if (!listener.has_value()) return;
    if (listener->job) {
      jobs += "<zeebe:executionListener eventType=\"" + event + "\" type=\"" +
              ListenerType(node, event == "end") + "\" retries=\"" +
              std::to_string(listener->retries) + "\"/>";
    } else {
      expressions += "<camunda:executionListener event=\"" + event +
                     "\" expression=\"${" + listener->variable + " + 1}\"/>";
    }
  };
  add(node.start_listener, "start");
  add(node.end_listener, "end");
  if (jobs.empty()) return expressions;
  return expressions + "<zeebe:executionListeners>" + jobs +
         "</zeebe:executionListeners>";
}

// What stands in extensionElements.
std::string TaskListenersText(const Node& node) {
  std::string expressions;
  std::string jobs;
  for (const TaskListener& one : node.task_listeners) {
    const std::string event = TaskEventName(one.event);
    if (one.listener.job) {
      constexpr std::array<const char*, kTaskEventCount> kNames = {
          "creating", "assigning", "updating", "completing"};
      jobs += std::string("<zeebe:taskListener eventType=\"") +
              kNames[static_cast<size_t>(one.event)] + "\" type=\"" + node.id +
              "_" + event + "\" retries=\"" +
              std::to_string(one.listener.retries) + "\"/>";
    } else {
      expressions += "<camunda:taskListener event=\"" + event +
                     "\" expression=\"${" + one.listener.variable + " + 1}\"/>";
    }
  }
  if (jobs.empty()) return expressions;
  return expressions + "<zeebe:taskListeners>" + jobs +
         "</zeebe:taskListeners>";
}

std::string LoopText(const Loop& loop) {
  if (loop.kind == Loop::Kind::kStandard) {
    std::string out = "<standardLoopCharacteristics testBefore=\"";
    out += loop.test_before ? "true\"" : "false\"";
    if (loop.maximum > 0) {
      out += " loopMaximum=\"" + std::to_string(loop.maximum) + "\"";
    }
    if (!loop.condition.has_value()) return out + "/>";
    return out + "><loopCondition>" + ConditionText(*loop.condition) +
           "</loopCondition></standardLoopCharacteristics>";
  }
  std::string out = "<multiInstanceLoopCharacteristics isSequential=\"";
  out += loop.kind == Loop::Kind::kSequential ? "true" : "false";
  out += "\"><loopCardinality>${" +
         (loop.count_variable.empty() ? std::to_string(loop.count)
                                      : loop.count_variable) +
         "}</loopCardinality>";
  if (loop.condition.has_value()) {
    out += "<completionCondition>" + ConditionText(*loop.condition) +
           "</completionCondition>";
  }
  return out + "</multiInstanceLoopCharacteristics>";
}

std::string Declarations() {
  std::string out;
  for (const std::string code : {"E1", "E2"}) {
    out += "  <error id=\"" + code + "\" errorCode=\"" + code + "\"/>\n";
  }
  for (const std::string code : {"X1", "X2"}) {
    out +=
        "  <escalation id=\"" + code + "\" escalationCode=\"" + code + "\"/>\n";
  }
  const auto declare = [&](const std::string& name) {
    out += "  <message id=\"M_" + name + "\" name=\"" + name + "\"/>\n";
  };
  for (const char* name : kMessageNames) declare(name);
  declare(kPoolMessage);
  for (const std::string name : kSignalNames) {
    out += "  <signal id=\"S_" + name + "\" name=\"" + name + "\"/>\n";
  }
  return out;
}

Content ContentOf(const ProcessGraph& graph, size_t index) {
  const Node& node = graph.nodes[index];
  Content content;
  switch (node.kind) {
    case NodeKind::kTerminateEndEvent:
      content.children = "<terminateEventDefinition/>";
      break;
    case NodeKind::kReceiveTask:
    case NodeKind::kMessageSendTask:
      content.attributes = MessageAttributes(node);
      if (node.instantiates) content.attributes += " instantiate=\"true\"";
      break;
    case NodeKind::kEventGateway:
      if (node.instantiates) content.attributes = " instantiate=\"true\"";
      if (node.parallel) {
        content.attributes += " eventGatewayType=\"Parallel\"";
      }
      break;
    case NodeKind::kEventSubProcess:
      content.attributes = " triggeredByEvent=\"true\"";
      break;
    case NodeKind::kLinkThrowEvent:
      content.children = LinkText(graph.nodes[node.link_target].id);
      break;
    case NodeKind::kLinkCatchEvent:
      content.children = LinkText(node.id);
      break;
    case NodeKind::kServiceTask:
    case NodeKind::kSendTask:
    case NodeKind::kBusinessRuleTask:
      content.attributes = " pawl:type=\"" + node.id + "\" pawl:retries=\"" +
                           std::to_string(node.retries) + "\"";
      if (node.backoff_ms > 0) {
        content.attributes +=
            " pawl:backoff=\"" + DurationText(node.backoff_ms) + "\"";
      }
      break;
    case NodeKind::kScriptTask:
      content.attributes =
          " camunda:resultVariable=\"" + node.script_result + "\"";
      content.children = "<script>" + ScriptText(node) + "</script>";
      break;
    case NodeKind::kAdHocSubProcess:
      if (node.sequential) content.attributes += " ordering=\"Sequential\"";
      if (!node.cancels_rest) {
        content.attributes += " cancelRemainingInstances=\"false\"";
      }
      if (node.completion.has_value()) {
        content.children = "<completionCondition>" +
                           ConditionText(*node.completion) +
                           "</completionCondition>";
      }
      break;
    case NodeKind::kComplexGateway:
      if (node.activation.has_value()) {
        content.children = "<activationCondition>" +
                           ConditionText(*node.activation) +
                           "</activationCondition>";
      }
      break;
    case NodeKind::kInclusiveGateway:
    case NodeKind::kStartEvent:
    case NodeKind::kEndEvent:
    case NodeKind::kManualTask:
    case NodeKind::kUndefinedTask:
    case NodeKind::kExclusiveGateway:
    case NodeKind::kParallelGateway:
    case NodeKind::kThrowEvent:
    case NodeKind::kSubProcess:
    case NodeKind::kTransaction:
      break;
    case NodeKind::kUserTask:
      if (!node.assignee.empty()) {
        content.attributes = " camunda:assignee=\"" + node.assignee + "\"";
      }
      break;
    case NodeKind::kCallActivity:
      content.attributes = " calledElement=\"" + node.called + "\"";
      if (node.crosses_data) break;
      if (!node.outputs_on_throw) {
        content.attributes += " pawl:outputsOnThrow=\"false\"";
      }
      content.extensions =
          "<camunda:in variables=\"all\"/><camunda:out " +
          (node.call_output.has_value()
               ? "sourceExpression=\"" +
                     MappingText(*node.call_output, /*feel=*/true) +
                     "\" target=\"" + node.call_output->target + "\"/>"
               : "variables=\"all\"/>");
      break;
    case NodeKind::kCompensationThrowEvent:
    case NodeKind::kCompensationEndEvent:
      content.children = CompensationText(graph, node);
      break;
    default:
      content.children = TriggerText(node);
      break;
  }
  if (IsMultiple(node.kind)) {
    for (size_t part : PartsOf(graph, index)) {
      content.children += TriggerText(graph.nodes[part]);
    }
  }
  content.extensions +=
      MappingsText(node) + ListenersText(node) + TaskListenersText(node);
  content.children = DataText(graph, node) + content.children;
  if (node.loop.has_value()) content.children += LoopText(*node.loop);
  if (node.saga != Saga::kNone) {
    content.attributes += node.saga == Saga::kLocal ? " pawl:saga=\"local\""
                                                    : " pawl:saga=\"global\"";
  }
  if (node.is_handler) content.attributes += " isForCompensation=\"true\"";
  if (IsStartEvent(node.kind) && !node.interrupting) {
    content.attributes = " isInterrupting=\"false\"";
  }
  if (IsBoundaryEvent(node.kind)) {
    content.attributes =
        " attachedToRef=\"" + graph.nodes[node.attached_to].id + "\"";
    if (!node.interrupting) content.attributes += " cancelActivity=\"false\"";
  }
  if (IsParallelMultiple(node.kind)) {
    content.attributes += " parallelMultiple=\"true\"";
  }
  return content;
}

class Printer {
 public:
  explicit Printer(const ProcessGraph& graph)
      : graph_(graph), defaults_(graph.nodes.size()) {
    for (const Flow& flow : graph.flows) {
      if (flow.is_default) defaults_[flow.source] = flow.id;
    }
  }

  // What stands in a scope; a generator bounds how deep they nest.
  std::string Scope(size_t scope) const {
    std::string out = ObjectsText(graph_, scope);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (node.kind == NodeKind::kEventDefinition) continue;
      if (node.scope == scope) out += NodeText(i);
      if (node.scope == scope &&
          node.kind == NodeKind::kCompensationBoundaryEvent) {
        out += "    <association id=\"to_" + node.id + "\" sourceRef=\"" +
               node.id + "\" targetRef=\"" + graph_.nodes[node.handler].id +
               "\"/>\n";
      }
    }
    for (const Flow& flow : graph_.flows) {
      if (graph_.nodes[flow.source].scope != scope) continue;
      out += "    <sequenceFlow id=\"" + flow.id + "\" sourceRef=\"" +
             graph_.nodes[flow.source].id + "\" targetRef=\"" +
             graph_.nodes[flow.target].id + "\"";
      if (flow.condition.has_value()) {
        out += "><conditionExpression>" + ConditionText(*flow.condition) +
               "</conditionExpression></sequenceFlow>\n";
      } else {
        out += "/>\n";
      }
    }
    return out;
  }

 private:
  std::string NodeText(size_t index) const {
    const Node& node = graph_.nodes[index];
    Content content = ContentOf(graph_, index);
    if (!content.extensions.empty()) {
      content.children = "<extensionElements>" + content.extensions +
                         "</extensionElements>" + content.children;
    }
    if (!defaults_[index].empty()) {
      content.attributes += " default=\"" + defaults_[index] + "\"";
    }
    if (IsScope(node.kind)) {
      content.children += "\n" + Scope(index + 1);
    }
    const std::string tag = Tag(node.kind);
    const std::string open =
        "    <" + tag + " id=\"" + node.id + "\"" + content.attributes;
    if (content.children.empty()) return open + "/>\n";
    return open + ">" + content.children + "</" + tag + ">\n";
  }

  const ProcessGraph& graph_;
  // Ids of default flows, by node.
  std::vector<std::string> defaults_;
};

}  // namespace

const char* NodeKindName(NodeKind kind) {
  static constexpr std::array<const char*, kNodeKindCount> kNames = {
      "start_event",
      "end_event",
      "terminate_end_event",
      "timer_catch_event",
      "service_task",
      "user_task",
      "script_task",
      "manual_task",
      "undefined_task",
      "exclusive_gateway",
      "parallel_gateway",
      "send_task",
      "business_rule_task",
      "throw_event",
      "link_throw_event",
      "link_catch_event",
      "sub_process",
      "timer_boundary_event",
      "error_boundary_event",
      "error_end_event",
      "inclusive_gateway",
      "complex_gateway",
      "message_start_event",
      "signal_start_event",
      "timer_start_event",
      "error_start_event",
      "escalation_start_event",
      "conditional_start_event",
      "message_catch_event",
      "signal_catch_event",
      "conditional_catch_event",
      "message_throw_event",
      "signal_throw_event",
      "escalation_throw_event",
      "message_end_event",
      "signal_end_event",
      "escalation_end_event",
      "message_boundary_event",
      "signal_boundary_event",
      "escalation_boundary_event",
      "conditional_boundary_event",
      "receive_task",
      "message_send_task",
      "event_gateway",
      "event_sub_process",
      "compensation_boundary_event",
      "compensation_start_event",
      "compensation_throw_event",
      "compensation_end_event",
      "transaction",
      "cancel_end_event",
      "cancel_boundary_event",
      "call_activity",
      "multiple_start_event",
      "parallel_multiple_start_event",
      "multiple_catch_event",
      "parallel_multiple_catch_event",
      "multiple_boundary_event",
      "parallel_multiple_boundary_event",
      "multiple_throw_event",
      "multiple_end_event",
      "event_definition",
      "ad_hoc_sub_process",
  };
  return kNames[static_cast<size_t>(kind)];
}

bool WaitsOutside(NodeKind kind) {
  return kind == NodeKind::kTimerCatchEvent || IsJob(kind) ||
         kind == NodeKind::kUserTask;
}

bool IsEndEvent(NodeKind kind) {
  return kind == NodeKind::kEndEvent || kind == NodeKind::kTerminateEndEvent ||
         kind == NodeKind::kErrorEndEvent ||
         kind == NodeKind::kMessageEndEvent ||
         kind == NodeKind::kSignalEndEvent ||
         kind == NodeKind::kEscalationEndEvent ||
         kind == NodeKind::kCompensationEndEvent ||
         kind == NodeKind::kCancelEndEvent ||
         kind == NodeKind::kMultipleEndEvent;
}

bool IsJob(NodeKind kind) {
  return kind == NodeKind::kServiceTask || kind == NodeKind::kSendTask ||
         kind == NodeKind::kBusinessRuleTask;
}

bool IsJoin(NodeKind kind) {
  return kind == NodeKind::kParallelGateway ||
         kind == NodeKind::kInclusiveGateway ||
         kind == NodeKind::kComplexGateway;
}

bool IsBoundaryEvent(NodeKind kind) {
  switch (kind) {
    case NodeKind::kTimerBoundaryEvent:
    case NodeKind::kErrorBoundaryEvent:
    case NodeKind::kMessageBoundaryEvent:
    case NodeKind::kSignalBoundaryEvent:
    case NodeKind::kEscalationBoundaryEvent:
    case NodeKind::kConditionalBoundaryEvent:
    case NodeKind::kCompensationBoundaryEvent:
    case NodeKind::kCancelBoundaryEvent:
    case NodeKind::kMultipleBoundaryEvent:
    case NodeKind::kParallelMultipleBoundaryEvent:
      return true;
    default:
      return false;
  }
}

bool IsStartEvent(NodeKind kind) {
  switch (kind) {
    case NodeKind::kStartEvent:
    case NodeKind::kMessageStartEvent:
    case NodeKind::kSignalStartEvent:
    case NodeKind::kTimerStartEvent:
    case NodeKind::kErrorStartEvent:
    case NodeKind::kEscalationStartEvent:
    case NodeKind::kConditionalStartEvent:
    case NodeKind::kCompensationStartEvent:
    case NodeKind::kMultipleStartEvent:
    case NodeKind::kParallelMultipleStartEvent:
      return true;
    default:
      return false;
  }
}

bool IsScope(NodeKind kind) {
  return kind == NodeKind::kSubProcess || kind == NodeKind::kEventSubProcess ||
         kind == NodeKind::kTransaction || kind == NodeKind::kAdHocSubProcess;
}

bool IsActivity(NodeKind kind) {
  switch (kind) {
    case NodeKind::kServiceTask:
    case NodeKind::kUserTask:
    case NodeKind::kScriptTask:
    case NodeKind::kManualTask:
    case NodeKind::kUndefinedTask:
    case NodeKind::kSendTask:
    case NodeKind::kBusinessRuleTask:
    case NodeKind::kSubProcess:
    case NodeKind::kReceiveTask:
    case NodeKind::kMessageSendTask:
    case NodeKind::kTransaction:
    case NodeKind::kCallActivity:
    case NodeKind::kAdHocSubProcess:
      return true;
    default:
      return false;
  }
}

bool IsIntermediateEvent(NodeKind kind) {
  switch (kind) {
    case NodeKind::kTimerCatchEvent:
    case NodeKind::kThrowEvent:
    case NodeKind::kLinkThrowEvent:
    case NodeKind::kLinkCatchEvent:
    case NodeKind::kMessageCatchEvent:
    case NodeKind::kSignalCatchEvent:
    case NodeKind::kConditionalCatchEvent:
    case NodeKind::kMessageThrowEvent:
    case NodeKind::kSignalThrowEvent:
    case NodeKind::kEscalationThrowEvent:
    case NodeKind::kCompensationThrowEvent:
    case NodeKind::kMultipleCatchEvent:
    case NodeKind::kParallelMultipleCatchEvent:
    case NodeKind::kMultipleThrowEvent:
      return true;
    default:
      return false;
  }
}

bool IsEvent(NodeKind kind) {
  return IsIntermediateEvent(kind) || IsStartEvent(kind) || IsEndEvent(kind) ||
         (IsBoundaryEvent(kind) &&
          kind != NodeKind::kCompensationBoundaryEvent);
}

bool IsMultiple(NodeKind kind) {
  return kind >= NodeKind::kMultipleStartEvent &&
         kind <= NodeKind::kMultipleEndEvent;
}

bool IsParallelMultiple(NodeKind kind) {
  return kind == NodeKind::kParallelMultipleStartEvent ||
         kind == NodeKind::kParallelMultipleCatchEvent ||
         kind == NodeKind::kParallelMultipleBoundaryEvent;
}

std::vector<std::string> DataInputs(const Node& node) {
  std::vector<std::string> names;
  for (const DataAssociation& one : node.data_inputs) {
    if (std::find(names.begin(), names.end(), one.target) == names.end()) {
      names.push_back(one.target);
    }
  }
  return names;
}

std::vector<std::string> OwnResults(const Node& node) {
  if (!IsActivity(node.kind) || node.kind == NodeKind::kReceiveTask ||
      !node.outputs.empty()) {
    return {};
  }
  std::vector<std::string> own;
  for (const std::string& name : DataOutputs(node)) {
    const bool passed_on =
        std::any_of(node.data_outputs.begin(), node.data_outputs.end(),
                    [&](const DataAssociation& one) {
                      return one.source == name && one.target != name;
                    });
    if (passed_on) own.push_back(name);
  }
  return own;
}

std::string ListenerType(const Node& node, bool end) {
  return node.id + (end ? "_end" : "_start");
}

const char* TaskEventName(TaskEvent event) {
  constexpr std::array<const char*, kTaskEventCount> kNames = {
      "create", "assignment", "update", "complete"};
  return kNames[static_cast<size_t>(event)];
}

std::vector<size_t> PartsOf(const ProcessGraph& graph, size_t event) {
  std::vector<size_t> parts;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].kind == NodeKind::kEventDefinition &&
        graph.nodes[i].part_of == event) {
      parts.push_back(i);
    }
  }
  return parts;
}

Trigger TriggerOf(const Node& node) {
  return node.kind == NodeKind::kEventDefinition ? node.trigger
                                                 : TriggerOf(node.kind);
}

Trigger TriggerOf(NodeKind kind) {
  switch (kind) {
    case NodeKind::kTimerStartEvent:
    case NodeKind::kTimerCatchEvent:
    case NodeKind::kTimerBoundaryEvent:
      return Trigger::kTimer;
    case NodeKind::kMessageStartEvent:
    case NodeKind::kMessageCatchEvent:
    case NodeKind::kMessageThrowEvent:
    case NodeKind::kMessageEndEvent:
    case NodeKind::kMessageBoundaryEvent:
    case NodeKind::kReceiveTask:
    case NodeKind::kMessageSendTask:
      return Trigger::kMessage;
    case NodeKind::kSignalStartEvent:
    case NodeKind::kSignalCatchEvent:
    case NodeKind::kSignalThrowEvent:
    case NodeKind::kSignalEndEvent:
    case NodeKind::kSignalBoundaryEvent:
      return Trigger::kSignal;
    case NodeKind::kConditionalStartEvent:
    case NodeKind::kConditionalCatchEvent:
    case NodeKind::kConditionalBoundaryEvent:
      return Trigger::kCondition;
    case NodeKind::kErrorStartEvent:
    case NodeKind::kErrorBoundaryEvent:
    case NodeKind::kErrorEndEvent:
      return Trigger::kError;
    case NodeKind::kEscalationStartEvent:
    case NodeKind::kEscalationThrowEvent:
    case NodeKind::kEscalationEndEvent:
    case NodeKind::kEscalationBoundaryEvent:
      return Trigger::kEscalation;
    case NodeKind::kCompensationBoundaryEvent:
    case NodeKind::kCompensationStartEvent:
    case NodeKind::kCompensationThrowEvent:
    case NodeKind::kCompensationEndEvent:
      return Trigger::kCompensation;
    case NodeKind::kCancelEndEvent:
    case NodeKind::kCancelBoundaryEvent:
      return Trigger::kCancel;
    default:
      return Trigger::kNone;
  }
}

namespace {

std::string FileText(const std::string& content) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<definitions "
         "xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"\n"
         "             xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\"\n"
         "             xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\"\n"
         "             xmlns:pawl=\"https://pawl.dev/bpmn/1.0\"\n"
         "             targetNamespace=\"generated\">\n" +
         Declarations() + content + "</definitions>\n";
}

std::string ProcessText(const ProcessGraph& graph) {
  return "  <process id=\"" + graph.id + "\" isExecutable=\"true\"" +
         (graph.saga ? " pawl:saga=\"local\"" : "") + ">\n" +
         Printer(graph).Scope(0) + "  </process>\n";
}

}  // namespace

std::string ToBpmn(const ProcessGraph& graph) {
  return FileText(ProcessText(graph));
}

std::string ToBpmn(const ProcessGraph& first, const ProcessGraph& second,
                   const std::vector<MessageFlow>& flows) {
  std::string pools = "  <collaboration id=\"pools\">\n";
  for (const ProcessGraph* graph : {&first, &second}) {
    pools += "    <participant id=\"pool_" + graph->id + "\" processRef=\"" +
             graph->id + "\"/>\n";
  }
  for (size_t i = 0; i < flows.size(); ++i) {
    const MessageFlow& flow = flows[i];
    pools +=
        "    <messageFlow id=\"message_flow_" + std::to_string(i) +
        "\" sourceRef=\"" + flow.source + "\" targetRef=\"" + flow.target +
        "\"" +
        (flow.message.empty() ? "" : " messageRef=\"M_" + flow.message + "\"") +
        "/>\n";
  }
  return FileText(pools + "  </collaboration>\n" + ProcessText(first) +
                  ProcessText(second));
}

}  // namespace pawl::property
