#include <gtest/gtest.h>

#include "parfocal/operators/background/test_plain.h"

namespace parfocal::background {
namespace {

template <class T>
class BackgroundLookup : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t>;
TYPED_TEST_SUITE(BackgroundLookup, Types);

TYPED_TEST(BackgroundLookup, GivesEachFrameWhatTheTableOfFramesSays) {
  std::mt19937 random(11);
  auto series = random_series<TypeParam>(random);
  while (series.frames() < 50) series = random_series<TypeParam>(random);
  const PortLayout port = port_of(series);
  const auto made =
      conformance::bind_step("{op: background_series, kernel_size: 9, split_time: 30 ms}", {port});
  const auto outcome = run_on("{op: background_series, kernel_size: 9, split_time: 30 ms}", series);
  const SeriesResult<TypeParam> result(outcome);
  ASSERT_GT(result.step.size(), 2u);
  const auto lookup = conformance::bind_step("{op: background_lookup}",
                                             {port, made->outputs()[0], made->outputs()[1]});
  const auto pixels = static_cast<std::ptrdiff_t>(series.height * series.width);
  for (int64_t j = 0; j < series.frames(); ++j) {
    const auto got = conformance::map_whole(
        *lookup, {frame_of(series, j), outcome.ports[0][0], outcome.ports[1][0]});
    ASSERT_EQ(got.failure, "");
    const int64_t index = result.index[static_cast<size_t>(j)];
    EXPECT_EQ(conformance::pixels_of<int64_t>(got.ports[2][0])[0], index);
    EXPECT_EQ(conformance::pixels_of<double>(got.ports[1][0])[0],
              result.offset[static_cast<size_t>(j)]);
    const auto first = result.backgrounds.begin() + index * pixels;
    EXPECT_EQ(conformance::pixels_of<TypeParam>(got.ports[0][0]),
              std::vector<TypeParam>(first, first + pixels));
  }
  auto late = frame_of(series, 0);
  late.header.coordinates[0] = series.frames();
  EXPECT_NE(conformance::map_whole(*lookup, {late, outcome.ports[0][0], outcome.ports[1][0]})
                .failure.find("no background for this frame"),
            std::string::npos);
}

}  // namespace
}  // namespace parfocal::background
