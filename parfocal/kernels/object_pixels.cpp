#include "parfocal/kernels/object_pixels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {
namespace {

/// Adds one row. A pixel outside is written too, to the place that the next one inside overwrites:
/// that place is never past the pixel itself, so it lies within the room for all pixels.
template <typename T>
inline void add_row(ObjectPixels& to, const uint8_t* mask, const T* image, const T* background,
                    int64_t width, int32_t*& next) noexcept {
  for (int64_t x = 0; x < width; ++x) {
    const int64_t inside = mask[x];
    const int64_t v = image[x];
    const int64_t d = v - static_cast<int64_t>(background[x]);
    *next = static_cast<int32_t>(d);
    next += inside;
    to.count += inside;
    to.sum += inside * v;
    to.sum_of_squares += inside * v * v;
    to.difference_sum += inside * d;
    to.difference_sum_of_squares += inside * d * d;
  }
}

/// The value of rank k (0-based) from counts of the values least, least + 1, ...
struct Ranked {
  const uint32_t* bins;
  int32_t least;
  int64_t below = 0;  // values in the bins before `bin`
  int32_t bin = 0;
  int32_t at(int64_t k) noexcept {  // k must not fall from call to call
    while (below + bins[bin] <= k) below += bins[bin++];
    return least + bin;
  }
};

struct Position {
  int64_t rank;
  double fraction;
};
/// Ranks are counted from 1 here, as numba's percentile does: it decides the last digit.
Position position_of(double percent, int64_t count) noexcept {
  const double r = 1 + static_cast<double>(count - 1) * (percent / 100);
  const double k = std::floor(r);
  return {static_cast<int64_t>(k) - 1, r - k};
}

double interpolated(int32_t low, int32_t high, double fraction) noexcept {
  return low * (1 - fraction) + high * fraction;
}

/// Counts of the 256 values of one byte of the pixels: the high one, or the low one of those whose
/// high byte is `high`.
void count_bytes(Plane<const uint16_t> image, int high, uint32_t* counts) noexcept {
  std::fill_n(counts, 256, 0u);
  for (int64_t y = 0; y < image.height; ++y) {
    const uint16_t* row = image.row(y);
    for (int64_t x = 0; x < image.width; ++x) {
      if (high < 0)
        ++counts[row[x] >> 8];
      else
        counts[row[x] & 255] += row[x] >> 8 == high;
    }
  }
}

int32_t ranked(Plane<const uint16_t> image, const uint32_t* high_counts, int64_t rank,
               uint32_t* counts) noexcept {
  Ranked high{high_counts, 0};
  const int32_t byte = high.at(rank);
  count_bytes(image, byte, counts);
  Ranked low{counts, 0};
  return byte * 256 + low.at(rank - high.below);
}

}  // namespace

MeanAndDeviation mean_and_deviation(int64_t count, int64_t sum, int64_t sum_of_squares) noexcept {
  const auto n = static_cast<double>(count);
  const auto spread = static_cast<__int128>(count) * sum_of_squares -
                      static_cast<__int128>(sum) * static_cast<__int128>(sum);
  return {static_cast<double>(sum) / n, std::sqrt(static_cast<double>(spread) / (n * n))};
}

template <typename T>
ObjectPixels object_pixels(Plane<const uint8_t> mask, Plane<const T> image,
                           Plane<const T> background, int32_t* differences) noexcept {
  ObjectPixels pixels;
  int32_t* next = differences;
  int32_t low = std::numeric_limits<int32_t>::max(), high = std::numeric_limits<int32_t>::lowest();
  for (int64_t y = 0; y < mask.height; ++y) {
    const int32_t* begin = next;
    add_row(pixels, mask.row(y), image.row(y), background.row(y), mask.width, next);
    for (const int32_t* d = begin; d != next; ++d) {
      low = std::min(low, *d);
      high = std::max(high, *d);
    }
  }
  pixels.least = low;
  pixels.greatest = high;
  return pixels;
}
template ObjectPixels object_pixels<uint8_t>(Plane<const uint8_t>, Plane<const uint8_t>,
                                             Plane<const uint8_t>, int32_t*) noexcept;
template ObjectPixels object_pixels<uint16_t>(Plane<const uint8_t>, Plane<const uint16_t>,
                                              Plane<const uint16_t>, int32_t*) noexcept;

void percentiles(int32_t* values, int64_t count, int32_t least, int32_t greatest,
                 const double* percents, int percents_count, uint32_t* bins,
                 double* results) noexcept {
  const bool counted = int64_t{greatest} - least < kPercentileBins;
  if (counted) {
    std::fill_n(bins, greatest - least + 1, 0u);
    for (int64_t i = 0; i < count; ++i) ++bins[values[i] - least];
  }
  for (int i = 0; i < percents_count; ++i) {
    const Position p = position_of(percents[i], count);
    const int64_t above = std::min(p.rank + 1, count - 1);
    if (counted) {
      Ranked order{bins, least};
      const int32_t low = order.at(p.rank);
      results[i] = interpolated(low, order.at(above), p.fraction);
      continue;
    }
    std::nth_element(values, values + p.rank, values + count);
    const int32_t low = values[p.rank];
    const int32_t high = above == p.rank ? low : *std::min_element(values + above, values + count);
    results[i] = interpolated(low, high, p.fraction);
  }
}

template <>
size_t plane_median_scratch_bytes<uint8_t>() noexcept {
  ScratchCursor cursor(nullptr);
  cursor.take<uint32_t>(256);
  cursor.take<std::byte>(kHistogramU8ScratchBytes);
  return cursor.used_bytes();
}
template <>
size_t plane_median_scratch_bytes<uint16_t>() noexcept {
  ScratchCursor cursor(nullptr);
  cursor.take<uint32_t>(256);
  cursor.take<uint32_t>(256);
  return cursor.used_bytes();
}

template <>
double plane_median<uint8_t>(Plane<const uint8_t> image, void* scratch) noexcept {
  const int64_t count = image.width * image.height;
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  ScratchCursor cursor(scratch);
  auto* counts = cursor.take<uint32_t>(256);
  histogram_u8(image, counts, cursor.take<std::byte>(kHistogramU8ScratchBytes));
  Ranked order{counts, 0};
  const int32_t low = order.at((count - 1) / 2);
  return (low + order.at(count / 2)) / 2.0;
}
template <>
double plane_median<uint16_t>(Plane<const uint16_t> image, void* scratch) noexcept {
  const int64_t count = image.width * image.height;
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  ScratchCursor cursor(scratch);
  auto* high = cursor.take<uint32_t>(256);
  auto* low = cursor.take<uint32_t>(256);
  count_bytes(image, -1, high);
  const int32_t a = ranked(image, high, (count - 1) / 2, low);
  const int32_t b = count % 2 ? a : ranked(image, high, count / 2, low);
  return (a + b) / 2.0;
}

}  // namespace parfocal::kernels
