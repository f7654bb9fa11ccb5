#pragma once
/// Small images for tests of kernels: rows with padding that must stay as it is, random pixels.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

template <class T>
struct Image {
  int64_t width = 0, height = 0;
  int64_t stride = 0;
  std::vector<T> pixels;  ///< with the padding

  Image(int64_t w, int64_t h, int64_t padding = 0)
      : width(w), height(h), stride(w + padding), pixels(static_cast<size_t>(h * stride), kPad) {}
  Image(int64_t w, int64_t h, std::vector<T> values)
      : width(w), height(h), stride(w), pixels(std::move(values)) {}

  static Image filled(int64_t w, int64_t h, T value) {
    return {w, h, std::vector<T>(static_cast<size_t>(w * h), value)};
  }
  /// Extreme values, any values, and few values (ties).
  static Image random(int64_t w, int64_t h, int64_t padding, uint64_t seed) {
    std::mt19937_64 random(seed);
    Image image(w, h, padding);
    for (T& pixel : image.pixels) pixel = draw(random);
    return image;
  }

  Plane<T> plane() { return {pixels.data(), width, height, stride}; }
  Plane<const T> plane() const { return {pixels.data(), width, height, stride}; }
  Plane<const T> input() const { return plane(); }
  /// Without the padding.
  std::vector<T> values() const {
    std::vector<T> all;
    for (int64_t y = 0; y < height; ++y)
      all.insert(all.end(), plane().row(y), plane().row(y) + width);
    return all;
  }
  /// At most rows x columns pixels from (y, x) on.
  Plane<const T> part(int64_t y, int64_t x, int64_t rows, int64_t columns) const {
    return {plane().row(y) + x, std::min(columns, width - x), std::min(rows, height - y), stride};
  }
  Plane<T> part(int64_t y, int64_t x, int64_t rows, int64_t columns) {
    return {plane().row(y) + x, std::min(columns, width - x), std::min(rows, height - y), stride};
  }

  /// Equal pixels, and padding that nobody wrote to.
  friend bool operator==(const Image& a, const Image& b) {
    if (a.width != b.width || a.height != b.height) return false;
    for (int64_t y = 0; y < a.height; ++y) {
      if (!std::equal(a.plane().row(y), a.plane().row(y) + a.width, b.plane().row(y))) return false;
    }
    return a.padding_intact() && b.padding_intact();
  }

 private:
  static constexpr T kPad = 77;

  bool padding_intact() const {
    for (size_t i = 0; i < pixels.size(); ++i) {
      if (static_cast<int64_t>(i) % stride >= width && pixels[i] != kPad) return false;
    }
    return true;
  }
  static T draw(std::mt19937_64& random) {
    const uint64_t bits = random();
    if constexpr (std::is_floating_point_v<T>) {
      return (static_cast<T>(bits >> 20) / T{1e11} - T{80}) * (bits % 7 == 0 ? T{1e6} : T{1});
    } else {
      if (bits % 8 == 0) return std::numeric_limits<T>::max();
      if (bits % 8 == 1) return std::numeric_limits<T>::lowest();
      if (bits % 8 < 4) return static_cast<T>(bits >> 8 & 3);
      return static_cast<T>(bits >> 8);
    }
  }
};

/// `first` (and `second`) halved: `of_block` gets the pixels of every block, plane by plane, row by
/// row.
template <class T, class F>
Image<T> halved(const Image<T>& first, const Image<T>* second, F&& of_block) {
  Image<T> half((first.width + 1) / 2, (first.height + 1) / 2);
  for (int64_t y = 0; y < half.height; ++y) {
    for (int64_t x = 0; x < half.width; ++x) {
      std::vector<T> block;
      for (const Image<T>* image : {&first, second}) {
        if (image == nullptr) continue;
        const Plane<const T> part = image->part(2 * y, 2 * x, 2, 2);
        for (int64_t row = 0; row < part.height; ++row) {
          block.insert(block.end(), part.row(row), part.row(row) + part.width);
        }
      }
      half.plane().row(y)[x] = of_block(block);
    }
  }
  return half;
}

}  // namespace parfocal::kernels
