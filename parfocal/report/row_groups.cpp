#include "parfocal/report/row_groups.h"

#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr size_t kMostName = 40;

}  // namespace

RowGroups::RowGroups(const CsvFile& csv) {
  column_ = csv.find("dataset");
  by_dataset_ = column_ >= 0;
  if (by_dataset_) return;
  column_ = csv.find("c");
  label_ = csv.find("c_label");
  if (column_ < 0) names_.emplace_back();
}

int RowGroups::of(const CsvFile& csv) {
  if (!grouped()) return 0;
  const std::string key = csv.text(static_cast<size_t>(column_));
  if (const auto found = places_.find(key); found != places_.end()) return found->second;
  if (names_.size() == kMostGroups) {
    too_many_ = true;
    return -1;
  }
  const std::string label = label_ >= 0 ? csv.text(static_cast<size_t>(label_)) : "";
  names_.push_back(shortened(by_dataset_ ? key : label.empty() ? "c=" + key : label, kMostName));
  places_.emplace(key, static_cast<int>(names_.size()) - 1);
  return static_cast<int>(names_.size()) - 1;
}

}  // namespace parfocal::report
