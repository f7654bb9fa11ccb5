#include "parfocal/kernels/compare.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "parfocal/kernels/element.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/compare.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef PARFOCAL_KERNELS_COMPARE_ONCE
#define PARFOCAL_KERNELS_COMPARE_ONCE
namespace parfocal::kernels {
namespace {

struct CompareJob {
  Element element;
  const void* pixels;
  ptrdiff_t stride;
  Plane<uint8_t> mask;
  double bound;   // pixels are set when pixel > bound, or >= bound if `or_equal`
  bool or_equal;  // only for floating-point pixels
};

}  // namespace
}  // namespace parfocal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

// Plain loops: the compiler turns them into compares and packs for each target by itself.
template <typename T>
void greater_row(const T* __restrict pixels, int64_t width, T bound, uint8_t* __restrict mask) {
  for (int64_t x = 0; x < width; ++x) mask[x] = pixels[x] > bound ? 1 : 0;
}

template <typename T>
void greater_equal_row(const T* __restrict pixels, int64_t width, T bound,
                       uint8_t* __restrict mask) {
  for (int64_t x = 0; x < width; ++x) mask[x] = pixels[x] >= bound ? 1 : 0;
}

template <typename T>
void compare_as(const CompareJob& job) {
  const T bound = static_cast<T>(job.bound);
  for (int64_t y = 0; y < job.mask.height; ++y) {
    const T* pixels = static_cast<const T*>(job.pixels) + y * job.stride;
    if (job.or_equal) {
      greater_equal_row(pixels, job.mask.width, bound, job.mask.row(y));
    } else {
      greater_row(pixels, job.mask.width, bound, job.mask.row(y));
    }
  }
}

void compare(const CompareJob& job) {
  with_element(job.element, [&](auto type) HWY_ATTR { compare_as<decltype(type)>(job); });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
HWY_EXPORT(compare);

namespace {

void fill(Plane<uint8_t> mask, uint8_t value) noexcept {
  for (int64_t y = 0; y < mask.height; ++y) {
    std::memset(mask.row(y), value, static_cast<size_t>(mask.width));
  }
}

template <typename T>
void compare_integers(Plane<const T> image, double bound, Plane<uint8_t> mask) noexcept {
  // `bound` is integral or infinite here, and every T fits in a double.
  if (bound < static_cast<double>(std::numeric_limits<T>::lowest())) return fill(mask, 1);
  if (bound >= static_cast<double>(std::numeric_limits<T>::max())) return fill(mask, 0);
  const CompareJob job{element_of<T>(), image.data, image.stride, mask, bound, false};
  HWY_DYNAMIC_DISPATCH(compare)(job);
}

/// The nearest float not above (`up` false) or not below (`up` true) `value`: comparing with it in
/// float gives the answer of comparing with `value` in double.
float round_to_float(double value, bool up) noexcept {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr double largest = std::numeric_limits<float>::max();
  if (std::isinf(value)) return static_cast<float>(value);
  if (value > largest) return up ? infinity : static_cast<float>(largest);
  if (value < -largest) return up ? static_cast<float>(-largest) : -infinity;
  const float nearest = static_cast<float>(value);
  if (up && static_cast<double>(nearest) < value) return std::nextafter(nearest, infinity);
  if (!up && static_cast<double>(nearest) > value) return std::nextafter(nearest, -infinity);
  return nearest;
}

template <typename T>
void compare_floats(Plane<const T> image, double threshold, Plane<uint8_t> mask,
                    bool or_equal) noexcept {
  const double bound =
      std::is_same_v<T, float> ? double{round_to_float(threshold, or_equal)} : threshold;
  const CompareJob job{element_of<T>(), image.data, image.stride, mask, bound, or_equal};
  HWY_DYNAMIC_DISPATCH(compare)(job);
}

}  // namespace

template <typename T>
void greater(Plane<const T> image, double threshold, Plane<uint8_t> mask) noexcept {
  if (std::isnan(threshold)) return fill(mask, 0);
  if constexpr (std::is_floating_point_v<T>) {
    compare_floats(image, threshold, mask, false);
  } else {
    compare_integers(image, std::floor(threshold), mask);
  }
}

template <typename T>
void greater_equal(Plane<const T> image, double threshold, Plane<uint8_t> mask) noexcept {
  if (std::isnan(threshold)) return fill(mask, 0);
  if constexpr (std::is_floating_point_v<T>) {
    compare_floats(image, threshold, mask, true);
  } else if (std::fabs(threshold) > 1e15) {  // beyond every T, and there ceil(t) - 1 may round
    fill(mask, threshold < 0 ? 1 : 0);
  } else {
    compare_integers(image, std::ceil(threshold) - 1, mask);
  }
}

#define PARFOCAL_INSTANTIATE(T)                                              \
  template void greater<T>(Plane<const T>, double, Plane<uint8_t>) noexcept; \
  template void greater_equal<T>(Plane<const T>, double, Plane<uint8_t>) noexcept;
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
