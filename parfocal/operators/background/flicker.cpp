#include "parfocal/operators/background/flicker.h"

#include <algorithm>
#include <cmath>

#include "parfocal/operators/background/cleansing.h"

namespace parfocal::background {
namespace {

constexpr double kLeastJump = 2.5;
constexpr int64_t kLeastEvents = 5;

}  // namespace

template <class T>
double wall_median(const T* pixels, int64_t count, T* scratch) {
  T* const end = std::copy_n(pixels, count, scratch);
  T* const middle = scratch + count / 2;
  std::nth_element(scratch, middle, end);
  if (count % 2 == 1) return *middle;
  return (static_cast<double>(*std::max_element(scratch, middle)) + *middle) / 2;
}
template double wall_median(const uint8_t*, int64_t, uint8_t*);
template double wall_median(const uint16_t*, int64_t, uint16_t*);

Flicker find_flicker(std::span<const double> walls, std::span<double> scratch) {
  std::copy(walls.begin(), walls.end(), scratch.begin());
  const double median = median_of(scratch.first(walls.size()));
  Flicker flicker;
  for (const double wall : walls) flicker.events += std::fabs(wall - median) >= kLeastJump;
  flicker.found = flicker.events >= kLeastEvents;
  return flicker;
}

}  // namespace parfocal::background
