/// The engine on small scripted graphs: what each promise means, one test each.

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "parfocal/graph/yaml.h"
#include "parfocal/planner/machine.h"
#include "scripted_run.h"

namespace parfocal::testing {
namespace {

TEST(Engine, CopiesASourceToASink) {
  const auto r =
      run_text("source: {type: script, t: 7}\nsinks: [{type: memory, from: source, path: a}]\n");
  EXPECT_EQ(r.record.exit_code, 0) << r.record.json();
  EXPECT_EQ(received("a").items.size(), 7u);
  EXPECT_EQ((received("a").items[{3, 0}].size()), 9u * 11u * 2u);
  EXPECT_TRUE(received("a").outcome.complete);
}

TEST(Engine, BrokenItemsBecomeGapsAndKeepTheirPlace) {
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 7, broken: [2, 5]}\nsteps: [{id: m, op: reduce, "
      "over: t, how: mean}]\nsinks: [{type: memory, from: source, path: a}, {type: memory, from: "
      "m, path: m}]\n");
  EXPECT_EQ(r.record.exit_code, 6);
  EXPECT_EQ(r.record.broken, 2);
  EXPECT_EQ((received("a").items[{2, 0}]), "gap broken");
  std::vector<double> sum(99);
  for (int64_t t : {0, 1, 3, 4, 6}) {
    const auto frame = pixels<uint16_t>(received("a").items[{t, 0}]);
    for (size_t i = 0; i < 99; ++i) sum[i] += frame[i];
  }
  const auto mean = pixels<double>(received("m").items[{0, 0}]);
  ASSERT_EQ(mean.size(), 99u);
  for (size_t i = 0; i < 99; ++i) EXPECT_DOUBLE_EQ(mean[i], sum[i] / 5);
}

TEST(Engine, ABrokenItemStopsTheRunByDefault) {
  const auto r = run_text(
      "source: {type: script, t: 7, broken: [2]}\nsinks: [{type: memory, from: source, path: "
      "a}]\n");
  EXPECT_EQ(r.record.exit_code, 4);
  EXPECT_FALSE(received("a").outcome.complete);
  EXPECT_NE(r.record.issues.at(0).cure.find("skip"), std::string::npos);
}

const char* kCentred =
    "source: {type: script, t: 9, y: 64, x: 40}\n"
    "steps:\n"
    "  - {id: m, op: reduce, over: t, how: mean}\n"
    "  - {id: d, op: subtract, from: source, by: m}\n"
    "  - {id: g, op: gaussian, sigma: 2 px}\n"
    "  - {id: x, op: reduce, over: t, how: max}\n"
    "sinks: [{type: memory, from: d, path: d}, {type: memory, from: x, path: x}, {type: memory, "
    "from: m, path: m}]\n";

TEST(Engine, DelayLineTwoPassesAndRegionsGiveEqualBytes) {
  PlanOptions wide;
  wide.memory_bytes = int64_t{1} << 30;
  auto r = run_text(kCentred, wide);
  ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
  EXPECT_EQ(r.plan.passes.size(), 1u) << "the span fits: a delay line";
  const auto d = received("d").items, x = received("x").items, m = received("m").items;
  EXPECT_EQ(d.size(), 9u);
  for (const Region& tile : {Region{}, Region::whole({17, 31}), Region::whole({1, 40})}) {
    PlanOptions tight;
    tight.memory_bytes = 60000;  // decides for two passes; `minimum` lifts the budget itself
    tight.minimum = true;
    if (tile.rank) tight.tile = tile;
    Pipeline p;
    try {
      r = run_text(kCentred, tight);
    } catch (const Error&) {
      tight.memory_bytes.reset();
      r = run_text(kCentred, tight);
    }
    ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
    EXPECT_EQ(received("d").items, d);
    EXPECT_EQ(received("x").items, x);
    EXPECT_EQ(received("m").items, m);
  }
}

TEST(Engine, StreamsKeepTheirKeysApart) {
  const auto r = run_text(
      "source: {type: script, t: 8, c: 3}\nsteps: [{id: d, op: delay, items: 2, over: t}]\nsinks: "
      "[{type: memory, from: source, path: a}, {type: memory, from: d, path: d}]\n");
  ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
  EXPECT_EQ(received("d").items, received("a").items);
}

TEST(Engine, ItemsOfSeveralKeysAreCollectedSideBySide) {
  const auto r = run_text(
      "source: {type: script, t: 5, c: 3}\nsteps: [{id: d, op: collect, over: t}]\nsinks: "
      "[{type: memory, from: source, path: a}, {type: memory, from: d, path: d}]\n");
  ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
  auto frames = received("a").items, stacks = received("d").items;
  ASSERT_EQ(stacks.size(), 3u);
  for (int64_t c = 0; c < 3; ++c) {
    std::string stack;
    for (int64_t t = 0; t < 5; ++t) stack += frames[{3 * t + c, 0}];
    EXPECT_TRUE((stacks[{c, 0}]) == stack) << "channel " << c;
  }
}

TEST(Engine, ReadyPlansRunFromJson) {
  clear_received();
  PlanOptions options;
  options.threads = 2;
  options.out_dir = std::filesystem::temp_directory_path() / "parfocal-engine-test-json";
  std::filesystem::remove_all(options.out_dir);
  const Plan plan =
      make_plan(parse_pipeline(std::string("parfocal: 1\n") + kCentred, ".", "test"), options);
  const std::string text = plan_to_json(plan);
  EXPECT_EQ(plan_to_json(plan_from_json(text)), text);
  EXPECT_EQ(run_plan(plan_from_json(text), {}).exit_code, 0);
  EXPECT_EQ(received("d").items.size(), 9u);
  std::filesystem::remove_all(options.out_dir);
  Plan other = plan;
  other.input += ", changed since";
  try {
    run_plan(other, {});
    FAIL() << "what was planned is not there any more";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::input_missing);
  }
  std::filesystem::remove_all(options.out_dir);
}

TEST(Engine, AStepThatFailsInTheSecondPassIsSkipped) {
  PlanOptions options;
  // Too little to hold the span of 2000 frames, also where sanitizers take their share.
  options.memory_bytes = peak_rss_bytes() + (int64_t{20} << 20);
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 2000, y: 200, x: 300}\nsteps:\n  - {id: m, op: "
      "reduce, over: t, how: mean}\n"
      "  - {id: d, op: subtract, from: source, by: m}\n  - {id: f, op: fail_at, sequence: "
      "7}\nsinks: [{type: memory, from: f, path: f}]\n",
      options);
  EXPECT_EQ(r.plan.passes.size(), 2u);
  EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
  EXPECT_EQ((received("f").items[{7, 0}]), "gap failed");
}

TEST(Engine, AnItemThatFailsInOneRegionIsAGapInAll) {
  PlanOptions options;
  options.tile = Region::whole({8, 40});
  const auto r = run_text(
      "on_error: skip\nsource: {type: script, t: 9, y: 64, x: 40}\nsteps: [{id: f, op: fail_at, "
      "sequence: 4}]\nsinks: [{type: memory, from: f, path: f}]\n",
      options);
  EXPECT_EQ(r.plan.tile_count, 8);
  EXPECT_EQ(r.record.exit_code, 6) << r.record.json();
  EXPECT_EQ(r.record.failed, 1);
  EXPECT_EQ((received("f").items[{4, 0}]), "gap failed");
}

TEST(Engine, ChangedPlansAreRefusedOrRun) {
  PlanOptions options;
  options.threads = 2;
  options.out_dir = std::filesystem::temp_directory_path() / "parfocal-engine-test-hostile";
  const std::string text = plan_to_json(
      make_plan(parse_pipeline(std::string("parfocal: 1\n") + kCentred, ".", "test"), options));
  std::mt19937 rng(1);
  for (int i = 0; i < 300; ++i) {
    std::string changed = text;
    for (int k = 0; k < 3; ++k) {
      const size_t at = rng() % changed.size();
      if (changed[at] >= '0' && changed[at] <= '9')
        changed[at] = static_cast<char>('0' + rng() % 10);
      else if (i % 3 == 0)
        changed.erase(at, 1);
    }
    std::filesystem::remove_all(options.out_dir);
    try {
      const Plan plan = plan_from_json(changed);
      if (plan.out_dir == options.out_dir) (void)run_plan(plan, {});
    } catch (const Error& error) {
      EXPECT_FALSE(error.issues().empty());
    }
  }
  std::filesystem::remove_all(options.out_dir);
}

TEST(Engine, LiveFramesThatWereLostAreGaps) {
  const auto r = run_text(
      "source: {type: script_live, t: 12, broken: [0, 4, 5, 11]}\nsinks: [{type: memory, from: "
      "source, path: a}]\n");
  EXPECT_EQ(r.record.exit_code, 7);
  EXPECT_EQ(r.record.lost, 4);
  auto items = received("a").items;
  EXPECT_EQ(items.size(), 12u);
  EXPECT_EQ((items[{4, 0}]), "gap dropped");
  EXPECT_EQ((items[{11, 0}]), "gap dropped");
  const auto fails = run_text(
      "source: {type: script_live, t: 12, broken: [4]}\nsinks: [{type: memory, from: source, path: "
      "a, policy: fail}]\n");
  EXPECT_EQ(fails.record.exit_code, 1) << "a sink may forbid loss";
  RunOptions strict;
  strict.strict = true;
  EXPECT_EQ(run_text("source: {type: script_live, t: 12, broken: [4]}\nsinks: [{type: memory, "
                     "from: source, path: a}]\n",
                     {}, strict)
                .record.exit_code,
            1);
}

TEST(Engine, SinksGetAValueWithEveryItem) {
  const auto r = run_text(
      "source: {type: script, t: 7}\nsteps: [{id: m, op: reduce, over: t, how: mean}]\n"
      "sinks: [{type: memory, from: m, path: m}, {type: memory, from: source, value: m, path: "
      "a}]\n");
  ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
  const auto mean = received("m").items[{0, 0}];
  EXPECT_EQ(received("a").items.size(), 8u) << "seven frames and one Value";
  EXPECT_TRUE((received("a").items[{0, 1}]) == mean);
}

TEST(Engine, SourcesAndStepsTellTheUserSomethingOnce) {
  PlanOptions options;
  options.tile = Region::whole({4, 11});
  const auto r = run_text(
      "source: {type: script, t: 7}\nsinks: [{type: memory, from: source, path: a}]\n", options);
  EXPECT_EQ(r.record.notices, std::vector<std::string>{"source: follows a script"});
  EXPECT_EQ(received("a").outcome.notices, r.record.notices);
}

TEST(Engine, GroupsOfTheSourceAreReadWholeByOneWorker) {
  const char* text =
      "source: {type: script, t: 100, group: 8}\nsteps: [{id: d, op: delay, items: 3, over: t}]\n"
      "sinks: [{type: memory, from: d, path: a}]\n";
  auto r = run_text(text);
  ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
  EXPECT_GE(r.plan.window, 24) << "two workers and what is being consumed";
  const auto grouped = received("a").items;
  run_text("source: {type: script, t: 100}\nsinks: [{type: memory, from: source, path: a}]\n");
  EXPECT_EQ(received("a").items, grouped);
}

TEST(Engine, LaterPassesReadTheRecordingOfALiveStream) {
  const std::string rest =
      "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n"
      "  - {id: d, op: subtract, from: source, by: m}\n"
      "sinks: [{type: memory, from: d, path: d}";
  auto r = run_text("source: {type: script, t: 30}\n" + rest + "]\n");
  const auto recorded = received("d").items;
  for (const char* more : {"", ", endless: true"}) {
    r = run_text("source: {type: script_live, t: 30" + std::string(more) + "}\n" + rest +
                 ", {type: memory, from: source, path: tape}]\n");
    ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
    EXPECT_EQ(r.plan.passes.size(), *more ? 2u : 1u) << "frames of known number may wait instead";
    EXPECT_EQ(received("d").items, recorded);
  }
  r = run_text("source: {type: script_live, t: 30, endless: true, broken: [3, 4]}\n" + rest +
               ", {type: memory, from: source, path: tape}]\n");
  EXPECT_EQ(r.record.exit_code, 7) << r.record.json();
  EXPECT_EQ((received("d").items[{4, 0}]), "gap dropped");
  EXPECT_EQ(received("d").items.size(), 30u);
  try {
    run_text("source: {type: script_live, t: 30, endless: true}\n" + rest + "]\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.issues()[0].cure.find("records"), std::string::npos) << error.what();
  }
}

// Inputs of one type and size: nothing but its port tells one from the other.
std::string packing(const std::string& op, unsigned connected) {
  std::string text =
      "source: {type: script, t: 20}\nsteps:\n"
      "  - {id: a, op: test_add, from: source, constant: 1}\n"
      "  - {id: b, op: delay, items: 3, from: source}\n"
      "  - {id: c, op: reduce, over: t, how: max, from: source}\n"
      "  - {id: p, op: " +
      op + ", from: source";
  for (unsigned k = 0; k < 3; ++k)
    if (connected >> k & 1) text += std::string(", ") + "abc"[k] + ": " + "abc"[k];
  text += "}\nsinks: [";
  for (const char* id : {"source", "a", "b", "c", "p"})
    text += std::string("{type: memory, from: ") + id + ", path: " + id + "}, ";
  return text + "]\n";
}
std::vector<uint64_t> packed(int64_t t, unsigned connected) {
  const auto main = pixels<uint16_t>(received("source").items[{t, 0}]);
  std::vector<uint64_t> all(main.begin(), main.end());
  for (unsigned k = 0; k < 3; ++k) {
    if (!(connected >> k & 1)) continue;
    const auto more = pixels<uint16_t>(received({"abc"[k]}).items[{k == 2 ? 0 : t, 0}]);
    for (size_t i = 0; i < all.size(); ++i) all[i] |= uint64_t{more.at(i)} << (16 * (k + 1));
  }
  return all;
}

TEST(Engine, EveryInputComesAtItsPortWhicheverOthersAreLeftOut) {
  for (const std::string op : {"pack", "pack_in_order"})
    for (const bool fuse : {true, false})
      for (unsigned connected = 0; connected < 8; ++connected) {
        SCOPED_TRACE(op + (fuse ? " fused, " : ", ") + std::to_string(connected));
        PlanOptions options;
        options.fuse = fuse;
        const auto r = run_text(packing(op, connected), options);
        ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
        for (int64_t t = 0; t < 20; ++t)
          EXPECT_EQ(pixels<uint64_t>(received("p").items[{t, 0}]), packed(t, connected));
      }
}

TEST(Engine, EveryInputComesAtItsPortInBands) {
  PlanOptions options;
  options.tile = Region::whole({4, 11});
  for (unsigned connected = 0; connected < 8; ++connected) {
    const auto r = run_text(packing("pack", connected), options);
    ASSERT_EQ(r.record.exit_code, 0) << r.record.json();
    EXPECT_EQ(r.plan.tile_count, 3);
    EXPECT_EQ(pixels<uint64_t>(received("p").items[{7, 0}]), packed(7, connected));
  }
}

TEST(Engine, ARefusedPlanNamesTheMemoryThatWorks) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "freed memory stays in quarantine: the process grows from plan to plan";
#endif
  (void)run_text(kCentred);  // so that the process has its usual size
  PlanOptions small;
  small.memory_bytes = 1000;
  try {
    (void)run_text(kCentred, small);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::over_budget);
    const std::string cure = error.issues()[0].cure;
    small.memory_bytes = parse_bytes(cure.substr(cure.find(' ') + 1));
    EXPECT_EQ(run_text(kCentred, small).record.exit_code, 0) << cure;
  }
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Engine, AnInputThatWasReplacedMeanwhileIsNobodysResult) {
  for (const char* steps : {"", "steps: [{id: m, op: reduce, over: t, how: mean}]\n"}) {
    const auto r = run_text(std::string("source: {type: script, t: 7, replaced: true}\n") + steps +
                            "sinks: [{type: memory, path: a}]\n");
    EXPECT_EQ(r.record.exit_code, 4) << r.record.json();
    EXPECT_EQ(r.record.status, RunStatus::failed);
    EXPECT_FALSE(received("a").outcome.complete);
    ASSERT_FALSE(r.record.issues.empty());
    EXPECT_EQ(r.record.issues[0].what, "the script was replaced");
    for (const EdgeCount& edge : r.record.edges)
      EXPECT_EQ(edge.received + edge.missing, edge.expected) << edge.edge;
  }
}

TEST(Engine, AReplacedInputIsNoticedBehindAllThatStandsBeforeIt) {
  const std::string of = "source: {type: push, overflow: wait, of: {type: script, t: 7";
  for (const bool replaced : {false, true}) {
    const auto r = run_text(of + (replaced ? ", replaced: true" : "") +
                            "}}\nsinks: [{type: memory, path: a}]\n");
    EXPECT_EQ(r.record.exit_code, replaced ? 4 : 0) << r.record.json();
    EXPECT_EQ(r.record.notices, std::vector<std::string>{"source: follows a script"});
    if (replaced) {
      EXPECT_EQ(r.record.issues.at(0).what, "the script was replaced");
    }
  }
  const auto r = run_text(
      "source: {type: script_live, t: 30, endless: true}\nsteps:\n"
      "  - {id: m, op: reduce, over: t, how: mean}\n"
      "  - {id: d, op: subtract, from: source, by: m}\n"
      "sinks: [{type: memory, from: d, path: d}, {type: memory, from: source, path: tape, "
      "replaced: true}]\n");
  EXPECT_EQ(r.record.exit_code, 4) << r.record.json();
  EXPECT_EQ(r.record.issues.at(0).what, "the tape was replaced");
}

TEST(Engine, AResultOfAReplacedInputReplacesNothing) {
  const auto dir = std::filesystem::temp_directory_path() /
                   ("parfocal-replaced-input-" + std::to_string(getpid()));
  std::filesystem::remove_all(dir);
  PlanOptions options;
  options.out_dir = dir;
  options.threads = 1;
  const auto run = [&](const std::string& source, bool overwrite) {
    RunOptions how;
    how.overwrite = overwrite;
    return run_plan(make_plan(parse_pipeline("parfocal: 1\nsource: {type: script, " + source +
                                                 "}\nsinks: [{type: memory, path: a}]\n",
                                             ".", "test"),
                              options),
                    how);
  };
  ASSERT_EQ(run("t: 3", false).exit_code, 0);
  const std::string record = file_text(dir / "run.json"), frames = file_text(dir / "frames.csv");
  EXPECT_EQ(run("t: 5, replaced: true", true).exit_code, 4);
  EXPECT_EQ(file_text(dir / "run.json"), record);
  EXPECT_EQ(file_text(dir / "frames.csv"), frames);
  EXPECT_EQ(run("t: 5", true).exit_code, 0);
  EXPECT_NE(file_text(dir / "frames.csv"), frames);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace parfocal::testing
