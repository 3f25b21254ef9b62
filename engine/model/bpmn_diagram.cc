#include "engine/model/bpmn_diagram.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/model/bpmn_layout.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/xml_reader.h"
#include "engine/model/xml_text.h"

namespace pawl::model {
namespace {

// The title of a pool or lane, at its left.
constexpr int kTitle = 30;

bool IsSubProcess(std::string_view name) {
  return name == "subProcess" || name == "transaction" ||
         name == "adHocSubProcess";
}

struct Size {
  int width;
  int height;
};

// Of a shape that isn't grown; nothing for what has none.
Size SizeOf(std::string_view name) {
  if (name == "dataObjectReference") return {36, 50};
  if (name == "dataStoreReference") return {50, 50};
  if (name == "textAnnotation") return {100, 30};
  if (name.ends_with("Event")) return {36, 36};
  if (name.ends_with("Gateway")) return {50, 50};
  if (IsSubProcess(name) || name == "callActivity" || name == "task" ||
      name.ends_with("Task")) {
    return {100, 80};
  }
  return {0, 0};
}

bool IsEdge(std::string_view name) {
  return name == "sequenceFlow" || name == "association" ||
         name == "messageFlow" || name == "dataInputAssociation" ||
         name == "dataOutputAssociation";
}

std::string_view Value(const XmlNode& node, std::string_view attribute) {
  const std::string* value = node.Attribute(attribute);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

// A QName: the prefix says in which file, and only this one is read.
std::string_view LocalName(std::string_view name) {
  return name.substr(name.find(':') + 1);
}

// Draws one file.
class DiagramMaker {
 public:
  explicit DiagramMaker(const XmlNode& root) : root_(root) {}

  std::string Run() {
    CollectIds();
    for (const XmlNode* child : root_.children) {
      if (child->Is(kBpmnNs, "collaboration")) AddCollaboration(*child);
    }
    for (const XmlNode* child : root_.children) {
      if (!child->Is(kBpmnNs, "process") || drawn_.contains(child)) continue;
      const uint32_t plane = AddPlane(*child);
      AddScope(*child, AddScopeNode(plane, nullptr, kNoNode, 0));
    }
    ResolveBoundaries();
    AddEdges();
    layout_ = MakeLayout(nodes_, edges_);
    return Written();
  }

 private:
  struct Shape {
    // Null: it only holds others.
    const XmlNode* xml = nullptr;
    uint32_t plane = 0;
    // Leaf lanes, from top to bottom.
    std::vector<const XmlNode*> lanes = {};
  };
  struct Edge {
    const XmlNode* xml;
    uint32_t plane;
  };

  void CollectIds() {
    std::vector<const XmlNode*> open = {&root_};
    while (!open.empty()) {
      const XmlNode* node = open.back();
      open.pop_back();
      const std::string_view id = Value(*node, "id");
      if (!id.empty()) ids_.insert(std::string(id));
      if (node->ns() == kBpmnNs) {
        if (!id.empty()) by_id_.emplace(id, node);
        if (IsEdge(node->local())) found_edges_.push_back(node);
      }
      open.insert(open.end(), node->children.rbegin(), node->children.rend());
    }
  }

  uint32_t AddPlane(const XmlNode& xml) {
    planes_.push_back(&xml);
    return static_cast<uint32_t>(planes_.size() - 1);
  }

  uint32_t AddNode(LayoutNode node, Shape shape) {
    const auto index = static_cast<uint32_t>(nodes_.size());
    if (shape.xml != nullptr) index_of_.emplace(shape.xml, index);
    nodes_.push_back(node);
    shapes_.push_back(std::move(shape));
    return index;
  }

  uint32_t AddScopeNode(uint32_t plane, const XmlNode* xml, uint32_t parent,
                        int titles) {
    LayoutNode node;
    node.parent = parent;
    node.is_scope = true;
    node.lane_titles = titles;
    if (xml != nullptr) {
      node.width = 100;
      node.height = 80;
    }
    return AddNode(node, {.xml = xml, .plane = plane});
  }

  void AddCollaboration(const XmlNode& collaboration) {
    const uint32_t plane = AddPlane(collaboration);
    for (const XmlNode* child : collaboration.children) {
      if (!child->Is(kBpmnNs, "participant")) continue;
      const auto process = by_id_.find(LocalName(Value(*child, "processRef")));
      const bool is_known = process != by_id_.end() &&
                            process->second->Is(kBpmnNs, "process") &&
                            drawn_.insert(process->second).second;
      if (!is_known) {
        AddNode({.width = 600, .height = 60}, {.xml = child, .plane = plane});
        continue;
      }
      const uint32_t pool = AddScopeNode(plane, child, kNoNode, kTitle);
      nodes_[pool].width = 600;
      nodes_[pool].height = 120;
      AddLanes(*process->second, pool);
      AddScope(*process->second, pool);
    }
    const uint32_t rest = AddScopeNode(plane, nullptr, kNoNode, 0);
    for (const XmlNode* child : collaboration.children) {
      AddMember(*child, rest, false);
    }
  }

  // Lanes that have no others in them, in the order of the file.
  void AddLanes(const XmlNode& process, uint32_t pool) {
    std::vector<std::pair<const XmlNode*, int>> open;
    const auto push = [&](const XmlNode& holder, std::string_view set,
                          int depth) {
      for (auto it = holder.children.rbegin(); it != holder.children.rend();
           ++it) {
        if (!(*it)->Is(kBpmnNs, set)) continue;
        for (auto lane = (*it)->children.rbegin();
             lane != (*it)->children.rend(); ++lane) {
          if ((*lane)->Is(kBpmnNs, "lane")) open.emplace_back(*lane, depth);
        }
      }
    };
    push(process, "laneSet", 1);
    while (!open.empty()) {
      const auto [lane, depth] = open.back();
      open.pop_back();
      const size_t before = open.size();
      push(*lane, "childLaneSet", depth + 1);
      nodes_[pool].lane_titles =
          std::max(nodes_[pool].lane_titles, kTitle * depth);
      const auto leaf = static_cast<uint32_t>(shapes_[pool].lanes.size());
      if (open.size() == before) shapes_[pool].lanes.push_back(lane);
      for (const XmlNode* child : lane->children) {
        if (!child->Is(kBpmnNs, "flowNodeRef")) continue;
        lane_of_[std::string(LocalName(Trim(child->text)))] = leaf;
      }
    }
    nodes_[pool].lanes = static_cast<uint32_t>(shapes_[pool].lanes.size());
  }

  // What is in `scope`, and in the scopes in it. Parents before children.
  void AddScope(const XmlNode& scope, uint32_t index) {
    std::vector<std::pair<const XmlNode*, uint32_t>> open = {{&scope, index}};
    while (!open.empty()) {
      const auto [around, parent] = open.back();
      open.pop_back();
      const bool is_pool = around->Is(kBpmnNs, "process");
      for (const XmlNode* child : around->children) {
        const uint32_t node = AddMember(*child, parent, is_pool);
        if (node != kNoNode && nodes_[node].is_scope) {
          open.emplace_back(child, node);
        }
      }
    }
  }

  // kNoNode: it has no shape.
  uint32_t AddMember(const XmlNode& xml, uint32_t parent, bool has_lanes) {
    const Size size = SizeOf(xml.local());
    if (xml.ns() != kBpmnNs || size.width == 0) return kNoNode;
    LayoutNode node;
    node.width = size.width;
    node.height = size.height;
    node.parent = parent;
    node.is_scope = IsSubProcess(xml.local());
    if (has_lanes && nodes_[parent].lanes > 0) {
      const auto lane = lane_of_.find(Value(xml, "id"));
      if (lane != lane_of_.end()) {
        node.lane = std::min(lane->second, nodes_[parent].lanes - 1);
      }
    }
    return AddNode(node, {.xml = &xml, .plane = shapes_[parent].plane});
  }

  uint32_t NodeOf(std::string_view id) const {
    auto xml = by_id_.find(Trim(id));
    if (xml == by_id_.end()) xml = by_id_.find(LocalName(Trim(id)));
    if (xml == by_id_.end()) return kNoNode;
    const auto it = index_of_.find(xml->second);
    return it == index_of_.end() ? kNoNode : it->second;
  }

  void ResolveBoundaries() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      const XmlNode* xml = shapes_[i].xml;
      if (xml == nullptr || xml->local() != "boundaryEvent") continue;
      const uint32_t host = NodeOf(Value(*xml, "attachedToRef"));
      if (host == kNoNode || nodes_[host].parent != nodes_[i].parent ||
          shapes_[host].xml->local() == "boundaryEvent") {
        continue;
      }
      nodes_[i].attached_to = host;
      nodes_[i].lane = nodes_[host].lane;
    }
  }

  void AddEdges() {
    for (const XmlNode* xml : found_edges_) {
      if (Value(*xml, "id").empty()) continue;
      uint32_t source = NodeOf(Reference(*xml, "sourceRef"));
      uint32_t target = NodeOf(Reference(*xml, "targetRef"));
      // Of data: the other end is an input or output of its activity.
      if (xml->local() == "dataInputAssociation") target = Around(*xml);
      if (xml->local() == "dataOutputAssociation") source = Around(*xml);
      if (source == kNoNode || target == kNoNode ||
          shapes_[source].plane != shapes_[target].plane) {
        continue;
      }
      const bool is_handler =
          xml->local() == "association" &&
          shapes_[source].xml->local() == "boundaryEvent" &&
          Value(*shapes_[target].xml, "isForCompensation") == "true";
      edges_.push_back(
          {.source = source,
           .target = target,
           .orders = xml->local() == "sequenceFlow" || is_handler});
      drawn_edges_.push_back({xml, shapes_[source].plane});
    }
  }

  // The attribute of that name, of data associations the first element.
  static std::string_view Reference(const XmlNode& edge,
                                    std::string_view name) {
    const XmlNode* child = edge.Child(kBpmnNs, name);
    return child == nullptr ? Value(edge, name) : Trim(child->text);
  }

  uint32_t Around(const XmlNode& edge) const {
    for (const XmlNode* at = edge.parent; at != nullptr; at = at->parent) {
      const auto it = index_of_.find(at);
      if (it != index_of_.end()) return it->second;
    }
    return kNoNode;
  }

  // An id that nothing in the file has.
  std::string NewId(std::string_view id) {
    std::string made = absl::StrCat(ToAbsl(id), "_di");
    while (!ids_.insert(made).second) made.push_back('_');
    return made;
  }

  std::string Written() {
    std::string out;
    std::vector<std::string> planes(planes_.size());
    for (uint32_t i = 0; i < nodes_.size(); ++i) WriteShape(i, &planes);
    for (uint32_t i = 0; i < edges_.size(); ++i) WriteEdge(i, &planes);
    for (uint32_t i = 0; i < planes_.size(); ++i) {
      const std::string_view id = Value(*planes_[i], "id");
      if (planes[i].empty() || id.empty()) continue;
      absl::StrAppend(
          &out, "  <bpmndi:BPMNDiagram",
          XmlAttributeText("xmlns:bpmndi", kBpmnDiNs),
          XmlAttributeText("xmlns:dc", kDcNs),
          XmlAttributeText("xmlns:di", kDiNs),
          XmlAttributeText("id", NewId(absl::StrCat(ToAbsl(id), "_diagram"))),
          ">\n    <bpmndi:BPMNPlane",
          XmlAttributeText("id", NewId(absl::StrCat(ToAbsl(id), "_plane"))),
          XmlAttributeText("bpmnElement", id), ">\n", planes[i],
          "    </bpmndi:BPMNPlane>\n  </bpmndi:BPMNDiagram>\n");
    }
    return out;
  }

  void WriteShape(uint32_t index, std::vector<std::string>* planes) {
    const Shape& shape = shapes_[index];
    if (shape.xml == nullptr || Value(*shape.xml, "id").empty()) return;
    const std::string_view name = shape.xml->local();
    std::string_view more;
    if (name == "exclusiveGateway") more = " isMarkerVisible=\"true\"";
    if (name == "participant") more = " isHorizontal=\"true\"";
    if (IsSubProcess(name)) more = " isExpanded=\"true\"";
    std::string& out = (*planes)[shape.plane];
    WriteBox(*shape.xml, layout_.boxes[index], more, &out);
    for (size_t i = 0; i < shape.lanes.size(); ++i) {
      LayoutBox box = layout_.lanes[index][i];
      WriteLane(*shape.lanes[i], box, index, &out);
    }
  }

  // A lane, and those around it of which it is the first.
  void WriteLane(const XmlNode& lane, LayoutBox box, uint32_t pool,
                 std::string* out) {
    for (const XmlNode* around = lane.parent->parent;
         around != nullptr && around->Is(kBpmnNs, "lane");
         around = around->parent->parent) {
      if (!written_.insert(around).second) break;
      WriteBox(*around, Surrounding(*around, pool), " isHorizontal=\"true\"",
               out);
    }
    if (!Value(lane, "id").empty()) {
      WriteBox(lane, box, " isHorizontal=\"true\"", out);
    }
  }

  // Around the lanes in `lane`, with room for its title.
  LayoutBox Surrounding(const XmlNode& lane, uint32_t pool) const {
    int depth = 0;
    for (const XmlNode* at = lane.parent; at->Is(kBpmnNs, "childLaneSet");
         at = at->parent->parent) {
      ++depth;
    }
    LayoutBox all;
    bool is_first = true;
    for (size_t i = 0; i < shapes_[pool].lanes.size(); ++i) {
      const XmlNode* at = shapes_[pool].lanes[i];
      while (at != nullptr && at != &lane) at = at->parent;
      if (at == nullptr) continue;
      const LayoutBox& box = layout_.lanes[pool][i];
      if (is_first) all = box;
      is_first = false;
      all.height = box.y + box.height - all.y;
    }
    const int left = layout_.boxes[pool].x + kTitle * (1 + depth);
    all.width += all.x - left;
    all.x = left;
    return all;
  }

  void WriteBox(const XmlNode& xml, const LayoutBox& box, std::string_view more,
                std::string* out) {
    const std::string_view id = Value(xml, "id");
    if (id.empty()) return;
    absl::StrAppend(out, "      <bpmndi:BPMNShape",
                    XmlAttributeText("id", NewId(id)),
                    XmlAttributeText("bpmnElement", id), ToAbsl(more),
                    ">\n        <dc:Bounds x=\"", box.x, "\" y=\"", box.y,
                    "\" width=\"", box.width, "\" height=\"", box.height,
                    "\"/>\n      </bpmndi:BPMNShape>\n");
  }

  void WriteEdge(uint32_t index, std::vector<std::string>* planes) {
    const XmlNode& xml = *drawn_edges_[index].xml;
    std::string& out = (*planes)[drawn_edges_[index].plane];
    const std::string_view id = Value(xml, "id");
    absl::StrAppend(&out, "      <bpmndi:BPMNEdge",
                    XmlAttributeText("id", NewId(id)),
                    XmlAttributeText("bpmnElement", id), ">\n");
    for (const LayoutPoint& point : layout_.waypoints[index]) {
      absl::StrAppend(&out, "        <di:waypoint x=\"", point.x, "\" y=\"",
                      point.y, "\"/>\n");
    }
    out += "      </bpmndi:BPMNEdge>\n";
  }

  const XmlNode& root_;
  absl::btree_set<std::string> ids_;
  absl::btree_map<std::string_view, const XmlNode*> by_id_;
  std::vector<const XmlNode*> found_edges_;
  // Processes that stand in pools.
  absl::btree_set<const XmlNode*> drawn_;
  // Outer lanes that are written.
  absl::btree_set<const XmlNode*> written_;
  // By id of the node: which of the pool's lanes.
  absl::btree_map<std::string, uint32_t, std::less<>> lane_of_;
  // What each diagram is of: processes and collaborations.
  std::vector<const XmlNode*> planes_;
  std::vector<LayoutNode> nodes_;
  std::vector<Shape> shapes_;
  absl::btree_map<const XmlNode*, uint32_t> index_of_;
  std::vector<LayoutEdge> edges_;
  std::vector<Edge> drawn_edges_;
  Layout layout_;
};

// Bytes for each character of a file's markup, and which of them it is in.
struct Width {
  size_t bytes;
  size_t low;
};

// UTF-16 has two; every other encoding that is read has ASCII's.
Width WidthOf(std::string_view xml) {
  if (xml.size() < 2) return {1, 0};
  const auto first = static_cast<uint8_t>(xml[0]);
  const auto second = static_cast<uint8_t>(xml[1]);
  if ((first == 0xFE && second == 0xFF) || first == 0) return {2, 1};
  if ((first == 0xFF && second == 0xFE) || second == 0) return {2, 0};
  return {1, 0};
}

std::string Widened(const std::string& ascii, Width width) {
  if (width.bytes == 1) return ascii;
  std::string out(ascii.size() * 2, '\0');
  for (size_t i = 0; i < ascii.size(); ++i) out[2 * i + width.low] = ascii[i];
  return out;
}

}  // namespace

absl::StatusOr<std::string> WithDiagram(std::string_view xml) {
  const std::unique_ptr<XmlDocument> document = ReadXml(xml, kBpmnDiNs);
  if (document->problem.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(document->problem->line, ":", document->problem->column,
                     ": ", document->problem->text));
  }
  if (document->skipped > 0 || !document->root->Is(kBpmnNs, "definitions")) {
    return std::string(xml);
  }
  std::string diagram = DiagramMaker(*document->root).Run();
  if (diagram.empty()) return std::string(xml);
  const Width width = WidthOf(xml);
  const size_t end = document->root_end;
  if (end < width.bytes || xml[end - width.bytes + width.low] != '\n') {
    diagram.insert(0, "\n");
  }
  const std::string added = Widened(XmlAscii(diagram), width);
  if (xml.size() + added.size() > kModelBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("diagram: got ", xml.size() + added.size(),
                     " bytes of model and diagram, wanted at most ",
                     kModelBytesMax, " (kModelBytesMax)"));
  }
  std::string out(xml.substr(0, end));
  out += added;
  out += xml.substr(end);
  return out;
}

}  // namespace pawl::model
