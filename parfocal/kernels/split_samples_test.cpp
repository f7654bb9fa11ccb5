#include "parfocal/kernels/split_samples.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "parfocal/kernels/simd_targets.h"

namespace parfocal::kernels {
namespace {

template <typename T>
void expect_split(int64_t count, int64_t samples, uint32_t wanted) {
  std::mt19937 random(static_cast<uint32_t>(count * 8 + samples));
  std::vector<T> pixels(static_cast<size_t>(count * samples));
  for (T& value : pixels) value = static_cast<T>(random());
  std::vector<std::vector<T>> planes(4, std::vector<T>(static_cast<size_t>(count) + 1, T{7}));
  T* to[4] = {};
  for (size_t s = 0; s < 4; ++s)
    if (wanted >> s & 1) to[s] = planes[s].data();
  split_samples(pixels.data(), count, samples, to);
  for (size_t s = 0; s < static_cast<size_t>(samples); ++s) {
    ASSERT_EQ(planes[s].back(), T{7}) << "behind the plane";
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      ASSERT_EQ(planes[s][i],
                wanted >> s & 1 ? pixels[i * static_cast<size_t>(samples) + s] : T{7});
  }
}

TEST(SplitSamples, GivesEachPlaneItsValuesOnEveryTarget) {
  for_each_simd_target([](const std::string& target) {
    SCOPED_TRACE(target);
    for (const int64_t count : {0, 1, 15, 16, 17, 64, 131})
      for (int64_t samples = 1; samples <= 4; ++samples)
        for (const uint32_t wanted : {15u, 1u, 2u, 5u}) {
          expect_split<uint8_t>(count, samples, wanted);
          expect_split<uint16_t>(count, samples, wanted);
        }
  });
}

}  // namespace
}  // namespace parfocal::kernels
