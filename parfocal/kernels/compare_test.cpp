#include "parfocal/kernels/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "parfocal/kernels/simd_targets.h"

namespace parfocal::kernels {
namespace {

template <typename T>
class Compare : public ::testing::Test {};
using Types =
    ::testing::Types<uint8_t, uint16_t, uint32_t, int8_t, int16_t, int32_t, float, double>;
TYPED_TEST_SUITE(Compare, Types);

template <typename T>
std::vector<T> random_pixels(size_t count) {
  std::mt19937_64 random(7);
  std::vector<T> pixels(count);
  for (T& pixel : pixels) {
    const uint64_t bits = random();
    std::memcpy(&pixel, &bits, sizeof(T));
    if (bits % 3 == 0) pixel = static_cast<T>(bits % 100);
  }
  pixels[1] = std::numeric_limits<T>::max();
  pixels[2] = std::numeric_limits<T>::lowest();
  return pixels;
}

TYPED_TEST(Compare, GivesTheAnswerOfRealNumbersOnEveryTarget) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto max = static_cast<double>(Limits::max());
  const auto lowest = static_cast<double>(Limits::lowest());
  for_each_simd_target([&](const std::string& target) {
    const std::vector<T> pixels = random_pixels<T>(131);
    std::vector<double> thresholds = {0,          -0.5,     0.5,       41.5,        42,  -1e300,
                                      1e300,      infinity, 0.1,       lowest,      max, -1,
                                      lowest - 1, max + 1,  -infinity, std::nan("")};
    for (int i = 0; i < 16; ++i) thresholds.push_back(static_cast<double>(pixels[i]));
    for (const double threshold : thresholds) {
      for (int64_t count = 1; count <= 130; ++count) {
        std::vector<uint8_t> above(131, 9);
        std::vector<uint8_t> not_below(131, 9);
        greater(pixels.data() + 1, count, threshold, above.data());
        greater_equal(pixels.data() + 1, count, threshold, not_below.data());
        for (int64_t i = 0; i < count; ++i) {
          const auto pixel = static_cast<double>(pixels[i + 1]);
          ASSERT_EQ(above[i], pixel > threshold) << target << ' ' << pixel << ' ' << threshold;
          ASSERT_EQ(not_below[i], pixel >= threshold) << target << ' ' << pixel << ' ' << threshold;
        }
        ASSERT_EQ(above[count], 9);
        ASSERT_EQ(not_below[count], 9);
      }
    }
  });
}

TEST(CompareStride, LeavesThePaddingOfRowsAlone) {
  const std::vector<uint16_t> pixels = {5, 1, 99, 7, 6, 99};
  std::vector<uint8_t> mask(8, 42);
  greater(Plane<const uint16_t>{pixels.data(), 2, 2, 3}, 5, Plane<uint8_t>{mask.data(), 2, 2, 4});
  EXPECT_EQ(mask, (std::vector<uint8_t>{0, 0, 42, 42, 1, 1, 42, 42}));
}

TEST(CompareFloat, DoesNotRoundTheThresholdToThePixelsType) {
  const float tenth = 0.1f;  // a little above 0.1
  uint8_t mask = 0;
  greater(&tenth, 1, 0.1, &mask);
  EXPECT_EQ(mask, 1);
}

TEST(CompareEmpty, WritesNothing) {
  greater(Plane<const float>{}, 1, Plane<uint8_t>{});
  greater_equal(Plane<const uint8_t>{}, 300, Plane<uint8_t>{});
}

}  // namespace
}  // namespace parfocal::kernels
