#include <gmock/gmock.h>

#include <limits>

#include "parfocal/operators/conformance/pixels.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;

template <class From>
Outcome cast(const std::string& params, const std::vector<From>& pixels) {
  const PortLayout in =
      image_of(dtype_of<From>(), {}, {{"y", 1}, {"x", static_cast<int64_t>(pixels.size())}});
  return map_whole(*bind_step("{op: cast, " + params + "}", {in}), {item_of(pixels)});
}

TEST(Cast, WrapsSaturatesOrFails) {
  const std::vector<int16_t> pixels{-1, 0, 255, 256};
  const auto bytes = [](const Outcome& result) { return pixels_of<uint8_t>(result.ports[0][0]); };
  EXPECT_THAT(bytes(cast("dtype: uint8, casting: wrap", pixels)), ElementsAre(255, 0, 255, 0));
  EXPECT_THAT(bytes(cast("dtype: uint8, casting: saturate", pixels)), ElementsAre(0, 0, 255, 255));
  EXPECT_EQ(cast("dtype: uint8", pixels).failure,
            "a value of int16 does not fit uint8 at y 0, x 0");
  EXPECT_EQ(cast<int16_t>("dtype: uint8", {1, 2, 300}).failure,
            "a value of int16 does not fit uint8 at y 0, x 2");
}

TEST(Cast, TellsTheColumnOfAValueInALongRow) {
  std::vector<int16_t> pixels(5000, 1);
  pixels[3001] = 300;
  EXPECT_EQ(cast("dtype: uint8", pixels).failure,
            "a value of int16 does not fit uint8 at y 0, x 3001");
}

TEST(Cast, TurnsNumbersIntoMasksAndBack) {
  const auto mask = cast<float>("dtype: bool, casting: wrap", {0, 0.5F, -3});
  EXPECT_THAT(pixels_of<uint8_t>(mask.ports[0][0]), ElementsAre(0, 1, 1));
  EXPECT_FALSE(cast<uint8_t>("dtype: bool", {0, 1, 2}).failure.empty());
  const PortLayout in = image_of(DType::boolean, {}, {{"x", 2}});
  const auto back =
      map_whole(*bind_step("{op: cast, dtype: float32}", {in}), {item_of<uint8_t>({0, 1})});
  EXPECT_THAT(pixels_of<float>(back.ports[0][0]), ElementsAre(0.0F, 1.0F));
}

TEST(Cast, MayOverwriteAnInputOfTheSameSize) {
  const auto in_place = [](DType from, DType to) {
    const auto op = bind_step("{op: cast, dtype: " + std::string(dtype_name(to)) + "}",
                              {image_of(from, {}, {{"x", 2}})});
    return dynamic_cast<const MapOperator&>(*op).in_place();
  };
  EXPECT_EQ(in_place(DType::i32, DType::f32), 0);
  EXPECT_EQ(in_place(DType::u16, DType::f32), -1);
}

TEST(Cast, GoesOnBeyondOneBlock) {
  std::vector<int32_t> pixels(5000);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<int32_t>(i * 7);
  const auto result = pixels_of<double>(cast("dtype: float64", pixels).ports[0][0]);
  for (size_t i = 0; i < pixels.size(); ++i) ASSERT_EQ(result[i], pixels[i]);
}

}  // namespace
}  // namespace parfocal
