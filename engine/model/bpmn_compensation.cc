#include "engine/model/bpmn_compensation.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/process_definition.h"

namespace pawl::model {
namespace {

using fb::ElementKind;
using fb::EventType;

class CompensationRules {
 public:
  CompensationRules(const ParseContext& context, RawProcess* process)
      : context_(context), problems_(*context.problems), process_(*process) {}

  void Run() {
    bool has_events = false;
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      index_of_.emplace(node.element->id, i);
      const EventType type = node.element->event_type;
      has_events = has_events || type == EventType::compensation;
      if (node.element->for_compensation) CheckHandler(node);
      if (type == EventType::cancel && node.supported) CheckCancel(node);
    }
    CheckTransactions();
    if (!has_events) return;
    FindAssociations();
    for (RawNode& node : process_.nodes) {
      if (!node.supported ||
          node.element->event_type != EventType::compensation) {
        continue;
      }
      switch (node.element->kind) {
        case ElementKind::boundary_event:
          ResolveHandler(&node);
          break;
        case ElementKind::start_event:
          CheckStart(node);
          break;
        default:
          ResolveActivity(&node);
          break;
      }
    }
  }

 private:
  const RawNode& node(uint32_t index) const { return process_.nodes[index]; }

  std::string_view Reference(const XmlNode& xml,
                             std::string_view attribute) const {
    return ReferencedId(context_, AttributeText(xml, attribute));
  }

  void Error(const RawNode& node, std::string_view rule,
             const std::string& text) {
    problems_.Error(node.xml->position, rule,
                    absl::StrCat(Describe(*node.xml), ": ", text));
  }

  // 10.7.1: it has its activity's compensation event, and nothing else leads to
  // it or on from it.
  void CheckHandler(const RawNode& node) {
    if (node.incoming.empty() && node.outgoing.empty()) return;
    const bool is_in = !node.incoming.empty();
    const uint32_t flow = is_in ? node.incoming.front() : node.outgoing.front();
    Error(node, "handler-with-flow",
          absl::StrCat("got an ", is_in ? "incoming" : "outgoing", " flow '",
                       process_.flows[flow].flow->id,
                       "', wanted none at a compensation handler"));
  }

  bool IsTransaction(uint32_t index) const {
    return node(index).element->kind == ElementKind::transaction;
  }

  bool IsLocalSaga(uint32_t index) const {
    return node(index).element->saga == fb::SagaScope::local;
  }

  // 10.5.3, 10.5.4: a transaction is cancelled from inside, and left by the
  // event at its boundary.
  void CheckCancel(const RawNode& event) {
    if (event.element->kind == ElementKind::end_event) {
      if (event.scope != 0 && IsTransaction(event.scope - 1)) return;
      return Error(event, "cancel-outside-transaction",
                   "got a cancel end event outside of a transaction, wanted it "
                   "directly inside of one");
    }
    if (!event.attached_to.has_value() || IsTransaction(*event.attached_to) ||
        IsLocalSaga(*event.attached_to)) {
      return;
    }
    Error(event, "cancel-outside-transaction",
          absl::StrCat("got a cancel event at ",
                       Describe(*node(*event.attached_to).xml),
                       ", wanted it at a transaction or a saga of its own"));
  }

  void CheckTransactions() {
    absl::btree_map<uint32_t, const RawNode*> ends;
    absl::btree_map<uint32_t, const RawNode*> boundaries;
    for (const RawNode& event : process_.nodes) {
      if (event.element->event_type != EventType::cancel) continue;
      if (event.element->kind == ElementKind::end_event) {
        if (event.scope != 0) ends.emplace(event.scope - 1, &event);
      } else if (event.attached_to.has_value()) {
        const auto [it, is_new] =
            boundaries.emplace(*event.attached_to, &event);
        if (is_new) continue;
        Error(event, "caught-twice",
              absl::StrCat("got a second cancel event beside ",
                           Describe(*it->second->xml), ", wanted one"));
      }
    }
    for (const auto& [transaction, end] : ends) {
      if (boundaries.contains(transaction) || !IsTransaction(transaction)) {
        continue;
      }
      problems_.Warning(
          end->xml->position, "cancel-not-caught",
          absl::StrCat(Describe(*end->xml), ": got no cancel event at ",
                       Describe(*node(transaction).xml),
                       "; its token ends when it is cancelled"));
    }
  }

  // Associations of the process and of collaborations, by their source.
  void FindAssociations() {
    std::vector<const XmlNode*> open = {process_.xml};
    if (const XmlNode* definitions = process_.xml->parent) {
      for (const XmlNode* child : definitions->children) {
        if (child->Is(kBpmnNs, "collaboration")) open.push_back(child);
      }
    }
    while (!open.empty()) {
      const XmlNode* at = open.back();
      open.pop_back();
      if (at->Is(kBpmnNs, "association")) {
        targets_[Reference(*at, "sourceRef")].push_back(
            Reference(*at, "targetRef"));
        continue;
      }
      if (at->ns() != kBpmnNs) continue;
      open.insert(open.end(), at->children.rbegin(), at->children.rend());
    }
  }

  // What stands where a token comes from or goes on.
  void ResolveHandler(RawNode* event) {
    if (!event->outgoing.empty()) {
      Error(*event, "compensation-boundary-flow",
            absl::StrCat("got an outgoing flow '",
                         process_.flows[event->outgoing.front()].flow->id,
                         "', wanted an association to the handler"));
      return;
    }
    if (event->attached_to.has_value()) {
      const auto [it, is_new] = events_at_.emplace(*event->attached_to, event);
      if (!is_new) {
        return Error(*event, "compensation-twice",
                     absl::StrCat("got a second compensation event beside ",
                                  Describe(*it->second->xml),
                                  ", wanted one at an activity"));
      }
    }
    const RawNode* found = nullptr;
    for (const std::string_view id : targets_[event->element->id]) {
      const auto it = index_of_.find(id);
      // Texts and groups are associated with anything.
      if (it == index_of_.end()) continue;
      const RawNode& handler = node(it->second);
      if (found != nullptr) {
        return Error(
            *event, "compensation-handler",
            absl::StrCat("got associations to ", Describe(*found->xml), " and ",
                         Describe(*handler.xml), ", wanted one handler"));
      }
      found = &handler;
      if (handler.scope != event->scope || !handler.supported ||
          !IsActivity(handler.element->kind) ||
          !handler.element->for_compensation) {
        if (!handler.supported) return;
        return Error(
            *event, "compensation-handler",
            absl::StrCat("got an association to ", Describe(*handler.xml),
                         ", wanted an activity beside it with "
                         "isForCompensation=\"true\""));
      }
      event->handler = it->second;
    }
    if (found != nullptr) return;
    problems_.Warning(
        event->xml->position, "compensation-handler",
        absl::StrCat(Describe(*event->xml),
                     ": got no association to a handler; nothing compensates "
                     "its activity"));
  }

  void CheckStart(const RawNode& event) {
    const RawNode& sub_process = node(event.scope - 1);
    const ElementKind around = sub_process.scope == 0
                                   ? ElementKind::process
                                   : node(sub_process.scope - 1).element->kind;
    if (around != ElementKind::sub_process &&
        around != ElementKind::transaction &&
        around != ElementKind::ad_hoc_sub_process) {
      return Error(event, "compensation-start",
                   absl::StrCat("got a compensation start event, ",
                                "wanted its event sub-process in an embedded "
                                "sub-process, which can be compensated"));
    }
    const auto [it, is_new] = starts_in_.emplace(sub_process.scope, &event);
    if (is_new) return;
    Error(event, "compensation-twice",
          absl::StrCat("got a second compensation start event beside ",
                       Describe(*it->second->xml),
                       ", wanted one in a sub-process"));
  }

  // 10.5.5: an activity of the event's own scope, or, in an event sub-process,
  // of the scope around it.
  void ResolveActivity(RawNode* event) {
    if (event->compensates_id.empty()) return;
    const std::string_view id = ReferencedId(context_, event->compensates_id);
    const auto it = index_of_.find(id);
    const RawNode* activity =
        it == index_of_.end() ? nullptr : &node(it->second);
    bool is_in_reach = activity != nullptr && activity->scope == event->scope;
    if (activity != nullptr && !is_in_reach && event->scope != 0) {
      const RawNode& around = node(event->scope - 1);
      is_in_reach = around.element->kind == ElementKind::event_sub_process &&
                    activity->scope == around.scope;
    }
    if (activity != nullptr && !activity->supported) return;
    if (!is_in_reach || !IsActivity(activity->element->kind)) {
      return Error(
          *event, "compensation-activity",
          absl::StrCat("activityRef: got ",
                       activity == nullptr
                           ? absl::StrCat("'", event->compensates_id, "'")
                           : Describe(*activity->xml),
                       ", wanted an activity of the same scope"));
    }
    event->compensates = it->second;
  }

  const ParseContext& context_;
  ProblemList& problems_;
  RawProcess& process_;
  absl::btree_map<std::string_view, uint32_t> index_of_;
  absl::btree_map<std::string_view, std::vector<std::string_view>> targets_;
  // Compensation events, by activity and by scope.
  absl::btree_map<uint32_t, const RawNode*> events_at_;
  absl::btree_map<uint32_t, const RawNode*> starts_in_;
};

bool CompensatesAsEventSubProcess(const XmlNode& xml) {
  if (!xml.Is(kBpmnNs, "subProcess") || !IsTrue(xml, "triggeredByEvent")) {
    return false;
  }
  for (const XmlNode* child : xml.children) {
    if (child->Is(kBpmnNs, "startEvent") &&
        child->Child(kBpmnNs, "compensateEventDefinition") != nullptr) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool RunsAsCompensation(const XmlNode& xml) {
  for (const XmlNode* at = &xml; at != nullptr; at = at->parent) {
    if (IsTrue(*at, "isForCompensation") || CompensatesAsEventSubProcess(*at)) {
      return true;
    }
  }
  return false;
}

void ResolveCompensation(const ParseContext& context, RawProcess* process) {
  CompensationRules(context, process).Run();
}

}  // namespace pawl::model
