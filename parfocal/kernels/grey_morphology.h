#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/footprint.h"
#include "parfocal/kernels/image_tile.h"
#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Grey morphology by a flat footprint.
///
/// erode:  out(p) = smallest in(p + k) over the footprint's pixels k. dilate: out(p) = largest
/// in(p - k). Border: `reflect` of scipy.ndimage (d c b a | a b c d | d c b a), only at the edges
/// of the real image, repeated as often as a footprint larger than the image asks for. NaN spreads
/// over the footprint.
///
/// Each chord of the footprint is a minimum over a run of pixels, which doubling makes from
/// log2(length) minima of whole rows.
///
/// \shape   `in` covers `out` grown by footprint_reach() and clipped to the image
/// \scratch grey_scratch_bytes, aligned to 64 bytes
/// \threads safe with one scratch per thread; `out` must not overlap `in`.
/// Equal in every byte for every tiling and target. T: u8, u16, f32. An empty footprint copies
/// nothing.
/// \source  scipy.ndimage.grey_erosion, skimage.morphology (footprints of odd size)
template <class T>
void grey_erode(Plane<const T> in, Plane<T> out, const ImageTile& tile, Footprint footprint,
                void* scratch) noexcept;
template <class T>
void grey_dilate(Plane<const T> in, Plane<T> out, const ImageTile& tile, Footprint footprint,
                 void* scratch) noexcept;

/// Scratch of both for an output of `output_width` columns.
size_t grey_scratch_bytes(int64_t output_width, Footprint footprint, size_t element_bytes) noexcept;

}  // namespace parfocal::kernels
