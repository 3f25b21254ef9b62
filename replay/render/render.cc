#include "replay/render/render.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "replay/render/font.h"
#include "replay/render/labels.h"
#include "replay/render/shapes.h"

namespace pawl::replay {
namespace {

constexpr double kMargin = 16;
constexpr double kBetween = 28;
constexpr double kTitleHeight = 22;
constexpr double kTakenWidth = 2.6;
// Events at one activity that its name makes room for.
constexpr size_t kAttachedMax = 16;

bool IsContainer(const Shape& shape) {
  return (shape.kind == ShapeKind::kActivity && shape.expanded) ||
         (shape.kind == ShapeKind::kChoreography && shape.expanded);
}

// What is lower is drawn first; edges stand between the layers 4 and 5.
int LayerOf(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kPool:
      return 0;
    case ShapeKind::kLane:
      return 1;
    case ShapeKind::kGroup:
      return 2;
    case ShapeKind::kBand:
      return 6;
    case ShapeKind::kEvent:
      return shape.position == EventPosition::kBoundary ? 6 : 5;
    default:
      return IsContainer(shape) ? 4 : 5;
  }
}
constexpr int kEdgeLayer = 5;

// One diagram, in its own coordinates.
class DiagramDrawer {
 public:
  // Stops after `bytes_max`: whoever asked finds it too large.
  DiagramDrawer(const Diagram& diagram, const Overlay* overlay,
                int64_t longest_ms, size_t bytes_max)
      : diagram_(diagram),
        overlay_(overlay),
        longest_ms_(longest_ms),
        bytes_max_(bytes_max),
        labels_(diagram),
        bands_(TitleBands(diagram)) {
    for (const Shape& shape : diagram.shapes) {
      if (shape.host.empty()) continue;
      std::vector<Bounds>& events = attached_[shape.host];
      if (events.size() < kAttachedMax) events.push_back(shape.bounds);
    }
  }

  SvgWriter Draw() {
    std::vector<size_t> order(diagram_.shapes.size());
    std::iota(order.begin(), order.end(), 0);
    const auto rank = [this](size_t index) {
      const Shape& shape = diagram_.shapes[index];
      return std::pair(LayerOf(shape), shape.depth);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return rank(a) < rank(b); });
    auto next = order.begin();
    for (; next != order.end() && rank(*next).first < kEdgeLayer; ++next) {
      DrawOne(*next);
    }
    // Those that were taken above those they share a stretch with.
    for (const bool taken : {false, true}) {
      for (size_t i = 0; i < diagram_.edges.size(); ++i) {
        if (IsTaken(diagram_.edges[i]) == taken) DrawOneEdge(i);
      }
    }
    for (; next != order.end(); ++next) DrawOne(*next);
    // Names that stand outside: no shape may hide one.
    for (const size_t i : order)
      DrawLabel(diagram_.shapes[i], labels_.shape(i));
    for (size_t i = 0; i < diagram_.edges.size(); ++i) {
      DrawLabel(diagram_.edges[i], labels_.edge(i));
    }
    if (overlay_ != nullptr) DrawOverlay();
    return std::move(out_);
  }

 private:
  const ElementOverlay* Of(const Shape& shape) const {
    if (overlay_ == nullptr) return nullptr;
    const auto it = overlay_->elements.find(shape.id);
    return it == overlay_->elements.end() ? nullptr : &it->second;
  }
  const FlowOverlay* Of(const Edge& edge) const {
    if (overlay_ == nullptr) return nullptr;
    const auto it = overlay_->flows.find(edge.id);
    return it == overlay_->flows.end() ? nullptr : &it->second;
  }

  bool IsTaken(const Edge& edge) const {
    const FlowOverlay* overlay = Of(edge);
    return overlay != nullptr && overlay->taken > 0;
  }

  static Paint PaintOf(const Look& look) {
    Paint paint;
    if (!look.stroke.empty()) paint.stroke = look.stroke;
    if (!look.fill.empty()) paint.fill = look.fill;
    return paint;
  }

  // The name in full, for a pointer that rests on it.
  static void Title(const Look& look, SvgWriter* out) {
    if (!look.label.text.empty()) out->Text("title", {}, look.label.text);
  }

  bool IsFull() const { return out_.size() > bytes_max_; }

  void DrawOne(size_t index) {
    if (IsFull()) return;
    const Shape& shape = diagram_.shapes[index];
    Paint paint = PaintOf(shape);
    const ElementOverlay* overlay = Of(shape);
    if (overlay != nullptr && overlay_->heat && HasHeat(shape) &&
        overlay->duration_ms > 0) {
      paint.fill = HeatColor(overlay->duration_ms, longest_ms_);
    }
    out_.Open("g", {{"data-element-id", shape.id}, {"class", shape.tag}});
    Title(shape, &out_);
    const auto attached = attached_.find(shape.id);
    DrawShape(
        shape, paint, bands_[index],
        attached == attached_.end() ? std::vector<Bounds>() : attached->second,
        &out_);
    out_.Close();
  }

  void DrawOneEdge(size_t index) {
    if (IsFull()) return;
    const Edge& edge = diagram_.edges[index];
    Paint paint = PaintOf(edge);
    double width = 1.2;
    const FlowOverlay* overlay = Of(edge);
    const bool is_taken = IsTaken(edge);
    if (is_taken) {
      paint.stroke = kDoneColor;
      width = kTakenWidth;
    }
    out_.Open("g",
              {{"data-element-id", edge.id},
               {"class", edge.tag},
               {"data-taken", is_taken ? absl::StrCat(overlay->taken) : ""}});
    Title(edge, &out_);
    DrawEdge(edge, paint, width, &out_);
    out_.Close();
  }

  void DrawLabel(const Look& look, const std::optional<PlacedLabel>& label) {
    if (!label.has_value() || IsFull()) return;
    out_.Open("g", {{"data-label-of", look.id}});
    DrawText(label->text, label->area,
             {.down = TextStyle::Down::kTop, .halo = true}, &out_);
    out_.Close();
  }

  void DrawOverlay() {
    for (const Edge& edge : diagram_.edges) {
      if (IsFull()) return;
      if (const FlowOverlay* overlay = Of(edge)) {
        DrawBadges(edge, *overlay, &out_);
      }
    }
    for (const Shape& shape : diagram_.shapes) {
      if (IsFull()) return;
      if (const ElementOverlay* overlay = Of(shape)) {
        DrawBadges(shape, *overlay, &out_);
      }
    }
  }

  const Diagram& diagram_;
  const Overlay* const overlay_;
  const int64_t longest_ms_;
  const size_t bytes_max_;
  const LabelPlaces labels_;
  const std::vector<double> bands_;
  // By host.
  StringMap<std::vector<Bounds>> attached_;
  SvgWriter out_;
};

std::string TitleOf(const Diagram& diagram) {
  if (!diagram.name.empty()) return diagram.name;
  return diagram.plane.empty() ? diagram.id : diagram.plane;
}

// All of the picture, without its frame.
class Sheet {
 public:
  Sheet(const std::vector<Diagram>& diagrams, const Overlay* overlay,
        size_t bytes_max)
      : diagrams_(diagrams), overlay_(overlay), bytes_max_(bytes_max) {
    if (overlay != nullptr) longest_ms_ = LongestMs(*overlay, diagrams);
  }

  absl::StatusOr<std::string> Draw() {
    y_ = kMargin;
    if (overlay_ != nullptr) Caption();
    for (const Diagram& diagram : diagrams_) {
      DrawDiagram(diagram);
      if (body_.size() > bytes_max_) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "picture: got more than ", bytes_max_, " bytes (kRenderBytesMax)"));
      }
    }
    y_ -= kBetween;
    if (overlay_ != nullptr) {
      y_ = DrawLegend({kMargin, y_ + 12}, overlay_->heat && longest_ms_ > 0,
                      longest_ms_, &body_);
    }
    return Framed();
  }

  const std::vector<Point>& offsets() const { return offsets_; }

 private:
  void Line(const std::string& text, bool bold, std::string_view color) {
    Paragraph line;
    line.font = {.size = 12, .bold = bold};
    line.lines.push_back(text);
    DrawText(line, {kMargin, y_, line.width(), 16},
             {.across = TextStyle::Across::kLeft, .color = color}, &body_);
    y_ += 18;
  }

  // Incidents of what no diagram shows are named, too.
  void Caption() {
    for (const std::string& text : overlay_->caption) Line(text, true, kInk);
    absl::btree_set<std::string_view> shown;
    for (const Diagram& diagram : diagrams_) {
      for (const Shape& shape : diagram.shapes) shown.insert(shape.id);
    }
    for (const auto& [id, element] : overlay_->elements) {
      if (shown.contains(id)) continue;
      for (const TracedIncident& incident : element.incidents) {
        Line(absl::StrCat(id, ": incident ", incident.type, ": ",
                          incident.message.substr(0, kMessageShownMax)),
             false, kIncidentColor);
      }
    }
    y_ += 6;
  }

  void DrawDiagram(const Diagram& diagram) {
    const SvgWriter drawn =
        DiagramDrawer(diagram, overlay_, longest_ms_, bytes_max_).Draw();
    if (diagrams_.size() > 1) {
      y_ += kTitleHeight - 18;
      Line(TitleOf(diagram), true, kInk);
    }
    const Bounds box = drawn.extent().bounds();
    // Whole numbers keep thin lines sharp.
    const Point offset = {std::round(kMargin - box.x), std::round(y_ - box.y)};
    offsets_.push_back(offset);
    body_.Open(
        "g", {{"class", "diagram"},
              {"data-diagram-id", diagram.id},
              {"transform", absl::StrCat("translate(", SvgNumber(offset.x), " ",
                                         SvgNumber(offset.y), ")")}});
    body_.Append(drawn);
    body_.Close();
    body_.Cover(
        Bounds{box.x + offset.x, box.y + offset.y, box.width, box.height});
    y_ += std::ceil(box.height) + kBetween;
  }

  std::string Framed() const {
    const double width = std::ceil(body_.extent().bounds().right() + kMargin);
    const double height = std::ceil(y_ + kMargin);
    const std::string w = SvgNumber(width);
    const std::string h = SvgNumber(height);
    SvgWriter out;
    out.Raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.Open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                     {"width", w},
                     {"height", h},
                     {"viewBox", absl::StrCat("0 0 ", w, " ", h)},
                     {"font-family", kFontFamily}});
    out.Leaf(
        "rect",
        {{"class", "paper"}, {"width", w}, {"height", h}, {"fill", "#ffffff"}});
    out.Append(body_);
    out.Close();
    return out.text();
  }

  static constexpr std::string_view kInk = "#22242a";
  static constexpr size_t kMessageShownMax = 200;

  const std::vector<Diagram>& diagrams_;
  const Overlay* const overlay_;
  const size_t bytes_max_;
  int64_t longest_ms_ = 0;
  double y_ = 0;
  SvgWriter body_;
  std::vector<Point> offsets_;
};

}  // namespace

absl::StatusOr<std::vector<Diagram>> ChooseDiagrams(
    std::vector<Diagram> diagrams, std::string_view which) {
  std::vector<Diagram> chosen;
  std::vector<std::string> known;
  for (size_t i = 0; i < diagrams.size(); ++i) {
    Diagram& diagram = diagrams[i];
    known.push_back(diagram.id.empty() ? absl::StrCat(i + 1) : diagram.id);
    if (which.empty()) continue;
    if (which == diagram.id || which == diagram.name ||
        which == diagram.plane || which == std::to_string(i + 1)) {
      chosen.push_back(std::move(diagram));
    }
  }
  if (chosen.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "diagram: got '", ToAbsl(which), "', wanted one of ",
        known.empty() ? "none: there is nothing to draw"
                      : absl::StrJoin(known, ", "),
        known.empty() ? ""
                      : absl::StrCat(", or a number up to ", known.size())));
  }
  return chosen;
}

absl::StatusOr<std::string> RenderSvg(const std::vector<Diagram>& diagrams,
                                      const Overlay* overlay,
                                      size_t bytes_max) {
  if (diagrams.empty()) {
    return absl::InvalidArgumentError(
        "diagram: got none, and nothing to draw one of");
  }
  return Sheet(diagrams, overlay, bytes_max).Draw();
}

std::vector<Point> DiagramOffsets(const std::vector<Diagram>& diagrams) {
  Sheet sheet(diagrams, nullptr, kRenderBytesMax);
  return sheet.Draw().ok() ? sheet.offsets() : std::vector<Point>();
}

}  // namespace pawl::replay
