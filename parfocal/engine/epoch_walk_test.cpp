#include "parfocal/engine/epoch_walk.h"

#include <gtest/gtest.h>

namespace parfocal::engine {
namespace {

Layout layout_of(int64_t t) {
  Layout layout;
  layout.stream = {{"p", 2, 1, "", {}}, {"t", t, 1, "", {}}, {"c", 3, 1, "", {}}};
  if (t == kUnbounded) layout.stream.erase(layout.stream.begin());
  return layout;
}

TEST(EpochWalk, TellsKeyAndIndexOfEveryItemAndOpensAndClosesEachEpoch) {
  const EpochWalk walk(layout_of(4), {"t"});
  EXPECT_EQ(walk.keys(), 3);
  EXPECT_FALSE(walk.endless());
  int64_t sequence = 0;
  for (int64_t p = 0; p < 2; ++p)
    for (int64_t t = 0; t < 4; ++t)
      for (int64_t c = 0; c < 3; ++c, ++sequence) {
        const auto spot = walk.locate(sequence);
        EXPECT_EQ(spot.key, c);
        EXPECT_EQ(spot.index, t);
        EXPECT_EQ(spot.opens, t == 0 && c == 0);
        EXPECT_EQ(spot.closes, t == 3 && c == 2);
      }
}

TEST(EpochWalk, CountsTheIndexAlongAllFoldedAxesInTheirOrder) {
  const EpochWalk walk(layout_of(4), {"c", "t"});
  EXPECT_EQ(walk.keys(), 1);
  for (int64_t s = 0; s < 24; ++s) {
    EXPECT_EQ(walk.locate(s).index, s % 12);
    EXPECT_EQ(walk.locate(s).key, 0);
  }
}

TEST(EpochWalk, AnInnermostAxisHasAnEpochForEveryStepOfTheOthers) {
  const EpochWalk walk(layout_of(4), {"c"});
  EXPECT_EQ(walk.keys(), 1);
  EXPECT_TRUE(walk.locate(6).opens);
  EXPECT_TRUE(walk.locate(8).closes);
  EXPECT_EQ(walk.locate(8).index, 2);
}

TEST(EpochWalk, AStreamWithoutAnEndHasOneEpochThatDoesNotClose) {
  const EpochWalk walk(layout_of(kUnbounded), {"t"});
  EXPECT_TRUE(walk.endless());
  EXPECT_TRUE(walk.locate(0).opens);
  EXPECT_FALSE(walk.locate(1).opens);
  const auto far = walk.locate(3'000'001);
  EXPECT_EQ(far.key, 1);
  EXPECT_EQ(far.index, 1'000'000);
  EXPECT_FALSE(far.closes);
}

TEST(EpochWalk, WithoutAxesEveryItemIsAnEpoch) {
  const EpochWalk walk(layout_of(4), {});
  EXPECT_TRUE(walk.locate(5).opens && walk.locate(5).closes);
}

}  // namespace
}  // namespace parfocal::engine
