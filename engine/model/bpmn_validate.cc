#include "engine/model/bpmn_validate.h"

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_parse.h"

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
    CheckStarts();
    CheckReachable();
  }

 private:
  // Elements and flows count together, and the process itself is an element.
  bool CheckSize() {
    const size_t count = process_.nodes.size() + process_.flows.size() + 1;
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
    if (!id.empty() && found != index_of_.end()) return found->second;
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
                       ", wanted a node of ", Describe(*process_.xml)));
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
    if (element.kind == ElementKind::end_event && !node->outgoing.empty()) {
      problems_.Error(
          node->xml->position, "end-with-outgoing",
          absl::StrCat(Describe(*node->xml), ": got an outgoing flow ",
                       FlowName(node->outgoing.front()), ", wanted none"));
    }
  }

  std::string FlowName(uint32_t index) const {
    return absl::StrCat("'", process_.flows[index].flow->id, "'");
  }

  void ResolveDefault(RawNode* node) {
    if (node->default_flow_id.empty() || !node->supported) return;
    const ElementKind kind = node->element->kind;
    if (kind == ElementKind::parallel_gateway ||
        kind == ElementKind::start_event || kind == ElementKind::end_event ||
        kind == ElementKind::intermediate_catch_event) {
      problems_.Warning(
          node->xml->position, "default-flow-ignored",
          absl::StrCat(Describe(*node->xml),
                       ": got a default flow, which only activities and "
                       "exclusive gateways have; it is an ordinary flow"));
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
    const bool is_parallel =
        node.element->kind == ElementKind::parallel_gateway;
    const bool is_exclusive =
        node.element->kind == ElementKind::exclusive_gateway;
    for (uint32_t index : node.outgoing) {
      RawFlow& flow = process_.flows[index];
      const bool has_condition = flow.flow->condition != nullptr;
      if (has_condition && node.default_flow == index) {
        flow.flow->condition.reset();
        problems_.Warning(flow.xml->position, "condition-on-default-flow",
                          absl::StrCat(Describe(*flow.xml),
                                       ": got a condition on the default flow "
                                       "of ",
                                       Describe(*node.xml), "; it is ignored"));
      } else if (has_condition && is_parallel) {
        flow.flow->condition.reset();
        problems_.Warning(
            flow.xml->position, "condition-ignored",
            absl::StrCat(Describe(*flow.xml), ": got a condition out of ",
                         Describe(*node.xml),
                         ", which takes every flow; it is ignored"));
      } else if (!has_condition && is_exclusive && node.outgoing.size() > 1 &&
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

  void CheckStarts() {
    const RawNode* first_none_start = nullptr;
    bool has_start = false;
    for (const RawNode& node : process_.nodes) {
      if (node.element->kind != ElementKind::start_event) {
        has_start = has_start || node.incoming.empty();
        continue;
      }
      has_start = true;
      if (!node.supported) continue;
      if (first_none_start != nullptr) {
        problems_.Error(
            node.xml->position, "several-none-starts",
            absl::StrCat(Describe(*node.xml), ": got a second none start event",
                         " beside ", Describe(*first_none_start->xml),
                         ", wanted one in a process"));
      } else {
        first_none_start = &node;
      }
    }
    if (!has_start) {
      problems_.Error(process_.xml->position, "no-start",
                      absl::StrCat(Describe(*process_.xml),
                                   ": got neither a start event nor a node "
                                   "without incoming flow"));
    }
  }

  // From the start events, or without any from every node that no flow leads
  // to. What doesn't execute may be started by other means.
  void CheckReachable() {
    bool has_start_event = false;
    for (const RawNode& node : process_.nodes) {
      has_start_event =
          has_start_event || node.element->kind == ElementKind::start_event;
    }
    std::vector<bool> reached(process_.nodes.size(), false);
    std::vector<uint32_t> open;
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      const bool is_start = node.element->kind == ElementKind::start_event;
      if (is_start ||
          (node.incoming.empty() && (!has_start_event || !node.supported))) {
        reached[i] = true;
        open.push_back(i);
      }
    }
    while (!open.empty()) {
      const RawNode& node = process_.nodes[open.back()];
      open.pop_back();
      for (uint32_t index : node.outgoing) {
        const std::optional<uint32_t> target = process_.flows[index].target;
        if (!target.has_value() || reached[*target]) continue;
        reached[*target] = true;
        open.push_back(*target);
      }
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
};

}  // namespace

void Validate(const ParseContext& context, RawProcess* process) {
  Validator(context, process).Run();
}

}  // namespace pawl::model
