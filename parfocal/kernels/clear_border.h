#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/bounding_box.h"

namespace parfocal::kernels {

/// Bytes of scratch of clear_border() beside the labels: one flag for each possible object.
size_t clear_border_scratch_bytes(int64_t width, int64_t height) noexcept;

/// Removes every object that touches the outermost pixels of the image, from a mask and from its
/// labels; the other labels keep their numbers.
///
/// \shape   `mask` (bytes 0 or 1) and `labels` (1..count, 0 = background) show `window`, a part of
///          an image of width x height
/// \threads safe with one scratch per thread
/// \source  skimage.segmentation.clear_border
void clear_border(Plane<uint8_t> mask, Plane<uint32_t> labels, uint32_t count, Window window,
                  int64_t width, int64_t height, void* scratch) noexcept;

/// True when `window` reaches the outermost pixels of an image of width x height.
inline bool touches_border(Window window, int64_t width, int64_t height) noexcept {
  return window.x0 == 0 || window.y0 == 0 || window.x0 + window.width == width ||
         window.y0 + window.height == height;
}

}  // namespace parfocal::kernels
