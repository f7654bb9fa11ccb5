#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Which neighbours join pixels into one object.
enum class Connectivity : uint8_t { four = 4, eight = 8 };

/// The most objects that a mask of this size can hold, and provisional labels that label() opens.
///
/// A run of foreground pixels opens a provisional label when it touches no run of the row above.
/// - eight: take two consecutive rows, the runs [b, e) of the upper one and the opening runs of the
///   lower one. The closed intervals [b, e] within one row are disjoint, as a gap follows each run,
///   and an opening run sees only background in columns b-1..e of the row above, so all of them
///   are disjoint. Each covers two or more of width + 1 columns: at most ceil(width / 2) openings
///   in two rows, ceil(width / 2) * ceil(height / 2) in all.
/// - four: no more than the runs there are, ceil(width / 2) * height.
constexpr int64_t most_objects(int64_t width, int64_t height, Connectivity connectivity) noexcept {
  return (width + 1) / 2 * (connectivity == Connectivity::eight ? (height + 1) / 2 : height);
}

/// Bytes of scratch of label(), for the worst mask of this size: about 1 byte a pixel for eight, 2
/// for four.
size_t label_scratch_bytes(int64_t width, int64_t height, Connectivity connectivity) noexcept;

/// Numbers the connected objects of a byte mask (nonzero = foreground).
///
/// `labels` has the size of `mask` and gets 0 for background and 1..n for objects, in raster order
/// of each object's first pixel, as skimage.measure.label does. Returns n. Scratch aligned to 64
/// bytes. Thread safe with one scratch per thread. Same labels on every target.
/// \source  Wu, Otoo, Suzuki 2009 (union-find with the smallest label as root), over runs
uint32_t label(Plane<const uint8_t> mask, Connectivity connectivity, Plane<uint32_t> labels,
               void* scratch) noexcept;

}  // namespace parfocal::kernels
