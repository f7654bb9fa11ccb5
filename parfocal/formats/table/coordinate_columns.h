#pragma once
/// The first columns of every table: where in the stream the item is.

#include <algorithm>
#include <charconv>

#include "parfocal/core/item.h"
#include "parfocal/formats/table/csv_writer.h"

namespace parfocal {

/// One column per stream axis (0-based index), and `<axis>_label` where the axis has labels.
class CoordinateColumns {
 public:
  explicit CoordinateColumns(std::vector<Axis> axes) : axes_(std::move(axes)) {}
  /// Items of the stream; kUnbounded if it has no end.
  int64_t items() const {
    int64_t items = 1;
    for (const Axis& axis : axes_) {
      if (axis.size == kUnbounded) return kUnbounded;
      items *= axis.size;
    }
    return items;
  }
  /// Most bytes of the columns of one row. \pre the stream has an end
  int64_t row_bytes() const {
    size_t bytes = 0;
    for (const Axis& axis : axes_) {
      size_t label = 0;
      for (const std::string& text : axis.labels) label = std::max(label, text.size());
      bytes += std::to_string(axis.size).size() + label + 4;  // quotes and commas
    }
    return static_cast<int64_t>(bytes);
  }
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

  /// The item that a row belongs to, which begins as write() writes it.
  int64_t item_of(std::string_view row) const {
    int64_t item = 0;
    for (const Axis& axis : axes_) {
      int64_t index = 0;
      std::from_chars(row.data(), row.data() + row.size(), index);
      item = item * (axis.size == kUnbounded ? 1 : axis.size) + index;
      for (size_t field = axis.labels.empty() ? 1 : 2; field > 0; --field) skip_field(row);
    }
    return item;
  }

 private:
  static void skip_field(std::string_view& row) {
    bool quoted = false;
    size_t at = 0;
    for (; at < row.size() && (quoted || row[at] != ','); ++at)
      if (row[at] == '"') quoted = !quoted;
    row.remove_prefix(std::min(row.size(), at + 1));
  }

  std::vector<Axis> axes_;
};

}  // namespace parfocal
