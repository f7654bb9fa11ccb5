#pragma once
/// From views of any rank to the 2-D planes that kernels take: the last two item axes are a plane,
/// leading axes (z inside the item) are walked; an item of one axis is a plane of one row.

#include "parfocal/core/view.h"
#include "parfocal/kernels/plane.h"

namespace parfocal {

using ItemIndex = std::array<int64_t, kMaxRank>;

/// Calls f(at) for every plane of `region`; `at` is the absolute index of its first pixel.
template <class F>
void for_each_plane(const Region& region, F&& f) {
  if (region.count() == 0) return;
  ItemIndex at = region.origin;
  for (;;) {
    f(at);
    int a = region.rank - 3;
    while (a >= 0 && ++at[static_cast<size_t>(a)] == region.end(a)) {
      at[static_cast<size_t>(a)] = region.origin[static_cast<size_t>(a)];
      --a;
    }
    if (a < 0) return;
  }
}

/// The plane of `view` (all its rows and columns) at the leading indices of `at`, with pixels read
/// as T. \pre sizeof(T) is the size of the view's pixels; rank >= 1
template <class T, class Byte>
kernels::Plane<std::conditional_t<std::is_const_v<Byte>, const T, T>> plane_of(
    const BasicView<Byte>& view, const ItemIndex& at) {
  int64_t offset = 0;
  const int rank = view.region.rank;
  for (int a = 0; a < rank - 2; ++a)
    offset +=
        (at[static_cast<size_t>(a)] - view.region.begin(a)) * view.strides[static_cast<size_t>(a)];
  const auto x = static_cast<size_t>(rank - 1);
  const bool flat = rank < 2;
  return {view.template as<T>() + offset, view.region.shape[x], flat ? 1 : view.region.shape[x - 1],
          flat ? view.region.shape[x] : view.strides[x - 1]};
}

}  // namespace parfocal
