#include "parfocal/kernels/histogram.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/histogram.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
struct Extremes {
  T low;
  T high;
};

template <typename T>
HWY_INLINE void widen(Extremes<T>& extremes, T value) {
  // Written so that a NaN changes nothing.
  if (value < extremes.low) extremes.low = value;
  if (value > extremes.high) extremes.high = value;
}

template <typename T>
void min_max_row(const T* pixels, int64_t width, Extremes<T>& extremes) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto low = hn::Set(d, extremes.low);
  auto high = hn::Set(d, extremes.high);
  int64_t x = 0;
  for (; x + lanes <= width; x += lanes) {
    const auto v = hn::LoadU(d, pixels + x);
    if constexpr (std::is_floating_point_v<T>) {
      low = hn::IfThenElse(hn::Lt(v, low), v, low);
      high = hn::IfThenElse(hn::Gt(v, high), v, high);
    } else {
      low = hn::Min(low, v);
      high = hn::Max(high, v);
    }
  }
  HWY_ALIGN T lane_low[HWY_MAX_BYTES / sizeof(T)];
  HWY_ALIGN T lane_high[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(low, d, lane_low);
  hn::Store(high, d, lane_high);
  for (int64_t i = 0; i < lanes; ++i) {
    extremes.low = std::min(extremes.low, lane_low[i]);
    extremes.high = std::max(extremes.high, lane_high[i]);
  }
  for (; x < width; ++x) widen(extremes, pixels[x]);
}

template <typename T>
MinMax<T> min_max_of(Plane<const T> image) {
  using Limits = std::numeric_limits<T>;
  constexpr bool real = std::is_floating_point_v<T>;
  Extremes<T> extremes{real ? Limits::infinity() : Limits::max(),
                       real ? -Limits::infinity() : Limits::lowest()};
  for (int64_t y = 0; y < image.height; ++y) min_max_row(image.row(y), image.width, extremes);
  if (extremes.low > extremes.high) return {};
  return {static_cast<T>(extremes.low + T{0}), static_cast<T>(extremes.high + T{0}), true};
}

MinMax<uint8_t> min_max_u8(Plane<const uint8_t> image) { return min_max_of(image); }
MinMax<uint16_t> min_max_u16(Plane<const uint16_t> image) { return min_max_of(image); }
MinMax<uint32_t> min_max_u32(Plane<const uint32_t> image) { return min_max_of(image); }
MinMax<float> min_max_f32(Plane<const float> image) { return min_max_of(image); }
MinMax<double> min_max_f64(Plane<const double> image) { return min_max_of(image); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
HWY_EXPORT(min_max_u8);
HWY_EXPORT(min_max_u16);
HWY_EXPORT(min_max_u32);
HWY_EXPORT(min_max_f32);
HWY_EXPORT(min_max_f64);

template <>
MinMax<uint8_t> min_max(Plane<const uint8_t> image) noexcept {
  return HWY_DYNAMIC_DISPATCH(min_max_u8)(image);
}
template <>
MinMax<uint16_t> min_max(Plane<const uint16_t> image) noexcept {
  return HWY_DYNAMIC_DISPATCH(min_max_u16)(image);
}
template <>
MinMax<uint32_t> min_max(Plane<const uint32_t> image) noexcept {
  return HWY_DYNAMIC_DISPATCH(min_max_u32)(image);
}
template <>
MinMax<float> min_max(Plane<const float> image) noexcept {
  return HWY_DYNAMIC_DISPATCH(min_max_f32)(image);
}
template <>
MinMax<double> min_max(Plane<const double> image) noexcept {
  return HWY_DYNAMIC_DISPATCH(min_max_f64)(image);
}

namespace {

// Neighbouring pixels are often equal. Counting them in different tables keeps one increment from
// waiting for the store of the one before. The tables of a level lie side by side, so the cache
// holds as many lines as there are used levels.
template <typename T, int kTables>
void count_row(const T* pixels, int64_t width, uint32_t* tables) noexcept {
  constexpr int64_t kBatch = sizeof(uint64_t) / sizeof(T);
  constexpr int kBits = 8 * sizeof(T);
  static_assert(kTables == kBatch);
  int64_t x = 0;
  for (; x + kBatch <= width; x += kBatch) {
    uint64_t batch;
    std::memcpy(&batch, pixels + x, sizeof(batch));
    for (int i = 0; i < kTables; ++i) {
      ++tables[static_cast<T>(batch >> (kBits * i)) * size_t{kTables} + static_cast<size_t>(i)];
    }
  }
  for (; x < width; ++x) ++tables[pixels[x] * size_t{kTables}];
}

// Levels 0..result-1 hold every pixel. An image of 16 bits that fits the cache is searched for its
// largest level in less time than 1 MB of tables takes to clear and add up.
template <typename T>
size_t used_levels(Plane<const T> image) noexcept {
  constexpr int64_t kSmall = int64_t{1} << 19;
  if (sizeof(T) == 1 || image.width * image.height > kSmall) return size_t{1} << (8 * sizeof(T));
  return size_t{min_max(image).max} + 1;
}

template <typename T, int kTables>
void histogram_of(Plane<const T> image, uint32_t* counts, void* scratch) noexcept {
  const size_t levels = used_levels(image);
  auto* tables = static_cast<uint32_t*>(scratch);
  std::memset(tables, 0, levels * kTables * sizeof(uint32_t));
  for (int64_t y = 0; y < image.height; ++y) {
    count_row<T, kTables>(image.row(y), image.width, tables);
  }
  for (size_t level = 0; level < levels; ++level) {
    uint32_t sum = 0;
    for (size_t i = 0; i < kTables; ++i) sum += tables[level * kTables + i];
    counts[level] = sum;
  }
  std::fill(counts + levels, counts + (size_t{1} << (8 * sizeof(T))), 0u);
}

/// Bin of `value`, which lies in [edges[0], edges[256]]: a guess by division, then put right
/// against the edges, since the division may miss by one close to them.
size_t bin_of(double value, const double* edges, double bins_per_unit) noexcept {
  const double guess = (value - edges[0]) * bins_per_unit;
  constexpr double kLast = kFloatBins - 1;
  size_t bin = guess > 0 ? static_cast<size_t>(std::min(guess, kLast)) : 0;
  while (value < edges[bin]) --bin;
  while (bin < kFloatBins - 1 && value >= edges[bin + 1]) ++bin;
  return bin;
}

template <typename Count>
size_t otsu_of_levels(const Count* counts, size_t bins, int64_t first) noexcept {
  uint64_t total = 0;
  int64_t moment = 0;
  for (size_t i = 0; i < bins; ++i) {
    total += counts[i];
    moment += static_cast<int64_t>(counts[i]) * (first + static_cast<int64_t>(i));
  }
  uint64_t below = 0;
  int64_t below_moment = 0;
  double best = -1;
  size_t best_level = 0;
  for (size_t i = 0; i < bins && below < total; ++i) {
    if (counts[i] == 0) continue;  // same split as the level before: never a new first maximum
    if (below == 0) best_level = i;
    below += counts[i];
    below_moment += static_cast<int64_t>(counts[i]) * (first + static_cast<int64_t>(i));
    const uint64_t above = total - below;
    if (above == 0) break;
    const double mean_below = static_cast<double>(below_moment) / static_cast<double>(below);
    const double mean_above =
        static_cast<double>(moment - below_moment) / static_cast<double>(above);
    const double distance = mean_below - mean_above;
    const float weights = static_cast<float>(below) * static_cast<float>(above);
    const double variance = static_cast<double>(weights) * (distance * distance);
    if (variance > best) {
      best = variance;
      best_level = i;
    }
  }
  return best_level;
}

template <typename Count>
size_t otsu_of_bins(const Count* counts, const double* centres, size_t bins,
                    double* scratch) noexcept {
  uint64_t total = 0;
  double moment_above = 0;  // summed from the top, as the reference does
  for (size_t i = bins; i-- > 0;) {
    total += counts[i];
    moment_above += static_cast<double>(counts[i]) * centres[i];
    scratch[i] = moment_above;
  }
  uint64_t below = 0;
  double moment_below = 0;
  double best = -1;
  size_t best_bin = 0;
  while (total > 0 && counts[best_bin] == 0) ++best_bin;
  for (size_t i = best_bin; i + 1 < bins; ++i) {
    if (counts[i] == 0) continue;
    below += counts[i];
    moment_below += static_cast<double>(counts[i]) * centres[i];
    const uint64_t above = total - below;
    if (above == 0) break;
    const double distance =
        moment_below / static_cast<double>(below) - scratch[i + 1] / static_cast<double>(above);
    const float weights = static_cast<float>(below) * static_cast<float>(above);
    const double variance = static_cast<double>(weights) * (distance * distance);
    if (variance > best) {
      best = variance;
      best_bin = i;
    }
  }
  return best_bin;
}

}  // namespace

void histogram_u8(Plane<const uint8_t> image, uint32_t* counts, void* scratch) noexcept {
  histogram_of<uint8_t, 8>(image, counts, scratch);
}

void histogram_u16(Plane<const uint16_t> image, uint32_t* counts, void* scratch) noexcept {
  histogram_of<uint16_t, 4>(image, counts, scratch);
}

template <typename T>
void float_bin_edges(T low, T high, double* edges) noexcept {
  const double first = low;
  const double step = (static_cast<double>(high) - first) / kFloatBins;
  for (size_t i = 0; i < kFloatBins; ++i) {
    edges[i] = static_cast<T>(static_cast<double>(i) * step + first);
  }
  edges[kFloatBins] = high;
}

template <typename T>
void float_bin_centres(T low, T high, double* centres) noexcept {
  double edges[kFloatBins + 1];
  float_bin_edges(low, high, edges);
  for (size_t i = 0; i < kFloatBins; ++i) {
    const T sum = static_cast<T>(static_cast<T>(edges[i]) + static_cast<T>(edges[i + 1]));
    centres[i] = sum / T{2};
  }
}

template <typename T>
void histogram_float(Plane<const T> image, T low, T high, uint32_t* counts) noexcept {
  double edges[kFloatBins + 1];
  float_bin_edges(low, high, edges);
  const double bins_per_unit = kFloatBins / (static_cast<double>(high) - static_cast<double>(low));
  uint32_t tables[2][kFloatBins] = {};
  for (int64_t y = 0; y < image.height; ++y) {
    const T* pixels = image.row(y);
    for (int64_t x = 0; x < image.width; ++x) {
      const T value = pixels[x];
      if (!(value >= low && value <= high)) continue;
      ++tables[x & 1][bin_of(static_cast<double>(value), edges, bins_per_unit)];
    }
  }
  for (size_t i = 0; i < kFloatBins; ++i) counts[i] = tables[0][i] + tables[1][i];
}

size_t otsu_level(const uint32_t* counts, size_t bins, int64_t first) noexcept {
  return otsu_of_levels(counts, bins, first);
}

size_t otsu_level(const uint64_t* counts, size_t bins, int64_t first) noexcept {
  return otsu_of_levels(counts, bins, first);
}

size_t otsu_bin(const uint32_t* counts, const double* centres, size_t bins,
                double* scratch) noexcept {
  return otsu_of_bins(counts, centres, bins, scratch);
}

size_t otsu_bin(const uint64_t* counts, const double* centres, size_t bins,
                double* scratch) noexcept {
  return otsu_of_bins(counts, centres, bins, scratch);
}

template void float_bin_edges<float>(float, float, double*) noexcept;
template void float_bin_edges<double>(double, double, double*) noexcept;
template void float_bin_centres<float>(float, float, double*) noexcept;
template void float_bin_centres<double>(double, double, double*) noexcept;
template void histogram_float<float>(Plane<const float>, float, float, uint32_t*) noexcept;
template void histogram_float<double>(Plane<const double>, double, double, uint32_t*) noexcept;

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
