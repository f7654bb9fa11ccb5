#include "parfocal/kernels/object_pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/kernels/test_masks.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

template <class T>
std::vector<T> random_pixels(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<T> pixels(static_cast<size_t>(count));
  for (T& pixel : pixels) pixel = static_cast<T>(random());
  return pixels;
}

template <class T>
void expect_sums(const TestMask& mask, uint32_t seed) {
  const int64_t w = mask.width, h = mask.height;
  const auto image = random_pixels<T>(w * h, seed), below = random_pixels<T>(w * h, seed + 1);
  std::vector<int32_t> differences(mask.pixels.size()), expected;
  const ObjectPixels got = object_pixels<T>(mask.view(), {image.data(), w, h, w},
                                            {below.data(), w, h, w}, differences.data());
  int64_t sum = 0, squares = 0, difference_squares = 0;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    if (!mask.pixels[i]) continue;
    expected.push_back(int32_t{image[i]} - int32_t{below[i]});
    sum += image[i];
    squares += int64_t{image[i]} * image[i];
    difference_squares += int64_t{expected.back()} * expected.back();
  }
  ASSERT_EQ(got.count, static_cast<int64_t>(expected.size()));
  differences.resize(expected.size());
  EXPECT_EQ(differences, expected);
  EXPECT_EQ(got.sum, sum);
  EXPECT_EQ(got.sum_of_squares, squares);
  EXPECT_EQ(got.difference_sum_of_squares, difference_squares);
  if (expected.empty()) return;
  EXPECT_EQ(got.least, *std::min_element(expected.begin(), expected.end()));
  EXPECT_EQ(got.greatest, *std::max_element(expected.begin(), expected.end()));
}

TEST(ObjectPixels, AddUpWhatTheMaskShows) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    expect_sums<uint8_t>(random_mask(1 + seed, 1 + seed % 7, seed), seed);
    expect_sums<uint16_t>(random_mask(1 + seed, 1 + seed % 7, seed), seed);
  }
}

TEST(ObjectPixels, OfExtremes16BitPixelsHaveAnExactDeviation) {
  // Half zeros, half 65535, a thousand million of them: the squares need 62 bits.
  const int64_t n = 1'000'000'000, half = n / 2;
  const auto m = mean_and_deviation(n, half * 65535, half * 65535 * 65535);
  EXPECT_EQ(m.mean, 32767.5);
  EXPECT_EQ(m.deviation, 32767.5);
  EXPECT_EQ(mean_and_deviation(3, 300, 30000).deviation, 0);
}

void expect_percentiles(std::vector<int32_t> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const int32_t least = *low, greatest = *high;
  std::vector<int32_t> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<uint32_t> bins(kPercentileBins);
  const double percents[3] = {10, 90, 50};
  double got[3];
  percentiles(values.data(), static_cast<int64_t>(values.size()), least, greatest, percents, 3,
              bins.data(), got);
  for (int i = 0; i < 3; ++i) {
    const double r = static_cast<double>(sorted.size() - 1) * percents[i] / 100;
    const auto k = static_cast<size_t>(r);
    const int32_t above = sorted[std::min(k + 1, sorted.size() - 1)];
    EXPECT_NEAR(got[i], sorted[k] + (r - static_cast<double>(k)) * (above - sorted[k]),
                1e-11 * (1 + std::abs(static_cast<double>(sorted[k]))));
  }
}

TEST(Percentiles, InterpolateBetweenRanksForNarrowAndWideRanges) {
  std::mt19937 random(3);
  for (int count = 1; count < 60; ++count) {
    std::vector<int32_t> narrow, wide;
    for (int i = 0; i < count; ++i) {
      narrow.push_back(static_cast<int32_t>(random() % 300) - 200);
      wide.push_back(static_cast<int32_t>(random() % 131071) - 65535);
    }
    expect_percentiles(narrow);
    expect_percentiles(wide);
  }
}

template <class T>
double median(std::vector<T> pixels, int64_t width) {
  TestScratch scratch(plane_median_scratch_bytes<T>());
  const auto height = static_cast<int64_t>(pixels.size()) / std::max<int64_t>(1, width);
  return plane_median<T>({pixels.data(), width, height, width}, scratch.data());
}

template <class T>
void expect_median(int64_t width, int64_t height, uint32_t seed) {
  auto pixels = random_pixels<T>(width * height, seed);
  if (seed % 2)
    for (T& pixel : pixels) pixel = static_cast<T>(250 + pixel % 9);
  auto sorted = pixels;
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  EXPECT_EQ(median<T>(pixels, width),
            (static_cast<double>(sorted[(n - 1) / 2]) + static_cast<double>(sorted[n / 2])) / 2);
}

TEST(PlaneMedian, IsTheMiddleOrTheMeanOfTheMiddleTwo) {
  for (uint32_t seed = 0; seed < 30; ++seed) {
    expect_median<uint8_t>(1 + seed, 1 + seed % 5, seed);
    expect_median<uint16_t>(1 + seed, 1 + seed % 5, seed);
  }
  EXPECT_TRUE(std::isnan(median<uint8_t>({}, 0)));
}

}  // namespace
}  // namespace parfocal::kernels
