#pragma once
/// Per-frame metadata: typed 1-D arrays `<image>/frames/<column>`, one number for each frame of an
/// image in C order over its stream axes, and `valid` (uint8: 1 stored, 0 missing). Readers know
/// of as many rows as the arrays' shape says.

#include <filesystem>
#include <span>
#include <vector>

#include "parfocal/formats/zarr/writer/column_arrays.h"

namespace parfocal {

/// Not thread-safe.
class FrameColumns {
 public:
  static constexpr size_t kMostPending = 1024;  ///< rows kept between two flushes

  /// `root`: of the store; `image`: any of the store's.
  FrameColumns(std::filesystem::path root, const StoreSpec& spec, size_t image);
  /// Bytes of a packed row: the columns one after the other as numbers in memory, without padding.
  static int64_t row_bytes(const StoreSpec& spec);
  /// Bytes that it holds at most.
  static int64_t resident_bytes(const StoreSpec& spec);
  /// Room on the disk for the columns of so many frames.
  static int64_t room_bytes(const StoreSpec& spec, int64_t frames);
  /// Keeps the row of a frame; flushes by itself when full. Frames in any order; of several rows of
  /// one frame the last counts. An empty row: the frame is there, of its columns nothing is known
  /// (0). Fails on a row of another size than row_bytes().
  Status add(int64_t frame, std::span<const std::byte> row);
  /// The same for a frame that is missing: 0 in every column.
  Status add_missing(int64_t frame);
  /// Writes what is kept, with one write for each column and run of frames that follow each other.
  Status flush();
  /// fdatasync of what was written since the last sync. \pre flush() came before
  Status sync() { return arrays_.sync(); }
  /// Metadata of the arrays for the first `frames` rows, then of their group.
  std::vector<MetadataObject> objects(int64_t frames) const { return arrays_.objects(frames); }

 private:
  Status add_row(int64_t frame, std::span<const std::byte> row, bool valid);
  Status write_run(size_t begin, size_t end);
  ColumnArrays arrays_;
  size_t row_bytes_;             // with `valid`, which is last
  std::vector<int64_t> frames_;  // of the rows that are kept
  std::vector<std::byte> rows_;
  std::vector<size_t> order_;
  std::vector<std::byte> values_;  // of one column
};

}  // namespace parfocal
