#include "parfocal/formats/zarr/writer/frame_layout.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace parfocal {
namespace {

constexpr int64_t kHugePage = int64_t{2} << 20;

Block allocate(int64_t bytes) {
  const size_t whole = static_cast<size_t>(aligned_up(std::max<int64_t>(0, bytes)));
  if (bytes < kHugePage) return Block(whole);
  Block block(whole, static_cast<size_t>(kHugePage));
#ifdef MADV_HUGEPAGE
  // Only a wish. Whole huge pages only, so that no more memory is used than was asked for.
  (void)::madvise(block.data(), static_cast<size_t>(bytes / kHugePage * kHugePage), MADV_HUGEPAGE);
#endif
  return block;
}

}  // namespace

AlignedBuffer::AlignedBuffer(int64_t bytes) : pages_(allocate(bytes)), bytes_(bytes) {}

FrameLayout::FrameLayout(const ArraySpec& spec, const ArrayGrid& grid)
    : dtype_(spec.dtype),
      tiles_(grid.tiles()),
      chunk_height_(grid.chunk_height()),
      chunk_width_(grid.chunk_width()),
      pixel_bytes_(static_cast<int64_t>(dtype_size(spec.dtype))) {
  // Without shards each chunk is a file of its own: written alone, so aligned alone.
  for (size_t i = 0; i < tiles_.size(); ++i) {
    if (i == 0 || !spec.sharded() || tiles_[i].part != tiles_[i - 1].part) {
      bytes_ = aligned_up(bytes_);
      parts_.push_back({i, 0, bytes_, 0});
    }
    offsets_.push_back(bytes_);
    bytes_ += grid.tile_bytes();
    ++parts_.back().count;
    parts_.back().bytes += grid.tile_bytes();
  }
  bytes_ = aligned_up(bytes_);
}

int64_t FrameLayout::logged_bytes() const {
  constexpr int64_t kAlign = 64;
  const int64_t end = parts_.empty() ? 0 : parts_.back().offset + parts_.back().bytes;
  return (end + kAlign - 1) / kAlign * kAlign;
}

void FrameLayout::tile(const View& plane, std::byte* buffer) const {
  const Region& r = plane.region;
  const int64_t row_bytes = chunk_width_ * pixel_bytes_;
  for (size_t i = 0; i < tiles_.size(); ++i) {
    const Tile& t = tiles_[i];
    const int64_t top = std::max(t.y, r.begin(0)), bottom = std::min(t.y + t.height, r.end(0));
    const int64_t left = std::max(t.x, r.begin(1)), right = std::min(t.x + t.width, r.end(1));
    if (top >= bottom || left >= right) continue;
    const std::byte* from =
        plane.data + ((top - r.begin(0)) * plane.strides[0] + left - r.begin(1)) * pixel_bytes_;
    std::byte* to = buffer + offsets_[i] + (top - t.y) * row_bytes + (left - t.x) * pixel_bytes_;
    const size_t bytes = static_cast<size_t>((right - left) * pixel_bytes_);
    for (int64_t y = top; y < bottom; ++y, to += row_bytes, from += plane.strides[0] * pixel_bytes_)
      std::memcpy(to, from, bytes);
    zero_padding(i, buffer);
  }
  for (const PartSpan& part : parts_)
    std::memset(buffer + part.offset + part.bytes, 0,
                static_cast<size_t>(aligned_up(part.bytes) - part.bytes));
}

void FrameLayout::zero_padding(size_t tile, std::byte* buffer) const {
  const Tile& t = tiles_[tile];
  std::byte* data = buffer + offsets_[tile];
  const int64_t row_bytes = chunk_width_ * pixel_bytes_, used = t.width * pixel_bytes_;
  if (used < row_bytes)
    for (int64_t y = 0; y < t.height; ++y)
      std::memset(data + y * row_bytes + used, 0, static_cast<size_t>(row_bytes - used));
  std::memset(data + t.height * row_bytes, 0,
              static_cast<size_t>((chunk_height_ - t.height) * row_bytes));
}

View FrameLayout::tile_view(size_t tile, const std::byte* buffer) const {
  const Tile& t = tiles_[tile];
  View view{buffer + offsets_[tile], dtype_, {}, {}};
  view.region = Region::whole({t.height, t.width});
  view.region.origin = {t.y, t.x};
  view.strides = {chunk_width_, 1};
  return view;
}

}  // namespace parfocal
