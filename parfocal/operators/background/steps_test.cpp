#include "parfocal/operators/background/steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "parfocal/kernels/test_scratch.h"

namespace parfocal::background {
namespace {

/// Index of the first smallest value of distance(t) over all times.
template <class Distance>
int64_t first_nearest(const std::vector<double>& times, Distance&& distance) {
  size_t best = 0;
  for (size_t j = 1; j < times.size(); ++j)
    if (distance(times[j]) < distance(times[best])) best = j;
  return static_cast<int64_t>(best);
}

struct Walk {
  Walk(int64_t kernel, int64_t steps, double split_s) : memory(bytes(kernel, steps, split_s)) {
    kernels::ScratchCursor cursor(memory.data());
    walk.emplace(cursor, StepWalk::Shape{kernel, steps, split_s});
    walk->begin();
  }
  static size_t bytes(int64_t kernel, int64_t steps, double split_s) {
    kernels::ScratchCursor cursor(nullptr);
    StepWalk(cursor, {kernel, steps, split_s});
    return cursor.used_bytes();
  }
  kernels::TestScratch memory;
  std::optional<StepWalk> walk;
};

std::vector<double> random_times(std::mt19937& random, bool round, bool falls = false) {
  std::vector<double> times{0};
  const size_t frames = 1 + random() % 120;
  while (times.size() < frames) {
    double step = static_cast<double>(random() % 1000) * 1e-5;
    if (random() % 4 == 0) step = 0;
    if (random() % 30 == 0) step *= 100;
    if (round) step = std::round(step * 64) / 64;
    if (falls && random() % 20 == 0) step = -times.back() * static_cast<double>(random() % 9) / 8;
    times.push_back(times.back() + step);
  }
  return times;
}

TEST(StepWalk, FindsWhatASearchOverAllTimesFinds) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    const auto times = random_times(random, seed % 2 == 0, seed % 3 == 0);
    const auto frames = static_cast<int64_t>(times.size());
    const int64_t kernel = 1 + random() % 12;
    const double split = seed % 2 == 0 ? 0.125 : 0.011 * (1 + random() % 20);
    const int64_t steps = step_count(times.back(), split);
    const double latest = *std::max_element(times.begin(), times.end());
    Walk made(kernel, step_count(latest, split) + static_cast<int64_t>(random() % 2), split);
    StepWalk& walk = *made.walk;
    for (int64_t j = 0; j < frames; ++j)
      ASSERT_TRUE(walk.add(times[static_cast<size_t>(j)], 1000 + 2 * j));
    walk.finish(steps);
    for (int64_t i = 0; i < steps; ++i) {
      const double at = static_cast<double>(i) * split;
      ASSERT_EQ(walk.start(i), first_nearest(times, [&](double t) { return std::fabs(at - t); }))
          << "seed " << seed << " step " << i;
      const int64_t stop =
          first_nearest(times, [&](double t) { return std::fabs(t - at - split / 2); });
      ASSERT_EQ(walk.stop(i), 1000 + 2 * stop) << "seed " << seed << " step " << i;
    }
  }
}

// What a stream can hold: a window is known before its frames have left the last `kernel` ones, or
// it begins at the first of a run of frames of one time.
TEST(StepWalk, KnowsEveryStartInTime) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto times = random_times(random, false);
    const int64_t kernel = 2 + random() % 12;
    Walk made(kernel, step_count(times.back(), 0.03) + 1, 0.03);
    StepWalk& walk = *made.walk;
    for (size_t j = 0; j < times.size(); ++j) {
      const int64_t known = walk.state().started;
      ASSERT_TRUE(walk.add(times[j], static_cast<int64_t>(j)));
      for (int64_t i = known; i < walk.state().started; ++i)
        ASSERT_TRUE(walk.start(i) + kernel >= walk.state().frames ||
                    walk.start(i) == walk.state().before.index);
    }
  }
}

TEST(StepWalk, RefusesATimeWithMoreStepsThanThereIsRoomFor) {
  Walk made(2, 3, 1.0);
  EXPECT_TRUE(made.walk->add(0, 0));
  EXPECT_TRUE(made.walk->add(3.0, 1));
  EXPECT_FALSE(made.walk->add(3.1, 2));
  EXPECT_FALSE(made.walk->add(1e300, 2));
  EXPECT_EQ(made.walk->state().frames, 2);
}

TEST(StepCount, IsTheLengthOfNumpysArange) {
  EXPECT_EQ(step_count(1, 0.11), 10);
  EXPECT_EQ(step_count(7.8, 0.11), 71);
  EXPECT_EQ(step_count(0.0120001, 0.011), 2);
  EXPECT_EQ(step_count(2, 1), 2);
}

TEST(StepCount, IsOneForASingleInstant) { EXPECT_EQ(step_count(0, 1), 1); }

TEST(GuessedTime, IsNumpysLinspace) {
  EXPECT_EQ(guessed_time_s(0, 1), 0);
  EXPECT_EQ(guessed_time_s(0, 720), 0);
  EXPECT_EQ(guessed_time_s(719, 720), 720.0 / 3600 * 1.5);
  EXPECT_EQ(guessed_time_s(100, 720), 100 * (720.0 / 3600 * 1.5 / 719));
}

}  // namespace
}  // namespace parfocal::background
