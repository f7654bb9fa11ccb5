/// Sweeps by regions: every step, sink and observer gets its own region of what its siblings read,
/// too, and the numbers are those of whole items.

#include <gtest/gtest.h>

#include "scripted_run.h"

namespace parfocal::testing {
namespace {

using Items = std::map<std::pair<int64_t, size_t>, std::string>;

const std::vector<Region>& tiles() {
  static const std::vector<Region> all{Region::whole({16, 40}), Region::whole({17, 31}),
                                       Region::whole({63, 40})};
  return all;
}

std::string sinks_of(const std::vector<std::string>& ids) {
  std::string text = "sinks: [";
  for (const std::string& id : ids) text += "{type: memory, from: " + id + ", path: " + id + "}, ";
  return text + "]\n";
}

// Equal for whole items and all tiles, and no pixel is written twice.
void expect_equal_in_regions(const std::string& text, const std::vector<std::string>& ids) {
  SCOPED_TRACE(text);
  const auto whole = run_text(text + sinks_of(ids));
  ASSERT_EQ(whole.record.exit_code, 0) << whole.record.json();
  std::map<std::string, Received> expected;
  for (const std::string& id : ids) expected[id] = received(id);
  for (const Region& tile : tiles()) {
    PlanOptions options;
    options.tile = tile;
    options.fuse = tile.shape[0] != 16;
    const auto swept = run_text(text + sinks_of(ids), options);
    ASSERT_EQ(swept.record.exit_code, 0) << swept.record.json();
    EXPECT_GT(swept.plan.tile_count, 1);
    for (const std::string& id : ids) {
      EXPECT_TRUE(received(id).items == expected[id].items)
          << id << " in tiles of " << tile.shape[0] << " x " << tile.shape[1];
      EXPECT_EQ(received(id).pixels, expected[id].pixels) << id;
    }
  }
}

const char* kSource = "source: {type: script, t: 6, c: 2, y: 64, x: 40}\nsteps:\n";

TEST(Regions, FoldsOverEverySetOfAxesBesideASiblingWithAHalo) {
  for (const std::string over : {"t", "c", "[t, c]", "[c, t]"})
    for (const std::string how : {"mean", "std"})
      expect_equal_in_regions(std::string(kSource) +
                                  "  - {id: g, op: gaussian, sigma: 2 px, from: source}\n"
                                  "  - {id: m, op: reduce, over: " +
                                  over + ", how: " + how + ", from: source}\n",
                              {"m", "g", "source"});
}

TEST(Regions, StreamsBesideSiblingsWithHalosOfTheirOwn) {
  for (const std::string step :
       {"op: delay, items: 2, over: t", "op: collect, over: t", "op: collect, over: c",
        "op: select, axis: c, index: 1", "op: background_rolling_median, kernel_size: 2",
        "op: emit, k: 3, per_push: 2", "op: gap_at, sequences: [2, 5]"})
    expect_equal_in_regions(std::string(kSource) +
                                "  - {id: g, op: gaussian, sigma: 1 px, from: source}\n"
                                "  - {id: o, op: open, footprint: square(7), from: source}\n"
                                "  - {id: s, " +
                                step + ", from: source}\n",
                            {"s", "g", "o"});
}

TEST(Regions, StepsOnAPartThatEndsBeforeTheLastBand) {
  for (const std::string step :
       {"op: delay, items: 2, over: t", "op: collect, over: t", "op: collect, over: c",
        "op: select, axis: c, index: 1", "op: background_rolling_median, kernel_size: 2",
        "op: emit, k: 3, per_push: 2", "op: gap_at, sequences: [2, 5]", "op: gaussian, sigma: 1 px",
        "op: reduce, over: t, how: std", "op: subtract, constant: 3", "op: cast, dtype: float32"})
    expect_equal_in_regions(std::string(kSource) +
                                "  - {id: k, op: crop, y: [40, 51], x: [7, 22], from: source}\n"
                                "  - {id: s, " +
                                step + ", from: k}\n",
                            {"s", "source"});
}

TEST(Regions, CropsWithOtherOriginsOfOneSource) {
  expect_equal_in_regions(std::string(kSource) +
                              "  - {id: a, op: crop, y: [50, 60], x: [3, 9], from: source}\n"
                              "  - {id: b, op: crop, y: [2, 31], from: source}\n"
                              "  - {id: d, op: delay, items: 1, from: a}\n"
                              "  - {id: m, op: reduce, over: t, how: mean, from: b}\n"
                              "  - {id: g, op: gaussian, sigma: 1 px, from: m}\n",
                          {"a", "b", "d", "m", "g", "source"});
}

TEST(Regions, ValuesThatSeveralStepsReadWithOtherHalos) {
  expect_equal_in_regions(
      "source: {type: script, t: 6, y: 64, x: 40}\nsteps:\n"
      "  - {id: m, op: reduce, over: t, how: mean, from: source}\n"
      "  - {id: g, op: gaussian, sigma: 3 px, from: m}\n"
      "  - {id: d, op: subtract, from: source, by: m}\n"
      "  - {id: e, op: subtract, from: source, by: g}\n"
      "  - {id: x, op: reduce, over: t, how: max, from: e}\n"
      "  - {id: h, op: gaussian, sigma: 1 px, from: e}\n",
      {"m", "g", "d", "e", "x", "h"});
}

// A mean over t of each channel is not known before the end.
TEST(Regions, AValueKeptForALaterPassIsReadByEachWithItsOwnHalo) {
  const std::string text = std::string(kSource) +
                           "  - {id: g, op: gaussian, sigma: 2 px, from: source}\n"
                           "  - {id: m, op: reduce, over: t, how: mean, from: source}\n"
                           "  - {id: n, op: gaussian, sigma: 2 px, from: m}\n"
                           "  - {id: d, op: subtract, from: source, by: m}\n"
                           "  - {id: e, op: subtract, from: source, by: n}\n";
  EXPECT_EQ(run_text(text + sinks_of({"d"})).plan.passes.size(), 2u);
  expect_equal_in_regions(text, {"g", "m", "n", "d", "e"});
}

TEST(Regions, AStepIsNotDoneInPlaceWhereASiblingReadsMoreOfItsInput) {
  expect_equal_in_regions(std::string(kSource) +
                              "  - {id: a, op: test_add, constant: 3, from: source}\n"
                              "  - {id: b, op: test_add, constant: 5, from: a}\n"
                              "  - {id: g, op: gaussian, sigma: 2 px, from: a}\n"
                              "  - {id: c, op: test_add, constant: 7, from: a}\n",
                          {"b", "g", "c"});
}

TEST(Regions, AValueOfNoItemsIsAGapEvenWhereNothingOfItIsNeededInTheEnd) {
  const std::string text =
      "on_error: skip\nsource: {type: script, t: 2, y: 64, x: 40, broken: [0, 1]}\nsteps:\n"
      "  - {id: m, op: reduce, over: t, how: mean, from: source}\n"
      "  - {id: k, op: crop, y: [0, 9], from: m}\n";
  for (const bool swept : {false, true}) {
    PlanOptions options;
    if (swept) options.tile = Region::whole({16, 40});
    const auto r = run_text(text + sinks_of({"source", "k"}), options);
    EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
    EXPECT_EQ((received("k").items[{0, 0}]), "gap failed");
    EXPECT_EQ(edge_of(r, "k").missing, 1);
  }
}

TEST(Regions, AValueIsMissingThoughOneBeforeItWasThere) {
  PlanOptions options;
  options.tile = Region::whole({16, 40});
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 3, c: 2, y: 64, x: 40, broken: [2, 3]}\nsteps:\n"
      "  - {id: m, op: reduce, over: c, how: mean, from: source}\n"
      "  - {id: k, op: crop, y: [0, 9], from: m}\n" +
          sinks_of({"source", "k"}),
      options);
  EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
  EXPECT_EQ((received("k").items[{1, 0}]), "gap failed");
  EXPECT_EQ(edge_of(r, "k").received, 2);
  EXPECT_EQ(edge_of(r, "k").missing, 1);
}

TEST(Regions, AnItemThatFailsOnlyInALaterRegionFailsTheRun) {
  PlanOptions options;
  options.tile = Region::whole({16, 40});
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 5, y: 64, x: 40, broken: [3], broken_from_row: "
      "20}\nsinks: [{type: memory, from: source, path: a}]\n",
      options);
  EXPECT_EQ(r.record.status, RunStatus::failed) << "rows of it were written as pixels";
  EXPECT_NE(r.record.issues.at(0).what.find("did not fail"), std::string::npos);
  EXPECT_EQ(edge_of(r, "a").received, 0) << "no item has all of its regions";
  EXPECT_EQ(edge_of(r, "a").missing, 5);
}

TEST(Regions, APlanWithAStepThatNeedsWholeItemsIsNotSwept) {
  PlanOptions options;
  options.tile = Region::whole({16, 40});
  try {
    (void)run_text(std::string(kSource) + "  - {id: l, op: reduce, over: [y, x], how: mean}\n" +
                       sinks_of({"l"}),
                   options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_pipeline);
  }
}

}  // namespace
}  // namespace parfocal::testing
