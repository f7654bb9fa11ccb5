#pragma once
/// Frames that come in regions, all frames' first regions before any frame's second: they wait on
/// the disk, each plane in its tiles, until their last region is there. Memory holds one buffer.

#include <filesystem>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/writer/frame_layout.h"

namespace parfocal {

/// The regions of one array's frames. Frame k lies at k times the bytes of a plane: a file with
/// holes, so that nothing is kept for each frame. write() by one thread at a time, all else by any.
class RegionLog {
 public:
  static constexpr int64_t kBufferBytes = int64_t{256} << 10;

  /// Of the array that `grid` and `layout` are of; these are referred to.
  RegionLog(std::filesystem::path path, const ArrayGrid& grid, const FrameLayout& layout);
  ~RegionLog();
  /// Bytes that one holds at most.
  static int64_t resident_bytes(const ArrayGrid& grid, const FrameLayout& layout);
  /// Writes `region` (2-D, at absolute y, x) of a frame. The file is made when first needed.
  Status write(int64_t frame, const View& region);
  /// The rows [begin, end) of one tile of a frame, each as wide as a chunk; zeros where no region
  /// was.
  Status read_rows(int64_t frame, size_t tile, int64_t begin, int64_t end, std::byte* to) const;
  /// Rows of the plane, as wide as the image: `plane` says which. `buffer`: room for as many rows
  /// of a chunk.
  Status read_plane_rows(int64_t frame, const MutableView& plane, std::byte* buffer) const;
  /// Bytes [offset, offset + bytes) of a frame's tiles as FrameLayout lays them out.
  Status read(int64_t frame, int64_t offset, int64_t bytes, std::byte* to) const;
  /// Gives the frame's room on the disk back.
  void release(int64_t frame) const;
  /// Closes and removes the file, if there is one.
  Status remove();

 private:
  Status open();
  Status write_part(int64_t frame, size_t tile, const View& part);
  int64_t row_bytes() const;

  std::filesystem::path path_;
  const ArrayGrid& grid_;
  const FrameLayout& layout_;
  Fd fd_;
  AlignedBuffer buffer_;
};

}  // namespace parfocal
