#include "parfocal/report/column_samples.h"

#include <algorithm>

namespace parfocal::report {

// The first field that is there tells what a column holds.
void ColumnSamples::add_new(const CsvFile& csv) {
  bool found = false;
  std::erase_if(candidates_, [&](size_t index) {
    if (csv.empty(index)) return false;
    const bool number = csv.number(index).has_value();
    if (number && columns_.size() == kMostColumns) ++left_out_;
    if (number && columns_.size() < kMostColumns) {
      columns_.push_back({index, csv.columns()[index]});
      found = true;
    }
    return true;
  });
  if (found)
    std::sort(columns_.begin(), columns_.end(),
              [](const SampledColumn& a, const SampledColumn& b) { return a.index < b.index; });
}

void ColumnSamples::add(const CsvFile& csv, int group, bool grouped) {
  if (!candidates_.empty()) add_new(csv);
  std::erase_if(columns_, [&](SampledColumn& column) {
    if (csv.empty(column.index)) return false;
    const auto value = csv.number(column.index);
    if (!value) {  // infinities and NaN have no place on an axis, but are numbers
      const std::string text = csv.text(column.index);
      return text != "nan" && text != "inf" && text != "-inf";
    }
    column.all.add(*value);
    if (!grouped || group < 0) return false;
    while (column.groups.size() <= static_cast<size_t>(group))
      column.groups.emplace_back(kMostGroupValues);
    column.groups[static_cast<size_t>(group)].add(*value);
    return false;
  });
}

}  // namespace parfocal::report
