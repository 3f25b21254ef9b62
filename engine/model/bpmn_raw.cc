#include "engine/model/bpmn_raw.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/bpmn_names.h"

namespace pawl::model {

std::string_view Shown(std::string_view text) {
  // A message is for a person; an id of a megabyte is for nobody.
  constexpr size_t kShown = 200;
  size_t shown = std::min(text.size(), kShown);
  // Not in the middle of a character.
  while (shown < text.size() && shown > 0 && (text[shown] & 0xC0) == 0x80) {
    --shown;
  }
  return text.substr(0, shown);
}

std::string Describe(const XmlNode& node) {
  const std::string* id = node.Attribute("id");
  if (id == nullptr || id->empty()) return node.local();
  return absl::StrCat("'", ToAbsl(Shown(*id)), "' (", node.local(), ")");
}

void Refuse(const ParseContext& context, const XmlNode& owner,
            SourcePosition at, std::string_view what, std::string_view note) {
  context.problems->Error(
      at, "unsupported-element",
      absl::StrCat(
          Describe(owner), ": ", ToAbsl(what),
          note.starts_with("BPMN has no") ? "" : "this build doesn't execute ",
          ToAbsl(note)));
}

std::string GeneratedFlowId(std::string_view source, std::string_view target,
                            size_t number) {
  return absl::StrCat(ToAbsl(source), "->", ToAbsl(target), "#", number);
}

std::string GeneratedNodeId(std::string_view local, size_t number) {
  return absl::StrCat(ToAbsl(local), "#", number);
}

const std::string* OwnId(const XmlNode& node) {
  const std::string* id = node.Attribute("id");
  if (id == nullptr || id->empty()) return nullptr;
  const std::string* generated = node.Attribute(kPawlNs, "generatedId");
  return generated != nullptr && *generated == "true" ? nullptr : id;
}

bool IsTrue(const XmlNode& node, std::string_view attribute) {
  const std::string* value = node.Attribute(attribute);
  if (value == nullptr) return false;
  const absl::string_view text = ToAbsl(Trim(*value));
  return text == "1" || absl::EqualsIgnoreCase(text, "true");
}

bool IsTrueOr(const XmlNode& node, std::string_view attribute, bool otherwise) {
  return Trim(AttributeText(node, attribute)).empty() ? otherwise
                                                      : IsTrue(node, attribute);
}

std::string_view AttributeText(const XmlNode& node,
                               std::string_view attribute) {
  const std::string* value = node.Attribute(attribute);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::string_view ReferencedId(const ParseContext& context,
                              std::string_view reference) {
  if (context.ids.contains(reference)) return reference;
  reference = Trim(reference);
  if (context.ids.contains(reference)) return reference;
  const std::string_view local = reference.substr(reference.find(':') + 1);
  return context.ids.contains(local) ? local : reference;
}

const XmlNode* Referenced(const ParseContext& context,
                          std::string_view reference) {
  const auto it = context.ids.find(ReferencedId(context, reference));
  return it == context.ids.end() ? nullptr : it->second;
}

bool PawlFlag(const ParseContext& context, const XmlNode& node,
              std::string_view attribute, bool otherwise) {
  const std::string* value = node.Attribute(kPawlNs, attribute);
  if (value == nullptr) return otherwise;
  if (*value == "true" || *value == "1") return true;
  if (*value != "false" && *value != "0") {
    context.problems->Error(
        node.position, "boolean",
        absl::StrCat(Describe(node), ": pawl:", ToAbsl(attribute), ": got '",
                     ToAbsl(CutUtf8(*value, 64)), "', wanted true or false"));
  }
  return false;
}

std::string_view DialectOf(std::string_view ns) {
  if (ns == kCamundaNs || ns == kFoxNs) return "camunda";
  if (ns == kZeebeNs) return "zeebe";
  if (ns == kPawlNs) return "pawl";
  return {};
}

std::string_view NamespaceOf(std::string_view dialect) {
  if (dialect == "camunda") return kCamundaNs;
  if (dialect == "zeebe") return kZeebeNs;
  PAWL_CHECK(dialect == "pawl") << dialect;
  return kPawlNs;
}

std::vector<const XmlNode*> Extensions(const XmlNode& node,
                                       std::string_view dialect,
                                       std::string_view name) {
  std::vector<const XmlNode*> found;
  for (const XmlNode* child : node.children) {
    if (!child->Is(kBpmnNs, "extensionElements")) continue;
    for (const XmlNode* extension : child->children) {
      if (extension->local() == name && DialectOf(extension->ns()) == dialect) {
        found.push_back(extension);
      }
    }
  }
  return found;
}

const XmlNode* Extension(const XmlNode& node, std::string_view dialect,
                         std::string_view name) {
  const auto found = Extensions(node, dialect, name);
  return found.empty() ? nullptr : found.front();
}

}  // namespace pawl::model
