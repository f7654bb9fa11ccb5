#pragma once
/// The y x planes of an item whose leading axes lie inside the frame (z y x).

#include "parfocal/core/error.h"
#include "parfocal/core/view.h"

namespace parfocal {

/// Calls f(plane, index) for every plane of a view of rank >= 2, in C order: `plane` of rank 2,
/// `index` absolute on the leading axes. Stops at the first Status that is no success.
template <class F>
Status for_each_plane(const View& item, F&& f) {
  const int lead = item.region.rank - 2;
  std::array<int64_t, kMaxRank> index = item.region.origin;
  if (item.region.count() == 0) return {};
  for (;;) {
    int64_t offset = 0;
    for (int a = 0; a < lead; ++a) offset += (index[a] - item.region.origin[a]) * item.strides[a];
    const int64_t pixel_bytes = static_cast<int64_t>(dtype_size(item.dtype));
    View plane{item.data + offset * pixel_bytes, item.dtype, {}, {}};
    plane.region.rank = 2;
    for (int a = 0; a < 2; ++a) {
      plane.region.origin[a] = item.region.origin[lead + a];
      plane.region.shape[a] = item.region.shape[lead + a];
      plane.strides[a] = item.strides[lead + a];
    }
    if (Status s = f(plane, index); !s.ok()) return s;
    int a = lead - 1;
    while (a >= 0 && ++index[a] == item.region.end(a)) {
      index[a] = item.region.origin[a];
      --a;
    }
    if (a < 0) return {};
  }
}

}  // namespace parfocal
