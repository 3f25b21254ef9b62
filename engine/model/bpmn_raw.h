// What passes between the stages of ParseBpmn. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_RAW_H_
#define PAWL_ENGINE_MODEL_BPMN_RAW_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/problem.h"
#include "engine/model/xml_reader.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// A flow node as parsed. `element` has everything but indexes.
struct RawNode {
  const XmlNode* xml = nullptr;
  std::unique_ptr<fb::ElementT> element;
  // False for a node or an event type that this build doesn't execute. It stays
  // in the graph, so that its neighbours aren't called unconnected.
  bool supported = true;
  // The scope around it: the index of its sub-process plus one, 0 for the
  // process.
  uint32_t scope = 0;
  // The `default` attribute; empty without one.
  std::string default_flow_id;
  // Of a boundary event.
  std::string attached_to_id;
  // Of a link event.
  std::string link_name;
  // Of a throwing compensation event: its activityRef.
  std::string compensates_id;
  // Of an event with several definitions, each of them.
  std::vector<std::unique_ptr<fb::ElementT>> definitions;
  // Indexes of flows, filled by Validate.
  std::vector<uint32_t> incoming;
  std::vector<uint32_t> outgoing;
  std::optional<uint32_t> default_flow;
  // Indexes of nodes, filled by Validate.
  std::optional<uint32_t> attached_to;
  std::optional<uint32_t> link_target;
  std::optional<uint32_t> handler;
  std::optional<uint32_t> compensates;
};

struct RawFlow {
  const XmlNode* xml = nullptr;
  std::unique_ptr<fb::SequenceFlowT> flow;
  // As RawNode::scope.
  uint32_t scope = 0;
  std::string source_id;
  std::string target_id;
  // Its conditionExpressions; compiled by Validate, which knows where they
  // count.
  std::vector<const XmlNode*> conditions;
  // Indexes of nodes, filled by Validate; nothing when the id leads nowhere.
  std::optional<uint32_t> source;
  std::optional<uint32_t> target;
};

struct RawProcess {
  const XmlNode* xml = nullptr;
  std::string id;
  std::string name;
  std::string version_tag;
  std::string history_time_to_live;
  fb::SagaScope saga = fb::SagaScope::none;
  bool executable = true;
  std::vector<RawNode> nodes;
  std::vector<RawFlow> flows;
};

class Collaboration;

// The document around a process.
struct ParseContext {
  ProblemList* problems = nullptr;
  ProblemList* advice = nullptr;
  // Every `id` in the BPMN namespace, extensions left out; of duplicates the
  // first.
  std::map<std::string_view, const XmlNode*> ids;
  // Language of expressions that name none; empty, or FEEL's.
  std::string default_language;
  // The dataObjectReferences of each data object's id.
  std::map<std::string_view, std::vector<const XmlNode*>> data_references;
  // The prefixes that the file declares; null: none.
  const std::set<std::string, std::less<>>* prefixes = nullptr;
  // Pools and message flows; null: none.
  const Collaboration* collaboration = nullptr;
};

// The part of a text that a message shows.
std::string_view Shown(std::string_view text);

// "'id' (localName)" or "localName", as every message names its subject.
std::string Describe(const XmlNode& node);

// Reports what this build doesn't execute: the subject, `what` of it, and
// `note`, which ends the sentence or says that BPMN has no such thing.
void Refuse(const ParseContext& context, const XmlNode& owner,
            SourcePosition at, std::string_view what, std::string_view note);

// Ids of what has none, which people see, so they are the same each time. No
// XML id can be equal to them, though our reader takes any text as one.
// `number`: which flow or node of the process it is, from 1.
std::string GeneratedFlowId(std::string_view source, std::string_view target,
                            size_t number);
std::string GeneratedNodeId(std::string_view local, size_t number);

// The id; null without one, or when what is there only serves a diagram
// (pawl:generatedId).
const std::string* OwnId(const XmlNode& node);

// True for an xsd:boolean attribute that is present and true, in capitals, too.
bool IsTrue(const XmlNode& node, std::string_view attribute);
// As IsTrue; `otherwise` where it is absent or empty.
bool IsTrueOr(const XmlNode& node, std::string_view attribute, bool otherwise);

// The attribute's text; empty without one.
std::string_view AttributeText(const XmlNode& node, std::string_view attribute);

// The id that an IDREF or QName means: as it is written, if the file has that
// id, else without the prefix, which says in which file, and only this one is
// read. Of what the file doesn't have, the text. Points into either.
std::string_view ReferencedId(const ParseContext& context,
                              std::string_view reference);
// What has that id, or null.
const XmlNode* Referenced(const ParseContext& context,
                          std::string_view reference);

// The attribute of our own namespace, which is true or false; `otherwise`
// without it. A problem: it is neither.
bool PawlFlag(const ParseContext& context, const XmlNode& node,
              std::string_view attribute, bool otherwise);

// "camunda", "zeebe" or "pawl", or empty for a foreign namespace.
std::string_view DialectOf(std::string_view ns);
// The namespace of a dialect.
std::string_view NamespaceOf(std::string_view dialect);

// The children of extensionElements of that name in that dialect.
std::vector<const XmlNode*> Extensions(const XmlNode& node,
                                       std::string_view dialect,
                                       std::string_view name);
// The first of them, or null.
const XmlNode* Extension(const XmlNode& node, std::string_view dialect,
                         std::string_view name);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_RAW_H_
