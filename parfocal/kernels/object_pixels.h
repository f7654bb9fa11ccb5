#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Pixels of one object and of the background below them: exact integer sums.
struct ObjectPixels {
  int64_t count = 0;
  int64_t sum = 0, sum_of_squares = 0;                        ///< of the image
  int64_t difference_sum = 0, difference_sum_of_squares = 0;  ///< of image - background
  int32_t least = 0, greatest = 0;                            ///< image - background
};

/// Mean and population standard deviation of `count` integers.
struct MeanAndDeviation {
  double mean = 0, deviation = 0;
};
/// \pre count > 0, below 2^31 numbers of at most 17 bits. The variance is exact before it is
/// rounded once.
MeanAndDeviation mean_and_deviation(int64_t count, int64_t sum, int64_t sum_of_squares) noexcept;

/// Collects the pixels where `mask` (bytes 0 or 1) is 1 and writes their differences to the
/// background, in raster order, to `differences`, which has room for all pixels of the mask.
/// All planes have one size. T: u8, u16. Thread safe.
template <typename T>
ObjectPixels object_pixels(Plane<const uint8_t> mask, Plane<const T> image,
                           Plane<const T> background, int32_t* differences) noexcept;

/// Bins of the counts that percentiles() may use.
inline constexpr int64_t kPercentileBins = 1024;

/// Percentiles with linear interpolation between neighbouring order statistics: for the position
/// r = (count - 1) * percent / 100 with integer part k and fraction f, v[k] (1 - f) + v[k+1] f.
/// `values` (count > 0, between least and greatest) may be reordered; `bins` has kPercentileBins
/// values of scratch. Thread safe.
/// \source  numpy.percentile(method="linear")
void percentiles(int32_t* values, int64_t count, int32_t least, int32_t greatest,
                 const double* percents, int percents_count, uint32_t* bins,
                 double* results) noexcept;

/// Bytes of scratch of plane_median(), aligned to 64 bytes.
template <typename T>
size_t plane_median_scratch_bytes() noexcept;

/// Median of all pixels, the mean of the middle two for an even number; NaN without pixels.
/// T: u8, u16. Thread safe with one scratch per thread.
template <typename T>
double plane_median(Plane<const T> image, void* scratch) noexcept;

}  // namespace parfocal::kernels
