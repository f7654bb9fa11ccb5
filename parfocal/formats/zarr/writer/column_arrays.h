#pragma once
/// Named columns of numbers as 1-D Zarr arrays in one group: uncompressed chunks of kRowsPerChunk
/// rows, files of full size from the start, written in place. So any row may be written at any
/// time and again; rows that never were are 0. How many rows count is said by the arrays' shape.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal {

/// Where columns lie and what their rows are.
struct ColumnGroup {
  std::filesystem::path root;  ///< of the store
  std::string path;            ///< of the columns' group in it
  int zarr_format = 3;
  std::string row_name;               ///< name of the arrays' only axis: "frame"
  std::vector<std::string> row_axes;  ///< axes that the rows count in C order; none = they do not
  std::vector<ColumnSpec> columns;    ///< bool is stored as uint8
};

/// Not thread-safe. Holds no file open.
class ColumnArrays {
 public:
  static constexpr int64_t kRowsPerChunk = 16384;

  explicit ColumnArrays(ColumnGroup group);
  /// Room on the disk for a column of so many rows, folders and metadata included.
  static int64_t room_bytes(int64_t value_bytes, int64_t rows);
  const std::vector<ColumnSpec>& columns() const { return group_.columns; }
  /// Writes one column's values of the rows from `row` on; as many as fill `values`.
  Status write(size_t column, int64_t row, std::span<const std::byte> values);
  /// Reads one column's values back, that lie in one chunk.
  Status read(size_t column, int64_t row, std::span<std::byte> values) const;
  /// fdatasync of what was written since the last sync, with the names of new files.
  Status sync();
  /// Metadata of the arrays for the first `rows` rows, then of their group.
  std::vector<MetadataObject> objects(int64_t rows) const;

 private:
  Status write_chunk(size_t column, int64_t chunk, int64_t row_in_chunk,
                     std::span<const std::byte> values);
  Status sync_folders() const;
  std::filesystem::path folder_of(size_t column) const;
  ColumnGroup group_;
  int64_t dirty_begin_ = 0, dirty_end_ = 0;  // chunks written since the last sync
  bool new_files_ = false;
};

}  // namespace parfocal
