#include "parfocal/engine/ring.h"

#include <gtest/gtest.h>

#include "parfocal/engine/stage.h"

namespace parfocal::engine {
namespace {

PortLayout line_of(int64_t frames) {
  PortLayout port;
  port.layout.dtype = DType::u8;
  port.layout.stream = {{"t", frames, 1, "", {}}};
  port.layout.item = {{"x", 4, 1, "", {}}};
  return port;
}
RingPlan places(int64_t capacity) {
  RingPlan plan;
  plan.capacity = capacity;
  plan.item_bytes = 4;
  return plan;
}
Ring ring_of(const RingPlan& plan, int64_t frames = 100) {
  return {plan, line_of(frames), Region::whole({4})};
}

TEST(Ring, HasRoomUntilItsSlowestReaderIsACapacityBehind) {
  Ring ring = ring_of(places(3));
  const int fast = ring.add_reader(), slow = ring.add_reader();
  EXPECT_TRUE(ring.has_room(2));
  EXPECT_FALSE(ring.has_room(3));
  ring.release(fast, 3);
  EXPECT_FALSE(ring.has_room(3)) << "the slow reader has passed nothing";
  ring.release(slow, 1);
  EXPECT_TRUE(ring.has_room(3));
  EXPECT_FALSE(ring.has_room(4));
  ring.release(slow, Ring::kAllItems);
  EXPECT_TRUE(ring.has_room(5));
  EXPECT_FALSE(ring.has_room(6)) << "now the fast one is the slowest";
}

TEST(Ring, AReaderNeverGoesBack) {
  Ring ring = ring_of(places(3));
  const int reader = ring.add_reader();
  ring.release(reader, 5);
  ring.release(reader, 2);
  EXPECT_TRUE(ring.has_room(7));
}

TEST(Ring, HoldsAnItemFromItsPublicationUntilItsPlaceIsTakenAgain) {
  Ring ring = ring_of(places(2));
  ring.add_reader();
  EXPECT_FALSE(ring.holds(0));
  ring.publish(0);
  ring.publish(1);
  EXPECT_TRUE(ring.holds(0) && ring.holds(1));
  EXPECT_FALSE(ring.holds(2));
  ring.publish(2);
  EXPECT_FALSE(ring.holds(0));
  EXPECT_TRUE(ring.holds(2));
}

TEST(Ring, NeedsNoRoomBehindTheLastItemThatIsPromised) {
  Ring ring = ring_of(places(2), 5);
  ring.add_reader();
  EXPECT_FALSE(ring.has_room(4));
  EXPECT_TRUE(ring.has_room(5));
  EXPECT_TRUE(ring.is_past_end(5));
  EXPECT_FALSE(ring.is_past_end(4));
  EXPECT_FALSE(ring_of(places(2), kUnbounded).is_past_end(1000));
}

TEST(Ring, KeepsARetainedValueWhateverItsReadersHavePassed) {
  RingPlan plan = places(2);
  plan.retained = true;
  Ring ring = ring_of(plan, 2);
  const int reader = ring.add_reader();
  ring.publish(0);
  ring.publish(1);
  ring.release(reader, Ring::kAllItems);
  EXPECT_TRUE(ring.holds(0) && ring.holds(1));
}

TEST(Ring, GivesEveryItemAPlaceOfItsOwn) {
  Ring ring = ring_of(places(3));
  for (int64_t s = 0; s < 3; ++s) {
    ring.output(ring.at(s)).image.as<uint8_t>()[3] = static_cast<uint8_t>(s);
    ring.publish(s);
  }
  for (int64_t s = 0; s < 3; ++s) EXPECT_EQ(ring.input(ring.at(s)).image.as<uint8_t>()[3], s);
  EXPECT_EQ(ring.at(3).data, ring.at(0).data);
}

TEST(Ring, AGapHasNoPixels) {
  Ring ring = ring_of(places(1));
  ring.at(0).gap = {GapReason::failed, "why"};
  const Input in = ring.input(ring.at(0));
  ASSERT_TRUE(in.gap);
  EXPECT_EQ(in.gap->text, "why");
  EXPECT_EQ(in.image.data, nullptr);
}

TEST(Ring, AStatusQueueHasHeadersOnly) {
  RingPlan plan = places(1);
  plan.status_only = true;
  plan.item_bytes = 0;
  Ring ring = ring_of(plan);
  ring.at(0).header.sequence = 0;
  const Input in = ring.input(ring.at(0));
  EXPECT_TRUE(in.header && !in.gap);
  EXPECT_EQ(in.image.data, nullptr);
}

TEST(EndOfAStage, IsTheLeastEndOfItsOwnClock) {
  Ring a = ring_of(places(2)), b = ring_of(places(2));
  std::vector<Edge> edges{{&a, 0, {}, true}, {&b, 0, {}, true}};
  EXPECT_EQ(end_of(edges, 3), -1);
  a.close(9);
  EXPECT_EQ(end_of(edges, 3), 9);
  b.close(7);
  EXPECT_EQ(end_of(edges, 3), 7);
}

TEST(EndOfAStage, IsHereWhereAValueThatItNeedsNeverComes) {
  Ring main = ring_of(places(2)), value = ring_of(places(1), 1);
  Layout fine = line_of(100).layout, coarse;
  std::vector<Edge> edges{{&main, 0, {}, true}, {&value, 0, sequence_map(fine, coarse), false}};
  value.close(1);
  EXPECT_EQ(end_of(edges, 3), -1) << "it has come";
  value.close(0);
  EXPECT_EQ(end_of(edges, 3), 3);
}

}  // namespace
}  // namespace parfocal::engine
