#include <gmock/gmock.h>

#include <cmath>

#include "parfocal/operators/conformance/pixels.h"

namespace parfocal {
namespace {

using namespace conformance;

DType result_of(const std::string& step, DType a, std::optional<DType> by = {}) {
  std::vector<PortLayout> in{image_of(a, {{"t", 2}}, {{"x", 3}})};
  if (by) in.push_back(image_of(*by, {}, {{"x", 3}}));
  return bind_step(step, in)->outputs()[0].layout.dtype;
}

TEST(Subtract, ChoosesTheSmallestDtypeThatHoldsEveryDifference) {
  const std::string by = "{op: subtract}";
  EXPECT_EQ(result_of(by, DType::u8, DType::u8), DType::i16);
  EXPECT_EQ(result_of(by, DType::i8, DType::u8), DType::i16);
  EXPECT_EQ(result_of(by, DType::u16, DType::u8), DType::i32);
  EXPECT_EQ(result_of(by, DType::u32, DType::u32), DType::i64);
  EXPECT_EQ(result_of(by, DType::u16, DType::f32), DType::f32);
  EXPECT_EQ(result_of(by, DType::i32, DType::f32), DType::f64);
  EXPECT_EQ(result_of(by, DType::f64, DType::u8), DType::f64);
  EXPECT_THROW(result_of(by, DType::u64, DType::u8), Error);
  EXPECT_THROW(result_of(by, DType::i64, DType::i64), Error);
  EXPECT_THROW(result_of(by, DType::boolean, DType::u8), Error);
  EXPECT_EQ(result_of("{op: subtract, constant: 100}", DType::u8), DType::i16);
  EXPECT_EQ(result_of("{op: subtract, constant: 128}", DType::u8), DType::i8);
  EXPECT_EQ(result_of("{op: subtract, constant: 100}", DType::u16), DType::i32);
  EXPECT_EQ(result_of("{op: subtract, constant: 0.5}", DType::u16), DType::f32);
  EXPECT_EQ(result_of("{op: subtract, constant: 0.5}", DType::u32), DType::f64);
  EXPECT_EQ(result_of("{op: subtract, constant: 3}", DType::f32), DType::f32);
  EXPECT_EQ(result_of("{op: subtract, constant: 0.1}", DType::f32), DType::f32);
  EXPECT_EQ(result_of("{op: subtract, constant: 16777216.0}", DType::u8), DType::f32);
  EXPECT_EQ(result_of("{op: subtract, constant: 16777217.0}", DType::u8), DType::f64);
  EXPECT_EQ(result_of("{op: subtract, constant: 16777217}", DType::f32), DType::f64);
  EXPECT_EQ(result_of("{op: subtract, constant: 1e39}", DType::f32), DType::f64);
}

TEST(Arithmetic, ChoosesTheSmallestDtypeThatHoldsEveryResult) {
  EXPECT_EQ(result_of("{op: add}", DType::u8, DType::u8), DType::u16);
  EXPECT_EQ(result_of("{op: add}", DType::u8, DType::i8), DType::i16);
  EXPECT_EQ(result_of("{op: add}", DType::u32, DType::u8), DType::u64);
  EXPECT_EQ(result_of("{op: add, constant: 10}", DType::u8), DType::u16);
  EXPECT_EQ(result_of("{op: add, constant: -10}", DType::u8), DType::i16);
  EXPECT_EQ(result_of("{op: add, constant: 0.5}", DType::u16), DType::f32);
  EXPECT_EQ(result_of("{op: multiply}", DType::u8, DType::u8), DType::u16);
  EXPECT_EQ(result_of("{op: multiply}", DType::i8, DType::i8), DType::i16);
  EXPECT_EQ(result_of("{op: multiply}", DType::u32, DType::u32), DType::u64);
  EXPECT_EQ(result_of("{op: multiply, constant: 2}", DType::u8), DType::u16);
  EXPECT_EQ(result_of("{op: multiply, constant: -1}", DType::u8), DType::i16);
  EXPECT_EQ(result_of("{op: multiply, constant: 0}", DType::u16), DType::u8);
  EXPECT_EQ(result_of("{op: divide}", DType::u8, DType::u16), DType::f32);
  EXPECT_EQ(result_of("{op: divide, constant: 3}", DType::u8), DType::f32);
  EXPECT_EQ(result_of("{op: divide, constant: 3}", DType::u32), DType::f64);
  EXPECT_THROW(result_of("{op: divide, constant: 0.0}", DType::u8), Error);
  EXPECT_THROW(result_of("{op: multiply}", DType::u64, DType::u64), Error);
  EXPECT_THROW(result_of("{op: add}", DType::u64, DType::u64), Error);
  EXPECT_THROW(result_of("{op: multiply}", DType::boolean, DType::u8), Error);
}

template <class Out, class T>
std::vector<Out> combined(const std::string& step, std::vector<T> pixels,
                          std::optional<std::vector<T>> by = {}) {
  const auto count = static_cast<int64_t>(pixels.size());
  const PortLayout in = image_of(dtype_of<T>(), {}, {{"x", count}});
  std::vector<PortLayout> ports{in};
  Items items{item_of(pixels)};
  if (by) ports.push_back(in), items.push_back(item_of(*by));
  const auto op = bind_step(step, ports);
  return pixels_of<Out>(
      run_map(dynamic_cast<const MapOperator&>(*op), items, op->outputs()[0].layout.whole_item())
          .ports[0][0]);
}

TEST(Arithmetic, IsExactAtTheEndsOfTheRange) {
  using ::testing::ElementsAre;
  const std::vector<uint8_t> bytes{0, 1, 255};
  EXPECT_THAT((combined<uint16_t, uint8_t>("{op: add}", bytes, bytes)), ElementsAre(0, 2, 510));
  EXPECT_THAT((combined<uint16_t, uint8_t>("{op: multiply}", bytes, bytes)),
              ElementsAre(0, 1, 65025));
  EXPECT_THAT((combined<int16_t, uint8_t>("{op: multiply, constant: -1}", bytes)),
              ElementsAre(0, -1, -255));
  EXPECT_THAT(
      (combined<int16_t, int8_t>("{op: multiply}", {-128, 127}, std::vector<int8_t>{-128, -128})),
      ElementsAre(16384, -16256));
  EXPECT_THAT((combined<uint64_t, uint32_t>("{op: multiply}", {UINT32_MAX},
                                            std::vector<uint32_t>{UINT32_MAX})),
              ElementsAre(18446744065119617025ULL));
}

TEST(Arithmetic, DividesByZeroAsFloatsDo) {
  const auto quotients =
      combined<float, uint8_t>("{op: divide}", {1, 0, 7}, std::vector<uint8_t>{0, 0, 2});
  EXPECT_EQ(quotients[0], std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(quotients[1]));
  EXPECT_EQ(quotients[2], 3.5F);
}

TEST(Arithmetic, GoesOnBeyondOneBlock) {
  std::vector<uint8_t> a(3000), b(3000);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = static_cast<uint8_t>(i), b[i] = static_cast<uint8_t>(i / 7);
  const auto sums = combined<uint16_t, uint8_t>("{op: add}", a, b);
  for (size_t i = 0; i < a.size(); ++i) ASSERT_EQ(sums[i], a[i] + b[i]);
}

TEST(Subtract, NeedsExactlyOneOperand) {
  EXPECT_THROW(result_of("{op: subtract}", DType::u8), Error);
  EXPECT_THROW(result_of("{op: subtract, constant: 1}", DType::u8, DType::u8), Error);
}

TEST(Subtract, IsExactAtTheEndsOfTheRange) {
  const PortLayout u32 = image_of(DType::u32, {}, {{"x", 2}});
  const auto op = bind_step("{op: subtract}", {u32, u32});
  const Outcome result =
      run_map(dynamic_cast<const MapOperator&>(*op),
              {item_of<uint32_t>({0, UINT32_MAX}), item_of<uint32_t>({UINT32_MAX, 0})},
              op->outputs()[0].layout.whole_item());
  EXPECT_THAT(pixels_of<int64_t>(result.ports[0][0]),
              ::testing::ElementsAre(-int64_t{UINT32_MAX}, int64_t{UINT32_MAX}));
}

TEST(Subtract, TakesAConstantThatTheResultCannotHold) {
  const PortLayout u8 = image_of(DType::u8, {}, {{"x", 3}});
  const auto op = bind_step("{op: subtract, constant: 128}", {u8});
  const Outcome result =
      run_map(dynamic_cast<const MapOperator&>(*op), {item_of<uint8_t>({0, 128, 255})},
              op->outputs()[0].layout.whole_item());
  EXPECT_THAT(pixels_of<int8_t>(result.ports[0][0]), ::testing::ElementsAre(-128, 0, 127));
}

TEST(Subtract, TakesAValueOfOneNumber) {
  const PortLayout image = image_of(DType::u16, {{"t", 1}}, {{"x", 3}});
  const PortLayout number = image_of(DType::f64, {}, {});
  const auto op = bind_step("{op: subtract}", {image, number});
  const Outcome result = run_map(dynamic_cast<const MapOperator&>(*op),
                                 {item_of<uint16_t>({1, 2, 65535}), item_of<double>({1.5})},
                                 op->outputs()[0].layout.whole_item());
  EXPECT_THAT(pixels_of<double>(result.ports[0][0]), ::testing::ElementsAre(-0.5, 0.5, 65533.5));
}

TEST(Subtract, SaysWhenSizesDiffer) {
  EXPECT_THROW(bind_step("{op: subtract}", {image_of(DType::u8, {}, {{"x", 3}}),
                                            image_of(DType::u8, {}, {{"x", 4}})}),
               Error);
}

}  // namespace
}  // namespace parfocal
