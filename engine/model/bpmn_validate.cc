#include "engine/model/bpmn_validate.h"

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/model/bpmn_ad_hoc.h"
#include "engine/model/bpmn_advice.h"
#include "engine/model/bpmn_compensation.h"
#include "engine/model/bpmn_event_rules.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_parse.h"
#include "engine/model/process_definition.h"

namespace pawl::model {
namespace {

using fb::ElementKind;

class Validator {
 public:
  Validator(const ParseContext& context, RawProcess* process)
      : context_(context), problems_(*context.problems), process_(*process) {}

  void Run() {
    if (!CheckSize()) return;
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      // Of duplicates the first; they are reported for the whole document.
      index_of_.emplace(process_.nodes[i].element->id, i);
    }
    for (uint32_t i = 0; i < process_.flows.size(); ++i) ConnectFlow(i);
    for (RawNode& node : process_.nodes) CheckNode(&node);
    for (RawFlow& flow : process_.flows) {
      if (!flow.source.has_value()) CompileConditions(&flow);
    }
    ResolveLinks();
    ResolveCompensation(context_, &process_);
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      inside_[process_.nodes[i].scope].push_back(i);
    }
    CheckStarts(*process_.xml, 0);
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      // An empty sub-process is done at once.
      if (inside_.contains(i + 1) && !IsEventSubProcess(node)) {
        CheckStarts(*node.xml, i + 1);
      }
    }
    CheckEventRules(context_, process_);
    CheckAdHocs(context_, process_);
    CheckReachable();
    AdviseProcess(context_, process_);
  }

 private:
  // Elements and flows count together, and the process itself is an element.
  bool CheckSize() {
    size_t count = process_.nodes.size() + process_.flows.size() + 1;
    for (const RawNode& node : process_.nodes) {
      count += node.definitions.size();
    }
    if (count <= kModelElementsMax) return true;
    problems_.Error(process_.xml->position, "too-many-elements",
                    absl::StrCat(Describe(*process_.xml), ": got ", count,
                                 " elements and flows, wanted at most ",
                                 kModelElementsMax, " (kModelElementsMax)"));
    return false;
  }

  void ConnectFlow(uint32_t index) {
    RawFlow& flow = process_.flows[index];
    flow.source = FindEnd(flow, "sourceRef", flow.source_id);
    flow.target = FindEnd(flow, "targetRef", flow.target_id);
    if (flow.source.has_value()) {
      process_.nodes[*flow.source].outgoing.push_back(index);
    }
    if (flow.target.has_value()) {
      process_.nodes[*flow.target].incoming.push_back(index);
    }
  }

  std::optional<uint32_t> FindEnd(const RawFlow& flow,
                                  std::string_view attribute,
                                  const std::string& id) {
    const auto found = index_of_.find(id);
    if (!id.empty() && found != index_of_.end() &&
        process_.nodes[found->second].scope == flow.scope) {
      return found->second;
    }
    const SourcePosition at = flow.xml->position;
    const std::string what =
        absl::StrCat(Describe(*flow.xml), ": ", ToAbsl(attribute), ": ");
    if (id.empty()) {
      problems_.Error(at, "flow-to-nowhere",
                      absl::StrCat(what,
                                   "got none, wanted the id of a flow "
                                   "node"));
      return std::nullopt;
    }
    const auto elsewhere = context_.ids.find(id);
    if (elsewhere == context_.ids.end()) {
      problems_.Error(at, "flow-to-nowhere",
                      absl::StrCat(what, "got '", id,
                                   "', which is no element of the file"));
    } else if (!IsFlowNode(elsewhere->second->local())) {
      problems_.Error(at, "flow-to-nowhere",
                      absl::StrCat(what, "got ", Describe(*elsewhere->second),
                                   ", wanted a flow node"));
    } else {
      problems_.Error(
          at, "flow-crosses-scope",
          absl::StrCat(what, "got ", Describe(*elsewhere->second), " inside ",
                       Describe(*elsewhere->second->parent),
                       ", wanted a node of ", Describe(*flow.xml->parent)));
    }
    return std::nullopt;
  }

  void CheckNode(RawNode* node) {
    ResolveDefault(node);
    CheckConditions(*node);
    const fb::ElementT& element = *node->element;
    if (element.kind == ElementKind::start_event && !node->incoming.empty()) {
      problems_.Error(
          node->xml->position, "start-with-incoming",
          absl::StrCat(Describe(*node->xml), ": got an incoming flow ",
                       FlowName(node->incoming.front()), ", wanted none"));
    }
    if (element.kind == ElementKind::boundary_event) CheckBoundary(node);
    CheckLinkFlows(*node);
    if (element.kind == ElementKind::complex_gateway &&
        node->incoming.size() > 1 &&
        node->xml->Child(kBpmnNs, "activationCondition") == nullptr) {
      problems_.Warning(
          node->xml->position, "missing-activation-condition",
          absl::StrCat(Describe(*node->xml),
                       ": got no activationCondition; each token passes"));
    }
    if (element.kind == ElementKind::end_event && !node->outgoing.empty()) {
      problems_.Error(
          node->xml->position, "end-with-outgoing",
          absl::StrCat(Describe(*node->xml), ": got an outgoing flow ",
                       FlowName(node->outgoing.front()), ", wanted none"));
    }
  }

  static bool IsEventSubProcess(const RawNode& node) {
    return node.element->kind == ElementKind::event_sub_process;
  }

  void CheckBoundary(RawNode* node) {
    const std::string what = Describe(*node->xml);
    if (!node->incoming.empty()) {
      problems_.Error(
          node->xml->position, "boundary-with-incoming",
          absl::StrCat(what, ": got an incoming flow ",
                       FlowName(node->incoming.front()), ", wanted none"));
    }
    const auto found = index_of_.find(node->attached_to_id);
    if (node->attached_to_id.empty() || found == index_of_.end() ||
        process_.nodes[found->second].scope != node->scope) {
      problems_.Error(
          node->xml->position, "boundary-attached-to-nothing",
          absl::StrCat(what, ": attachedToRef: got ",
                       node->attached_to_id.empty()
                           ? std::string("none")
                           : absl::StrCat("'", node->attached_to_id, "'"),
                       ", wanted an activity beside it"));
      return;
    }
    const RawNode& host = process_.nodes[found->second];
    if (host.supported && !IsActivity(host.element->kind)) {
      problems_.Error(
          node->xml->position, "boundary-attached-to-nothing",
          absl::StrCat(what, ": attachedToRef: got ", Describe(*host.xml),
                       ", wanted an activity"));
      return;
    }
    node->attached_to = found->second;
  }

  void CheckLinkFlows(const RawNode& node) {
    if (node.element->event_type != fb::EventType::link) return;
    const bool throws =
        node.element->kind == ElementKind::intermediate_throw_event;
    const std::vector<uint32_t>& flows = throws ? node.outgoing : node.incoming;
    if (flows.empty()) return;
    problems_.Error(
        node.xml->position, "link-with-flow",
        absl::StrCat(Describe(*node.xml), ": got ",
                     throws ? "an outgoing" : "an incoming", " flow ",
                     FlowName(flows.front()), ", wanted none: the link is it"));
  }

  // Within a scope each link leads to the one catching event of its name.
  void ResolveLinks() {
    absl::btree_map<std::pair<uint32_t, std::string_view>, uint32_t> targets;
    const auto is_link = [](const RawNode& node, ElementKind kind) {
      return node.element->kind == kind &&
             node.element->event_type == fb::EventType::link;
    };
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      if (!is_link(node, ElementKind::intermediate_catch_event)) continue;
      const auto [it, is_new] =
          targets.try_emplace({node.scope, node.link_name}, i);
      if (is_new) continue;
      problems_.Error(
          node.xml->position, "link-twice",
          absl::StrCat(Describe(*node.xml), ": got the link '", node.link_name,
                       "', which leads to ",
                       Describe(*process_.nodes[it->second].xml), " already"));
    }
    for (RawNode& node : process_.nodes) {
      if (!is_link(node, ElementKind::intermediate_throw_event)) continue;
      const auto found = targets.find({node.scope, node.link_name});
      if (found != targets.end()) {
        node.link_target = found->second;
        continue;
      }
      problems_.Error(
          node.xml->position, "link-to-nowhere",
          absl::StrCat(Describe(*node.xml), ": got the link '", node.link_name,
                       "', wanted one that an event beside it catches"));
    }
  }

  std::string FlowName(uint32_t index) const {
    return absl::StrCat("'", process_.flows[index].flow->id, "'");
  }

  void ResolveDefault(RawNode* node) {
    if (node->default_flow_id.empty() || !node->supported) return;
    const ElementKind kind = node->element->kind;
    if (kind == ElementKind::parallel_gateway ||
        kind == ElementKind::event_based_gateway ||
        kind == ElementKind::start_event || kind == ElementKind::end_event ||
        kind == ElementKind::intermediate_catch_event ||
        kind == ElementKind::intermediate_throw_event ||
        kind == ElementKind::boundary_event) {
      problems_.Warning(
          node->xml->position, "default-flow-ignored",
          absl::StrCat(Describe(*node->xml),
                       ": got a default flow, which only activities and "
                       "exclusive, inclusive and complex gateways have; it is "
                       "an ordinary flow"));
      return;
    }
    for (uint32_t index : node->outgoing) {
      if (process_.flows[index].flow->id == node->default_flow_id) {
        node->default_flow = index;
      }
    }
    if (!node->default_flow.has_value()) {
      problems_.Error(
          node->xml->position, "default-flow-not-outgoing",
          absl::StrCat(Describe(*node->xml), ": default: got '",
                       node->default_flow_id,
                       "', wanted a flow that leaves this element"));
    }
  }

  void CheckConditions(const RawNode& node) {
    const ElementKind kind = node.element->kind;
    const bool is_parallel = kind == ElementKind::parallel_gateway;
    const bool waits = kind == ElementKind::event_based_gateway;
    const bool chooses = kind == ElementKind::exclusive_gateway ||
                         kind == ElementKind::inclusive_gateway ||
                         kind == ElementKind::complex_gateway;
    for (uint32_t index : node.outgoing) {
      RawFlow& flow = process_.flows[index];
      const bool has_condition = !flow.conditions.empty();
      if (has_condition && node.default_flow == index) {
        problems_.Warning(flow.xml->position, "condition-on-default-flow",
                          absl::StrCat(Describe(*flow.xml),
                                       ": got a condition on the default flow "
                                       "of ",
                                       Describe(*node.xml), "; it is ignored"));
      } else if (has_condition && (is_parallel || waits)) {
        problems_.Warning(
            flow.xml->position, "condition-ignored",
            absl::StrCat(Describe(*flow.xml), ": got a condition out of ",
                         Describe(*node.xml),
                         waits ? ", where the first event chooses"
                               : ", which takes every flow",
                         "; it is ignored"));
      } else if (has_condition) {
        CompileConditions(&flow);
      } else if (chooses && node.outgoing.size() > 1 &&
                 node.default_flow != index &&
                 flow.xml->Child(kBpmnNs, "conditionExpression") == nullptr) {
        problems_.Warning(
            flow.xml->position, "missing-condition",
            absl::StrCat(Describe(*flow.xml), ": got no condition out of ",
                         Describe(*node.xml),
                         ", where it always holds; wanted a condition, or "
                         "default=\"",
                         flow.flow->id, "\" on the gateway"));
      }
    }
  }

  // The last one counts, and each has to be sound.
  void CompileConditions(RawFlow* flow) {
    for (const XmlNode* condition : flow->conditions) {
      flow->flow->condition = MakeExpression(context_, *flow->xml, *condition,
                                             expression::Use::kCondition);
    }
  }

  // Whether a token can come to the node from nowhere when its scope starts.
  static bool StartsFromNowhere(const RawNode& node) {
    return node.incoming.empty() && !IsEventSubProcess(node) &&
           !node.element->for_compensation &&
           node.element->kind != ElementKind::boundary_event &&
           !(node.element->kind == ElementKind::intermediate_catch_event &&
             node.element->event_type == fb::EventType::link);
  }

  void CheckStarts(const XmlNode& xml, uint32_t scope) {
    const RawNode* first_none_start = nullptr;
    bool has_start = false;
    for (const uint32_t index : inside_[scope]) {
      const RawNode& node = process_.nodes[index];
      if (node.element->kind != ElementKind::start_event) {
        has_start = has_start || StartsFromNowhere(node);
        continue;
      }
      has_start = true;
      if (!node.supported || node.element->event_type != fb::EventType::none) {
        continue;
      }
      if (first_none_start != nullptr) {
        problems_.Error(
            node.xml->position, "several-none-starts",
            absl::StrCat(Describe(*node.xml), ": got a second none start event",
                         " beside ", Describe(*first_none_start->xml),
                         ", wanted one in a ",
                         scope == 0 ? "process" : "sub-process"));
      } else {
        first_none_start = &node;
      }
    }
    if (!has_start) {
      problems_.Error(xml.position, "no-start",
                      absl::StrCat(Describe(xml),
                                   ": got neither a start event nor a node "
                                   "without incoming flow"));
    }
  }

  // Where tokens begin in a scope: at the start events, or without any at every
  // node that no flow leads to; an event sub-process may begin at any time.
  // What doesn't execute may be started by other means.
  std::vector<uint32_t> Starts(uint32_t scope) {
    bool has_start_event = false;
    for (const uint32_t index : inside_[scope]) {
      has_start_event =
          has_start_event ||
          process_.nodes[index].element->kind == ElementKind::start_event;
    }
    std::vector<uint32_t> starts;
    for (const uint32_t index : inside_[scope]) {
      const RawNode& node = process_.nodes[index];
      if (node.element->kind == ElementKind::start_event ||
          IsEventSubProcess(node) ||
          (StartsFromNowhere(node) && (!has_start_event || !node.supported))) {
        starts.push_back(index);
      }
    }
    return starts;
  }

  void CheckReachable() {
    std::vector<bool> reached(process_.nodes.size(), false);
    std::vector<uint32_t> open;
    const auto reach = [&](uint32_t index) {
      if (reached[index]) return;
      reached[index] = true;
      open.push_back(index);
    };
    absl::btree_map<uint32_t, std::vector<uint32_t>> attached;
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      if (node.attached_to.has_value()) {
        attached[*node.attached_to].push_back(i);
      } else if (node.element->kind == ElementKind::boundary_event) {
        // Reported already, as attached to nothing.
        reach(i);
      }
    }
    for (const uint32_t start : Starts(0)) reach(start);
    while (!open.empty()) {
      const uint32_t index = open.back();
      open.pop_back();
      const RawNode& node = process_.nodes[index];
      for (uint32_t flow : node.outgoing) {
        const std::optional<uint32_t> target = process_.flows[flow].target;
        if (target.has_value()) reach(*target);
      }
      for (const uint32_t boundary : attached[index]) reach(boundary);
      if (node.link_target.has_value()) reach(*node.link_target);
      if (node.handler.has_value()) reach(*node.handler);
      for (const uint32_t start : Starts(index + 1)) reach(start);
    }
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      if (reached[i]) continue;
      const XmlNode& xml = *process_.nodes[i].xml;
      problems_.Warning(
          xml.position, "unreachable",
          absl::StrCat(Describe(xml), ": no path leads here from a start"));
    }
  }

  const ParseContext& context_;
  ProblemList& problems_;
  RawProcess& process_;
  absl::btree_map<std::string_view, uint32_t> index_of_;
  // Nodes by scope.
  absl::btree_map<uint32_t, std::vector<uint32_t>> inside_;
};

}  // namespace

void Validate(const ParseContext& context, RawProcess* process) {
  Validator(context, process).Run();
}

}  // namespace pawl::model
