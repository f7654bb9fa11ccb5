#pragma once
/// Numbers of a column that may be longer than memory.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace parfocal::report {

/// Count, minimum and maximum of all values; quantiles of at most `most` of them: of all while
/// there are no more, then of every 2nd, every 4th... in their order, so that the same values give
/// the same numbers. Not thread-safe.
class ValueSample {
 public:
  explicit ValueSample(size_t most) : most_(most < 2 ? 2 : most) {}
  /// \pre finite
  void add(double value);
  void clear();
  int64_t count() const { return count_; }
  double min() const { return min_; }
  double max() const { return max_; }
  /// Values [k * every()], k = 0, 1, ... are those that quantiles are of; 1 = all.
  int64_t every() const { return every_; }
  /// Ascending.
  const std::vector<double>& sorted() const;
  /// Linear between values, as NumPy's. 0 <= q <= 1; NaN where there are none.
  double quantile(double q) const;
  /// Median of the distances from the median.
  double mad() const;

 private:
  size_t most_;
  mutable std::vector<double> kept_;
  mutable bool sorted_ = false;
  int64_t count_ = 0, every_ = 1;
  double min_ = std::numeric_limits<double>::infinity(), max_ = -min_;
};

/// Values in bins of one width from `low` to `high`, which belongs to the last; as NumPy's.
std::vector<int64_t> histogram_of(const ValueSample& sample, double low, double high, size_t bins);

}  // namespace parfocal::report
