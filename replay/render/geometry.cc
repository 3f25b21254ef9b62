#include "replay/render/geometry.h"

#include <algorithm>
#include <cmath>

namespace pawl::replay {

Bounds Bounds::Inset(double by) const {
  const double dx = std::min(by, width / 2);
  const double dy = std::min(by, height / 2);
  return {x + dx, y + dy, width - 2 * dx, height - 2 * dy};
}

bool Bounds::Contains(const Point& p) const {
  return p.x >= x && p.x <= right() && p.y >= y && p.y <= bottom();
}

bool Bounds::Contains(const Bounds& other) const {
  return Contains(Point{other.x, other.y}) &&
         Contains(Point{other.right(), other.bottom()});
}

double Overlap(const Bounds& a, const Bounds& b) {
  const double width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const double height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

void Extent::Add(const Point& p) { Add(Bounds{p.x, p.y, 0, 0}); }

void Extent::Add(const Bounds& b) {
  if (empty_) {
    bounds_ = b;
    empty_ = false;
    return;
  }
  const double right = std::max(bounds_.right(), b.right());
  const double bottom = std::max(bounds_.bottom(), b.bottom());
  bounds_.x = std::min(bounds_.x, b.x);
  bounds_.y = std::min(bounds_.y, b.y);
  bounds_.width = right - bounds_.x;
  bounds_.height = bottom - bounds_.y;
}

double Distance(const Point& a, const Point& b) {
  return std::hypot(b.x - a.x, b.y - a.y);
}

Point Direction(const Point& a, const Point& b) {
  const double length = Distance(a, b);
  if (length == 0) return {1, 0};
  return {(b.x - a.x) / length, (b.y - a.y) / length};
}

Point Moved(const Point& p, const Point& direction, double along,
            double aside) {
  return {p.x + direction.x * along - direction.y * aside,
          p.y + direction.y * along + direction.x * aside};
}

Point Middle(const std::vector<Point>& line) {
  double length = 0;
  for (size_t i = 1; i < line.size(); ++i) {
    length += Distance(line[i - 1], line[i]);
  }
  double left = length / 2;
  for (size_t i = 1; i < line.size(); ++i) {
    const double part = Distance(line[i - 1], line[i]);
    if (left <= part) {
      return Moved(line[i - 1], Direction(line[i - 1], line[i]), left);
    }
    left -= part;
  }
  return line.back();
}

// Liang and Barsky's clipping.
double LengthInside(const Point& a, const Point& b, const Bounds& box) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  double from = 0;
  double to = 1;
  const double steps[] = {-dx, dx, -dy, dy};
  const double room[] = {a.x - box.x, box.right() - a.x, a.y - box.y,
                         box.bottom() - a.y};
  for (int i = 0; i < 4; ++i) {
    if (steps[i] == 0) {
      if (room[i] < 0) return 0;
      continue;
    }
    const double t = room[i] / steps[i];
    if (steps[i] < 0) {
      from = std::max(from, t);
    } else {
      to = std::min(to, t);
    }
  }
  return from < to ? (to - from) * Distance(a, b) : 0;
}

Point Leaving(const Bounds& box, const Point& to) {
  const Point from = box.center();
  const double dx = std::abs(to.x - from.x);
  const double dy = std::abs(to.y - from.y);
  double part = 1;
  if (dx > 0) part = std::min(part, box.width / 2 / dx);
  if (dy > 0) part = std::min(part, box.height / 2 / dy);
  return {from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part};
}

}  // namespace pawl::replay
