#include "replay/render/diagram_read.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/xml_reader.h"
#include "replay/render/element_look.h"
#include "replay/render/render_limits.h"

namespace pawl::replay {
namespace {

using model::kBpmnDiNs;
using model::kBpmnNs;
using model::kDcNs;
using model::kDiNs;
using model::XmlDocument;
using model::XmlNode;

constexpr std::string_view kBiocolorNs =
    "http://bpmn.io/schema/bpmn/biocolor/1.0";
constexpr std::string_view kColorNs =
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0";

std::optional<double> Coordinate(const XmlNode& node, std::string_view name) {
  double value = 0;
  const std::string* text = node.Attribute(name);
  if (text == nullptr || !absl::SimpleAtod(*text, &value) ||
      !std::isfinite(value) || std::abs(value) > kRenderCoordinateMax) {
    return std::nullopt;
  }
  return value;
}

// Of the dc:Bounds in `node`; nothing: none, or not of numbers.
std::optional<Bounds> BoundsIn(const XmlNode& node) {
  const XmlNode* bounds = node.Child(kDcNs, "Bounds");
  if (bounds == nullptr) return std::nullopt;
  const auto x = Coordinate(*bounds, "x");
  const auto y = Coordinate(*bounds, "y");
  const auto width = Coordinate(*bounds, "width");
  const auto height = Coordinate(*bounds, "height");
  if (!x || !y || !width || !height || *width < 0 || *height < 0) {
    return std::nullopt;
  }
  return Bounds{*x, *y, *width, *height};
}

std::optional<bool> Flag(const XmlNode& node, std::string_view name) {
  const std::string_view value = AttributeOf(node, name);
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  return std::nullopt;
}

// "#rrggbb"; of anything else nothing: it would stand in the picture as it is.
std::string ColorIn(const XmlNode& node, std::string_view omg,
                    std::string_view bpmn_io) {
  const std::string* text = node.Attribute(kColorNs, omg);
  if (text == nullptr) text = node.Attribute(kBiocolorNs, bpmn_io);
  if (text == nullptr || text->size() != 7 || (*text)[0] != '#' ||
      text->find_first_not_of("0123456789abcdefABCDEF", 1) !=
          std::string::npos) {
    return "";
  }
  return *text;
}

LabelFont FontOf(const XmlNode& style) {
  LabelFont font;
  const XmlNode* xml = style.Child(kDcNs, "Font");
  if (xml == nullptr) return font;
  font.size = std::clamp(Coordinate(*xml, "size").value_or(font.size), 8., 14.);
  font.bold = Flag(*xml, "isBold").value_or(false);
  font.italic = Flag(*xml, "isItalic").value_or(false);
  return font;
}

// Reads one bpmndi:BPMNDiagram.
class DiagramReader {
 public:
  DiagramReader(const ElementLooks& looks, const XmlNode& xml)
      : looks_(looks), xml_(xml) {}

  Diagram Read() {
    diagram_.id = AttributeOf(xml_, "id");
    diagram_.name = AttributeOf(xml_, "name");
    for (const XmlNode* child : xml_.children) {
      if (child->Is(kBpmnDiNs, "BPMNLabelStyle")) {
        fonts_[AttributeOf(*child, "id")] = FontOf(*child);
      }
    }
    const XmlNode* plane = xml_.Child(kBpmnDiNs, "BPMNPlane");
    if (plane == nullptr) return std::move(diagram_);
    diagram_.plane = WithoutPrefix(AttributeOf(*plane, "bpmnElement"));
    for (const XmlNode* child : plane->children) {
      if (child->Is(kBpmnDiNs, "BPMNShape")) ReadShape(*child);
    }
    for (const XmlNode* child : plane->children) {
      if (child->Is(kBpmnDiNs, "BPMNEdge")) ReadEdge(*child);
    }
    Settle();
    return std::move(diagram_);
  }

 private:
  // Of both: the element (null: not in the file), its id, colours and font.
  const XmlNode* ReadLook(const XmlNode& xml, Look* look) const {
    const std::string_view reference = AttributeOf(xml, "bpmnElement");
    const XmlNode* element = looks_.Find(reference);
    look->id = element != nullptr ? AttributeOf(*element, "id")
                                  : WithoutPrefix(reference);
    if (look->id.empty()) look->id = AttributeOf(xml, "id");
    if (look->id.empty()) look->id = "-";
    look->stroke = ColorIn(xml, "border-color", "stroke");
    look->fill = ColorIn(xml, "background-color", "fill");
    return element;
  }

  void ReadLabel(const XmlNode& xml, Label* label) const {
    const XmlNode* node = xml.Child(kBpmnDiNs, "BPMNLabel");
    if (node == nullptr) return;
    label->bounds = BoundsIn(*node);
    const auto font = fonts_.find(AttributeOf(*node, "labelStyle"));
    if (font != fonts_.end()) label->font = font->second;
  }

  void LeaveOut(const Look& look, std::string_view why) {
    diagram_.left_out.push_back(absl::StrCat(look.id, ": ", ToAbsl(why)));
  }

  void ReadShape(const XmlNode& xml) {
    Shape shape;
    const XmlNode* element = ReadLook(xml, &shape);
    const std::optional<Bounds> bounds = BoundsIn(xml);
    if (!bounds.has_value()) {
      return LeaveOut(shape, "a shape without bounds that can be drawn");
    }
    shape.bounds = *bounds;
    if (element != nullptr) looks_.Fill(*element, &shape);
    ReadLabel(xml, &shape.label);
    shape.horizontal =
        Flag(xml, "isHorizontal").value_or(bounds->width >= bounds->height);
    shape.expanded = Flag(xml, "isExpanded").value_or(false);
    if (shape.gateway == GatewaySymbol::kExclusive &&
        !Flag(xml, "isMarkerVisible").value_or(false)) {
      shape.gateway = GatewaySymbol::kNone;
    }
    ReadBand(xml, &shape);
    for (const XmlNode* at = element; at != nullptr; at = at->parent) {
      if (at != element && !around_.insert(at).second) break;
    }
    if (element != nullptr) bounds_.emplace(element, shape.bounds);
    elements_.push_back({element, !Flag(xml, "isExpanded").has_value(),
                         !Flag(xml, "isHorizontal").has_value()});
    diagram_.shapes.push_back(std::move(shape));
  }

  // A participant or message at a choreography activity.
  static void ReadBand(const XmlNode& xml, Shape* shape) {
    const std::string_view band = AttributeOf(xml, "participantBandKind");
    if (band.empty()) return;
    shape->answers = band.ends_with("non_initiating");
    if (shape->kind != ShapeKind::kPool) return;
    shape->kind = ShapeKind::kBand;
    shape->is_top = band.starts_with("top");
    shape->has_message = Flag(xml, "isMessageVisible").value_or(false);
  }

  void ReadEdge(const XmlNode& xml) {
    Edge edge;
    const XmlNode* element = ReadLook(xml, &edge);
    if (element != nullptr) looks_.Fill(*element, &edge);
    ReadLabel(xml, &edge.label);
    const std::string_view envelope = AttributeOf(xml, "messageVisibleKind");
    if (envelope == "initiating") edge.envelope = Envelope::kBegins;
    if (envelope == "non_initiating") edge.envelope = Envelope::kAnswers;
    for (const XmlNode* child : xml.children) {
      if (!child->Is(kDiNs, "waypoint")) continue;
      const auto x = Coordinate(*child, "x");
      const auto y = Coordinate(*child, "y");
      if (!x || !y) {
        return LeaveOut(edge, "an edge with a waypoint that can't be drawn");
      }
      edge.line.push_back({*x, *y});
    }
    if (edge.line.size() < 2 && element != nullptr) {
      edge.line = Straight(*element);
    }
    if (edge.line.size() < 2) {
      return LeaveOut(edge, "an edge with less than two waypoints");
    }
    diagram_.edges.push_back(std::move(edge));
  }

  // From one end to the other, when both are on this diagram.
  std::vector<Point> Straight(const XmlNode& edge) const {
    const auto from = bounds_.find(looks_.End(edge, "sourceRef"));
    const auto to = bounds_.find(looks_.End(edge, "targetRef"));
    if (from == bounds_.end() || to == bounds_.end()) return {};
    return {Leaving(from->second, to->second.center()),
            Leaving(to->second, from->second.center())};
  }

  // What only shows when all shapes are known.
  void Settle() {
    absl::btree_map<const XmlNode*, bool> pool_of;
    for (size_t i = 0; i < diagram_.shapes.size(); ++i) {
      Shape& shape = diagram_.shapes[i];
      const Source& read = elements_[i];
      if (read.guess_expanded && around_.contains(read.element) &&
          shape.kind == ShapeKind::kActivity) {
        shape.expanded = true;
      }
      if (shape.kind != ShapeKind::kPool) continue;
      const XmlNode* process =
          read.element == nullptr
              ? nullptr
              : looks_.Find(AttributeOf(*read.element, "processRef"));
      shape.black_box = process == nullptr || !around_.contains(process);
      if (process != nullptr) pool_of[process] = shape.horizontal;
    }
    for (size_t i = 0; i < diagram_.shapes.size(); ++i) {
      Shape& shape = diagram_.shapes[i];
      if (shape.kind != ShapeKind::kLane || !elements_[i].guess_horizontal) {
        continue;
      }
      for (const XmlNode* at = elements_[i].element; at != nullptr;
           at = at->parent) {
        const auto pool = pool_of.find(at);
        if (pool != pool_of.end()) shape.horizontal = pool->second;
      }
    }
  }

  struct Source {
    const XmlNode* element;
    bool guess_expanded;
    bool guess_horizontal;
  };

  const ElementLooks& looks_;
  const XmlNode& xml_;
  Diagram diagram_;
  absl::btree_map<std::string_view, LabelFont> fonts_;
  // By shape.
  std::vector<Source> elements_;
  absl::btree_map<const XmlNode*, Bounds> bounds_;
  // Elements that have others, which are shown here, inside them.
  absl::btree_set<const XmlNode*> around_;
};

absl::StatusOr<std::unique_ptr<XmlDocument>> Open(std::string_view xml) {
  std::unique_ptr<XmlDocument> document = model::ReadXml(xml, "");
  if (document->problem.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(document->problem->line, ":", document->problem->column,
                     ": ", document->problem->text));
  }
  if (!document->root->Is(kBpmnNs, "definitions")) {
    return absl::InvalidArgumentError(absl::StrCat(
        document->root->position.line, ":", document->root->position.column,
        ": got <", document->root->local(), ">, wanted BPMN's definitions"));
  }
  return document;
}

bool HasDiagram(const XmlNode& root) {
  return root.Child(kBpmnDiNs, "BPMNDiagram") != nullptr;
}

}  // namespace

absl::StatusOr<std::vector<Diagram>> ReadDiagrams(std::string_view xml) {
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<XmlDocument> document, Open(xml));
  std::string drawn;
  if (!HasDiagram(*document->root)) {
    PAWL_ASSIGN_OR_RETURN(drawn, model::WithDiagram(xml));
    PAWL_ASSIGN_OR_RETURN(document, Open(drawn));
  }
  const ElementLooks looks(*document->root);
  std::vector<Diagram> diagrams;
  size_t items = 0;
  for (const XmlNode* child : document->root->children) {
    if (!child->Is(kBpmnDiNs, "BPMNDiagram")) continue;
    diagrams.push_back(DiagramReader(looks, *child).Read());
    const Diagram& last = diagrams.back();
    items += last.shapes.size() + last.edges.size() + last.left_out.size();
    if (items > kRenderItemsMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("diagram: got more than ", kRenderItemsMax,
                       " shapes and edges (kRenderItemsMax)"));
    }
  }
  return diagrams;
}

}  // namespace pawl::replay
