#pragma once
/// The regular grid of chunks of an array: which boxes it has, and which of them a region meets.

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/region.h"

namespace parfocal {

/// Indices of a chunk in its grid, one an axis.
using ChunkIndex = std::array<int64_t, kMaxRank>;

/// The region from 0 of these sides.
inline Region box_of(const std::vector<int64_t>& sides) {
  Region box;
  box.rank = static_cast<int>(sides.size());
  std::copy(sides.begin(), sides.end(), box.shape.begin());
  return box;
}

/// The chunk of shape `side` with these indices, counted from `origin`.
inline Region box_at(const ChunkIndex& index, const std::vector<int64_t>& side,
                     const ChunkIndex& origin = {}) {
  Region box = box_of(side);
  for (size_t a = 0; a < side.size(); ++a) box.origin[a] = origin[a] + index[a] * side[a];
  return box;
}

/// Calls f(index) for every chunk of shape `side` that meets `region`, C order, counted from the
/// origin. f returns a Status; the first failure ends it.
template <class F>
Status for_each_chunk(const Region& region, const ChunkIndex& origin,
                      const std::vector<int64_t>& side, F&& f) {
  if (region.count() == 0) return {};
  ChunkIndex first{}, last{};
  for (int a = 0; a < region.rank; ++a) {
    const int64_t n = side[static_cast<size_t>(a)];
    first[a] = (region.begin(a) - origin[a]) / n;
    last[a] = (region.end(a) - 1 - origin[a]) / n;
  }
  for (ChunkIndex index = first;;) {
    if (Status s = f(index); !s.ok()) return s;
    int a = region.rank - 1;
    for (; a >= 0 && index[a] == last[a]; --a) index[a] = first[a];
    if (a < 0) return {};
    ++index[a];
  }
}

}  // namespace parfocal
