#include "engine/model/bpmn_counts.h"

#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_raw.h"

namespace pawl::model {
namespace {

constexpr std::string_view kEventDefinition = "EventDefinition";

using Counts = std::map<std::string, int64_t>;

bool IsTask(std::string_view name) {
  return name == "task" || name == "userTask" || name == "serviceTask" ||
         name == "sendTask" || name == "receiveTask" || name == "scriptTask" ||
         name == "businessRuleTask" || name == "manualTask";
}

bool IsSubProcess(std::string_view name) {
  return name == "subProcess" || name == "adHocSubProcess" ||
         name == "transaction";
}

bool IsGateway(std::string_view name) {
  return name == "exclusiveGateway" || name == "inclusiveGateway" ||
         name == "parallelGateway" || name == "eventBasedGateway" ||
         name == "complexGateway";
}

// "start", "end", "catch", "throw", "boundary", or empty for no event.
std::string_view EventPosition(std::string_view name) {
  if (name == "startEvent") return "start";
  if (name == "endEvent") return "end";
  if (name == "intermediateCatchEvent") return "catch";
  if (name == "intermediateThrowEvent") return "throw";
  if (name == "boundaryEvent") return "boundary";
  return {};
}

// Type of an event definition element, or empty.
std::string_view EventType(const XmlNode& node) {
  const std::string_view name = node.local();
  if (node.ns() != kBpmnNs || name.size() <= kEventDefinition.size() ||
      !absl::EndsWith(ToAbsl(name), ToAbsl(kEventDefinition))) {
    return {};
  }
  return name.substr(0, name.size() - kEventDefinition.size());
}

bool IsFalse(const XmlNode& node, std::string_view attribute) {
  return !IsTrueOr(node, attribute, true);
}

void CountEvent(const XmlNode& node, std::string_view position,
                Counts* counts) {
  ++(*counts)["events"];
  int definitions = 0;
  for (const XmlNode* child : node.children) {
    const std::string_view type = EventType(*child);
    if (type.empty()) continue;
    ++definitions;
    ++(*counts)[absl::StrCat("ev:", ToAbsl(position), ".", ToAbsl(type))];
  }
  if (definitions == 0) {
    ++(*counts)[absl::StrCat("ev:", ToAbsl(position), ".none")];
  }
  if (definitions > 1) ++(*counts)["ev:multiple"];
  if (position == "boundary") {
    ++(*counts)[IsFalse(node, "cancelActivity") ? "boundary_non_interrupting"
                                                : "boundary_interrupting"];
  }
  if (position == "start" && IsFalse(node, "isInterrupting")) {
    ++(*counts)["start_non_interrupting"];
  }
}

void CountActivity(const XmlNode& node, Counts* counts) {
  const std::string& name = node.local();
  if (IsTask(name)) ++(*counts)["tasks"];
  if (IsSubProcess(name)) {
    ++(*counts)["subprocesses"];
    if (IsTrue(node, "triggeredByEvent")) ++(*counts)["event_subprocesses"];
  }
  if (IsGateway(name)) ++(*counts)["gateways"];
  if (IsTrue(node, "instantiate")) {
    if (name == "eventBasedGateway") ++(*counts)["gateways_instantiate"];
    if (name == "receiveTask") ++(*counts)["receive_instantiate"];
  }
}

void CountFlowNode(const XmlNode& node, Counts* counts) {
  const std::string& name = node.local();
  const std::string_view position = EventPosition(name);
  if (!position.empty()) {
    CountEvent(node, position, counts);
  } else if (IsTask(name) || IsSubProcess(name) || IsGateway(name) ||
             name == "callActivity") {
    CountActivity(node, counts);
  } else {
    return;
  }
  ++(*counts)["flow_nodes"];
  const std::string* default_flow = node.Attribute("default");
  if (default_flow != nullptr && !default_flow->empty()) {
    ++(*counts)["default_flows"];
  }
}

void CountOther(const XmlNode& node, const XmlNode* root, Counts* counts) {
  const std::string& name = node.local();
  if (name == "sequenceFlow") {
    ++(*counts)["sequence_flows"];
    if (node.Child(kBpmnNs, "conditionExpression") != nullptr) {
      ++(*counts)["sequence_flows_conditional"];
    }
  } else if (name == "multiInstanceLoopCharacteristics") {
    ++(*counts)[IsTrue(node, "isSequential") ? "mi_sequential" : "mi_parallel"];
  } else if (name == "standardLoopCharacteristics") {
    ++(*counts)["loop_standard"];
  } else if (name == "process") {
    if (IsTrue(node, "isExecutable")) ++(*counts)["processes_executable"];
  } else if (name == "participant") {
    const std::string* process = node.Attribute("processRef");
    if (process == nullptr || process->empty()) {
      ++(*counts)["participants_blackbox"];
    }
  } else if (node.parent == root && !EventType(node).empty()) {
    ++(*counts)["root_event_definitions"];
  }
}

}  // namespace

std::map<std::string, int64_t> CountElements(const XmlDocument& document) {
  Counts counts;
  for (const XmlNode& node : document.nodes) {
    if (node.ns() != kBpmnNs) continue;
    ++counts[absl::StrCat("el:", node.local())];
    for (const XmlAttribute& attribute : node.attributes) {
      const std::string& ns = attribute.name->ns;
      if (!ns.empty() && ns != kXsiNs && ns != kBpmnNs) {
        ++counts["foreign_attributes"];
      }
    }
    CountFlowNode(node, &counts);
    CountOther(node, document.root, &counts);
    if (IsTrue(node, "isForCompensation")) ++counts["compensation_activities"];
  }
  for (const auto& [local, count] : document.skipped_names) {
    if (document.root->ns() != kBpmnNs) break;
    counts[absl::StrCat("el:", local)] += count;
  }
  return counts;
}

}  // namespace pawl::model
