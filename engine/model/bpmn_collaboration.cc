#include "engine/model/bpmn_collaboration.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/model/bpmn_event.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_work.h"

namespace pawl::model {
namespace {

std::string Value(const XmlNode& node, std::string_view attribute) {
  const std::string* const value = node.Attribute(attribute);
  return value == nullptr ? std::string() : *value;
}

const XmlNode* ProcessAround(const XmlNode* node) {
  while (node != nullptr && !node->Is(kBpmnNs, "process")) node = node->parent;
  return node;
}

bool MayExecute(const XmlNode& process) {
  return IsTrueOr(process, "isExecutable", true);
}

// What has the messageRef: a task, or the only definition of a message event.
// Null: no message comes or goes here.
const XmlNode* HolderOf(const XmlNode& element, const ParseContext& context) {
  if (element.local() == "sendTask" || element.local() == "receiveTask") {
    return &element;
  }
  const XmlNode* holder = nullptr;
  for (const XmlNode* child : element.children) {
    if (child->ns() != kBpmnNs) continue;
    const XmlNode* definition = child;
    if (child->local() == "eventDefinitionRef") {
      definition = Referenced(context, child->text);
      if (definition == nullptr) return nullptr;
    }
    if (!absl::EndsWith(definition->local(), "EventDefinition")) continue;
    if (holder != nullptr) return nullptr;
    holder = definition;
  }
  return holder != nullptr && holder->local() == "messageEventDefinition"
             ? holder
             : nullptr;
}

bool Throws(const XmlNode& element) {
  return element.local() == "sendTask" || element.local() == "endEvent" ||
         element.local() == "intermediateThrowEvent";
}

bool Catches(const XmlNode& element) {
  return element.local() == "receiveTask" || element.local() == "startEvent" ||
         element.local() == "intermediateCatchEvent" ||
         element.local() == "boundaryEvent";
}

// The message that `holder` names, or null.
const XmlNode* Declared(const XmlNode& holder, const ParseContext& context) {
  const XmlNode* const message =
      Referenced(context, Value(holder, "messageRef"));
  return message != nullptr && message->Is(kBpmnNs, "message") ? message
                                                               : nullptr;
}

// The same always, whoever evaluates it.
bool IsConstant(std::string_view name) {
  return !name.starts_with('=') && name.find("${") == name.npos &&
         name.find("#{") == name.npos;
}

bool HasKey(const XmlNode& holder, const XmlNode* declared) {
  if (holder.Attribute(kPawlNs, "correlationKey") != nullptr) return true;
  if (declared == nullptr) return false;
  if (declared->Attribute(kPawlNs, "correlationKey") != nullptr) return true;
  const XmlNode* const zeebe = Extension(*declared, "zeebe", "subscription");
  return zeebe != nullptr && zeebe->Attribute("correlationKey") != nullptr;
}

bool StartsProcess(const XmlNode& element) {
  return element.local() == "startEvent" &&
         element.parent->Is(kBpmnNs, "process");
}

}  // namespace

Collaboration::Collaboration(const XmlNode& definitions,
                             const ParseContext& context)
    : context_(context) {
  std::vector<const XmlNode*> flows;
  for (const XmlNode* child : definitions.children) {
    if (!child->Is(kBpmnNs, "collaboration")) continue;
    for (const XmlNode* one : child->children) {
      if (one->Is(kBpmnNs, "participant")) {
        const XmlNode* const process =
            Referenced(context, Value(*one, "processRef"));
        if (process != nullptr && process->Is(kBpmnNs, "process")) {
          process_of_.emplace(one, process);
          pools_of_[process].push_back(one);
        }
      } else if (one->Is(kBpmnNs, "messageFlow")) {
        flows.push_back(one);
      }
    }
  }
  for (const XmlNode* flow : flows) ReadFlow(*flow);
}

const XmlNode* Collaboration::ProcessAt(const XmlNode* end) const {
  const auto pool = process_of_.find(end);
  return pool != process_of_.end() ? pool->second : ProcessAround(end);
}

// Many flows may end at one element.
const XmlNode* Collaboration::HolderAt(const XmlNode& element) {
  const auto [it, is_new] = holders_.emplace(&element, nullptr);
  if (is_new) it->second = HolderOf(element, context_);
  return it->second;
}

void Collaboration::ReadFlow(const XmlNode& xml) {
  Flow flow;
  flow.xml = &xml;
  flow.source = Referenced(context_, Value(xml, "sourceRef"));
  flow.target = Referenced(context_, Value(xml, "targetRef"));
  flow.source_process = ProcessAt(flow.source);
  flow.target_process = ProcessAt(flow.target);
  const bool between_elements =
      flow.source_process != nullptr && flow.target_process != nullptr &&
      !process_of_.contains(flow.source) && !process_of_.contains(flow.target);
  if (between_elements) Connect(&flow);
  const size_t index = flows_.size();
  if (flow.source_process != nullptr) {
    flows_of_[flow.source_process].push_back(index);
  }
  if (flow.target_process != nullptr &&
      flow.target_process != flow.source_process) {
    flows_of_[flow.target_process].push_back(index);
  }
  flows_.push_back(std::move(flow));
}

void Collaboration::Connect(Flow* flow) {
  if (!MayExecute(*flow->source_process) ||
      !MayExecute(*flow->target_process)) {
    return;
  }
  if (flow->source_process == flow->target_process) {
    flow->why = "both ends are in one process";
    return;
  }
  const XmlNode* const from =
      Throws(*flow->source) ? HolderAt(*flow->source) : nullptr;
  const XmlNode* const to =
      Catches(*flow->target) ? HolderAt(*flow->target) : nullptr;
  if (from == nullptr || to == nullptr) {
    flow->why = from == nullptr ? "no message is sent where it begins"
                                : "no message is waited for where it ends";
    return;
  }
  if (HasImplementation(*flow->source, *from)) {
    flow->why = "a job sends it";
    return;
  }
  if (sends_.contains(flow->source)) {
    flow->why = "another flow begins there";
    return;
  }
  // By the message of who waits, of the flow, of who sends.
  const XmlNode* declared = Declared(*to, context_);
  if (!HasMessageRef(*to)) {
    if (declared == nullptr) declared = Declared(*flow->xml, context_);
    if (declared == nullptr) declared = Declared(*from, context_);
    const auto before = takes_.find(flow->target);
    if (before != takes_.end()) declared = before->second.declared;
  }
  MessageOnFlow message;
  message.declared = declared;
  message.name = declared == nullptr
                     ? absl::StrCat(Value(*flow->target_process, "id"), "/",
                                    Value(*flow->target, "id"))
                     : std::string(Trim(Value(*declared, "name")));
  if (HasMessageRef(*from)) {
    const XmlNode* const sent = Declared(*from, context_);
    const std::string name(
        Trim(Value(sent == nullptr ? *from : *sent,
                   sent == nullptr ? "messageRef" : "name")));
    if (name != message.name) {
      flow->why = absl::StrCat("'", name, "' is sent and '", message.name,
                               "' waited for");
      return;
    }
  }
  if (message.name.empty() || !IsConstant(message.name)) {
    flow->why = "the name of its message isn't the same always";
    return;
  }
  const XmlNode* const sent =
      HasMessageRef(*from) ? Declared(*from, context_) : declared;
  const bool sends_key = HasKey(*from, sent);
  if (!sends_key && !StartsProcess(*flow->target) && HasKey(*to, declared)) {
    flow->why = "it is waited for with a correlation key and sent without one";
    return;
  }
  flow->delivers = true;
  message.delivers = true;
  sends_.emplace(flow->source, message);
  // Who sends a key of its own sends no business key.
  message.delivers = !sends_key;
  const auto [it, is_new] = takes_.emplace(flow->target, message);
  if (!is_new && sends_key) it->second.delivers = false;
}

MessageOnFlow Collaboration::Of(const XmlNode& element) const {
  if (const auto it = sends_.find(&element); it != sends_.end()) {
    return it->second;
  }
  const auto it = takes_.find(&element);
  return it == takes_.end() ? MessageOnFlow() : it->second;
}

void Collaboration::Advise() const {
  for (const Flow& flow : flows_) {
    if (flow.why.empty()) continue;
    context_.problems->Warning(
        flow.xml->position, "message-flow",
        absl::StrCat(Describe(*flow.xml), ": delivers nothing: ", flow.why));
  }
}

void Collaboration::Keep(const XmlNode& process, fb::ProcessT* model) const {
  std::vector<const XmlNode*> pools;
  if (const auto own = pools_of_.find(&process); own != pools_of_.end()) {
    pools = own->second;
  }
  std::set<const XmlNode*> closed;
  const auto flows = flows_of_.find(&process);
  if (flows != flows_of_.end()) {
    for (const size_t index : flows->second) {
      const Flow& flow = flows_[index];
      auto made = std::make_unique<fb::MessageFlowT>();
      made->id = Value(*flow.xml, "id");
      made->name = Value(*flow.xml, "name");
      made->source = std::string(
          ReferencedId(context_, AttributeText(*flow.xml, "sourceRef")));
      made->target = std::string(
          ReferencedId(context_, AttributeText(*flow.xml, "targetRef")));
      if (flow.source_process != nullptr) {
        made->source_process = Value(*flow.source_process, "id");
      }
      if (flow.target_process != nullptr) {
        made->target_process = Value(*flow.target_process, "id");
      }
      made->delivers = flow.delivers;
      model->message_flows.push_back(std::move(made));
      for (const XmlNode* end : {flow.source, flow.target}) {
        const bool is_closed = end != nullptr &&
                               end->Is(kBpmnNs, "participant") &&
                               !process_of_.contains(end);
        if (is_closed && closed.insert(end).second) pools.push_back(end);
      }
    }
  }
  for (const XmlNode* pool : pools) {
    auto made = std::make_unique<fb::ParticipantT>();
    made->id = Value(*pool, "id");
    made->name = Value(*pool, "name");
    if (process_of_.contains(pool)) made->process_id = model->id;
    model->participants.push_back(std::move(made));
  }
}

MessageOnFlow FlowMessage(const XmlNode& element, const ParseContext& context) {
  return context.collaboration == nullptr ? MessageOnFlow()
                                          : context.collaboration->Of(element);
}

bool SendsAlongFlow(const XmlNode& element, const ParseContext& context) {
  return context.collaboration != nullptr &&
         context.collaboration->Sends(element);
}

bool TakesFromFlow(const XmlNode& element, const ParseContext& context) {
  return context.collaboration != nullptr &&
         context.collaboration->Takes(element);
}

void KeepLanes(const XmlNode& process, const ParseContext& context,
               fb::ProcessT* model) {
  absl::btree_map<std::string_view, uint32_t> elements;
  for (uint32_t i = 1; i < model->elements.size(); ++i) {
    elements.emplace(model->elements[i]->id, i);
  }
  // Scopes and lane sets, the outer first; the number is that of the lane
  // around.
  std::vector<std::pair<const XmlNode*, uint32_t>> open = {{&process, 0}};
  for (size_t next = 0; next < open.size(); ++next) {
    const auto [node, around] = open[next];
    for (const XmlNode* child : node->children) {
      if (child->ns() != kBpmnNs) continue;
      if (child->local() == "laneSet" || child->local() == "childLaneSet") {
        open.emplace_back(child, around);
      } else if (child->local() == "subProcess" ||
                 child->local() == "transaction" ||
                 child->local() == "adHocSubProcess") {
        open.emplace_back(child, 0);
      } else if (child->local() == "lane") {
        auto lane = std::make_unique<fb::LaneT>();
        lane->id = Value(*child, "id");
        lane->name = Value(*child, "name");
        lane->parent = around;
        for (const XmlNode* ref : child->children) {
          if (!ref->Is(kBpmnNs, "flowNodeRef")) continue;
          const auto it = elements.find(ReferencedId(context, ref->text));
          if (it != elements.end()) lane->members.push_back(it->second);
        }
        model->lanes.push_back(std::move(lane));
        open.emplace_back(child, static_cast<uint32_t>(model->lanes.size()));
      }
    }
  }
}

}  // namespace pawl::model
