#pragma once
/// What every stream promises: its state is its only memory, `latency` and `max_emit` hold, and a
/// finite reach means what it says.

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/operators/conformance/map_checks.h"

namespace parfocal::conformance {

using Sequence = std::vector<Items>;  ///< the items of one key value, in order

/// The items whose key axes all have the coordinate `key` (clipped to the axis).
inline Sequence key_items(const StreamOperator& op, int64_t key, Content content, bool gaps) {
  Layout layout = op.inputs()[0].layout;
  for (Axis& axis : layout.stream)
    if (axis.size == kUnbounded) axis.size = 20;
  const std::vector<std::string> over = op.over();
  Sequence all;
  for (int64_t s = 0; s < layout.stream_count(); ++s) {
    const auto at = coordinates_of(layout, s);
    bool mine = true;
    for (size_t a = 0; a < layout.stream.size(); ++a)
      if (std::find(over.begin(), over.end(), layout.stream[a].name) == over.end())
        mine = mine && at[a] == std::min(key, layout.stream[a].size - 1);
    if (!mine) continue;
    all.push_back(made_inputs(op, s, content));
    if (gaps && testing_ops::mixed(static_cast<uint64_t>(s)) % 4 == 0)
      all.back()[0] = made_gap(op.inputs()[0], s);
    for (Item& item : all.back()) item.header.coordinates = at;
  }
  return all;
}

inline Outcome run_stream(const StreamOperator& op, const Sequence& items, const Region& out,
                          uint8_t fill, size_t from = 0) {
  StreamRun run(op, out, fill);
  for (size_t i = from; i < items.size(); ++i) run.push(items[i]);
  return run.finish();
}

/// A fresh state started `before` items early must join the full run.
inline void check_reach(const StreamOperator& op, const Sequence& items, const Outcome& expected,
                        Report& report) {
  if (!op.reach() || !op.keeps_clock() || !expected.failure.empty()) return;
  for (const size_t start : {items.size() / 3, items.size() / 2, items.size() - 1}) {
    const size_t early = std::min(start, static_cast<size_t>(op.reach()->before));
    Outcome late = run_stream(op, items, whole_output(op), 0x00, start - early);
    Outcome tail = expected;
    for (size_t p = 0; p < tail.ports.size(); ++p) {
      auto &got = late.ports[p], &wanted = tail.ports[p];
      got.erase(got.begin(),
                got.begin() + static_cast<std::ptrdiff_t>(std::min(early, got.size())));
      wanted.erase(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(start));
    }
    report.equal(tail, late, "a start within reach gives another result");
  }
}

inline void check_stream_states(const StreamOperator& op, Content content, bool gaps,
                                Report& report) {
  const Region whole = whole_output(op);
  const Sequence first = key_items(op, 0, content, gaps), second = key_items(op, 1, content, gaps);
  const Outcome expected = run_stream(op, first, whole, 0x00);
  report.take(expected);
  report.equal(expected, run_stream(op, first, whole, 0xFF),
               "output is not fully written, or old memory shows in it");
  StreamRun a(op, whole), b(op, whole);
  for (size_t i = 0; i < first.size(); ++i) {
    a.push(first[i]);
    if (i < second.size()) b.push(second[i]);
  }
  report.equal(expected, a.finish(), "two keys disturb each other");
  report.equal(run_stream(op, second, whole, 0x00), b.finish(), "two keys disturb each other");
  check_reach(op, first, expected, report);
}

inline void check_stream_content(const StreamOperator& op, Content content, bool gaps,
                                 Report& report) {
  check_stream_states(op, content, gaps, report);
  const Region whole = whole_output(op);
  const Sequence items = key_items(op, 0, content, gaps);
  const Outcome expected = run_stream(op, items, whole, 0x00);
  kernels::for_each_simd_target([&](const std::string& target) {
    report.equal(expected, run_stream(op, items, whole, 0x00),
                 "SIMD target " + target + " differs");
    if (!op.tileable() || !only_images(op) || !expected.failure.empty()) return;
    for (const auto& tiles : tilings_of(whole)) {
      Outcome tiled;
      for (const Region& tile : tiles) assemble(op, tile, run_stream(op, items, tile, 0x00), tiled);
      report.equal(expected, tiled, "tiles give another result");
    }
  });
}

inline void check_stream_threads(const StreamOperator& op, Report& report) {
  const Region whole = whole_output(op);
  std::vector<Sequence> keys;
  std::vector<Outcome> expected;
  for (int64_t k = 0; k < 3; ++k) {
    keys.push_back(key_items(op, k % 2, Content::random, k == 2));
    expected.push_back(run_stream(op, keys.back(), whole, 0x00));
  }
  for (const size_t threads : {size_t{1}, size_t{2}, size_t{7}}) {
    std::atomic<bool> equal = true;
    in_threads(threads, keys.size(), [&](size_t i) {
      if (!same(expected[i], run_stream(op, keys[i], whole, 0x00))) equal = false;
    });
    if (!equal) report.problem(std::to_string(threads) + " threads give another result");
  }
}

inline void check_stream(const StreamOperator& op, bool thorough, Report& report) {
  check_stream_content(op, Content::random, false, report);
  if (!thorough) return;
  check_stream_content(op, Content::random, true, report);
  for (const Content content : {Content::special, Content::zero})
    check_stream_content(op, content, false, report);
  check_stream_threads(op, report);
}

}  // namespace parfocal::conformance
