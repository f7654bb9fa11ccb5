#pragma once
/// What every fold promises: one result for one set of items, however it was cut and wherever it
/// ran.

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/operators/conformance/map_checks.h"

namespace parfocal::conformance {

/// The items of one key value, by index along the folded axes; missing ones are gaps.
struct FoldItems {
  std::vector<Items> items;
  std::vector<bool> missing;
};

/// How many items one state sees.
inline int64_t folded_items(const Operator& op) {
  int64_t items = 1;
  for (const Axis& axis : op.inputs()[0].layout.stream)
    if (op.outputs()[0].layout.find_stream(axis.name) < 0)
      items *= axis.size == kUnbounded ? 150 : axis.size;
  return items;
}
inline FoldItems fold_items(const Operator& op, Content content, int64_t from, bool gaps) {
  FoldItems all;
  const int64_t count = folded_items(op);
  for (int64_t i = 0; i < count; ++i) {
    all.items.push_back(made_inputs(op, from + i, content));
    // Single gaps, and one run longer than a node of 64 items.
    const bool missing =
        gaps && (testing_ops::mixed(static_cast<uint64_t>(i)) % 5 == 0 || i / 70 == 1);
    all.missing.push_back(missing && i + 1 < count);
  }
  return all;
}

inline Region fold_region(const FoldOperator& op, const Region& out) {
  const bool per_pixel = op.tileable() && op.inputs()[0].kind == PortKind::image;
  return per_pixel ? op.footprint(0, out) : footprint_of(op, 0, out);
}
inline void add_range(const FoldItems& all, const Region& in, int64_t begin, int64_t end,
                      FoldState& state, Outcome& result) {
  for (int64_t i = begin; i < end; ++i)
    if (!all.missing[static_cast<size_t>(i)])
      state.accumulate(all.items[static_cast<size_t>(i)], in, i, result);
}
inline Outcome fold_in_order(const FoldOperator& op, const FoldItems& all, const Region& out,
                             uint8_t fill) {
  Outcome result;
  const Region in = fold_region(op, out);
  FoldState state(op, in, op.state_bytes(in), fill);
  add_range(all, in, 0, static_cast<int64_t>(all.items.size()), state, result);
  state.finalize(out, static_cast<uint8_t>(~fill), result);
  return result;
}
/// Shards cut at `cuts` (multiples of 64), combined in order.
inline Outcome fold_in_shards(const FoldOperator& op, const FoldItems& all,
                              const std::vector<int64_t>& cuts) {
  Outcome result;
  const Region out = whole_output(op), in = fold_region(op, out);
  FoldState total(op, in, op.state_bytes(in), 0x44);
  for (size_t k = 0; k + 1 < cuts.size(); ++k) {
    FoldState shard(op, in, op.shard_state_bytes(in, cuts[k], cuts[k + 1]), 0x66);
    add_range(all, in, cuts[k], cuts[k + 1], shard, result);
    total.combine(shard, result);
  }
  total.finalize(out, 0x77, result);
  return result;
}

inline void check_fold_memory(const FoldOperator& op, const FoldItems& all, const Outcome& expected,
                              Report& report) {
  const Region whole = whole_output(op);
  report.equal(expected, fold_in_order(op, all, whole, 0xFF),
               "output is not fully written, or old memory shows in it");
  const FoldItems other = fold_items(op, Content::random, 7000, false);
  const Region in = fold_region(op, whole);
  Outcome first, second;
  FoldState a(op, in, op.state_bytes(in), 0x01), b(op, in, op.state_bytes(in), 0x02);
  for (int64_t i = 0; i < static_cast<int64_t>(all.items.size()); ++i) {
    add_range(all, in, i, i + 1, a, first);
    add_range(other, in, i, i + 1, b, second);
  }
  a.finalize(whole, 0x00, first);
  b.finalize(whole, 0x00, second);
  report.equal(expected, first, "two states disturb each other");
  report.equal(fold_in_order(op, other, whole, 0x00), second, "two states disturb each other");
}
inline void check_fold_shards(const FoldOperator& op, const FoldItems& all, const Outcome& expected,
                              Report& report) {
  const auto count = static_cast<int64_t>(all.items.size());
  if (count <= 64 || !expected.failure.empty()) return;
  report.equal(expected, fold_in_shards(op, all, {0, 64, count}), "shards give another result");
  if (count > 128) {
    report.equal(expected, fold_in_shards(op, all, {0, 64, 128, count}),
                 "shards give another result");
    report.equal(expected, fold_in_shards(op, all, {0, 128, count}), "shards give another result");
  }
}

inline void check_fold_content(const FoldOperator& op, Content content, bool gaps, Report& report) {
  const FoldItems all = fold_items(op, content, 0, gaps);
  const Region whole = whole_output(op);
  const Outcome expected = fold_in_order(op, all, whole, 0x00);
  report.take(expected);
  check_fold_memory(op, all, expected, report);
  check_fold_shards(op, all, expected, report);
  kernels::for_each_simd_target([&](const std::string& target) {
    report.equal(expected, fold_in_order(op, all, whole, 0x00),
                 "SIMD target " + target + " differs");
    if (!op.tileable() || !only_images(op) || !expected.failure.empty()) return;
    for (const auto& tiles : tilings_of(whole)) {
      Outcome tiled;
      for (const Region& tile : tiles)
        assemble(op, tile, fold_in_order(op, all, tile, 0x00), tiled);
      report.equal(expected, tiled, "tiles give another result");
    }
  });
}

inline void check_fold_threads(const FoldOperator& op, Report& report) {
  const Region whole = whole_output(op);
  std::vector<FoldItems> sets;
  std::vector<Outcome> expected;
  for (int64_t k = 0; k < 3; ++k) {
    sets.push_back(fold_items(op, Content::random, 1000 * k, k == 1));
    expected.push_back(fold_in_order(op, sets.back(), whole, 0x00));
  }
  for (const size_t threads : {size_t{1}, size_t{2}, size_t{7}}) {
    std::atomic<bool> equal = true;
    in_threads(threads, sets.size(), [&](size_t i) {
      if (!same(expected[i], fold_in_order(op, sets[i], whole, 0x00))) equal = false;
    });
    if (!equal) report.problem(std::to_string(threads) + " threads give another result");
  }
}

inline void check_fold(const FoldOperator& op, bool thorough, Report& report) {
  check_fold_content(op, Content::random, false, report);
  if (!thorough) return;
  check_fold_content(op, Content::random, true, report);
  for (const Content content : {Content::special, Content::constant, Content::zero})
    check_fold_content(op, content, false, report);
  check_fold_threads(op, report);
  const Region in = fold_region(op, whole_output(op));
  FoldState empty(op, in, op.state_bytes(in), 0x5C);
  Outcome result;
  empty.finalize(whole_output(op), 0x00, result);
  report.take(result);
  if (result.failure.empty()) report.problem("gives a value though no item was there");
}

}  // namespace parfocal::conformance
