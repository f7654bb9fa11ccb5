#include <gmock/gmock.h>

#include "parfocal/operators/conformance/pixels.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::HasSubstr;

TEST(GaussianOperator, LeavesAConstantImageAlone) {
  const PortLayout in = image_of(DType::u16, {{"t", 1}}, {{"y", 9}, {"x", 5}});
  const auto op = bind_step("{op: gaussian, sigma: 2 px}", {in});
  EXPECT_EQ(op->outputs()[0].layout.dtype, DType::f32);
  const Outcome result = map_whole(*op, {made_item(in, 0, Content::constant, 1)});
  for (const float v : pixels_of<float>(result.ports[0][0])) EXPECT_NEAR(v, 7, 1e-5);
}

TEST(GaussianOperator, TakesSigmaPerAxisAndInLengths) {
  const PortLayout in = image_of(DType::f64, {}, {{"y", 9}, {"x", 5}});  // 0.5 um per pixel
  const auto pixels = bind_step("{op: gaussian, sigma: [2 px, 0 px]}", {in});
  const auto lengths = bind_step("{op: gaussian, sigma: [1 um, 0 um]}", {in});
  const Items items{made_item(in, 0, Content::random, 1)};
  EXPECT_TRUE(same(map_whole(*pixels, items), map_whole(*lengths, items)));
  Region out = Region::whole({1, 1});
  out.origin = {4, 2};
  EXPECT_EQ(pixels->footprint(0, out).shape[0], 9);
  EXPECT_EQ(pixels->footprint(0, out).shape[1], 1);
}

TEST(GaussianOperator, BlursEveryPlaneOfAStackByItself) {
  const PortLayout stack = image_of(DType::f32, {}, {{"z", 3}, {"y", 6}, {"x", 5}});
  const PortLayout plane = image_of(DType::f32, {}, {{"y", 6}, {"x", 5}});
  const Item item = made_item(stack, 0, Content::random, 1);
  const Outcome all = map_whole(*bind_step("{op: gaussian, sigma: 1}", {stack}), {item});
  Item middle;
  middle.bytes.assign(item.bytes.begin() + 120, item.bytes.begin() + 240);
  const Outcome one = map_whole(*bind_step("{op: gaussian, sigma: 1}", {plane}), {middle});
  EXPECT_TRUE(std::equal(one.ports[0][0].bytes.begin(), one.ports[0][0].bytes.end(),
                         all.ports[0][0].bytes.begin() + 120));
}

TEST(GaussianOperator, SaysWhatItNeeds) {
  PortLayout in = image_of(DType::f32, {}, {{"y", 6}, {"x", 5}});
  in.layout.item[0].unit = "";
  EXPECT_THAT(message_of("{op: gaussian, sigma: 1 um}", {in}), HasSubstr("source.scale"));
  EXPECT_THAT(message_of("{op: gaussian, sigma: [1, 1, 1]}", {in}), HasSubstr("1 or 2"));
  EXPECT_THAT(message_of("{op: gaussian, sigma: -1}", {in}), HasSubstr(">= 0"));
}

}  // namespace
}  // namespace parfocal
