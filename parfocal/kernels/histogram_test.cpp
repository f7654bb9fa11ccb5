#include "parfocal/kernels/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

template <typename T>
std::vector<T> random_levels(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<T> pixels(count);
  for (T& pixel : pixels) pixel = static_cast<T>(random() >> (random() % 24));
  return pixels;
}

TEST(Histogram, CountsEveryGreyLevelOfEveryWidth) {
  const auto bytes = random_levels<uint8_t>(3 * 140, 1);
  const auto words = random_levels<uint16_t>(3 * 140, 2);
  TestScratch small(kHistogramU8ScratchBytes);
  TestScratch large(kHistogramU16ScratchBytes);
  for (int64_t width = 0; width <= 130; width += width < 20 ? 1 : 11) {
    std::vector<uint32_t> expected8(256), expected16(65536), got8(256, 7), got16(65536, 7);
    for (int64_t y = 0; y < 3; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        ++expected8[bytes[y * 140 + x]];
        ++expected16[words[y * 140 + x]];
      }
    }
    histogram_u8({bytes.data(), width, 3, 140}, got8.data(), small.data());
    histogram_u16({words.data(), width, 3, 140}, got16.data(), large.data());
    ASSERT_EQ(got8, expected8);
    ASSERT_EQ(got16, expected16);
  }
}

template <typename T>
class MinMaxOf : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t, uint32_t, float, double>;
TYPED_TEST_SUITE(MinMaxOf, Types);

TYPED_TEST(MinMaxOf, FindsTheExtremesOfEveryWidthOnEveryTarget) {
  for_each_simd_target([](const std::string& target) {
    const auto pixels = random_levels<TypeParam>(2 * 140, 3);
    for (int64_t width = 1; width <= 130; ++width) {
      TypeParam low = pixels[0];
      TypeParam high = pixels[0];
      for (int64_t y = 0; y < 2; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          low = std::min(low, pixels[y * 140 + x]);
          high = std::max(high, pixels[y * 140 + x]);
        }
      }
      const auto found = min_max(Plane<const TypeParam>{pixels.data(), width, 2, 140});
      ASSERT_TRUE(found.any);
      ASSERT_EQ(found.min, low) << target;
      ASSERT_EQ(found.max, high) << target;
    }
  });
}

TEST(MinMaxFloat, IgnoresNanAndReportsPositiveZero) {
  for_each_simd_target([](const std::string&) {
    std::vector<float> pixels(67, std::nanf(""));
    EXPECT_FALSE(min_max(Plane<const float>{pixels.data(), 67, 1, 67}).any);
    pixels[5] = -0.0f;
    pixels[66] = 0.0f;
    const auto found = min_max(Plane<const float>{pixels.data(), 67, 1, 67});
    EXPECT_TRUE(found.any);
    EXPECT_FALSE(std::signbit(found.min));
    EXPECT_FALSE(std::signbit(found.max));
    pixels[9] = std::numeric_limits<float>::infinity();
    EXPECT_TRUE(std::isinf(min_max(Plane<const float>{pixels.data(), 67, 1, 67}).max));
  });
}

TEST(MinMaxInteger, FindsNothingInAnEmptyImage) {
  EXPECT_FALSE(min_max(Plane<const uint8_t>{}).any);
  const uint8_t white = 255;
  EXPECT_TRUE(min_max(Plane<const uint8_t>{&white, 1, 1, 1}).any);
}

TEST(FloatHistogram, PutsEveryPixelBetweenTheEdgesOfItsBin) {
  std::mt19937 random(4);
  std::vector<float> pixels(5000);
  for (float& pixel : pixels) pixel = std::ldexp(static_cast<float>(random() % 100000), -7) - 300;
  const auto range = min_max(Plane<const float>{pixels.data(), 100, 50, 100});
  double edges[kFloatBins + 1];
  float_bin_edges(range.min, range.max, edges);
  for (size_t i = 0; i <= kFloatBins; ++i) pixels[i] = static_cast<float>(edges[i]);
  std::vector<uint32_t> expected(kFloatBins), counts(kFloatBins, 9);
  for (const float pixel : pixels) {
    size_t bin = 0;
    while (bin < kFloatBins - 1 && pixel >= edges[bin + 1]) ++bin;
    ++expected[bin];
  }
  histogram_float(Plane<const float>{pixels.data(), 100, 50, 100}, range.min, range.max,
                  counts.data());
  EXPECT_EQ(counts, expected);
}

// Dividing by the width of a bin rounds some of these edges down, into the bin before.
template <class T>
void expect_edges_begin_their_bins(T low, T high) {
  double edges[kFloatBins + 1];
  float_bin_edges(low, high, edges);
  std::vector<T> pixels(std::begin(edges), std::end(edges));
  std::vector<uint32_t> expected(kFloatBins, 1), counts(kFloatBins);
  expected.back() = 2;  // its upper edge, too
  histogram_float(Plane<const T>{pixels.data(), kFloatBins + 1, 1, kFloatBins + 1}, low, high,
                  counts.data());
  EXPECT_EQ(counts, expected) << low << " to " << high;
  for (size_t i = 1; i + 1 < pixels.size(); ++i)
    pixels[i] = std::nextafter(pixels[i], low);  // each into the bin before
  std::fill(expected.begin(), expected.end(), 1u);
  expected.front() = 2;
  histogram_float(Plane<const T>{pixels.data(), kFloatBins + 1, 1, kFloatBins + 1}, low, high,
                  counts.data());
  EXPECT_EQ(counts, expected) << "below, " << low << " to " << high;
}

TEST(FloatHistogram, AnEdgeBelongsToTheBinThatItBegins) {
  const double ranges[][2] = {{0, 1},      {0.1, 0.7},   {-3.3, 12.1}, {1e-3, 1},  {-1, 0.3},
                              {7.7, 90.1}, {1e-30, 3e9}, {-0.9, -0.2}, {3, 3.001}, {-1e5, 1.7e5}};
  for (const auto& [low, high] : ranges) {
    expect_edges_begin_their_bins(low, high);
    expect_edges_begin_their_bins(static_cast<float>(low), static_cast<float>(high));
  }
}

TEST(FloatHistogram, LeavesOutNanAndWhatIsOutsideTheRange) {
  const std::vector<double> pixels = {std::nan(""), -1, 0, 0.5, 1, 2};
  std::vector<uint32_t> counts(kFloatBins);
  histogram_float(Plane<const double>{pixels.data(), 6, 1, 6}, 0.0, 1.0, counts.data());
  EXPECT_EQ(counts[0], 1u);
  EXPECT_EQ(counts[128], 1u);
  EXPECT_EQ(counts[255], 1u);
}

/// The definition, term by term.
size_t otsu_by_definition(const std::vector<uint32_t>& counts) {
  double best = -1;
  size_t best_level = 0;
  for (size_t split = 0; split < counts.size(); ++split) {
    double w1 = 0, w2 = 0, s1 = 0, s2 = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      (i <= split ? w1 : w2) += counts[i];
      (i <= split ? s1 : s2) += counts[i] * static_cast<double>(i);
    }
    if (w1 == 0 || w2 == 0) continue;
    const double variance = w1 * w2 * (s1 / w1 - s2 / w2) * (s1 / w1 - s2 / w2);
    if (variance > best * (1 + 1e-6)) {
      best = variance;
      best_level = split;
    }
  }
  return best_level;
}

TEST(Otsu, IsTheFirstLevelOfLargestVarianceBetweenClasses) {
  std::mt19937 random(5);
  for (int run = 0; run < 50; ++run) {
    std::vector<uint32_t> counts(256);
    for (uint32_t& count : counts) count = random() % 4 == 0 ? random() % 1000 : 0;
    EXPECT_EQ(otsu_level(counts.data(), counts.size()), otsu_by_definition(counts));
    const std::vector<uint64_t> wide(counts.begin(), counts.end());
    EXPECT_EQ(otsu_level(wide.data(), wide.size()), otsu_by_definition(counts));
  }
}

// Three values at equal distances, equally often: both splits are equally good.
TEST(Otsu, IsTheFirstOfEquallyGoodLevels) {
  for (const std::vector<uint32_t>& few :
       {std::vector<uint32_t>{1, 1, 1}, {0, 2, 0, 2, 0, 2}, {5, 0, 0, 5, 0, 0, 5}}) {
    const size_t first = static_cast<size_t>(
        std::find_if(few.begin(), few.end(), [](uint32_t n) { return n > 0; }) - few.begin());
    EXPECT_EQ(otsu_level(few.data(), few.size()), first);
    const std::vector<uint64_t> wide(few.begin(), few.end());
    EXPECT_EQ(otsu_level(wide.data(), wide.size()), first);
    std::vector<double> centres(few.size()), scratch(few.size());
    std::iota(centres.begin(), centres.end(), 0.0);
    EXPECT_EQ(otsu_bin(few.data(), centres.data(), few.size(), scratch.data()), first);
    EXPECT_EQ(otsu_bin(wide.data(), centres.data(), few.size(), scratch.data()), first);
  }
}

TEST(Otsu, GivesTheOnlyLevelOfAConstantImage) {
  std::vector<uint32_t> counts(65536);
  EXPECT_EQ(otsu_level(counts.data(), counts.size()), 0u);
  counts[300] = 12;
  EXPECT_EQ(otsu_level(counts.data(), counts.size()), 300u);
}

TEST(Otsu, SplitsTwoValuesAsScikitImageDoes) {
  const std::vector<uint32_t> counts = {0, 1, 1};
  EXPECT_EQ(otsu_level(counts.data(), counts.size()), 1u);
  const std::vector<double> pixels = {0, 1};
  std::vector<uint32_t> bins(kFloatBins);
  std::vector<double> centres(kFloatBins), scratch(kFloatBins);
  histogram_float(Plane<const double>{pixels.data(), 2, 1, 2}, 0.0, 1.0, bins.data());
  float_bin_centres(0.0, 1.0, centres.data());
  const size_t bin = otsu_bin(bins.data(), centres.data(), kFloatBins, scratch.data());
  EXPECT_EQ(centres[bin], 0.001953125);
}

}  // namespace
}  // namespace parfocal::kernels
