#pragma once
/// What every map promises: pure, complete, within its memory, the same for tiles, threads,
/// targets.

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/operators/conformance/report.h"

namespace parfocal::conformance {

inline Items made_inputs(const Operator& op, int64_t sequence, Content content) {
  Items items;
  for (size_t i = 0; i < op.inputs().size(); ++i)
    items.push_back(made_item(op.inputs()[i], sequence, content, 100 * i));
  return items;
}

inline Outcome run_tiled(const MapOperator& op, const Items& items,
                         const std::vector<Region>& tiles, uint8_t fill) {
  Outcome all;
  for (const Region& tile : tiles) assemble(op, tile, run_map(op, items, tile, fill), all);
  return all;
}

/// Tiles as asked for, on the SIMD target that is set.
inline void check_map_tiles(const MapOperator& op, const Items& items, const Outcome& expected,
                            Report& report) {
  if (!op.tileable() || !only_images(op) || !expected.failure.empty()) return;
  for (const auto& tiles : tilings_of(whole_output(op)))
    report.equal(expected, run_tiled(op, items, tiles, 0x33), "tiles give another result");
}

inline void check_map_content(const MapOperator& op, Content content, Report& report) {
  const Items items = made_inputs(op, 1, content);
  const Region whole = whole_output(op);
  const Outcome expected = run_map(op, items, whole, 0x00);
  report.take(expected);
  report.equal(expected, run_map(op, items, whole, 0xFF),
               "output is not fully written, or old memory shows in it");
  report.take(run_map(op, made_inputs(op, 2, content), whole));
  report.equal(expected, run_map(op, items, whole), "the result depends on former items");
  if (op.in_place() >= 0 && expected.failure.empty())
    report.equal(expected, run_map(op, items, whole, 0, true), "in place gives another result");
  kernels::for_each_simd_target([&](const std::string& target) {
    report.equal(expected, run_map(op, items, whole), "SIMD target " + target + " differs");
    check_map_tiles(op, items, expected, report);
  });
}

inline void check_map_threads(const MapOperator& op, Report& report) {
  struct Job {
    Items items;
    Region region;
    Outcome expected;
  };
  const Region whole = whole_output(op);
  const bool tiled = op.tileable() && only_images(op);
  std::vector<Job> jobs;
  for (int64_t sequence = 0; sequence < 4; ++sequence)
    for (const Region& region : tiled ? tiles_of(whole, 17, 31) : std::vector<Region>{whole}) {
      Items items = made_inputs(op, sequence, Content::random);
      Outcome expected = run_map(op, items, region);
      jobs.push_back({std::move(items), region, std::move(expected)});
    }
  for (const size_t threads : {size_t{1}, size_t{2}, size_t{7}}) {
    std::atomic<bool> equal = true;
    in_threads(threads, jobs.size(), [&](size_t i) {
      if (!same(jobs[i].expected, run_map(op, jobs[i].items, jobs[i].region))) equal = false;
    });
    if (!equal) report.problem(std::to_string(threads) + " threads give another result");
  }
}

inline void check_map(const MapOperator& op, bool thorough, Report& report) {
  check_map_content(op, Content::random, report);
  if (!thorough) return;
  for (const Content content : {Content::special, Content::constant, Content::zero})
    check_map_content(op, content, report);
  check_map_threads(op, report);
}

}  // namespace parfocal::conformance
