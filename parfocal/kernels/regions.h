#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Geometry of one labelled region: exact integer sums, so tiles and rows may be added in any
/// order. Rows and columns are image coordinates, at most 65535. The box is half open.
struct RegionSums {
  uint64_t area = 0;
  uint64_t sum_row = 0;
  uint64_t sum_column = 0;
  uint64_t sum_row_row = 0;
  uint64_t sum_row_column = 0;
  uint64_t sum_column_column = 0;
  uint32_t min_row = std::numeric_limits<uint32_t>::max();
  uint32_t min_column = std::numeric_limits<uint32_t>::max();
  uint32_t max_row = 0;
  uint32_t max_column = 0;

  /// Adds another part of the same region.
  void add(const RegionSums& other) noexcept;
};

/// Intensities of one region. Integer sums are exact; a float sum is taken in double, in raster
/// order. A NaN pixel makes the sum NaN and is passed over by min and max.
template <typename T>
struct IntensitySums {
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double,
                                 std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;
  static constexpr bool kReal = std::is_floating_point_v<T>;
  Sum sum = 0;
  T min = kReal ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  T max = kReal ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
};

/// Measures every region of a label image in one pass.
///
/// \shape   `regions` holds count + 1 values, value-initialised by the caller (or sums so far: the
///          pass only adds); entry i belongs to label i, entry 0 stays untouched. A label that does
///          not occur keeps area 0.
/// \units   (first_row, first_column) are the image coordinates of the first pixel of `labels`.
/// \error   false when a label exceeds `count`; such pixels are left out, the rest is measured
/// \threads safe for distinct `regions`. Same bytes on every target.
bool measure_regions(Plane<const uint32_t> labels, uint32_t first_row, uint32_t first_column,
                     uint32_t count, RegionSums* regions) noexcept;
bool measure_regions(Plane<const uint16_t> labels, uint32_t first_row, uint32_t first_column,
                     uint32_t count, RegionSums* regions) noexcept;

/// As above, and the intensities of `image` (same size as `labels`) into `intensities`, count + 1
/// values. T: u8, u16, u32, i8, i16, i32, f32, f64.
template <typename T>
bool measure_regions(Plane<const uint32_t> labels, Plane<const T> image, uint32_t first_row,
                     uint32_t first_column, uint32_t count, RegionSums* regions,
                     IntensitySums<T>* intensities) noexcept;
template <typename T>
bool measure_regions(Plane<const uint16_t> labels, Plane<const T> image, uint32_t first_row,
                     uint32_t first_column, uint32_t count, RegionSums* regions,
                     IntensitySums<T>* intensities) noexcept;

}  // namespace parfocal::kernels
