#pragma once
/// Copies between boxes of pixels with any strides, of up to 6 axes, in bytes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "parfocal/core/region.h"

namespace parfocal {

/// A box of elements: where its first one lies and how far apart they are, in bytes.
template <class Byte>
struct Box {
  Byte* data = nullptr;
  std::array<int64_t, kMaxRank> strides{};
};

/// Strides in bytes of a packed C-order array.
std::array<int64_t, kMaxRank> packed_strides(std::span<const int64_t> shape, int64_t element_bytes);
/// Copies rank(shape) axes of elements of 1, 2, 4 or 8 bytes. The boxes do not overlap.
void copy_box(const Box<const std::byte>& from, const Box<std::byte>& to,
              std::span<const int64_t> shape, int64_t element_bytes);
/// Sets all elements to `value` (element_bytes long).
void fill_box(const Box<std::byte>& to, std::span<const int64_t> shape,
              std::span<const std::byte> value);
/// Reverses the bytes of each element of `bytes` in place.
void swap_elements(std::span<std::byte> bytes, int64_t element_bytes);

}  // namespace parfocal
