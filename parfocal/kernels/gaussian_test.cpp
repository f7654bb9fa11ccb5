#include "parfocal/kernels/gaussian.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "parfocal/kernels/simd_targets.h"
#include "test_places.h"

namespace parfocal::kernels {
namespace {

struct Sigmas {
  double y, x;
};

template <class T>
std::vector<T> random_image(int64_t height, int64_t width) {
  std::mt19937 random(7);
  std::vector<T> image(static_cast<size_t>(height * width));
  for (T& value : image) value = static_cast<T>(random());
  return image;
}

/// Blurs in tiles; each window is a copy that holds the clipped footprint and nothing else, so
/// that AddressSanitizer sees every step beyond it.
template <class T>
std::vector<gaussian_result_t<T>> blur(const std::vector<T>& image, int64_t height, int64_t width,
                                       Sigmas sigma, int64_t tile_height, int64_t tile_width) {
  using F = gaussian_result_t<T>;
  std::vector<double> wy(gaussian_radius(sigma.y) + 1), wx(gaussian_radius(sigma.x) + 1);
  const int64_t ry = gaussian_weights(sigma.y, wy.data());
  const int64_t rx = gaussian_weights(sigma.x, wx.data());
  std::vector<F> out(image.size());
  for (int64_t y = 0; y < height; y += tile_height) {
    for (int64_t x = 0; x < width; x += tile_width) {
      const int64_t h = std::min(tile_height, height - y), w = std::min(tile_width, width - x);
      const int64_t y0 = std::max<int64_t>(0, y - ry), y1 = std::min(height, y + h + ry);
      const int64_t x0 = std::max<int64_t>(0, x - rx), x1 = std::min(width, x + w + rx);
      std::vector<T> window;
      for (int64_t r = y0; r < y1; ++r) {
        window.insert(window.end(), image.begin() + r * width + x0, image.begin() + r * width + x1);
      }
      std::vector<std::byte> scratch(gaussian_scratch_bytes(w, ry, rx, sizeof(F)));
      gaussian<T>({window.data(), x1 - x0, y1 - y0, x1 - x0},
                  {out.data() + y * width + x, w, h, width}, {height, width, y0, x0, y, x},
                  {wy.data(), ry}, {wx.data(), rx}, scratch.data());
    }
  }
  return out;
}

template <class F>
bool same_bytes(const std::vector<F>& a, const std::vector<F>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(F)) == 0;
}

template <class T>
void expect_same_bytes_everywhere(const std::vector<T>& image, int64_t height, int64_t width) {
  for (const Sigmas sigma : {Sigmas{0.5, 0.5}, {2, 2}, {0, 3}, {1.5, 0}, {30, 20}}) {
    const auto whole = blur<T>(image, height, width, sigma, height, width);
    for_each_simd_target([&](const std::string& target) {
      SCOPED_TRACE(target);
      EXPECT_TRUE(same_bytes(whole, blur<T>(image, height, width, sigma, height, width)));
      EXPECT_TRUE(same_bytes(whole, blur<T>(image, height, width, sigma, 31, 17)));
      EXPECT_TRUE(same_bytes(whole, blur<T>(image, height, width, sigma, 1, width)));
      EXPECT_TRUE(same_bytes(whole, blur<T>(image, height, width, sigma, height, 1)));
    });
  }
}

template <class T>
class GaussianOfType : public testing::Test {};
using Types = testing::Types<uint8_t, uint16_t, int16_t, uint32_t, int32_t, float, double>;
TYPED_TEST_SUITE(GaussianOfType, Types);

TYPED_TEST(GaussianOfType, IsEqualInEveryByteForEveryTilingAndTarget) {
  expect_same_bytes_everywhere(random_image<TypeParam>(43, 101), 43, 101);
}

TYPED_TEST(GaussianOfType, HandlesImagesSmallerThanTheRadius) {
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 7}, {5, 1}, {2, 3}}) {
    expect_same_bytes_everywhere(random_image<TypeParam>(height, width), height, width);
  }
}

TYPED_TEST(GaussianOfType, KeepsAConstantImage) {
  const std::vector<TypeParam> image(31 * 17, TypeParam{100});
  for (const auto value : blur<TypeParam>(image, 31, 17, {2, 3}, 31, 17)) {
    EXPECT_NEAR(static_cast<double>(value), 100.0, 2e-5);
  }
}

TYPED_TEST(GaussianOfType, CopiesForSigmaZero) {
  const auto image = random_image<TypeParam>(9, 21);
  const auto copy = blur<TypeParam>(image, 9, 21, {0, 0}, 9, 21);
  for (size_t i = 0; i < image.size(); ++i) {
    ASSERT_EQ(copy[i], static_cast<gaussian_result_t<TypeParam>>(image[i]));
  }
}

TEST(Gaussian, SpreadsNanAndInfinityOverTheFootprintWithTheSameBytesEverywhere) {
  auto image = random_image<float>(43, 101);
  image[20 * 101 + 50] = std::nanf("5");
  image[20 * 101 + 53] = std::numeric_limits<float>::infinity();
  image[20 * 101 + 57] = -std::numeric_limits<float>::infinity();
  expect_same_bytes_everywhere(image, 43, 101);
  const auto out = blur<float>(image, 43, 101, {1, 1}, 43, 101);
  EXPECT_TRUE(std::isnan(out[20 * 101 + 46]));
  EXPECT_FALSE(std::isnan(out[20 * 101 + 45]));
}

TEST(Gaussian, HasWeightsThatSumToOneAndTheRadiusOfScipy) {
  EXPECT_EQ(gaussian_radius(0), 0);
  EXPECT_EQ(gaussian_radius(0.12), 0);
  EXPECT_EQ(gaussian_radius(0.125), 1);
  EXPECT_EQ(gaussian_radius(2), 8);
  for (const double sigma : {0.0, 0.5, 2.0, 33.3}) {
    std::vector<double> w(gaussian_radius(sigma) + 1);
    const int64_t radius = gaussian_weights(sigma, w.data());
    double sum = w[0];
    for (int64_t k = 1; k <= radius; ++k) sum += 2 * w[k];
    EXPECT_NEAR(sum, 1.0, 1e-14);
  }
}

TEST(Gaussian, EqualsScipy) {
  std::ifstream file(PARFOCAL_SOURCE_DIR "/tests/goldens/gaussian.json");
  const auto golden = nlohmann::json::parse(file);
  for (const auto& c : golden["cases"]) {
    const auto image = c["image"].get<std::vector<uint16_t>>();
    const auto expected = c["expected"].get<std::vector<double>>();
    const int64_t height = c["height"], width = c["width"];
    const Sigmas sigma{c["sigma_y"], c["sigma_x"]};
    const auto in_float = blur<uint16_t>(image, height, width, sigma, height, width);
    const auto in_double = blur<double>({image.begin(), image.end()}, height, width, sigma, 7, 5);
    const double top = *std::max_element(expected.begin(), expected.end());
    double worst_float = 0, worst_double = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      worst_float = std::max(worst_float, std::abs(in_float[i] - expected[i]));
      worst_double = std::max(worst_double, std::abs(in_double[i] - expected[i]));
    }
    EXPECT_LE(worst_float / top, 4e-7) << "sigma " << sigma.y << ", " << sigma.x;
    EXPECT_LE(worst_double / top, 1e-11);  // the golden file has 12 digits
    RecordProperty("worst_float", std::to_string(worst_float / top * 1e9) + "e-9");
  }
}

}  // namespace
}  // namespace parfocal::kernels
