#include "parfocal/kernels/regions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "parfocal/kernels/simd_targets.h"

namespace parfocal::kernels {
namespace {

constexpr uint32_t kLabels = 9;

std::vector<uint32_t> random_labels(int64_t width, int64_t height) {
  std::mt19937 random(static_cast<uint32_t>(width));
  std::vector<uint32_t> labels(static_cast<size_t>(width * height));
  uint32_t current = 0;
  for (uint32_t& label : labels) {
    if (random() % 5 == 0) current = random() % 2 == 0 ? 0 : random() % (kLabels - 1);
    label = current;
  }
  return labels;
}

// Labels of 16 bits give the same sums.
template <typename T>
void expect_the_same_of_narrow_labels(const std::vector<uint32_t>& labels,
                                      const std::vector<T>& pixels, int64_t width,
                                      const std::vector<RegionSums>& regions,
                                      const std::vector<IntensitySums<T>>& intensities) {
  const std::vector<uint16_t> narrow(labels.begin(), labels.end());
  const auto height = static_cast<int64_t>(labels.size()) / width;
  std::vector<RegionSums> got(kLabels + 1);
  std::vector<IntensitySums<T>> values(kLabels + 1);
  ASSERT_TRUE(measure_regions<T>(Plane<const uint16_t>{narrow.data(), width, height, width},
                                 {pixels.data(), width, height, width}, 100, 7, kLabels, got.data(),
                                 values.data()));
  for (size_t i = 0; i <= kLabels; ++i) {
    ASSERT_EQ(got[i].area, regions[i].area);
    ASSERT_EQ(got[i].sum_row_column, regions[i].sum_row_column);
    ASSERT_EQ(got[i].max_column, regions[i].max_column);
    ASSERT_EQ(values[i].sum, intensities[i].sum);
  }
}

template <typename T>
void expect_sums_of_pixels(int64_t width, int64_t height) {
  const auto labels = random_labels(width, height);
  std::mt19937 random(3);
  std::vector<T> pixels(labels.size());
  for (T& pixel : pixels) pixel = static_cast<T>(static_cast<double>(random() % 999999) / 7 - 40);
  std::vector<RegionSums> expected(kLabels + 1), got(kLabels + 1);
  std::vector<IntensitySums<T>> expected_values(kLabels + 1), got_values(kLabels + 1);
  for (int64_t i = 0; i < width * height; ++i) {
    const uint32_t label = labels[i];
    if (label == 0) continue;
    const auto row = static_cast<uint32_t>(100 + i / width);
    const auto column = static_cast<uint32_t>(7 + i % width);
    const uint64_t r = row;
    const uint64_t c = column;
    expected[label].add({1, r, c, r * r, r * c, c * c, row, column, row + 1, column + 1});
    auto& values = expected_values[label];
    values.sum += static_cast<typename IntensitySums<T>::Sum>(pixels[i]);
    values.min = std::min(values.min, pixels[i]);
    values.max = std::max(values.max, pixels[i]);
  }
  ASSERT_TRUE(measure_regions<T>(Plane<const uint32_t>{labels.data(), width, height, width},
                                 {pixels.data(), width, height, width}, 100, 7, kLabels, got.data(),
                                 got_values.data()));
  expect_the_same_of_narrow_labels<T>(labels, pixels, width, got, got_values);
  for (uint32_t i = 0; i <= kLabels; ++i) {
    ASSERT_EQ(got[i].area, expected[i].area) << i;
    ASSERT_EQ(got[i].sum_row, expected[i].sum_row);
    ASSERT_EQ(got[i].sum_column, expected[i].sum_column);
    ASSERT_EQ(got[i].sum_row_row, expected[i].sum_row_row);
    ASSERT_EQ(got[i].sum_row_column, expected[i].sum_row_column);
    ASSERT_EQ(got[i].sum_column_column, expected[i].sum_column_column);
    ASSERT_EQ(got[i].min_row, expected[i].min_row);
    ASSERT_EQ(got[i].min_column, expected[i].min_column);
    ASSERT_EQ(got[i].max_row, expected[i].max_row);
    ASSERT_EQ(got[i].max_column, expected[i].max_column);
    ASSERT_EQ(got_values[i].sum, expected_values[i].sum);  // floats too: the order is stated
    ASSERT_EQ(got_values[i].min, expected_values[i].min);
    ASSERT_EQ(got_values[i].max, expected_values[i].max);
  }
}

template <typename T>
class Regions : public ::testing::Test {};
using Types =
    ::testing::Types<uint8_t, uint16_t, uint32_t, int8_t, int16_t, int32_t, float, double>;
TYPED_TEST_SUITE(Regions, Types);

TYPED_TEST(Regions, AreTheSumsOfTheirPixelsForEveryWidthOnEveryTarget) {
  for_each_simd_target([](const std::string&) {
    for (int64_t width = 1; width <= 130; ++width) expect_sums_of_pixels<TypeParam>(width, 7);
  });
}

TEST(RegionSum, OfLongRunsIsExact) {
  constexpr int64_t width = 65535;
  const std::vector<uint32_t> labels(2 * width, 1);
  const std::vector<uint16_t> pixels(2 * width, 65535);
  const std::vector<int16_t> negative(2 * width, -32768);
  std::vector<RegionSums> regions(2);
  std::vector<IntensitySums<uint16_t>> sums(2);
  std::vector<IntensitySums<int16_t>> negative_sums(2);
  ASSERT_TRUE(measure_regions<uint16_t>(Plane<const uint32_t>{labels.data(), width, 2, width},
                                        {pixels.data(), width, 2, width}, 0, 0, 1, regions.data(),
                                        sums.data()));
  EXPECT_EQ(sums[1].sum, uint64_t{65535} * 2 * width);
  ASSERT_TRUE(measure_regions<int16_t>(Plane<const uint32_t>{labels.data(), width, 2, width},
                                       {negative.data(), width, 2, width}, 0, 0, 1, regions.data(),
                                       negative_sums.data()));
  EXPECT_EQ(negative_sums[1].sum, -int64_t{32768} * 2 * width);
  EXPECT_EQ(regions[1].area, uint64_t{4 * width});  // two passes add up
}

TEST(RegionError, TellsLabelsAboveTheCountAndMeasuresTheRest) {
  const std::vector<uint32_t> labels = {1, 1, 5, 0, 2};
  std::vector<RegionSums> regions(3);
  EXPECT_FALSE(measure_regions({labels.data(), 5, 1, 5}, 0, 0, 2, regions.data()));
  EXPECT_EQ(regions[1].area, 2u);
  EXPECT_EQ(regions[2].area, 1u);
}

TEST(RegionIntensity, OfNanMakesTheSumNanAndPassesMinAndMax) {
  const std::vector<uint32_t> labels = {1, 1, 1};
  const std::vector<float> pixels = {2, std::nanf(""), 3};
  std::vector<RegionSums> regions(2);
  std::vector<IntensitySums<float>> sums(2);
  ASSERT_TRUE(measure_regions<float>(Plane<const uint32_t>{labels.data(), 3, 1, 3},
                                     {pixels.data(), 3, 1, 3}, 0, 0, 1, regions.data(),
                                     sums.data()));
  EXPECT_TRUE(std::isnan(sums[1].sum));
  EXPECT_EQ(sums[1].min, 2);
  EXPECT_EQ(sums[1].max, 3);
}

TEST(RegionEmpty, MeasuresNothing) {
  RegionSums none;
  EXPECT_TRUE(measure_regions(Plane<const uint32_t>{}, 0, 0, 0, &none));
  EXPECT_EQ(none.area, 0u);
}

}  // namespace
}  // namespace parfocal::kernels
