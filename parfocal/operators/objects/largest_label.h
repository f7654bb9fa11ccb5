#pragma once

#include <algorithm>

#include "parfocal/kernels/histogram.h"
#include "parfocal/operators/planes.h"

namespace parfocal::objects {

/// Largest pixel of a label image, 0 for an empty one. \pre u16 or u32
inline uint32_t largest_label(const View& labels) {
  uint32_t largest = 0;
  for_each_plane(labels.region, [&](const ItemIndex& at) {
    const uint32_t here = labels.dtype == DType::u16
                              ? kernels::min_max(plane_of<uint16_t>(labels, at)).max
                              : kernels::min_max(plane_of<uint32_t>(labels, at)).max;
    largest = std::max(largest, here);
  });
  return largest;
}

}  // namespace parfocal::objects
