#include <gtest/gtest.h>

#include <fmt/format.h>

#include "parfocal/operators/background/test_plain.h"

namespace parfocal::background {
namespace {

template <class T>
std::vector<std::vector<T>> rolled(const TestSeries<T>& series, int64_t kernel,
                                   bool bounded = true) {
  const auto outcome = run_on(
      fmt::format("{{op: background_rolling_median, kernel_size: {}}}", kernel), series, bounded);
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.problems.empty());
  std::vector<std::vector<T>> images;
  for (const auto& item : outcome.ports[0])
    images.push_back(item.missing ? std::vector<T>() : conformance::pixels_of<T>(item));
  return images;
}

template <class T>
class RollingMedian : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t>;
TYPED_TEST_SUITE(RollingMedian, Types);

TYPED_TEST(RollingMedian, IsTheMedianOfTheFramesThatFollow) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const auto series = random_series<TypeParam>(random);
    const int64_t frames = series.frames(), kernel = 2 + 2 * static_cast<int64_t>(random() % 12);
    if (frames <= kernel) continue;
    const auto got = rolled(series, kernel, seed % 2 == 0);
    for (int64_t j = 0; j < frames; ++j) {
      const int64_t first = std::min(j, frames - kernel - 1);
      ASSERT_EQ(got[static_cast<size_t>(j)], plain_median(series.images, first, first + kernel))
          << "seed " << seed << " frame " << j;
    }
  }
}

TYPED_TEST(RollingMedian, TakesTheFramesOfTheWindowThatAreThere) {
  std::mt19937 random(4);
  auto series = random_series<TypeParam>(random);
  while (series.frames() < 60) series = random_series<TypeParam>(random);
  for (size_t j = 0; j < series.images.size(); ++j) series.missing.push_back(random() % 3 == 0);
  const auto got = rolled(series, 8);
  for (int64_t j = 0; j < series.frames() - 8; ++j) {
    std::vector<std::vector<TypeParam>> there;
    for (auto f = static_cast<size_t>(j); f < static_cast<size_t>(j) + 8; ++f)
      if (!series.missing[f]) there.push_back(series.images[f]);
    const bool missing = series.missing[static_cast<size_t>(j)] != 0;
    ASSERT_EQ(got[static_cast<size_t>(j)],
              missing ? std::vector<TypeParam>()
                      : plain_median(there, 0, static_cast<int64_t>(there.size())))
        << j;
  }
}

TEST(RollingMedianEdges, OneBackgroundWhereTheKernelTakesAllFrames) {
  TestSeries<uint8_t> series{1, 2, {{1, 9}, {3, 7}, {2, 8}, {4, 6}}, {}, {}};
  for (const auto& image : rolled(series, 4)) EXPECT_EQ(image, (std::vector<uint8_t>{3, 8}));
}

TEST(RollingMedianEdges, FewerFramesThanTheKernelAreRefused) {
  TestSeries<uint8_t> series{1, 1, {{1}, {2}, {3}}, {}, {}};
  const std::string step = "{op: background_rolling_median, kernel_size: 4}";
  EXPECT_NE(conformance::message_of(step, {port_of(series)}).find("fewer frames than its kernel"),
            std::string::npos);
  EXPECT_NE(run_on(step, series, false).failure.find("after 3 frames"), std::string::npos);
  EXPECT_NE(
      conformance::message_of("{op: background_rolling_median, kernel_size: 3}", {port_of(series)})
          .find("even"),
      std::string::npos);
}

}  // namespace
}  // namespace parfocal::background
