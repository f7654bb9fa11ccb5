/// Frames of a camera behind those that it lost, and what observers and progress are told.

#include <gtest/gtest.h>

#include "scripted_run.h"

namespace parfocal::testing {
namespace {

TEST(Live, FramesBehindLostOnesKeepTheirPixels) {
  run_text("source: {type: script, t: 12}\nsinks: [{type: memory, from: source, path: a}]\n");
  const auto whole = received("a").items;
  for (const std::vector<int64_t>& lost : std::vector<std::vector<int64_t>>{
           {0}, {4}, {4, 5}, {3, 4, 5}, {0, 4, 5, 11}, {1, 2, 3, 4, 6, 8, 9, 10}})
    for (const bool minimum : {true, false}) {
      PlanOptions options;
      options.minimum = minimum;
      std::string text;
      auto expected = whole;
      for (const int64_t s : lost) {
        text += (text.empty() ? "" : ", ") + std::to_string(s);
        expected[{s, 0}] = gap_text(GapReason::dropped);
      }
      SCOPED_TRACE(text + (minimum ? " in a short queue" : ""));
      const auto r = run_text("source: {type: script_live, t: 12, broken: [" + text +
                                  "]}\nsinks: [{type: memory, from: source, path: a}]\n",
                              options);
      EXPECT_EQ(r.record.lost, static_cast<int64_t>(lost.size()));
      EXPECT_TRUE(received("a").items == expected);
    }
}

TEST(Live, WhatAnObserverDidNotTakeIsCounted) {
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 200, broken: [3, 9]}\nsinks: [{type: memory, "
      "from: "
      "source, path: a}]\nobserve: [{type: count, from: source}, {type: hang, from: source}]\n");
  EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
  for (const std::string type : {"count", "hang"}) {
    const EdgeCount edge = edge_of(r, type);
    EXPECT_EQ(edge.expected, 200) << edge.edge;
    EXPECT_EQ(edge.missing, 2) << edge.edge;
    EXPECT_EQ(edge.received + edge.dropped + edge.missing, 200) << edge.edge;
  }
  EXPECT_LE(edge_of(r, "hang").received, 2) << "it holds the first, one waits";
}

TEST(Live, ProgressEndsWithAllItemsAndAllGaps) {
  Progress last;
  RunOptions options;
  options.on_progress = [&](const Progress& progress) { last = progress; };
  run_text(
      "on_error: skip\nsource: {type: script_live, t: 12, broken: [3, 4]}\nsteps: [{id: f, op: "
      "fail_at, sequence: 7}]\nsinks: [{type: memory, from: f, path: f}]\n",
      {}, options);
  EXPECT_EQ(last.items_done, 12);
  EXPECT_EQ(last.items_total, 12);
  EXPECT_EQ(last.gaps, 3);
}

}  // namespace
}  // namespace parfocal::testing
