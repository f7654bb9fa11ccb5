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
  // Leading item axes (z y x inside one item) are walked plane by plane.
  const int lead = image.region.rank - 2;
  std::array<int64_t, kMaxRank> index = image.region.origin;
  if (image.region.count() == 0) return {};
  for (;;) {
    std::string path = item_folder(coordinates);
    int64_t offset = 0;
    for (int a = 0; a < lead; ++a) {
      path += "/" + std::to_string(index[a]);
      offset += (index[a] - image.region.origin[a]) * image.strides[a];
    }
    View plane{image.data + offset * pixel_bytes_, image.dtype, {}, {}};
    plane.region.rank = 2;
    for (int a = 0; a < 2; ++a) {
      plane.region.origin[a] = image.region.origin[lead + a];
      plane.region.shape[a] = image.region.shape[lead + a];
      plane.strides[a] = image.strides[lead + a];
    }
    if (Status s = write_plane(path, plane); !s.ok()) return s;
    int a = lead - 1;
    while (a >= 0 && ++index[a] == image.region.end(a)) {
      index[a] = image.region.origin[a];
      --a;
    }
    if (a < 0) return {};
  }
}

Status ChunkWriter::write_plane(const std::string& folder, const View& plane) {
  const Region& r = plane.region;
  for (int64_t cy = r.begin(0) / chunk_height_; cy * chunk_height_ < r.end(0); ++cy)
    for (int64_t cx = r.begin(1) / chunk_width_; cx * chunk_width_ < r.end(1); ++cx) {
      Region chunk = Region::whole({chunk_height_, chunk_width_});
      chunk.origin = {cy * chunk_height_, cx * chunk_width_};
      const View part = subview(plane, clipped(chunk, r));
      const std::filesystem::path path =
          folder + "/" + std::to_string(cy) + "/" + std::to_string(cx);
      Status s = part.region == clipped(chunk, plane_)
                     ? write_whole(path, part)
                     : write_part(path, part, chunk.origin[0], chunk.origin[1]);
      if (!s.ok()) return s;
    }
  return {};
}

// All pixels of a chunk: at the edge of the plane it is padded with the fill value.
Status ChunkWriter::write_whole(const std::filesystem::path& path, const View& part) {
  const auto bytes = static_cast<size_t>(chunk_bytes());
  if (part.bytes() == chunk_bytes() && part.contiguous())
    return write_file_atomically(path, std::span(part.data, bytes));
  if (!staging_) staging_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  if (part.bytes() != chunk_bytes()) std::memset(staging_.get(), 0, bytes);
  MutableView target{staging_.get(), part.dtype, part.region, {chunk_width_, 1}};
  copy_pixels(part, target);
  return write_file_atomically(path, std::span(staging_.get(), bytes));
}

// Opens or creates a chunk that is written piece by piece; a new file has its full size at once.
static Status open_part(const std::filesystem::path& path, int64_t bytes, Fd& fd) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
  fd = Fd(::open(path.c_str(), flags, 0666));
  if (!fd && errno == ENOENT) {
    std::error_code ignored;  // the second open tells the reason
    std::filesystem::create_directories(path.parent_path(), ignored);
    fd = Fd(::open(path.c_str(), flags, 0666));
  }
  if (!fd) return io_failure("create", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return io_failure("stat", path);
  if (info.st_size != bytes && ::ftruncate(fd.get(), bytes) != 0) return io_failure("extend", path);
  return {};
}

Status ChunkWriter::write_part(const std::filesystem::path& path, const View& part, int64_t y,
                               int64_t x) {
  Fd fd;
  if (Status s = open_part(path, chunk_bytes(), fd); !s.ok()) return s;
  const int64_t first = (part.region.begin(0) - y) * chunk_width_ + part.region.begin(1) - x;
  if (part.region.shape[1] == chunk_width_ && part.contiguous()) {
    if (!write_at(fd.get(), part.data, part.bytes(), first * pixel_bytes_))
      return io_failure("write", path);
    return fd.close_checked(path);
  }
  for (int64_t row = 0; row < part.region.shape[0]; ++row)
    if (!write_at(fd.get(), part.data + row * part.strides[0] * pixel_bytes_,
                  part.region.shape[1] * pixel_bytes_, (first + row * chunk_width_) * pixel_bytes_))
      return io_failure("write", path);
  return fd.close_checked(path);
}

Status ChunkWriter::remove(const std::array<int64_t, kMaxRank>& coordinates) const {
  std::error_code code;
  const std::filesystem::path path = item_folder(coordinates);
  std::filesystem::remove_all(path, code);
  return code ? Status::fail("cannot remove " + path.string() + ": " + code.message()) : Status();
}

}  // namespace parfocal
