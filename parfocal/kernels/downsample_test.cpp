#include "parfocal/kernels/downsample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_image.h"

namespace parfocal::kernels {
namespace {

template <class T>
class Downsample : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t, uint32_t, uint64_t, int8_t, int16_t, int32_t,
                               int64_t, float, double>;
TYPED_TEST_SUITE(Downsample, Types);

/// The mean of a block by the definition, in long arithmetic.
template <class T>
T mean_of(const std::vector<T>& pixels) {
  const auto count = static_cast<__int128>(pixels.size());
  if constexpr (std::is_integral_v<T>) {
    __int128 sum = 0;
    for (const T pixel : pixels) sum += pixel;
    __int128 floor = sum / count;
    if (sum % count < 0) --floor;
    const __int128 twice = 2 * (sum - floor * count);
    return static_cast<T>(floor + (twice > count || (twice == count && floor % 2 != 0)));
  } else {
    T sums[2] = {0, 0};
    const size_t plane = pixels.size() == 8 ? 4 : pixels.size();
    for (size_t i = 0; i < pixels.size(); ++i) sums[i / plane] += pixels[i];
    return (sums[0] + sums[1]) / static_cast<T>(pixels.size());
  }
}

template <class T>
Image<T> reference(const Image<T>& first, const Image<T>* second) {
  return halved(first, second, [](const std::vector<T>& block) { return mean_of(block); });
}

template <class T>
Image<T> mean(const Image<T>& image) {
  Image<T> half(half_size(image.width), half_size(image.height), 3);
  mean_2x2(image.plane(), half.plane());
  return half;
}

template <class T>
Image<block_sum_t<T>> sums_of(const Image<T>& image) {
  Image<block_sum_t<T>> sums(half_size(image.width), half_size(image.height), 1);
  sum_2x2(image.plane(), sums.plane());
  return sums;
}

template <class T>
Image<T> mean(const Image<T>& first, const Image<T>& second) {
  Image<T> half(half_size(first.width), half_size(first.height), 2);
  mean_2x2x2(sums_of(first).input(), second.plane(), half.plane());
  return half;
}

template <class T>
Image<T> mean_by_sums(const Image<T>& image) {
  Image<T> half(half_size(image.width), half_size(image.height));
  mean_of_sums(sums_of(image).input(), image.width, image.height, half.plane());
  return half;
}

TYPED_TEST(Downsample, RoundsTheExactMeanOnceOnEveryTarget) {
  for_each_simd_target([](const std::string& target) {
    for (const int64_t height : {1, 2, 3, 6}) {
      for (int64_t width = 1; width <= 150; width += width < 70 ? 1 : 13) {
        const auto first = Image<TypeParam>::random(width, height, 5, 1);
        const auto second = Image<TypeParam>::random(width, height, 0, 2);
        const auto plane = reference(first, static_cast<const Image<TypeParam>*>(nullptr));
        ASSERT_EQ(mean(first), plane) << target << ' ' << height << 'x' << width;
        ASSERT_EQ(mean_by_sums(first), plane) << target << ' ' << height << 'x' << width;
        ASSERT_EQ(mean(first, second), mean(second, first));
        if constexpr (std::is_integral_v<TypeParam>) {
          ASSERT_EQ(mean(first, second), reference(first, &second)) << target << ' ' << width;
        }
      }
    }
  });
}

TYPED_TEST(Downsample, GivesTheSameBytesOnEveryTarget) {
  const auto first = Image<TypeParam>::random(301, 17, 0, 5);
  const auto second = Image<TypeParam>::random(301, 17, 0, 6);
  const auto plane = mean(first), pair = mean(first, second);
  for_each_simd_target([&](const std::string& target) {
    EXPECT_EQ(mean(first), plane) << target;
    EXPECT_EQ(mean(first, second), pair) << target;
  });
}

TYPED_TEST(Downsample, TileByTileEqualsWhole) {
  const auto image = Image<TypeParam>::random(53, 31, 4, 3);
  const auto whole = mean(image);
  for (const auto& [rows, columns] : {std::pair{2, 2}, {16, 16}, {2, 64}, {8, 10}}) {
    Image<TypeParam> half(whole.width, whole.height);
    for (int64_t y = 0; y < image.height; y += rows) {
      for (int64_t x = 0; x < image.width; x += columns) {
        const auto tile = image.part(y, x, rows, columns);
        mean_2x2(tile, half.part(y / 2, x / 2, half_size(tile.height), half_size(tile.width)));
      }
    }
    EXPECT_EQ(half, whole) << rows << ' ' << columns;
  }
}

TYPED_TEST(Downsample, KeepsConstantsAndTheRangeOfEachBlock) {
  using T = TypeParam;
  const auto image = Image<T>::random(101, 5, 0, 4);
  for (const T value : image.pixels) {
    const Image<T> constant = Image<T>::filled(3, 3, value);
    EXPECT_EQ(mean(constant), Image<T>::filled(2, 2, value));
    EXPECT_EQ(mean(constant, constant), Image<T>::filled(2, 2, value));
  }
  const auto other = Image<T>::random(101, 5, 0, 9);
  const auto half = mean(image, other).values();
  const auto low = halved(image, &other, [](const std::vector<T>& block) {
    return *std::min_element(block.begin(), block.end());
  });
  const auto high = halved(image, &other, [](const std::vector<T>& block) {
    return *std::max_element(block.begin(), block.end());
  });
  for (size_t i = 0; i < half.size(); ++i) {
    EXPECT_LE(low.pixels[i], half[i]);
    EXPECT_GE(high.pixels[i], half[i]);
  }
}

TYPED_TEST(Downsample, TakesBottomUpImages) {
  auto image = Image<TypeParam>::random(7, 6, 0, 8);
  const auto half = mean(image);
  auto flipped = image;
  for (int64_t y = 0; y < 6; ++y) std::copy_n(image.plane().row(y), 7, flipped.plane().row(5 - y));
  Image<TypeParam> out(4, 3);
  mean_2x2(Plane<const TypeParam>{flipped.plane().row(5), 7, 6, -7}, out.plane());
  EXPECT_EQ(out, half);
}

TYPED_TEST(Downsample, TakesEmptyPlanes) {
  using T = TypeParam;
  mean_2x2(Plane<const T>{}, Plane<T>{});
  sum_2x2(Plane<const T>{}, Plane<block_sum_t<T>>{});
  mean_2x2x2(Plane<const block_sum_t<T>>{}, Plane<const T>{}, Plane<T>{});
  mean_of_sums(Plane<const block_sum_t<T>>{}, 0, 0, Plane<T>{});
}

TEST(DownsampleMean, OfMasksIsTheMajorityAndTiesAreBackground) {
  const Image<uint8_t> mask = {4, 2, {1, 1, 1, 0, 1, 0, 1, 0}};
  EXPECT_EQ(mean(mask).values(), (std::vector<uint8_t>{1, 0}));
}

TEST(DownsampleMean, TiesGoToEvenAlsoBelowZero) {
  const Image<int16_t> image = {6, 1, {-1, 0, -1, -2, -2, -3}};  // -0.5, -1.5, -2.5
  EXPECT_EQ(mean(image).values(), (std::vector<int16_t>{0, -2, -2}));
}

TEST(DownsampleMean, OfFloatsSpreadsNaNAndInfinityAndHasNoNegativeZero) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> blocks = {nan, 1, inf, 1, inf, -inf, -0.F, -0.F, 3e38F, 3e38F};
  std::vector<float> row;
  for (int i = 0; i < 8; ++i) row.insert(row.end(), blocks.begin(), blocks.end());
  row[0] = std::bit_cast<float>(0xffc01234U);
  const Image<float> image = {80, 1, row};
  const std::vector<float> expected = {nan, inf, nan, 0.F, inf};
  for_each_simd_target([&](const std::string& target) {
    const auto half = mean(image).values();
    for (size_t i = 0; i < half.size(); ++i) {
      EXPECT_EQ(std::bit_cast<uint32_t>(half[i]), std::bit_cast<uint32_t>(expected[i % 5]))
          << target << ' ' << i;
    }
  });
}

}  // namespace
}  // namespace parfocal::kernels
