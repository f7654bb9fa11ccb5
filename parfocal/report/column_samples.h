#pragma once
/// The columns of numbers of a table, sampled in one pass.

#include <string>
#include <vector>

#include "parfocal/report/row_groups.h"
#include "parfocal/report/value_sample.h"

namespace parfocal::report {

inline constexpr size_t kMostColumns = 12;  ///< of a table, the first ones
/// Values that quantiles are of: of a column, and of each group of a column.
inline constexpr size_t kMostValues = 16384, kMostGroupValues = 1024;

struct SampledColumn {
  size_t index = 0;  ///< in the file
  std::string name;
  ValueSample all{kMostValues};
  std::vector<ValueSample> groups = {};  ///< by RowGroups; empty without groups
};

/// A column is one of numbers if all of its fields are, but for empty ones. Takes at most
/// kMostColumns * 8 * (kMostValues + kMostGroups * kMostGroupValues) bytes.
class ColumnSamples {
 public:
  /// `candidates`: columns that may be plotted.
  explicit ColumnSamples(std::vector<size_t> candidates) : candidates_(std::move(candidates)) {}
  /// Takes the current row, which belongs to `group` (-1: to none that is kept apart).
  void add(const CsvFile& csv, int group, bool grouped);
  const std::vector<SampledColumn>& columns() const { return columns_; }
  std::vector<SampledColumn>& columns() { return columns_; }
  /// Columns of numbers that are not among them.
  size_t left_out() const { return left_out_; }

 private:
  void add_new(const CsvFile& csv);

  std::vector<size_t> candidates_;  // where no number was seen so far
  std::vector<SampledColumn> columns_;
  size_t left_out_ = 0;
};

}  // namespace parfocal::report
