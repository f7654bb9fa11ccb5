#include "parfocal/operators/background/cleansing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "parfocal/operators/background/flicker.h"

namespace parfocal::background {
namespace {

using Doubles = std::vector<double>;

double plain_median(Doubles v) {
  std::sort(v.begin(), v.end());
  const size_t n = v.size();
  return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

TEST(CentreRows, FollowPythonsNegativeIndices) {
  EXPECT_EQ(centre_rows(1), (RowRange{0, 1}));
  EXPECT_EQ(centre_rows(13), (RowRange{0, 13}));
  EXPECT_EQ(centre_rows(14), (RowRange{1, 14}));
  EXPECT_EQ(centre_rows(20), (RowRange{10, 20}));
  EXPECT_EQ(centre_rows(30), (RowRange{25, 30}));
  EXPECT_EQ(centre_rows(39), (RowRange{38, 39}));
  EXPECT_EQ(centre_rows(40), (RowRange{0, 40}));
  EXPECT_EQ(centre_rows(48), (RowRange{4, 44}));
  EXPECT_EQ(centre_rows(80), (RowRange{20, 60}));
  EXPECT_EQ(centre_rows(200), (RowRange{50, 150}));
  for (int64_t height = 1; height < 300; ++height) {
    const RowRange rows = centre_rows(height);
    ASSERT_TRUE(rows.begin >= 0 && rows.count() > 0 && rows.end <= height) << height;
  }
}

TEST(MedianFilter10, MirrorsBothEndsAsOftenAsNeeded) {
  std::mt19937 random(1);
  for (const int64_t n : {1, 2, 3, 4, 5, 9, 10, 11, 40}) {
    Doubles values(static_cast<size_t>(n)), out(values.size());
    for (double& v : values) v = static_cast<double>(random() % 20);
    // The mirrored series, written out.
    Doubles mirrored;
    for (int copy = 0; copy < 14; ++copy) {
      Doubles part = values;
      if (copy % 2 == 1) std::reverse(part.begin(), part.end());
      mirrored.insert(mirrored.end(), part.begin(), part.end());
    }
    median_filter_10(values, out);
    for (int64_t i = 0; i < n; ++i) {
      const auto first = mirrored.begin() + 6 * n + i - 5;
      Doubles window(first, first + 10);
      std::sort(window.begin(), window.end());
      ASSERT_EQ(out[static_cast<size_t>(i)], window[5]) << n << " " << i;
    }
  }
}

TEST(Quantile, EqualsNumpysLinearMethod) {
  const Doubles v{0, 0.1, 0.3, 1.7, 2};
  EXPECT_EQ(quantile(v, 0), 0);
  EXPECT_EQ(quantile(v, 1), 2);
  EXPECT_EQ(quantile(v, 0.5), 0.3);
  const double low = 0.8 * 4 - 3, high = 0.9 * 4 - 3;  // parts below and above one half
  EXPECT_EQ(quantile(v, 0.8), 1.7 + (2 - 1.7) * low);
  EXPECT_EQ(quantile(v, 0.9), 2 - (2 - 1.7) * (1 - high));
  EXPECT_EQ(quantile(Doubles{7}, 0.8), 7);
}

TEST(PairwiseSum, AddsInNumpysOrder) {
  // numpy.sum of 1 / (i + 1) for i < n, NumPy 2.4.6.
  const auto harmonic = [](size_t n) {
    Doubles v(n);
    for (size_t i = 0; i < n; ++i) v[i] = 1.0 / static_cast<double>(i + 1);
    return pairwise_sum(v);
  };
  EXPECT_EQ(harmonic(7), 2.5928571428571425);
  EXPECT_EQ(harmonic(100), 5.187377517639621);
  EXPECT_EQ(harmonic(1000), 7.485470860550345);
  EXPECT_EQ(harmonic(12345), 9.998262568361625);
}

/// The same rules on whole arrays, without thought for memory or speed.
struct Plain {
  Doubles centres, reference;
  std::vector<uint8_t> keep;
  bool fell_back = false;
};
Plain plain_cleansing(const std::vector<Doubles>& profiles, const CleansingRule& rule) {
  const size_t n = profiles.size(), rows = profiles[0].size();
  Plain plain{Doubles(n), Doubles(n), std::vector<uint8_t>(n, 1)};
  for (size_t row = 0; row < rows; ++row) {
    Doubles column;
    for (const auto& profile : profiles) column.push_back(profile[row]);
    const double median = plain_median(column);
    for (size_t i = 0; i < n; ++i) plain.centres[i] += column[i] - median;
  }
  for (double& c : plain.centres) c /= static_cast<double>(rows);
  Doubles x(n);
  median_filter_10(plain.centres, x);
  for (size_t i = 0; i < n; ++i) x[i] = plain.centres[i] - x[i];
  const double middle = plain_median(x);
  for (size_t i = 0; i < n; ++i) plain.reference[i] = std::fabs(x[i] - middle);
  if (rule.fraction == 1) return plain;
  Doubles sorted = plain.reference, spare(n);
  std::sort(sorted.begin(), sorted.end());
  double limit = quantile(sorted, rule.fraction);
  const auto removed = [&](double at) {
    size_t count = 0;
    for (const double r : plain.reference) count += r > at;
    return static_cast<double>(count) / static_cast<double>(n);
  };
  if (rule.threshold > 0) {
    const double wished = population_variance(plain.reference, spare) * 150 / rule.threshold;
    plain.fell_back = 1 - removed(wished) < rule.fraction;
    if (!plain.fell_back) limit = wished;
  }
  for (size_t i = 0; i < n; ++i) plain.keep[i] = plain.reference[i] <= limit;
  return plain;
}

TEST(Cleansing, EqualsThePlainRulesOnRandomSeries) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const size_t n = 1 + random() % 80, rows = 1 + random() % 40;
    std::vector<Doubles> profiles(n, Doubles(rows));
    std::vector<uint16_t> flat;
    for (auto& profile : profiles)
      for (double& p : profile) {
        p = static_cast<double>(10 + random() % 5 + (random() % 50 == 0 ? random() % 300 : 0));
        flat.push_back(static_cast<uint16_t>(p));
      }
    const double thresholds[] = {0, 0.3, 20, 1e5}, fractions[] = {0.5, 0.8, 0.97, 1};
    const CleansingRule rule{thresholds[random() % 4], fractions[random() % 4]};
    const Plain plain = plain_cleansing(profiles, rule);
    std::vector<uint8_t> keep(n);
    Doubles scratch(static_cast<size_t>(cleansing_scratch(static_cast<int64_t>(n))));
    const Cleansing got = cleanse(flat, static_cast<int64_t>(rows), rule, keep, scratch);
    ASSERT_EQ(keep, plain.keep) << seed;
    ASSERT_EQ(got.fell_back, plain.fell_back) << seed;
    ASSERT_EQ(got.removed, std::count(keep.begin(), keep.end(), 0)) << seed;
    ASSERT_LT(got.removed, static_cast<int64_t>(n)) << seed;
  }
}

TEST(Cleansing, TellsTheThresholdThatItFellBackTo) {
  // The threshold would take all that differ, so the fraction decides.
  const std::vector<uint16_t> profiles{10, 14, 30, 22};
  std::vector<uint8_t> keep(4);
  Doubles scratch(12);
  const Cleansing got = cleanse(profiles, 1, {1e9, 0.5}, keep, scratch);
  EXPECT_TRUE(got.fell_back);
  EXPECT_GT(got.refused, got.removed);
  EXPECT_EQ(got.removed, 1);
  EXPECT_GT(got.equal_threshold, 0);
}

TEST(Flicker, CountsFramesWhoseWallDiffers) {
  Doubles walls(500, 145), scratch(500);
  for (const size_t j : {4, 9, 10, 23, 439}) walls[j] += 5;
  EXPECT_TRUE(find_flicker(walls, scratch).found);
  EXPECT_EQ(find_flicker(walls, scratch).events, 5);
  EXPECT_FALSE(find_flicker(std::span(walls).first(400), scratch).found);
  for (double& wall : walls) wall = wall > 145 ? 147.5 : 145;
  EXPECT_TRUE(find_flicker(walls, scratch).found);
  for (double& wall : walls) wall = wall > 145 ? 147 : 145;
  EXPECT_FALSE(find_flicker(walls, scratch).found);
}

TEST(Flicker, TakesTheMedianOfTheWall) {
  const std::vector<uint8_t> pixels{9, 1, 5, 200}, odd{9, 1, 5};
  std::vector<uint8_t> scratch(4);
  EXPECT_EQ(wall_median(pixels.data(), 4, scratch.data()), 7);
  EXPECT_EQ(wall_median(odd.data(), 3, scratch.data()), 5);
}

}  // namespace
}  // namespace parfocal::background
