#include "parfocal/kernels/footprint.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace parfocal::kernels {

int64_t disk_chords(double radius, Chord* chords, int64_t capacity) noexcept {
  // Sample positions exactly as numpy.arange(-radius, radius + 1) computes them.
  const double first = -radius;
  const double delta = (first + 1) - first;
  const auto samples = static_cast<int32_t>(std::ceil(radius + 1 - first));
  const int32_t origin = samples / 2;
  const auto inside = [&](int32_t row, int32_t column) {
    const double y = first + row * delta;
    const double x = first + column * delta;
    return x * x + y * y <= radius * radius;
  };
  int64_t count = 0;
  for (int32_t row = 0; row < samples; ++row) {
    int32_t begin = 0;
    while (begin < samples && !inside(row, begin)) ++begin;
    if (begin == samples) continue;
    int32_t end = begin;
    while (end < samples && inside(row, end)) ++end;
    if (count < capacity) chords[count] = {row - origin, begin - origin, end - origin};
    ++count;
  }
  return count;
}

int64_t rectangle_chords(int64_t rows, int64_t columns, Chord* chords, int64_t capacity) noexcept {
  const auto top = static_cast<int32_t>(-(rows / 2));
  const auto left = static_cast<int32_t>(-(columns / 2));
  for (int64_t i = 0; i < std::min(rows, capacity); ++i) {
    chords[i] = {top + static_cast<int32_t>(i), left, left + static_cast<int32_t>(columns)};
  }
  return rows;
}

int64_t footprint_pixels(Footprint footprint) noexcept {
  int64_t pixels = 0;
  for (int64_t i = 0; i < footprint.count; ++i)
    pixels += footprint.chords[i].end - footprint.chords[i].begin;
  return pixels;
}

int64_t footprint_reach(Footprint footprint) noexcept {
  int64_t reach = 0;
  for (int64_t i = 0; i < footprint.count; ++i) {
    const Chord& chord = footprint.chords[i];
    reach = std::max<int64_t>(
        {reach, std::abs(chord.row), std::abs(chord.begin), std::abs(chord.end - 1)});
  }
  return reach;
}

}  // namespace parfocal::kernels
