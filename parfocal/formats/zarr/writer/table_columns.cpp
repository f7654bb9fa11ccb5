#include "parfocal/formats/zarr/writer/table_columns.h"

#include <algorithm>

#include "parfocal/formats/zarr/writer/array_json-inl.h"

namespace parfocal {
namespace {

constexpr size_t kNumberBytes = 8;

ColumnGroup group_of(std::filesystem::path root, std::string folder, int zarr_format,
                     const std::vector<Axis>& stream, const TableSchema& schema) {
  ColumnGroup group{std::move(root), std::move(folder), zarr_format, "row", {}, {}};
  for (const Axis& axis : stream) group.columns.push_back({axis.name, DType::i64, ""});
  for (const Column& column : schema.columns)
    group.columns.push_back(
        {column.name, column.type == Column::Type::integer ? DType::i64 : DType::f64, column.unit});
  return group;
}

}  // namespace

TableColumns::TableColumns(std::filesystem::path root, std::string folder, int zarr_format,
                           const std::vector<Axis>& stream, const TableSchema& schema)
    : arrays_(group_of(std::move(root), std::move(folder), zarr_format, stream, schema)),
      axes_(stream.size()),
      stream_(stream),
      values_(arrays_.columns().size()) {
  for (std::vector<std::byte>& values : values_)
    values.reserve(static_cast<size_t>(kMostPending) * kNumberBytes);
}

int64_t TableColumns::resident_bytes(const std::vector<Axis>& stream, const TableSchema& schema) {
  return static_cast<int64_t>((stream.size() + schema.columns.size()) * kNumberBytes) *
         kMostPending;
}

void TableColumns::keep(size_t column, const void* values, int64_t rows) {
  const std::byte* const bytes = static_cast<const std::byte*>(values);
  values_[column].insert(values_[column].end(), bytes,
                         bytes + static_cast<size_t>(rows) * kNumberBytes);
}

Status TableColumns::append(std::span<const int64_t> coordinates, const TableView& table) {
  for (int64_t done = 0; done < table.rows;) {
    if (pending_ == kMostPending)
      if (Status s = flush(); !s.ok()) return s;
    const int64_t rows = std::min(table.rows - done, kMostPending - pending_);
    for (size_t a = 0; a < axes_; ++a)
      for (int64_t i = 0; i < rows; ++i) keep(a, &coordinates[a], 1);
    for (size_t c = axes_; c < values_.size(); ++c)
      keep(c, table.column<int64_t>(static_cast<int>(c - axes_)) + done, rows);
    pending_ += rows;
    rows_ += rows;
    done += rows;
  }
  return {};
}

Status TableColumns::flush() {
  for (size_t c = 0; c < values_.size(); ++c)
    if (Status s = arrays_.write(c, rows_ - pending_, values_[c]); !s.ok()) return s;
  for (std::vector<std::byte>& values : values_) values.clear();
  pending_ = 0;
  return {};
}

Status TableColumns::item_of(int64_t row, int64_t& item) const {
  item = 0;
  for (size_t a = 0; a < axes_; ++a) {
    int64_t coordinate = 0;
    if (Status s = arrays_.read(a, row, std::as_writable_bytes(std::span(&coordinate, 1))); !s.ok())
      return s;
    item = (a > 0 ? item * stream_[a].size : 0) + coordinate;
  }
  return {};
}

Status TableColumns::cut(int64_t items) {
  if (Status s = flush(); !s.ok()) return s;
  int64_t low = 0, high = rows_;
  while (low < high) {
    const int64_t row = low + (high - low) / 2;
    int64_t item = 0;
    if (Status s = item_of(row, item); !s.ok()) return s;
    item < items ? low = row + 1 : high = row;
  }
  rows_ = low;
  return {};
}

std::vector<MetadataObject> tables_group(const std::string& folder, int zarr_format,
                                         const std::vector<std::string>& names) {
  return group_metadata(zarr_format, folder, {{"parfocal", {{"version", 1}, {"tables", names}}}});
}

}  // namespace parfocal
