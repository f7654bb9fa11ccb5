#include "parfocal/kernels/order_statistic.h"

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
using Frames = std::vector<std::vector<T>>;

/// Noise of `spread` levels about a base that differs from pixel to pixel; spread 0 = all levels.
template <class T>
Frames<T> noisy_frames(size_t frames, size_t pixels, uint32_t spread, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint32_t> base(pixels);
  for (uint32_t& b : base) b = random();
  Frames<T> all(frames, std::vector<T>(pixels));
  for (auto& frame : all)
    for (size_t x = 0; x < pixels; ++x)
      frame[x] = static_cast<T>(spread == 0 ? random() : base[x] + random() % spread);
  return all;
}

template <class T>
std::vector<T> by_sorting(const Frames<T>& frames, size_t rank) {
  std::vector<T> result(frames[0].size()), column(frames.size());
  for (size_t x = 0; x < result.size(); ++x) {
    for (size_t f = 0; f < frames.size(); ++f) column[f] = frames[f][x];
    std::nth_element(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(rank),
                     column.end());
    result[x] = column[rank];
  }
  return result;
}

template <class T>
std::vector<T> by_kernel(const Frames<T>& frames, size_t rank) {
  std::vector<const T*> pointers;
  for (const auto& frame : frames) pointers.push_back(frame.data());
  std::vector<T> out(frames[0].size());
  TestScratch scratch(order_statistic_scratch_bytes(frames.size()));
  order_statistic<T>(pointers, rank, out.size(), out.data(), scratch.data());
  return out;
}

template <class T>
class OrderStatistic : public ::testing::Test {};
using Types = ::testing::Types<uint8_t, uint16_t>;
TYPED_TEST_SUITE(OrderStatistic, Types);

TYPED_TEST(OrderStatistic, EqualsSortingForEveryRankWidthAndTarget) {
  for_each_simd_target([](const std::string& target) {
    uint32_t seed = 1;
    for (const size_t frames : {1, 2, 3, 10, 101})
      for (const size_t pixels : {1, 31, 63, 64, 65, 127, 128, 300})
        for (const uint32_t spread : {0u, 1u, 9u, 300u}) {
          const auto data = noisy_frames<TypeParam>(frames, pixels, spread, seed++);
          for (const size_t rank : {size_t{0}, frames / 2, frames - 1})
            ASSERT_EQ(by_kernel(data, rank), by_sorting(data, rank))
                << target << " frames " << frames << " pixels " << pixels << " rank " << rank;
        }
  });
}

TYPED_TEST(OrderStatistic, CountsMoreFramesThanALaneHolds) {
  for_each_simd_target([](const std::string& target) {
    for (const size_t frames : {254, 255, 256, 257, 510, 511, 700}) {
      auto data = noisy_frames<TypeParam>(frames, 70, 0, static_cast<uint32_t>(frames));
      for (auto& frame : data) frame[3] = 0, frame[4] = std::numeric_limits<TypeParam>::max();
      for (const size_t rank : {size_t{0}, size_t{254}, frames / 2, frames - 1}) {
        const size_t at = std::min(rank, frames - 1);
        ASSERT_EQ(by_kernel(data, at), by_sorting(data, at)) << target << " frames " << frames;
      }
    }
  });
}

TEST(OrderStatisticU16, CountsMoreThan65535Frames) {
  for_each_simd_target([](const std::string& target) {
    const size_t frames = 65536 + 1000;
    const std::vector<uint16_t> low(3, 7), high(3, 900);
    std::vector<const uint16_t*> pointers(frames, low.data());
    std::fill(pointers.begin() + 65536, pointers.end(), high.data());
    TestScratch scratch(order_statistic_scratch_bytes(frames));
    std::vector<uint16_t> out(3);
    order_statistic<uint16_t>(pointers, 65535, 3, out.data(), scratch.data());
    EXPECT_EQ(out, low) << target;
    order_statistic<uint16_t>(pointers, 65536, 3, out.data(), scratch.data());
    EXPECT_EQ(out, high) << target;
  });
}

TYPED_TEST(OrderStatistic, DoesNotDependOnTheOrderOfTheFrames) {
  auto data = noisy_frames<TypeParam>(40, 200, 30, 5);
  const auto expected = by_kernel(data, 20);
  std::rotate(data.begin(), data.begin() + 13, data.end());
  EXPECT_EQ(by_kernel(data, 20), expected);
}

TYPED_TEST(OrderStatistic, ReachesBothEndsOfTheRange) {
  constexpr TypeParam kTop = std::numeric_limits<TypeParam>::max();
  for_each_simd_target([&](const std::string& target) {
    for (const TypeParam value : {TypeParam{0}, TypeParam{1}, TypeParam{128}, kTop}) {
      const Frames<TypeParam> constant(5, std::vector<TypeParam>(130, value));
      EXPECT_EQ(by_kernel(constant, 2), constant[0]) << target;
    }
    Frames<TypeParam> ends(7, std::vector<TypeParam>(65, kTop));
    for (size_t f = 0; f < 3; ++f) ends[f].assign(65, 0);
    EXPECT_EQ(by_kernel(ends, 2), ends[0]) << target;
    EXPECT_EQ(by_kernel(ends, 3), ends[3]) << target;
  });
}

}  // namespace
}  // namespace parfocal::kernels
