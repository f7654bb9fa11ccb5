#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Bytes of scratch of fill_holes(), aligned to 64 bytes.
size_t fill_holes_scratch_bytes(int64_t width, int64_t height) noexcept;

/// out = the byte mask (0 or 1) with its holes: background that no 4-connected path of background
/// joins to the outermost pixels of the image. `out` may be `mask`.
/// \threads safe with one scratch per thread. Same bytes on every target.
/// \source  scipy.ndimage.binary_fill_holes
void fill_holes(Plane<const uint8_t> mask, Plane<uint8_t> out, void* scratch) noexcept;

/// Bytes of scratch of fill_from_corner(), aligned to 64 bytes.
size_t fill_from_corner_scratch_bytes(int64_t width, int64_t height) noexcept;

/// Fills the holes of a byte mask (0 or 1) as dcnum does: first row 0 and the pixels (x, y) = (0,
/// 1) and (1, 1) become background; then everything that a 4-connected path of background does not
/// join to the top left pixel becomes object.
///
/// So objects lose what they have in row 0, and what lies below an object that spans the whole
/// width is filled down to the bottom row: differences to scipy.ndimage.binary_fill_holes.
///
/// Works on the box of the objects: an empty image costs one look at its pixels.
/// \threads safe with one scratch per thread. Same bytes on every target.
void fill_from_corner(Plane<uint8_t> mask, void* scratch) noexcept;

}  // namespace parfocal::kernels
