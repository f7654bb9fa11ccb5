/// What fails in sources, steps and sinks, by a status or by an exception of any type: the run ends
/// with a reason, every sink is closed, and what was not stored is not counted as received.

#include <gtest/gtest.h>

#include "scripted_run.h"

namespace parfocal::testing {
namespace {

std::string two_sinks(const std::string& more, const std::string& source = "script") {
  return "source: {type: " + source +
         ", t: 30}\nsinks: [{type: memory, from: source, path: a}, {type: memory, from: source, "
         "path: b, " +
         more + "}]\n";
}
int64_t rows_with(const Result& r, const std::string& word) {
  return std::count_if(r.frames.begin(), r.frames.end(), [&](const std::string& row) {
    return row.find("," + word + ",") != std::string::npos;
  });
}

TEST(Failures, AnItemWhoseWriteFailedAndAllAfterItAreNotReceived) {
  for (const std::string how : {"status", "throw", "bad_alloc", "int"}) {
    SCOPED_TRACE(how);
    const auto r = run_text(two_sinks("fails_at: 7, fails_by: " + how));
    EXPECT_EQ(r.record.exit_code, 1) << r.record.json();
    EXPECT_EQ(edge_of(r, "b").expected, 30);
    EXPECT_EQ(edge_of(r, "b").received, 7);
    EXPECT_EQ(edge_of(r, "b").missing, 23);
    EXPECT_EQ(edge_of(r, "a").received, 7) << "frames that all sinks have";
    EXPECT_EQ(received("b").outcome.valid_items, 7);
    EXPECT_EQ(received("a").outcome.valid_items, 7);
    EXPECT_FALSE(received("a").outcome.complete);
    EXPECT_TRUE(received("a").closed && received("b").closed);
    EXPECT_EQ(received("b").calls_after_failure, 0) << "the first failed write is final";
    ASSERT_EQ(r.frames.size(), 30u);
    EXPECT_EQ(rows_with(r, "ok"), 7) << "a frame that a sink lost is no frame of the result";
    EXPECT_NE(r.frames[7].find("the run failed before it"), std::string::npos) << r.frames[7];
    EXPECT_NE(r.record.issues.at(0).where.find("memory b"), std::string::npos);
  }
}

TEST(Failures, ItemsThatWereOnlyQueuedAreNotReceived) {
  const auto r = run_text(two_sinks("fails_at: 7, queue: 4"));
  EXPECT_EQ(r.record.exit_code, 1);
  EXPECT_EQ(edge_of(r, "b").received, 7) << "the write of item 11 told that item 7 is lost";
  EXPECT_EQ(edge_of(r, "b").missing, 23);
  EXPECT_EQ(received("a").outcome.valid_items, 7);
  EXPECT_EQ(rows_with(r, "ok"), 7);
}

TEST(Failures, ASinkThatCannotBeClosedDidNotReceiveWhatItHadQueued) {
  const auto r = run_text(two_sinks("fails_at: 27, queue: 100"));
  EXPECT_EQ(r.record.exit_code, 1);
  EXPECT_EQ(edge_of(r, "b").received, 27);
  EXPECT_EQ(edge_of(r, "b").missing, 3);
  EXPECT_EQ(edge_of(r, "a").received, 30);
  EXPECT_EQ(rows_with(r, "ok"), 27) << "frames.csv is closed last";
  EXPECT_EQ(r.frames.size(), 30u);
}

TEST(Failures, AnUnboundedStreamExpectsWhatCame) {
  const auto r = run_text(
      "source: {type: script_live, t: 30, endless: true}\nsinks: [{type: memory, from: source, "
      "path: b, fails_at: 7}]\n");
  const EdgeCount edge = edge_of(r, "b");
  EXPECT_EQ(r.record.exit_code, 1);
  EXPECT_EQ(edge.received, 7);
  EXPECT_EQ(edge.expected, r.record.items);
  EXPECT_EQ(edge.received + edge.missing, edge.expected);
}

TEST(Failures, AnUnboundedStreamThatEndsWithinAStepLostTheRestOfTheStep) {
  const auto r = run_text(
      "source: {type: script_live, t: 4, c: 3, endless: true, broken: [10, 11]}\n"
      "sinks: [{type: memory, from: source, path: b}]\n");
  EXPECT_EQ(r.record.exit_code, 7) << r.record.json();
  EXPECT_EQ(r.record.items, 12);
  EXPECT_EQ(edge_of(r, "b").received, 10);
  EXPECT_EQ(edge_of(r, "b").missing, 2);
  EXPECT_EQ(received("b").items.at({11, 0}), gap_text(GapReason::dropped));
}

// Also what was still in a step when the run failed.
TEST(Failures, AnUnboundedStreamExpectsWhatItsStepsHeldBack) {
  const auto r = run_text(
      "source: {type: script_live, t: 30, endless: true}\nsteps: [{id: d, op: delay, items: "
      "5}]\nsinks: [{type: memory, from: d, path: b, fails_at: 7}]\n");
  const EdgeCount edge = edge_of(r, "b");
  EXPECT_EQ(edge.received, 7);
  EXPECT_GE(r.record.items, 7 + 5);
  EXPECT_EQ(edge.expected, r.record.items);
  EXPECT_EQ(edge.received + edge.missing, edge.expected);
}

TEST(Failures, ReceivedCountsNoGapsAmongTheItemsThatAreKept) {
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 30, broken: [2, 5, 9, 10]}\nsinks: [{type: "
      "memory, from: source, path: a}, {type: memory, from: source, path: b, fails_at: 8}]\n");
  EXPECT_EQ(edge_of(r, "b").received, 6);
  EXPECT_EQ(edge_of(r, "a").received, 6);
  EXPECT_EQ(edge_of(r, "a").missing, 24);
  const auto within = run_text(
      "on_error: skip\nsource: {type: script, t: 30, broken: [7, 8, 9]}\nsinks: [{type: "
      "memory, from: source, path: a}, {type: memory, from: source, path: b, fails_at: 8}]\n");
  EXPECT_EQ(edge_of(within, "b").received, 7) << "a run of gaps is cut in its middle";
  EXPECT_EQ(edge_of(within, "a").received, 7);
}

TEST(Failures, AStopKeepsTheFramesThatAllSinksHaveAndCountsThem) {
  const auto r = run_text(
      "source: {type: script, t: 3000}\nsteps: [{id: d, op: delay, items: 5}]\nsinks: [{type: "
      "memory, from: source, path: a, stops_at: 40}, {type: memory, from: d, path: d}]\n");
  ASSERT_EQ(r.record.exit_code, 130) << r.record.json();
  const int64_t kept = received("d").outcome.valid_items;
  EXPECT_GE(kept, 36);
  EXPECT_EQ(received("a").outcome.valid_items, kept) << "equal frames in all sinks";
  EXPECT_EQ(received("a").items.size(), static_cast<size_t>(kept) + 5) << "five are taken back";
  for (const char* path : {"a", "d"}) {
    EXPECT_EQ(edge_of(r, path).received, kept);
    EXPECT_EQ(edge_of(r, path).missing, 3000 - kept);
  }
  EXPECT_EQ(r.record.stopped, 3000 - kept);
  EXPECT_EQ(r.frames.size(), 3000u);
  EXPECT_EQ(rows_with(r, "ok"), kept);
}

TEST(Failures, ASourceMayThrowWhatItLikes) {
  for (const std::string how : {"throw", "bad_alloc", "int"})
    for (const std::string type : {"script", "script_live"})
      for (const std::string on_error : {"skip", "stop"}) {
        SCOPED_TRACE(how + " " + type + " " + on_error);
        const auto r = run_text("on_error: " + on_error + "\nsource: {type: " + type +
                                ", t: 30, broken: [4], breaks_by: " + how +
                                "}\nsinks: [{type: memory, from: source, path: a}]\n");
        const bool gap = type == "script" && on_error == "skip";
        EXPECT_EQ(r.record.exit_code, gap ? 6 : type == "script" ? 4 : 1) << r.record.json();
        EXPECT_TRUE(received("a").closed);
        EXPECT_EQ(edge_of(r, "a").received + edge_of(r, "a").missing, 30);
        EXPECT_FALSE(r.record.issues.at(0).what.empty());
      }
}

TEST(Failures, AStepThatThrowsOutOfMemorySaysSo) {
  const auto r = run_text(
      "source: {type: script, t: 9, broken: [4], breaks_by: bad_alloc}\nsinks: [{type: memory, "
      "from: source, path: a}]\n");
  EXPECT_NE(r.record.issues.at(0).what.find("no more memory"), std::string::npos);
}

TEST(Failures, ASinkThatCannotBeOpenedClosesThoseThatWere) {
  EXPECT_THROW((void)run_text("source: {type: script, t: 9}\nsinks: [{type: memory, from: source, "
                              "path: a}, {type: memory, from: source, path: b, fails_at: 0, "
                              "fails_by: open}]\n"),
               Error);
  EXPECT_TRUE(received("a").closed);
  EXPECT_FALSE(received("a").outcome.complete);
}

TEST(Failures, EveryInputMissingMakesTheValueAGap) {
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 3, broken: [0, 1, 2]}\nsteps: [{id: m, op: "
      "reduce, over: t, how: mean}]\nsinks: [{type: memory, from: m, path: m}]\n");
  EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
  EXPECT_EQ((received("m").items[{0, 0}]), "gap failed");
  EXPECT_EQ(edge_of(r, "m").received, 0);
}

TEST(Failures, TheFirstFailureIsTheOneThatIsTold) {
  const auto r = run_text(
      "source: {type: script, t: 30}\nsinks: [{type: memory, from: source, path: a, fails_at: 7}, "
      "{type: memory, from: source, path: b, fails_at: 27, queue: 100}]\n");
  EXPECT_EQ(r.record.exit_code, 1);
  ASSERT_EQ(r.record.issues.size(), 1u) << r.record.json();
  EXPECT_EQ(r.record.issues[0].what, "the script fails") << "not what closing b then says";
  EXPECT_NE(r.record.issues[0].where.find("memory a"), std::string::npos);
}

TEST(Failures, AFrameWithoutItsLabelsIsMissing) {
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 9}\nsteps: [{id: f, op: fail_at, sequence: 4}]\n"
      "sinks: [{type: memory, from: source, labels: {l: f}, path: a}]\n");
  EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
  EXPECT_EQ((received("a").items[{4, 1}]), gap_text(GapReason::failed));
  EXPECT_EQ(edge_of(r, "a").received, 8);
  EXPECT_EQ(edge_of(r, "a").missing, 1);
  EXPECT_EQ(rows_with(r, "ok"), 8);
}

TEST(Failures, OfTwoInputsThatLackTheFirstIsTold) {
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 9}\nsteps:\n"
      "  - {id: f, op: fail_at, sequence: 4, from: source}\n"
      "  - {id: g, op: fail_at, sequence: 4, from: source}\n"
      "  - {id: d, op: subtract, from: f, by: g}\n"
      "sinks: [{type: memory, from: d, path: d}]\n");
  EXPECT_EQ(r.record.failed, 2);
  ASSERT_EQ(r.frames.size(), 9u);
  EXPECT_NE(r.frames[4].find("failed: f: "), std::string::npos) << r.frames[4];
}

TEST(Failures, AnItemThatAStreamFailsOnIsAGapAtItsPlaceInEveryRegion) {
  for (const bool throws : {false, true})
    for (const bool swept : {false, true}) {
      SCOPED_TRACE(std::string(throws ? "throws" : "fails") + (swept ? ", swept" : ""));
      PlanOptions options;
      if (swept) options.tile = Region::whole({16, 40});
      const std::string text =
          "source: {type: script, t: 9, y: 64, x: 40}\nsteps: [{id: f, op: "
          "fail_in_order, sequence: 4, throws: " +
          std::string(throws ? "true" : "false") +
          "}]\nsinks: [{type: memory, from: source, path: a}, {type: memory, "
          "from: f, path: f}]\n";
      const auto r = run_text("on_error: skip\n" + text, options);
      EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
      EXPECT_EQ(r.record.failed, 1);
      auto expected = received("a").items;
      expected[{4, 0}] = gap_text(GapReason::failed);
      EXPECT_TRUE(received("f").items == expected);
      EXPECT_EQ(edge_of(r, "f").missing, 1);
      EXPECT_EQ(run_text(text, options).record.exit_code, 1);
    }
}

TEST(Failures, LostFramesAreToldByTheExitCodeBeforeItemsThatFailed) {
  const auto r = run_text(
      "on_error: skip\nsource: {type: script_live, t: 12, broken: [3, 4]}\nsteps: [{id: f, op: "
      "fail_at, sequence: 7}]\nsinks: [{type: memory, from: f, path: f}]\n");
  EXPECT_EQ(r.record.lost, 2);
  EXPECT_EQ(r.record.failed, 1);
  EXPECT_EQ(r.record.exit_code, 7);
  ASSERT_FALSE(r.record.issues.empty());
  EXPECT_EQ(r.record.issues[0].what, "the live source lost 2 frames");
}

TEST(Failures, TheRecordNamesTheFirstHundredItemsThatFailed) {
  std::string broken;
  for (int i = 0; i < 150; ++i) broken += (i ? ", " : "") + std::to_string(i);
  const auto r = run_text("on_error: skip\nsource: {type: script, t: 160, broken: [" + broken +
                          "]}\nsinks: [{type: memory, from: source, path: a}]\n");
  EXPECT_EQ(r.record.broken, 150);
  EXPECT_EQ(r.record.issues.size(), 100u);
}

}  // namespace
}  // namespace parfocal::testing
