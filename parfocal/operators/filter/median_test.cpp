#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "parfocal/operators/conformance/golden.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
std::vector<T> median(const std::string& params, int64_t width, std::vector<T> pixels,
                      DType dtype = dtype_of<T>()) {
  const auto height = static_cast<int64_t>(pixels.size()) / width;
  const PortLayout in = image_of(dtype, {{"t", 1}}, {{"y", height}, {"x", width}});
  return pixels_of<T>(
      run_step("{op: median, " + params + "}", {stream_of<T>(in, {pixels})})[0].items[0]);
}

TEST(Median, OfASquareReflectsAtTheEdges) {
  EXPECT_THAT(median<uint8_t>("size: 3", 3,
                              {9, 1, 2,  //
                               3, 4, 5,  //
                               6, 7, 8}),
              ElementsAre(4, 3, 2, 6, 5, 5, 6, 6, 7));
}

TEST(Median, OfAnEvenSizeIsTheUpperOneOfPixelsAboveAndBefore) {
  EXPECT_THAT(median<uint16_t>("size: [1, 2]", 5, {5, 1, 9, 2, 7}), ElementsAre(5, 5, 9, 9, 7));
  EXPECT_THAT(median<uint16_t>("size: [2, 1]", 1, {5, 1, 9}), ElementsAre(5, 5, 9));
}

TEST(Median, TakesAFootprintInPlaceOfASize) {
  const std::vector<uint8_t> pixels{0, 0, 0, 9, 0,  //
                                    0, 9, 9, 9, 0,  //
                                    0, 0, 9, 0, 0};
  EXPECT_EQ(median("footprint: square(3)", 5, pixels), median("size: 3", 5, pixels));
  EXPECT_NE(median("footprint: disk(1)", 5, pixels), median("size: 3", 5, pixels));
}

TEST(Median, OfAMaskIsTheMajority) {
  EXPECT_THAT(median<uint8_t>("size: [1, 3]", 6, {1, 0, 1, 1, 0, 0}, DType::boolean),
              ElementsAre(1, 1, 1, 1, 0, 0));
}

TEST(Median, TakesNanForLargerThanEveryNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto out = median<float>("size: [1, 3]", 5, {1, nan, 3, nan, nan});
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], 3);
  EXPECT_TRUE(std::isnan(out[2]) && std::isnan(out[3]) && std::isnan(out[4]));
}

TEST(Median, SaysWhatItNeeds) {
  const PortLayout in = image_of(DType::u8, {{"t", 1}}, {{"y", 4}, {"x", 4}});
  EXPECT_THAT(message_of("{op: median}", {in}), HasSubstr("exactly one of size and footprint"));
  EXPECT_THAT(message_of("{op: median, size: 3, footprint: disk(1)}", {in}),
              HasSubstr("remove one"));
  EXPECT_THAT(message_of("{op: median, size: [1, 2, 3]}", {in}), HasSubstr("1 or 2 numbers"));
  EXPECT_THAT(message_of("{op: median, size: 0}", {in}), HasSubstr("1..401"));
}

}  // namespace
}  // namespace parfocal
