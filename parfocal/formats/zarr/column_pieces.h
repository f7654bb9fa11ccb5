#pragma once
/// A 1-D array of any length, piece by piece.

#include <algorithm>
#include <span>
#include <vector>

#include "parfocal/formats/zarr/array_reader.h"

namespace parfocal {

/// Calls f(first, values) for the rows [first, end) of `column`, 65,536 at a time, as far as it
/// goes. Fails where they cannot be read as T: then f has had those before.
template <class T, class F>
Status for_each_piece(const ArrayReader& column, int64_t first, int64_t end, F&& f) {
  constexpr int64_t kRows = 65536;
  end = std::min(end, column.array().shape.at(0));
  std::vector<T> rows(static_cast<size_t>(std::clamp<int64_t>(end - first, 0, kRows)));
  for (; first < end; first += kRows) {
    Region region = Region::whole({std::min(end - first, kRows)});
    region.origin[0] = first;
    auto* data = reinterpret_cast<std::byte*>(rows.data());
    if (Status s = column.read(packed_view(data, dtype_of<T>(), region)); !s.ok()) return s;
    f(first, std::span<const T>(rows).first(static_cast<size_t>(region.shape[0])));
  }
  return {};
}

}  // namespace parfocal
