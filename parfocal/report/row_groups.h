#pragma once
/// Which rows of a table belong together: those of a dataset, else those of a colour.

#include <string>
#include <unordered_map>
#include <vector>

#include "parfocal/report/csv_file.h"

namespace parfocal::report {

inline constexpr size_t kMostGroups = 64;  ///< all others are counted, and left out of comparisons

class RowGroups {
 public:
  /// By the column `dataset`, else by `c`, named by `c_label` where that is there. Also tells which
  /// columns are no measurements, since they name rows.
  explicit RowGroups(const CsvFile& csv);
  bool grouped() const { return column_ >= 0; }
  bool by_dataset() const { return by_dataset_; }
  /// The group of the current row, which may be a new one; -1 where there are too many. 0 without
  /// groups.
  int of(const CsvFile& csv);
  const std::vector<std::string>& names() const { return names_; }
  bool too_many() const { return too_many_; }
  int column() const { return column_; }

 private:
  int column_ = -1, label_ = -1;
  bool by_dataset_ = false, too_many_ = false;
  std::vector<std::string> names_;
  std::unordered_map<std::string, int> places_;
};

}  // namespace parfocal::report
