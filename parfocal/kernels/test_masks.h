#pragma once
/// Test helper: masks to look at, and random ones with objects of several shapes.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Pixels in one block of just their size, so that a sanitizer sees what reads past them.
struct TestMask {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> pixels = {};

  uint8_t& at(int64_t x, int64_t y) { return pixels[static_cast<size_t>(y * width + x)]; }
  uint8_t at(int64_t x, int64_t y) const { return pixels[static_cast<size_t>(y * width + x)]; }
  bool inside(int64_t x, int64_t y) const { return x >= 0 && y >= 0 && x < width && y < height; }
  /// 0 outside of the mask.
  uint8_t or_zero(int64_t x, int64_t y) const { return inside(x, y) ? at(x, y) : uint8_t{0}; }
  Plane<uint8_t> plane() { return {pixels.data(), width, height, width}; }
  Plane<const uint8_t> view() const { return {pixels.data(), width, height, width}; }
};

/// '#' = 1, anything else 0.
inline TestMask drawn(const std::vector<std::string>& rows) {
  TestMask mask{static_cast<int64_t>(rows.empty() ? 0 : rows[0].size()),
                static_cast<int64_t>(rows.size())};
  for (const std::string& row : rows)
    for (const char c : row) mask.pixels.push_back(c == '#');
  return mask;
}

/// Blocks of random pixels with single pixels flipped: objects with holes, spurs and touching
/// corners. `fill` of 8 is the fraction of object.
inline TestMask random_mask(int64_t width, int64_t height, uint32_t seed, uint32_t fill = 4) {
  TestMask mask{width, height};
  mask.pixels.resize(static_cast<size_t>(width * height));
  std::mt19937 random(seed);
  std::vector<uint8_t> blocks(static_cast<size_t>(width * height));
  for (uint8_t& block : blocks) block = random() % 8 < fill;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      mask.at(x, y) = blocks[static_cast<size_t>(y / 2 * width + x / 3)] ^ (random() % 16 == 0);
  return mask;
}

/// The mask with a margin of one pixel of background.
inline TestMask padded(const TestMask& mask) {
  TestMask out{mask.width + 2, mask.height + 2};
  out.pixels.resize(static_cast<size_t>(out.width * out.height));
  for (int64_t y = 0; y < mask.height; ++y)
    for (int64_t x = 0; x < mask.width; ++x) out.at(x + 1, y + 1) = mask.at(x, y);
  return out;
}

/// 1 for the pixels of value `value` that a 4-connected path joins to one of `starts`.
inline TestMask flooded(const TestMask& mask, uint8_t value,
                        std::vector<std::pair<int64_t, int64_t>> starts) {
  TestMask out{mask.width, mask.height, std::vector<uint8_t>(mask.pixels.size())};
  while (!starts.empty()) {
    const auto [x, y] = starts.back();
    starts.pop_back();
    if (!mask.inside(x, y) || mask.at(x, y) != value || out.at(x, y)) continue;
    out.at(x, y) = 1;
    starts.insert(starts.end(), {{x + 1, y}, {x - 1, y}, {x, y + 1}, {x, y - 1}});
  }
  return out;
}

}  // namespace parfocal::kernels
