#pragma once
/// Which backgrounds of a series are taken out because they show cells.
///
/// A background that was made where too many cells passed shows streaks along the channel. The
/// profile of a background is, for each row, the difference between its largest and its smallest
/// pixel; a series is judged by how far the profiles of the middle rows stand out from a slow
/// baseline.
/// \source dcnum 0.31, bg_sparse_median.py; sums, variance and quantile as NumPy makes them, since
///         `<=` against a quantile depends on the last bit

#include <cstdint>
#include <span>

namespace parfocal::background {

struct RowRange {
  int64_t begin = 0, end = 0;
  int64_t count() const { return end - begin; }
  bool operator==(const RowRange&) const = default;
};
/// The middle rows of a background of `height` rows: max(20, height / 4) on both sides of the
/// middle. Compatibility: below 40 rows the first one is negative, which Python counts from the
/// end: of 39 rows only the last is used, of 30 rows 25..29, of 20 rows 10..19, of 13 or fewer all.
RowRange centre_rows(int64_t height);

/// Mean over rows of (profile - median of the profiles of that row): one number per background.
/// `profiles`: one line of `rows` numbers per background. `column`: scratch of as many numbers as
/// backgrounds. Exact whatever the order of summation: all terms are halves.
void profile_centres(std::span<const uint16_t> profiles, int64_t rows, std::span<double> centres,
                     std::span<double> column);

/// Median of 10: rank 5 of values[i - 5 .. i + 4], edges mirrored (d c b a | a b c d | d c b a) as
/// often as needed. As scipy.ndimage.median_filter(size=10).
void median_filter_10(std::span<const double> values, std::span<double> out);

/// Ordinary median; reorders `values`, of which there is at least one.
double median_of(std::span<double> values);

/// Sum in NumPy's order: eight lanes, halves above 128.
double pairwise_sum(std::span<const double> values);
/// Mean squared deviation from the mean, as numpy.var; `scratch` as many as `values`.
double population_variance(std::span<const double> values, std::span<double> scratch);

/// Linear quantile of ascending values at 0 <= f <= 1, as numpy.quantile.
double quantile(std::span<const double> ascending, double f);

struct CleansingRule {
  double threshold = 0;   ///< 0: by fraction; larger: more backgrounds go
  double fraction = 0.8;  ///< least fraction to keep; exactly 1: nothing goes
};
struct Cleansing {
  int64_t removed = 0;
  /// The rule by threshold would have removed `refused` backgrounds, which leaves fewer than the
  /// fraction: the fraction was used, as a threshold of `equal_threshold` would have done.
  bool fell_back = false;
  int64_t refused = 0;
  double equal_threshold = 0;
};
/// Doubles of scratch that cleanse() needs for a number of backgrounds.
constexpr int64_t cleansing_scratch(int64_t backgrounds) { return 3 * backgrounds; }

/// |x - median(x)| of x = centres - median_filter_10(centres) into `reference`.
void deviations(std::span<const double> centres, std::span<double> reference,
                std::span<double> scratch);

/// Sets keep[i] to 1 or 0 for every background; at least one is kept.
Cleansing cleanse(std::span<const uint16_t> profiles, int64_t rows, const CleansingRule& rule,
                  std::span<uint8_t> keep, std::span<double> scratch);

}  // namespace parfocal::background
