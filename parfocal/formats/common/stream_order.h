#pragma once
/// The order of the axes of a stream, whatever the order in which a file has them.

#include <algorithm>
#include <string>
#include <vector>

#include "parfocal/core/layout.h"

namespace parfocal {

/// The place in a stream that each axis of a file goes to: t c z follow each other, in the places
/// of those that there are; other axes stay where they are.
inline std::vector<size_t> stream_places(const std::vector<Axis>& axes) {
  static const std::string kOrder = "tcz";
  std::vector<size_t> places(axes.size()), own;
  for (size_t a = 0; a < axes.size(); ++a) {
    places[a] = a;
    if (kOrder.find(axes[a].name) != kOrder.npos) own.push_back(a);
  }
  std::vector<size_t> sorted = own;
  std::sort(sorted.begin(), sorted.end(), [&](size_t a, size_t b) {
    return kOrder.find(axes[a].name) < kOrder.find(axes[b].name);
  });
  for (size_t i = 0; i < own.size(); ++i) places[sorted[i]] = own[i];
  return places;
}

}  // namespace parfocal
