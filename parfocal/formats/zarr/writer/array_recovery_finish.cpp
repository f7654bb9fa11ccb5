#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "parfocal/formats/zarr/writer/array_recovery-inl.h"
#include "parfocal/formats/zarr/writer/array_writer.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

Status open_to_write(const fs::path& path, int flags, Fd& fd) {
  fd = Fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | flags, 0666));
  return fd ? Status() : io_failure("open", path);
}

Status sync_file(const Fd& fd, const fs::path& path) {
  return ::fdatasync(fd.get()) == 0 ? Status() : io_failure("sync", path);
}

// Its bytes and the folders are on the disk before it gets the name, so that a name never stands
// for less, and the power may go during recovery too.
Status rename_synced(const Fd& fd, const fs::path& from, const fs::path& to) {
  if (Status s = sync_file(fd, from); !s.ok()) return s;
  if (Status s = make_folders(to.parent_path(), true); !s.ok()) return s;
  return ::rename(from.c_str(), to.c_str()) == 0 ? Status() : io_failure("rename to", to);
}

// Where what was written ends: a part has its full size from the start.
int64_t end_of_data(const Fd& fd, int64_t size) {
  int64_t end = 0;
  for (off_t at = 0; at < size;) {
    at = ::lseek(fd.get(), at, SEEK_DATA);
    if (at < 0) return errno == ENXIO ? end : size;
    at = ::lseek(fd.get(), at, SEEK_HOLE);
    if (at < 0) return size;
    end = at;
  }
  return end;
}

}  // namespace

// By way of the log, as if it had waited there; a second recovery makes it anew.
Status ArrayRecovery::add_plane(int64_t frame, const std::byte* pixels) {
  const size_t y = spec_.stream_rank();
  const AlignedBuffer tiles(layout_.bytes());
  layout_.tile(
      packed_view(pixels, spec_.dtype, Region::whole({spec_.shape[y], spec_.shape[y + 1]})),
      tiles.data());
  const fs::path path = log_path(root_, number_);
  Fd log;
  if (Status s = open_to_write(path, O_CREAT, log); !s.ok()) return s;
  const int64_t offset = aligned_up(::lseek(log.get(), 0, SEEK_END));
  if (!write_at(log.get(), tiles.data(), layout_.logged_bytes(), offset))
    return io_failure("write", path);
  Slab& slab = band_with(frame).slabs[grid_.slab_in_band(frame)];
  slab.encoded = false;
  slab.planes.push_back({frame, {static_cast<uint64_t>(offset), 0, 0}});
  frames_.add(frame);
  lost_.erase(frame);
  added_.insert(frame);
  return {};
}

Status ArrayRecovery::finish(const std::set<int64_t>& damaged, int64_t& dropped_bytes) {
  for (auto& [number, band] : bands_) {
    if (!shard_) {
      if (Status s = finish_chunk_files(number, band, damaged); !s.ok()) return s;
      continue;
    }
    for (int64_t part = 0; part < grid_.parts(); ++part)
      if (Status s = finish_part(number, band, part, damaged, dropped_bytes); !s.ok()) return s;
  }
  return {};
}

Status ArrayRecovery::finish_part(int64_t number, Band& band, int64_t part,
                                  const std::set<int64_t>& damaged, int64_t& dropped_bytes) {
  Source source;
  if (Status s = open_source(number, band, part, source); !s.ok()) return s;
  drop_damaged(band, damaged, source.index);
  if (Status s = encode_slabs(band, part, damaged, source); !s.ok()) return s;
  if (!source.fd && source.index == source.before) return {};
  // Nothing but fill value is no shard.
  if (!source.any() && !source.published) {
    dropped_bytes += source.part_bytes;
    return {};
  }
  return publish(source, dropped_bytes);
}

Status ArrayRecovery::open_source(int64_t number, const Band& band, int64_t part,
                                  Source& source) const {
  source.part = part_path(root_, number_, number, part);
  source.target = final_path(grid_.part_key_of(number, part));
  const size_t chunks = static_cast<size_t>(grid_.chunks_per_part());
  source.before.resize(chunks);
  if (Status s = read_index(source); !s.ok()) return s;
  std::error_code absent;
  const bool has_part = has_stored(band, part) && fs::is_regular_file(source.part, absent);
  // Into a part of its own every frame that is there was written: what the target has besides lies
  // at places of the target.
  if (has_part)
    source.index.resize(chunks);
  else
    source.index = source.before;
  const size_t first = static_cast<size_t>(part) * chunks;
  for (size_t i = 0; i < chunks; ++i) {
    const TileEntry& entry = band.chunks[first + i];
    if (entry.offset != kUnknown) source.index[i] = {};
    if (entry.offset < kUnknown) source.index[i] = {entry.offset, entry.bytes};
  }
  for (const ShardEntry& entry : source.index)
    if (!entry.empty())
      source.end = std::max(source.end, static_cast<int64_t>(entry.offset + entry.bytes));
  if (!has_part) return {};
  if (Status s = open_to_write(source.part, 0, source.fd); !s.ok()) return s;
  const auto size = static_cast<int64_t>(fs::file_size(source.part, absent));
  source.part_bytes = end_of_data(source.fd, size);
  return {};
}

// A published shard's index; one that is not whole has nothing to tell.
Status ArrayRecovery::read_index(Source& source) const {
  std::error_code absent;
  source.published = fs::is_regular_file(source.target, absent);
  if (!source.published) return {};
  Fd fd;
  int64_t size = 0;
  if (Status s = open_for_reading(source.target, fd, size); !s.ok()) return s;
  std::vector<std::byte> stored(static_cast<size_t>(shard_->index_bytes()));
  const int64_t bytes = shard_->index_bytes();
  CodecScratch scratch;
  if (size < bytes || read_at(fd.get(), stored.data(), bytes, size - bytes) != bytes ||
      !shard_->decode_index(stored, source.before, scratch).ok())
    source.before.assign(source.before.size(), {});
  for (ShardEntry& entry : source.before)
    if (!shard_->check(entry, size).ok()) entry = {};
  return {};
}

void ArrayRecovery::drop_damaged(const Band& band, const std::set<int64_t>& damaged,
                                 std::vector<ShardEntry>& index) const {
  if (!own_frames_ || damaged.empty() || grid_.frames_per_chunk() > 1) return;
  const size_t inner = static_cast<size_t>(grid_.inner_yx());
  for (size_t slab = 0; slab < band.of_frame.size(); ++slab)
    if (damaged.contains(band.of_frame[slab]))
      std::fill_n(index.begin() + static_cast<ptrdiff_t>(slab * inner), inner, ShardEntry());
}

Status ArrayRecovery::encode_slabs(const Band& band, int64_t part, const std::set<int64_t>& damaged,
                                   Source& source) {
  for (const auto& [slab_in_band, slab] : band.slabs) {
    if (!has_to_be_encoded(slab)) continue;
    for (size_t i = 0; i < grid_.tiles().size(); ++i) {
      const Tile& tile = grid_.tiles()[i];
      if (tile.part != part) continue;
      ShardEntry& entry =
          source.index[static_cast<size_t>(slab_in_band * grid_.inner_yx() + tile.inner)];
      if (Status s = encode_into_shard(slab, i, damaged, source, entry); !s.ok()) return s;
    }
  }
  return {};
}

Status ArrayRecovery::encode_into_shard(const Slab& slab, size_t tile,
                                        const std::set<int64_t>& damaged, Source& source,
                                        ShardEntry& entry) {
  const fs::path& holds = source.fd ? source.part : source.target;
  std::span<const std::byte> stored;
  if (Status s = encode_chunk(slab, tile, damaged, holds, entry, stored); !s.ok()) return s;
  entry = {};
  if (stored.empty()) return {};
  if (Status s = ensure_part(source); !s.ok()) return s;
  const int64_t offset = aligned_up(source.end), bytes = static_cast<int64_t>(stored.size());
  if (!write_at(source.fd.get(), stored.data(), bytes, offset))
    return io_failure("write", source.part);
  entry = {static_cast<uint64_t>(offset), static_cast<uint64_t>(bytes)};
  source.end = offset + bytes;
  return {};
}

// The planes from the log over what the chunk held before, if anything.
Status ArrayRecovery::encode_chunk(const Slab& slab, size_t tile, const std::set<int64_t>& damaged,
                                   const fs::path& file, const ShardEntry& before,
                                   std::span<const std::byte>& stored) {
  const auto pixels = pixels_.take(static_cast<size_t>(encoder_.chunk_bytes()));
  if (!decode_before(file, before, pixels)) std::memset(pixels.data(), 0, pixels.size());
  Fd log;
  int64_t size = 0;
  const fs::path path = log_path(root_, number_);
  if (!slab.planes.empty())
    if (Status s = open_for_reading(path, log, size); !s.ok()) return s;
  const int64_t bytes = grid_.tile_bytes();
  for (const int64_t plane : slab.cleared)
    std::memset(pixels.data() + plane * bytes, 0, static_cast<size_t>(bytes));
  for (const Logged& plane : slab.planes) {
    if (own_frames_ && damaged.contains(plane.frame)) continue;
    const int64_t from = static_cast<int64_t>(plane.slot.offset) + layout_.offset(tile);
    std::byte* to = pixels.data() + grid_.plane_in_chunk(plane.frame) * bytes;
    if (read_at(log.get(), to, bytes, from) != bytes) return io_failure("read", path);
  }
  const auto room = encoded_.take(static_cast<size_t>(encoder_.encoded_bound()));
  size_t written = 0;
  if (Status s = encoder_.encode(pixels, room, codec_, written); !s.ok()) return s;
  stored = room.first(written);
  return {};
}

bool ArrayRecovery::decode_before(const fs::path& file, const ShardEntry& before,
                                  std::span<std::byte> pixels) {
  Fd fd;
  int64_t size = 0;
  if (before.empty() || before.bytes > static_cast<uint64_t>(encoder_.encoded_bound()) ||
      !open_for_reading(file, fd, size).ok())
    return false;
  const auto stored = encoded_.take(static_cast<size_t>(before.bytes));
  const int64_t bytes = static_cast<int64_t>(before.bytes);
  return read_at(fd.get(), stored.data(), bytes, static_cast<int64_t>(before.offset)) == bytes &&
         encoder_.decode(stored, pixels, codec_).ok();
}

// A published shard is never changed in place: its copy is, and then takes its name.
Status ArrayRecovery::ensure_part(Source& source) const {
  if (source.fd) return {};
  const fs::path copy = source.part.string() + ".copy";
  if (Status s = open_to_write(copy, O_CREAT | O_TRUNC, source.fd); !s.ok()) return s;
  if (source.published)
    if (Status s = copy_start(source.target, source.fd, copy, source.end); !s.ok()) return s;
  source.part_bytes = source.end;
  return rename_synced(source.fd, copy, source.part);
}

Status ArrayRecovery::publish(Source& source, int64_t& dropped_bytes) {
  if (Status s = ensure_part(source); !s.ok()) return s;
  const int64_t bytes = shard_->index_bytes();
  std::vector<std::byte> stored(static_cast<size_t>(bytes));
  if (Status s = shard_->encode_index(source.index, stored, codec_); !s.ok()) return s;
  // Also gives back what was reserved beyond the end.
  if (::ftruncate(source.fd.get(), source.end) != 0) return io_failure("cut", source.part);
  if (!write_at(source.fd.get(), stored.data(), bytes, source.end))
    return io_failure("write", source.part);
  if (Status s = rename_synced(source.fd, source.part, source.target); !s.ok()) return s;
  dropped_bytes += std::max<int64_t>(0, source.part_bytes - source.end - bytes);
  return source.fd.close_checked(source.target);
}

Status ArrayRecovery::finish_chunk_files(int64_t number, const Band& band,
                                         const std::set<int64_t>& damaged) {
  for (const auto& [slab_in_band, slab] : band.slabs) {
    if (!has_to_be_encoded(slab)) continue;
    const int64_t frame = grid_.first_frame(number, slab_in_band);
    for (size_t i = 0; i < grid_.tiles().size(); ++i)
      if (Status s = finish_chunk_file(slab, frame, i, damaged); !s.ok()) return s;
  }
  return {};
}

Status ArrayRecovery::finish_chunk_file(const Slab& slab, int64_t frame, size_t tile,
                                        const std::set<int64_t>& damaged) {
  const fs::path target = final_path(grid_.chunk_key_of(frame, grid_.tiles()[tile]));
  std::error_code absent;
  const uintmax_t size = fs::file_size(target, absent);
  const ShardEntry before = absent ? ShardEntry() : ShardEntry{0, size};
  std::span<const std::byte> stored;
  if (Status s = encode_chunk(slab, tile, damaged, target, before, stored); !s.ok()) return s;
  if (stored.empty()) {
    fs::remove(target, absent);
    return absent ? io_failure("remove", target) : Status();
  }
  const fs::path copy = log_path(root_, number_).string() + ".copy";
  Fd fd;
  if (Status s = open_to_write(copy, O_CREAT | O_TRUNC, fd); !s.ok()) return s;
  if (!write_at(fd.get(), stored.data(), static_cast<int64_t>(stored.size()), 0))
    return io_failure("write", copy);
  return rename_synced(fd, copy, target);
}

}  // namespace parfocal
