#include "replay/render/element_look.h"

#include <utility>
#include <vector>

#include "engine/model/bpmn_names.h"
#include "replay/render/render_limits.h"

namespace pawl::replay {
namespace {

using model::kBpmnNs;
using model::XmlNode;

// BPMN's longest has 34 characters.
constexpr size_t kTagMax = 64;

template <typename T>
struct Named {
  std::string_view name;
  T value;
};

template <typename T, size_t n>
const T* RowOf(const Named<T> (&table)[n], std::string_view name) {
  for (const Named<T>& row : table) {
    if (row.name == name) return &row.value;
  }
  return nullptr;
}

constexpr Named<EventPosition> kEvents[] = {
    {"startEvent", EventPosition::kStart},
    {"intermediateCatchEvent", EventPosition::kCatch},
    {"intermediateThrowEvent", EventPosition::kThrow},
    {"implicitThrowEvent", EventPosition::kThrow},
    {"boundaryEvent", EventPosition::kBoundary},
    {"endEvent", EventPosition::kEnd},
};

constexpr Named<EventSymbol> kDefinitions[] = {
    {"messageEventDefinition", EventSymbol::kMessage},
    {"timerEventDefinition", EventSymbol::kTimer},
    {"escalationEventDefinition", EventSymbol::kEscalation},
    {"conditionalEventDefinition", EventSymbol::kConditional},
    {"linkEventDefinition", EventSymbol::kLink},
    {"errorEventDefinition", EventSymbol::kError},
    {"cancelEventDefinition", EventSymbol::kCancel},
    {"compensateEventDefinition", EventSymbol::kCompensation},
    {"signalEventDefinition", EventSymbol::kSignal},
    {"terminateEventDefinition", EventSymbol::kTerminate},
};

struct Activity {
  ActivityKind kind;
  TaskSymbol task;
};

constexpr Named<Activity> kActivities[] = {
    {"task", {ActivityKind::kTask, TaskSymbol::kNone}},
    {"userTask", {ActivityKind::kTask, TaskSymbol::kUser}},
    {"manualTask", {ActivityKind::kTask, TaskSymbol::kManual}},
    {"serviceTask", {ActivityKind::kTask, TaskSymbol::kService}},
    {"scriptTask", {ActivityKind::kTask, TaskSymbol::kScript}},
    {"businessRuleTask", {ActivityKind::kTask, TaskSymbol::kBusinessRule}},
    {"sendTask", {ActivityKind::kTask, TaskSymbol::kSend}},
    {"receiveTask", {ActivityKind::kTask, TaskSymbol::kReceive}},
    {"subProcess", {ActivityKind::kSubProcess, TaskSymbol::kNone}},
    {"adHocSubProcess", {ActivityKind::kSubProcess, TaskSymbol::kNone}},
    {"transaction", {ActivityKind::kTransaction, TaskSymbol::kNone}},
    {"callActivity", {ActivityKind::kCall, TaskSymbol::kNone}},
};

// What a call activity calls shows its own symbol.
constexpr Named<TaskSymbol> kGlobalTasks[] = {
    {"globalUserTask", TaskSymbol::kUser},
    {"globalManualTask", TaskSymbol::kManual},
    {"globalScriptTask", TaskSymbol::kScript},
    {"globalBusinessRuleTask", TaskSymbol::kBusinessRule},
};

constexpr Named<GatewaySymbol> kGateways[] = {
    {"exclusiveGateway", GatewaySymbol::kExclusive},
    {"inclusiveGateway", GatewaySymbol::kInclusive},
    {"parallelGateway", GatewaySymbol::kParallel},
    {"complexGateway", GatewaySymbol::kComplex},
    {"eventBasedGateway", GatewaySymbol::kEvent},
};

constexpr Named<ShapeKind> kOthers[] = {
    {"participant", ShapeKind::kPool},
    {"lane", ShapeKind::kLane},
    {"dataStoreReference", ShapeKind::kDataStore},
    {"dataStore", ShapeKind::kDataStore},
    {"textAnnotation", ShapeKind::kAnnotation},
    {"group", ShapeKind::kGroup},
    {"message", ShapeKind::kMessage},
    {"conversation", ShapeKind::kConversation},
    {"subConversation", ShapeKind::kConversation},
    {"callConversation", ShapeKind::kConversation},
    {"choreographyTask", ShapeKind::kChoreography},
    {"subChoreography", ShapeKind::kChoreography},
    {"callChoreography", ShapeKind::kChoreography},
};

constexpr Named<EdgeKind> kEdges[] = {
    {"sequenceFlow", EdgeKind::kSequence},
    {"messageFlow", EdgeKind::kMessage},
    {"association", EdgeKind::kAssociation},
    {"dataInputAssociation", EdgeKind::kDataAssociation},
    {"dataOutputAssociation", EdgeKind::kDataAssociation},
    {"dataAssociation", EdgeKind::kDataAssociation},
    {"conversationLink", EdgeKind::kConversation},
};

bool IsTrue(const XmlNode& node, std::string_view name) {
  const std::string_view value = AttributeOf(node, name);
  return value == "true" || value == "1";
}

bool IsFalse(const XmlNode& node, std::string_view name) {
  const std::string_view value = AttributeOf(node, name);
  return value == "false" || value == "0";
}

// In data associations the ends are elements, elsewhere attributes.
std::string_view Reference(const XmlNode& node, std::string_view name) {
  const XmlNode* child = node.Child(kBpmnNs, name);
  return child == nullptr ? AttributeOf(node, name) : model::Trim(child->text);
}

// Many shapes may name one element: what each keeps of it has a bound.
std::string Shortened(std::string text) {
  if (text.size() <= kRenderLabelMax) return text;
  size_t end = kRenderLabelMax;
  // Not inside of a character.
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "\u2026";
}

LoopMarker LoopOf(const XmlNode& activity) {
  if (activity.Child(kBpmnNs, "standardLoopCharacteristics") != nullptr) {
    return LoopMarker::kStandard;
  }
  const XmlNode* several =
      activity.Child(kBpmnNs, "multiInstanceLoopCharacteristics");
  if (several != nullptr) {
    return IsTrue(*several, "isSequential") ? LoopMarker::kSequential
                                            : LoopMarker::kParallel;
  }
  // Of choreographies.
  const std::string_view type = AttributeOf(activity, "loopType");
  if (type == "Standard") return LoopMarker::kStandard;
  if (type == "MultiInstanceSequential") return LoopMarker::kSequential;
  if (type == "MultiInstanceParallel") return LoopMarker::kParallel;
  return LoopMarker::kNone;
}

}  // namespace

std::string_view AttributeOf(const XmlNode& node, std::string_view name) {
  const std::string* value = node.Attribute(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::string_view WithoutPrefix(std::string_view text) {
  text = model::Trim(text);
  return text.substr(text.find(':') + 1);
}

ElementLooks::ElementLooks(const XmlNode& root) {
  std::vector<const XmlNode*> open = {&root};
  while (!open.empty()) {
    const XmlNode* node = open.back();
    open.pop_back();
    open.insert(open.end(), node->children.rbegin(), node->children.rend());
    if (node->ns() != kBpmnNs) continue;
    const std::string_view id = AttributeOf(*node, "id");
    if (!id.empty()) by_id_.emplace(id, node);
    const std::string_view flow = AttributeOf(*node, "default");
    if (!flow.empty()) defaults_.insert(WithoutPrefix(flow));
  }
}

const XmlNode* ElementLooks::Find(std::string_view qname) const {
  auto it = by_id_.find(qname);
  if (it == by_id_.end()) it = by_id_.find(WithoutPrefix(qname));
  return it == by_id_.end() ? nullptr : it->second;
}

std::string ElementLooks::NameOf(const XmlNode& element) const {
  return Shortened(FullNameOf(element));
}

std::string ElementLooks::FullNameOf(const XmlNode& element) const {
  if (element.local() == "textAnnotation") {
    const XmlNode* text = element.Child(kBpmnNs, "text");
    return text == nullptr ? "" : std::string(model::Trim(text->text));
  }
  if (element.local() == "group") {
    const XmlNode* value = Find(AttributeOf(element, "categoryValueRef"));
    return value == nullptr ? "" : std::string(AttributeOf(*value, "value"));
  }
  std::string name(AttributeOf(element, "name"));
  const XmlNode* state = element.Child(kBpmnNs, "dataState");
  if (state == nullptr || AttributeOf(*state, "name").empty()) return name;
  const std::string words =
      '[' + std::string(AttributeOf(*state, "name")) + ']';
  // Some tools write it into the name as well.
  if (name.find(words) != std::string::npos) return name;
  if (!name.empty()) name += '\n';
  name += words;
  return name;
}

EventSymbol ElementLooks::SymbolOf(const XmlNode& event) const {
  int count = 0;
  EventSymbol symbol = EventSymbol::kNone;
  for (const XmlNode* child : event.children) {
    const XmlNode* definition = child;
    if (child->Is(kBpmnNs, "eventDefinitionRef")) {
      definition = Find(model::Trim(child->text));
    }
    if (definition == nullptr || definition->ns() != kBpmnNs) continue;
    const EventSymbol* known = RowOf(kDefinitions, definition->local());
    if (known == nullptr) continue;
    symbol = *known;
    ++count;
  }
  if (count <= 1) return symbol;
  return IsTrue(event, "parallelMultiple") ? EventSymbol::kParallelMultiple
                                           : EventSymbol::kMultiple;
}

void ElementLooks::FillEvent(const XmlNode& element, Shape* shape) const {
  shape->kind = ShapeKind::kEvent;
  shape->event = SymbolOf(element);
  shape->host = WithoutPrefix(AttributeOf(element, "attachedToRef"));
  const bool is_inside =
      element.parent != nullptr && IsTrue(*element.parent, "triggeredByEvent");
  shape->interrupting = shape->position == EventPosition::kBoundary
                            ? !IsFalse(element, "cancelActivity")
                            : shape->position != EventPosition::kStart ||
                                  !is_inside ||
                                  !IsFalse(element, "isInterrupting");
}

void ElementLooks::FillActivity(const XmlNode& element, Shape* shape) const {
  shape->kind = ShapeKind::kActivity;
  shape->loop = LoopOf(element);
  shape->for_compensation = IsTrue(element, "isForCompensation");
  shape->ad_hoc = element.local() == "adHocSubProcess";
  shape->instantiates = IsTrue(element, "instantiate");
  if (shape->activity == ActivityKind::kSubProcess &&
      IsTrue(element, "triggeredByEvent")) {
    shape->activity = ActivityKind::kEventSubProcess;
  }
  if (shape->activity != ActivityKind::kCall) return;
  const XmlNode* called = Find(Reference(element, "calledElement"));
  const TaskSymbol* task =
      called == nullptr ? nullptr : RowOf(kGlobalTasks, called->local());
  if (task != nullptr) shape->task = *task;
  // What isn't in the file is a process, as far as one can know.
  shape->compound = called == nullptr || called->local() == "process";
}

void ElementLooks::FillData(const XmlNode& element, Shape* shape) const {
  shape->kind = ShapeKind::kData;
  if (element.local() == "dataInput") shape->data = DataRole::kInput;
  if (element.local() == "dataOutput") shape->data = DataRole::kOutput;
  const XmlNode* object = Find(AttributeOf(element, "dataObjectRef"));
  shape->collection = IsTrue(element, "isCollection") ||
                      (object != nullptr && IsTrue(*object, "isCollection"));
  if (object != nullptr && shape->label.text.empty()) {
    shape->label.text = NameOf(*object);
  }
}

bool ElementLooks::FillOther(const XmlNode& element, Shape* shape) const {
  const std::string_view tag = element.local();
  const ShapeKind* kind = RowOf(kOthers, tag);
  if (kind == nullptr) return false;
  shape->kind = *kind;
  shape->compound = tag.starts_with("sub");
  shape->calls = tag.starts_with("call");
  shape->loop = LoopOf(element);
  if (shape->kind == ShapeKind::kPool) {
    const XmlNode* several = element.Child(kBpmnNs, "participantMultiplicity");
    shape->multiple =
        several != nullptr && AttributeOf(*several, "maximum") != "1";
  }
  if (shape->kind == ShapeKind::kDataStore && shape->label.text.empty()) {
    const XmlNode* store = Find(AttributeOf(element, "dataStoreRef"));
    if (store != nullptr) shape->label.text = NameOf(*store);
  }
  return true;
}

void ElementLooks::Fill(const XmlNode& element, Shape* shape) const {
  const std::string_view tag = element.local();
  shape->tag = tag.substr(0, kTagMax);
  shape->label.text = NameOf(element);
  for (const XmlNode* at = element.parent; at != nullptr; at = at->parent) {
    ++shape->depth;
  }
  if (const auto* position = RowOf(kEvents, tag); position != nullptr) {
    shape->position = *position;
    return FillEvent(element, shape);
  }
  if (const auto* activity = RowOf(kActivities, tag); activity != nullptr) {
    shape->activity = activity->kind;
    shape->task = activity->task;
    return FillActivity(element, shape);
  }
  if (const auto* gateway = RowOf(kGateways, tag); gateway != nullptr) {
    shape->kind = ShapeKind::kGateway;
    shape->gateway = *gateway;
    if (*gateway == GatewaySymbol::kEvent && IsTrue(element, "instantiate")) {
      shape->gateway = AttributeOf(element, "eventGatewayType") == "Parallel"
                           ? GatewaySymbol::kStartParallelEvent
                           : GatewaySymbol::kStartEvent;
    }
    return;
  }
  if (tag == "dataObjectReference" || tag == "dataObject" ||
      tag == "dataInput" || tag == "dataOutput") {
    return FillData(element, shape);
  }
  if (!FillOther(element, shape)) shape->kind = ShapeKind::kUnknown;
}

void ElementLooks::Fill(const XmlNode& element, Edge* edge) const {
  const std::string_view tag = element.local();
  edge->tag = tag.substr(0, kTagMax);
  edge->label.text = NameOf(element);
  const EdgeKind* kind = RowOf(kEdges, tag);
  edge->kind = kind == nullptr ? EdgeKind::kUnknown : *kind;
  switch (edge->kind) {
    case EdgeKind::kSequence: {
      const XmlNode* source = Find(AttributeOf(element, "sourceRef"));
      edge->is_default = defaults_.contains(AttributeOf(element, "id"));
      // At a gateway the condition shows by itself (BPMN 2.0.2, 8.4.13).
      edge->conditional =
          element.Child(kBpmnNs, "conditionExpression") != nullptr &&
          !edge->is_default && source != nullptr &&
          RowOf(kActivities, source->local()) != nullptr;
      return;
    }
    case EdgeKind::kAssociation: {
      const std::string_view direction =
          AttributeOf(element, "associationDirection");
      edge->at_target = direction == "One" || direction == "Both";
      edge->at_source = direction == "Both";
      return;
    }
    case EdgeKind::kDataAssociation:
      edge->at_target = true;
      return;
    case EdgeKind::kMessage: {
      const XmlNode* message = Find(AttributeOf(element, "messageRef"));
      if (message != nullptr && edge->label.text.empty()) {
        edge->label.text = NameOf(*message);
      }
      return;
    }
    default:
      return;
  }
}

const XmlNode* ElementLooks::End(const XmlNode& edge,
                                 std::string_view name) const {
  const XmlNode* end = Find(Reference(edge, name));
  const bool is_own =
      (edge.local() == "dataInputAssociation" && name == "targetRef") ||
      (edge.local() == "dataOutputAssociation" && name == "sourceRef");
  if (is_own && edge.parent != nullptr) return edge.parent;
  return end;
}

}  // namespace pawl::replay
