#include "parfocal/formats/zarr/writer/array_grid.h"

#include <algorithm>

namespace parfocal {
namespace {

int64_t cells(int64_t size, int64_t cell) { return (size + cell - 1) / cell; }

// Steps per axis of a number in C order; the first axis takes what is left.
FrameIndex unravel(int64_t number, const std::vector<int64_t>& sizes) {
  FrameIndex index{};
  for (size_t a = sizes.size(); a-- > 1;) {
    index[a] = number % sizes[a];
    number /= sizes[a];
  }
  if (!sizes.empty()) index[0] = number;
  return index;
}

int64_t ravel(const FrameIndex& index, const std::vector<int64_t>& sizes) {
  int64_t number = sizes.empty() ? 0 : index[0];
  for (size_t a = 1; a < sizes.size(); ++a) number = number * sizes[a] + index[a];
  return number;
}

int64_t product(const std::vector<int64_t>& values, size_t first = 0) {
  int64_t p = 1;
  for (size_t a = first; a < values.size(); ++a) p *= values[a];
  return p;
}

}  // namespace

ArrayGrid::ArrayGrid(const ArraySpec& spec) : stream_rank_(spec.stream_rank()) {
  const std::vector<int64_t>& shard = spec.sharded() ? spec.shard : spec.chunk;
  for (size_t a = 0; a < stream_rank_; ++a) {
    sizes_.push_back(spec.shape[a]);
    slab_shape_.push_back(spec.chunk[a]);
    band_shape_.push_back(shard[a]);
    slabs_.push_back(cells(spec.shape[a], spec.chunk[a]));
    bands_.push_back(cells(spec.shape[a], shard[a]));
    slabs_per_band_ *= shard[a] / spec.chunk[a];
  }
  frames_per_chunk_ = product(slab_shape_);
  frames_per_outer_ = product(sizes_, std::min<size_t>(1, stream_rank_));
  bands_per_row_ = product(bands_, std::min<size_t>(1, stream_rank_));
  const int64_t height = height_ = spec.shape[stream_rank_];
  const int64_t width = width_ = spec.shape[stream_rank_ + 1];
  chunk_height_ = spec.chunk[stream_rank_];
  chunk_width_ = spec.chunk[stream_rank_ + 1];
  part_height_ = shard[stream_rank_];
  part_width_ = shard[stream_rank_ + 1];
  tile_bytes_ = chunk_height_ * chunk_width_ * static_cast<int64_t>(dtype_size(spec.dtype));
  inner_yx_ = (part_height_ / chunk_height_) * (part_width_ / chunk_width_);
  parts_x_ = cells(width, part_width_);
  parts_ = cells(height, part_height_) * parts_x_;
  for (int64_t part = 0; part < parts_; ++part) add_tiles(part, height, width);
}

void ArrayGrid::add_tiles(int64_t part, int64_t height, int64_t width) {
  const size_t before = tiles_.size();
  const int64_t top = part / parts_x_ * part_height_, left = part % parts_x_ * part_width_;
  const int64_t across = part_width_ / chunk_width_;
  for (int64_t y = top; y < std::min(top + part_height_, height); y += chunk_height_)
    for (int64_t x = left; x < std::min(left + part_width_, width); x += chunk_width_)
      tiles_.push_back({y, x, std::min(chunk_height_, height - y),
                        std::min(chunk_width_, width - x), part,
                        (y - top) / chunk_height_ * across + (x - left) / chunk_width_});
  part_tiles_.push_back(static_cast<int64_t>(tiles_.size() - before));
}

int64_t ArrayGrid::frame_of(const FrameIndex& index) const { return ravel(index, sizes_); }
FrameIndex ArrayGrid::index_of(int64_t frame) const { return unravel(frame, sizes_); }

int64_t ArrayGrid::frames(int64_t outer) const {
  if (stream_rank_ == 0) return 1;
  const int64_t first = outer == kUnbounded ? sizes_[0] : outer;
  return first == kUnbounded ? kUnbounded : first * frames_per_outer_;
}

int64_t ArrayGrid::cell_of(int64_t frame, const std::vector<int64_t>& shape,
                           const std::vector<int64_t>& cells_per_axis) const {
  FrameIndex index = index_of(frame);
  for (size_t a = 0; a < stream_rank_; ++a) index[a] /= shape[a];
  return ravel(index, cells_per_axis);
}

int64_t ArrayGrid::slab_of(int64_t frame) const { return cell_of(frame, slab_shape_, slabs_); }
int64_t ArrayGrid::band_of(int64_t frame) const { return cell_of(frame, band_shape_, bands_); }

int64_t ArrayGrid::plane_in_chunk(int64_t frame) const {
  const FrameIndex index = index_of(frame);
  int64_t plane = 0;
  for (size_t a = 0; a < stream_rank_; ++a)
    plane = plane * slab_shape_[a] + index[a] % slab_shape_[a];
  return plane;
}

int64_t ArrayGrid::slab_in_band(int64_t frame) const {
  const FrameIndex index = index_of(frame);
  int64_t slab = 0;
  for (size_t a = 0; a < stream_rank_; ++a)
    slab = slab * (band_shape_[a] / slab_shape_[a]) + index[a] % band_shape_[a] / slab_shape_[a];
  return slab;
}

int64_t ArrayGrid::frames_in(int64_t cell, const std::vector<int64_t>& shape,
                             const std::vector<int64_t>& cells_per_axis) const {
  const FrameIndex index = unravel(cell, cells_per_axis);
  int64_t n = 1;
  for (size_t a = 0; a < stream_rank_; ++a) {
    const bool endless = sizes_[a] == kUnbounded;
    n *= endless ? shape[a] : std::min(shape[a], sizes_[a] - index[a] * shape[a]);
  }
  return n;
}

int64_t ArrayGrid::frames_in_slab(int64_t slab) const {
  return frames_in(slab, slab_shape_, slabs_);
}
int64_t ArrayGrid::frames_in_band(int64_t band) const {
  return frames_in(band, band_shape_, bands_);
}

std::vector<int64_t> ArrayGrid::frames_of_slab(int64_t slab) const {
  const FrameIndex first = unravel(slab, slabs_);
  std::vector<int64_t> frames(static_cast<size_t>(frames_per_chunk_), -1);
  for (int64_t plane = 0; plane < frames_per_chunk_; ++plane) {
    FrameIndex index = unravel(plane, slab_shape_);
    bool inside = true;
    for (size_t a = 0; a < stream_rank_; ++a) {
      index[a] += first[a] * slab_shape_[a];
      inside = inside && (sizes_[a] == kUnbounded || index[a] < sizes_[a]);
    }
    if (inside) frames[static_cast<size_t>(plane)] = frame_of(index);
  }
  return frames;
}

int64_t ArrayGrid::first_frame(int64_t band, int64_t slab_in_band) const {
  FrameIndex index = unravel(band, bands_);
  for (size_t a = stream_rank_; a-- > 0;) {
    const int64_t slabs = band_shape_[a] / slab_shape_[a];
    index[a] = index[a] * band_shape_[a] + slab_in_band % slabs * slab_shape_[a];
    slab_in_band /= slabs;
  }
  return frame_of(index);
}

std::vector<SteppedAxis> ArrayGrid::stepped(const std::vector<int64_t>& cells) const {
  std::vector<SteppedAxis> axes;
  for (size_t a = 0; a < stream_rank_; ++a) axes.push_back({sizes_[a], cells[a]});
  return axes;
}

std::vector<int64_t> ArrayGrid::chunk_key_of(int64_t frame, const Tile& tile) const {
  std::vector<int64_t> key;
  const FrameIndex index = index_of(frame);
  for (size_t a = 0; a < stream_rank_; ++a) key.push_back(index[a] / slab_shape_[a]);
  key.push_back(tile.y / chunk_height_);
  key.push_back(tile.x / chunk_width_);
  return key;
}

std::vector<int64_t> ArrayGrid::part_key_of(int64_t band, int64_t part) const {
  std::vector<int64_t> key;
  const FrameIndex index = unravel(band, bands_);
  for (size_t a = 0; a < stream_rank_; ++a) key.push_back(index[a]);
  key.push_back(part / parts_x_);
  key.push_back(part % parts_x_);
  return key;
}

std::array<int64_t, 2> ArrayGrid::chunks_yx() const {
  return {cells(height_, chunk_height_), cells(width_, chunk_width_)};
}

Region plane_region(const ArraySpec& array, const FrameIndex& index) {
  const size_t y = array.stream_rank();
  Region region;
  region.rank = static_cast<int>(array.shape.size());
  for (size_t a = 0; a < array.shape.size(); ++a) {
    region.origin[a] = a < y ? index[a] : 0;
    region.shape[a] = a < y ? 1 : array.shape[a];
  }
  return region;
}

}  // namespace parfocal
