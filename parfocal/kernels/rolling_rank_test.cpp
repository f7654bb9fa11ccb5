#include "parfocal/kernels/rolling_rank.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

template <class T>
using Series = std::vector<std::vector<T>>;

/// `spread` levels of noise (0 = all levels) on a level that drifts and sometimes jumps.
template <class T>
Series<T> drifting(size_t frames, size_t pixels, uint32_t spread, uint32_t seed) {
  std::mt19937 random(seed);
  Series<T> all(frames, std::vector<T>(rolling_padded<T>(pixels), 0));
  uint32_t level = 100;
  for (auto& frame : all) {
    level += random() % 3;
    if (random() % 40 == 0) level = random();
    for (size_t x = 0; x < pixels; ++x)
      frame[x] = static_cast<T>(spread == 0 ? random() : level + x % 5 + random() % spread);
  }
  return all;
}

template <class T>
std::vector<T> by_sorting(const std::vector<const T*>& frames, size_t pixels, size_t rank) {
  std::vector<T> result(pixels), column(frames.size());
  for (size_t x = 0; x < pixels; ++x) {
    for (size_t f = 0; f < frames.size(); ++f) column[f] = frames[f][x];
    std::sort(column.begin(), column.end());
    result[x] = column[rank];
  }
  return result;
}

/// One window in memory of exactly the stated sizes.
template <class T>
class Window {
 public:
  Window(size_t pixels, size_t window)
      : pixels_(pixels),
        window_(window),
        state_(rolling_state_bytes<T>(pixels, window)),
        scratch_(rolling_scratch_bytes(window)),
        out_(rolling_padded<T>(pixels) * sizeof(T)) {
    rolling_begin<T>(state_.data(), pixels, window);
  }
  void replace(const T* leaving, const T* entering) {
    rolling_replace<T>(state_.data(), pixels_, window_, leaving, entering);
  }
  std::vector<T> value(const std::vector<const T*>& frames, size_t rank) {
    rolling_value<T>(state_.data(), pixels_, window_, frames, rank, static_cast<T*>(out_.data()),
                     scratch_.data());
    const T* out = static_cast<const T*>(out_.data());
    return {out, out + pixels_};
  }

 private:
  size_t pixels_, window_;
  TestScratch state_, scratch_, out_;
};

template <class T>
void check_rolling(const Series<T>& series, size_t pixels, size_t window,
                   const std::string& context) {
  Window<T> rolling(pixels, window);
  std::vector<const T*> inside;
  for (size_t f = 0; f < series.size(); ++f) {
    const T* leaving = inside.size() == window ? series[f - window].data() : nullptr;
    if (leaving) inside.erase(inside.begin());
    inside.push_back(series[f].data());
    rolling.replace(leaving, series[f].data());
    if (f % 3 == 1) continue;  // reading is not tied to every change
    const size_t rank = inside.size() / 2;
    ASSERT_EQ(rolling.value(inside, rank), by_sorting(inside, pixels, rank))
        << context << " window " << window << " frame " << f;
  }
}

template <class T>
class RollingRank : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t>;
TYPED_TEST_SUITE(RollingRank, Types);

TYPED_TEST(RollingRank, EqualsSortingEveryWindowOnEveryTarget) {
  for_each_simd_target([](const std::string& target) {
    uint32_t seed = 1;
    for (const size_t window : {1, 2, 3, 10, 40})
      for (const uint32_t spread : {0u, 1u, 4u, 30u})
        for (const size_t pixels : {1, 63, 130})
          check_rolling(drifting<TypeParam>(90, pixels, spread, seed++), pixels, window, target);
  });
}

TYPED_TEST(RollingRank, CountsMoreThan255Frames) {
  for_each_simd_target([](const std::string& target) {
    for (const size_t window : {254, 255, 256, 300})
      check_rolling(drifting<TypeParam>(620, 5, 0, 3), 5, window, target);
  });
}

TYPED_TEST(RollingRank, TakesConstantSeriesAndBothEndsOfTheRange) {
  constexpr TypeParam kTop = std::numeric_limits<TypeParam>::max();
  for_each_simd_target([&](const std::string& target) {
    for (const TypeParam value : {TypeParam{0}, TypeParam{7}, TypeParam{250}, kTop})
      check_rolling(Series<TypeParam>(30, std::vector<TypeParam>(128, value)), 70, 10, target);
    Series<TypeParam> steps(60, std::vector<TypeParam>(128, 0));
    for (size_t f = 0; f < steps.size(); ++f) steps[f].assign(128, f / 15 % 2 ? kTop : 0);
    check_rolling(steps, 100, 10, target);
  });
}

TYPED_TEST(RollingRank, LetsFramesLeaveWithoutOneThatEnters) {
  const auto series = drifting<TypeParam>(12, 40, 9, 4);
  Window<TypeParam> rolling(40, 12);
  std::vector<const TypeParam*> inside;
  for (const auto& frame : series) {
    inside.push_back(frame.data());
    rolling.replace(nullptr, frame.data());
  }
  while (inside.size() > 1) {
    rolling.replace(inside[0], nullptr);
    inside.erase(inside.begin());
    for (const size_t rank : {size_t{0}, inside.size() / 2, inside.size() - 1})
      ASSERT_EQ(rolling.value(inside, rank), by_sorting(inside, 40, rank));
  }
}

}  // namespace
}  // namespace parfocal::kernels
