// Points and boxes of a diagram, in its units (pixels, y downwards).
#ifndef PAWL_REPLAY_RENDER_GEOMETRY_H_
#define PAWL_REPLAY_RENDER_GEOMETRY_H_

#include <vector>

namespace pawl::replay {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Bounds {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point center() const { return {x + width / 2, y + height / 2}; }
  // `by` smaller at each side; never less than nothing.
  Bounds Inset(double by) const;
  bool Contains(const Point& p) const;
  bool Contains(const Bounds& other) const;
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

// Area that both have, 0 when they are apart.
double Overlap(const Bounds& a, const Bounds& b);

// The box of all that was added.
class Extent {
 public:
  void Add(const Point& p);
  void Add(const Bounds& b);
  bool empty() const { return empty_; }
  const Bounds& bounds() const { return bounds_; }

 private:
  bool empty_ = true;
  Bounds bounds_;
};

double Distance(const Point& a, const Point& b);
// The unit vector from `a` to `b`; {1, 0} when they are the same.
Point Direction(const Point& a, const Point& b);
// `p` moved by `along` in `direction`, and by `aside` to its right.
Point Moved(const Point& p, const Point& direction, double along,
            double aside = 0);
// The point in the middle of a line of at least one point.
Point Middle(const std::vector<Point>& line);
// Length of the part of the segment that lies inside `box`.
double LengthInside(const Point& a, const Point& b, const Bounds& box);
// Where the line from the middle of `box` to `to` leaves it.
Point Leaving(const Bounds& box, const Point& to);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_GEOMETRY_H_
