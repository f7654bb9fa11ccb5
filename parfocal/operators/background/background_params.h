#pragma once
/// Parameters and tables that the parts of background_sparse_median share.

#include <string>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/background/cleansing.h"
#include "parfocal/operators/background/seconds.h"

namespace parfocal::background {

struct SparseMedianParams {
  int64_t kernel_size = 200;
  Seconds split_time{1};
  double thresh_cleansing = 0;
  double frac_cleansing = 0.8;
  std::string offset_correction = "true";
  std::optional<int64_t> max_backgrounds;
  std::string use = "final";
  CleansingRule cleansing() const { return {thresh_cleansing, frac_cleansing}; }
};
/// The parameters with their documentation; `use` only for the recipe.
Parameters<SparseMedianParams> sparse_median_params(bool with_use);
/// The same parameters written down again, for a part of the recipe.
RawValue sparse_median_values(const SparseMedianParams& p);

/// Room for backgrounds: as asked for, or what the length of the series can give.
int64_t background_capacity(const SparseMedianParams& p, const Layout& layout);
/// Told when a series gives more.
Status too_many_backgrounds(int64_t capacity, double time_s, double split_s);

inline constexpr int64_t kMostKernel = 1'000'000;
/// Backgrounds there is room for where nothing tells the length of the series.
inline constexpr int64_t kDefaultBackgrounds = 2000;

/// Columns of `steps`: one row per background that was kept, in order.
namespace steps_column {
enum : int { step, time_s, first_frame, end_frame, top_mean, corrected, count };
}
TableSchema steps_schema(int64_t capacity);
/// Columns of `frames`: one row per frame.
namespace frames_column {
enum : int { index, offset, count };
}
TableSchema frames_schema(int64_t capacity);

}  // namespace parfocal::background
