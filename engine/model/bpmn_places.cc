#include "engine/model/bpmn_places.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_parse.h"
#include "engine/model/coverage.h"

namespace pawl::model {
namespace {

bool IsOneOf(std::string_view name, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Of these, the containers of flow elements (8.4.8), the parser looks at each
// child,
bool IsScopeOfProcess(std::string_view name) {
  return IsOneOf(name,
                 {"process", "subProcess", "transaction", "adHocSubProcess"});
}

// and of these nothing executes.
bool IsChoreography(std::string_view name) {
  return IsOneOf(name,
                 {"choreography", "subChoreography", "globalChoreographyTask"});
}

// What may hold anything, and means nothing by it (8.3.2, 8.3.3, 8.4.1,
// 10.3.3): extensions of other tools, and texts with markup.
bool IsOpaque(const XmlNode& node) {
  return node.ns() != kBpmnNs ||
         IsOneOf(node.local(),
                 {"extensionElements", "documentation", "text", "script"});
}

bool IsProcess(const XmlNode& node) { return node.Is(kBpmnNs, "process"); }

bool IsExecutable(const XmlNode& process) {
  return IsTrueOr(process, "isExecutable", true);
}

// Calls `visit` with each element of BPMN around which nothing is opaque, in
// the order of the file; false: not what is in it.
template <typename Visit>
void ForEach(const XmlNode& root, const Visit& visit) {
  std::vector<const XmlNode*> open = {&root};
  while (!open.empty()) {
    const XmlNode* const node = open.back();
    open.pop_back();
    if (IsOpaque(*node) || !visit(*node)) continue;
    open.insert(open.end(), node->children.rbegin(), node->children.rend());
  }
}

// Whether a process may execute what the element stands for: the one around it,
// itself included; around none, any of the file.
bool MayExecute(const XmlNode* node, bool any_executable) {
  for (; node != nullptr; node = node->parent) {
    if (IsProcess(*node)) return IsExecutable(*node);
  }
  return any_executable;
}

}  // namespace

bool IsMisplaced(const XmlNode& node) {
  if (node.ns() != kBpmnNs || node.parent == nullptr) return false;
  const XmlNode& around = *node.parent;
  const bool is_process = IsProcess(node);
  if (!is_process && node.local() != "sequenceFlow" &&
      !IsFlowNode(node.local())) {
    return false;
  }
  if (is_process) {
    return around.parent != nullptr && !IsScopeOfProcess(around.local());
  }
  return !IsScopeOfProcess(around.local()) && !IsChoreography(around.local()) &&
         FindElementRow(around.local(), node.local()) == nullptr;
}

void CheckPlaces(const ParseContext& context, const XmlNode& definitions) {
  bool any_executable = false;
  ForEach(definitions, [&](const XmlNode& node) {
    if (IsProcess(node) && IsExecutable(node)) any_executable = true;
    return true;
  });
  ForEach(definitions, [&](const XmlNode& node) {
    if (!IsMisplaced(node)) return true;
    context.problems->set_advice_only(!MayExecute(&node, any_executable));
    context.problems->Error(
        node.position, "misplaced-element",
        absl::StrCat(Describe(node), ": got it in ", Describe(*node.parent),
                     ", where nothing executes it; wanted it in ",
                     IsProcess(node) ? "the file's definitions"
                                     : "a process or sub-process"));
    context.problems->set_advice_only(false);
    return false;
  });
}

}  // namespace pawl::model
