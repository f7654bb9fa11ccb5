/// What a run that was stopped keeps of each output, and what it says of the rest: where outputs
/// are of other clocks, of a camera, or of another pass.

#include <gtest/gtest.h>

#include <algorithm>

#include "scripted_run.h"

namespace parfocal::testing {
namespace {

int64_t rows_ok(const Result& r) {
  return std::count_if(r.frames.begin(), r.frames.end(), [](const std::string& row) {
    return row.find(",ok,") != std::string::npos;
  });
}
int64_t kept(const std::string& path) { return received(path).outcome.valid_items; }

TEST(Stops, AValueThatNeverCameTakesNoFramesFromOtherOutputs) {
  const auto r = run_text(
      "source: {type: script, t: 1000, c: 3}\nsteps: [{id: m, op: reduce, over: t, how: mean}]\n"
      "sinks: [{type: memory, from: source, path: a, stops_at: 40}, {type: memory, from: m, path: "
      "m}]\n");
  ASSERT_EQ(r.record.exit_code, 130) << r.record.json();
  EXPECT_GE(kept("a"), 41);
  EXPECT_EQ(edge_of(r, "a").received, kept("a"));
  EXPECT_EQ(edge_of(r, "m").received, 0);
  EXPECT_EQ(edge_of(r, "m").missing, 3);
  EXPECT_EQ(r.record.stopped, 3000 - kept("a"));
  ASSERT_EQ(r.frames.size(), 3000u);
  EXPECT_EQ(rows_ok(r), kept("a"));
  EXPECT_TRUE(r.frames.back().starts_with("999,2,")) << r.frames.back();
  EXPECT_NE(r.frames.back().find("the run was stopped before it"), std::string::npos);
}

TEST(Stops, ARecordingOfACameraKeepsAllThatCameAndNothingIsCalledLost) {
  const auto r = run_text(
      "source: {type: script_live, t: 3000}\nsteps: [{id: d, op: delay, items: 5}]\nsinks: [{type: "
      "memory, from: source, path: a, stops_at: 40}, {type: memory, from: d, path: d}]\n");
  ASSERT_EQ(r.record.exit_code, 130) << r.record.json();
  EXPECT_GE(kept("a"), 41);
  EXPECT_EQ(kept("a"), static_cast<int64_t>(received("a").items.size()));
  EXPECT_EQ(kept("d"), kept("a") - 5) << "which is still in the step";
  EXPECT_EQ(r.record.lost, 0) << r.record.json();
  EXPECT_TRUE(r.record.issues.empty());
}

// Two passes over a camera that does not say how many frames it will give.
std::string two_passes(const std::string& of_first, const std::string& of_second) {
  return "source: {type: script_live, t: 3000, endless: true}\nsteps:\n"
         "  - {id: k, op: test_add, constant: 1, from: source}\n"
         "  - {id: m, op: reduce, over: t, how: mean, from: source}\n"
         "  - {id: d, op: subtract, from: source, by: m}\n"
         "sinks: [{type: memory, from: d, path: d" +
         of_second + "}, {type: memory, from: k, path: k" + of_first +
         "}, {type: memory, from: source, path: tape}]\n";
}

TEST(Stops, OutputsOfAPassThatNeverBeganTakeNothingFromThoseOfTheFirst) {
  const auto r = run_text(two_passes(", stops_at: 40", ""));
  ASSERT_EQ(r.plan.passes.size(), 2u);
  ASSERT_EQ(r.record.exit_code, 130) << r.record.json();
  EXPECT_GE(kept("k"), 41);
  EXPECT_EQ(kept("tape"), static_cast<int64_t>(received("tape").items.size()));
  EXPECT_EQ(kept("d"), 0);
  EXPECT_EQ(r.record.stopped, -1) << "nobody knows how many would have come";
}

TEST(Stops, EveryFrameThatCameHasItsRowWhereALaterPassIsStopped) {
  const auto r = run_text(two_passes("", ", stops_at: 10"));
  ASSERT_EQ(r.plan.passes.size(), 2u);
  ASSERT_EQ(r.record.exit_code, 130) << r.record.json();
  EXPECT_TRUE(received("k").outcome.complete && received("tape").outcome.complete);
  EXPECT_LT(kept("d"), 3000);
  EXPECT_EQ(r.record.items, 3000);
  EXPECT_EQ(r.frames.size(), 3000u);
  EXPECT_EQ(rows_ok(r), kept("d"));
  EXPECT_EQ(edge_of(r, "d").expected, 3000);
}

}  // namespace
}  // namespace parfocal::testing
