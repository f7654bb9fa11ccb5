#include "parfocal/kernels/haralick.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

using Levels = std::vector<uint8_t>;
constexpr int kMost = 40;
using Matrix = std::vector<std::vector<double>>;

double entropy(const std::vector<double>& p) {
  double h = 0;
  for (const double v : p) h -= v > 0 ? v * std::log2(v) : 0;
  return h;
}

// The definitions, written down one after the other.
std::vector<double> features_of(const Matrix& p) {
  std::vector<double> x(kMost), sum(2 * kMost), difference(kMost), all;
  double asm_ = 0, con = 0, ij = 0, idm = 0, hxy1 = 0, hxy2 = 0;
  for (int i = 0; i < kMost; ++i)
    for (int j = 0; j < kMost; ++j) x[i] += p[i][j];
  for (int i = 0; i < kMost; ++i)
    for (int j = 0; j < kMost; ++j) {
      const double v = p[i][j], product = x[i] * x[j];
      asm_ += v * v;
      con += (i - j) * (i - j) * v;
      ij += i * j * v;
      idm += v / (1 + (i - j) * (i - j));
      sum[i + j] += v;
      difference[std::abs(i - j)] += v;
      if (product > 0) hxy1 -= v * std::log2(product);
      if (product > 0) hxy2 -= product * std::log2(product);
      all.push_back(v);
    }
  double mean = 0, square = 0, s = 0, ss = 0;
  for (int i = 0; i < kMost; ++i) mean += i * x[i];
  for (int i = 0; i < kMost; ++i) square += i * i * x[i];
  for (int k = 0; k < 2 * kMost; ++k) s += k * sum[k];
  for (int k = 0; k < 2 * kMost; ++k) ss += k * k * sum[k];
  const double var = square - mean * mean, ent = entropy(all), hx = entropy(x);
  return {asm_,
          con,
          var < 1e-12 ? 1 : (ij - mean * mean) / var,
          entropy(difference),
          ent,
          hx == 0 ? ent - hxy1 : (ent - hxy1) / hx,
          std::sqrt(std::max(0.0, 1 - std::exp(-2 * (hxy2 - ent)))),
          idm,
          entropy(sum),
          ss - s * s,
          var};
}

std::vector<std::vector<double>> by_definition(const Levels& levels, int width, int height) {
  std::vector<std::vector<double>> all;
  for (const auto& [dx, dy] : {std::pair{1, 0}, {1, 1}, {0, 1}, {-1, 1}}) {
    Matrix p(kMost, std::vector<double>(kMost));
    double total = 0;
    for (int y = 0; y + dy < height; ++y)
      for (int x = std::max(0, -dx); x + std::max(0, dx) < width; ++x) {
        const int a = levels[y * width + x], b = levels[(y + dy) * width + x + dx];
        if (a == 0 || b == 0) continue;
        ++p[a][b];
        ++p[b][a];
        total += 2;
      }
    if (total == 0) return {};
    for (auto& row : p)
      for (double& v : row) v /= total;
    all.push_back(features_of(p));
  }
  return all;
}

bool texture_of(const Levels& levels, int64_t width, int64_t height, TextureRange& out) {
  TestScratch scratch(haralick_scratch_bytes());
  return haralick({levels.data(), width, height, width}, out, scratch.data());
}

void expect_definition(const Levels& levels, int width, int height) {
  const auto expected = by_definition(levels, width, height);
  TextureRange got;
  ASSERT_EQ(texture_of(levels, width, height, got), !expected.empty());
  if (expected.empty()) {
    EXPECT_TRUE(std::isnan(got.mean[0]) && std::isnan(got.range[10]));
    return;
  }
  for (size_t f = 0; f < kTextures; ++f) {
    double sum = 0, low = expected[0][f], high = low;
    for (const auto& direction : expected) {
      sum += direction[f];
      low = std::min(low, direction[f]);
      high = std::max(high, direction[f]);
    }
    // f13 is the root of what may be a rounded zero.
    const double tolerance = f == static_cast<size_t>(Texture::f13) ? 1e-7 : 1e-11;
    ASSERT_NEAR(got.mean[f], sum / 4, tolerance * std::max(1.0, std::abs(sum))) << f;
    ASSERT_NEAR(got.range[f], high - low, tolerance * std::max(1.0, std::abs(sum))) << f;
  }
}

TEST(Haralick, IsTheDefinitionOnRandomLevels) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    const int width = 1 + static_cast<int>(random() % 20),
              height = 1 + static_cast<int>(random() % 9);
    const uint32_t range = 1 + random() % (kMost - 1);
    Levels levels(static_cast<size_t>(width * height));
    for (uint8_t& level : levels)
      level = static_cast<uint8_t>(random() % 4 == 0 ? 0 : 1 + random() % range % (kMost - 1));
    expect_definition(levels, width, height);
  }
}

TEST(Haralick, OfOneLevelIsExact) {
  TextureRange t;
  ASSERT_TRUE(texture_of(Levels(12, 200), 4, 3, t));
  EXPECT_EQ(t.mean, (std::array<double, kTextures>{1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0}));
}

TEST(Haralick, NeedsPairsInEveryDirection) {
  TextureRange t;
  EXPECT_FALSE(texture_of({3, 4}, 2, 1, t));
  EXPECT_FALSE(texture_of({0, 0, 0, 0}, 2, 2, t));
  EXPECT_FALSE(texture_of({}, 0, 0, t));
  EXPECT_TRUE(texture_of({3, 4, 5, 6}, 2, 2, t));
}

TEST(Haralick, TakesAllLevels) {
  Levels levels(256 * 3);
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = static_cast<uint8_t>(i * 37);
  TextureRange t;
  ASSERT_TRUE(texture_of(levels, 48, 16, t));
  EXPECT_GT(t.mean[static_cast<size_t>(Texture::con)], 1000);
}

}  // namespace
}  // namespace parfocal::kernels
