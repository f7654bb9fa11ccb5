#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "parfocal/formats/zarr/writer/array_writer-inl.h"

// Frames are taken back when a run that was stopped has to keep the same frames in all its outputs.
namespace parfocal {

Status ArrayWriter::drop(int64_t frame, Scratch& scratch) {
  if (!has(frame)) return {};
  const int64_t number = grid_.band_of(frame);
  if (!bands_.contains(number))
    if (Status s = reopen(number, scratch); !s.ok()) return s;
  Band& band = *bands_.at(number);
  band.seen[static_cast<size_t>(place_in_band(frame))] = false;
  return grid_.frames_per_chunk() > 1 ? drop_plane(band, frame, scratch) : drop_tiles(band, frame);
}

// A sealed band becomes one under construction again: copies of its files, which readers may be
// reading, take their place when the band is sealed once more.
Status ArrayWriter::reopen(int64_t number, Scratch& scratch) {
  auto band = std::make_shared<Band>(number, static_cast<size_t>(grid_.frames_per_band()),
                                     static_cast<size_t>(shard_ ? grid_.parts() : 0), 0);
  band->seen.assign(band->seen.size(), true);
  band->rewrites = true;
  for (size_t part = 0; part < band->parts.size(); ++part)
    if (Status s = reopen_part(*band, static_cast<int64_t>(part), scratch); !s.ok()) return s;
  bands_[number] = band;
  reopened_.insert(number);
  return {};
}

Status ArrayWriter::reopen_part(Band& band, int64_t number, Scratch& scratch) {
  const auto sealed = final_path(grid_.part_key_of(band.number, number));
  const auto path = part_path(root_, number_, band.number, number);
  if (::access(sealed.c_str(), F_OK) != 0 && errno == ENOENT) return {};  // nothing was stored
  Part& part = band.parts[static_cast<size_t>(number)];
  Fd fd;
  int64_t size = 0;
  if (Status s = open_for_reading(sealed, fd, size); !s.ok()) return s;
  if (Status s = copy_part(sealed, path, size); !s.ok()) return s;
  const int64_t bytes = shard_->index_bytes();
  std::vector<std::byte> index(static_cast<size_t>(bytes));
  if (size < bytes || read_at(fd.get(), index.data(), bytes, size - bytes) != bytes)
    return io_failure("read the index of", path);
  part.index.assign(static_cast<size_t>(grid_.chunks_per_part()), {});
  if (Status s = shard_->decode_index(index, part.index, scratch.codec); !s.ok()) return s;
  if (Status s = part.file.open_filled(path, size, options_.direct); !s.ok()) return s;
  part.created = true;
  return {};
}

// Under its name it is whole: recovery takes what it finds there for what was written.
Status ArrayWriter::copy_part(const std::filesystem::path& sealed,
                              const std::filesystem::path& path, int64_t bytes) {
  const std::filesystem::path copy = path.string() + ".copy";
  Fd to(::open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!to) return io_failure("create", copy);
  if (Status s = copy_start(sealed, to, copy, bytes); !s.ok()) return s;
  if (options_.durable && ::fdatasync(to.get()) != 0) return io_failure("sync", copy);
  if (Status s = to.close_checked(copy); !s.ok()) return s;
  return ::rename(copy.c_str(), path.c_str()) == 0 ? Status() : io_failure("rename to", path);
}

Status ArrayWriter::drop_tiles(Band& band, int64_t frame) {
  for (const Tile& tile : grid_.tiles())
    if (Status s = drop_chunk(band, frame, tile); !s.ok()) return s;
  return {};
}

// One plane of chunks that span several: out of the log, or out of the chunks that are encoded.
Status ArrayWriter::drop_plane(Band& band, int64_t frame, Scratch& scratch) {
  const int64_t plane = grid_.plane_in_chunk(frame);
  const auto slab = band.slabs.find(grid_.slab_in_band(frame));
  if (slab != band.slabs.end()) {
    slab->second.slots[static_cast<size_t>(plane)] = -1;
    return {};
  }
  for (size_t tile = 0; tile < grid_.tiles().size(); ++tile) {
    bool found = false;
    if (Status s = read_chunk(band, frame, tile, scratch, found); !s.ok()) return s;
    if (!found) continue;
    std::memset(scratch.chunk.data() + plane * grid_.tile_bytes(), 0,
                static_cast<size_t>(grid_.tile_bytes()));
    TileEntry entry;
    if (Status s = store_chunk(band, frame, tile, scratch, entry); !s.ok()) return s;
    if (entry.offset == TileEntry::kEmpty)
      if (Status s = drop_chunk(band, frame, grid_.tiles()[tile]); !s.ok()) return s;
  }
  return {};
}

// What was published of them before is taken back with the last of their frames.
Status ArrayWriter::drop_empty_chunks(Band& band, const Piece& piece) {
  for (size_t i = 0; i < piece.entries.size(); ++i)
    if (piece.entries[i].offset == TileEntry::kEmpty)
      if (Status s = drop_chunk(band, piece.frame, grid_.tiles()[i]); !s.ok()) return s;
  return {};
}

Status ArrayWriter::drop_chunk(Band& band, int64_t frame, const Tile& tile) {
  if (shard_) {
    const int64_t chunk = grid_.slab_in_band(frame) * grid_.inner_yx() + tile.inner;
    Part& part = band.parts[static_cast<size_t>(tile.part)];
    if (part.created) part.index[static_cast<size_t>(chunk)] = {};
    return {};
  }
  const auto path = final_path(grid_.chunk_key_of(frame, tile));
  return ::unlink(path.c_str()) == 0 || errno == ENOENT ? Status() : io_failure("remove", path);
}

Status ArrayWriter::read_chunk(Band& band, int64_t frame, size_t number, Scratch& scratch,
                               bool& found) {
  const Tile& tile = grid_.tiles()[number];
  std::filesystem::path path = final_path(grid_.chunk_key_of(frame, tile));
  ShardEntry entry{0, 0};
  if (shard_) {
    Part& part = band.parts[static_cast<size_t>(tile.part)];
    if (!part.created) return {};
    entry =
        part.index[static_cast<size_t>(grid_.slab_in_band(frame) * grid_.inner_yx() + tile.inner)];
    if (entry.empty()) return {};
    path = part.file.path();
  }
  Fd fd;
  int64_t size = 0;
  if (!shard_ && ::access(path.c_str(), F_OK) != 0) return {};  // all zeros: not stored
  if (Status s = open_for_reading(path, fd, size); !s.ok()) return s;
  const int64_t bytes = shard_ ? static_cast<int64_t>(entry.bytes) : size;
  std::vector<std::byte> stored(static_cast<size_t>(bytes));
  if (read_at(fd.get(), stored.data(), bytes, static_cast<int64_t>(entry.offset)) != bytes)
    return io_failure("read back", path);
  found = true;
  return encoder_.decode(
      stored, {scratch.chunk.data(), static_cast<size_t>(encoder_.chunk_bytes())}, scratch.codec);
}

}  // namespace parfocal
