// DrawEdge (shapes.h).
#include <algorithm>

#include "replay/render/shapes.h"

namespace pawl::replay {
namespace {

constexpr double kArrow = 10;
constexpr double kArrowHalf = 4;

class EdgeDrawer {
 public:
  EdgeDrawer(const Edge& edge, const Paint& paint, double width, SvgWriter* out)
      : e_(edge), paint_(paint), width_(width), out_(*out) {}

  void Draw() {
    for (const Point& point : e_.line) out_.Cover(point);
    const std::vector<Point>& line = e_.line;
    const Point& first = line.front();
    const Point& last = line.back();
    // The last stretch that has a direction.
    const Point from_source = Direction(first, Next(0, 1));
    const Point to_target = Direction(Next(line.size() - 1, -1), last);
    switch (e_.kind) {
      case EdgeKind::kSequence:
        Line("");
        Tip(last, to_target, true);
        if (e_.conditional) Diamond(first, from_source);
        if (e_.is_default) Slash(first, from_source);
        return;
      case EdgeKind::kMessage:
        Line("8 4");
        Tip(last, to_target, false);
        Circle(Moved(first, from_source, 3.5));
        return Message();
      case EdgeKind::kAssociation:
      case EdgeKind::kDataAssociation:
        Line("1.5 3.5");
        if (e_.at_target) Open(last, to_target);
        if (e_.at_source) {
          Open(first, {-from_source.x, -from_source.y});
        }
        return;
      case EdgeKind::kConversation:
        Stroke(paint_.stroke, 4, "");
        return Stroke("#ffffff", 2, "");
      case EdgeKind::kUnknown:
        return Line("4 3");
    }
  }

 private:
  // The nearest point from `at` in steps of `step` that isn't at the same
  // place; else that place.
  const Point& Next(size_t at, int step) const {
    const Point& here = e_.line[at];
    for (size_t i = at + step; i < e_.line.size(); i += step) {
      if (e_.line[i] != here) return e_.line[i];
    }
    return here;
  }

  void Stroke(std::string_view color, double width, std::string_view dashes) {
    out_.Leaf("path", {{"d", SvgPath(e_.line)},
                       {"class", "line"},
                       {"fill", "none"},
                       {"stroke", color},
                       {"stroke-width", width},
                       {"stroke-linejoin", "round"},
                       {"stroke-dasharray", dashes}});
  }
  void Line(std::string_view dashes) { Stroke(paint_.stroke, width_, dashes); }

  void Figure(const std::vector<Point>& line, bool filled) {
    out_.Leaf("path", {{"d", SvgPath(line, /*closed=*/true)},
                       {"fill", filled ? paint_.stroke : "#ffffff"},
                       {"stroke", paint_.stroke},
                       {"stroke-width", "1"},
                       {"stroke-linejoin", "round"}});
  }

  void Tip(const Point& at, const Point& direction, bool filled) {
    Figure({at, Moved(at, direction, -kArrow, kArrowHalf),
            Moved(at, direction, -kArrow, -kArrowHalf)},
           filled);
  }

  void Open(const Point& at, const Point& direction) {
    out_.Leaf(
        "path",
        {{"d", SvgPath({Moved(at, direction, -kArrow * 0.8, kArrowHalf), at,
                        Moved(at, direction, -kArrow * 0.8, -kArrowHalf)})},
         {"fill", "none"},
         {"stroke", paint_.stroke},
         {"stroke-width", "1.2"}});
  }

  void Diamond(const Point& at, const Point& direction) {
    Figure({at, Moved(at, direction, 8, 4.5), Moved(at, direction, 16),
            Moved(at, direction, 8, -4.5)},
           false);
  }

  void Slash(const Point& at, const Point& direction) {
    out_.Leaf("path", {{"d", SvgPath({Moved(at, direction, 6, 6),
                                      Moved(at, direction, 12, -6)})},
                       {"fill", "none"},
                       {"stroke", paint_.stroke},
                       {"stroke-width", "1.5"}});
  }

  void Circle(const Point& at) {
    out_.Leaf("circle", {{"cx", at.x},
                         {"cy", at.y},
                         {"r", "3.5"},
                         {"fill", "#ffffff"},
                         {"stroke", paint_.stroke},
                         {"stroke-width", "1"}});
  }

  void Message() {
    if (e_.envelope == Envelope::kNone) return;
    Paint paint = paint_;
    if (e_.envelope == Envelope::kAnswers) paint.fill = "#d0d3d9";
    DrawEnvelope(EnvelopeOn(e_), false, paint, &out_);
  }

  const Edge& e_;
  const Paint& paint_;
  const double width_;
  SvgWriter& out_;
};

}  // namespace

void DrawEdge(const Edge& edge, const Paint& paint, double width,
              SvgWriter* out) {
  EdgeDrawer(edge, paint, width, out).Draw();
}

}  // namespace pawl::replay
