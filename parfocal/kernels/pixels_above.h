#pragma once

#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// How many pixels lie on one side of a level, and their sum.
struct Side {
  int64_t pixels = 0;
  double sum = 0;
  double mean() const noexcept { return sum / static_cast<double>(pixels); }
};

/// Pixels at or below a level, and above it. Those that are not finite are in neither.
struct Sides {
  Side below, above;
  void add(const Sides& other) noexcept {
    below.pixels += other.below.pixels;
    below.sum += other.below.sum;
    above.pixels += other.above.pixels;
    above.sum += other.above.sum;
  }
};

/// Parts the finite pixels of an image by `v - from > level`; sums are those of v - from, in
/// double, in 8 lanes by column and then row by row: the same on every target. T: float, double.
/// Thread safe.
template <class T>
Sides pixels_above(Plane<const T> image, double from, double level) noexcept;

/// Smallest and largest finite pixel; `any` is false if there is none. T: float, double. Thread
/// safe.
struct FiniteRange {
  double min = 0, max = 0;
  bool any = false;
  void add(double value) noexcept {
    if (!any || value < min) min = value;
    if (!any || value > max) max = value;
    any = true;
  }
};
template <class T>
void widen(Plane<const T> image, FiniteRange& range) noexcept;

}  // namespace parfocal::kernels
