#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/array_writer-inl.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal {
namespace {

constexpr int64_t kLeastDirect = int64_t{256} << 10;  // smaller writes wait too long for the disk

std::span<const std::byte> span_of(const std::byte* data, int64_t bytes) {
  return {data, static_cast<size_t>(bytes)};
}

}  // namespace

Status ArrayWriter::write_tiles(Band& band, int64_t frame, const std::byte* buffer,
                                Scratch& scratch, Piece& piece) {
  piece.kind = PieceKind::tiles;
  piece.entries.assign(grid_.tiles().size(), {});
  const int64_t first_chunk = grid_.slab_in_band(frame) * grid_.inner_yx();
  for (const PartSpan& span : layout_.parts()) {
    Status s = !shard_            ? write_chunk_files(frame, span, buffer, scratch, piece)
               : encoder_.plain() ? write_plain_part(band, span, first_chunk, buffer, piece)
                                  : encode_part(band, span, first_chunk, buffer, scratch, piece);
    if (!s.ok()) return s;
  }
  return {};
}

// The tiles of one shard lie together in the frame's buffer: one write, and no copy.
Status ArrayWriter::write_plain_part(Band& band, const PartSpan& span, int64_t first_chunk,
                                     const std::byte* buffer, Piece& piece) {
  bool any = false;
  for (size_t i = span.first; i < span.first + span.count; ++i) {
    const auto pixels = span_of(buffer + layout_.offset(i), grid_.tile_bytes());
    if (all_zero(pixels)) continue;
    any = true;
    piece.entries[i] = {static_cast<uint64_t>(layout_.offset(i) - span.offset),
                        static_cast<uint32_t>(pixels.size()), crc32c(pixels)};
  }
  if (!any) return {};
  Part* part = nullptr;
  int64_t offset = 0;
  Status s = open_part(band, grid_.tiles()[span.first].part, part);
  if (s.ok()) s = part->file.reserve(span.bytes, offset);
  if (s.ok()) s = part->file.write(offset, buffer + span.offset, span.bytes);
  if (s.ok()) place(*part, span.first, span.first + span.count, first_chunk, offset, piece);
  return s;
}

// Entries hold offsets within the block until the block has its place in the file.
void ArrayWriter::place(Part& part, size_t first, size_t last, int64_t first_chunk, int64_t offset,
                        Piece& piece) {
  for (size_t i = first; i < last; ++i) {
    TileEntry& entry = piece.entries[i];
    if (entry.offset == TileEntry::kEmpty) continue;
    entry.offset += static_cast<uint64_t>(offset);
    part.index[static_cast<size_t>(first_chunk + grid_.tiles()[i].inner)] = {entry.offset,
                                                                             entry.bytes};
  }
}

Status ArrayWriter::encode_part(Band& band, const PartSpan& span, int64_t first_chunk,
                                const std::byte* buffer, Scratch& scratch, Piece& piece) {
  std::byte* block = scratch.encoded.data();
  int64_t used = 0;
  size_t first = span.first;
  const auto flush = [&](size_t last) -> Status {
    if (used == 0) return {};
    std::memset(block + used, 0, static_cast<size_t>(aligned_up(used) - used));
    Part* part = nullptr;
    int64_t offset = 0;
    Status s = open_part(band, grid_.tiles()[span.first].part, part);
    if (s.ok()) s = part->file.reserve(used, offset);
    if (s.ok()) s = part->file.write(offset, block, used);
    if (s.ok()) place(*part, first, last, first_chunk, offset, piece);
    first = last;
    used = 0;
    return s;
  };
  for (size_t i = span.first; i < span.first + span.count; ++i) {
    if (used + encoder_.encoded_bound() > scratch.encoded.bytes())
      if (Status s = flush(i); !s.ok()) return s;
    const std::span<std::byte> room(block + used,
                                    static_cast<size_t>(scratch.encoded.bytes() - used));
    size_t written = 0;
    const auto pixels = span_of(buffer + layout_.offset(i), grid_.tile_bytes());
    if (Status s = encoder_.encode(pixels, room, scratch.codec, written); !s.ok()) return s;
    if (written == 0) continue;
    piece.entries[i] = {static_cast<uint64_t>(used), static_cast<uint32_t>(written),
                        crc32c(room.first(written))};
    used += static_cast<int64_t>(written);
  }
  return flush(span.first + span.count);
}

Status ArrayWriter::open_part(Band& band, int64_t number, Part*& part) {
  part = &band.parts[static_cast<size_t>(number)];
  if (part->created) return {};
  const std::lock_guard lock(part->creating);
  if (part->created) return {};
  // Compressed shards grow; of uncompressed ones the size is known.
  const int64_t tiles = grid_.tiles_of_part(number) * grid_.frames_in_band(band.number);
  const int64_t expected =
      encoder_.plain() ? tiles * grid_.tile_bytes() + 2 * kWriteAlign : 2 * kWriteAlign;
  const int64_t block = grid_.tiles_of_part(number) * grid_.tile_bytes();
  const bool direct = options_.direct && block >= kLeastDirect;
  if (Status s =
          part->file.create(part_path(root_, number_, band.number, number), expected, direct);
      !s.ok())
    return s;
  part->index.assign(static_cast<size_t>(grid_.chunks_per_part()), {});
  note_name_in(work_folder(root_));
  part->created = true;
  return {};
}

Status ArrayWriter::write_chunk_files(int64_t frame, const PartSpan& span, const std::byte* buffer,
                                      Scratch& scratch, Piece& piece) {
  for (size_t i = span.first; i < span.first + span.count; ++i)
    if (Status s =
            store_chunk_file(frame, i, span_of(buffer + layout_.offset(i), grid_.tile_bytes()),
                             scratch, piece.entries[i]);
        !s.ok())
      return s;
  return {};
}

Status ArrayWriter::store_chunk_file(int64_t frame, size_t tile, std::span<const std::byte> pixels,
                                     Scratch& scratch, TileEntry& entry) {
  std::span<const std::byte> stored = pixels;
  if (encoder_.plain()) {
    if (all_zero(pixels)) return {};
  } else {
    const std::span<std::byte> room(scratch.encoded.data(),
                                    static_cast<size_t>(scratch.encoded.bytes()));
    size_t written = 0;
    if (Status s = encoder_.encode(pixels, room, scratch.codec, written); !s.ok()) return s;
    if (written == 0) return {};
    stored = room.first(written);
  }
  entry = {0, static_cast<uint32_t>(stored.size()), crc32c(stored)};
  const auto path = final_path(grid_.chunk_key_of(frame, grid_.tiles()[tile]));
  Status s = make_parent(path);
  const int64_t bytes = static_cast<int64_t>(stored.size());
  // A chunk of several frames may be there already, and be read: it is replaced in one step.
  const bool replaces = grid_.frames_per_chunk() > 1;
  const std::filesystem::path target = path.string() + (replaces ? ".part" : "");
  if (s.ok())
    s = bytes >= kLeastDirect && options_.direct ? write_large_file(target, stored.data(), bytes)
                                                 : write_small_file(target, stored.data(), bytes);
  if (s.ok() && replaces && ::rename(target.c_str(), path.c_str()) != 0)
    s = io_failure("rename to", path);
  if (s.ok()) note_name_in(path.parent_path());
  return s;
}

Status ArrayWriter::write_large_file(const std::filesystem::path& path, const std::byte* data,
                                     int64_t bytes) {
  PartFile file;
  int64_t offset = 0;
  Status s = file.create(path, bytes, true);
  if (s.ok()) s = file.reserve(bytes, offset);
  if (s.ok()) s = file.write(offset, data, bytes);
  if (s.ok() && bytes % kWriteAlign != 0) s = file.finish(bytes);
  if (s.ok() && options_.durable) s = file.sync();
  if (s.ok()) s = file.close();
  return s;
}

Status ArrayWriter::write_small_file(const std::filesystem::path& path, const std::byte* data,
                                     int64_t bytes) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return io_failure("create", path);
  if (!write_at(fd.get(), data, bytes, 0)) return io_failure("write", path);
  if (options_.durable && ::fdatasync(fd.get()) != 0) return io_failure("sync", path);
  return fd.close_checked(path);
}

void ArrayWriter::note_name_in(const std::filesystem::path& folder) {
  if (!options_.durable) return;
  const std::lock_guard lock(mutex_);
  unsynced_folders_.insert(folder);
}

std::filesystem::path ArrayWriter::final_path(const std::vector<int64_t>& key) const {
  return root_ / spec_.path / chunk_key(zarr_format_, key);
}

Status ArrayWriter::make_parent(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.parent_path();
  // One thread at a time: a folder that another one made has to be as safe as what goes into it.
  const std::lock_guard making(making_folders_);
  if (folder == last_folder_) return {};
  if (Status s = make_folders(folder, options_.durable); !s.ok()) return s;
  last_folder_ = folder;
  return {};
}

}  // namespace parfocal
