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
    for (const XmlNode* child : process_.xml->children) {
      if (child->ns() == kBpmnNs) ParseChild(*child);
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

  void ParseChild(const XmlNode& child) {
    const ElementRow* row = FindElementRow("process", child.local());
    if (row == nullptr) {
      problems_.Error(
          child.position, "unknown-element",
          absl::StrCat(Describe(child),
                       ": got an element that BPMN 2.0 doesn't have here"));
      return;
    }
    if (child.local() == "sequenceFlow") {
      ParseFlow(child);
    } else if (IsFlowNode(child.local())) {
      ParseNode(child, *row);
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

  void ParseFlow(const XmlNode& xml) {
    RawFlow raw;
    raw.xml = &xml;
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

  void ParseNode(const XmlNode& xml, const ElementRow& row) {
    RawNode raw;
    raw.xml = &xml;
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
      raw.supported = ParseSupported(xml, raw.element.get());
    }
    process_.nodes.push_back(std::move(raw));
  }

  // False when a token could never arrive or never leave: an event of a type
  // that doesn't execute, a compensation handler.
  bool ParseSupported(const XmlNode& xml, fb::ElementT* element) {
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
      case ElementKind::service_task:
        ParseServiceTask(xml, context_, element);
        return true;
      case ElementKind::script_task:
        ParseScriptTask(xml, context_, element);
        return true;
      case ElementKind::user_task:
        ParseUserTask(xml, context_, element);
        return true;
      case ElementKind::start_event:
      case ElementKind::end_event:
      case ElementKind::intermediate_catch_event:
        return ParseEvent(xml, element);
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

  bool ParseEvent(const XmlNode& xml, fb::ElementT* element) {
    const size_t faults_before = problems_.faults();
    const std::vector<Trigger> triggers = EventDefinitions(xml);
    if (problems_.faults() != faults_before) return false;
    if (triggers.size() > 1) {
      Refuse(xml, xml.position, "",
             "multiple events: one event definition at most");
      return false;
    }
    if (triggers.empty()) {
      if (element->kind != ElementKind::intermediate_catch_event) return true;
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
    } else {
      element->event_type = EventType::timer;
      element->timer = ParseTimer(xml, definition);
    }
    return true;
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
      "sendTask",
      "receiveTask",
      "businessRuleTask",
      "subProcess",
      "transaction",
      "adHocSubProcess",
      "callActivity",
      "inclusiveGateway",
      "eventBasedGateway",
      "complexGateway",
      "intermediateThrowEvent",
      "boundaryEvent",
      "implicitThrowEvent",
      "event",
      "choreographyTask",
      "subChoreography",
      "callChoreography",
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
