/// What a plan promises of memory and of queues, where more than one thing adds to it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parfocal/planner/test_planned.h"

namespace parfocal {
namespace {

PlanOptions minimal(int threads = 2) {
  PlanOptions options;
  options.minimum = true;
  options.threads = threads;
  return options;
}
int64_t reserved(const Plan& plan, const std::string& holder, const std::string& what) {
  for (const Reservation& r : plan.reservations)
    if (r.holder == holder && r.what.starts_with(what)) return r.bytes;
  return -1;
}

TEST(Bounds, EveryWorkerHasASlot) {
  const auto slots = [](int threads) {
    return reserved(
        planned(movie(90) + "steps: [{op: gaussian, sigma: 2 px}]\n" + kSaveLast, minimal(threads)),
        "workers", "");
  };
  EXPECT_GE(slots(1), 64 * 64 * 2);
  EXPECT_EQ(slots(3), 3 * slots(1));
}

TEST(Bounds, APlaceOfAQueueHasRoomForItsHeaderAndTheReasonOfAGap) {
  const Plan plan = planned(movie(90) + kSaveLast, minimal());
  const RingPlan& ring = ring_of(plan, "source");
  EXPECT_GE(
      reserved(plan, "source", "queue of"),
      ring.capacity * (ring.item_bytes + static_cast<int64_t>(sizeof(FrameHeader) + sizeof(Gap))));
}

TEST(Bounds, AJoinIsAsLateAsItsLatestInput) {
  for (const std::string order : {"from: d, by: source", "from: source, by: d"}) {
    const Plan plan =
        planned(movie(50) +
                    "steps:\n  - {id: d, op: delay, items: 7}\n"
                    "  - {id: s, op: subtract, " +
                    order + "}\n  - {id: a, op: subtract, from: source, by: s}\n" + kSaveLast,
                minimal());
    EXPECT_EQ(node_of(plan, "s").lag_items, 7) << order;
    EXPECT_GE(ring_of(plan, "source").capacity, 1 + 7) << order;
  }
}

// A Value of four planes, of five channels: it is there when all 20 items have come.
TEST(Bounds, AValueOfValuesWaitsForAllItemsOfItsSpan) {
  const Plan plan = planned(movie(9, 16, "c: 5, z: 4, ") +
                                "steps:\n  - {id: m, op: reduce, over: z, how: mean}\n"
                                "  - {id: v, op: reduce, over: c, how: mean}\n"
                                "  - {id: s, op: subtract, from: source, by: v}\n" +
                                kSaveLast,
                            minimal());
  ASSERT_EQ(plan.passes.size(), 1u);
  EXPECT_GE(node_of(plan, "v").lag_items, 20);
  EXPECT_GE(ring_of(plan, "source").capacity, 20);
}

TEST(Bounds, AValueOverSeveralAxesWaitsForTheItemsOfAll) {
  const auto passes = [](int64_t z) {
    return planned(movie(9, 512, "c: 5, z: " + std::to_string(z) + ", ") +
                       "steps:\n  - {id: v, op: reduce, over: [c, z], how: mean}\n"
                       "  - {id: s, op: subtract, from: source, by: v}\n" +
                       kSaveLast,
                   with_memory(int64_t{1} << 30))
        .passes.size();
  };
  EXPECT_EQ(passes(12), 1u) << "30 MiB wait";
  EXPECT_EQ(passes(13), 2u) << "32.5 MiB are read again";
}

// It cannot be read again: what its Values take may be a quarter of the memory.
TEST(Bounds, ALiveSourceWaitsForLargerValues) {
  const std::string source =
      "parfocal: 1\nsource: {type: push, of: {type: generator, size: {t: 9, z: 80, y: 512, x: "
      "512}, dtype: uint16}}\n";
  const Plan plan = planned(source +
                                "steps:\n  - {id: v, op: reduce, over: z, how: mean}\n"
                                "  - {id: s, op: subtract, from: source, by: v}\n" +
                                kSaveLast,
                            with_memory(int64_t{1} << 30));
  EXPECT_EQ(plan.passes.size(), 1u);
  EXPECT_GE(ring_of(plan, "source").capacity, 80);
}

// One number for each frame is made again, too: kept, it would grow with the recording.
TEST(Bounds, OnlyValuesAreKeptThatAreFewerThanTheFrames) {
  const Plan plan = planned(movie(1000, 256) +
                                "steps:\n  - {id: f, op: reduce, over: [y, x], how: mean}\n"
                                "  - {id: m, op: reduce, over: t, how: mean, from: source}\n"
                                "  - {id: s, op: subtract, from: source, by: f}\n"
                                "  - {id: d, op: subtract, from: s, by: m}\n" +
                                kSaveLast,
                            with_memory(int64_t{1} << 30));
  ASSERT_EQ(plan.passes.size(), 2u);
  for (const PassPlan& pass : plan.passes)
    for (const RingPlan& ring : pass.rings)
      EXPECT_EQ(ring.retained, plan.nodes[static_cast<size_t>(ring.port.node)].id == "m");
}

}  // namespace
}  // namespace parfocal
