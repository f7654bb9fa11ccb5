#pragma once

#include <cstddef>
#include <cstdint>

namespace parfocal::kernels {

/// A rectangle of pixels in memory that somebody else owns.
/// \units width and height in pixels; stride in elements from one row to the next (may be negative)
template <class T>
struct Plane {
  T* data = nullptr;
  int64_t width = 0;
  int64_t height = 0;
  std::ptrdiff_t stride = 0;

  T* row(int64_t y) const noexcept { return data + y * stride; }
};

/// Calls f(pixel) for the outermost pixels, those of the corners twice. The plane may be empty.
template <class T, class F>
void for_each_edge_pixel(Plane<T> plane, F&& f) {
  if (plane.width == 0 || plane.height == 0) return;
  for (int64_t x = 0; x < plane.width; ++x) f(plane.row(0)[x]), f(plane.row(plane.height - 1)[x]);
  for (int64_t y = 0; y < plane.height; ++y) f(plane.row(y)[0]), f(plane.row(y)[plane.width - 1]);
}

}  // namespace parfocal::kernels
