#pragma once

#include <algorithm>

#include "parfocal/operators/planes.h"

namespace parfocal::objects {

/// Largest pixel of a label image, 0 for an empty one. \pre u32
inline uint32_t largest_label(const View& labels) {
  uint32_t largest = 0;
  for_each_plane(labels.region, [&](const ItemIndex& at) {
    const auto plane = plane_of<uint32_t>(labels, at);
    for (int64_t y = 0; y < plane.height; ++y) {
      const uint32_t* row = plane.row(y);
      uint32_t of_row = 0;
      for (int64_t x = 0; x < plane.width; ++x) of_row = std::max(of_row, row[x]);
      largest = std::max(largest, of_row);
    }
  });
  return largest;
}

}  // namespace parfocal::objects
