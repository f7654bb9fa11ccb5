#include "parfocal/kernels/downsample_labels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_image.h"

namespace parfocal::kernels {
namespace {

template <class T>
class DownsampleLabels : public ::testing::Test {};
using Types =
    ::testing::Types<uint8_t, uint16_t, uint32_t, uint64_t, int8_t, int16_t, int32_t, int64_t>;
TYPED_TEST_SUITE(DownsampleLabels, Types);

template <class T>
T mode_of(const std::vector<T>& block) {
  std::map<T, int> counts;
  for (const T pixel : block) ++counts[pixel];
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) {
                            return a.second < b.second;  // the first of several: the smallest
                          })
      ->first;
}

template <class T>
Image<T> mode(const Image<T>& image) {
  Image<T> half((image.width + 1) / 2, (image.height + 1) / 2, 3);
  mode_2x2(image.plane(), half.plane());
  return half;
}

template <class T>
Image<T> mode(const Image<T>& first, const Image<T>& second) {
  Image<T> half((first.width + 1) / 2, (first.height + 1) / 2, 3);
  mode_2x2x2(first.plane(), second.plane(), half.plane());
  return half;
}

template <class T>
Image<T> nearest(const Image<T>& image) {
  Image<T> half((image.width + 1) / 2, (image.height + 1) / 2, 2);
  nearest_2x2(image.plane(), half.plane());
  return half;
}

TYPED_TEST(DownsampleLabels, TakeTheMostFrequentAndOfThoseTheSmallest) {
  using T = TypeParam;
  const auto of_block = [](const std::vector<T>& block) { return mode_of(block); };
  for_each_simd_target([&](const std::string& target) {
    for (const int64_t height : {1, 2, 5}) {
      for (int64_t width = 1; width <= 140; width += width < 40 ? 1 : 11) {
        const auto first = Image<T>::random(width, height, 5, 1);
        const auto second = Image<T>::random(width, height, 0, 2);
        ASSERT_EQ(mode(first), halved<T>(first, nullptr, of_block)) << target << ' ' << width;
        ASSERT_EQ(mode(first, second), halved(first, &second, of_block)) << target << ' ' << width;
        ASSERT_EQ(mode(first, second), mode(second, first)) << target << ' ' << width;
        ASSERT_EQ(nearest(first), halved<T>(first, nullptr, [](const auto& b) { return b[0]; }));
      }
    }
  });
}

TYPED_TEST(DownsampleLabels, TileByTileEqualsWhole) {
  using T = TypeParam;
  const auto image = Image<T>::random(45, 19, 4, 3);
  Image<T> modes(23, 10), firsts(23, 10);
  for (int64_t y = 0; y < image.height; y += 6) {
    for (int64_t x = 0; x < image.width; x += 14) {
      const auto tile = image.part(y, x, 6, 14);
      mode_2x2(tile, modes.part(y / 2, x / 2, 3, 7));
      nearest_2x2(tile, firsts.part(y / 2, x / 2, 3, 7));
    }
  }
  EXPECT_EQ(modes, mode(image));
  EXPECT_EQ(firsts, nearest(image));
}

TYPED_TEST(DownsampleLabels, MakeNoNewLabelAndTakeEmptyPlanes) {
  using T = TypeParam;
  EXPECT_EQ(mode(Image<T>::filled(5, 3, 9)), Image<T>::filled(3, 2, 9));
  mode_2x2(Plane<const T>{}, Plane<T>{});
  mode_2x2x2(Plane<const T>{}, Plane<const T>{}, Plane<T>{});
  nearest_2x2(Plane<const T>{}, Plane<T>{});
}

TEST(DownsampleNearest, KeepsEveryFloatAsItIs) {
  const auto image = Image<double>::random(37, 9, 0, 4);
  EXPECT_EQ(nearest(image), halved<double>(image, nullptr, [](const auto& b) { return b[0]; }));
}

}  // namespace
}  // namespace parfocal::kernels
