#include "parfocal/kernels/polygon.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <numbers>

namespace parfocal::kernels {
namespace {

/// Calls f(point, next point) for every side of a border.
template <class F>
void for_each_side(const Border& border, F&& f) noexcept {
  PixelPoint at = border.first;
  for (int64_t i = 0; border.points > 1 && i < border.points; ++i) {
    const PixelPoint next{at.x + kStepX[border.steps[i]], at.y + kStepY[border.steps[i]]};
    f(at, next);
    at = next;
  }
}

/// The sums of Green's theorem. Doubles hold them exactly up to 2^53; beyond, they round.
struct GreenSums {
  double a00 = 0, a10 = 0, a01 = 0, a20 = 0, a11 = 0, a02 = 0;

  void add(PixelPoint from, PixelPoint to) noexcept {
    const double x0 = from.x, y0 = from.y, x1 = to.x, y1 = to.y;
    const double d = x0 * y1 - x1 * y0;
    const double sx = x0 + x1, sy = y0 + y1;
    a00 += d;
    a10 += d * sx;
    a01 += d * sy;
    a20 += d * (x0 * sx + x1 * x1);
    a11 += d * (x0 * (sy + y0) + x1 * (sy + y1));
    a02 += d * (y0 * sy + y1 * y1);
  }
  PolygonMoments moments(double length) const noexcept {
    PolygonMoments m;
    m.length = length;
    if (std::abs(a00) <= FLT_EPSILON) return m;
    const double sign = a00 > 0 ? 1 : -1;
    m.m00 = a00 * (sign * (1.0 / 2));
    m.m10 = a10 * (sign * (1.0 / 6));
    m.m01 = a01 * (sign * (1.0 / 6));
    const double inverse = 1 / m.m00;
    const double cx = m.m10 * inverse, cy = m.m01 * inverse;
    m.mu20 = a20 * (sign * (1.0 / 12)) - m.m10 * cx;
    m.mu11 = a11 * (sign * (1.0 / 24)) - m.m10 * cy;
    m.mu02 = a02 * (sign * (1.0 / 12)) - m.m01 * cy;
    return m;
  }
};

double side_length(PixelPoint from, PixelPoint to) noexcept {
  const auto dx = static_cast<float>(to.x - from.x), dy = static_cast<float>(to.y - from.y);
  return static_cast<double>(std::sqrt(dx * dx + dy * dy));
}

/// Twice the area of the triangle a b c; positive where b -> c turns clockwise on a screen.
int64_t turn(PixelPoint a, PixelPoint b, PixelPoint c) noexcept {
  return int64_t{b.x - a.x} * (c.y - a.y) - int64_t{b.y - a.y} * (c.x - a.x);
}

/// Puts a corner on the chain that begins at corners[base], without those it makes needless.
int64_t put_corner(PixelPoint* corners, int64_t base, int64_t count, PixelPoint p) noexcept {
  if (count > base && corners[count - 1] == p) return count;
  while (count - base >= 2 && turn(corners[count - 2], corners[count - 1], p) >= 0) --count;
  corners[count] = p;
  return count + 1;
}

BorderBox box_of(const Border& border, int32_t* rows, int64_t* height) noexcept {
  // The first point is in the top row, and a border visits every row of its box.
  int32_t used = 0;
  const auto see = [&](PixelPoint p) {
    const int32_t row = p.y - border.first.y;
    for (; used <= row; ++used) {
      rows[2 * used] = std::numeric_limits<int32_t>::max();
      rows[2 * used + 1] = std::numeric_limits<int32_t>::lowest();
    }
    rows[2 * row] = std::min(rows[2 * row], p.x);
    rows[2 * row + 1] = std::max(rows[2 * row + 1], p.x);
  };
  see(border.first);
  for_each_side(border, [&](PixelPoint, PixelPoint to) { see(to); });
  *height = used;
  int32_t low = rows[0], high = rows[1];
  for (int32_t row = 0; row < used; ++row) {
    low = std::min(low, rows[2 * row]);
    high = std::max(high, rows[2 * row + 1]);
  }
  return {low, border.first.y, high - low + 1, used};
}

/// Twice the volume, without the factor pi / 3: each side adds one cone to one half or to both.
struct Revolved {
  double axis_y;
  double below = 0, above = 0;

  static double cone(double r0, double r1) noexcept { return r0 * r0 + r0 * r1 + r1 * r1; }
  void add(double x0, double y0, double x1, double y1) noexcept {
    const double dz = x1 - x0, r0 = y0 - axis_y, r1 = y1 - axis_y;
    below += dz * cone(std::max(r0, 0.0), std::max(r1, 0.0));
    above -= dz * cone(std::max(-r0, 0.0), std::max(-r1, 0.0));
  }
  double volume() const noexcept { return (below + above) / 2 * (std::numbers::pi / 3); }
};

}  // namespace

PolygonMoments border_moments(const Border& border) noexcept {
  GreenSums sums;
  int64_t diagonal = 0;
  for_each_side(border, [&](PixelPoint from, PixelPoint to) {
    sums.add(from, to);
    diagonal += (from.x != to.x) & (from.y != to.y);
  });
  const int64_t straight = (border.points > 1 ? border.points : 0) - diagonal;
  return sums.moments(static_cast<double>(straight) +
                      static_cast<double>(diagonal) * side_length({0, 0}, {1, 1}));
}

PolygonMoments polygon_moments(const PixelPoint* points, int64_t count) noexcept {
  GreenSums sums;
  double length = 0;
  for (int64_t i = 0; i < count; ++i) {
    const PixelPoint from = points[i == 0 ? count - 1 : i - 1];
    sums.add(from, points[i]);
    length += side_length(from, points[i]);
  }
  return sums.moments(length);
}

int64_t convex_hull(const Border& border, PixelPoint* corners, int32_t* rows,
                    BorderBox* box) noexcept {
  int64_t height = 0;
  *box = box_of(border, rows, &height);
  const auto y_of = [&](int64_t row) { return border.first.y + static_cast<int32_t>(row); };
  int64_t count = 0;
  for (int64_t row = 0; row < height; ++row)
    count = put_corner(corners, 0, count, {rows[2 * row], y_of(row)});
  // The right side begins at the lower end of the left one, or beside it.
  const int64_t base = count - (rows[2 * height - 2] == rows[2 * height - 1] ? 1 : 0);
  for (int64_t row = height - 1; row >= 0; --row)
    count = put_corner(corners, base, count, {rows[2 * row + 1], y_of(row)});
  if (count > 1 && corners[count - 1] == corners[0]) --count;
  return count;
}

double revolved_volume(const Border& border, double axis_y) noexcept {
  Revolved body{axis_y};
  for_each_side(border,
                [&](PixelPoint from, PixelPoint to) { body.add(from.x, from.y, to.x, to.y); });
  return body.volume();
}

double revolved_volume(const double* x, const double* y, int64_t count, double axis_y) noexcept {
  Revolved body{axis_y};
  for (int64_t i = 0; i < count; ++i) {
    const int64_t before = i == 0 ? count - 1 : i - 1;
    body.add(x[before], y[before], x[i], y[i]);
  }
  return body.volume();
}

}  // namespace parfocal::kernels
