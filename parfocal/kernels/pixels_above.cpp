#include "parfocal/kernels/pixels_above.h"

#include <cmath>

namespace parfocal::kernels {
namespace {

constexpr int kLanes = 8;

struct Lanes {
  double below[kLanes] = {}, above[kLanes] = {};
  int64_t pixels_below[kLanes] = {}, pixels_above[kLanes] = {};

  void take(int lane, double value, double level) noexcept {
    const bool finite = value - value == 0;
    const bool higher = finite && value > level;
    const bool lower = finite && !higher;
    above[lane] += higher ? value : 0.0;
    below[lane] += lower ? value : 0.0;
    pixels_above[lane] += higher;
    pixels_below[lane] += lower;
  }
  Sides sides() const noexcept {
    Sides all;
    for (int lane = 0; lane < kLanes; ++lane)
      all.add({{pixels_below[lane], below[lane]}, {pixels_above[lane], above[lane]}});
    return all;
  }
};

}  // namespace

template <class T>
Sides pixels_above(Plane<const T> image, double from, double level) noexcept {
  Sides all;
  for (int64_t y = 0; y < image.height; ++y) {
    const T* row = image.row(y);
    Lanes lanes;
    int64_t x = 0;
    for (; x + kLanes <= image.width; x += kLanes)
      for (int lane = 0; lane < kLanes; ++lane)
        lanes.take(lane, static_cast<double>(row[x + lane]) - from, level);
    for (int lane = 0; x < image.width; ++x, ++lane)
      lanes.take(lane, static_cast<double>(row[x]) - from, level);
    all.add(lanes.sides());
  }
  return all;
}

template <class T>
void widen(Plane<const T> image, FiniteRange& range) noexcept {
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x)
      if (const T value = image.row(y)[x]; std::isfinite(value))
        range.add(static_cast<double>(value));
}

template Sides pixels_above<float>(Plane<const float>, double, double) noexcept;
template Sides pixels_above<double>(Plane<const double>, double, double) noexcept;
template void widen<float>(Plane<const float>, FiniteRange&) noexcept;
template void widen<double>(Plane<const double>, FiniteRange&) noexcept;

}  // namespace parfocal::kernels
