#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Smallest and largest pixel. `any` is false when there is no pixel, or nothing but NaN.
template <typename T>
struct MinMax {
  T min{};
  T max{};
  bool any = false;
};

/// Smallest and largest pixel of an image, NaN ignored, -0.0 reported as +0.0. Same result on every
/// target. T: u8, u16, u32, f32, f64. Thread safe.
template <typename T>
MinMax<T> min_max(Plane<const T> image) noexcept;

/// Bytes of scratch that histogram_u8, histogram_u16 and histogram_float need.
inline constexpr size_t kHistogramU8ScratchBytes = size_t{8} * 256 * sizeof(uint32_t);
inline constexpr size_t kHistogramU16ScratchBytes = size_t{4} * 65536 * sizeof(uint32_t);

/// Number of bins of histogram_float, as scikit-image's thresholds use.
inline constexpr size_t kFloatBins = 256;

/// Counts every grey level of an image of fewer than 2^32 pixels. `counts` (256 values) is
/// overwritten. Thread safe with one scratch per thread; scratch aligned to 64 bytes.
void histogram_u8(Plane<const uint8_t> image, uint32_t* counts, void* scratch) noexcept;

/// As histogram_u8 with 65536 counts.
void histogram_u16(Plane<const uint16_t> image, uint32_t* counts, void* scratch) noexcept;

/// Edges of the 256 equal bins between `low` and `high` (257 values), rounded to T as
/// numpy.linspace(low, high, 257, dtype=T) does.
template <typename T>
void float_bin_edges(T low, T high, double* edges) noexcept;

/// Middles of the bins of float_bin_edges (256 values), rounded to T.
template <typename T>
void float_bin_centres(T low, T high, double* centres) noexcept;

/// Counts pixels in 256 equal bins as numpy.histogram does: bin i holds edge[i] <= v < edge[i+1],
/// the last bin also v == high. Pixels outside [low, high] and NaN are not counted. Needs finite
/// low < high. T: f32, f64. `counts` (256 values) is overwritten. Thread safe.
template <typename T>
void histogram_float(Plane<const T> image, T low, T high, uint32_t* counts) noexcept;

/// Otsu's level of a histogram with one bin per grey level, of which bin 0 is that of level `first`
/// (the means have to be those of the pixels: equal maxima differ by rounding): the index i that
/// maximises
/// w1[i] * w2[i+1] * (m1[i] - m2[i+1])^2, the first of equal maxima; foreground is `> i`. Empty
/// bins before the first and after the last used level do not count, so a histogram with a single
/// used level gives that level. No pixels: 0. The product of weights is rounded to float as in
/// scikit-image 0.19.3, so near ties fall alike. \source  Otsu 1979; scikit-image 0.19.3
/// threshold_otsu
size_t otsu_level(const uint32_t* counts, size_t bins, int64_t first = 0) noexcept;
size_t otsu_level(const uint64_t* counts, size_t bins, int64_t first = 0) noexcept;

/// As above for bins with arbitrary ascending centres; `scratch` holds `bins` doubles.
size_t otsu_bin(const uint32_t* counts, const double* centres, size_t bins,
                double* scratch) noexcept;
size_t otsu_bin(const uint64_t* counts, const double* centres, size_t bins,
                double* scratch) noexcept;

}  // namespace parfocal::kernels
