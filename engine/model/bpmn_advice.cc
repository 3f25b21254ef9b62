#include "engine/model/bpmn_advice.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/model/bpmn_joins.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/process_definition.h"

namespace pawl::model {
namespace {

using fb::ElementKind;

class ProcessAdvice {
 public:
  ProcessAdvice(const ParseContext& context, const RawProcess& process)
      : advice_(*context.advice), process_(process) {}

  void Run() {
    CheckEnds();
    for (const RawNode& node : process_.nodes) CheckDefault(node);
    for (const UnbalancedJoin& join : FindUnbalancedJoins(process_)) {
      Report(join);
    }
  }

 private:
  const RawNode& node(uint32_t index) const { return process_.nodes[index]; }

  void Advise(const XmlNode& xml, std::string_view rule,
              const std::string& text) {
    advice_.Warning(xml.position, rule,
                    absl::StrCat(Describe(xml), ": ", text));
  }

  const XmlNode& ScopeXml(uint32_t scope) const {
    return scope == 0 ? *process_.xml : *node(scope - 1).xml;
  }

  // 10.5.3: what has a start event has an end event, and then every path leads
  // to one.
  void CheckEnds() {
    const size_t scopes = process_.nodes.size() + 1;
    std::vector<bool> has_start(scopes, false);
    std::vector<bool> has_end(scopes, false);
    for (const RawNode& one : process_.nodes) {
      const ElementKind kind = one.element->kind;
      if (kind == ElementKind::start_event) has_start[one.scope] = true;
      if (kind == ElementKind::end_event) has_end[one.scope] = true;
    }
    for (uint32_t scope = 0; scope < scopes; ++scope) {
      if (!has_start[scope] || has_end[scope]) continue;
      Advise(ScopeXml(scope), "missing-end",
             "got a start event and no end event, wanted one");
    }
    for (const RawNode& one : process_.nodes) {
      if (!has_end[one.scope] || !EndsInSilence(one)) continue;
      Advise(*one.xml, "missing-end",
             absl::StrCat("got no way on beside the end events of ",
                          Describe(ScopeXml(one.scope)),
                          ", wanted one; a token ends here"));
    }
  }

  static bool EndsInSilence(const RawNode& one) {
    const fb::ElementT& e = *one.element;
    return one.outgoing.empty() && e.kind != ElementKind::end_event &&
           e.kind != ElementKind::event_sub_process && !e.for_compensation &&
           e.event_type != fb::EventType::compensation &&
           e.event_type != fb::EventType::link;
  }

  void CheckDefault(const RawNode& one) {
    const ElementKind kind = one.element->kind;
    if (kind != ElementKind::exclusive_gateway &&
        kind != ElementKind::inclusive_gateway &&
        kind != ElementKind::complex_gateway) {
      return;
    }
    if (one.default_flow.has_value() || !one.default_flow_id.empty()) return;
    for (const uint32_t flow : one.outgoing) {
      if (process_.flows[flow].flow->condition == nullptr) return;
    }
    if (one.outgoing.empty()) return;
    Advise(*one.xml, "missing-default",
           "got conditions only, wanted a default flow for when none of them "
           "holds; a token stops here then");
  }

  void Report(const UnbalancedJoin& join) {
    const std::string flow =
        absl::StrCat("'", process_.flows[join.flow].flow->id, "'");
    std::string why;
    if (join.choice == join.join) {
      why = absl::StrCat("flow ", flow, " comes from behind it");
    } else if (!join.choice.has_value()) {
      why = absl::StrCat("nothing may ever come by flow ", flow);
    } else {
      why = absl::StrCat("a token may not come by flow ", flow, " after ",
                         Describe(*node(*join.choice).xml));
    }
    Advise(*node(join.join).xml, "unbalanced-join",
           absl::StrCat(why, "; it can wait for ever"));
  }

  ProblemList& advice_;
  const RawProcess& process_;
};

class FileAdvice {
 public:
  explicit FileAdvice(const ParseContext& context)
      : context_(context), advice_(*context.advice) {}

  void Run(const XmlNode& root) {
    std::vector<const XmlNode*> open = {&root};
    while (!open.empty()) {
      const XmlNode* xml = open.back();
      open.pop_back();
      if (xml->ns() != kBpmnNs || xml->local() == "extensionElements") continue;
      Check(*xml);
      open.insert(open.end(), xml->children.rbegin(), xml->children.rend());
    }
  }

 private:
  void Check(const XmlNode& xml) {
    CheckBooleans(xml);
    const std::string& local = xml.local();
    if (local == "lane") {
      CheckLane(xml);
    } else if (local == "participant") {
      CheckAttribute(xml, "processRef");
    } else if (local == "dataObjectReference") {
      CheckAttribute(xml, "dataObjectRef");
    } else if (local == "dataStoreReference") {
      CheckAttribute(xml, "dataStoreRef");
    } else if (local == "association" || local == "messageFlow") {
      CheckAttribute(xml, "sourceRef");
      CheckAttribute(xml, "targetRef");
    }
  }

  // Those that say what a process does.
  void CheckBooleans(const XmlNode& xml) {
    static constexpr std::string_view kBooleans[] = {
        "isExecutable",      "cancelActivity",
        "isInterrupting",    "triggeredByEvent",
        "isSequential",      "instantiate",
        "isForCompensation", "parallelMultiple",
        "waitForCompletion", "cancelRemainingInstances",
        "testBefore"};
    for (const XmlAttribute& attribute : xml.attributes) {
      const bool is_one =
          attribute.name->ns.empty() &&
          std::find(std::begin(kBooleans), std::end(kBooleans),
                    attribute.name->local) != std::end(kBooleans);
      if (!is_one) continue;
      const std::string_view text = Trim(attribute.value);
      if (text == "true" || text == "false" || text == "1" || text == "0") {
        continue;
      }
      advice_.Warning(
          xml.position, "boolean-value",
          absl::StrCat(Describe(xml), ": ", attribute.name->local, ": got '",
                       ToAbsl(Shown(text)), "', wanted true or false; it is ",
                       text.empty() ? "as if it weren't there"
                       : IsTrue(xml, attribute.name->local) ? "true"
                                                            : "false"));
    }
  }

  void CheckLane(const XmlNode& lane) {
    bool has_members = false;
    for (const XmlNode* child : lane.children) {
      if (child->Is(kBpmnNs, "childLaneSet")) has_members = true;
      if (!child->Is(kBpmnNs, "flowNodeRef")) continue;
      has_members = true;
      CheckReference(lane, child->position, "flowNodeRef", Trim(child->text));
    }
    if (has_members) return;
    advice_.Warning(
        lane.position, "empty-lane",
        absl::StrCat(Describe(lane), ": got no members, wanted some"));
  }

  void CheckAttribute(const XmlNode& xml, std::string_view attribute) {
    const std::string* reference = xml.Attribute(attribute);
    if (reference == nullptr) return;
    CheckReference(xml, xml.position, attribute, Trim(*reference));
  }

  // A QName; what has a prefix may be of another file.
  void CheckReference(const XmlNode& owner, SourcePosition at,
                      std::string_view what, std::string_view reference) {
    const size_t colon = reference.find(':');
    const bool is_ours = context_.ids.contains(reference) ||
                         (colon != std::string_view::npos) || reference.empty();
    if (is_ours) return;
    advice_.Warning(at, "reference-to-nothing",
                    absl::StrCat(Describe(owner), ": ", ToAbsl(what), ": got '",
                                 ToAbsl(Shown(reference)),
                                 "', which is no element of the file"));
  }

  const ParseContext& context_;
  ProblemList& advice_;
};

}  // namespace

void AdviseProcess(const ParseContext& context, const RawProcess& process) {
  ProcessAdvice(context, process).Run();
}

void AdviseFile(const ParseContext& context, const XmlNode& root) {
  FileAdvice(context).Run(root);
}

}  // namespace pawl::model
