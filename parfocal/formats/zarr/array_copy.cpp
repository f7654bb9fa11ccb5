#include "parfocal/formats/zarr/array_copy.h"

#include <algorithm>
#include <cstring>

namespace parfocal {
namespace {

using Strides = std::array<int64_t, kMaxRank>;

// Calls f(offset a, offset b) for every index of all axes but the last `inner`.
template <class F>
void for_each_outer(std::span<const int64_t> shape, size_t inner, const Strides& a,
                    const Strides& b, F&& f) {
  for (const int64_t side : shape)
    if (side == 0) return;
  const size_t outer = shape.size() - inner;
  std::array<int64_t, kMaxRank> index{};
  int64_t at_a = 0, at_b = 0;
  for (;;) {
    f(at_a, at_b);
    size_t axis = outer;
    for (; axis > 0; --axis) {
      const size_t i = axis - 1;
      at_a += a[i], at_b += b[i];
      if (++index[i] < shape[i]) break;
      at_a -= shape[i] * a[i], at_b -= shape[i] * b[i];
      index[i] = 0;
    }
    if (axis == 0) return;
  }
}

// A plane of elements of type T; in tiles, so that a transposition stays within the cache.
template <class T>
void copy_plane(const std::byte* from, int64_t from_row, int64_t from_step, std::byte* to,
                int64_t to_row, int64_t to_step, int64_t rows, int64_t columns) {
  constexpr int64_t kTile = 32;
  for (int64_t r = 0; r < rows; r += kTile)
    for (int64_t c = 0; c < columns; c += kTile)
      for (int64_t y = r; y < std::min(rows, r + kTile); ++y)
        for (int64_t x = c; x < std::min(columns, c + kTile); ++x)
          std::memcpy(to + y * to_row + x * to_step, from + y * from_row + x * from_step,
                      sizeof(T));
}

// Trailing axes that are packed in both boxes; `bytes` becomes their common run.
size_t packed_axes(std::span<const int64_t> shape, const Strides& a, const Strides& b,
                   int64_t& bytes) {
  size_t axes = 0;
  for (size_t i = shape.size(); i-- > 0; ++axes) {
    if (shape[i] != 1 && (a[i] != bytes || b[i] != bytes)) break;
    bytes *= shape[i];
  }
  return axes;
}

}  // namespace

Strides packed_strides(std::span<const int64_t> shape, int64_t element_bytes) {
  Strides strides{};
  int64_t stride = element_bytes;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

void copy_box(const Box<const std::byte>& from, const Box<std::byte>& to,
              std::span<const int64_t> shape, int64_t element_bytes) {
  int64_t run = element_bytes;
  const size_t packed = packed_axes(shape, from.strides, to.strides, run);
  if (packed > 0 || shape.empty()) {
    for_each_outer(shape, packed, from.strides, to.strides, [&](int64_t a, int64_t b) {
      std::memcpy(to.data + b, from.data + a, static_cast<size_t>(run));
    });
    return;
  }
  const size_t inner = std::min<size_t>(2, shape.size()), y = shape.size() - inner;
  const size_t x = shape.size() - 1;
  const auto plane = [&]<class T>() {
    for_each_outer(shape, inner, from.strides, to.strides, [&](int64_t a, int64_t b) {
      copy_plane<T>(from.data + a, from.strides[y], from.strides[x], to.data + b, to.strides[y],
                    to.strides[x], inner == 2 ? shape[y] : 1, shape[x]);
    });
  };
  if (element_bytes == 1) return plane.template operator()<uint8_t>();
  if (element_bytes == 2) return plane.template operator()<uint16_t>();
  if (element_bytes == 4) return plane.template operator()<uint32_t>();
  plane.template operator()<uint64_t>();
}

void fill_box(const Box<std::byte>& to, std::span<const int64_t> shape,
              std::span<const std::byte> value) {
  const bool uniform =
      std::all_of(value.begin(), value.end(), [&](std::byte b) { return b == value[0]; });
  int64_t run = static_cast<int64_t>(value.size());
  const size_t packed = packed_axes(shape, to.strides, to.strides, run);
  for_each_outer(shape, packed, to.strides, to.strides, [&](int64_t at, int64_t) {
    if (uniform) {
      std::memset(to.data + at, static_cast<int>(value[0]), static_cast<size_t>(run));
      return;
    }
    for (int64_t i = 0; i < run; i += static_cast<int64_t>(value.size()))
      std::memcpy(to.data + at + i, value.data(), value.size());
  });
}

void swap_elements(std::span<std::byte> bytes, int64_t element_bytes) {
  const size_t n = static_cast<size_t>(element_bytes);
  const auto swap_all = [&]<class T>(auto swap) {
    for (size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
      T value;
      std::memcpy(&value, bytes.data() + i, sizeof value);
      value = swap(value);
      std::memcpy(bytes.data() + i, &value, sizeof value);
    }
  };
  if (n == 2)
    swap_all.template operator()<uint16_t>([](uint16_t v) { return __builtin_bswap16(v); });
  if (n == 4)
    swap_all.template operator()<uint32_t>([](uint32_t v) { return __builtin_bswap32(v); });
  if (n == 8)
    swap_all.template operator()<uint64_t>([](uint64_t v) { return __builtin_bswap64(v); });
}

}  // namespace parfocal
