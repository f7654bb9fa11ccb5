#include "parfocal/formats/zarr/contrast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

TEST(ContrastOfFloats, IsThatOfTheFiniteOnes) {
  test::Image image(DType::f32, Region::whole({64, 64}));
  float* const pixels = image.view().as<float>();
  for (int i = 0; i < 64 * 64; ++i) {
    const float value = static_cast<float>(i % 100);
    pixels[i] = i % 7 == 0   ? std::nanf("")
                : i % 7 == 1 ? std::numeric_limits<float>::infinity()
                : i % 7 == 2 ? -std::numeric_limits<float>::infinity()
                             : value;
  }
  ContrastSample sample;
  for (int64_t k = 0; k < 20; ++k) sample.add(k, std::as_const(image).view(), image.region);
  const ContrastWindow window = sample.window(DType::f32);
  EXPECT_EQ(window.min, 0);
  EXPECT_EQ(window.max, 99);
  EXPECT_NEAR(window.start, 0, 2);
  EXPECT_NEAR(window.end, 99, 2);
}

}  // namespace
}  // namespace parfocal
