#pragma once
/// A table that grows with the frames, as 1-D arrays `<image>/tables/<name>/<column>`: the
/// coordinates of the frame that a row belongs to, then the columns of the table. So rows of one
/// frame follow each other, and the table is found by frame or read whole by any Zarr reader.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/layout.h"
#include "parfocal/core/table.h"
#include "parfocal/formats/zarr/writer/column_arrays.h"

namespace parfocal {

/// Not thread-safe.
class TableColumns {
 public:
  static constexpr int64_t kMostPending = 1024;  ///< rows kept between two flushes

  /// `folder`: of the table in the store, "tables/cells". `stream`: axes of the frames, whose names
  /// become columns.
  TableColumns(std::filesystem::path root, std::string folder, int zarr_format,
               const std::vector<Axis>& stream, const TableSchema& schema);
  /// Bytes that it holds at most.
  static int64_t resident_bytes(const std::vector<Axis>& stream, const TableSchema& schema);
  /// Adds the rows of one frame behind those that are there; flushes by itself when full.
  /// `coordinates`: one for each stream axis.
  Status append(std::span<const int64_t> coordinates, const TableView& table);
  /// Takes back the rows of all items from `items` on. \pre they were added item by item, in order
  Status cut(int64_t items);
  /// Writes what is kept.
  Status flush();
  /// fdatasync of what was written since the last sync. \pre flush() came before
  Status sync() { return arrays_.sync(); }
  int64_t rows() const { return rows_; }
  /// Metadata of the arrays for the first `rows` rows, then of their group. \pre rows were flushed
  std::vector<MetadataObject> objects(int64_t rows) const { return arrays_.objects(rows); }

 private:
  void keep(size_t column, const void* values, int64_t rows);
  Status item_of(int64_t row, int64_t& item) const;
  ColumnArrays arrays_;
  size_t axes_;
  std::vector<Axis> stream_;
  int64_t rows_ = 0, pending_ = 0;
  std::vector<std::vector<std::byte>> values_;  // of each column, kMostPending at most
};

/// The group `<image>/tables`, to be put after its tables. \param folder "tables" or
/// "<image>/tables"
std::vector<MetadataObject> tables_group(const std::string& folder, int zarr_format,
                                         const std::vector<std::string>& names);

}  // namespace parfocal
