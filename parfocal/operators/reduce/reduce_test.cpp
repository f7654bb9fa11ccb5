#include <gmock/gmock.h>

#include "parfocal/operators/conformance/pixels.h"
#include "parfocal/operators/reduce/exact_accumulators.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string step(const std::string& over, const std::string& how) {
  return "{op: reduce, over: " + over + ", how: " + how + "}";
}
template <class T>
Outcome folded(const std::string& over, const std::string& how,
               const std::vector<std::vector<T>>& frames) {
  const PortLayout in = image_of(dtype_of<T>(), {{"t", static_cast<int64_t>(frames.size())}},
                                 {{"y", 1}, {"x", static_cast<int64_t>(frames[0].size())}});
  std::vector<Item> items;
  for (const auto& frame : frames) items.push_back(item_of(frame));
  return fold_whole(*bind_step(step(over, how), {in}), items);
}
template <class T, class Out>
std::vector<Out> result_of(const std::string& over, const std::string& how,
                           const std::vector<std::vector<T>>& frames) {
  return pixels_of<Out>(folded(over, how, frames).ports[0][0]);
}

TEST(Reduce, FoldsEveryPixelOverTime) {
  const std::vector<std::vector<uint16_t>> frames{{1, 65535}, {2, 65535}, {6, 0}};
  EXPECT_THAT((result_of<uint16_t, double>("t", "mean", frames)), ElementsAre(3.0, 43690.0));
  EXPECT_THAT((result_of<uint16_t, uint64_t>("t", "sum", frames)), ElementsAre(9, 131070));
  EXPECT_THAT((result_of<uint16_t, uint16_t>("t", "min", frames)), ElementsAre(1, 0));
  EXPECT_THAT((result_of<uint16_t, uint16_t>("t", "max", frames)), ElementsAre(6, 65535));
  EXPECT_THAT((result_of<uint16_t, double>("t", "var", frames)),
              ElementsAre(DoubleEq(14.0 / 3), DoubleEq(954408050.0)));
  EXPECT_THAT((result_of<uint16_t, double>("t", "std", frames)),
              ElementsAre(DoubleEq(std::sqrt(14.0 / 3)), DoubleEq(std::sqrt(954408050.0))));
}

TEST(Reduce, FoldsAllPixelsOfEveryItem) {
  const PortLayout in = image_of(DType::f32, {{"t", 9}}, {{"y", 2}, {"x", 2}});
  const auto op = bind_step(step("[y, x]", "std"), {in});
  EXPECT_EQ(op->outputs()[0].layout.str(), "t=9 | float32");
  const Outcome result = fold_whole(*op, {item_of<float>({1, 2, 3, 6})});
  EXPECT_THAT(pixels_of<float>(result.ports[0][0]), ElementsAre(std::sqrt(3.5F)));
}

TEST(Reduce, FoldsItemsAndPixelsTogether) {
  const std::vector<std::vector<int16_t>> frames{{-3, 1}, {4, 4}};
  EXPECT_THAT((result_of<int16_t, double>("[t, y, x]", "mean", frames)), ElementsAre(1.5));
  EXPECT_THAT((result_of<int16_t, int64_t>("[t, y, x]", "sum", frames)), ElementsAre(6));
  EXPECT_THAT((result_of<int16_t, double>("[t, y, x]", "var", frames)), ElementsAre(8.25));
  EXPECT_THAT((result_of<int16_t, int16_t>("[t, y, x]", "min", frames)), ElementsAre(-3));
  const std::vector<std::vector<double>> reals{{-3, 1}, {4, 4}};
  EXPECT_THAT((result_of<double, double>("[t, y, x]", "var", reals)), ElementsAre(8.25));
  EXPECT_THAT((result_of<double, double>("[t, y, x]", "mean", reals)), ElementsAre(1.5));
  EXPECT_THAT((result_of<double, double>("[t, y, x]", "max", reals)), ElementsAre(4.0));
}

// By Python, whose division of integers rounds once; that of their doubles differs in each.
TEST(Reduce, DividesSumsOfMoreThan53DigitsWithOneRounding) {
  EXPECT_EQ(reduction::quotient(2193230518291280956U, 4156012), 527724779979.2881);
  EXPECT_EQ(reduction::quotient(9017381291163070092U, 237797), 37920500641989.05);
  EXPECT_EQ(reduction::quotient(5873557665950724921U, 256609), 22889133529808.87);
  EXPECT_EQ(reduction::quotient(UINT64_MAX, UINT64_MAX), 1);
  EXPECT_EQ(reduction::quotient(10, 4), 2.5);
}

TEST(Reduce, FindsTheVarianceOfWideIntegers) {
  const std::vector<std::vector<uint32_t>> frames{{4000000000U}, {4000000002U}};
  EXPECT_THAT((result_of<uint32_t, double>("t", "var", frames)), ElementsAre(DoubleNear(1, 1e-12)));
  // Whose sum leaves 64 bits.
  constexpr int64_t base = int64_t{1} << 62, step = int64_t{1} << 42;
  const double right = std::ldexp(3.0 / 16, 84);
  for (const char* over : {"[y, x]", "[t, y, x]"}) {
    SCOPED_TRACE(over);
    for (const int64_t sign : {1, -1}) {
      const std::vector<std::vector<int64_t>> wide{
          {sign * base, sign * base, sign * (base + step), sign * base}};
      EXPECT_THAT((result_of<int64_t, double>(over, "var", wide)), ElementsAre(right));
    }
    const std::vector<std::vector<uint64_t>> wide{
        {3ULL * base, 3ULL * base, 3ULL * base + step, 3ULL * base}};
    EXPECT_THAT((result_of<uint64_t, double>(over, "var", wide)), ElementsAre(right));
  }
}

TEST(Reduce, LetsNanThrough) {
  const float nan = std::nanf("");
  const std::vector<std::vector<float>> frames{{1, nan}, {nan, 2}, {3, 3}};
  for (const char* how : {"mean", "sum", "min", "max", "std", "var"})
    EXPECT_THAT((result_of<float, float>("t", how, frames)),
                ElementsAre(::testing::IsNan(), ::testing::IsNan()))
        << how;
}

TEST(Reduce, DoesNotCountGaps) {
  const PortLayout in = image_of(DType::u8, {{"t", 3}}, {{"x", 1}});
  std::vector<Item> items{item_of<uint8_t>({2}), made_gap(in, 1), item_of<uint8_t>({4})};
  const Outcome result = fold_whole(*bind_step(step("t", "mean"), {in}), items);
  EXPECT_THAT(pixels_of<double>(result.ports[0][0]), ElementsAre(3.0));
  const Outcome none = fold_whole(*bind_step(step("t", "mean"), {in}), {made_gap(in, 0)});
  EXPECT_THAT(none.failure, HasSubstr("no item was there to fold"));
}

TEST(Reduce, AddsFloatsInTheOrderOfRuleR) {
  std::vector<std::vector<float>> frames;
  Random random(3);
  double tree[3] = {0, 0, 0};
  for (int i = 0; i < 150; ++i) {
    frames.push_back({random_pixel<float>(random, Content::random)});
    tree[i / 64] += frames.back()[0];
  }
  EXPECT_THAT((result_of<float, float>("t", "sum", frames)),
              ElementsAre(static_cast<float>((tree[0] + tree[1]) + tree[2])));
}

TEST(Reduce, RefusesWhatItCannotDoExactly) {
  const PortLayout u64 = image_of(DType::u64, {{"t", 2}}, {{"y", 2}, {"x", 2}});
  EXPECT_THAT(message_of(step("t", "sum"), {u64}), HasSubstr("overflow"));
  EXPECT_THAT(message_of(step("y", "sum"), {u64}), HasSubstr("all axes inside"));
  EXPECT_THAT(message_of(step("q", "sum"), {u64}), HasSubstr("no axis q"));
  EXPECT_THAT(message_of(step("t", "median"), {u64}), HasSubstr("mean"));
}

}  // namespace
}  // namespace parfocal
