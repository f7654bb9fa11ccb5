#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "parfocal/planner/binding.h"
#include "parfocal/planner/test_planned.h"

namespace parfocal {
namespace {

TEST(Planner, FusesForksThatShareARead) {
  const Plan plan = planned(movie(10) +
                            "steps:\n  - {id: a, op: gaussian, sigma: 1 px}\n  - {id: b, op: cast, "
                            "dtype: float32, from: source}\n" +
                            "sinks: [{type: ome_zarr, from: a, path: a.ome.zarr}, {type: ome_zarr, "
                            "from: b, path: b.ome.zarr}]\n");
  EXPECT_EQ(stage_text(plan, 0),
            "source+a+b | ome_zarr a.ome.zarr | ome_zarr b.ome.zarr | frames.csv");
}

TEST(Planner, PutsALargeValueOnDiskWhereNothingFitsInMemory) {
  constexpr int64_t kMiB = 1 << 20, kSeries = 4000 * 64 * 64 * 2;
  const std::string series =
      movie(100) +
      "steps:\n  - {id: b, op: background_sparse_median, kernel_size: 10, max_backgrounds: 4000}\n";
  const Plan in_memory = planned(series + kSaveLast, with_memory(200 * kMiB));
  EXPECT_FALSE(ring_of(in_memory, "b/series").scratch);
  const Plan on_disk = planned(series + kSaveLast, with_memory(24 * kMiB));
  EXPECT_TRUE(ring_of(on_disk, "b/series").scratch);
  EXPECT_LT(on_disk.peak_bytes, in_memory.peak_bytes - kSeries + 4 * kMiB);
  EXPECT_GE(on_disk.disk_bytes, in_memory.disk_bytes + kSeries);
  EXPECT_THAT(plan_details(on_disk), testing::HasSubstr("31.2 MiB of scratch on disk"));
  const std::string json = plan_to_json(on_disk);
  EXPECT_EQ(plan_to_json(plan_from_json(json)), json);
  // A sink that takes the whole series at once has to have it in memory.
  EXPECT_THROW(planned(series + "sinks: [{type: ome_zarr, from: b.series, path: a.ome.zarr}]\n",
                       with_memory(24 * kMiB)),
               Error);
}

TEST(Planner, GivesTheJoinOfADelayTheRoomOfItsLatency) {
  PlanOptions options;
  options.minimum = true;
  const Plan plan = planned(movie(50) +
                                "steps:\n  - {id: d, op: delay, items: 7}\n  - {id: s, op: "
                                "subtract, from: source, by: d}\n" +
                                kSaveLast,
                            options);
  EXPECT_EQ(ring_of(plan, "source").capacity, 1 + 7);
  EXPECT_EQ(ring_of(plan, "d").capacity, 1 + 7);  // its earliest is bounded by its input's
}

TEST(Planner, KeepsTheSpanOfAnInnerFoldAsADelayLine) {
  PlanOptions options;
  options.minimum = true;
  const Plan plan = planned(movie(50, 64, "c: 3, ") +
                                "steps:\n  - {id: m, op: reduce, over: c, how: mean}\n  - {id: s, "
                                "op: subtract, from: source, by: m}\n" +
                                kSaveLast,
                            options);
  EXPECT_EQ(plan.passes.size(), 1u);
  EXPECT_GE(ring_of(plan, "source").capacity, 3);
}

TEST(Planner, ReadsAgainWhereTheSpanDoesNotFit) {
  const auto text = [](int64_t frames) {
    return movie(frames, 256) +
           "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n  - {id: s, op: subtract, from: "
           "source, by: m}\n" +
           kSaveLast;
  };
  EXPECT_EQ(planned(text(200), with_memory(int64_t{1} << 30)).passes.size(), 1u)
      << "26 MB of frames fit a quarter of 1 GiB";
  EXPECT_EQ(planned(text(1000), with_memory(int64_t{1} << 30)).passes.size(), 2u)
      << "reading 131 MB again costs no more than keeping them";
  const Plan two = planned(text(1000), with_memory(int64_t{40} << 20));
  EXPECT_EQ(two.passes.size(), 2u);
  EXPECT_TRUE(ring_of(two, "m").retained);
  EXPECT_EQ(stage_text(two, 0), "source | m");
}

// Sums of integers; the tree of float sums grows by one level for every factor of 64.
TEST(Planner, NeedsNoMoreMemoryForMoreFrames) {
  const std::string steps = std::string(
                                "steps:\n  - {id: g, op: gaussian, sigma: 1 px}\n  - {id: m, op: "
                                "reduce, from: source, over: t, how: mean}\n") +
                            kSaveLast;
  const auto without_base = [&](int64_t t) {
    const Plan plan = planned(movie(t, 256) + steps, with_memory(int64_t{200} << 20));
    return static_cast<double>(plan.peak_bytes - plan.base_bytes);
  };
  EXPECT_NEAR(without_base(100000) / without_base(100), 1.0, 0.01);
}

TEST(Planner, SweepsRegionsBeforeItRefuses) {
  const std::string text = movie(20, 2048) +
                           "steps:\n  - {id: g, op: gaussian, sigma: 2 px}\n  - {id: m, op: "
                           "reduce, over: t, how: max}\n" +
                           kSaveLast;
  const Plan plan = planned(text, with_memory(int64_t{60} << 20));
  EXPECT_GT(plan.tile_count, 1);
  EXPECT_LE(plan.peak_bytes, plan.memory_bytes);
}

// The address sanitizer keeps what was freed, so the process grows from one plan to the next.
#ifdef __SANITIZE_ADDRESS__
constexpr int64_t kGrowth = int64_t{16} << 20;
#else
constexpr int64_t kGrowth = 0;
#endif

TEST(Planner, RefusesWithTheNumberThatFits) {
  const std::string text = movie(20, 512) +
                           "steps:\n  - {id: mask, op: threshold}\n  - {id: l, op: label}\n" +
                           kSaveLast;
  PlanOptions tiny;
  try {
    tiny.memory_bytes = 1 << 20;
    planned(text, tiny);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::over_budget);
    const std::string cure = error.issues()[0].cure;
    ASSERT_TRUE(cure.starts_with("--memory ")) << cure;
    const auto bytes = parse_bytes(cure.substr(9));
    ASSERT_TRUE(bytes);
    tiny.memory_bytes = *bytes + kGrowth;
    EXPECT_LE(planned(text, tiny).peak_bytes, *bytes + kGrowth);
  }
}

TEST(Planner, ColumnsOfOneNameAreToldApartByTheirSteps) {
  const auto keys = [](const std::string& more) {
    return node_of(planned(movie(9) + "steps: [{id: a, op: threshold}" + more + "]\n" + kSaveLast),
                   "frames.csv")
        .keys;
  };
  EXPECT_THAT(keys(""), ::testing::Contains("column.threshold"));
  EXPECT_THAT(keys(", {id: b, op: threshold, from: source}"),
              ::testing::IsSupersetOf({"column.a_threshold", "column.b_threshold"}));
}

TEST(Planner, APlanThatWasChangedIsRefused) {
  const Plan plan =
      planned(movie(5) + "steps:\n  - {id: g, op: gaussian, sigma: 2 px}\n" + kSaveLast);
  const std::string json = plan_to_json(plan);
  const auto told = [&](const std::string& from, const std::string& to) {
    std::string other = json;
    const size_t at = other.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    other.replace(at, from.size(), to);
    try {
      plan_from_json(other);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_EQ(told("\"version\": 1", "\"version\": 1"), "taken");
  EXPECT_THAT(told("\"version\": 1", "\"version\": 2"), ::testing::HasSubstr("version 2"));
  for (const std::string field : {"capacity", "item_bytes", "slot_bytes", "batch"})
    EXPECT_THAT(told("\"" + field + "\": ", "\"" + field + "\": 1"),
                ::testing::HasSubstr("it was changed"))
        << field;
}

TEST(Planner, TakesTheBoundAsTheSumOfItsReservations) {
  const Plan plan =
      planned(movie(20, 512) + "steps:\n  - {id: g, op: gaussian, sigma: 2 px}\n" + kSaveLast);
  int64_t sum = 0;
  for (const Reservation& r : plan.reservations) sum += r.bytes;
  EXPECT_EQ(plan.peak_bytes, sum);
}

TEST(Planner, SaysWhyALiveSourceCannotBeReadTwice) {
  const std::string text =
      "parfocal: 1\nsource: {type: push, fps: 100, of: {type: generator, size: {t: 50, y: 256, x: "
      "256}}, unbounded: true}\n"
      "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n  - {id: s, op: subtract, from: "
      "source, by: m}\n" +
      std::string(kSaveLast);
  try {
    planned(text);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_pipeline);
    EXPECT_THAT(error.issues()[0].what, ::testing::HasSubstr("read twice"));
    EXPECT_FALSE(error.issues()[0].cure.empty());
  }
}

TEST(Planner, TellsTheLagOfEveryOutputOfALiveStream) {
  const Plan plan = planned(
      "parfocal: 1\nsource: {type: push, of: {type: generator, size: {t: 90, y: 64, x: 64}}}\n"
      "steps:\n  - {id: late, op: delay, items: 5}\n  - {id: later, op: delay, items: 3}\n"
      "  - {id: mean, op: reduce, over: t, how: mean, from: source}\n"
      "sinks: [{type: ome_zarr, from: source, path: a.ome.zarr}, {type: ome_zarr, from: later, "
      "path: b.ome.zarr}, {type: ome_zarr, from: mean, path: c.ome.zarr}]\n");
  const std::string text = plan_summary(plan, "--memory");
  EXPECT_THAT(text, ::testing::ContainsRegex("source -> ome_zarr a.ome.zarr +at once"));
  EXPECT_THAT(text, ::testing::ContainsRegex("later -> ome_zarr b.ome.zarr +8 frames behind"));
  EXPECT_THAT(text, ::testing::ContainsRegex("mean -> ome_zarr c.ome.zarr +when the stream has"));
  EXPECT_EQ(plan_summary(plan_from_json(plan_to_json(plan)), "--memory"), text);
  EXPECT_THAT(
      plan_summary(planned(movie(10) + "steps:\n  - {id: a, op: delay, items: 5}\n" + kSaveLast),
                   ""),
      ::testing::Not(::testing::HasSubstr("lag")));
}

TEST(Planner, NamesStepAndCureWhenLayoutsDoNotFit) {
  try {
    planned(movie(5) + "steps:\n  - {id: l, op: label}\n" + kSaveLast);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.issues()[0].what, ::testing::HasSubstr("'l' (label)"));
    EXPECT_THAT(error.issues()[0].cure, ::testing::HasSubstr("threshold"));
  }
}

TEST(Planner, GivesEveryInputThePlaceOfItsPort) {
  const auto ports = [&](const std::string& more) {
    const Plan plan =
        planned(movie(9) +
                "steps:\n  - {id: level, op: reduce, over: [y, x], how: mean}\n"
                "  - {id: s, op: segment_below_background, from: source, background: source" +
                more + "}\n" + kSaveLast);
    return node_of(plan, "s/labels").ports;
  };
  EXPECT_EQ(ports(""), (std::vector<int>{0, 1, 3})) << "a recipe passes on what was left out";
  EXPECT_EQ(ports(", offset: level"), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(ports(", skip_repeats: false"), (std::vector<int>{0, 1}));
  EXPECT_EQ(ports(", offset: level, skip_repeats: false"), (std::vector<int>{0, 1, 2}));
}

TEST(Planner, TakesInputsByNameInAnyOrder) {
  Pipeline pipeline = parse_pipeline(movie(9) +
                                         "steps:\n  - {id: a, op: test_add}\n"
                                         "  - {id: p, op: pack, from: source, c: a, b: source}\n" +
                                         kSaveLast,
                                     ".", "test");
  PlanOptions options;
  options.threads = 2;
  options.out_dir = "no-such-folder";
  std::vector<std::pair<std::string, PortRef>>& inputs = pipeline.steps[1].inputs;
  std::reverse(inputs.begin(), inputs.end());
  const Plan plan = make_plan(pipeline, options);
  EXPECT_EQ(node_of(plan, "p").ports, (std::vector<int>{0, 2, 3}));
  EXPECT_EQ(node_of(plan, "p").inputs, (std::vector<PortId>{{0, 0}, {0, 0}, {1, 0}}));
  const std::string json = plan_to_json(plan);
  EXPECT_EQ(plan_to_json(plan_from_json(json)), json);
  inputs.pop_back();
  try {
    make_plan(pipeline, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.issues()[0].what, ::testing::HasSubstr("needs its input 'in'"));
  }
}

TEST(Planner, DrawsEveryEdgeWithItsBytes) {
  const Plan plan =
      planned(movie(5) + "steps:\n  - {id: g, op: gaussian, sigma: 2 px}\n" + kSaveLast);
  EXPECT_THAT(plan_graph(plan), ::testing::HasSubstr("in slot, 8 KiB"));
  EXPECT_THAT(plan_graph(plan), ::testing::HasSubstr("x 16 KiB"));
  EXPECT_THAT(plan_details(plan), ::testing::HasSubstr("fuse: pass 0, any order: source + g"));
}

TEST(SequenceMaps, DropTheAxesThatAValueLacks) {
  Layout fine, coarse;
  fine.stream = {{"t", kUnbounded, 1, "", {}}, {"c", 3, 1, "", {}}, {"z", 4, 1, "", {}}};
  coarse.stream = {{"t", kUnbounded, 1, "", {}}, {"z", 4, 1, "", {}}};
  const SequenceMap map = sequence_map(fine, coarse);
  EXPECT_EQ(map((2 * 3 + 1) * 4 + 3), 2 * 4 + 3);
  EXPECT_TRUE(sequence_map(fine, fine).identity);
}

}  // namespace
}  // namespace parfocal
