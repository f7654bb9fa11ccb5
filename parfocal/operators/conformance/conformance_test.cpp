#include "parfocal/operators/conformance/conformance.h"

#include <gtest/gtest.h>

#include <map>

namespace parfocal::conformance {
namespace {

// Cheap parameter sets beside the example; an operator that is not here is tried with its example.
const std::map<std::string, std::vector<std::string>>& more_steps() {
  static const std::map<std::string, std::vector<std::string>> steps{
      {"background_provisional",
       {"{op: background_provisional, kernel_size: 2, split_time: 0.5 ms, max_backgrounds: 3}"}},
      {"background_rolling_median",
       {"{op: background_rolling_median, kernel_size: 2}",
        "{op: background_rolling_median, kernel_size: 4}"}},
      {"background_series",
       {"{op: background_series, kernel_size: 3, split_time: 0.5 ms}",
        "{op: background_series, kernel_size: 1, split_time: 0.5 ms, offset_correction: auto}"}},
      {"background_sparse_median",
       {"{op: background_sparse_median, kernel_size: 2, split_time: 0.5 ms}",
        "{op: background_sparse_median, kernel_size: 2, split_time: 0.5 ms, use: latest}"}},
      {"cast",
       {"{op: cast, dtype: uint8, casting: saturate}", "{op: cast, dtype: int32, casting: wrap}",
        "{op: cast, dtype: uint16}"}},
      {"collect", {"{op: collect, over: t, gap: ignore}"}},
      {"compare_threshold", {"{op: compare_threshold}"}},
      {"crop", {"{op: crop, y: [2, 39], x: [3, 40]}"}},
      {"emit", {"{op: emit, k: 5, per_push: 2}"}},
      {"add", {"{op: add}", "{op: add, constant: 0.5}"}},
      {"clear_border", {"{op: clear_border, connectivity: 4}"}},
      {"divide", {"{op: divide}"}},
      {"gaussian", {"{op: gaussian, sigma: [0.3 px, 5 px]}"}},
      {"level_from_bins",
       {"{op: level_from_bins, method: yen}", "{op: level_from_bins, method: isodata}",
        "{op: level_from_bins, method: triangle}"}},
      {"level_from_counts",
       {"{op: level_from_counts, method: li}", "{op: level_from_counts, method: yen}",
        "{op: level_from_counts, method: isodata, per: stack}",
        "{op: level_from_counts, method: triangle}", "{op: level_from_counts, method: mean}"}},
      {"level_from_pixels", {"{op: level_from_pixels, method: mean}"}},
      {"median",
       {"{op: median, size: 5}", "{op: median, size: [2, 7]}", "{op: median, footprint: disk(2)}",
        "{op: median, footprint: disk(6)}"}},
      {"multiply", {"{op: multiply}", "{op: multiply, constant: -3}"}},
      {"project", {"{op: project, how: mean}", "{op: project, axis: t, how: std}"}},
      {"project_item",
       {"{op: project_item, how: mean}", "{op: project_item, how: sum}",
        "{op: project_item, how: var}"}},
      {"reduce",
       {"{op: reduce, over: t, how: var}", "{op: reduce, over: t, how: max}",
        "{op: reduce, over: [t, z], how: sum}", "{op: reduce, over: [y, x], how: std}",
        "{op: reduce, over: [t, y, x], how: mean}", "{op: reduce, over: [t, y, x], how: var}"}},
      {"remove_small", {"{op: remove_small, min_size: 3, connectivity: 4}"}},
      {"rescale",
       {"{op: rescale}", "{op: rescale, in_range: [10, 99.5], out_range: int16}",
        "{op: rescale, per: stack, out_range: uint8}"}},
      {"rescale_from",
       {"{op: rescale_from, in_range: image}", "{op: rescale_from, in_range: dtype}"}},
      {"select", {"{op: select, axis: x, index: 0}", "{op: select, axis: t, index: 2}"}},
      {"subtract", {"{op: subtract}", "{op: subtract, constant: 0.5}"}},
      {"threshold",
       {"{op: threshold, method: li}", "{op: threshold, method: yen, foreground: dark}",
        "{op: threshold, method: mean, compare: ge}"}}};
  return steps;
}

class Conformance : public ::testing::TestWithParam<std::string> {};

TEST_P(Conformance, KeepsThePromisesOfTheContract) {
  const OperatorInfo& info = *operators().find(GetParam());
  const auto more = more_steps().find(info.name);
  const auto problems = conformance_problems(
      info, more == more_steps().end() ? std::vector<std::string>{} : more->second);
  for (const std::string& problem : problems) ADD_FAILURE() << problem;
}

INSTANTIATE_TEST_SUITE_P(Operators, Conformance, ::testing::ValuesIn(operators().names()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace parfocal::conformance
