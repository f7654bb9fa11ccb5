#pragma once
/// From views of any rank to the 2-D planes that kernels take: the last two item axes are a plane,
/// leading axes (z inside the item) are walked; an item of one axis is a plane of one row.

#include <type_traits>
#include <vector>

#include "parfocal/core/view.h"
#include "parfocal/kernels/image_tile.h"
#include "parfocal/kernels/plane.h"

namespace parfocal {

/// How kernels see pixels: masks are bytes 0 and 1 in memory.
template <class T>
using stored_t = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

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

/// The first byte of the pixel at these absolute indices. \pre the view's region holds it
inline const std::byte* pixel_at(const View& view, const ItemIndex& at) {
  int64_t offset = 0;
  for (int a = 0; a < view.region.rank; ++a) {
    const auto axis = static_cast<size_t>(a);
    offset += (at[axis] - view.region.begin(a)) * view.strides[axis];
  }
  return view.data + offset * static_cast<int64_t>(dtype_size(view.dtype));
}

/// `region` with a further axis before its axis `axis`, along which it is [begin, begin + size).
inline Region with_axis(const Region& region, int axis, int64_t begin, int64_t size) {
  Region wider;
  wider.rank = region.rank + 1;
  for (int a = 0; a < wider.rank; ++a) {
    const int from = a < axis ? a : a - 1;
    wider.origin[a] = a == axis ? begin : region.origin[from];
    wider.shape[a] = a == axis ? size : region.shape[from];
  }
  return wider;
}

/// All pixel types but bool.
inline std::vector<DType> number_dtypes() {
  return {DType::u8,  DType::u16, DType::u32, DType::u64, DType::i8,
          DType::i16, DType::i32, DType::i64, DType::f32, DType::f64};
}

/// Where the planes of `from` and `to` lie in those of `item`. \pre rank >= 2
inline kernels::ImageTile tile_of(const Region& item, const Region& from, const Region& to) {
  const int y = item.rank - 2, x = item.rank - 1;
  return {item.shape[static_cast<size_t>(y)],
          item.shape[static_cast<size_t>(x)],
          from.begin(y),
          from.begin(x),
          to.begin(y),
          to.begin(x)};
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
