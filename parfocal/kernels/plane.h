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

}  // namespace parfocal::kernels
