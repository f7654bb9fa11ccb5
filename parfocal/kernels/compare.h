#pragma once

#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Writes 1 where `image > threshold`, else 0, into `mask` (same width and height).
///
/// The comparison is that of real numbers: integers are never rounded to the threshold's type nor
/// the threshold to theirs. A NaN pixel or a NaN threshold gives 0. Same bytes on every target.
/// T: u8, u16, u32, i8, i16, i32, f32, f64. Thread safe.
template <typename T>
void greater(Plane<const T> image, double threshold, Plane<uint8_t> mask) noexcept;

/// As greater(), with `image >= threshold`.
template <typename T>
void greater_equal(Plane<const T> image, double threshold, Plane<uint8_t> mask) noexcept;

/// greater() for `count` contiguous pixels.
template <typename T>
void greater(const T* pixels, int64_t count, double threshold, uint8_t* mask) noexcept {
  greater(Plane<const T>{pixels, count, 1, count}, threshold,
          Plane<uint8_t>{mask, count, 1, count});
}

/// greater_equal() for `count` contiguous pixels.
template <typename T>
void greater_equal(const T* pixels, int64_t count, double threshold, uint8_t* mask) noexcept {
  greater_equal(Plane<const T>{pixels, count, 1, count}, threshold,
                Plane<uint8_t>{mask, count, 1, count});
}

}  // namespace parfocal::kernels
