#pragma once
/// A plane in memory as its tiles: each a whole chunk's plane, zeros beyond the edge, tile after
/// tile in ArrayGrid's order. What goes to one shard starts and ends at a multiple of kWriteAlign,
/// so that it can be written without the page cache.

#include <span>
#include <vector>

#include "parfocal/core/block.h"
#include "parfocal/core/view.h"
#include "parfocal/formats/zarr/writer/array_grid.h"

namespace parfocal {

inline constexpr int64_t kWriteAlign = 4096;
inline int64_t aligned_up(int64_t bytes) {
  return (bytes + kWriteAlign - 1) / kWriteAlign * kWriteAlign;
}

/// Memory that starts at a multiple of kWriteAlign, in huge pages where it is large: the disk takes
/// few long pieces of memory faster than many short ones. Made once, written before it is read.
class AlignedBuffer {
 public:
  explicit AlignedBuffer(int64_t bytes = 0);
  std::byte* data() const { return pages_.data(); }
  int64_t bytes() const { return bytes_; }

 private:
  Block pages_;
  int64_t bytes_ = 0;
};

/// The tiles of one shard of the band within the buffer.
struct PartSpan {
  size_t first = 0, count = 0;    ///< tiles
  int64_t offset = 0, bytes = 0;  ///< bytes without the padding at the end
};

class FrameLayout {
 public:
  FrameLayout(const ArraySpec& spec, const ArrayGrid& grid);
  /// Bytes of a buffer for one plane, padding included.
  int64_t bytes() const { return bytes_; }
  /// The first of these, up to the end of the last tile: of a plane that waits in the frame log,
  /// where thousands of small ones shall not take a block of the disk each.
  int64_t logged_bytes() const;
  int64_t offset(size_t tile) const { return offsets_[tile]; }
  const std::vector<PartSpan>& parts() const { return parts_; }
  DType dtype() const { return dtype_; }

  /// Lays `plane` (2-D, its region within the plane at absolute y, x) out into `buffer`; tiles that
  /// it covers whole up to the image's edge get their padding zeroed. \pre plane.dtype == dtype()
  void tile(const View& plane, std::byte* buffer) const;
  /// The pixels of a tile inside the image, as they lie in the buffer.
  View tile_view(size_t tile, const std::byte* buffer) const;

 private:
  void zero_padding(size_t tile, std::byte* buffer) const;
  DType dtype_;
  const std::vector<Tile>& tiles_;
  int64_t chunk_height_, chunk_width_, pixel_bytes_;
  std::vector<int64_t> offsets_;
  std::vector<PartSpan> parts_;
  int64_t bytes_ = 0;
};

}  // namespace parfocal
