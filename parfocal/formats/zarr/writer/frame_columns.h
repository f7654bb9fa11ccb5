#pragma once
/// Per-frame metadata: typed 1-D arrays `frames/<image>/<column>`, one number per frame of an image
/// in C order over its stream axes, and `valid` (uint8: 1 stored, 0 missing). Uncompressed chunks
/// of kRowsPerChunk rows, written in place row by row: published by the array's shape only.

#include <filesystem>
#include <map>
#include <span>
#include <vector>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal {

class FrameColumns {
 public:
  static constexpr int64_t kRowsPerChunk = 16384;
  static constexpr size_t kMostPending = 1024;  ///< rows kept between two flushes
  /// `root`: of the store.
  FrameColumns(std::filesystem::path root, const StoreSpec& spec, size_t image);
  /// Bytes of a packed row: the columns one after the other, without padding.
  static int64_t row_bytes(const StoreSpec& spec);
  /// Bytes that it holds at most.
  static int64_t resident_bytes(const StoreSpec& spec);
  /// Keeps the row of a frame; flushes by itself when full. `row` empty: a missing frame, valid =
  /// 0.
  Status add(int64_t frame, std::span<const std::byte> row);
  /// Writes what is kept.
  Status flush();
  /// fdatasync of what was written since the last sync.
  Status sync();
  /// Metadata of the arrays for the first `frames` rows (in the order to be put).
  std::vector<MetadataObject> objects(int64_t frames) const;

 private:
  struct Column {
    std::string name, unit;
    DType dtype;
    int64_t offset;  // in the packed row
  };
  Status write_run(const Column& column, size_t first, size_t last);
  std::filesystem::path root_;
  int zarr_format_ = 3;
  std::string group_;  // "frames" or "<image>/frames"
  std::vector<Column> columns_;
  int64_t row_bytes_ = 0;
  std::vector<int64_t> frames_;  // of the rows that are kept, sorted when flushed
  std::vector<std::byte> rows_;
  std::vector<std::filesystem::path> dirty_;
};

}  // namespace parfocal
