#include "replay/render/symbols.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "absl/strings/str_cat.h"

namespace pawl::replay {
namespace {

// Draws in units of its own: the middle is 0,0, the edge at 1.
class Pen {
 public:
  Pen(const Point& center, double unit, const Paint& paint, SvgWriter* out)
      : center_(center), unit_(unit), paint_(paint), out_(*out) {}

  Point At(double x, double y) const {
    return {center_.x + unit_ * x, center_.y + unit_ * y};
  }

  // A closed figure, full of the stroke's colour or of the shape's.
  void Figure(std::initializer_list<Point> points, bool filled,
              double width = 1) {
    std::vector<Point> line;
    for (const Point& p : points) line.push_back(At(p.x, p.y));
    Figure(line, filled, width);
  }
  void Figure(const std::vector<Point>& line, bool filled, double width = 1) {
    out_.Leaf("path", {{"d", SvgPath(line, /*closed=*/true)},
                       {"fill", filled ? paint_.stroke : paint_.fill},
                       {"stroke", paint_.stroke},
                       {"stroke-width", width},
                       {"stroke-linejoin", "round"}});
  }
  void Line(std::initializer_list<Point> points, double width = 1) {
    std::vector<Point> line;
    for (const Point& p : points) line.push_back(At(p.x, p.y));
    Path(SvgPath(line), width);
  }
  void Path(const std::string& d, double width = 1) {
    out_.Leaf("path", {{"d", d},
                       {"fill", "none"},
                       {"stroke", paint_.stroke},
                       {"stroke-width", width},
                       {"stroke-linecap", "round"}});
  }
  void Circle(double radius, bool filled, double width = 1, double x = 0,
              double y = 0) {
    const Point at = At(x, y);
    out_.Leaf("circle", {{"cx", at.x},
                         {"cy", at.y},
                         {"r", radius * unit_},
                         {"fill", filled ? paint_.stroke : paint_.fill},
                         {"stroke", paint_.stroke},
                         {"stroke-width", width}});
  }
  // "x,y" for paths.
  std::string Text(double x, double y) const {
    const Point at = At(x, y);
    return absl::StrCat(SvgNumber(at.x), ",", SvgNumber(at.y));
  }
  double unit() const { return unit_; }

 private:
  const Point center_;
  const double unit_;
  const Paint& paint_;
  SvgWriter& out_;
};

void Pentagon(Pen* pen, double radius, bool filled) {
  std::vector<Point> line;
  for (int i = 0; i < 5; ++i) {
    const double turn = std::numbers::pi * (2.0 * i / 5 - 0.5);
    line.push_back(pen->At(radius * std::cos(turn), radius * std::sin(turn)));
  }
  pen->Figure(line, filled);
}

// Of two bars, each `half` long at each side and `thick` at each side.
void Plus(Pen* pen, double half, double thick, bool filled) {
  const double h = half;
  const double t = thick;
  pen->Figure({{-t, -h},
               {t, -h},
               {t, -t},
               {h, -t},
               {h, t},
               {t, t},
               {t, h},
               {-t, h},
               {-t, t},
               {-h, t},
               {-h, -t},
               {-t, -t}},
              filled);
}

void Cross(Pen* pen, double half, double thick, bool filled) {
  const double h = half;
  const double t = thick;
  pen->Figure({{-h, -h + t},
               {-h + t, -h},
               {0, -t},
               {h - t, -h},
               {h, -h + t},
               {t, 0},
               {h, h - t},
               {h - t, h},
               {0, t},
               {-h + t, h},
               {-h, h - t},
               {-t, 0}},
              filled);
}

void Clock(Pen* pen) {
  pen->Circle(0.64, false);
  for (int i = 0; i < 12; ++i) {
    const double turn = std::numbers::pi * i / 6;
    const double x = std::cos(turn);
    const double y = std::sin(turn);
    pen->Line({{0.52 * x, 0.52 * y}, {0.64 * x, 0.64 * y}}, 0.8);
  }
  pen->Line({{0.1, -0.45}, {0, 0}, {0.32, 0.04}}, 1.2);
}

void Rewind(Pen* pen, double scale, bool filled) {
  const double s = scale;
  pen->Figure({{-0.62 * s, 0}, {-0.04 * s, -0.48 * s}, {-0.04 * s, 0.48 * s}},
              filled);
  pen->Figure({{-0.02 * s, 0}, {0.56 * s, -0.48 * s}, {0.56 * s, 0.48 * s}},
              filled);
}

void Sheet(Pen* pen) {
  pen->Figure({{-0.42, -0.56}, {0.42, -0.56}, {0.42, 0.56}, {-0.42, 0.56}},
              false);
  for (const double y : {-0.36, -0.12, 0.12, 0.36}) {
    pen->Line({{-0.3, y}, {0.3, y}});
  }
}

void Gear(Pen* pen, double x, double y, double radius) {
  constexpr int kTeeth = 8;
  std::vector<Point> line;
  for (int i = 0; i < kTeeth; ++i) {
    // Out, along the tooth, in, along the gap.
    const double parts[] = {-0.3, -0.18, 0.18, 0.3};
    const double lengths[] = {0.74, 1, 1, 0.74};
    for (int j = 0; j < 4; ++j) {
      const double turn = 2 * std::numbers::pi * (i + parts[j]) / kTeeth;
      line.push_back(pen->At(x + radius * lengths[j] * std::cos(turn),
                             y + radius * lengths[j] * std::sin(turn)));
    }
  }
  pen->Figure(line, false);
  pen->Circle(radius * 0.34, false, 1, x, y);
}

void Person(Pen* pen, const Paint& paint, SvgWriter* out) {
  out->Leaf("path",
            {{"d", absl::StrCat(
                       "M", pen->Text(-0.85, 0.9), " L", pen->Text(-0.85, 0.5),
                       " C", pen->Text(-0.85, 0.1), " ", pen->Text(-0.5, -0.05),
                       " ", pen->Text(0, -0.05), " C", pen->Text(0.5, -0.05),
                       " ", pen->Text(0.85, 0.1), " ", pen->Text(0.85, 0.5),
                       " L", pen->Text(0.85, 0.9), " Z")},
             {"fill", paint.fill},
             {"stroke", paint.stroke},
             {"stroke-width", "1"}});
  pen->Line({{-0.45, 0.9}, {-0.45, 0.5}});
  pen->Line({{0.45, 0.9}, {0.45, 0.5}});
  pen->Circle(0.44, false, 1, 0, -0.45);
  // Hair.
  out->Leaf(
      "path",
      {{"d",
        absl::StrCat("M", pen->Text(-0.44, -0.5), " C", pen->Text(-0.42, -1.05),
                     " ", pen->Text(0.42, -1.05), " ", pen->Text(0.44, -0.5),
                     " C", pen->Text(0.2, -0.4), " ", pen->Text(-0.1, -0.75),
                     " ", pen->Text(-0.44, -0.5), " Z")},
       {"fill", paint.stroke}});
}

void Hand(Pen* pen) {
  pen->Figure({{-0.9, -0.15},
               {-0.35, -0.65},
               {0.15, -0.65},
               {0.2, -0.45},
               {-0.15, -0.3},
               {0.85, -0.3},
               {0.9, -0.1},
               {0.2, -0.05},
               {0.95, 0},
               {0.95, 0.2},
               {0.2, 0.2},
               {0.85, 0.3},
               {0.8, 0.48},
               {0.15, 0.42},
               {0.6, 0.55},
               {0.5, 0.72},
               {-0.4, 0.7},
               {-0.9, 0.45}},
              false);
}

void Scroll(Pen* pen) {
  pen->Path(absl::StrCat("M", pen->Text(-0.35, -0.85), " L",
                         pen->Text(0.85, -0.85), " C", pen->Text(0.2, -0.35),
                         " ", pen->Text(1, 0.15), " ", pen->Text(0.35, 0.85),
                         " L", pen->Text(-0.85, 0.85), " C",
                         pen->Text(-0.2, 0.15), " ", pen->Text(-1, -0.35), " ",
                         pen->Text(-0.35, -0.85), " Z"));
  pen->Line({{-0.3, -0.45}, {0.3, -0.45}});
  pen->Line({{-0.32, -0.12}, {0.36, -0.12}});
  pen->Line({{-0.2, 0.2}, {0.42, 0.2}});
  pen->Line({{-0.35, 0.52}, {0.3, 0.52}});
}

void Table(Pen* pen) {
  pen->Figure({{-0.9, -0.7}, {0.9, -0.7}, {0.9, 0.7}, {-0.9, 0.7}}, false);
  pen->Figure({{-0.9, -0.7}, {0.9, -0.7}, {0.9, -0.3}, {-0.9, -0.3}}, true);
  pen->Line({{-0.9, 0.2}, {0.9, 0.2}});
  pen->Line({{-0.35, -0.3}, {-0.35, 0.7}});
}

}  // namespace

void DrawEnvelope(const Bounds& box, bool filled, const Paint& paint,
                  SvgWriter* out) {
  out->Leaf("rect", {{"x", box.x},
                     {"y", box.y},
                     {"width", box.width},
                     {"height", box.height},
                     {"fill", filled ? paint.stroke : paint.fill},
                     {"stroke", paint.stroke},
                     {"stroke-width", "1"}});
  const Point tip = {box.center().x, box.y + 0.55 * box.height};
  out->Leaf("path",
            {{"d", SvgPath({{box.x, box.y}, tip, {box.right(), box.y}})},
             {"fill", "none"},
             {"stroke", filled ? paint.fill : paint.stroke},
             {"stroke-width", "1"}});
}

void DrawEventSymbol(EventSymbol symbol, const Point& center, double radius,
                     bool filled, const Paint& paint, SvgWriter* out) {
  Pen pen(center, radius, paint, out);
  switch (symbol) {
    case EventSymbol::kNone:
      return;
    case EventSymbol::kMessage: {
      const Point at = pen.At(-0.56, -0.38);
      return DrawEnvelope({at.x, at.y, 1.12 * radius, 0.76 * radius}, filled,
                          paint, out);
    }
    case EventSymbol::kTimer:
      return Clock(&pen);
    case EventSymbol::kEscalation:
      return pen.Figure({{0, -0.6}, {0.46, 0.52}, {0, 0.06}, {-0.46, 0.52}},
                        filled);
    case EventSymbol::kConditional:
      return Sheet(&pen);
    case EventSymbol::kLink:
      return pen.Figure({{-0.6, -0.24},
                         {0.12, -0.24},
                         {0.12, -0.5},
                         {0.66, 0},
                         {0.12, 0.5},
                         {0.12, 0.24},
                         {-0.6, 0.24}},
                        filled);
    case EventSymbol::kError:
      return pen.Figure({{-0.6, 0.52},
                         {-0.22, -0.5},
                         {0.18, 0.12},
                         {0.6, -0.56},
                         {0.24, 0.5},
                         {-0.16, -0.1}},
                        filled);
    case EventSymbol::kCancel:
      return Cross(&pen, 0.54, 0.2, filled);
    case EventSymbol::kCompensation:
      return Rewind(&pen, 1, filled);
    case EventSymbol::kSignal:
      return pen.Figure({{0, -0.62}, {0.58, 0.4}, {-0.58, 0.4}}, filled);
    case EventSymbol::kMultiple:
      return Pentagon(&pen, 0.6, filled);
    case EventSymbol::kParallelMultiple:
      return Plus(&pen, 0.6, 0.17, filled);
    case EventSymbol::kTerminate:
      return pen.Circle(0.6, true);
  }
}

void DrawTaskSymbol(TaskSymbol symbol, const Bounds& box, const Paint& paint,
                    SvgWriter* out) {
  Pen pen(box.center(), box.width / 2, paint, out);
  switch (symbol) {
    case TaskSymbol::kNone:
      return;
    case TaskSymbol::kUser:
      return Person(&pen, paint, out);
    case TaskSymbol::kManual:
      return Hand(&pen);
    case TaskSymbol::kService:
      Gear(&pen, -0.2, -0.2, 0.72);
      return Gear(&pen, 0.3, 0.3, 0.72);
    case TaskSymbol::kScript:
      return Scroll(&pen);
    case TaskSymbol::kBusinessRule:
      return Table(&pen);
    case TaskSymbol::kSend:
    case TaskSymbol::kReceive: {
      const Point at = pen.At(-0.95, -0.65);
      return DrawEnvelope({at.x, at.y, 0.95 * box.width, 0.65 * box.width},
                          symbol == TaskSymbol::kSend, paint, out);
    }
  }
}

void DrawGatewaySymbol(GatewaySymbol symbol, const Point& center, double radius,
                       const Paint& paint, SvgWriter* out) {
  Pen pen(center, radius, paint, out);
  switch (symbol) {
    case GatewaySymbol::kNone:
      return;
    case GatewaySymbol::kExclusive:
      return Cross(&pen, 0.34, 0.11, true);
    case GatewaySymbol::kInclusive:
      return pen.Circle(0.44, false, 2.5);
    case GatewaySymbol::kParallel:
      return Plus(&pen, 0.46, 0.075, true);
    case GatewaySymbol::kComplex:
      Plus(&pen, 0.48, 0.06, true);
      return Cross(&pen, 0.36, 0.08, true);
    case GatewaySymbol::kEvent:
      pen.Circle(0.58, false);
      pen.Circle(0.48, false);
      return Pentagon(&pen, 0.32, false);
    case GatewaySymbol::kStartEvent:
      pen.Circle(0.56, false);
      return Pentagon(&pen, 0.36, false);
    case GatewaySymbol::kStartParallelEvent:
      pen.Circle(0.56, false);
      return Plus(&pen, 0.4, 0.12, false);
  }
}

void DrawMarker(Marker marker, const Point& center, const Paint& paint,
                SvgWriter* out) {
  Pen pen(center, 6, paint, out);
  switch (marker) {
    case Marker::kCollapsed:
      pen.Figure({{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}, false);
      pen.Line({{-0.6, 0}, {0.6, 0}}, 1.2);
      return pen.Line({{0, -0.6}, {0, 0.6}}, 1.2);
    case Marker::kLoop: {
      const std::string r = SvgNumber(0.85 * pen.unit());
      // Three quarters of a circle, open at the lower left.
      pen.Path(absl::StrCat("M", pen.Text(-0.3, 0.8), " A", r, ",", r,
                            " 0 1,0 ", pen.Text(-0.8, 0.3)),
               1.3);
      return pen.Path(
          absl::StrCat("M", pen.Text(-0.95, 0.95), " L", pen.Text(-0.3, 0.8),
                       " L", pen.Text(-0.45, 0.2)),
          1.3);
    }
    case Marker::kParallel:
      for (const double x : {-0.6, 0.0, 0.6}) {
        pen.Line({{x, -0.8}, {x, 0.8}}, 2);
      }
      return;
    case Marker::kSequential:
      for (const double y : {-0.6, 0.0, 0.6}) {
        pen.Line({{-0.8, y}, {0.8, y}}, 2);
      }
      return;
    case Marker::kCompensation:
      return Rewind(&pen, 1.3, false);
    case Marker::kAdHoc:
      return pen.Path(
          absl::StrCat("M", pen.Text(-0.9, 0.25), " C", pen.Text(-0.5, -0.9),
                       " ", pen.Text(-0.2, -0.3), " ", pen.Text(0, 0), " C",
                       pen.Text(0.2, 0.3), " ", pen.Text(0.5, 0.9), " ",
                       pen.Text(0.9, -0.25)),
          2);
  }
}

}  // namespace pawl::replay
