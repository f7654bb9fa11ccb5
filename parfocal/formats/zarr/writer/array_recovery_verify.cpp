#include <algorithm>

#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/array_recovery-inl.h"
#include "parfocal/formats/zarr/writer/array_writer.h"

namespace parfocal {
namespace {

constexpr int64_t kReadBytes = int64_t{1} << 20;

// Whether the file has the bytes that a record speaks of. What cannot be read is not whole either:
// a disk with bad places shall not keep the rest from being recovered.
bool is_whole(int fd, const TileEntry& entry, int64_t bytes, std::vector<std::byte>& buffer) {
  buffer.resize(static_cast<size_t>(kReadBytes));
  if (fd < 0 || entry.offset > static_cast<uint64_t>(std::numeric_limits<int64_t>::max() / 2))
    return false;
  uint32_t crc = 0;
  for (int64_t done = 0; done < bytes;) {
    const int64_t n = std::min(kReadBytes, bytes - done);
    if (read_at(fd, buffer.data(), n, static_cast<int64_t>(entry.offset) + done) != n) return false;
    crc = crc32c(std::span(buffer).first(static_cast<size_t>(n)), crc);
    done += n;
  }
  return crc == entry.crc;
}

Fd open_if_there(const std::filesystem::path& path, int64_t& size) {
  Fd fd;
  size = 0;
  (void)open_for_reading(path, fd, size).ok();
  return fd;
}

}  // namespace

void ArrayRecovery::verify(std::set<int64_t>& damaged) {
  clear_taken_back();
  for (auto& [number, band] : bands_) {
    verify_chunks(number, band, damaged);
    verify_planes(band, damaged);
  }
}

// Also of bands that were sealed: nobody knows how far the writer came with taking them back.
void ArrayRecovery::clear_taken_back() {
  taken_back_.for_each_run([&](int64_t first, int64_t end) {
    for (int64_t frame = first; frame < end; ++frame) {
      Band& band = band_with(frame);
      if (grid_.frames_per_chunk() == 1) {
        for (const Tile& tile : grid_.tiles()) band.chunks[chunk_place(frame, tile)] = {};
        continue;
      }
      auto [it, fresh] = band.slabs.try_emplace(grid_.slab_in_band(frame));
      Slab& slab = it->second;
      slab.encoded = slab.encoded || fresh;  // forgotten when its band was sealed
      std::erase_if(slab.planes, [&](const Logged& plane) { return plane.frame == frame; });
      slab.cleared.push_back(grid_.plane_in_chunk(frame));
    }
  });
}

void ArrayRecovery::verify_chunks(int64_t number, Band& band, std::set<int64_t>& damaged) {
  std::vector<std::byte> buffer;
  const int64_t chunks = grid_.chunks_per_part();
  for (int64_t part = 0; part < grid_.parts(); ++part) {
    if (!has_stored(band, part)) continue;
    int64_t size = 0;
    const Fd fd = open_if_there(file_of(number, part), size);
    for (int64_t i = part * chunks; i < (part + 1) * chunks; ++i) {
      const TileEntry& entry = band.chunks[static_cast<size_t>(i)];
      if (entry.offset >= kUnknown) continue;
      // A file that frames were taken from is another one, and as whole as the one before.
      if (!shard_ && band.slabs.contains(0) && !band.slabs[0].cleared.empty()) continue;
      const bool right_size = shard_ || size == static_cast<int64_t>(entry.bytes);
      if (!right_size || !is_whole(fd.get(), entry, entry.bytes, buffer))
        chunk_is_damaged(band, static_cast<size_t>(i), damaged);
    }
  }
}

void ArrayRecovery::chunk_is_damaged(Band& band, size_t place, std::set<int64_t>& damaged) {
  const int64_t slab = static_cast<int64_t>(place) % grid_.chunks_per_part() / grid_.inner_yx();
  band.chunks[place] = {};
  if (grid_.frames_per_chunk() == 1) {
    (own_frames_ ? damaged : lost_).insert(band.of_frame[static_cast<size_t>(slab)]);
    return;
  }
  // The planes may still be in the log: its slots are used again only after the chunks are safe.
  band.slabs[slab].encoded = false;
}

void ArrayRecovery::verify_planes(Band& band, std::set<int64_t>& damaged) {
  std::vector<std::byte> buffer;
  int64_t size = 0;
  const Fd log = open_if_there(log_path(root_, number_), size);
  for (auto& [number, slab] : band.slabs) {
    if (slab.encoded) slab.planes.clear();  // their slots may be used again
    std::erase_if(slab.planes, [&](const Logged& plane) {
      // By the layout: the record's 32 bits do not hold the bytes of a plane of 4 GiB or more.
      // Writers of earlier versions logged the padding too.
      const int64_t own = layout_.logged_bytes();
      const int64_t bytes = plane.slot.bytes == static_cast<uint32_t>(own) ? own : layout_.bytes();
      const bool whole = is_whole(log.get(), plane.slot, bytes, buffer);
      if (!whole) (own_frames_ ? damaged : lost_).insert(plane.frame);
      return !whole;
    });
  }
}

}  // namespace parfocal
