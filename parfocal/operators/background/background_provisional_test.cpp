#include <gtest/gtest.h>

#include <fmt/format.h>

#include "parfocal/operators/background/test_plain.h"

namespace parfocal::background {
namespace {

std::string step_of(const SparseMedianParams& p, const std::string& more = "") {
  return fmt::format("{{op: background_provisional, kernel_size: {}, split_time: {}{}}}",
                     p.kernel_size, p.split_time.value, more);
}

template <class T>
struct Provisional {
  std::vector<std::vector<T>> background;
  std::vector<double> offset;
  std::vector<int64_t> index;
  std::vector<bool> suspect, missing;
  explicit Provisional(const conformance::Outcome& outcome) {
    EXPECT_EQ(outcome.failure, "");
    EXPECT_TRUE(outcome.problems.empty());
    for (size_t j = 0; j < outcome.ports[0].size(); ++j) {
      missing.push_back(outcome.ports[0][j].missing);
      if (missing.back()) continue;
      background.push_back(conformance::pixels_of<T>(outcome.ports[0][j]));
      offset.push_back(conformance::pixels_of<double>(outcome.ports[1][j])[0]);
      index.push_back(conformance::pixels_of<int64_t>(outcome.ports[2][j])[0]);
      suspect.push_back(outcome.ports[3][j].bytes[0] != std::byte{0});
    }
  }
};

/// Of the windows of `kernel` frames that begin at frame j or before: the last step of all that are
/// known by then, and its first frame. -1: none.
std::pair<int64_t, int64_t> newest_step(const std::vector<double>& times, int64_t j, int64_t kernel,
                                        double split) {
  std::pair<int64_t, int64_t> newest{-1, -1};
  const auto end = std::min<int64_t>(static_cast<int64_t>(times.size()), j + kernel);
  const std::vector<double> known(times.begin(), times.begin() + end);
  for (int64_t i = 0; static_cast<double>(i) * split <= known.back(); ++i) {
    const double at = static_cast<double>(i) * split;
    const int64_t first = first_nearest(known, [&](double t) { return std::fabs(at - t); });
    if (first <= j && first + kernel <= end) newest = {i, first};
  }
  return newest;
}

template <class T>
class BackgroundProvisional : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t>;
TYPED_TEST_SUITE(BackgroundProvisional, Types);

TYPED_TEST(BackgroundProvisional, GivesTheNewestBackgroundFinishedByThen) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    auto series = random_series<TypeParam>(random);
    for (size_t j = 1; j < series.times.size(); ++j)  // a pause or not, but no two frames at once
      series.times[j] = std::max(series.times[j], series.times[j - 1] + 1e-4);
    SparseMedianParams p;
    p.kernel_size = 2 + random() % 20;
    p.split_time.value = 0.003 * static_cast<double>(1 + random() % 40);
    const int64_t kernel = std::min(p.kernel_size, series.frames());
    const Provisional<TypeParam> got(run_on(step_of(p), series));
    for (int64_t j = 0; j < series.frames(); ++j) {
      const auto at = static_cast<size_t>(j);
      // The last frames leave at the end, with what was finished before it.
      auto [step, first] = newest_step(series.times, std::min(j, series.frames() - kernel), kernel,
                                       p.split_time.value);
      ASSERT_GE(step, 0);
      ASSERT_EQ(got.index[at], step) << "seed " << seed << " frame " << j;
      const auto background = plain_median(series.images, first, first + kernel);
      ASSERT_EQ(got.background[at], background) << "seed " << seed << " frame " << j;
      ASSERT_EQ(got.offset[at], plain_top(series.images[at], series.height, series.width) -
                                    plain_top(background, series.height, series.width));
    }
  }
}

TYPED_TEST(BackgroundProvisional, DoesNotDependOnKnowingTheLength) {
  std::mt19937 random(3);
  const auto series = random_series<TypeParam>(random);
  const std::string step = "{op: background_provisional, kernel_size: 7, split_time: 20 ms}";
  const Provisional<TypeParam> with(run_on(step, series)), without(run_on(step, series, false));
  EXPECT_EQ(with.background, without.background);
  EXPECT_EQ(with.index, without.index);
}

TYPED_TEST(BackgroundProvisional, LeavesMissingFramesOutAndMissing) {
  std::mt19937 random(5);
  auto series = random_series<TypeParam>(random);
  for (size_t j = 0; j < series.images.size(); ++j) series.missing.push_back(random() % 4 == 0);
  const Provisional<TypeParam> got(
      run_on("{op: background_provisional, kernel_size: 9, split_time: 10 ms}", series));
  ASSERT_EQ(got.missing.size(), series.images.size());
  for (size_t j = 0; j < got.missing.size(); ++j)
    EXPECT_EQ(got.missing[j], series.missing[j] != 0) << j;
}

TEST(BackgroundProvisionalEdges, TakeAllFramesOfAShortStream) {
  TestSeries<uint8_t> series{2, 2, {{1, 1, 1, 1}, {3, 3, 3, 3}, {2, 2, 2, 2}}, {0, 0.1, 0.2}, {}};
  const Provisional<uint8_t> got(run_on("{op: background_provisional}", series, false));
  for (const auto& background : got.background)
    EXPECT_EQ(background, (std::vector<uint8_t>{2, 2, 2, 2}));
  EXPECT_EQ(got.offset, (std::vector<double>{-1, 1, 0}));
}

TEST(BackgroundProvisionalEdges, PassOverAPauseWithoutCountingItsSteps) {
  TestSeries<uint8_t> series{1, 1, {{5}, {6}, {7}, {8}}, {0, 1e9, 2e9, 2e9}, {}};
  const Provisional<uint8_t> got(
      run_on("{op: background_provisional, kernel_size: 1, max_backgrounds: 3}", series, false));
  EXPECT_EQ(got.index, (std::vector<int64_t>{0, 1'000'000'000, 2'000'000'000, 2'000'000'000}));
}

TEST(BackgroundProvisionalSuspect, MarksABackgroundThatStandsOut) {
  TestSeries<uint8_t> series{4, 6, {}, {}, {}};
  for (int64_t j = 0; j < 400; ++j) {
    std::vector<uint8_t> image(24, 100);
    if (j >= 200 && j < 210) image[8] = 10;
    series.images.push_back(image);
    series.times.push_back(0.01 * static_cast<double>(j));
  }
  const std::string step = "{op: background_provisional, kernel_size: 10, split_time: 0.1";
  Provisional<uint8_t> got(run_on(step + "}", series));
  for (size_t j = 0; j < 400; ++j) EXPECT_EQ(got.suspect[j], got.background[j][8] == 10) << j;
  EXPECT_TRUE(got.suspect[200]);
  got = Provisional<uint8_t>(run_on(step + ", frac_cleansing: 1}", series));
  EXPECT_FALSE(got.suspect[200]);
}

TEST(BackgroundProvisionalOffset, IsOnWhereAutoCannotWait) {
  TestSeries<uint8_t> series{1, 1, {{5}, {6}, {7}}, {0, 1, 2}, {}};
  Told told;
  const Provisional<uint8_t> got(
      run_on("{op: background_provisional, kernel_size: 1, offset_correction: auto}", series, true,
             &told));
  EXPECT_TRUE(told.has("offset correction is on"));
}

}  // namespace
}  // namespace parfocal::background
