#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "parfocal/kernels/downsample.h"
#include "parfocal/kernels/downsample_labels.h"
#include "test_places.h"

namespace parfocal::kernels {
namespace {

using Json = nlohmann::json;

template <class T>
struct Volume {
  int64_t depth, height, width;
  std::vector<T> pixels;

  Volume(int64_t d, int64_t h, int64_t w, std::vector<T> values = {})
      : depth(d), height(h), width(w), pixels(std::move(values)) {
    pixels.resize(static_cast<size_t>(d * h * w));
  }
  Plane<T> plane(int64_t z) { return {pixels.data() + z * height * width, width, height, width}; }
};

/// Halves every plane.
template <class T, class F>
std::vector<T> planes(Volume<T> volume, F&& halve) {
  Volume<T> half(volume.depth, half_size(volume.height), half_size(volume.width));
  for (int64_t z = 0; z < volume.depth; ++z) {
    const Plane<T> plane = volume.plane(z);
    halve(Plane<const T>{plane.data, plane.width, plane.height, plane.stride}, half.plane(z));
  }
  return half.pixels;
}

/// Halves every pair of planes; the last odd one alone.
template <class T, class F, class G>
std::vector<T> pairs(Volume<T> volume, F&& halve_pair, G&& halve_one) {
  const int64_t height = half_size(volume.height), width = half_size(volume.width);
  Volume<T> half(half_size(volume.depth), height, width);
  const auto input = [&](int64_t z) {
    const Plane<T> plane = volume.plane(z);
    return Plane<const T>{plane.data, plane.width, plane.height, plane.stride};
  };
  for (int64_t z = 0; z < volume.depth; z += 2) {
    if (z + 1 < volume.depth) {
      halve_pair(input(z), input(z + 1), half.plane(z / 2));
    } else {
      halve_one(input(z), half.plane(z / 2));
    }
  }
  return half.pixels;
}

template <class T>
void mean_of_pair(Plane<const T> first, Plane<const T> second, Plane<T> half) {
  std::vector<block_sum_t<T>> sums(static_cast<size_t>(half.width * half.height));
  sum_2x2(first, {sums.data(), half.width, half.height, half.width});
  mean_2x2x2({sums.data(), half.width, half.height, half.width}, second, half);
}

template <class T>
void mean_alone(Plane<const T> image, Plane<T> half) {
  std::vector<block_sum_t<T>> sums(static_cast<size_t>(half.width * half.height));
  sum_2x2(image, {sums.data(), half.width, half.height, half.width});
  mean_of_sums({sums.data(), half.width, half.height, half.width}, image.width, image.height, half);
}

template <class T>
void expect_equal(const std::vector<T>& ours, const Json& expected, double tolerance) {
  const auto theirs = expected.get<std::vector<T>>();
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    if (tolerance == 0) {
      EXPECT_EQ(ours[i], theirs[i]) << i;
    } else {
      EXPECT_NEAR(static_cast<double>(ours[i]), static_cast<double>(theirs[i]), tolerance) << i;
    }
  }
}

template <class T>
void check(const Json& golden) {
  const auto shape = golden["shape"].get<std::vector<int64_t>>();
  const Volume<T> volume(shape[0], shape[1], shape[2], golden["volume"].get<std::vector<T>>());
  const Json& halves = golden["halves"];
  // Of two planes of floats ours adds in another order (see the header). Pixels are below 1e5.
  const double tolerance = std::is_floating_point_v<T>
                               ? 1e5 * static_cast<double>(std::numeric_limits<T>::epsilon())
                               : 0;
  expect_equal(planes(volume, mean_2x2<T>), halves["mean_plane"], 0);
  expect_equal(pairs(volume, mean_of_pair<T>, mean_alone<T>), halves["mean_pair"], tolerance);
  expect_equal(planes(volume, nearest_2x2<T>), halves["nearest_plane"], 0);
  const auto of_first = [](Plane<const T> first, Plane<const T>, Plane<T> half) {
    nearest_2x2(first, half);
  };
  expect_equal(pairs(volume, of_first, nearest_2x2<T>), halves["nearest_pair"], 0);
  if constexpr (std::is_integral_v<T>) {
    expect_equal(planes(volume, mode_2x2<T>), halves["mode_plane"], 0);
    expect_equal(pairs(volume, mode_2x2x2<T>, mode_2x2<T>), halves["mode_pair"], 0);
  }
}

TEST(DownsampleGolden, EqualsTensorstore) {
  std::ifstream file(PARFOCAL_SOURCE_DIR "/tests/goldens/downsample.json");
  const Json goldens = Json::parse(file)["cases"];
  ASSERT_EQ(goldens.size(), 10U);
  for (const Json& golden : goldens) {
    const std::string dtype = golden["dtype"];
    SCOPED_TRACE(dtype);
    if (dtype == "uint8") check<uint8_t>(golden);
    if (dtype == "uint16") check<uint16_t>(golden);
    if (dtype == "uint32") check<uint32_t>(golden);
    if (dtype == "uint64") check<uint64_t>(golden);
    if (dtype == "int8") check<int8_t>(golden);
    if (dtype == "int16") check<int16_t>(golden);
    if (dtype == "int32") check<int32_t>(golden);
    if (dtype == "int64") check<int64_t>(golden);
    if (dtype == "float32") check<float>(golden);
    if (dtype == "float64") check<double>(golden);
  }
}

}  // namespace
}  // namespace parfocal::kernels
