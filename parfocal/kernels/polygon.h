#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/contour.h"

namespace parfocal::kernels {

/// Moments of a polygon through pixel centres, in pixels: area m00 (positive), first moments, and
/// second moments about the centroid; and its closed length.
///
/// The sums of Green's theorem are integers, so m00, m10 and m01 do not depend on the point where
/// the polygon begins. Second moments are differences of large numbers: the order of operations is
/// OpenCV's, so that thin objects give its digits too. A side's length is rounded to float as
/// there, which is within 6e-8 of the length.
struct PolygonMoments {
  double m00 = 0, m10 = 0, m01 = 0;
  double mu20 = 0, mu11 = 0, mu02 = 0;
  double length = 0;
};

/// Moments of a border; m00 is 0 for a pixel or a line. Thread safe.
/// \source  Green's theorem as in OpenCV's moments() and arcLength()
PolygonMoments border_moments(const Border& border) noexcept;

/// Moments of the closed polygon with these corners.
PolygonMoments polygon_moments(const PixelPoint* points, int64_t count) noexcept;

/// The box of a border: width and height in pixels, both at least 1.
struct BorderBox {
  int32_t x = 0, y = 0, width = 0, height = 0;
};

/// The convex hull of a border and its box.
///
/// \shape   `corners` receives at most 2 * height points, counter-clockwise as seen on a screen, no
///          three in a line; `rows` is scratch of 2 * height numbers. `height` is that of the box
///          or more.
/// \returns the number of corners
/// \source  monotone chain (Andrew 1979) over the leftmost and rightmost point of each row
int64_t convex_hull(const Border& border, PixelPoint* corners, int32_t* rows,
                    BorderBox* box) noexcept;

/// Volume of a border revolved about the horizontal line at row `axis_y`, in pixels cubed: the mean
/// of the bodies of its lower and its upper half, each a sum of truncated cones.
/// \source  volume of truncated cones; dcnum's volume_from_contours
double revolved_volume(const Border& border, double axis_y) noexcept;

/// As above for the closed polygon with corners (x[i], y[i]), counter-clockwise as seen on a
/// screen.
double revolved_volume(const double* x, const double* y, int64_t count, double axis_y) noexcept;

}  // namespace parfocal::kernels
