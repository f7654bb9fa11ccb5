#include "parfocal/kernels/regions.h"

#include <algorithm>

#include "parfocal/kernels/element.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/regions.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef PARFOCAL_KERNELS_REGIONS_ONCE
#define PARFOCAL_KERNELS_REGIONS_ONCE
namespace parfocal::kernels {
namespace {

struct RegionsJob {
  const void* labels;
  bool wide;  // labels of 32 bits, or of 16
  ptrdiff_t labels_stride;
  int64_t width;
  int64_t height;
  Element element;
  const void* pixels;
  ptrdiff_t stride;
  uint32_t first_row;
  uint32_t first_column;
  uint32_t count;
  RegionSums* regions;
  void* intensities;
  bool in_range = true;
};

/// Sum of i^2 for i in [0, n).
inline uint64_t sum_of_squares(uint64_t n) noexcept {
  return n == 0 ? 0 : (n - 1) * n * (2 * n - 1) / 6;
}

/// Adds the pixels [begin, end) of one row.
inline void add_run(RegionSums& region, uint32_t row, uint32_t begin, uint32_t end) noexcept {
  const uint64_t length = end - begin;
  const uint64_t columns = length * (uint64_t{begin} + end - 1) / 2;
  region.area += length;
  region.sum_row += length * row;
  region.sum_column += columns;
  region.sum_row_row += length * row * row;
  region.sum_row_column += columns * row;
  region.sum_column_column += sum_of_squares(end) - sum_of_squares(begin);
  region.min_row = std::min(region.min_row, row);
  region.max_row = std::max(region.max_row, row + 1);
  region.min_column = std::min(region.min_column, begin);
  region.max_column = std::max(region.max_column, end);
}

}  // namespace
}  // namespace parfocal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// First column from `x` on whose label is not `label`, or `width`.
template <typename L>
HWY_INLINE int64_t skip_equal(const L* row, int64_t x, int64_t width, L label) {
  const hn::ScalableTag<L> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto wanted = hn::Set(d, label);
  for (; x + 4 * lanes <= width; x += 4 * lanes) {
    const auto a = hn::Xor(hn::LoadU(d, row + x), wanted);
    const auto b = hn::Xor(hn::LoadU(d, row + x + lanes), wanted);
    const auto c = hn::Xor(hn::LoadU(d, row + x + 2 * lanes), wanted);
    const auto e = hn::Xor(hn::LoadU(d, row + x + 3 * lanes), wanted);
    const auto any = hn::Or(hn::Or(a, b), hn::Or(c, e));
    if (!hn::AllTrue(d, hn::Eq(any, hn::Zero(d)))) break;
  }
  for (; x + lanes <= width; x += lanes) {
    const auto other = hn::Ne(hn::LoadU(d, row + x), wanted);
    const intptr_t first = hn::FindFirstTrue(d, other);
    if (first >= 0) return x + first;
  }
  while (x < width && row[x] == label) ++x;
  return x;
}

template <typename Part, typename T>
HWY_INLINE void add_span(IntensitySums<T>& into, const T* HWY_RESTRICT pixels, int64_t count) {
  Part sum = 0;
  T low = into.min;
  T high = into.max;
  for (int64_t i = 0; i < count; ++i) {
    const T value = pixels[i];
    sum += static_cast<Part>(value);
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  into = {into.sum + static_cast<typename IntensitySums<T>::Sum>(sum), low, high};
}

/// Adds `count` pixels. Up to 16 bits, 32768 pixels at a time fit a 32-bit sum, which has twice the
/// lanes of a 64-bit one. Floats are added one by one, so that the order never changes.
template <typename T>
HWY_INLINE void add_pixels(IntensitySums<T>& into, const T* HWY_RESTRICT pixels, int64_t count) {
  using Sum = typename IntensitySums<T>::Sum;
  if constexpr (std::is_floating_point_v<T>) {
    for (int64_t i = 0; i < count; ++i) {
      const T value = pixels[i];
      into.sum += static_cast<double>(value);
      into.min = value < into.min ? value : into.min;
      into.max = value > into.max ? value : into.max;
    }
  } else if constexpr (sizeof(T) <= 2) {
    using Part = std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>;
    for (int64_t i = 0; i < count; i += 32768) {
      add_span<Part>(into, pixels + i, std::min<int64_t>(32768, count - i));
    }
  } else {
    add_span<Sum>(into, pixels, count);
  }
}

/// Measures one row; `add_intensities(label, begin, end)` sees each run.
template <typename L, typename AddIntensities>
HWY_INLINE void measure_row(RegionsJob& job, int64_t y, AddIntensities add_intensities) {
  const L* row = static_cast<const L*>(job.labels) + y * job.labels_stride;
  const int64_t width = job.width;
  const uint32_t image_row = job.first_row + static_cast<uint32_t>(y);
  for (int64_t x = skip_equal(row, 0, width, L{0}); x < width;) {
    const L label = row[x];
    const int64_t end = skip_equal(row, x, width, label);
    if (label > job.count) {
      job.in_range = false;
    } else {
      add_run(job.regions[label], image_row, job.first_column + static_cast<uint32_t>(x),
              job.first_column + static_cast<uint32_t>(end));
      add_intensities(label, x, end);
    }
    x = end < width && row[end] == 0 ? skip_equal(row, end, width, L{0}) : end;
  }
}

template <typename L, typename T>
void measure_as(RegionsJob& job) {
  auto* intensities = static_cast<IntensitySums<T>*>(job.intensities);
  for (int64_t y = 0; y < job.height; ++y) {
    const T* pixels = static_cast<const T*>(job.pixels) + y * job.stride;
    measure_row<L>(job, y, [&](uint32_t label, int64_t begin, int64_t end) HWY_ATTR {
      add_pixels(intensities[label], pixels + begin, end - begin);
    });
  }
}

template <typename L>
void measure_labels(RegionsJob& job) {
  if (job.element == Element::none) {
    for (int64_t y = 0; y < job.height; ++y) {
      measure_row<L>(job, y, [](uint32_t, int64_t, int64_t) HWY_ATTR {});
    }
    return;
  }
  with_element(job.element, [&](auto type) HWY_ATTR { measure_as<L, decltype(type)>(job); });
}

void measure(RegionsJob& job) {
  job.wide ? measure_labels<uint32_t>(job) : measure_labels<uint16_t>(job);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
HWY_EXPORT(measure);

void RegionSums::add(const RegionSums& other) noexcept {
  area += other.area;
  sum_row += other.sum_row;
  sum_column += other.sum_column;
  sum_row_row += other.sum_row_row;
  sum_row_column += other.sum_row_column;
  sum_column_column += other.sum_column_column;
  min_row = std::min(min_row, other.min_row);
  min_column = std::min(min_column, other.min_column);
  max_row = std::max(max_row, other.max_row);
  max_column = std::max(max_column, other.max_column);
}

namespace {

template <typename L>
RegionsJob job_of(Plane<const L> labels, uint32_t first_row, uint32_t first_column, uint32_t count,
                  RegionSums* regions) noexcept {
  return {labels.data,   sizeof(L) == 4, labels.stride, labels.width,
          labels.height, Element::none,  nullptr,       0,
          first_row,     first_column,   count,         regions,
          nullptr};
}

bool run(RegionsJob job) noexcept {
  HWY_DYNAMIC_DISPATCH(measure)(job);
  return job.in_range;
}

}  // namespace

bool measure_regions(Plane<const uint32_t> labels, uint32_t first_row, uint32_t first_column,
                     uint32_t count, RegionSums* regions) noexcept {
  return run(job_of(labels, first_row, first_column, count, regions));
}

bool measure_regions(Plane<const uint16_t> labels, uint32_t first_row, uint32_t first_column,
                     uint32_t count, RegionSums* regions) noexcept {
  return run(job_of(labels, first_row, first_column, count, regions));
}

namespace {

template <typename L, typename T>
bool run_with(Plane<const L> labels, Plane<const T> image, uint32_t first_row,
              uint32_t first_column, uint32_t count, RegionSums* regions,
              IntensitySums<T>* intensities) noexcept {
  RegionsJob job = job_of(labels, first_row, first_column, count, regions);
  job.element = element_of<T>();
  job.pixels = image.data;
  job.stride = image.stride;
  job.intensities = intensities;
  return run(job);
}

}  // namespace

template <typename T>
bool measure_regions(Plane<const uint32_t> labels, Plane<const T> image, uint32_t first_row,
                     uint32_t first_column, uint32_t count, RegionSums* regions,
                     IntensitySums<T>* intensities) noexcept {
  return run_with(labels, image, first_row, first_column, count, regions, intensities);
}

template <typename T>
bool measure_regions(Plane<const uint16_t> labels, Plane<const T> image, uint32_t first_row,
                     uint32_t first_column, uint32_t count, RegionSums* regions,
                     IntensitySums<T>* intensities) noexcept {
  return run_with(labels, image, first_row, first_column, count, regions, intensities);
}

#define PARFOCAL_INSTANTIATE(T)                                                               \
  template bool measure_regions<T>(Plane<const uint32_t>, Plane<const T>, uint32_t, uint32_t, \
                                   uint32_t, RegionSums*, IntensitySums<T>*) noexcept;        \
  template bool measure_regions<T>(Plane<const uint16_t>, Plane<const T>, uint32_t, uint32_t, \
                                   uint32_t, RegionSums*, IntensitySums<T>*) noexcept;
PARFOCAL_INSTANTIATE(uint8_t)
PARFOCAL_INSTANTIATE(uint16_t)
PARFOCAL_INSTANTIATE(uint32_t)
PARFOCAL_INSTANTIATE(int8_t)
PARFOCAL_INSTANTIATE(int16_t)
PARFOCAL_INSTANTIATE(int32_t)
PARFOCAL_INSTANTIATE(float)
PARFOCAL_INSTANTIATE(double)
#undef PARFOCAL_INSTANTIATE

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
