#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/label.h"
#include "parfocal/kernels/plane.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {

/// Labels what is no object: what holes and the outside of objects are found by. Buffers for masks
/// of up to width x height; a view, the memory is the cursor's.
class BackgroundLabels {
 public:
  BackgroundLabels(ScratchCursor& cursor, int64_t width, int64_t height) noexcept;
  /// The 4-connected parts of the zeros of `mask`, numbered in raster order; objects have 0. Valid
  /// until the next call.
  Plane<const uint32_t> of(Plane<const uint8_t> mask) const noexcept;

 private:
  uint8_t* background_;
  uint32_t* labels_;
  std::byte* scratch_;
};

}  // namespace parfocal::kernels
