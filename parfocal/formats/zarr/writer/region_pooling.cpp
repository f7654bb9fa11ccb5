#include "parfocal/formats/zarr/writer/region_pooling.h"

#include <algorithm>

namespace parfocal {
namespace {

int64_t side(const ArraySpec& array, size_t back) { return array.shape[array.shape.size() - back]; }

// So many rows of the plane as one tile.
ArraySpec strip_of(const ArraySpec& array, int64_t rows) {
  ArraySpec strip;
  strip.path = array.path;
  strip.dtype = array.dtype;
  strip.shape = strip.chunk = {rows, side(array, 1)};
  strip.names = {"y", "x"};
  return strip;
}

int64_t strip_rows(const ArraySpec& array) {
  const int64_t row = side(array, 1) * static_cast<int64_t>(dtype_size(array.dtype));
  const int64_t rows = RegionPooling::kStripBytes / row / 2 * 2;
  return std::clamp<int64_t>(rows, 2, (side(array, 2) + 1) / 2 * 2);
}

PlanePooling pooling_of(const ArraySpec& larger, const ArraySpec& smaller, int64_t rows,
                        Pooling pooling) {
  return {strip_of(larger, rows), strip_of(smaller, (rows + 1) / 2), pooling};
}

}  // namespace

RegionPooling::RegionPooling(const ArraySpec& larger, const ArraySpec& smaller, Pooling pooling)
    : dtype_(larger.dtype),
      height_(side(larger, 2)),
      width_(side(larger, 1)),
      half_width_(side(smaller, 1)),
      strip_(strip_rows(larger)),
      tile_row_bytes_(larger.chunk.back() * static_cast<int64_t>(dtype_size(larger.dtype))),
      step_(pooling_of(larger, smaller, strip_, pooling)) {
  if (const int64_t rest = height_ % strip_; rest != 0)
    last_.emplace(pooling_of(larger, smaller, rest, pooling));
}

RegionPooling::Buffers RegionPooling::make_buffers() const {
  const int64_t pixel = static_cast<int64_t>(dtype_size(dtype_));
  return {AlignedBuffer(strip_ * width_ * pixel), AlignedBuffer(strip_ / 2 * half_width_ * pixel),
          AlignedBuffer(strip_ * tile_row_bytes_)};
}

int64_t RegionPooling::buffer_bytes() const {
  const int64_t pixel = static_cast<int64_t>(dtype_size(dtype_));
  return strip_ * width_ * pixel + strip_ / 2 * half_width_ * pixel + strip_ * tile_row_bytes_ +
         3 * kWriteAlign + step_.table_bytes() + (last_ ? last_->table_bytes() : 0);
}

Status RegionPooling::pool(const RegionLog& from, RegionLog& to, int64_t frame,
                           Buffers& buffers) const {
  for (int64_t y = 0; y < height_; y += strip_)
    if (Status s = pool_strip(from, to, frame, y, buffers); !s.ok()) return s;
  return {};
}

Status RegionPooling::pool_strip(const RegionLog& from, RegionLog& to, int64_t frame, int64_t y,
                                 Buffers& buffers) const {
  const int64_t rows = std::min(strip_, height_ - y);
  Region large = Region::whole({rows, width_}),
         small = Region::whole({(rows + 1) / 2, half_width_});
  large.origin[0] = y;
  small.origin[0] = y / 2;
  const MutableView in = packed_view(buffers.larger.data(), dtype_, large);
  if (Status s = from.read_plane_rows(frame, in, buffers.rows.data()); !s.ok()) return s;
  (rows == strip_ ? step_ : *last_).pool(buffers.larger.data(), buffers.smaller.data(), nullptr);
  const std::byte* made = buffers.smaller.data();
  return to.write(frame, packed_view(made, dtype_, small));
}

}  // namespace parfocal
