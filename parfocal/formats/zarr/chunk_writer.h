#pragma once
/// Pixels of one Zarr array on disk: plain chunks of one plane, at most 1024 x 1024.

#include <algorithm>
#include <filesystem>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/layout.h"
#include "parfocal/core/view.h"

namespace parfocal {

class ChunkWriter {
 public:
  static constexpr int64_t kChunkSide = 1024;
  static constexpr int64_t kStagingBytes = int64_t{256} << 10;

  /// `folder`: of the array, where zarr.json goes.
  ChunkWriter(std::filesystem::path folder, const Layout& layout);
  /// For all axes of the array: 1 for all but the last two.
  std::vector<int64_t> chunk_shape() const;
  int64_t chunk_bytes() const { return chunk_height_ * chunk_width_ * pixel_bytes_; }
  /// Bytes of the buffer that gathers rows.
  int64_t resident_bytes() const { return std::max(kStagingBytes, chunk_width_ * pixel_bytes_); }
  /// Bytes of all chunks of one item, padding included.
  int64_t item_disk_bytes() const;
  /// Writes a region of the item at the stream coordinates. A region that holds all pixels of a
  /// chunk is written beside it and renamed; parts of chunks are written into a file of full size.
  Status write(const std::array<int64_t, kMaxRank>& coordinates, const View& image);
  /// Removes the chunks of an item; they read as 0 then.
  Status remove(const std::array<int64_t, kMaxRank>& coordinates) const;

 private:
  Status write_plane(const std::string& folder, const View& plane);
  Status write_chunk(const std::filesystem::path& path, const View& part, const Region& chunk);
  bool write_rows(int fd, const View& part, const Region& chunk);
  std::string item_folder(const std::array<int64_t, kMaxRank>& coordinates) const;

  std::filesystem::path folder_;
  Layout layout_;
  Region plane_;  // whole y x plane
  int64_t chunk_height_ = 0, chunk_width_ = 0, pixel_bytes_ = 0;
  std::vector<std::byte> staging_;  // made when first needed
};

}  // namespace parfocal
