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

// The place of `m` is kept; what is read beside it is larger than an eighth of the memory.
TEST(Bounds, AValueThatIsLargeIsMadeAgainInTheNextPass) {
  const std::string text = movie(1000, 256, "c: 2, ") +
                           "steps:\n  - {id: v, op: reduce, over: c, how: max}\n"
                           "  - {id: m, op: reduce, over: t, how: mean, from: v}\n"
                           "  - {id: d, op: subtract, from: v, by: m}\n" +
                           kSaveLast;
  const auto is_kept = [&](int64_t mib) {
    const Plan plan = planned(text, with_memory(mib << 20));
    EXPECT_EQ(plan.passes.size(), 2u);
    EXPECT_TRUE(ring_of(plan, "m").retained);
    return ring_of(plan, "v").retained;
  };
  EXPECT_FALSE(is_kept(512)) << "125 MiB";
  EXPECT_TRUE(is_kept(2048));
}

TEST(Bounds, AnObserverHasTwoLeasesAndACameraItsRing) {
  const Plan plan = planned(
      "parfocal: 1\nsource: {type: push, ring: 9, of: {type: generator, size: {t: 90, y: 64, x: "
      "64}, dtype: uint16}}\n" +
          std::string(kSaveLast) + "observe: [{type: count, from: source}]\n",
      minimal());
  EXPECT_EQ(reserved(plan, "observer count", "two leases"), 2 * 64 * 64 * 2);
  EXPECT_GE(reserved(plan, "source", "ring of the live source"), 9 * 64 * 64 * 2);
}

TEST(Bounds, ALiveSourceIsNotSweptByRegions) {
  const std::string live =
      "parfocal: 1\nsource: {type: push, of: {type: generator, size: {t: 90, y: 2048, x: 2048}}}\n";
  EXPECT_EQ(planned(live + kSaveLast, minimal()).tile_count, 1);
  PlanOptions tiled = minimal();
  tiled.tile = Region::whole({64, 2048});
  EXPECT_THROW(planned(live + kSaveLast, tiled), Error) << "its frames come once";
}

TEST(Bounds, BandsAreHalvedUntilSixteenRows) {
  const Plan plan =
      planned(movie(20, 2048) + "steps: [{op: gaussian, sigma: 2 px}]\n" + kSaveLast, minimal());
  EXPECT_EQ(plan.tile, Region::whole({16, 2048}));
  EXPECT_EQ(plan.tile_count, 128);
}

// A frame whose first bands were written cannot become a gap any more.
TEST(Bounds, WhatMayFailBySomePixelsIsNotSweptByRegionsWhereItsItemsBecomeGaps) {
  const auto bands_of = [](const std::string& keys) {
    return planned(movie(20, 2048) + "steps: [{op: cast, dtype: uint8" + keys + "}]\n" + kSaveLast,
                   minimal())
        .tile_count;
  };
  EXPECT_GT(bands_of(""), 1) << "the first misfit stops the run";
  EXPECT_EQ(bands_of(", on_error: skip"), 1);
  EXPECT_GT(bands_of(", on_error: skip, casting: saturate"), 1);
}

TEST(Bounds, OfManyWorkersNoneWaitsForAPlaceInAQueue) {
  for (const int threads : {8, 33, 100}) {
    PlanOptions options = with_memory(int64_t{4} << 30);
    options.threads = threads;
    const Plan plan =
        planned(movie(5000) + "steps: [{op: delay, items: 1}]\n" + kSaveLast, options);
    EXPECT_EQ(plan.threads, threads);
    EXPECT_GE(ring_of(plan, "source").capacity, 2 * threads);
  }
}

// Words of the first line of what was tried that has `words`.
size_t first_tried(const Plan& plan, const std::string& words) {
  for (size_t i = 0; i < plan.explain.size(); ++i)
    if (plan.explain[i].starts_with("fit: ") && plan.explain[i].find(words) != std::string::npos)
      return i;
  return plan.explain.size();
}

TEST(Bounds, BandsComeBeforeFewerWorkersOnlyWhereABandIsReadAlone) {
  const std::string steps = std::string("steps: [{op: gaussian, sigma: 2 px}]\n") + kSaveLast;
  const Plan rows = planned(movie(20, 4096) + steps, with_memory(int64_t{40} << 20));
  EXPECT_GT(rows.tile_count, 1);
  EXPECT_LT(first_tried(rows, "regions"), first_tried(rows, "fit: 1 workers"));
  const Plan frames = planned("parfocal: 1\nsource: {type: decoded, t: 20, side: 4096}\n" + steps,
                              with_memory(int64_t{40} << 20));
  EXPECT_GT(frames.tile_count, 1);
  EXPECT_LT(first_tried(frames, "fit: 1 workers"), first_tried(frames, "regions"));
}

TEST(Bounds, NamesAlongTheAxesOfAllPortsTakeMemory) {
  const std::string source = "parfocal: 1\nsource: {type: decoded, t: 3, side: 8, c: 5000";
  EXPECT_EQ(reserved(planned(source + "}\n" + kSaveLast, minimal()), "names", ""), -1);
  const Plan plan = planned(source + ", named: true}\n" + kSaveLast, minimal());
  EXPECT_GE(reserved(plan, "names", ""), 5000 * 100) << "names of 100 letters";
}

TEST(Bounds, EveryWorkerTouchesAWindowOfAValueOnDisk) {
  const std::string text = movie(100) +
                           "steps:\n  - {id: b, op: background_sparse_median, kernel_size: 10, "
                           "max_backgrounds: 9000}\n" +
                           kSaveLast;
  const auto windows = [&](int threads) {
    PlanOptions options = with_memory(int64_t{32} << 20);
    options.threads = threads;
    const Plan plan = planned(text, options);
    EXPECT_EQ(plan.threads, threads);
    EXPECT_TRUE(ring_of(plan, "b/series").scratch);
    int64_t most = 0;
    for (const Reservation& r : plan.reservations)
      if (r.holder == "b/series" && r.what.starts_with("in use of")) most = std::max(most, r.bytes);
    return most;
  };
  EXPECT_GE(windows(4), windows(1) + 3 * 64 * 64 * 2);
}

}  // namespace
}  // namespace parfocal
