#include "engine/model/bpmn_parse.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/bpmn_ad_hoc.h"
#include "engine/model/bpmn_call.h"
#include "engine/model/bpmn_collaboration.h"
#include "engine/model/bpmn_data.h"
#include "engine/model/bpmn_event.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_loop.h"
#include "engine/model/bpmn_mapping.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_places.h"
#include "engine/model/bpmn_task.h"
#include "engine/model/bpmn_work.h"
#include "engine/model/coverage.h"
#include "engine/model/element_names.h"
#include "engine/model/process_definition.h"
#include "engine/model/time_to_live.h"

namespace pawl::model {
namespace {

using expression::Use;
using fb::ElementKind;

std::string Value(const XmlNode& node, std::string_view attribute) {
  const std::string* value = node.Attribute(attribute);
  return value == nullptr ? std::string() : *value;
}

bool IsEventDefinition(const XmlNode& node) {
  return node.ns() == kBpmnNs &&
         absl::EndsWith(node.local(), "EventDefinition");
}

// The name under which coverage.h lists the children of a node of this kind.
std::string_view ParentClass(ElementKind kind) {
  switch (kind) {
    case ElementKind::start_event:
      return "startEvent";
    case ElementKind::end_event:
      return "endEvent";
    case ElementKind::intermediate_catch_event:
      return "intermediateCatchEvent";
    case ElementKind::intermediate_throw_event:
      return "intermediateThrowEvent";
    case ElementKind::boundary_event:
      return "boundaryEvent";
    case ElementKind::exclusive_gateway:
    case ElementKind::parallel_gateway:
    case ElementKind::inclusive_gateway:
    case ElementKind::event_based_gateway:
    case ElementKind::complex_gateway:
      return "gateway";
    default:
      return "activity";
  }
}

class ProcessParser {
 public:
  ProcessParser(const XmlNode& xml, const ParseContext& context)
      : context_(context), problems_(*context.problems) {
    process_.xml = &xml;
  }

  RawProcess Run() {
    ParseHead();
    // The process, then sub-processes as they are found: a scope comes before
    // what is in it.
    ParseScope(*process_.xml, 0);
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      if (node.supported && IsScope(node.element->kind)) {
        ParseScope(*node.xml, i + 1);
      }
    }
    return std::move(process_);
  }

 private:
  void Refuse(const XmlNode& owner, SourcePosition at, std::string_view what,
              std::string_view note) {
    model::Refuse(context_, owner, at, what, note);
  }

  std::string Reference(const XmlNode& xml, std::string_view attribute) const {
    return std::string(ReferencedId(context_, AttributeText(xml, attribute)));
  }

  // Ids and names go into every event, so their length is bounded.
  void CheckId(const XmlNode& node) {
    const std::string* id = OwnId(node);
    if (id == nullptr && IsFlowNode(node.local())) {
      if (node.Attribute(kPawlNs, "generatedId") != nullptr) return;
      problems_.Warning(
          node.position, "missing-id",
          absl::StrCat(Describe(node), ": got no id; nothing can name it"));
    } else if (id == nullptr) {
      problems_.Error(node.position, "missing-id",
                      absl::StrCat(Describe(node), ": got no id"));
    } else if (id->size() > kNameBytesMax) {
      problems_.Error(node.position, "name-too-long",
                      absl::StrCat(node.local(), ": got an id of ", id->size(),
                                   " bytes, wanted at most ", kNameBytesMax,
                                   " (kNameBytesMax)"));
    }
  }

  void ParseHead() {
    const XmlNode& xml = *process_.xml;
    CheckId(xml);
    process_.id = Value(xml, "id");
    process_.name = Value(xml, "name");
    process_.executable = IsTrueOr(xml, "isExecutable", true);
    CheckExtensions(xml, context_);
    process_.saga = Saga(xml);
    if (const std::string* tag = xml.Attribute(kCamundaNs, "versionTag")) {
      process_.version_tag = *tag;
    } else if (const XmlNode* zeebe = Extension(xml, "zeebe", "versionTag")) {
      process_.version_tag = Value(*zeebe, "value");
    }
    ParseTimeToLive(xml);
  }

  void ParseTimeToLive(const XmlNode& xml) {
    const std::string* text = xml.Attribute(kCamundaNs, "historyTimeToLive");
    if (text == nullptr || text->empty()) return;
    if (const auto parsed = ParseTimeToLiveText(*text); !parsed.ok()) {
      // It runs as well without.
      context_.advice->Warning(
          xml.position, "bad-time-to-live",
          absl::StrCat("historyTimeToLive: ", parsed.status().message()));
      return;
    }
    process_.history_time_to_live = *text;
  }

  // pawl:saga of a scope.
  fb::SagaScope Saga(const XmlNode& xml) {
    const std::string* value = xml.Attribute(kPawlNs, "saga");
    if (value == nullptr) return fb::SagaScope::none;
    if (*value == "local") return fb::SagaScope::local;
    if (*value == "global") return fb::SagaScope::global;
    problems_.Error(
        xml.position, "saga",
        absl::StrCat(Describe(xml), ": pawl:saga: got '",
                     ToAbsl(CutUtf8(*value, 64)), "', wanted local or global"));
    return fb::SagaScope::none;
  }

  void ParseScope(const XmlNode& xml, uint32_t scope) {
    for (const XmlNode* child : xml.children) {
      if (child->ns() != kBpmnNs) continue;
      // What any activity may hold was looked at with the sub-process itself.
      if (scope != 0 && !IsScopeChild(*child)) continue;
      ParseChild(*child, scope);
    }
  }

  // In a sub-process: what makes it a scope, not what makes it an activity.
  static bool IsScopeChild(const XmlNode& child) {
    return FindElementRow("activity", child.local()) == nullptr &&
           FindElementRow("adHocSubProcess", child.local()) == nullptr;
  }

  void ParseChild(const XmlNode& child, uint32_t scope) {
    const ElementRow* row = FindElementRow("process", child.local());
    if (row == nullptr && IsDeclaration(child.local())) {
      problems_.Warning(
          child.position, "unknown-element",
          absl::StrCat(Describe(child), ": BPMN 2.0 doesn't have it here"));
      return;
    }
    if (row == nullptr) {
      problems_.Error(
          child.position, "unknown-element",
          absl::StrCat(Describe(child),
                       ": got an element that BPMN 2.0 doesn't have here"));
      return;
    }
    if (child.local() == "sequenceFlow") {
      ParseFlow(child, scope);
    } else if (IsFlowNode(child.local())) {
      ParseNode(child, *row, scope);
    } else if (row->support == Support::kRefused) {
      Refuse(child, child.position, "", row->note);
    }
  }

  // What stands beside the processes and is found by its id wherever it is, or
  // is only drawn.
  static bool IsDeclaration(std::string_view local) {
    if (absl::EndsWith(ToAbsl(local), "EventDefinition")) return false;
    for (const std::string_view around :
         {std::string_view("definitions"), std::string_view("collaboration")}) {
      const ElementRow* row = FindElementRow(around, local);
      if (row != nullptr && row->support == Support::kAccepted) return true;
    }
    return false;
  }

  void ParseFlow(const XmlNode& xml, uint32_t scope) {
    RawFlow raw;
    raw.xml = &xml;
    raw.scope = scope;
    raw.source_id = Reference(xml, "sourceRef");
    raw.target_id = Reference(xml, "targetRef");
    raw.flow = std::make_unique<fb::SequenceFlowT>();
    const std::string* id = OwnId(xml);
    raw.flow->id = id != nullptr ? *id
                                 : GeneratedFlowId(raw.source_id, raw.target_id,
                                                   process_.flows.size() + 1);
    raw.flow->name = Value(xml, "name");
    raw.flow->line = xml.position.line;
    raw.flow->column = xml.position.column;
    CheckExtensions(xml, context_);
    for (const XmlNode* child : xml.children) {
      if (!child->Is(kBpmnNs, "conditionExpression")) continue;
      CheckExtensions(*child, context_);
      if (child->Attribute(kCamundaNs, "resource") != nullptr) continue;
      raw.conditions.push_back(child);
    }
    process_.flows.push_back(std::move(raw));
  }

  // Ids are optional in BPMN, and every node needs one of its own.
  std::string NodeId(const XmlNode& xml) const {
    if (const std::string* id = OwnId(xml)) return *id;
    std::string id = GeneratedNodeId(xml.local(), process_.nodes.size() + 1);
    while (context_.ids.contains(id)) id.push_back('#');
    return id;
  }

  void ParseNode(const XmlNode& xml, const ElementRow& row, uint32_t scope) {
    RawNode raw;
    raw.xml = &xml;
    raw.scope = scope;
    raw.default_flow_id = Reference(xml, "default");
    raw.element = std::make_unique<fb::ElementT>();
    raw.element->id = NodeId(xml);
    raw.element->name = Value(xml, "name");
    raw.element->line = xml.position.line;
    raw.element->column = xml.position.column;
    CheckId(xml);
    raw.supported = row.support == Support::kExecutes;
    if (!raw.supported) {
      Refuse(xml, xml.position, "", row.note);
    } else {
      raw.element->kind = FlowNodeNamed(xml.local());
      raw.supported = ParseSupported(xml, &raw);
    }
    process_.nodes.push_back(std::move(raw));
  }

  ElementKind ScopeKind(const RawNode& node) const {
    return node.scope == 0 ? ElementKind::process
                           : process_.nodes[node.scope - 1].element->kind;
  }

  // False when a token could never arrive or never leave: an event of a type
  // that doesn't execute, a compensation handler.
  bool ParseSupported(const XmlNode& xml, RawNode* raw) {
    fb::ElementT* const element = raw->element.get();
    if (element->kind == ElementKind::sub_process &&
        IsTrue(xml, "triggeredByEvent")) {
      element->kind = ElementKind::event_sub_process;
    } else if (element->kind == ElementKind::ad_hoc_sub_process &&
               IsTrue(xml, "triggeredByEvent")) {
      Refuse(xml, xml.position, "triggeredByEvent: ",
             "an ad-hoc sub-process that an event would start");
    }
    CheckExtensions(xml, context_);
    CheckChildren(xml, ParentClass(element->kind));
    // Of an event sub-process its start event says what it is for.
    element->for_compensation =
        IsActivity(element->kind) && IsTrue(xml, "isForCompensation");
    for (const std::string_view quantity :
         {std::string_view("startQuantity"),
          std::string_view("completionQuantity")}) {
      const std::string_view value = Trim(AttributeText(xml, quantity));
      if (!value.empty() && value != "1") {
        Refuse(xml, xml.position, "",
               absl::StrCat("a ", ToAbsl(quantity), " other than 1"));
      }
    }
    ParseMappings(xml, context_, element);
    ParseListeners(xml, context_, element);
    if (IsActivity(element->kind) ||
        element->kind == ElementKind::event_sub_process) {
      ParseLoop(xml, context_, element);
    }
    const bool executes = ParseKind(xml, raw);
    ParseData(xml, context_, element);
    return executes;
  }

  bool ParseKind(const XmlNode& xml, RawNode* raw) {
    fb::ElementT* const element = raw->element.get();
    switch (element->kind) {
      case ElementKind::send_task:
        if ((HasMessageRef(xml) && !HasImplementation(xml, xml)) ||
            SendsAlongFlow(xml, context_)) {
          ParseTaskMessage(xml, context_, element);
        } else {
          AdviseIgnoredKey(xml, xml, context_);
          ParseServiceTask(xml, context_, element);
        }
        return true;
      case ElementKind::receive_task:
        return ParseReceiveTask(xml, element);
      case ElementKind::service_task:
      case ElementKind::business_rule_task:
        ParseServiceTask(xml, context_, element);
        return true;
      case ElementKind::script_task:
        ParseScriptTask(xml, context_, element);
        return true;
      case ElementKind::user_task:
        ParseUserTask(xml, context_, element);
        ParseTaskListeners(xml, context_, element);
        ParseForm(xml, element);
        return true;
      case ElementKind::call_activity:
        ParseCall(xml, context_, element);
        return true;
      case ElementKind::sub_process:
      case ElementKind::transaction:
        element->saga = Saga(xml);
        return true;
      case ElementKind::ad_hoc_sub_process:
        element->saga = Saga(xml);
        ParseAdHoc(xml, context_, element);
        return true;
      case ElementKind::event_based_gateway:
        return ParseEventGateway(xml, element);
      case ElementKind::complex_gateway:
        if (const XmlNode* condition =
                xml.Child(kBpmnNs, "activationCondition")) {
          element->condition =
              MakeExpression(context_, xml, *condition, Use::kCondition);
        }
        return true;
      case ElementKind::boundary_event:
        raw->attached_to_id = Reference(xml, "attachedToRef");
        return ParseEvent(xml, context_, ScopeKind(*raw), raw);
      case ElementKind::start_event:
        ParseForm(xml, element);
        return ParseEvent(xml, context_, ScopeKind(*raw), raw);
      case ElementKind::end_event:
      case ElementKind::intermediate_catch_event:
      case ElementKind::intermediate_throw_event:
        return ParseEvent(xml, context_, ScopeKind(*raw), raw);
      default:
        return true;
    }
  }

  bool ParseReceiveTask(const XmlNode& xml, fb::ElementT* element) {
    element->instantiate = IsTrue(xml, "instantiate");
    if (HasMessageRef(xml) || TakesFromFlow(xml, context_)) {
      ParseTaskMessage(xml, context_, element);
    } else {
      AdviseIgnoredKey(xml, xml, context_);
    }
    return true;
  }

  bool ParseEventGateway(const XmlNode& xml, fb::ElementT* element) {
    element->instantiate = IsTrue(xml, "instantiate");
    element->parallel = Value(xml, "eventGatewayType") == "Parallel";
    // The event that comes takes the token, the gateway is passed over.
    for (const auto& listener : element->listeners) {
      const bool is_end = listener->event == fb::ListenerEvent::end;
      if (!is_end && !element->instantiate) continue;
      Refuse(xml, xml.position, "",
             absl::StrCat(is_end ? "end" : "start",
                          " listeners of an event-based gateway",
                          is_end ? "" : " that starts the process"));
    }
    return true;
  }

  // Reports children that this build doesn't execute or doesn't know. Event
  // definitions have their own rules.
  void CheckChildren(const XmlNode& xml, std::string_view parent_class) {
    for (const XmlNode* child : xml.children) {
      if (child->ns() != kBpmnNs || IsEventDefinition(*child) ||
          child->local() == "eventDefinitionRef" || IsMisplaced(*child)) {
        continue;
      }
      if ((xml.local() == "subProcess" || xml.local() == "transaction" ||
           xml.local() == "adHocSubProcess") &&
          IsScopeChild(*child)) {
        continue;
      }
      const ElementRow* row = FindElementRow(xml.local(), child->local());
      if (row == nullptr) row = FindElementRow(parent_class, child->local());
      if (row == nullptr) {
        problems_.Warning(
            child->position, "unknown-element",
            absl::StrCat(Describe(xml), ": <", child->local(),
                         ">: BPMN 2.0 doesn't have it here, ignored"));
      } else if (row->support == Support::kRefused) {
        Refuse(xml, child->position, absl::StrCat("<", child->local(), ">: "),
               row->note);
      }
    }
  }

  const ParseContext& context_;
  ProblemList& problems_;
  RawProcess process_;
};

}  // namespace

bool IsFlowNode(std::string_view name) {
  static constexpr std::string_view kOthers[] = {
      "implicitThrowEvent", "event", "choreographyTask", "subChoreography",
      "callChoreography",
  };
  if (FlowNodeNamed(name) != ElementKind::unknown) return true;
  for (const std::string_view other : kOthers) {
    if (other == name) return true;
  }
  return false;
}

RawProcess ParseProcess(const XmlNode& xml, const ParseContext& context) {
  return ProcessParser(xml, context).Run();
}

}  // namespace pawl::model
