#pragma once

#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// The greatest integer d for which `d - offset < threshold` holds in double arithmetic, cut to
/// -70000..70000: what a difference of two images of 16 bits or less is compared with.
/// -70000 (no difference) when either number is NaN.
int32_t greatest_below(double threshold, double offset) noexcept;

/// Writes 1 where `image - background <= limit`, else 0. The difference is that of integers: it
/// never wraps. Planes of equal size. T: u8, u16. Thread safe. Same bytes on every target.
template <typename T>
void at_most_above(Plane<const T> image, Plane<const T> background, int32_t limit,
                   Plane<uint8_t> mask) noexcept;

}  // namespace parfocal::kernels
