#include "parfocal/kernels/bounding_box.h"

#include <algorithm>

namespace parfocal::kernels {
namespace {

constexpr int64_t kBlock = 64;

/// First column from `begin` on with a nonzero pixel, or `width`. Whole blocks are skipped by one
/// OR, which compilers turn into vectors.
int64_t first_set(const uint8_t* row, int64_t begin, int64_t width) noexcept {
  int64_t x = begin;
  for (; x + kBlock <= width; x += kBlock) {
    uint8_t any = 0;
    for (int64_t i = 0; i < kBlock; ++i) any |= row[x + i];
    if (any != 0) break;
  }
  while (x < width && row[x] == 0) ++x;
  return x;
}

/// One past the last column with a nonzero pixel at or after `least`, or `least`.
int64_t end_of_set(const uint8_t* row, int64_t least, int64_t width) noexcept {
  int64_t x = width;
  for (; x - kBlock >= least; x -= kBlock) {
    uint8_t any = 0;
    for (int64_t i = 1; i <= kBlock; ++i) any |= row[x - i];
    if (any != 0) break;
  }
  while (x > least && row[x - 1] == 0) --x;
  return x;
}

}  // namespace

Window bounding_box(Plane<const uint8_t> mask) noexcept {
  int64_t x0 = mask.width, x1 = 0, y0 = mask.height, y1 = 0;
  for (int64_t y = 0; y < mask.height; ++y) {
    const uint8_t* row = mask.row(y);
    const int64_t first = first_set(row, 0, mask.width);
    if (first == mask.width) continue;
    x0 = std::min(x0, first);
    x1 = end_of_set(row, std::max(x1, first + 1), mask.width);
    y0 = std::min(y0, y);
    y1 = y + 1;
  }
  if (y1 == 0) return {};
  return {x0, y0, x1 - x0, y1 - y0};
}

}  // namespace parfocal::kernels
