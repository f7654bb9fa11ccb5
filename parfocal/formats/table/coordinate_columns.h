#pragma once
/// The first columns of every table: where in the stream the item is.

#include "parfocal/core/item.h"
#include "parfocal/formats/table/csv_writer.h"

namespace parfocal {

/// One column per stream axis (0-based index), and `<axis>_label` where the axis has labels.
class CoordinateColumns {
 public:
  explicit CoordinateColumns(std::vector<Axis> axes) : axes_(std::move(axes)) {}
  void write_names(CsvWriter& csv) const {
    for (const Axis& axis : axes_) {
      csv.text(axis.name);
      if (!axis.labels.empty()) csv.text(axis.name + "_label");
    }
  }
  void write(CsvWriter& csv, const FrameHeader& header) const {
    for (size_t a = 0; a < axes_.size(); ++a) {
      const int64_t index = header.coordinates[a];
      const auto& labels = axes_[a].labels;
      csv.integer(index);
      if (labels.empty()) continue;
      index >= 0 && index < static_cast<int64_t>(labels.size())
          ? csv.text(labels[static_cast<size_t>(index)])
          : csv.missing();
    }
  }

 private:
  std::vector<Axis> axes_;
};

}  // namespace parfocal
