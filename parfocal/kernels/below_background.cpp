#include "parfocal/kernels/below_background.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace parfocal::kernels {
namespace {

constexpr int32_t kBeyond = 70000;  // more than any difference of 16-bit pixels

/// a - b where that is positive, else 0: saturating subtraction, in a form that vectorises.
template <typename T>
inline T excess(T a, T b) noexcept {
  return static_cast<T>(a > b ? a - b : 0);
}

/// image - background <= limit as two comparisons of saturated differences, so that lanes stay as
/// narrow as pixels.
template <typename T>
void compare_row(const T* __restrict image, const T* __restrict background, int32_t limit,
                 uint8_t* __restrict mask, int64_t width) noexcept {
  if (limit < 0) {
    const auto least = static_cast<T>(-limit);
    for (int64_t x = 0; x < width; ++x) mask[x] = excess(background[x], image[x]) >= least;
  } else {
    const auto most = static_cast<T>(limit);
    for (int64_t x = 0; x < width; ++x) mask[x] = excess(image[x], background[x]) <= most;
  }
}

}  // namespace

int32_t greatest_below(double threshold, double offset) noexcept {
  const double bound = threshold + offset;
  if (!(bound > -kBeyond)) return -kBeyond;
  if (bound > kBeyond) return kBeyond;
  auto d = static_cast<int32_t>(std::ceil(bound)) + 1;
  while (!(static_cast<double>(d) - offset < threshold)) --d;
  return d;
}

template <typename T>
void at_most_above(Plane<const T> image, Plane<const T> background, int32_t limit,
                   Plane<uint8_t> mask) noexcept {
  constexpr int32_t kMost = std::numeric_limits<T>::max();
  for (int64_t y = 0; y < mask.height; ++y) {
    if (limit >= -kMost && limit <= kMost)
      compare_row(image.row(y), background.row(y), limit, mask.row(y), mask.width);
    else
      std::fill_n(mask.row(y), mask.width, static_cast<uint8_t>(limit > 0));
  }
}

template void at_most_above<uint8_t>(Plane<const uint8_t>, Plane<const uint8_t>, int32_t,
                                     Plane<uint8_t>) noexcept;
template void at_most_above<uint16_t>(Plane<const uint16_t>, Plane<const uint16_t>, int32_t,
                                      Plane<uint8_t>) noexcept;

}  // namespace parfocal::kernels
