#include <gmock/gmock.h>

#include "parfocal/operators/conformance/bind.h"
#include "parfocal/operators/conformance/run.h"
#include "parfocal/operators/conformance/synthesis.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Items whose bytes count up through the whole stream.
std::vector<Item> counting(const PortLayout& port, int64_t count) {
  std::vector<Item> items;
  uint8_t value = 0;
  for (int64_t s = 0; s < count; ++s) {
    items.push_back(made_item(port, s, Content::zero, 0));
    for (std::byte& b : items.back().bytes) b = static_cast<std::byte>(value++);
  }
  return items;
}
std::vector<int> values(const Item& item) {
  std::vector<int> v;
  for (const std::byte b : item.bytes) v.push_back(std::to_integer<int>(b));
  return v;
}
Outcome map_of(const Operator& op, const Item& item) {
  return run_map(dynamic_cast<const MapOperator&>(op), {item}, op.outputs()[0].layout.whole_item());
}
Outcome stream_of(const Operator& op, const std::vector<Item>& items) {
  StreamRun run(dynamic_cast<const StreamOperator&>(op), op.outputs()[0].layout.whole_item());
  for (const Item& item : items) run.push({item});
  return run.finish();
}
std::string message_of(const std::string& step, const PortLayout& in) {
  try {
    bind_step(step, {in});
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Select, TakesASliceOfAnyItemAxis) {
  const PortLayout in = image_of(DType::u8, {{"t", 1}}, {{"z", 2}, {"y", 2}, {"x", 3}});
  const Item item = counting(in, 1)[0];
  const auto z = bind_step("{op: select, axis: z, index: 1}", {in});
  EXPECT_EQ(z->outputs()[0].layout.str(), "t=1 | y=2 x=3 uint8");
  EXPECT_THAT(values(map_of(*z, item).ports[0][0]), ElementsAre(6, 7, 8, 9, 10, 11));
  const auto x = bind_step("{op: select, axis: x, index: 2}", {in});
  EXPECT_THAT(values(map_of(*x, item).ports[0][0]), ElementsAre(2, 5, 8, 11));
}

TEST(Select, PassesOnOneStepOfAStreamAxis) {
  PortLayout in = image_of(DType::u8, {{"c", 3}}, {{"x", 2}});
  in.layout.stream[0].labels = {"red", "green", "blue"};
  const auto op = bind_step("{op: select, axis: c, name: green}", {in});
  EXPECT_EQ(op->outputs()[0].layout.str(), "| x=2 uint8");
  const Outcome result = stream_of(*op, counting(in, 3));
  ASSERT_EQ(result.ports[0].size(), 1u);
  EXPECT_THAT(values(result.ports[0][0]), ElementsAre(2, 3));
}

// Rings before a join are sized by it.
TEST(Select, ComesAsLateAsItsStep) {
  const PortLayout in = image_of(DType::u8, {{"t", 4}, {"c", 3}}, {{"x", 2}});
  for (const int64_t index : {0, 1, 3}) {
    const auto op = bind_step("{op: select, axis: t, index: " + std::to_string(index) + "}", {in});
    EXPECT_EQ(dynamic_cast<const StreamOperator&>(*op).latency(), index);
  }
}

TEST(Select, TurnsAStepThatNeverCameIntoAGap) {
  const PortLayout in = image_of(DType::u8, {{"t", kUnbounded}}, {{"x", 2}});
  const auto op = bind_step("{op: select, axis: t, index: 5}", {in});
  const Outcome result = stream_of(*op, counting(in, 3));
  ASSERT_EQ(result.ports[0].size(), 1u);
  EXPECT_TRUE(result.ports[0][0].missing);
}

TEST(Select, SaysWhatTheAxisHas) {
  PortLayout in = image_of(DType::u8, {{"c", 3}}, {{"y", 4}, {"x", 2}});
  in.layout.stream[0].labels = {"red", "green", "blue"};
  EXPECT_THAT(message_of("{op: select, axis: y, index: 4}", in), HasSubstr("0..3"));
  EXPECT_THAT(message_of("{op: select, axis: c, name: gren}", in), HasSubstr("'green'"));
  EXPECT_THAT(message_of("{op: select, axis: q, index: 0}", in), HasSubstr("no axis q"));
  EXPECT_THAT(message_of("{op: select, axis: y}", in), HasSubstr("neither"));
}

TEST(Crop, KeepsABox) {
  const PortLayout in = image_of(DType::u8, {{"t", 1}}, {{"y", 3}, {"x", 3}});
  const auto op = bind_step("{op: crop, y: [1, 3], x: [0, 2]}", {in});
  EXPECT_THAT(values(map_of(*op, counting(in, 1)[0]).ports[0][0]), ElementsAre(3, 4, 6, 7));
  const auto by_name = bind_step("{op: crop, ranges: {y: [1, 3], x: [0, 2]}}", {in});
  EXPECT_EQ(by_name->outputs(), op->outputs());
}

TEST(Crop, KeepsTheNamesOfTheStepsThatStay) {
  PortLayout in = image_of(DType::u8, {{"t", 1}}, {{"c", 4}, {"y", 3}, {"x", 3}});
  in.layout.item[0].labels = {"a", "b", "c", "d"};
  const auto op = bind_step("{op: crop, ranges: {c: [1, 3]}}", {in});
  EXPECT_THAT(op->outputs()[0].layout.item[0].labels, ElementsAre("b", "c"));
}

TEST(Crop, SaysHowFarTheAxisGoes) {
  const PortLayout in = image_of(DType::u8, {{"t", 9}}, {{"y", 3}, {"x", 3}});
  EXPECT_THAT(message_of("{op: crop, y: [1, 4]}", in), HasSubstr("[0, 3]"));
  EXPECT_THAT(message_of("{op: crop, y: [2, 2]}", in), HasSubstr("begin < end"));
  EXPECT_THAT(message_of("{op: crop, ranges: {t: [0, 1]}}", in), HasSubstr("select"));
}

TEST(Collect, StacksItemsIntoOne) {
  const PortLayout in = image_of(DType::u8, {{"t", 2}, {"z", 3}}, {{"x", 2}});
  const auto op = bind_step("{op: collect, over: z}", {in});
  EXPECT_EQ(op->outputs()[0].layout.str(), "t=2 | z=3 x=2 uint8");
  std::vector<Item> items = counting(in, 6);
  items.resize(3);
  const Outcome result = stream_of(*op, items);
  ASSERT_EQ(result.ports[0].size(), 1u);
  EXPECT_THAT(values(result.ports[0][0]), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_TRUE(result.problems.empty());
}

TEST(Collect, PropagatesOrIgnoresGaps) {
  const PortLayout in = image_of(DType::u8, {{"z", 3}}, {{"x", 2}});
  std::vector<Item> items = counting(in, 3);
  items[1] = made_gap(in, 1);
  const auto strict = stream_of(*bind_step("{op: collect, over: z}", {in}), items);
  ASSERT_EQ(strict.ports[0].size(), 1u);
  EXPECT_TRUE(strict.ports[0][0].missing);
  const auto lenient = stream_of(*bind_step("{op: collect, over: z, gap: ignore}", {in}), items);
  EXPECT_THAT(values(lenient.ports[0][0]), ElementsAre(0, 1, 0, 0, 4, 5));
}

TEST(Collect, NeedsAnAxisThatEnds) {
  const PortLayout in = image_of(DType::u8, {{"t", kUnbounded}}, {{"x", 2}});
  EXPECT_THAT(message_of("{op: collect, over: t}", in), HasSubstr("no known end"));
}

}  // namespace
}  // namespace parfocal
