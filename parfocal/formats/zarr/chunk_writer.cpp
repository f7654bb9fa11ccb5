#include "parfocal/formats/zarr/chunk_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/planes.h"

namespace parfocal {

static_assert(std::endian::native == std::endian::little,
              "chunks are written as they lie in memory");

ChunkWriter::ChunkWriter(std::filesystem::path folder, const Layout& layout)
    : folder_(std::move(folder)), layout_(layout) {
  const size_t n = layout.item.size();
  plane_ = Region::whole({layout.item[n - 2].size, layout.item[n - 1].size});
  // Zarr wants chunks of at least 1, also in an empty array.
  chunk_height_ = std::clamp<int64_t>(plane_.shape[0], 1, kChunkSide);
  chunk_width_ = std::clamp<int64_t>(plane_.shape[1], 1, kChunkSide);
  pixel_bytes_ = static_cast<int64_t>(dtype_size(layout.dtype));
}

std::vector<int64_t> ChunkWriter::chunk_shape() const {
  std::vector<int64_t> shape(layout_.stream.size() + layout_.item.size(), 1);
  shape[shape.size() - 2] = chunk_height_;
  shape[shape.size() - 1] = chunk_width_;
  return shape;
}

int64_t ChunkWriter::item_disk_bytes() const {
  const int64_t down = (plane_.shape[0] + chunk_height_ - 1) / chunk_height_;
  const int64_t across = (plane_.shape[1] + chunk_width_ - 1) / chunk_width_;
  const int64_t planes = plane_.count() > 0 ? layout_.item_count() / plane_.count() : 0;
  return planes * down * across * chunk_bytes();
}

std::string ChunkWriter::item_folder(const std::array<int64_t, kMaxRank>& coordinates) const {
  std::string path = folder_.string() + "/c";
  for (size_t a = 0; a < layout_.stream.size(); ++a) path += "/" + std::to_string(coordinates[a]);
  return path;
}

Status ChunkWriter::write(const std::array<int64_t, kMaxRank>& coordinates, const View& image) {
  const int lead = image.region.rank - 2;
  return for_each_plane(image, [&](const View& plane, const auto& index) {
    std::string path = item_folder(coordinates);
    for (int a = 0; a < lead; ++a) path += "/" + std::to_string(index[a]);
    return write_plane(path, plane);
  });
}

Status ChunkWriter::write_plane(const std::string& folder, const View& plane) {
  const Region& r = plane.region;
  for (int64_t cy = r.begin(0) / chunk_height_; cy * chunk_height_ < r.end(0); ++cy)
    for (int64_t cx = r.begin(1) / chunk_width_; cx * chunk_width_ < r.end(1); ++cx) {
      Region chunk = Region::whole({chunk_height_, chunk_width_});
      chunk.origin = {cy * chunk_height_, cx * chunk_width_};
      const View part = subview(plane, clipped(chunk, r));
      Status s =
          write_chunk(folder + "/" + std::to_string(cy) + "/" + std::to_string(cx), part, chunk);
      if (!s.ok()) return s;
    }
  return {};
}

// A region with all pixels of a chunk is written beside it and renamed; a part goes into place.
Status ChunkWriter::write_chunk(const std::filesystem::path& path, const View& part,
                                const Region& chunk) {
  const bool whole = part.region == clipped(chunk, plane_);
  const std::filesystem::path target = path.string() + (whole ? ".part" : "");
  Fd fd;
  bool resized = false;
  if (Status s = open_sized(target, chunk_bytes(), fd, resized); !s.ok()) return s;
  if (!write_rows(fd.get(), part, chunk)) return io_failure("write", target);
  if (Status s = fd.close_checked(target); !s.ok() || !whole) return s;
  return ::rename(target.c_str(), path.c_str()) == 0 ? Status() : io_failure("rename to", path);
}

// Rows over the whole width of a chunk lie one after the other in its file: they are gathered, with
// the padding at the edge of the plane, and written many at a time.
bool ChunkWriter::write_rows(int fd, const View& part, const Region& chunk) {
  const Region& r = part.region;
  const int64_t row_bytes = chunk_width_ * pixel_bytes_, used = r.shape[1] * pixel_bytes_;
  const auto place = [&](int64_t y) {
    return ((y - chunk.begin(0)) * chunk_width_ + r.begin(1) - chunk.begin(1)) * pixel_bytes_;
  };
  if (used == row_bytes && part.contiguous())
    return write_at(fd, part.data, part.bytes(), place(r.begin(0)));
  const bool full_width =
      r.begin(1) == chunk.begin(1) && r.end(1) == std::min(chunk.end(1), plane_.end(1));
  const int64_t rows = full_width ? std::max<int64_t>(1, kStagingBytes / row_bytes) : 1;
  if (staging_.empty()) staging_.resize(static_cast<size_t>(resident_bytes()));
  for (int64_t y = r.begin(0); y < r.end(0); y += rows) {
    const int64_t n = std::min(rows, r.end(0) - y), pitch = full_width ? row_bytes : used;
    for (int64_t i = 0; i < n; ++i) {
      std::byte* to = staging_.data() + i * pitch;
      std::memcpy(to, part.data + (y + i - r.begin(0)) * part.strides[0] * pixel_bytes_,
                  static_cast<size_t>(used));
      std::memset(to + used, 0, static_cast<size_t>(pitch - used));
    }
    if (!write_at(fd, staging_.data(), n * pitch, place(y))) return false;
  }
  return true;
}

Status ChunkWriter::remove(const std::array<int64_t, kMaxRank>& coordinates) const {
  std::error_code code;
  const std::filesystem::path path = item_folder(coordinates);
  std::filesystem::remove_all(path, code);
  return code ? Status::fail("cannot remove " + path.string() + ": " + code.message()) : Status();
}

}  // namespace parfocal
