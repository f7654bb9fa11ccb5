#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// A pixel by column and row.
struct PixelPoint {
  int32_t x = 0;
  int32_t y = 0;
  bool operator==(const PixelPoint&) const = default;
};

/// The eight steps to a neighbour, counter-clockwise as seen on a screen: east, north-east, ...
inline constexpr int8_t kStepX[8] = {1, 1, 0, -1, -1, -1, 0, 1};
inline constexpr int8_t kStepY[8] = {0, -1, -1, -1, 0, 1, 1, 1};

/// The closed outer border of an object: its first point, and for every point the step (0..7) to
/// the next one; the last step leads back to the first. A single pixel has one point and no step.
struct Border {
  PixelPoint first;  ///< the object's first pixel in raster order
  const uint8_t* steps = nullptr;
  int64_t points = 0;
};

/// Most steps of a border inside width x height pixels. Each visit of a border pixel passes an edge
/// between it and a background pixel that no other visit passes, and there are 2wh + w + h edges.
inline size_t border_capacity(int64_t width, int64_t height) noexcept {
  return static_cast<size_t>(2 * width * height + width + height);
}

/// Follows the outer border of the 8-connected object whose first pixel in raster order is `start`.
///
/// \shape   the outermost rows and columns of `mask` are 0; nonzero = object. `steps` has
///          border_capacity() of the mask.
/// \units   `origin` is the place of the mask's first pixel in the image: it is added to the points
/// \threads safe
/// \source  Suzuki, Abe 1985, border following; the points and their order are those of OpenCV's
///          findContours(RETR_EXTERNAL, CHAIN_APPROX_NONE)
Border outer_border(Plane<const uint8_t> mask, PixelPoint start, PixelPoint origin,
                    uint8_t* steps) noexcept;

/// Bytes of scratch of outer_start(), aligned to 64 bytes.
size_t outer_start_scratch_bytes(int64_t width, int64_t height) noexcept;

/// Where the border begins that stands for the whole mask. A mask of several parts has that of the
/// part whose first pixel comes last in raster order, parts inside of holes left out: what OpenCV's
/// findContours lists first. `mask` as for outer_border(), not empty. Thread safe with one scratch
/// per thread.
PixelPoint outer_start(Plane<const uint8_t> mask, void* scratch) noexcept;

}  // namespace parfocal::kernels
