#include "replay/render/labels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace pawl::replay {
namespace {

// Wide enough for most words, narrow enough to stand below an event.
constexpr double kLabelWidth = 90;
constexpr double kGap = 4;
// Shapes and waypoints that a label is held against.
constexpr size_t kSearchedMax = 6'000;
// Of one edge that a label is tried at.
constexpr size_t kStretchesMax = 8;
// What a line through a label costs, against a pixel that it covers of a shape.
constexpr double kLineCost = 6;

// Letters of `text` around `center`.
PlacedLabel Centered(Paragraph text, const Point& center) {
  const double width = text.width();
  const double height = text.height();
  return {std::move(text),
          {center.x - width / 2, center.y - height / 2, width, height}};
}

// The diagram's own place. Its size is of a font that we don't know: a little
// more room is better than one more line.
PlacedLabel InBounds(const Label& label, const Bounds& bounds) {
  const double line = label.font.size * kLineHeight;
  const double height = std::max(bounds.height, line) + 3;
  Paragraph text;
  if (bounds.width < 2 * label.font.size) {
    text = WrapText(label.text, kLabelWidth, label.font);
  } else {
    for (const double more : {1.05, 1.2, 1.4}) {
      text = WrapText(label.text, bounds.width * more, label.font);
      if (text.height() <= height && !text.broken) break;
    }
    if (text.height() > height || text.broken) {
      text = FitText(label.text, std::max(bounds.width * 1.25, 40.0), height,
                     label.font);
      // Rather larger than its bounds than not to be read.
      if (text.cut) {
        LabelFont small = label.font;
        small.size = std::min(small.size, 9.0);
        text = WrapText(label.text, std::max(bounds.width * 1.25, kLabelWidth),
                        small);
      }
    }
  }
  const double written = text.height();
  const double top = written < bounds.height
                         ? bounds.y + (bounds.height - written) / 2
                         : bounds.y;
  return Centered(std::move(text), {bounds.center().x, top + written / 2});
}

bool IsContainer(const Shape& shape) {
  return shape.kind == ShapeKind::kPool || shape.kind == ShapeKind::kLane ||
         shape.kind == ShapeKind::kGroup ||
         (shape.kind == ShapeKind::kActivity && shape.expanded) ||
         shape.kind == ShapeKind::kChoreography;
}

}  // namespace

Bounds EnvelopeOn(const Edge& edge) {
  const Point at = Middle(edge.line);
  return {at.x - 11, at.y - 7, 22, 14};
}

void DrawText(const Paragraph& text, const Bounds& area, const TextStyle& style,
              SvgWriter* out) {
  if (text.lines.empty()) return;
  const LabelFont& font = text.font;
  const bool is_left = style.across == TextStyle::Across::kLeft;
  const Point center = area.center();
  const double room = style.rotated ? area.width : area.height;
  const double begin = style.rotated ? center.y - area.width / 2 : area.y;
  double y =
      begin +
      (style.down == TextStyle::Down::kTop ? 0 : (room - text.height()) / 2);
  const double x = is_left ? area.x : center.x;
  const double width = text.width();
  const double height = text.height();
  if (style.rotated) {
    out->Cover(
        Bounds{center.x - height / 2, center.y - width / 2, height, width});
  } else {
    out->Cover(Bounds{is_left ? x : x - width / 2, y, width, height});
  }
  const std::string turn =
      style.rotated ? absl::StrCat("rotate(-90 ", SvgNumber(center.x), " ",
                                   SvgNumber(center.y), ")")
                    : "";
  std::vector<Point> places;
  for (size_t i = 0; i < text.lines.size(); ++i) {
    places.push_back({x, y + 0.94 * font.size});
    y += font.size * kLineHeight;
  }
  out->Lines({{"font-size", font.size},
              {"text-anchor", is_left ? "" : "middle"},
              {"font-weight", font.bold ? "bold" : ""},
              {"font-style", font.italic ? "italic" : ""},
              {"fill", style.color},
              {"stroke", style.halo ? "#ffffff" : ""},
              {"stroke-width", style.halo ? "3" : ""},
              {"stroke-linejoin", style.halo ? "round" : ""},
              {"paint-order", style.halo ? "stroke" : ""},
              {"transform", turn}},
             places, text.lines);
}

bool HasLabelOutside(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kEvent:
    case ShapeKind::kGateway:
    case ShapeKind::kData:
    case ShapeKind::kDataStore:
    case ShapeKind::kMessage:
    case ShapeKind::kConversation:
      return true;
    default:
      return false;
  }
}

LabelPlaces::LabelPlaces(const Diagram& diagram)
    : diagram_(diagram),
      shapes_(diagram.shapes.size()),
      edges_(diagram.edges.size()) {
  const auto is_wanted = [](const Label& label) { return !label.text.empty(); };
  for (size_t i = 0; i < shapes_.size(); ++i) {
    const Shape& shape = diagram.shapes[i];
    if (!is_wanted(shape.label) || !HasLabelOutside(shape)) continue;
    if (shape.label.bounds.has_value()) {
      shapes_[i] = InBounds(shape.label, *shape.label.bounds);
    }
  }
  for (size_t i = 0; i < edges_.size(); ++i) {
    const Label& label = diagram.edges[i].label;
    if (is_wanted(label) && label.bounds.has_value()) {
      edges_[i] = InBounds(label, *label.bounds);
    }
  }
  FindObstacles();
  for (size_t i = 0; i < shapes_.size(); ++i) {
    const Shape& shape = diagram.shapes[i];
    if (!is_wanted(shape.label) || !HasLabelOutside(shape)) continue;
    if (shapes_[i].has_value()) continue;
    shapes_[i] = Best(Around(shape));
    if (searches_) obstacles_.push_back(shapes_[i]->area);
  }
  for (size_t i = 0; i < edges_.size(); ++i) {
    const Edge& edge = diagram.edges[i];
    if (!is_wanted(edge.label) || edges_[i].has_value()) continue;
    edges_[i] = Best(Along(edge));
    if (searches_) obstacles_.push_back(edges_[i]->area);
  }
}

void LabelPlaces::FindObstacles() {
  size_t points = diagram_.shapes.size();
  for (const Edge& edge : diagram_.edges) points += edge.line.size();
  searches_ = points <= kSearchedMax;
  if (!searches_) return;
  for (const Shape& shape : diagram_.shapes) {
    if (!IsContainer(shape)) obstacles_.push_back(shape.bounds);
  }
  for (const Edge& edge : diagram_.edges) {
    if (edge.envelope == Envelope::kNone) continue;
    obstacles_.push_back(EnvelopeOn(edge));
  }
  for (const auto* labels : {&shapes_, &edges_}) {
    for (const std::optional<PlacedLabel>& label : *labels) {
      if (label.has_value()) obstacles_.push_back(label->area);
    }
  }
}

double LabelPlaces::Cost(const Bounds& area) const {
  double cost = 0;
  for (const Bounds& obstacle : obstacles_) cost += Overlap(area, obstacle);
  for (const Edge& edge : diagram_.edges) {
    for (size_t i = 1; i < edge.line.size(); ++i) {
      cost += kLineCost * LengthInside(edge.line[i - 1], edge.line[i], area);
    }
  }
  return cost;
}

// The first of the cheapest.
PlacedLabel LabelPlaces::Best(std::vector<PlacedLabel> candidates) const {
  size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; searches_ && i < candidates.size() && least > 0; ++i) {
    const double cost = Cost(candidates[i].area);
    if (cost >= least) continue;
    least = cost;
    best = i;
  }
  return std::move(candidates[best]);
}

std::vector<PlacedLabel> LabelPlaces::Around(const Shape& shape) const {
  const Bounds& box = shape.bounds;
  const Paragraph text = WrapText(
      shape.label.text, std::max(kLabelWidth, box.width), shape.label.font);
  const double across = text.width() / 2;
  const double down = text.height() / 2;
  const Point at = box.center();
  std::vector<PlacedLabel> candidates;
  const auto add = [&](double x, double y) {
    candidates.push_back(Centered(text, {x, y}));
  };
  const double below = box.bottom() + kGap + down;
  const double above = box.y - kGap - down;
  const double right = box.right() + kGap + across;
  const double left = box.x - kGap - across;
  add(at.x, below);
  add(at.x, above);
  add(right - box.width / 4, below);
  add(left + box.width / 4, below);
  add(right - box.width / 4, above);
  add(left + box.width / 4, above);
  add(right, at.y);
  add(left, at.y);
  return candidates;
}

std::vector<PlacedLabel> LabelPlaces::Along(const Edge& edge) const {
  const Paragraph text =
      WrapText(edge.label.text, kLabelWidth, edge.label.font);
  const double across = text.width() / 2;
  const double down = text.height() / 2;
  std::vector<PlacedLabel> candidates;
  const auto add = [&](double x, double y) {
    candidates.push_back(Centered(text, {x, y}));
  };
  if (edge.envelope != Envelope::kNone) {
    const Bounds envelope = EnvelopeOn(edge);
    add(envelope.right() + kGap + across, envelope.center().y);
    add(envelope.x - kGap - across, envelope.center().y);
  }
  // The longest stretch first: the others are often shared.
  std::vector<size_t> order;
  for (size_t i = 1; i < edge.line.size(); ++i) order.push_back(i);
  const auto length = [&edge](size_t i) {
    return Distance(edge.line[i - 1], edge.line[i]);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return length(a) > length(b); });
  order.resize(std::min(order.size(), kStretchesMax));
  for (const double part : {0.5, 0.3, 0.7}) {
    for (const size_t i : order) {
      const Point& from = edge.line[i - 1];
      const Point& to = edge.line[i];
      const Point at = {from.x + (to.x - from.x) * part,
                        from.y + (to.y - from.y) * part};
      if (std::abs(to.x - from.x) >= std::abs(to.y - from.y)) {
        add(at.x, at.y - kGap / 2 - down);
        add(at.x, at.y + kGap / 2 + down);
      } else {
        add(at.x + kGap + across, at.y);
        add(at.x - kGap - across, at.y);
      }
    }
  }
  return candidates;
}

}  // namespace pawl::replay
