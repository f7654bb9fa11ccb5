#pragma once
/// How the frames of one array fall into chunks and shards: pure arithmetic.
///
/// A *frame* is a y-x plane. A *tile* is the part of a plane in one chunk. A *slab* is the set of
/// chunks that share their place along the stream axes: the frames of one slab complete its chunks
/// together. A *band* is the set of shards that share their place along the stream axes; a *part*
/// is one of its shards.

#include <array>
#include <vector>

#include "parfocal/core/region.h"
#include "parfocal/formats/zarr/writer/frame_order.h"

namespace parfocal {

struct Tile {
  int64_t y = 0, x = 0;           ///< of its first pixel
  int64_t height = 0, width = 0;  ///< pixels inside the plane
  int64_t part = 0;               ///< shard of the band
  int64_t inner = 0;              ///< chunk within the shard's y-x grid, C order
};

class ArrayGrid {
 public:
  explicit ArrayGrid(const ArraySpec& spec);

  /// All tiles of a plane, part by part, so that what goes to one shard lies together.
  const std::vector<Tile>& tiles() const { return tiles_; }
  int64_t parts() const { return parts_; }
  int64_t chunk_height() const { return chunk_height_; }
  int64_t chunk_width() const { return chunk_width_; }
  /// Bytes of one tile at full chunk size, and of all tiles of a plane.
  int64_t tile_bytes() const { return tile_bytes_; }
  int64_t frame_bytes() const { return tile_bytes_ * static_cast<int64_t>(tiles_.size()); }
  /// Frames that a chunk spans: 1 = a frame is written at once.
  int64_t frames_per_chunk() const { return frames_per_chunk_; }
  int64_t chunks_per_part() const { return slabs_per_band_ * inner_yx_; }
  int64_t frames_per_band() const { return slabs_per_band_ * frames_per_chunk_; }
  /// The axes before y and x, in steps of a slab or of a band.
  std::vector<SteppedAxis> slab_steps() const { return stepped(slab_shape_); }
  std::vector<SteppedAxis> band_steps() const { return stepped(band_shape_); }
  /// Tiles of a plane that lie in this shard of a band.
  int64_t tiles_of_part(int64_t part) const { return part_tiles_[static_cast<size_t>(part)]; }

  /// Frame numbers: C order over the stream axes.
  int64_t frame_of(const FrameIndex& index) const;
  FrameIndex index_of(int64_t frame) const;
  /// Frames in the array; kUnbounded if the first axis is. `outer` overrides its size.
  int64_t frames(int64_t outer = kUnbounded) const;
  /// Frames of one step along the first axis.
  int64_t frames_per_outer() const { return frames_per_outer_; }

  /// The slab and band of a frame, as numbers in C order over the slabs (bands) of the array.
  int64_t slab_of(int64_t frame) const;
  int64_t band_of(int64_t frame) const;
  /// Which plane of its chunk a frame is.
  int64_t plane_in_chunk(int64_t frame) const;
  /// Which slab of its band a frame is in; chunk number in the part = this * inner_yx() + inner.
  int64_t slab_in_band(int64_t frame) const;
  int64_t inner_yx() const { return inner_yx_; }
  /// Frames of a slab (band) that lie inside the array; all where the first axis is unbounded.
  int64_t frames_in_slab(int64_t slab) const;
  int64_t frames_in_band(int64_t band) const;
  /// The frame number of each plane of a slab, in C order; -1 outside the array.
  std::vector<int64_t> frames_of_slab(int64_t slab) const;
  /// The first frame of a slab, given by its band and its number in the band.
  int64_t first_frame(int64_t band, int64_t slab_in_band = 0) const;
  /// Bands along the first axis: its index, and how many bands share it.
  int64_t band_row(int64_t band) const { return band / bands_per_row_; }
  int64_t bands_per_row() const { return bands_per_row_; }
  /// Slabs and bands of the whole array, along each axis before y and x; kUnbounded if the first
  /// is.
  const std::vector<int64_t>& slabs() const { return slabs_; }
  const std::vector<int64_t>& bands() const { return bands_; }
  /// Shards along y and x, and chunks.
  std::array<int64_t, 2> parts_yx() const { return {parts_ / parts_x_, parts_x_}; }
  std::array<int64_t, 2> chunks_yx() const;
  /// Steps of the first axis in one band.
  int64_t outer_per_band() const { return stream_rank_ ? band_shape_[0] : 1; }
  /// Chunk key parts ("c/0/3/1") of a tile (not sharded) or of a part (sharded).
  std::vector<int64_t> chunk_key_of(int64_t frame, const Tile& tile) const;
  std::vector<int64_t> part_key_of(int64_t band, int64_t part) const;

 private:
  std::vector<SteppedAxis> stepped(const std::vector<int64_t>& cells) const;
  void add_tiles(int64_t part, int64_t height, int64_t width);
  int64_t cell_of(int64_t frame, const std::vector<int64_t>& shape,
                  const std::vector<int64_t>& cells_per_axis) const;
  int64_t frames_in(int64_t cell, const std::vector<int64_t>& shape,
                    const std::vector<int64_t>& cells_per_axis) const;
  size_t stream_rank_ = 0;
  std::vector<int64_t> sizes_;               // along the stream axes
  std::vector<int64_t> slab_shape_, slabs_;  // steps of a slab, slabs of the array
  std::vector<int64_t> band_shape_, bands_;
  std::vector<Tile> tiles_;
  std::vector<int64_t> part_tiles_;
  int64_t parts_ = 1, parts_x_ = 1, part_height_ = 1, part_width_ = 1;
  int64_t height_ = 1, width_ = 1, chunk_height_ = 1, chunk_width_ = 1, tile_bytes_ = 0;
  int64_t frames_per_chunk_ = 1, frames_per_outer_ = 1, slabs_per_band_ = 1, inner_yx_ = 1;
  int64_t bands_per_row_ = 1;
};

/// Where the plane at these places along the stream axes lies in the array.
Region plane_region(const ArraySpec& array, const FrameIndex& index);

}  // namespace parfocal
