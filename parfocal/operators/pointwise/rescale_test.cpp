#include <gmock/gmock.h>

#include <cmath>

#include "parfocal/operators/conformance/recipe.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
Stream row(const std::vector<T>& pixels) {
  const auto width = static_cast<int64_t>(pixels.size());
  return stream_of<T>(image_of(dtype_of<T>(), {{"t", 1}}, {{"y", 1}, {"x", width}}), {pixels});
}
template <class Out, class In>
std::vector<Out> rescaled(const std::string& how, const std::vector<In>& pixels) {
  return pixels_of<Out>(run_step("{op: rescale" + how + "}", {row(pixels)})[0].items[0]);
}
std::string problem(const std::string& how, DType dtype) {
  try {
    run_step("{op: rescale" + how + "}", {{image_of(dtype, {{"t", 1}}, {{"y", 1}, {"x", 1}}), {}}});
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

// What skimage.exposure.rescale_intensity gives for the same pixels and ranges.
TEST(Rescale, StretchesTheRangeOfTheImageOverThatOfItsType) {
  EXPECT_THAT((rescaled<uint8_t, uint8_t>("", {51, 102, 153})), ElementsAre(0, 127, 255));
  EXPECT_THAT((rescaled<uint16_t, uint16_t>("", {1, 2, 4})), ElementsAre(0, 21845, 65535));
  EXPECT_THAT((rescaled<int8_t, int8_t>("", {-3, 0, 3})), ElementsAre(-128, 0, 127));
  EXPECT_THAT((rescaled<int8_t, int8_t>("", {0, 1, 2})), ElementsAre(0, 63, 127));
  EXPECT_THAT((rescaled<float, float>("", {51, 102, 153})), ElementsAre(0, 0.5F, 1));
}

TEST(Rescale, MakesFloatsOfAPairAndTheTypeOfAName) {
  EXPECT_THAT((rescaled<double, uint8_t>(", out_range: [0, 1]", {10, 15, 20})),
              ElementsAre(0, 0.5, 1));
  EXPECT_THAT((rescaled<float, float>(", out_range: [-2, 2]", {10, 15, 20})),
              ElementsAre(-2, 0, 2));
  EXPECT_THAT((rescaled<uint16_t, uint8_t>(", out_range: uint16", {0, 1, 255})),
              ElementsAre(0, 257, 65535));
}

TEST(Rescale, ClipsToARangeThatIsGiven) {
  EXPECT_THAT((rescaled<uint8_t, uint8_t>(", in_range: [10, 20]", {0, 10, 15, 20, 255})),
              ElementsAre(0, 0, 127, 255, 255));
  EXPECT_THAT((rescaled<uint8_t, uint16_t>(", in_range: dtype, out_range: uint8", {0, 257, 65535})),
              ElementsAre(0, 1, 255));
}

TEST(Rescale, ClipsAConstantImageToTheOtherRange) {
  EXPECT_THAT((rescaled<double, uint8_t>(", out_range: [0, 127]", {130, 130})),
              ElementsAre(127, 127));
  EXPECT_THAT((rescaled<uint8_t, uint8_t>("", {7, 7})), ElementsAre(7, 7));
}

TEST(Rescale, KeepsTheLargestIntegersAndLeavesOutNaN) {
  EXPECT_THAT((rescaled<uint64_t, uint64_t>("", {0, UINT64_MAX})), ElementsAre(0, UINT64_MAX));
  EXPECT_THAT((rescaled<int64_t, int64_t>("", {INT64_MIN, INT64_MAX})),
              ElementsAre(INT64_MIN, INT64_MAX));
  const std::vector<float> real = rescaled<float, float>("", {1, NAN, 3});
  EXPECT_EQ(real[0], 0);
  EXPECT_TRUE(std::isnan(real[1]));
  EXPECT_EQ(real[2], 1);
  EXPECT_THAT((rescaled<uint8_t, float>(", out_range: uint8", {1, NAN, 3})),
              ElementsAre(0, 0, 255));
}

TEST(Rescale, TakesOneRangeForAStackWhenAsked) {
  const PortLayout port = image_of(DType::u8, {{"t", 2}}, {{"y", 1}, {"x", 2}});
  const Stream images = stream_of<uint8_t>(port, {{0, 51}, {102, 255}});
  const Stream out = run_step("{op: rescale, per: stack, out_range: [0, 1]}", {images})[0];
  EXPECT_THAT(pixels_of<double>(out.items[0]), ElementsAre(0, 0.2));
  EXPECT_THAT(pixels_of<double>(out.items[1]), ElementsAre(0.4, 1));
}

TEST(Rescale, SaysWhatIsWrong) {
  EXPECT_THAT(problem(", in_range: [5, 5]", DType::u8), HasSubstr("no width"));
  EXPECT_THAT(problem(", in_range: percentile", DType::u8), HasSubstr("in_range: [0, 255]"));
  EXPECT_THAT(problem(", out_range: bool", DType::u8), HasSubstr("not a range"));
}

}  // namespace
}  // namespace parfocal
