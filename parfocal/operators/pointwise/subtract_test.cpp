#include <gmock/gmock.h>

#include "parfocal/operators/conformance/bind.h"
#include "parfocal/operators/conformance/run.h"
#include "parfocal/operators/conformance/synthesis.h"

namespace parfocal {
namespace {

using namespace conformance;

DType result_of(const std::string& step, DType a, std::optional<DType> by = {}) {
  std::vector<PortLayout> in{image_of(a, {{"t", 2}}, {{"x", 3}})};
  if (by) in.push_back(image_of(*by, {}, {{"x", 3}}));
  return bind_step(step, in)->outputs()[0].layout.dtype;
}

template <class T>
Item item_of(std::vector<T> pixels) {
  Item item;
  item.bytes.resize(pixels.size() * sizeof(T));
  std::memcpy(item.bytes.data(), pixels.data(), item.bytes.size());
  return item;
}
template <class T>
std::vector<T> pixels_of(const Item& item) {
  std::vector<T> pixels(item.bytes.size() / sizeof(T));
  std::memcpy(pixels.data(), item.bytes.data(), item.bytes.size());
  return pixels;
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
