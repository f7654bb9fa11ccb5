#include <gtest/gtest.h>

#include <fmt/format.h>

#include "parfocal/operators/background/test_plain.h"

namespace parfocal::background {
namespace {

std::string step_of(const SparseMedianParams& p, int64_t room = 2000) {
  return fmt::format(
      "{{op: background_series, kernel_size: {}, split_time: {}, thresh_cleansing: {}, "
      "frac_cleansing: {}, offset_correction: {}, max_backgrounds: {}}}",
      p.kernel_size, p.split_time.value, p.thresh_cleansing, p.frac_cleansing, p.offset_correction,
      room);
}

SparseMedianParams random_params(std::mt19937& random) {
  const double thresholds[] = {0, 0, 0.5, 30, 1e5}, fractions[] = {0.5, 0.8, 0.8, 1};
  SparseMedianParams p;
  p.kernel_size = 1 + random() % 30;
  p.split_time.value = 0.004 * static_cast<double>(1 + random() % 60);
  p.thresh_cleansing = thresholds[random() % 5];
  p.frac_cleansing = fractions[random() % 4];
  return p;
}

template <class T>
void expect_equal(const SeriesResult<T>& got, const PlainResult<T>& plain, int64_t pixels,
                  const std::string& context) {
  ASSERT_EQ(got.failure, "") << context;
  ASSERT_EQ(got.step, plain.kept_steps) << context;
  for (size_t i = 0; i < plain.kept.size(); ++i) {
    const auto first = got.backgrounds.begin() + static_cast<std::ptrdiff_t>(i) * pixels;
    ASSERT_EQ(std::vector<T>(first, first + pixels), plain.kept[i]) << context << " plane " << i;
  }
  ASSERT_EQ(got.index, plain.index) << context;
  ASSERT_EQ(got.offset, plain.offset) << context;
  ASSERT_EQ(got.first[0], 0) << context;
  for (size_t i = 0; i < got.end.size(); ++i)
    for (int64_t j = got.first[i]; j < got.end[i]; ++j)
      ASSERT_EQ(got.index[static_cast<size_t>(j)], static_cast<int64_t>(i)) << context;
  ASSERT_EQ(got.end.back(), static_cast<int64_t>(plain.index.size())) << context;
}

template <class T>
class BackgroundSeries : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t>;
TYPED_TEST_SUITE(BackgroundSeries, Types);

TYPED_TEST(BackgroundSeries, EqualsTheDefinitionOnRandomSeriesAndParameters) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto series = random_series<TypeParam>(random, seed % 3 == 0);
    const SparseMedianParams p = random_params(random);
    const SeriesResult<TypeParam> got(run_on(step_of(p), series));
    expect_equal(got, plain_backgrounds(series, p), series.height * series.width,
                 fmt::format("seed {}: {}", seed, step_of(p)));
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(BackgroundSeries, NeedsNoLength) {
  std::mt19937 random(7);
  const auto series = random_series<TypeParam>(random);
  const SparseMedianParams p = random_params(random);
  const SeriesResult<TypeParam> with(run_on(step_of(p), series)),
      without(run_on(step_of(p), series, false));
  EXPECT_EQ(with.backgrounds, without.backgrounds);
  EXPECT_EQ(with.step, without.step);
  EXPECT_EQ(with.end, without.end);
  EXPECT_EQ(with.top, without.top);
  EXPECT_TRUE(without.index.empty());
}

// Missing frames change nothing for the others.
TYPED_TEST(BackgroundSeries, LeavesMissingFramesOut) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const auto series = random_series<TypeParam>(random);
    const SparseMedianParams p = random_params(random);
    const PlainResult<TypeParam> plain = plain_backgrounds(series, p);
    TestSeries<TypeParam> holed{series.height, series.width, {}, {}, {}};
    std::vector<int64_t> index;
    for (size_t j = 0; j < series.images.size(); ++j) {
      while (random() % 5 == 0) {
        holed.images.push_back(series.images[0]);
        holed.times.push_back(std::numeric_limits<double>::quiet_NaN());
        holed.missing.push_back(1);
        index.push_back(-1);
      }
      holed.images.push_back(series.images[j]);
      holed.times.push_back(series.times[j]);
      holed.missing.push_back(0);
      index.push_back(plain.index[j]);
    }
    const SeriesResult<TypeParam> got(run_on(step_of(p), holed));
    ASSERT_EQ(got.failure, "");
    ASSERT_EQ(got.step, plain.kept_steps) << seed;
    ASSERT_EQ(got.index, index) << seed;
    for (size_t j = 0; j < index.size(); ++j)
      ASSERT_EQ(std::isnan(got.offset[j]), index[j] < 0) << seed;
  }
}

TestSeries<uint8_t> ramp(int64_t frames) {
  TestSeries<uint8_t> series{5, 7, {}, {}, {}};
  std::vector<uint8_t> image(35);
  std::iota(image.begin(), image.end(), uint8_t{0});
  series.images.assign(static_cast<size_t>(frames), image);
  return series;
}

TEST(BackgroundSeriesOfARamp, HasTheOffsetsOfTheFramesThatFlicker) {
  auto series = ramp(720);
  for (const auto& [frame, more] : {std::pair{3, 1}, {25, 2}, {101, 3}})
    for (uint8_t& pixel : series.images[static_cast<size_t>(frame)])
      pixel += static_cast<uint8_t>(more);
  Told told;
  const SeriesResult<uint8_t> got(
      run_on("{op: background_series, kernel_size: 10, split_time: 10 ms}", series, true, &told));
  EXPECT_TRUE(told.has("guessed a duration of 0.3 s for 720 frames"));
  for (size_t j = 0; j < 720; ++j)
    EXPECT_EQ(got.offset[j], j == 3 ? 1 : j == 25 ? 2 : j == 101 ? 3 : 0) << j;
}

TEST(BackgroundSeriesEdges, TakeAllFramesWhereTheKernelIsLarger) {
  Told told;
  const SeriesResult<uint8_t> got(
      run_on("{op: background_series, kernel_size: 200, split_time: 0.01}", ramp(34), true, &told));
  EXPECT_TRUE(told.has("kernel size 200 is larger")) << told.notices[0];
  EXPECT_TRUE(told.has("all 34 frames"));
  EXPECT_EQ(got.step.size(), 2u);
}

TEST(BackgroundSeriesEdges, MakeOneBackgroundOfAnInstant) {
  for (const int64_t frames : {1, 2, 30}) {
    auto series = ramp(frames);
    series.times.assign(static_cast<size_t>(frames), 0.0);
    const SeriesResult<uint8_t> got(run_on("{op: background_series, kernel_size: 10}", series));
    EXPECT_EQ(got.failure, "");
    EXPECT_EQ(got.step, std::vector<int64_t>{0});
    EXPECT_EQ(got.index, std::vector<int64_t>(static_cast<size_t>(frames), 0));
  }
}

TEST(BackgroundSeriesEdges, GiveNothingOfNoFrames) {
  TestSeries<uint8_t> none{5, 7, {}, {}, {}};
  const auto outcome = run_on("{op: background_series}", none);
  EXPECT_EQ(outcome.failure, "");
  ASSERT_EQ(outcome.ports[1].size(), 1u);
  EXPECT_EQ(outcome.ports[1][0].rows, 0);
  auto lost = ramp(3);
  lost.missing.assign(3, 1);
  const auto gaps = run_on("{op: background_series}", lost);
  for (const auto& port : gaps.ports) EXPECT_TRUE(port.at(0).missing);
}

TEST(BackgroundSeriesEdges, KeepBackgroundsOf16BitsAsTheyAre) {
  TestSeries<uint16_t> series{3, 4, {}, {}, {}};
  series.images.assign(20, std::vector<uint16_t>(12, 1000));
  const SeriesResult<uint16_t> got(run_on("{op: background_series, kernel_size: 5}", series));
  EXPECT_EQ(got.backgrounds[0], 1000);
}

TEST(BackgroundSeriesTimes, MayFallButMustNotBeGivenInPart) {
  const std::string step = "{op: background_series, kernel_size: 2}";
  const double nan = std::nan("");
  const auto failure = [&](std::vector<double> times, bool bounded = true) {
    auto series = ramp(static_cast<int64_t>(times.size()));
    series.times = std::move(times);
    return run_on(step, series, bounded).failure;
  };
  EXPECT_EQ(failure({0, 0.2, 0.1}), "");
  EXPECT_NE(failure({0, nan, 0.1}).find("frame 1 has no time"), std::string::npos);
  EXPECT_NE(failure({nan, 0.1}).find("frame 1 has a time"), std::string::npos);
  EXPECT_NE(failure({0, INFINITY}).find("not a number"), std::string::npos);
  EXPECT_NE(failure({nan, nan}, false).find("not known"), std::string::npos);
  EXPECT_EQ(failure({0, 0, 0.1}), "");
}

TEST(BackgroundSeriesTimes, NeedRoomForTheirBackgrounds) {
  auto series = ramp(3);
  series.times = {0, 1, 5.5};
  const auto failure = [&](const std::string& room) {
    return run_on("{op: background_series, kernel_size: 2, max_backgrounds: " + room + "}", series)
        .failure;
  };
  EXPECT_NE(failure("5").find("the 5 there is room for"), std::string::npos);
  EXPECT_EQ(failure("6"), "");
}

TEST(BackgroundSeriesRoom, FollowsFromTheScaleOfT) {
  auto port = port_of(ramp(101));
  port.layout.stream[0].scale = 100;
  port.layout.stream[0].unit = "ms";
  const auto planes = [&](const std::string& step) {
    return conformance::bind_step(step, {port})->outputs()[0].layout.item[0].size;
  };
  EXPECT_EQ(planes("{op: background_series, split_time: 2}"), 7);
  EXPECT_EQ(planes("{op: background_series, split_time: 500 ms}"), 22);
  EXPECT_EQ(planes("{op: background_series, split_time: 2, max_backgrounds: 3}"), 3);
  port.layout.stream[0].size = kUnbounded;
  EXPECT_EQ(planes("{op: background_series, split_time: 2}"), 2000);
}

TEST(BackgroundSeriesOffset, IsSwitchedByFlickerWhereAuto) {
  auto series = ramp(500);
  const std::string step =
      "{op: background_series, kernel_size: 10, split_time: 0.05, offset_correction: auto}";
  for (const size_t j : {4, 9, 10, 23}) series.images[j].assign(35, 200);
  Told told;
  SeriesResult<uint8_t> got(run_on(step, series, true, &told));
  EXPECT_TRUE(told.has("offset correction is off: 4 of the first 500 frames"));
  EXPECT_EQ(got.offset, std::vector<double>(500, 0));
  series.images[439].assign(35, 200);
  got = SeriesResult<uint8_t>(run_on(step, series, true, &told));
  EXPECT_TRUE(told.has("offset correction is on: 5"));
  EXPECT_EQ(got.offset[4], 200 - 17);
  EXPECT_EQ(got.corrected[0], 1);
}

TEST(BackgroundSeriesLayouts, AreSeriesOfPlanes) {
  const auto message = [](const conformance::Sizes& stream, const conformance::Sizes& item) {
    return conformance::message_of("{op: background_series}",
                                   {conformance::image_of(DType::u8, stream, item)});
  };
  EXPECT_NE(message({{"t", 9}, {"c", 2}}, {{"y", 5}, {"x", 7}}).find("t as the last"),
            std::string::npos);
  EXPECT_NE(message({{"t", 9}}, {{"z", 2}, {"y", 5}, {"x", 7}}).find("rows and columns"),
            std::string::npos);
  EXPECT_EQ(message({{"p", 2}, {"t", 9}}, {{"y", 5}, {"x", 7}}), "no error");
}

}  // namespace
}  // namespace parfocal::background
