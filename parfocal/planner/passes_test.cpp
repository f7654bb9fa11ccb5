/// The planner's passes one by one: what each decides, on pipelines made for it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "parfocal/planner/axes.h"
#include "parfocal/planner/binding.h"
#include "parfocal/planner/test_planned.h"

namespace parfocal {
namespace {

constexpr int64_t kDecodingBytes = int64_t{3} << 20;

struct DecodedParams {
  int64_t t = 50, c = 1, side = 64, group = 1;
  bool named = false;  // every channel has a long name
};

// A source whose reads take memory, as those of compressed files do.
class Decoded final : public Source {
 public:
  explicit Decoded(const DecodedParams& p) : p_(p) {
    layout_.dtype = DType::u16;
    layout_.stream = {{"t", p.t, 1, "", {}}};
    if (p.c > 1) layout_.stream.push_back({"c", p.c, 1, "", {}});
    if (p.named) layout_.stream[1].labels.assign(static_cast<size_t>(p.c), std::string(100, 'n'));
    layout_.item = {{"y", p.side, 1, "", {}}, {"x", p.side, 1, "", {}}};
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return kDecodingBytes; }
  Region block() const override { return layout_.whole_item(); }
  int64_t items_per_read() const override { return p_.group; }
  Status read(int64_t, const MutableView& dst, FrameHeader&) const override {
    clear_pixels(dst);
    return {};
  }
  std::string identity() const override { return "decoded"; }

 private:
  DecodedParams p_;
  Layout layout_;
};

PARFOCAL_SOURCE(decoded) {
  using P = DecodedParams;
  SourceInfo info;
  info.name = "decoded";
  info.summary = "frames whose reads take memory";
  info.params = Parameters<P>()
                    .add("t", &P::t, "frames")
                    .add("c", &P::c, "channels")
                    .add("side", &P::side, "pixels")
                    .add("group", &P::group, "items decoded together")
                    .add("named", &P::named, "channels have long names");
  info.open = [](const std::any& p, const SourceContext&) {
    return std::make_unique<Decoded>(std::any_cast<const P&>(p));
  };
  info.test_only = true;
  return info;
}

std::string decoded(const std::string& params) {
  return "parfocal: 1\nsource: {type: decoded" + params + "}\n";
}
PlanOptions minimal() {
  PlanOptions options;
  options.minimum = true;
  return options;
}
PlanOptions in_tiles(int64_t rows, int64_t columns) {
  PlanOptions options = minimal();
  options.tile = Region::whole({rows, columns});
  return options;
}

int64_t reserved(const Plan& plan, const std::string& holder, const std::string& what, int pass) {
  int64_t bytes = 0;
  for (const Reservation& r : plan.reservations)
    if (r.holder == holder && r.what.starts_with(what) && r.pass == pass) bytes += r.bytes;
  return bytes;
}

// ---- reserve

TEST(Reserve, CountsTheDecoderOfEveryWorkerInEveryPassThatReads) {
  for (const int threads : {1, 2, 4}) {
    PlanOptions options;
    options.threads = threads;
    const Plan plan = planned(decoded("") + kSaveLast, options);
    EXPECT_EQ(plan.threads, threads);
    EXPECT_EQ(reserved(plan, "source", "decoding", 0), threads * kDecodingBytes);
  }
  const Plan two =
      planned(decoded(", t: 1000, side: 256") +
                  "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n  - {id: s, op: subtract, "
                  "from: source, by: m}\n" +
                  kSaveLast,
              with_memory(int64_t{1} << 30));
  ASSERT_EQ(two.passes.size(), 2u);
  EXPECT_EQ(reserved(two, "source", "decoding", 0), 2 * kDecodingBytes);
  EXPECT_EQ(reserved(two, "source", "decoding", 1), 2 * kDecodingBytes);
}

TEST(Reserve, KeepsAStateForEveryKeyThatIsOpenAtOnce) {
  const auto state_of = [](int64_t c, const std::string& step) {
    const Plan plan = planned(decoded(", c: " + std::to_string(c)) + "steps:\n  - {id: m, " + step +
                              "}\n" + kSaveLast);
    EXPECT_EQ(reserved(plan, "m", "state", 0), plan.passes[0].state_bytes);
    return plan.passes[0].state_bytes;
  };
  for (const std::string step :
       {"op: reduce, over: t, how: mean", "op: delay, items: 3, over: t"}) {
    const int64_t one = state_of(1, step);
    EXPECT_GT(one, 64 * 64 * 2);
    EXPECT_EQ(state_of(3, step), 3 * one) << step;
  }
  EXPECT_EQ(state_of(3, "op: reduce, over: c, how: mean"),
            state_of(2, "op: reduce, over: c, how: mean"))
      << "one after the other";
}

// Whether the step that makes `made` writes over `from`, which it reads, pixel by pixel.
bool is_done_in_place(const Plan& plan, PortId made, PortId from) {
  const NodePlan& node = plan.nodes[static_cast<size_t>(made.node)];
  if (node.kind != NodeKind::map || made.port != 0) return false;
  const auto op = bind_operator(node, plan.nodes);
  for (size_t i = 0; i < node.inputs.size(); ++i)
    if (static_cast<int>(node.place_of(i)) == static_cast<const MapOperator&>(*op).in_place())
      return node.inputs[i] == from;
  return false;
}

// No two results of a stage that are needed at the same time share a place.
void expect_sound_slots(const Plan& plan) {
  for (const PassPlan& pass : plan.passes)
    for (const StagePlan& stage : pass.stages) {
      const auto position = [&](int node) {
        return std::find(stage.nodes.begin(), stage.nodes.end(), node) - stage.nodes.begin();
      };
      const auto last_read = [&](PortId id) {
        auto last = position(id.node);
        for (size_t k = 0; k < stage.nodes.size(); ++k) {
          const auto& inputs = plan.nodes[static_cast<size_t>(stage.nodes[k])].inputs;
          if (std::find(inputs.begin(), inputs.end(), id) != inputs.end())
            last = std::max(last, static_cast<decltype(last)>(k));
        }
        return last;
      };
      for (const BufferPlan& a : stage.buffers) {
        EXPECT_LE(a.offset + a.bytes, stage.scratch_offset);
        for (const BufferPlan& b : stage.buffers) {
          const auto made = position(b.port.node);
          const bool overlap = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
          if (position(a.port.node) >= made || !overlap) continue;
          const bool taken_over = last_read(a.port) == made && a.offset == b.offset &&
                                  a.bytes == b.bytes && is_done_in_place(plan, b.port, a.port);
          EXPECT_TRUE(last_read(a.port) < made || taken_over)
              << plan.nodes[static_cast<size_t>(b.port.node)].id << " is written over "
              << plan.nodes[static_cast<size_t>(a.port.node)].id << ", which is still read";
        }
      }
      EXPECT_LE(stage.scratch_offset, stage.slot_bytes);
    }
}

TEST(Reserve, NoStepOverwritesWhatALaterStepReads) {
  const std::string cast = "steps:\n  - {id: f, op: cast, dtype: float32, from: source}\n";
  const Plan shared = planned(movie(9) + cast +
                              "  - {id: a, op: test_add, constant: 1, from: f}\n"
                              "  - {id: g, op: gaussian, sigma: 1 px, from: f}\n"
                              "  - {id: l, op: subtract, constant: 1.5, from: a}\n"
                              "  - {id: d, op: subtract, from: g, by: l}\n"
                              "sinks: [{type: ome_zarr, from: d, path: d.ome.zarr}]\n");
  expect_sound_slots(shared);
  ASSERT_EQ(shared.passes[0].stages[0].nodes.size(), 6u) << stage_text(shared, 0);
  const Plan chain =
      planned(movie(9) + cast +
              "  - {id: a, op: test_add, constant: 1}\n  - {id: b, op: test_add, constant: "
              "2}\n  - {id: c, op: gaussian, sigma: 1 px}\n" +
              kSaveLast);
  expect_sound_slots(chain);
  const auto& buffers = chain.passes[0].stages[0].buffers;
  ASSERT_EQ(buffers.size(), 4u) << "source, f, a and b; c goes to its queue";
  EXPECT_EQ(buffers[1].offset, buffers[2].offset) << "a is done in place";
  EXPECT_EQ(buffers[2].offset, buffers[3].offset) << "b is done in place";
}

TEST(Reserve, AStepIsDoneInPlaceOnlyWhereItsInputHoldsJustItsPixels) {
  const Plan plan = planned(movie(9) +
                                "steps:\n  - {id: a, op: test_add, constant: 1, from: source}\n"
                                "  - {id: g, op: gaussian, sigma: 2 px, from: a}\n"
                                "  - {id: b, op: test_add, constant: 1, from: a}\n"
                                "  - {id: s, op: subtract, from: g, by: b}\n" +
                                kSaveLast,
                            in_tiles(16, 64));
  expect_sound_slots(plan);
  std::map<std::string, int64_t> at;
  for (const BufferPlan& buffer : plan.passes[0].stages[0].buffers)
    at[plan.nodes[static_cast<size_t>(buffer.port.node)].id] = buffer.offset;
  EXPECT_NE(at.at("a"), at.at("b")) << "a has the rows around the band, too";
}

TEST(Reserve, AStateHoldsTheRegionOfItsOwnNodeNotThatOfASibling) {
  const auto state_of = [](const std::string& sibling) {
    return planned(movie(9) +
                       "steps:\n  - {id: m, op: reduce, over: t, how: max, from: source}\n  - {id: "
                       "g, op: gaussian, sigma: " +
                       sibling +
                       ", from: source}\nsinks: [{type: ome_zarr, from: m, path: m.ome.zarr}, "
                       "{type: ome_zarr, from: g, path: g.ome.zarr}]\n",
                   in_tiles(16, 64))
        .passes[0]
        .state_bytes;
  };
  EXPECT_EQ(state_of("8 px"), state_of("0 px"));
}

TEST(Reserve, ThePeakIsThatOfTheLargestPass) {
  const Plan plan =
      planned(decoded(", t: 1000, side: 256") +
                  "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n  - {id: s, op: subtract, "
                  "from: source, by: m}\n" +
                  kSaveLast,
              with_memory(int64_t{1} << 30));
  ASSERT_EQ(plan.passes.size(), 2u);
  int64_t sums[2] = {0, 0};
  for (const Reservation& r : plan.reservations)
    for (int p = 0; p < 2; ++p)
      if (r.pass < 0 || r.pass == p) sums[p] += r.bytes;
  EXPECT_NE(sums[0], sums[1]);
  EXPECT_EQ(plan.peak_bytes, std::max(sums[0], sums[1]));
  EXPECT_GT(reserved(plan, "m", "queue", 0), 0);
  EXPECT_EQ(reserved(plan, "m", "queue", 0), reserved(plan, "m", "queue", 1))
      << "a Value is kept for the pass that reads it";
}

// ---- queues

TEST(Queues, AJoinHoldsAllThatComesBetweenItsEarliestAndItsLatestInput) {
  // d comes 1 item of the source late; m, of 3 items, between 3 early and 4 late. So m's queue
  // holds what comes in 4 + 3 items, rounded up: 3; and d's what comes in 4 - 0.
  const Plan plan = planned(movie(50, 64, "c: 3, ") +
                                "steps:\n  - {id: d, op: delay, items: 1}\n"
                                "  - {id: m, op: reduce, over: c, how: mean, from: d}\n"
                                "  - {id: s, op: subtract, from: d, by: m}\n" +
                                kSaveLast,
                            minimal());
  EXPECT_EQ(ring_of(plan, "m").capacity, 1 + 3);
  EXPECT_EQ(ring_of(plan, "d").capacity, 1 + 4);
  EXPECT_EQ(node_of(plan, "m").lag_items, 4);
}

TEST(Queues, TheLagOfAKeyCountsTheItemsOfAllKeysBetween) {
  const Plan plan = planned(movie(50, 64, "c: 3, ") +
                                "steps:\n  - {id: d, op: delay, items: 2, over: t}\n"
                                "  - {id: s, op: subtract, from: source, by: d}\n" +
                                kSaveLast,
                            minimal());
  EXPECT_EQ(node_of(plan, "d").lag_items, 6);
  EXPECT_EQ(ring_of(plan, "source").capacity, 1 + 6);
}

TEST(Queues, NoQueueIsLongerThanItsStream) {
  const Plan plan = planned(movie(3) +
                                "steps:\n  - {id: d, op: delay, items: 9}\n  - {id: s, op: "
                                "subtract, from: source, by: d}\n" +
                                kSaveLast,
                            minimal());
  EXPECT_EQ(ring_of(plan, "source").capacity, 3);
}

TEST(Queues, AStreamHasAPlaceForAllThatItEmitsAtOnce) {
  const Plan plan = planned(movie(30) +
                                "steps:\n  - {id: e, op: emit, k: 9, per_push: 5}\n  - {id: m, op: "
                                "reduce, over: n, how: mean}\n" +
                                kSaveLast,
                            minimal());
  EXPECT_EQ(ring_of(plan, "e").capacity, 5);
}

TEST(Queues, ALiveSourceHasASecondPlaceForTheFrameThatTellsOfALoss) {
  const Plan plan = planned(
      "parfocal: 1\nsource: {type: push, of: {type: generator, size: {t: 90, y: 64, x: 64}}}\n" +
          std::string(kSaveLast),
      minimal());
  EXPECT_EQ(ring_of(plan, "source").capacity, 2);
}

TEST(Queues, AValueForALaterPassHasAPlaceForEachOfItsItems) {
  const Plan plan =
      planned(movie(1000, 256, "c: 2, ") +
                  "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n  - {id: s, op: subtract, "
                  "from: source, by: m}\n" +
                  kSaveLast,
              with_memory(int64_t{1} << 30));
  EXPECT_TRUE(ring_of(plan, "m").retained);
  EXPECT_EQ(ring_of(plan, "m").capacity, 2);
}

// ---- passes

TEST(Passes, AValueOfAnotherClockIsMadeInAnEarlierPass) {
  // Nobody knows how many items `e` makes of one, so that no queue could be long enough.
  const Plan plan = planned(movie(9) +
                            "steps:\n  - {id: e, op: emit, k: 3}\n"
                            "  - {id: v, op: reduce, over: n, how: mean}\n"
                            "  - {id: s, op: subtract, from: source, by: v}\n" +
                            kSaveLast);
  EXPECT_EQ(plan.passes.size(), 2u);
  EXPECT_EQ(node_of(plan, "s").cut, (std::vector<char>{0, 1}));
  EXPECT_TRUE(ring_of(plan, "v").retained);
  EXPECT_THAT(plan_details(plan),
              ::testing::HasSubstr("the source is read again (nobody knows when it comes"));
}

TEST(Passes, AValueThatIsNotOfTheInnermostAxesIsMadeInAnEarlierPass) {
  const Plan plan = planned(movie(9, 64, "c: 2, ") +
                            "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n"
                            "  - {id: s, op: subtract, from: source, by: m}\n" +
                            kSaveLast);
  EXPECT_EQ(plan.passes.size(), 2u);
}

TEST(Passes, AValueOfAValueNeedsOneMorePassOnlyWhereItIsReadBesideTheSource) {
  const Plan plan = planned(movie(1000, 256) +
                                "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n"
                                "  - {id: d, op: subtract, from: source, by: m}\n"
                                "  - {id: v, op: reduce, over: t, how: std}\n"
                                "  - {id: e, op: subtract, from: d, by: v}\n" +
                                kSaveLast,
                            with_memory(int64_t{1} << 30));
  EXPECT_EQ(plan.passes.size(), 3u);
  EXPECT_EQ(node_of(plan, "d").level, 1);
  EXPECT_EQ(node_of(plan, "e").level, 2);
}

// ---- regions

const NodeRegions& of(const Plan& plan, const std::vector<NodeRegions>& regions,
                      const std::string& id) {
  return regions[static_cast<size_t>(&node_of(plan, id) - plan.nodes.data())];
}

TEST(DemandedRegions, HoldWhatEachReaderNeedsAndGiveEachItsOwn) {
  const Plan plan = planned(
      movie(5) +
          "steps:\n  - {id: a, op: crop, y: [40, 60], x: [3, 9], from: source}\n"
          "  - {id: b, op: crop, y: [2, 31], from: source}\n"
          "  - {id: g, op: gaussian, sigma: 1 px, from: source}\n"
          "sinks: [{type: ome_zarr, from: a, path: a.ome.zarr}, {type: ome_zarr, from: b, path: "
          "b.ome.zarr}, {type: ome_zarr, from: g, path: g.ome.zarr}]\n",
      in_tiles(16, 64));
  ASSERT_EQ(plan.tile_count, 4);
  const auto ops = bind_operators(plan.nodes);
  const auto region = [](int64_t y, int64_t x, int64_t rows, int64_t columns) {
    Region r = Region::whole({rows, columns});
    r.origin[0] = y, r.origin[1] = x;
    return r;
  };
  const auto first = demanded_regions(plan.nodes, ops, plan.tile, 0);
  EXPECT_EQ(of(plan, first, "a").inputs[0], region(40, 3, 16, 6));
  EXPECT_EQ(of(plan, first, "b").inputs[0], region(2, 0, 16, 64));
  EXPECT_EQ(of(plan, first, "g").inputs[0], region(0, 0, 20, 64));
  EXPECT_EQ(of(plan, first, "source").output, region(0, 0, 56, 64)) << "of all of them";
  const auto second = demanded_regions(plan.nodes, ops, plan.tile, 1);
  EXPECT_EQ(of(plan, second, "a").output, region(16, 0, 4, 6));
  EXPECT_EQ(of(plan, second, "source").output, region(12, 0, 48, 64));
  const auto last = demanded_regions(plan.nodes, ops, plan.tile, 3);
  EXPECT_TRUE(of(plan, last, "a").empty()) << "it has no fourth band";
  EXPECT_EQ(of(plan, last, "a").inputs[0].count(), 0);
  EXPECT_EQ(of(plan, last, "source").output, region(44, 0, 20, 64));
}

TEST(DemandedRegions, OfSinksCoverEveryPixelOnce) {
  const Plan plan = planned(
      movie(5) + "steps:\n  - {id: g, op: gaussian, sigma: 9 px}\n" + kSaveLast, in_tiles(17, 31));
  const auto ops = bind_operators(plan.nodes);
  std::vector<int> times(64 * 64, 0);
  for (int64_t tile = 0; tile < plan.tile_count; ++tile) {
    const auto regions = demanded_regions(plan.nodes, ops, plan.tile, tile);
    const Region own = of(plan, regions, "ome_zarr a.ome.zarr").inputs[0];
    for (int64_t y = own.begin(0); y < own.end(0); ++y)
      for (int64_t x = own.begin(1); x < own.end(1); ++x) ++times[static_cast<size_t>(64 * y + x)];
  }
  EXPECT_EQ(times, std::vector<int>(64 * 64, 1));
}

TEST(DemandedRegions, OfWholeItemsAreWhole) {
  const Plan plan = planned(movie(5) + "steps:\n  - {id: a, op: crop, y: [40, 60]}\n" + kSaveLast);
  const auto regions = demanded_regions(plan.nodes, bind_operators(plan.nodes), {}, 0);
  EXPECT_EQ(of(plan, regions, "source").output, Region::whole({64, 64}));
  EXPECT_EQ(of(plan, regions, "a").inputs[0], Region::whole({64, 64}));
}

// ---- sweeps: only what takes regions

TEST(Sweeps, AreTakenOnlyWhereEverySinkTakesRegions) {
  const auto is_swept = [](const std::string& sink) {
    const std::string text = movie(20, 2048) + "steps:\n  - {op: gaussian, sigma: 2 px, id: g}\n" +
                             "sinks: [{from: g, " + sink + "}]\n";
    PlanOptions options = minimal();
    return planned(text, options).tile_count > 1;
  };
  EXPECT_TRUE(is_swept("type: ome_zarr, path: a.ome.zarr"));
  EXPECT_TRUE(is_swept("type: ome_zarr, path: a.ome.zarr, levels: 3"));
  EXPECT_TRUE(is_swept("type: ome_tiff, path: a.ome.tif"));
  EXPECT_FALSE(is_swept("type: ome_tiff, path: a.ome.tif, compression: deflate"));
  if (sinks().find("rtdc")) {
    EXPECT_FALSE(is_swept("type: rtdc, path: a.rtdc"));
  }
}

TEST(Sweeps, ATableOfScalarsGetsEachOfThemOnce) {
  const Plan plan = planned(movie(20, 2048) +
                                "steps:\n  - {id: m, op: threshold, method: value, value: 9}\n"
                                "sinks: [{type: ome_zarr, from: m, path: a.ome.zarr}, {type: "
                                "table, from: m.threshold, path: "
                                "level.csv}]\n",
                            minimal());
  EXPECT_EQ(plan.tile_count, 1);
}

// ---- axes

TEST(Epochs, BeginAtTheFirstFoldedAxisAndHoldTheKeysBehindIt) {
  Layout layout;
  layout.stream = {
      {"p", 5, 1, "", {}}, {"t", 7, 1, "", {}}, {"c", 3, 1, "", {}}, {"z", 4, 1, "", {}}};
  const auto shown = [&](const std::vector<std::string>& over) {
    const Epochs e = epochs_of(layout, over);
    return std::vector<int64_t>{e.items, e.keys, e.inner};
  };
  EXPECT_EQ(shown({"t"}), (std::vector<int64_t>{84, 12, 12}));
  EXPECT_EQ(shown({"z"}), (std::vector<int64_t>{4, 1, 1}));
  EXPECT_EQ(shown({"t", "z"}), (std::vector<int64_t>{84, 3, 1}));
  EXPECT_EQ(shown({"p"}), (std::vector<int64_t>{420, 84, 84}));
  layout.stream[1].size = kUnbounded;
  EXPECT_EQ(epochs_of(layout, {"t"}).items, kUnbounded);
}

}  // namespace
}  // namespace parfocal
