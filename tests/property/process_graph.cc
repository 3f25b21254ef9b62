// ToBpmn, and the names of node kinds.
#include "tests/property/process_graph.h"

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
  }
  return "unknown";
}

// What the element says beside its id: attributes, then children.
struct Content {
  std::string attributes;
  std::string children;
};

Content ContentOf(const Node& node) {
  Content content;
  switch (node.kind) {
    case NodeKind::kTerminateEndEvent:
      content.children = "<terminateEventDefinition/>";
      break;
    case NodeKind::kTimerCatchEvent:
      content.children = "<timerEventDefinition><timeDuration>" +
                         DurationText(node.timer_ms) +
                         "</timeDuration></timerEventDefinition>";
      break;
    case NodeKind::kServiceTask:
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
    case NodeKind::kStartEvent:
    case NodeKind::kEndEvent:
    case NodeKind::kUserTask:
    case NodeKind::kManualTask:
    case NodeKind::kUndefinedTask:
    case NodeKind::kExclusiveGateway:
    case NodeKind::kParallelGateway:
      break;
  }
  return content;
}

std::string NodeText(const Node& node, const std::string& default_flow) {
  Content content = ContentOf(node);
  if (!default_flow.empty()) {
    content.attributes += " default=\"" + default_flow + "\"";
  }
  const std::string tag = Tag(node.kind);
  const std::string open =
      "    <" + tag + " id=\"" + node.id + "\"" + content.attributes;
  if (content.children.empty()) return open + "/>\n";
  return open + ">" + content.children + "</" + tag + ">\n";
}

}  // namespace

const char* NodeKindName(NodeKind kind) {
  static constexpr std::array<const char*, kNodeKindCount> kNames = {
      "start_event",       "end_event",        "terminate_end_event",
      "timer_catch_event", "service_task",     "user_task",
      "script_task",       "manual_task",      "undefined_task",
      "exclusive_gateway", "parallel_gateway",
  };
  return kNames[static_cast<size_t>(kind)];
}

bool WaitsOutside(NodeKind kind) {
  return kind == NodeKind::kTimerCatchEvent || kind == NodeKind::kServiceTask ||
         kind == NodeKind::kUserTask;
}

bool IsEndEvent(NodeKind kind) {
  return kind == NodeKind::kEndEvent || kind == NodeKind::kTerminateEndEvent;
}

std::string ToBpmn(const ProcessGraph& graph) {
  std::vector<std::string> defaults(graph.nodes.size());
  for (const Flow& flow : graph.flows) {
    if (flow.is_default) defaults[flow.source] = flow.id;
  }
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"\n"
      "             xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\"\n"
      "             xmlns:pawl=\"https://pawl.dev/bpmn/1.0\"\n"
      "             targetNamespace=\"generated\">\n"
      "  <process id=\"" +
      graph.id + "\" isExecutable=\"true\">\n";
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    out += NodeText(graph.nodes[i], defaults[i]);
  }
  for (const Flow& flow : graph.flows) {
    out += "    <sequenceFlow id=\"" + flow.id + "\" sourceRef=\"" +
           graph.nodes[flow.source].id + "\" targetRef=\"" +
           graph.nodes[flow.target].id + "\"";
    if (flow.condition.has_value()) {
      out += "><conditionExpression>" + ConditionText(*flow.condition) +
             "</conditionExpression></sequenceFlow>\n";
    } else {
      out += "/>\n";
    }
  }
  out += "  </process>\n</definitions>\n";
  return out;
}

}  // namespace pawl::property
