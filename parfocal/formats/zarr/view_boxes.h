#pragma once
/// Views of pixels as the boxes of bytes that array_copy.h copies.

#include "parfocal/core/view.h"
#include "parfocal/formats/zarr/array_copy.h"

namespace parfocal {

inline Box<std::byte> bytes_of(const MutableView& view) {
  Box<std::byte> box{view.data, {}};
  for (int a = 0; a < view.region.rank; ++a)
    box.strides[a] = view.strides[a] * static_cast<int64_t>(dtype_size(view.dtype));
  return box;
}
/// Refers to `region`.
inline std::span<const int64_t> shape_of(const Region& region) {
  return {region.shape.data(), static_cast<size_t>(region.rank)};
}
/// Sets all pixels of `part` to `value`, which has the bytes of one.
inline void fill_view(const MutableView& part, std::span<const std::byte> value) {
  fill_box(bytes_of(part), shape_of(part.region), value);
}

}  // namespace parfocal
