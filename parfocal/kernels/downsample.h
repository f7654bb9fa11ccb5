#pragma once

#include <cstdint>
#include <type_traits>

#include "parfocal/kernels/plane.h"

/// The mean of image pyramids: halves a plane in y and x, or two planes in z, y and x.
///
/// Pixel (y, x) of the half is the mean of the pixels 2y, 2y+1 by 2x, 2x+1 that exist: at odd edges
/// of two or of one. The half has ceil(height/2) rows of ceil(width/2) pixels.
/// Integers: of the exact sum, rounded once, to nearest, ties to even. Masks of u8 0 and 1 become
/// the majority, ties 0. Floats: in the type itself: ((a + b) + c) + d by rows, the sums of two
/// planes added, then divided, which is exact but for subnormal results. So equal pixels keep their
/// value and the mean does not leave their range, unless the sum overflows: then it is infinite.
/// The order of two planes does not matter. A zero mean is +0. A NaN comes out as the one quiet
/// NaN. Equal in every byte on every SIMD target, and for every way to cut the image into tiles
/// whose origins are even and whose sizes are even where the image goes on.
///
/// Types: uint8_t ... uint64_t, int8_t ... int64_t, float, double. Strides in elements, any; no
/// overlap of what is read and what is written. All functions are thread-safe and take empty
/// planes.
///
/// \source tensorstore, driver "downsample", method "mean": the same bytes, but for NaN, and for
///     floats of two planes, where it adds all 8 pixels one after the other: with eight times the
///     same number its mean may be another one.
namespace parfocal::kernels {

namespace detail {
template <class T>
struct BlockSum {
  using type = T;  // floats: see the order above
};
template <>
struct BlockSum<uint8_t> {
  using type = uint16_t;
};
template <>
struct BlockSum<uint16_t> {
  using type = uint32_t;
};
template <>
struct BlockSum<uint32_t> {
  using type = uint64_t;
};
template <>
struct BlockSum<uint64_t> {
  using type = unsigned __int128;
};
template <>
struct BlockSum<int8_t> {
  using type = int16_t;
};
template <>
struct BlockSum<int16_t> {
  using type = int32_t;
};
template <>
struct BlockSum<int32_t> {
  using type = int64_t;
};
template <>
struct BlockSum<int64_t> {
  using type = __int128;
};
}  // namespace detail

/// Holds the sum of 8 pixels; exact for integers.
template <class T>
using block_sum_t = typename detail::BlockSum<T>::type;

/// Pixels that `n` pixels along an axis become.
constexpr int64_t half_size(int64_t n) noexcept { return n / 2 + n % 2; }

/// half = mean of 2 x 2 pixels.
/// \pre half has the half sizes of image
template <class T>
void mean_2x2(Plane<const T> image, Plane<T> half) noexcept;

// --- 2 x 2 x 2 pixels, from planes that come one after the other: sum_2x2() for the first plane of
// a pair, then mean_2x2x2() with the second, or mean_of_sums() if there is none.

/// sums = sums of 2 x 2 pixels, not rounded.
/// \pre sums has the half sizes of image
template <class T>
void sum_2x2(Plane<const T> image, Plane<block_sum_t<T>> sums) noexcept;

/// half = mean of 2 x 2 x 2 pixels: the plane that `sums` came from, and `second`.
/// \pre both planes had the same size; sums and half have its half sizes
template <class T>
void mean_2x2x2(Plane<const block_sum_t<T>> sums, Plane<const T> second, Plane<T> half) noexcept;

/// half = what mean_2x2() makes of the plane that `sums` came from.
/// \pre that plane was image_height x image_width; sums and half have its half sizes
template <class T>
void mean_of_sums(Plane<const block_sum_t<T>> sums, int64_t image_width, int64_t image_height,
                  Plane<T> half) noexcept;

}  // namespace parfocal::kernels
