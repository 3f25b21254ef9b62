#include "replay/render/shapes.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "replay/render/font.h"

namespace pawl::replay {
namespace {

constexpr double kRound = 8;
constexpr double kMarkerStep = 16;
// From the bottom of an activity to the middle of its markers, and the room
// that they take.
constexpr double kMarkerRise = 10;
constexpr double kMarkerRoom = 18;
constexpr double kTaskSymbol = 15;
// Of a name beside events at the border: two small lines.
constexpr double kLeastHeight = 20;
// Titles of pools and lanes: usually, and at most.
constexpr double kPoolTitle = 30;
constexpr double kWidestTitle = 60;
constexpr size_t kComparedLanesMax = 2'000;

class ShapeDrawer {
 public:
  ShapeDrawer(const Shape& shape, const Paint& paint, double band,
              const std::vector<Bounds>& attached, SvgWriter* out)
      : s_(shape),
        paint_(paint),
        band_(band),
        attached_(attached),
        box_(shape.bounds),
        out_(*out) {}

  void Draw() {
    out_.Cover(box_.Inset(-2));
    switch (s_.kind) {
      case ShapeKind::kEvent:
        Event();
        break;
      case ShapeKind::kActivity:
        Activity();
        break;
      case ShapeKind::kGateway:
        Diamond();
        break;
      case ShapeKind::kPool:
      case ShapeKind::kLane:
        PoolOrLane();
        break;
      case ShapeKind::kData:
        Page();
        break;
      case ShapeKind::kDataStore:
        Cylinder();
        break;
      case ShapeKind::kAnnotation:
        Annotation();
        break;
      case ShapeKind::kGroup:
        Group();
        break;
      case ShapeKind::kMessage:
        DrawEnvelope(box_, false, Grey(s_.answers), &out_);
        break;
      case ShapeKind::kConversation:
        Hexagon();
        break;
      case ShapeKind::kChoreography:
        Choreography();
        break;
      case ShapeKind::kBand:
        Band();
        break;
      case ShapeKind::kUnknown:
        Box(box_, 0, 1, "4 3", paint_.fill);
        Inside(box_.Inset(4));
        break;
    }
  }

 private:
  Paint Grey(bool is_grey) const {
    Paint paint = paint_;
    if (is_grey) paint.fill = "#d0d3d9";
    return paint;
  }

  void Box(const Bounds& box, double round, double width,
           std::string_view dashes, std::string_view fill) {
    out_.Leaf("rect", {{"x", box.x},
                       {"y", box.y},
                       {"width", box.width},
                       {"height", box.height},
                       {"rx", round > 0 ? SvgNumber(round) : ""},
                       {"fill", fill},
                       {"stroke", paint_.stroke},
                       {"stroke-width", width},
                       {"stroke-dasharray", dashes}});
  }

  void Path(const std::vector<Point>& line, bool closed, double width,
            std::string_view dashes = {}) {
    out_.Leaf("path", {{"d", SvgPath(line, closed)},
                       {"fill", closed ? paint_.fill : "none"},
                       {"stroke", paint_.stroke},
                       {"stroke-width", width},
                       {"stroke-linejoin", "round"},
                       {"stroke-dasharray", dashes}});
  }

  // The name, in the middle of `area`.
  void Inside(const Bounds& area) {
    if (s_.label.text.empty() || area.width < 1 || area.height < 1) return;
    DrawText(FitText(s_.label.text, area.width, area.height, s_.label.font),
             area, {}, &out_);
  }

  void Event() {
    const Point c = box_.center();
    const double radius = std::min(box_.width, box_.height) / 2;
    const std::string_view dashes = s_.interrupting ? "" : "5 3.2";
    const bool is_end = s_.position == EventPosition::kEnd;
    const bool is_throw = is_end || s_.position == EventPosition::kThrow;
    const auto circle = [&](double r, double width) {
      out_.Leaf("circle", {{"cx", c.x},
                           {"cy", c.y},
                           {"r", r},
                           {"fill", paint_.fill},
                           {"stroke", paint_.stroke},
                           {"stroke-width", width},
                           {"stroke-dasharray", dashes}});
    };
    circle(radius, is_end ? 3.5 : 1.5);
    double inner = radius;
    if (!is_end && s_.position != EventPosition::kStart) {
      inner = std::max(radius - 3.2, radius * 0.75);
      circle(inner, 1.5);
    }
    DrawEventSymbol(s_.event, c, inner * 0.94, is_throw, paint_, &out_);
  }

  std::vector<Marker> Markers() const {
    std::vector<Marker> markers;
    if (s_.loop == LoopMarker::kStandard) markers.push_back(Marker::kLoop);
    if (s_.loop == LoopMarker::kParallel) markers.push_back(Marker::kParallel);
    if (s_.loop == LoopMarker::kSequential) {
      markers.push_back(Marker::kSequential);
    }
    if (s_.for_compensation) markers.push_back(Marker::kCompensation);
    const bool has_inside =
        s_.compound || (s_.kind == ShapeKind::kActivity &&
                        s_.activity != ActivityKind::kTask &&
                        s_.activity != ActivityKind::kCall);
    if (has_inside && !s_.expanded) markers.push_back(Marker::kCollapsed);
    if (s_.ad_hoc) markers.push_back(Marker::kAdHoc);
    return markers;
  }

  bool DrawMarkers() {
    const std::vector<Marker> markers = Markers();
    double x = box_.center().x -
               kMarkerStep * (static_cast<double>(markers.size()) - 1) / 2;
    for (const Marker marker : markers) {
      DrawMarker(marker, {x, box_.bottom() - kMarkerRise}, paint_, &out_);
      x += kMarkerStep;
    }
    return !markers.empty();
  }

  void Activity() {
    const double round = std::min({kRound, box_.width / 3, box_.height / 3});
    switch (s_.activity) {
      case ActivityKind::kTransaction:
        Box(box_, round, 1.5, "", paint_.fill);
        Box(box_.Inset(3), std::max(1.0, round - 2), 1.5, "", "none");
        break;
      case ActivityKind::kEventSubProcess:
        Box(box_, round, 1.5, "1.5 3.5", paint_.fill);
        break;
      case ActivityKind::kCall:
        Box(box_, round, 4, "", paint_.fill);
        break;
      default:
        Box(box_, round, 1.5, "", paint_.fill);
    }
    const bool has_markers = DrawMarkers();
    if (s_.expanded && s_.activity != ActivityKind::kTask) {
      return Title();
    }
    const Bounds symbol = {box_.x + 5, box_.y + 5, kTaskSymbol, kTaskSymbol};
    const bool has_symbol = s_.task != TaskSymbol::kNone;
    if (has_symbol) TaskIcon(symbol);
    Bounds area = box_.Inset(5);
    if (has_markers) area.height -= kMarkerRoom - 5;
    if (area.height < 8) area = box_.Inset(1);
    Name(symbol, has_symbol, area);
  }

  void TaskIcon(const Bounds& symbol) {
    if (!s_.instantiates) {
      return DrawTaskSymbol(s_.task, symbol, paint_, &out_);
    }
    const Point c = symbol.center();
    out_.Leaf("circle", {{"cx", c.x},
                         {"cy", c.y},
                         {"r", 9.0},
                         {"fill", paint_.fill},
                         {"stroke", paint_.stroke},
                         {"stroke-width", "1"}});
    DrawTaskSymbol(s_.task, {c.x - 6, c.y - 6, 12, 12}, paint_, &out_);
  }

  static Bounds LettersIn(const Paragraph& text, const Bounds& area) {
    return {area.center().x - text.width() / 2,
            area.center().y - text.height() / 2, text.width(), text.height()};
  }

  // `area` between the events at the upper and those at the lower border.
  Bounds BetweenEvents(const Bounds& area) const {
    Bounds free = area;
    for (const Bounds& event : attached_) {
      if (Overlap(event, free) == 0) continue;
      const bool is_below = event.center().y > box_.center().y;
      const double top = is_below ? free.y : event.bottom();
      const double bottom = is_below ? event.y : free.bottom();
      if (bottom - top < kLeastHeight) continue;
      free.y = top;
      free.height = bottom - top;
    }
    return free;
  }

  // What the letters of `text` cover of the symbol and of events, and what the
  // text has lost: the less, the better.
  double Flaws(const Paragraph& text, const Bounds& area, const Bounds& symbol,
               bool has_symbol) const {
    const Bounds letters = LettersIn(text, area);
    double flaws = has_symbol ? Overlap(letters, symbol) : 0;
    for (const Bounds& event : attached_) flaws += Overlap(letters, event);
    return flaws + (text.cut ? 1000 : 0) + (text.broken ? 200 : 0) +
           20 * (s_.label.font.size - text.font.size);
  }

  // The name in `area`, in its middle if nothing stands there; else below the
  // symbol or beside it, and between events.
  void Name(const Bounds& symbol, bool has_symbol, const Bounds& area) {
    if (s_.label.text.empty()) return;
    std::vector<Bounds> candidates = {area};
    if (has_symbol) {
      Bounds below = area;
      below.y = symbol.bottom() + 1;
      below.height = area.bottom() - below.y;
      Bounds aside = area;
      aside.x = symbol.right() + 2;
      aside.width = area.right() - aside.x;
      for (const Bounds& free : {below, aside}) {
        if (free.width > 20 && free.height > 8) candidates.push_back(free);
      }
    }
    if (!attached_.empty()) {
      const size_t count = candidates.size();
      for (size_t i = 0; i < count; ++i) {
        candidates.push_back(BetweenEvents(candidates[i]));
      }
    }
    std::optional<PlacedLabel> best;
    double least = 0;
    for (const Bounds& free : candidates) {
      Paragraph text =
          FitText(s_.label.text, free.width, free.height, s_.label.font);
      const double flaws = Flaws(text, free, symbol, has_symbol);
      if (best.has_value() && flaws >= least) continue;
      least = flaws;
      best = PlacedLabel{std::move(text), free};
      if (flaws == 0) break;
    }
    DrawText(best->text, best->area, {}, &out_);
  }

  // Of an expanded sub-process: at its top, or where the diagram wants it in
  // there.
  void Title() {
    if (s_.label.text.empty()) return;
    Bounds area = {box_.x + 8, box_.y + 4, std::max(1.0, box_.width - 16), 28};
    const std::optional<Bounds>& wanted = s_.label.bounds;
    if (wanted.has_value() && wanted->width > 20 && box_.Contains(*wanted)) {
      area.y = wanted->y;
      area.height = std::max(wanted->height, 14.0);
      const double middle = wanted->center().x;
      const double half =
          std::min({std::max(wanted->width * 0.6, 30.0), middle - box_.x - 4,
                    box_.right() - middle - 4});
      area.x = middle - half;
      area.width = std::max(1.0, 2 * half);
    }
    DrawText(FitText(s_.label.text, area.width, area.height, s_.label.font),
             area, {.down = TextStyle::Down::kTop}, &out_);
  }

  void Diamond() {
    const Point c = box_.center();
    Path({{c.x, box_.y},
          {box_.right(), c.y},
          {c.x, box_.bottom()},
          {box_.x, c.y}},
         true, 1.5);
    DrawGatewaySymbol(s_.gateway, c, std::min(box_.width, box_.height) / 2,
                      paint_, &out_);
  }

  void PoolOrLane() {
    const bool is_pool = s_.kind == ShapeKind::kPool;
    // A lane lies on its pool: only its border is drawn.
    const bool is_plain = !is_pool && s_.fill.empty();
    Box(box_, 0, is_pool ? 1.5 : 1, "", is_plain ? "none" : paint_.fill);
    if (s_.multiple) {
      DrawMarker(Marker::kParallel,
                 {box_.center().x, box_.bottom() - kMarkerRise}, paint_, &out_);
    }
    if (is_pool && s_.black_box) {
      Bounds area = box_.Inset(4);
      // Narrow ones have room for a name only from bottom to top.
      if (box_.height > 2 * box_.width && !s_.label.text.empty()) {
        return DrawText(
            FitText(s_.label.text, area.height, area.width, s_.label.font),
            area, {.rotated = true}, &out_);
      }
      if (s_.multiple) area.height = std::max(1.0, area.height - kMarkerRoom);
      return Inside(area);
    }
    if (s_.horizontal) {
      const Bounds title = {box_.x, box_.y, band_, box_.height};
      if (is_pool) {
        Path({{title.right(), box_.y}, {title.right(), box_.bottom()}}, false,
             1);
      }
      if (s_.label.text.empty()) return;
      return DrawText(FitText(s_.label.text, std::max(1.0, box_.height - 8),
                              band_ - 2, s_.label.font),
                      title, {.rotated = true}, &out_);
    }
    const Bounds title = {box_.x, box_.y, box_.width, band_};
    if (is_pool) {
      Path({{box_.x, title.bottom()}, {box_.right(), title.bottom()}}, false,
           1);
    }
    Inside({title.x + 4, title.y + 1, std::max(1.0, title.width - 8),
            title.height - 2});
  }

  void Page() {
    const double fold = std::min({10.0, box_.width / 3, box_.height / 3});
    const double right = box_.right();
    Path({{box_.x, box_.y},
          {right - fold, box_.y},
          {right, box_.y + fold},
          {right, box_.bottom()},
          {box_.x, box_.bottom()}},
         true, 1.5);
    Path({{right - fold, box_.y},
          {right - fold, box_.y + fold},
          {right, box_.y + fold}},
         false, 1);
    if (s_.data != DataRole::kObject) {
      const double x = box_.x + 4;
      const double y = box_.y + 4;
      out_.Leaf("path", {{"d", SvgPath({{x, y + 3},
                                        {x + 7, y + 3},
                                        {x + 7, y},
                                        {x + 12, y + 5},
                                        {x + 7, y + 10},
                                        {x + 7, y + 7},
                                        {x, y + 7}},
                                       true)},
                         {"fill", s_.data == DataRole::kOutput ? paint_.stroke
                                                               : paint_.fill},
                         {"stroke", paint_.stroke},
                         {"stroke-width", "1"}});
    }
    if (s_.collection) {
      DrawMarker(Marker::kParallel,
                 {box_.center().x, box_.bottom() - kMarkerRise + 1}, paint_,
                 &out_);
    }
  }

  void Cylinder() {
    const double rx = box_.width / 2;
    const double ry = std::min(7.0, box_.height / 5);
    const std::string arc =
        absl::StrCat("A", SvgNumber(rx), ",", SvgNumber(ry));
    const std::string left = SvgNumber(box_.x);
    const std::string right = SvgNumber(box_.right());
    const double top = box_.y + ry;
    const double bottom = box_.bottom() - ry;
    out_.Leaf(
        "path",
        {{"d", absl::StrCat("M", left, ",", SvgNumber(top), " ", arc, " 0 0,1 ",
                            right, ",", SvgNumber(top), " L", right, ",",
                            SvgNumber(bottom), " ", arc, " 0 0,1 ", left, ",",
                            SvgNumber(bottom), " Z")},
         {"fill", paint_.fill},
         {"stroke", paint_.stroke},
         {"stroke-width", "1.5"}});
    for (const double down : {0.0, 3.5, 7.0}) {
      const std::string y = SvgNumber(top + std::min(down, ry));
      out_.Leaf("path", {{"d", absl::StrCat("M", left, ",", y, " ", arc,
                                            " 0 0,0 ", right, ",", y)},
                         {"fill", "none"},
                         {"stroke", paint_.stroke},
                         {"stroke-width", "1"}});
    }
  }

  void Annotation() {
    const double arm = std::min(10.0, box_.width / 2);
    Path({{box_.x + arm, box_.y},
          {box_.x, box_.y},
          {box_.x, box_.bottom()},
          {box_.x + arm, box_.bottom()}},
         false, 1.2);
    if (s_.label.text.empty()) return;
    const Bounds area = {box_.x + 5, box_.y + 2, std::max(1.0, box_.width - 6),
                         std::max(1.0, box_.height - 4)};
    DrawText(FitText(s_.label.text, area.width, area.height, s_.label.font),
             area, {.across = TextStyle::Across::kLeft}, &out_);
  }

  void Group() {
    Box(box_, kRound, 1.5, "8 4 1.5 4", "none");
    if (s_.label.text.empty()) return;
    if (s_.label.bounds.has_value() && s_.label.bounds->width > 10) {
      const Bounds& area = *s_.label.bounds;
      return DrawText(WrapText(s_.label.text, std::max(area.width * 1.3, 60.0),
                               s_.label.font),
                      area, {.down = TextStyle::Down::kTop, .halo = true},
                      &out_);
    }
    const Bounds area = {box_.x + 4, box_.y + 4, std::max(1.0, box_.width - 8),
                         16};
    DrawText(FitText(s_.label.text, area.width, area.height, s_.label.font),
             area, {.down = TextStyle::Down::kTop, .halo = true}, &out_);
  }

  void Hexagon() {
    const double cut = box_.width / 4;
    const double y = box_.center().y;
    Path({{box_.x, y},
          {box_.x + cut, box_.y},
          {box_.right() - cut, box_.y},
          {box_.right(), y},
          {box_.right() - cut, box_.bottom()},
          {box_.x + cut, box_.bottom()}},
         true, s_.calls ? 4 : 1.5);
    if (s_.compound) {
      DrawMarker(Marker::kCollapsed,
                 {box_.center().x, box_.bottom() - kMarkerRise}, paint_, &out_);
    }
  }

  void Choreography() {
    Box(box_, kRound, s_.calls ? 4 : 1.5, "", paint_.fill);
    const bool has_markers = DrawMarkers();
    // Bands of two participants usually take a quarter each.
    Bounds area = {box_.x + 5, box_.y + box_.height / 4, box_.width - 10,
                   box_.height / 2};
    if (s_.expanded) area.height = 16;
    if (has_markers) area.height -= 4;
    if (area.width > 1) Inside(area);
  }

  void Band() {
    Box(box_, 4, 1.5, "", Grey(s_.answers).fill);
    Inside(box_.Inset(2));
    if (!s_.has_message) return;
    const double middle = box_.center().x;
    const double y = s_.is_top ? box_.y - 30 : box_.bottom() + 10;
    Path({{middle, s_.is_top ? box_.y : box_.bottom()},
          {middle, s_.is_top ? y + 20 : y}},
         false, 1, "2 2");
    const Bounds envelope = {middle - 15, y, 30, 20};
    out_.Cover(envelope);
    DrawEnvelope(envelope, false, Grey(s_.answers), &out_);
  }

  const Shape& s_;
  const Paint& paint_;
  const double band_;
  const std::vector<Bounds>& attached_;
  const Bounds& box_;
  SvgWriter& out_;
};

}  // namespace

void DrawShape(const Shape& shape, const Paint& paint, double band,
               const std::vector<Bounds>& attached, SvgWriter* out) {
  ShapeDrawer(shape, paint, band, attached, out).Draw();
}

std::vector<double> TitleBands(const Diagram& diagram) {
  std::vector<double> bands(diagram.shapes.size(), kPoolTitle);
  std::vector<const Shape*> lanes;
  for (const Shape& shape : diagram.shapes) {
    if (shape.kind == ShapeKind::kLane) lanes.push_back(&shape);
  }
  // Each is compared with each; no model of people has as many.
  if (lanes.size() > kComparedLanesMax) lanes.clear();
  for (size_t i = 0; i < bands.size(); ++i) {
    const Shape& shape = diagram.shapes[i];
    if (shape.kind != ShapeKind::kPool && shape.kind != ShapeKind::kLane) {
      continue;
    }
    const Bounds& box = shape.bounds;
    double band = kWidestTitle;
    for (const Shape* lane : lanes) {
      if (lane == &shape || !box.Inset(-1).Contains(lane->bounds)) continue;
      const double gap =
          shape.horizontal ? lane->bounds.x - box.x : lane->bounds.y - box.y;
      if (gap >= 10) band = std::min(band, gap);
    }
    if (band == kWidestTitle) band = kPoolTitle;
    const double all = shape.horizontal ? box.width : box.height;
    bands[i] = std::min(band, std::max(1.0, all));
  }
  return bands;
}

}  // namespace pawl::replay
