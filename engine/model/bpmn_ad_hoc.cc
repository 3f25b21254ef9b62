#include "engine/model/bpmn_ad_hoc.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/process_definition.h"

namespace pawl::model {
namespace {

using expression::Use;
using fb::ElementKind;

constexpr std::string_view kRule = "ad-hoc-content";

}  // namespace

void ParseAdHoc(const XmlNode& xml, const ParseContext& context,
                fb::ElementT* element) {
  auto ad_hoc = std::make_unique<fb::AdHocDefinitionT>();
  if (const std::string* ordering = xml.Attribute("ordering")) {
    ad_hoc->sequential = *ordering == "Sequential";
    if (!ad_hoc->sequential && *ordering != "Parallel") {
      context.problems->Error(xml.position, kRule,
                              absl::StrCat(Describe(xml), ": ordering: got '",
                                           ToAbsl(Shown(*ordering)),
                                           "', wanted Parallel or Sequential"));
    }
  }
  ad_hoc->cancel_remaining = IsTrueOr(xml, "cancelRemainingInstances", true);
  if (const XmlNode* condition = xml.Child(kBpmnNs, "completionCondition")) {
    ad_hoc->completion =
        MakeExpression(context, xml, *condition, Use::kCondition);
  }
  if (const XmlNode* zeebe = Extension(xml, "zeebe", "adHoc")) {
    if (const std::string* active =
            zeebe->Attribute("activeElementsCollection")) {
      ad_hoc->active_elements = MakeExpression(context, xml, zeebe->position,
                                               *active, "", Use::kCondition);
    }
    for (const std::string_view output : {std::string_view("outputCollection"),
                                          std::string_view("outputElement")}) {
      if (zeebe->Attribute(output) == nullptr) continue;
      Refuse(context, xml, zeebe->position, absl::StrCat(ToAbsl(output), ": "),
             "outputs that an ad-hoc sub-process collects");
    }
  }
  element->ad_hoc = std::move(ad_hoc);
}

// 10.3.5: at least one activity, and neither start nor end events.
void CheckAdHocs(const ParseContext& context, const RawProcess& process) {
  const auto is_ad_hoc = [&](uint32_t scope) {
    return scope != 0 && process.nodes[scope - 1].element->kind ==
                             ElementKind::ad_hoc_sub_process;
  };
  std::vector<bool> has_activity(process.nodes.size(), false);
  for (const RawNode& node : process.nodes) {
    if (!is_ad_hoc(node.scope)) continue;
    const RawNode& around = process.nodes[node.scope - 1];
    const ElementKind kind = node.element->kind;
    // What doesn't execute was refused for that.
    if (IsActivity(kind) || !node.supported) {
      has_activity[node.scope - 1] = true;
    }
    if (kind != ElementKind::start_event && kind != ElementKind::end_event) {
      continue;
    }
    context.problems->Error(
        node.xml->position, kRule,
        absl::StrCat(Describe(*node.xml), ": got ",
                     kind == ElementKind::start_event ? "a start" : "an end",
                     " event inside ", Describe(*around.xml),
                     ", which has neither start nor end events"));
  }
  for (uint32_t i = 0; i < process.nodes.size(); ++i) {
    if (!is_ad_hoc(i + 1) || has_activity[i]) continue;
    context.problems->Error(
        process.nodes[i].xml->position, kRule,
        absl::StrCat(Describe(*process.nodes[i].xml),
                     ": got no activity inside, wanted one at least"));
  }
}

}  // namespace pawl::model
