#include "parfocal/formats/hdf5/chunk_reader.h"

#include <hdf5.h>

#include <algorithm>
#include <cstring>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/read_driver.h"
#include "parfocal/formats/hdf5/types.h"

namespace parfocal {
namespace {

Status missing(const std::string& what) {
  return Status::fail(what, "the file is truncated or damaged: copy it again");
}

// True if the file holds no chunk here: HDF5 1.10 gives its size as 0, 2 fails to give one.
bool is_absent(hid_t dataset, const hsize_t* at) {
  hsize_t size = 0;
  if (H5Dget_chunk_storage_size(dataset, at, &size) >= 0) return size == 0;
  unsigned skipped = 0;
  haddr_t address = 0;
  return H5Dget_chunk_info_by_coord(dataset, at, &skipped, &address, &size) >= 0 &&
         address == HADDR_UNDEF;
}

}  // namespace

int64_t ChunkReader::scratch_bytes() const {
  // The library has a chunk before and after a filter, and what it converts by.
  constexpr int64_t kConvertedBytes = int64_t{2} << 20;
  if (!parallel_) return 2 * filters_.most_encoded(part_bytes_) + kConvertedBytes;
  if (layout_ != Layout::chunked) return 0;
  const int64_t stages = filters_.stages() * (part_bytes_ + 128);  // with checksums
  return filters_.most_encoded(part_bytes_) + stages +
         (parts_ > 1 || part_bytes_ != chunk_bytes() ? part_bytes_ : 0);
}

Status ChunkReader::read_chunk(int64_t chunk, std::span<std::byte> dst,
                               ChunkScratch& scratch) const {
  Status status;
  const std::span<std::byte> all = dst.first(static_cast<size_t>(chunk_bytes()));
  if (!parallel_ || layout_ == Layout::other) return damaged(chunk, read_by_library(chunk, all));
  if (layout_ == Layout::contiguous) {
    status = read_contiguous(chunk, all);
  } else if (parts_ == 1 && part_bytes_ == chunk_bytes()) {
    int64_t corner[4] = {chunk * chunk_[0], 0, 0, 0};
    status = read_part(corner, all, scratch);
  } else {
    status = read_split(chunk, all, scratch);
  }
  if (status.ok() && swapped_) swap_bytes(all);
  return damaged(chunk, std::move(status));
}

Status ChunkReader::read_part(const int64_t* corner, std::span<std::byte> dst,
                              ChunkScratch& scratch) const {
  std::span<std::byte> bytes;
  uint32_t skipped = 0;
  Status s = tells_places_ ? read_bytes(corner, scratch, bytes, skipped)
                           : read_through_library(corner, scratch, bytes, skipped);
  if (!s.ok()) return s;
  if (bytes.data() == nullptr) {
    fill(dst);
    return {};
  }
  return filters_.decode(bytes, skipped, dst, scratch);
}

// For the largest chunk at once: they differ by little, and none is larger by more than that.
std::span<std::byte> ChunkReader::room_for(size_t encoded, ChunkScratch& scratch) const {
  return scratch.encoded.take(static_cast<size_t>(filters_.most_encoded(part_bytes_)))
      .first(encoded);
}

// The chunk as it lies in the file; nothing where the file has none.
Status ChunkReader::read_bytes(const int64_t* corner, ChunkScratch& scratch,
                               std::span<std::byte>& bytes, uint32_t& skipped) const {
  Place place;
  if (Status s = find(corner, place); !s.ok() || place.bytes == 0) return s;
  if (place.bytes > filters_.most_encoded(part_bytes_))
    return missing("the chunk states an absurd size");
  skipped = place.skipped;
  bytes = room_for(static_cast<size_t>(place.bytes), scratch);
  if (read_at(fd_, bytes.data(), place.bytes, place.address) != place.bytes)
    return missing("the chunk cannot be read whole");
  return {};
}

// The library walks its index, in the log of the chunks, and then wants to read.
Status ChunkReader::find(const int64_t* corner, Place& place) const {
  hsize_t at[4] = {};
  for (size_t a = 0; a < shape_.size(); ++a) at[a] = static_cast<hsize_t>(corner[a]);
  std::byte nothing{};
  const Hdf5Lock lock;
  {
    const RawDataProbe probe;
    if (H5Dread_chunk(dataset_.id(), H5P_DEFAULT, at, &place.skipped, &nothing) >= 0 &&
        probe.count() == 1 && probe.bytes() > 0) {
      place.address = probe.address();
      place.bytes = probe.bytes();
      return {};
    }
  }
  if (!is_absent(dataset_.id(), at)) return missing("the chunk cannot be found");
  return {};
}

Status ChunkReader::read_through_library(const int64_t* corner, ChunkScratch& scratch,
                                         std::span<std::byte>& bytes, uint32_t& skipped) const {
  hsize_t at[4] = {}, size = 0;
  for (size_t a = 0; a < shape_.size(); ++a) at[a] = static_cast<hsize_t>(corner[a]);
  const Hdf5Lock lock;
  if (H5Dget_chunk_storage_size(dataset_.id(), at, &size) < 0) {
    if (!is_absent(dataset_.id(), at)) return missing("the chunk cannot be found");
    return {};
  }
  if (size == 0) return {};
  if (size > static_cast<hsize_t>(filters_.most_encoded(part_bytes_)))
    return missing("the chunk states an absurd size");
  bytes = room_for(static_cast<size_t>(size), scratch);
  if (H5Dread_chunk(dataset_.id(), H5P_DEFAULT, at, &skipped, bytes.data()) < 0)
    return missing("the chunk cannot be read whole");
  return {};
}

Status ChunkReader::read_split(int64_t chunk, std::span<std::byte> dst,
                               ChunkScratch& scratch) const {
  int64_t corner[4] = {chunk * chunk_[0], 0, 0, 0};
  const std::span<std::byte> part = scratch.chunk.take(static_cast<size_t>(part_bytes_));
  for (int64_t k = 0; k < parts_; ++k) {
    int64_t rest = k;
    for (size_t a = shape_.size(); a-- > 1; rest /= grid_[a])
      corner[a] = rest % grid_[a] * chunk_[a];
    if (Status s = read_part(corner, part, scratch); !s.ok()) return s;
    copy_part(corner, part, dst);
  }
  return {};
}

// `part` covers `chunk_` from `corner` on; its rows go to their places in whole items.
void ChunkReader::copy_part(const int64_t* corner, std::span<const std::byte> part,
                            std::span<std::byte> dst) const {
  // The axes inside an item, as planes, rows and pixels: those that are missing have size 1.
  struct AxisPart {
    int64_t of_item = 1, of_part = 1, start = 0;
    int64_t count() const { return std::min(of_part, of_item - start); }
  } z, y, x;
  const auto set = [&](size_t a, AxisPart& axis) { axis = {shape_[a], chunk_[a], corner[a]}; };
  const size_t rank = shape_.size();
  if (rank >= 2) set(rank - 1, x);
  if (rank >= 3) set(rank - 2, y);
  if (rank >= 4) set(rank - 3, z);
  const int64_t pixel = static_cast<int64_t>(dtype_size(dtype_));
  for (int64_t item = 0; item < chunk_[0]; ++item)
    for (int64_t k = 0; k < z.count(); ++k)
      for (int64_t j = 0; j < y.count(); ++j) {
        const int64_t from = ((item * z.of_part + k) * y.of_part + j) * x.of_part;
        const int64_t row = (item * z.of_item + z.start + k) * y.of_item + y.start + j;
        std::memcpy(dst.data() + (row * x.of_item + x.start) * pixel, part.data() + from * pixel,
                    static_cast<size_t>(x.count() * pixel));
      }
}

Status ChunkReader::read_contiguous(int64_t chunk, std::span<std::byte> dst) const {
  const int64_t bytes = static_cast<int64_t>(dst.size());
  if (offset_ < 0) {
    fill(dst);
    return {};
  }
  if (chunk > (INT64_MAX - offset_) / bytes - 1 ||
      read_at(fd_, dst.data(), bytes, offset_ + chunk * bytes) != bytes)
    return missing("the items cannot be read whole");
  return {};
}

Status ChunkReader::read_by_library(int64_t chunk, std::span<std::byte> dst) const {
  const Hdf5Lock lock;
  hsize_t start[4] = {}, count[4] = {};
  for (size_t a = 0; a < shape_.size(); ++a) count[a] = static_cast<hsize_t>(shape_[a]);
  start[0] = static_cast<hsize_t>(chunk * chunk_[0]);
  count[0] = static_cast<hsize_t>(items_in(chunk));
  const Handle type = native_type(dtype_);
  const Handle space(H5Dget_space(dataset_.id()));
  const Handle memory(H5Screate_simple(static_cast<int>(shape_.size()), count, nullptr));
  if (H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start, nullptr, count, nullptr) >= 0 &&
      H5Dread(dataset_.id(), type.id(), memory.id(), space.id(), H5P_DEFAULT, dst.data()) >= 0)
    return {};
  Issue issue{"the items cannot be read", "", hdf5_reason(), "", "copy the file again"};
  return Status::fail(std::move(issue));
}

void ChunkReader::fill(std::span<std::byte> dst) const {
  const size_t pixel = dtype_size(dtype_);
  const bool one = std::all_of(fill_value_, fill_value_ + pixel,
                               [&](std::byte byte) { return byte == fill_value_[0]; });
  if (one) {
    std::memset(dst.data(), std::to_integer<int>(fill_value_[0]), dst.size());
    return;
  }
  for (size_t at = 0; at + pixel <= dst.size(); at += pixel)
    std::memcpy(dst.data() + at, fill_value_, pixel);
}

void ChunkReader::swap_bytes(std::span<std::byte> dst) const {
  const size_t pixel = dtype_size(dtype_);
  for (size_t at = 0; at + pixel <= dst.size(); at += pixel)
    std::reverse(dst.data() + at, dst.data() + at + pixel);
}

Status ChunkReader::damaged(int64_t chunk, Status status) const {
  if (status.ok()) return status;
  Issue issue = status.issue();
  const int64_t first = chunk * chunk_[0];
  issue.where = file_->where(name_) + ", items " + std::to_string(first) + ".." +
                std::to_string(first + items_in(chunk) - 1);
  return Status::fail(std::move(issue));
}

}  // namespace parfocal
