#include "engine/model/bpmn_parse.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_mapping.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_work.h"
#include "engine/model/coverage.h"

namespace pawl::model {
namespace {

using expression::Use;
using fb::ElementKind;
using fb::EventType;

constexpr std::string_view kUnsupported = "unsupported-element";

std::string Value(const XmlNode& node, std::string_view attribute) {
  const std::string* value = node.Attribute(attribute);
  return value == nullptr ? std::string() : *value;
}

bool IsEventDefinition(const XmlNode& node) {
  return node.ns() == kBpmnNs &&
         absl::EndsWith(node.local(), "EventDefinition");
}

// The kind of a flow node that executes; `unknown` for every other element.
ElementKind KindOf(std::string_view name) {
  static constexpr std::pair<std::string_view, ElementKind> kKinds[] = {
      {"startEvent", ElementKind::start_event},
      {"endEvent", ElementKind::end_event},
      {"intermediateCatchEvent", ElementKind::intermediate_catch_event},
      {"serviceTask", ElementKind::service_task},
      {"scriptTask", ElementKind::script_task},
      {"userTask", ElementKind::user_task},
      {"manualTask", ElementKind::manual_task},
      {"task", ElementKind::undefined_task},
      {"exclusiveGateway", ElementKind::exclusive_gateway},
      {"parallelGateway", ElementKind::parallel_gateway},
      {"subProcess", ElementKind::sub_process},
      {"boundaryEvent", ElementKind::boundary_event},
      {"sendTask", ElementKind::send_task},
      {"businessRuleTask", ElementKind::business_rule_task},
      {"intermediateThrowEvent", ElementKind::intermediate_throw_event},
  };
  for (const auto& [local, kind] : kKinds) {
    if (local == name) return kind;
  }
  return ElementKind::unknown;
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
      if (node.supported && node.element->kind == ElementKind::sub_process) {
        ParseScope(*node.xml, i + 1);
      }
    }
    return std::move(process_);
  }

 private:
  void Refuse(const XmlNode& owner, SourcePosition at, std::string_view what,
              std::string_view note) {
    problems_.Error(at, kUnsupported,
                    absl::StrCat(Describe(owner), ": ", ToAbsl(what),
                                 "this build doesn't execute ", ToAbsl(note)));
  }

  // Ids and names go into every event, so their length is bounded.
  void CheckId(const XmlNode& node) {
    const std::string* id = node.Attribute("id");
    if (id == nullptr || id->empty()) {
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
    const std::string* executable = xml.Attribute("isExecutable");
    process_.executable = executable == nullptr || IsTrue(xml, "isExecutable");
    CheckExtensions(xml, context_);
    if (const std::string* tag = xml.Attribute(kCamundaNs, "versionTag")) {
      process_.version_tag = *tag;
    } else if (const XmlNode* zeebe = Extension(xml, "zeebe", "versionTag")) {
      process_.version_tag = Value(*zeebe, "value");
    }
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
           FindElementRow("*", child.local()) == nullptr;
  }

  void ParseChild(const XmlNode& child, uint32_t scope) {
    const ElementRow* row = FindElementRow("process", child.local());
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
    } else if (row->support == Support::kRefused && HasMeaning(child)) {
      Refuse(child, child.position, "", row->note);
    }
  }

  // An ioSpecification that names no data only satisfies the schema; modelers
  // write it everywhere.
  static bool HasMeaning(const XmlNode& node) {
    return node.local() != "ioSpecification" ||
           node.Child(kBpmnNs, "dataInput") != nullptr ||
           node.Child(kBpmnNs, "dataOutput") != nullptr;
  }

  void ParseFlow(const XmlNode& xml, uint32_t scope) {
    RawFlow raw;
    raw.xml = &xml;
    raw.scope = scope;
    raw.source_id = Value(xml, "sourceRef");
    raw.target_id = Value(xml, "targetRef");
    raw.flow = std::make_unique<fb::SequenceFlowT>();
    raw.flow->id = Value(xml, "id");
    if (raw.flow->id.empty()) {
      // The id is optional in BPMN, but people see it. The same each time, and
      // no XML id can be equal to it.
      raw.flow->id = absl::StrCat(raw.source_id, "->", raw.target_id, "#",
                                  process_.flows.size() + 1);
    }
    raw.flow->name = Value(xml, "name");
    raw.flow->line = xml.position.line;
    raw.flow->column = xml.position.column;
    CheckExtensions(xml, context_);
    for (const XmlNode* child : xml.children) {
      if (!child->Is(kBpmnNs, "conditionExpression")) continue;
      CheckExtensions(*child, context_);
      if (child->Attribute(kCamundaNs, "resource") != nullptr) continue;
      raw.flow->condition =
          MakeExpression(context_, xml, *child, Use::kCondition);
    }
    process_.flows.push_back(std::move(raw));
  }

  void ParseNode(const XmlNode& xml, const ElementRow& row, uint32_t scope) {
    RawNode raw;
    raw.xml = &xml;
    raw.scope = scope;
    raw.default_flow_id = Value(xml, "default");
    raw.element = std::make_unique<fb::ElementT>();
    raw.element->id = Value(xml, "id");
    raw.element->name = Value(xml, "name");
    raw.element->line = xml.position.line;
    raw.element->column = xml.position.column;
    CheckId(xml);
    raw.supported = row.support == Support::kExecutes;
    if (!raw.supported) {
      Refuse(xml, xml.position, "", row.note);
    } else {
      raw.element->kind = KindOf(xml.local());
      raw.supported = ParseSupported(xml, &raw);
    }
    process_.nodes.push_back(std::move(raw));
  }

  // False when a token could never arrive or never leave: an event of a type
  // that doesn't execute, a compensation handler.
  bool ParseSupported(const XmlNode& xml, RawNode* raw) {
    fb::ElementT* const element = raw->element.get();
    CheckExtensions(xml, context_);
    CheckChildren(xml, ParentClass(element->kind));
    if (IsTrue(xml, "isForCompensation")) {
      Refuse(xml, xml.position, "isForCompensation: ", "compensation handlers");
      return false;
    }
    for (const std::string_view quantity :
         {std::string_view("startQuantity"),
          std::string_view("completionQuantity")}) {
      const std::string* value = xml.Attribute(quantity);
      if (value != nullptr && *value != "1") {
        Refuse(xml, xml.position, "",
               absl::StrCat("a ", ToAbsl(quantity), " other than 1"));
      }
    }
    ParseMappings(xml, context_, element);
    ParseListeners(xml, context_, element);
    switch (element->kind) {
      case ElementKind::send_task:
        if (xml.Attribute("messageRef") != nullptr && !HasImplementation(xml)) {
          Refuse(xml, xml.position, "messageRef: ", "messages");
          return false;
        }
        ParseServiceTask(xml, context_, element);
        return true;
      case ElementKind::service_task:
      case ElementKind::business_rule_task:
        ParseServiceTask(xml, context_, element);
        return true;
      case ElementKind::sub_process:
        if (!IsTrue(xml, "triggeredByEvent")) return true;
        Refuse(xml, xml.position, "triggeredByEvent: ", "event sub-processes");
        return false;
      case ElementKind::script_task:
        ParseScriptTask(xml, context_, element);
        return true;
      case ElementKind::user_task:
        ParseUserTask(xml, context_, element);
        return true;
      case ElementKind::start_event:
      case ElementKind::end_event:
      case ElementKind::intermediate_catch_event:
      case ElementKind::intermediate_throw_event:
        return ParseEvent(xml, raw);
      case ElementKind::boundary_event:
        raw->attached_to_id = Value(xml, "attachedToRef");
        element->interrupting = xml.Attribute("cancelActivity") == nullptr ||
                                IsTrue(xml, "cancelActivity");
        return ParseEvent(xml, raw);
      default:
        return true;
    }
  }

  // Reports children that this build doesn't execute or doesn't know. Event
  // definitions have their own rules.
  void CheckChildren(const XmlNode& xml, std::string_view parent_class) {
    for (const XmlNode* child : xml.children) {
      if (child->ns() != kBpmnNs || IsEventDefinition(*child) ||
          child->local() == "eventDefinitionRef") {
        continue;
      }
      if (xml.local() == "subProcess" && IsScopeChild(*child)) continue;
      const ElementRow* row = FindElementRow(xml.local(), child->local());
      if (row == nullptr) row = FindElementRow(parent_class, child->local());
      if (row == nullptr) {
        problems_.Warning(
            child->position, "unknown-element",
            absl::StrCat(Describe(xml), ": <", child->local(),
                         ">: BPMN 2.0 doesn't have it here, ignored"));
      } else if (row->support == Support::kRefused && HasMeaning(*child)) {
        Refuse(xml, child->position, absl::StrCat("<", child->local(), ">: "),
               row->note);
      }
    }
  }

  // An event definition, and where the event names it.
  struct Trigger {
    const XmlNode* definition;
    SourcePosition at;
  };

  // The event definitions of an event, references resolved.
  std::vector<Trigger> EventDefinitions(const XmlNode& xml) {
    std::vector<Trigger> triggers;
    for (const XmlNode* child : xml.children) {
      if (IsEventDefinition(*child)) {
        triggers.push_back({child, child->position});
      } else if (child->Is(kBpmnNs, "eventDefinitionRef")) {
        // A QName: the prefix says in which file, and only this one is read.
        std::string_view name = Trim(child->text);
        name = name.substr(name.find(':') + 1);
        const auto it = context_.ids.find(name);
        if (it == context_.ids.end() || !IsEventDefinition(*it->second)) {
          problems_.Error(
              child->position, "unknown-reference",
              absl::StrCat(Describe(xml), ": got the reference '", ToAbsl(name),
                           "', wanted the id of an event "
                           "definition"));
        } else {
          triggers.push_back({it->second, child->position});
        }
      }
    }
    return triggers;
  }

  bool ParseEvent(const XmlNode& xml, RawNode* raw) {
    fb::ElementT* const element = raw->element.get();
    const size_t faults_before = problems_.faults();
    const std::vector<Trigger> triggers = EventDefinitions(xml);
    if (problems_.faults() != faults_before) return false;
    if (triggers.size() > 1) {
      Refuse(xml, xml.position, "",
             "multiple events: one event definition at most");
      return false;
    }
    if (triggers.empty()) {
      if (element->kind != ElementKind::intermediate_catch_event &&
          element->kind != ElementKind::boundary_event) {
        return true;
      }
      problems_.Error(xml.position, "missing-event-definition",
                      absl::StrCat(Describe(xml),
                                   ": got no event definition, wanted what "
                                   "the event waits for"));
      return false;
    }
    const XmlNode& definition = *triggers.front().definition;
    const ElementRow* row = FindElementRow(xml.local(), definition.local());
    if (row == nullptr || row->support != Support::kExecutes) {
      Refuse(xml, triggers.front().at,
             absl::StrCat("<", definition.local(), ">: "),
             row == nullptr ? "this event definition" : row->note);
      return false;
    }
    if (definition.local() == "terminateEventDefinition") {
      element->event_type = EventType::terminate;
    } else if (definition.local() == "errorEventDefinition") {
      element->event_type = EventType::error;
      ParseError(xml, definition, element);
    } else if (definition.local() == "linkEventDefinition") {
      element->event_type = EventType::link;
      raw->link_name = Value(definition, "name");
      if (raw->link_name.empty()) {
        problems_.Error(definition.position, "link-name",
                        absl::StrCat(Describe(xml),
                                     ": got a link without a "
                                     "name, wanted one"));
      }
    } else {
      element->event_type = EventType::timer;
      element->timer = ParseTimer(xml, definition);
    }
    return true;
  }

  // SEMANTICS, Faults: a reference to nothing declared is the code itself.
  void ParseError(const XmlNode& event, const XmlNode& definition,
                  fb::ElementT* element) {
    CheckExtensions(definition, context_);
    auto error = std::make_unique<fb::ErrorDefinitionT>();
    const std::string reference = Value(definition, "errorRef");
    const auto declared = context_.ids.find(
        std::string_view(reference).substr(reference.find(':') + 1));
    if (declared != context_.ids.end() &&
        declared->second->Is(kBpmnNs, "error")) {
      error->code = Value(*declared->second, "errorCode");
    } else if (!reference.empty()) {
      error->code = reference;
      problems_.Warning(
          definition.position, "undeclared-error",
          absl::StrCat(Describe(event), ": errorRef: got '", reference,
                       "', which is no error of the file; it is the code"));
    }
    if (element->kind == ElementKind::end_event && error->code.empty()) {
      problems_.Error(definition.position, "error-code",
                      absl::StrCat(Describe(event),
                                   ": got an error without a code, wanted an "
                                   "errorRef to one that has one"));
    }
    if (element->kind == ElementKind::boundary_event &&
        !element->interrupting) {
      problems_.Warning(event.position, "error-interrupts",
                        absl::StrCat(Describe(event),
                                     ": got cancelActivity=\"false\"; an "
                                     "error always ends the activity"));
      element->interrupting = true;
    }
    const auto variable = [&](std::string_view attribute) {
      const std::string* name = definition.Attribute(kCamundaNs, attribute);
      return name == nullptr ? std::string() : *name;
    };
    error->code_variable = variable("errorCodeVariable");
    error->message_variable = variable("errorMessageVariable");
    element->error = std::move(error);
  }

  std::unique_ptr<fb::TimerDefinitionT> ParseTimer(const XmlNode& event,
                                                   const XmlNode& definition) {
    const XmlNode* value = nullptr;
    for (const XmlNode* child : definition.children) {
      const ElementRow* row =
          child->ns() == kBpmnNs
              ? FindElementRow("timerEventDefinition", child->local())
              : nullptr;
      if (row == nullptr || row->support == Support::kAccepted) continue;
      if (row->support == Support::kRefused) {
        Refuse(event, child->position, absl::StrCat("<", child->local(), ">: "),
               row->note);
        return nullptr;
      }
      if (value != nullptr) {
        problems_.Error(
            child->position, "timer-value",
            absl::StrCat(Describe(event), ": got both ", value->local(),
                         " and ", child->local(), ", wanted one"));
        return nullptr;
      }
      value = child;
    }
    if (value == nullptr) {
      problems_.Error(
          definition.position, "timer-value",
          absl::StrCat(Describe(event),
                       ": got a timer without a time, wanted timeDate or "
                       "timeDuration"));
      return nullptr;
    }
    auto timer = std::make_unique<fb::TimerDefinitionT>();
    timer->kind = value->local() == "timeDate" ? fb::TimerKind::date
                                               : fb::TimerKind::duration;
    timer->value = MakeExpression(context_, event, *value, Use::kText);
    if (timer->value == nullptr) return nullptr;
    if (timer->value->language == fb::Language::literal) {
      CheckTimerText(event, *value, *timer);
    }
    return timer;
  }

  // A literal can be checked before any token waits for it.
  void CheckTimerText(const XmlNode& event, const XmlNode& value,
                      const fb::TimerDefinitionT& timer) {
    const std::string& text = timer.value->text;
    const absl::Status status = timer.kind == fb::TimerKind::date
                                    ? ParseIsoDateTime(text).status()
                                    : ParseIsoDuration(text).status();
    if (!status.ok()) {
      problems_.Error(value.position, "timer-value",
                      absl::StrCat(Describe(event), ": ", status.message()));
    }
  }

  const ParseContext& context_;
  ProblemList& problems_;
  RawProcess process_;
};

}  // namespace

bool IsFlowNode(std::string_view name) {
  static constexpr std::string_view kOthers[] = {
      "receiveTask",      "transaction",        "adHocSubProcess",
      "callActivity",     "inclusiveGateway",   "eventBasedGateway",
      "complexGateway",   "implicitThrowEvent", "event",
      "choreographyTask", "subChoreography",    "callChoreography",
  };
  if (KindOf(name) != ElementKind::unknown) return true;
  for (const std::string_view other : kOthers) {
    if (other == name) return true;
  }
  return false;
}

RawProcess ParseProcess(const XmlNode& xml, const ParseContext& context) {
  return ProcessParser(xml, context).Run();
}

}  // namespace pawl::model
