#pragma once
/// A borrowed window on pixels: data + dtype + the absolute region it shows + strides.

#include <type_traits>

#include "parfocal/core/dtype.h"
#include "parfocal/core/region.h"

namespace parfocal {

/// The one view type. `region` is absolute (coordinates of the whole item), so an operator sees
/// where its window lies; data points at region.origin. Strides are in elements; the last axis is
/// contiguous (stride 1) in every view the engine makes.
template <class Byte>
struct BasicView {
  Byte* data = nullptr;
  DType dtype = DType::u8;
  Region region;
  std::array<int64_t, kMaxRank> strides{};

  template <class T>
  using Pixel = std::conditional_t<std::is_const_v<Byte>, const T, T>;

  /// Pointer to the first pixel as T. \pre dtype_of<T>() == dtype
  template <class T>
  Pixel<T>* as() const {
    return reinterpret_cast<Pixel<T>*>(data);
  }
  /// Pointer to the pixel (row y, column region.begin(1)) of a 2-D view, y absolute.
  template <class T>
  Pixel<T>* row(int64_t y) const {
    return as<T>() + (y - region.origin[0]) * strides[0];
  }
  /// The scalar of a rank-0 view.
  template <class T>
  Pixel<T>& scalar() const {
    return *as<T>();
  }
  int64_t bytes() const { return region.count() * static_cast<int64_t>(dtype_size(dtype)); }
  bool contiguous() const {
    int64_t n = 1;
    for (int a = region.rank - 1; a >= 0; --a) {
      if (region.shape[a] > 1 && strides[a] != n) return false;
      n *= region.shape[a];
    }
    return true;
  }
  operator BasicView<const Byte>() const { return {data, dtype, region, strides}; }
};
using View = BasicView<const std::byte>;
using MutableView = BasicView<std::byte>;

/// A contiguous view of `region` at `data`.
template <class Byte>
BasicView<Byte> packed_view(Byte* data, DType dtype, const Region& region) {
  BasicView<Byte> v{data, dtype, region, {}};
  int64_t stride = 1;
  for (int a = region.rank - 1; a >= 0; --a) {
    v.strides[a] = stride;
    stride *= region.shape[a];
  }
  return v;
}
/// The part `region` of `view`. \pre view.region.contains(region)
template <class Byte>
BasicView<Byte> subview(const BasicView<Byte>& view, const Region& region) {
  BasicView<Byte> v = view;
  int64_t offset = 0;
  for (int a = 0; a < region.rank; ++a)
    offset += (region.origin[a] - view.region.origin[a]) * view.strides[a];
  v.data = view.data + offset * static_cast<int64_t>(dtype_size(view.dtype));
  v.region = region;
  return v;
}
/// Calls f(const Byte* run, absolute index of its first pixel) for every contiguous last-axis run.
template <class Byte, class F>
void for_each_run(const BasicView<Byte>& v, F&& f) {
  if (v.region.count() == 0) return;
  std::array<int64_t, kMaxRank> index = v.region.origin;
  const int outer = v.region.rank - 1;
  const int64_t size = static_cast<int64_t>(dtype_size(v.dtype));
  for (;;) {
    int64_t offset = 0;
    for (int a = 0; a < outer; ++a) offset += (index[a] - v.region.origin[a]) * v.strides[a];
    f(v.data + offset * size, index);
    int a = outer - 1;
    while (a >= 0 && ++index[a] == v.region.end(a)) {
      index[a] = v.region.origin[a];
      --a;
    }
    if (a < 0) return;
  }
}
/// Copies the pixels of `dst.region` from `src`. \pre same dtype, src.region.contains(dst.region)
void copy_pixels(const View& src, const MutableView& dst);
/// Sets every pixel to zero bytes.
void clear_pixels(const MutableView& dst);

}  // namespace parfocal
