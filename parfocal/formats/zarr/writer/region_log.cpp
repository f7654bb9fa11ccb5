#include "parfocal/formats/zarr/writer/region_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace parfocal {

RegionLog::RegionLog(std::filesystem::path path, const ArrayGrid& grid, const FrameLayout& layout)
    : path_(std::move(path)), grid_(grid), layout_(layout) {}
RegionLog::~RegionLog() = default;

int64_t RegionLog::resident_bytes(const ArrayGrid& grid, const FrameLayout& layout) {
  return std::max(kBufferBytes,
                  grid.chunk_width() * static_cast<int64_t>(dtype_size(layout.dtype())));
}

int64_t RegionLog::row_bytes() const {
  return grid_.chunk_width() * static_cast<int64_t>(dtype_size(layout_.dtype()));
}

Status RegionLog::open() {
  if (fd_) return {};
  fd_ = Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd_) return io_failure("create", path_);
  buffer_ = AlignedBuffer(resident_bytes(grid_, layout_));
  return {};
}

Status RegionLog::write(int64_t frame, const View& region) {
  if (Status s = open(); !s.ok()) return s;
  for (size_t i = 0; i < grid_.tiles().size(); ++i) {
    const Tile& t = grid_.tiles()[i];
    const Region part = clipped({2, {t.y, t.x}, {t.height, t.width}}, region.region);
    if (part.count() == 0) continue;
    if (Status s = write_part(frame, i, subview(region, part)); !s.ok()) return s;
  }
  return {};
}

// A part of one tile. Its rows touch each other where it is as wide as the tile; beyond the image's
// edge a row goes on with zeros.
Status RegionLog::write_part(int64_t frame, size_t tile, const View& part) {
  const Tile& t = grid_.tiles()[tile];
  const int64_t pixel = static_cast<int64_t>(dtype_size(part.dtype));
  const int64_t used = part.region.shape[1] * pixel;
  const bool whole = part.region.shape[1] == t.width;
  const int64_t step = whole ? row_bytes() : used;
  const int64_t most = whole ? std::max<int64_t>(1, buffer_.bytes() / step) : 1;
  int64_t at = frame * layout_.bytes() + layout_.offset(tile) +
               (part.region.origin[0] - t.y) * row_bytes() + (part.region.origin[1] - t.x) * pixel;
  for (int64_t y = 0; y < part.region.shape[0];) {
    const int64_t rows = std::min(most, part.region.shape[0] - y);
    for (int64_t i = 0; i < rows; ++i, ++y) {
      std::byte* to = buffer_.data() + i * step;
      std::memcpy(to, part.data + y * part.strides[0] * pixel, static_cast<size_t>(used));
      std::memset(to + used, 0, static_cast<size_t>(step - used));
    }
    if (!write_at(fd_.get(), buffer_.data(), rows * step, at)) return io_failure("write", path_);
    at += rows * row_bytes();
  }
  return {};
}

Status RegionLog::read_rows(int64_t frame, size_t tile, int64_t begin, int64_t end,
                            std::byte* to) const {
  return read(frame, layout_.offset(tile) + begin * row_bytes(), (end - begin) * row_bytes(), to);
}

Status RegionLog::read(int64_t frame, int64_t offset, int64_t bytes, std::byte* to) const {
  const int64_t got = read_at(fd_.get(), to, bytes, frame * layout_.bytes() + offset);
  if (got < 0) return io_failure("read", path_);
  std::memset(to + got, 0, static_cast<size_t>(bytes - got));  // padding at the end of the file
  return {};
}

Status RegionLog::read_plane_rows(int64_t frame, const MutableView& plane,
                                  std::byte* buffer) const {
  const Region& r = plane.region;
  const int64_t pixel = static_cast<int64_t>(dtype_size(plane.dtype));
  for (size_t i = 0; i < grid_.tiles().size(); ++i) {
    const Tile& t = grid_.tiles()[i];
    const int64_t top = std::max(t.y, r.begin(0)), bottom = std::min(t.y + t.height, r.end(0));
    if (top >= bottom) continue;
    if (Status s = read_rows(frame, i, top - t.y, bottom - t.y, buffer); !s.ok()) return s;
    for (int64_t y = top; y < bottom; ++y)
      std::memcpy(plane.data + ((y - r.begin(0)) * plane.strides[0] + t.x) * pixel,
                  buffer + (y - top) * row_bytes(), static_cast<size_t>(t.width * pixel));
  }
  return {};
}

void RegionLog::release(int64_t frame) const {
  // A file system that cannot do it keeps the room until the file goes.
  (void)::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, frame * layout_.bytes(),
                    layout_.bytes());
}

Status RegionLog::remove() {
  if (!fd_) return {};
  fd_ = Fd();
  return ::unlink(path_.c_str()) == 0 ? Status() : io_failure("remove", path_);
}

}  // namespace parfocal
