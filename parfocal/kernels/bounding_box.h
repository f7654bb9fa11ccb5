#pragma once

#include <cstdint>

#include "parfocal/kernels/bitmask.h"
#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// The smallest window that holds all nonzero pixels of a byte mask; width and height 0 when there
/// is none. Thread safe, no memory.
Window bounding_box(Plane<const uint8_t> mask) noexcept;

/// The part of `plane` inside `window`.
template <class T>
Plane<T> part_of(Plane<T> plane, Window window) noexcept {
  return {plane.row(window.y0) + window.x0, window.width, window.height, plane.stride};
}

/// `window` with `margin` pixels more on each side, cut at an image of width x height.
inline Window grown(Window window, int64_t margin, int64_t width, int64_t height) noexcept {
  const int64_t x0 = window.x0 > margin ? window.x0 - margin : 0;
  const int64_t y0 = window.y0 > margin ? window.y0 - margin : 0;
  const int64_t x1 = window.x0 + window.width + margin, y1 = window.y0 + window.height + margin;
  return {x0, y0, (x1 < width ? x1 : width) - x0, (y1 < height ? y1 : height) - y0};
}

}  // namespace parfocal::kernels
