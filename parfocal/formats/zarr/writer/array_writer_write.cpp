#include <cstdio>
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
  for (const PartSpan& span : layout_.parts()) {
    Status s = !shard_            ? write_chunk_files(frame, span, buffer, scratch, piece)
               : encoder_.plain() ? write_plain_part(band, frame, span, buffer, scratch, piece)
                                  : encode_part(band, frame, span, buffer, scratch, piece);
    if (!s.ok()) return s;
  }
  return {};
}

// The tiles of one shard lie together in the frame's buffer: one write, and no copy.
Status ArrayWriter::write_plain_part(Band& band, int64_t frame, const PartSpan& span,
                                     const std::byte* buffer, Scratch& scratch, Piece& piece) {
  bool any = false;
  for (size_t i = span.first; i < span.first + span.count; ++i) {
    const auto pixels = span_of(buffer + layout_.offset(i), grid_.tile_bytes());
    if (all_zero(pixels)) continue;
    any = true;
    piece.entries[i] = {static_cast<uint64_t>(layout_.offset(i) - span.offset),
                        static_cast<uint32_t>(pixels.size()), crc32c(pixels)};
  }
  if (!any) return {};
  const auto payload = span_of(buffer + span.offset, span.bytes);
  if (writes_whole_shards()) return write_whole_shard(frame, span, payload, scratch, piece);
  return add_to_part(band, frame, span.first, span.first + span.count, payload, piece);
}

// Entries hold offsets within the block until the block has its place in the file.
Status ArrayWriter::add_to_part(Band& band, int64_t frame, size_t first, size_t last,
                                std::span<const std::byte> block, Piece& piece) {
  Part* part = nullptr;
  int64_t offset = 0;
  const auto bytes = static_cast<int64_t>(block.size());
  Status s = open_part(band, grid_.tiles()[first].part, part);
  if (s.ok()) s = part->file.reserve(bytes, offset);
  if (s.ok()) s = part->file.write(offset, block.data(), bytes);
  if (!s.ok()) return s;
  const int64_t first_chunk = grid_.slab_in_band(frame) * grid_.inner_yx();
  for (size_t i = first; i < last; ++i) {
    TileEntry& entry = piece.entries[i];
    if (entry.offset == TileEntry::kEmpty) continue;
    entry.offset += static_cast<uint64_t>(offset);
    part->index[static_cast<size_t>(first_chunk + grid_.tiles()[i].inner)] = {entry.offset,
                                                                              entry.bytes};
  }
  return {};
}

Status ArrayWriter::encode_part(Band& band, int64_t frame, const PartSpan& span,
                                const std::byte* buffer, Scratch& scratch, Piece& piece) {
  std::byte* block = scratch.encoded.data();
  int64_t used = 0;
  size_t first = span.first;
  const auto flush = [&](size_t last) -> Status {
    if (used == 0) return {};
    std::memset(block + used, 0, static_cast<size_t>(aligned_up(used) - used));
    const auto payload = span_of(block, used);
    Status s = writes_whole_shards() ? write_whole_shard(frame, span, payload, scratch, piece)
                                     : add_to_part(band, frame, first, last, payload, piece);
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

// Shards of one frame, each small enough for one block: a shard is a file like any chunk, complete
// when it is written.
bool ArrayWriter::writes_whole_shards() const {
  return shard_ && grid_.frames_per_band() == 1 &&
         (encoder_.plain() || most_encoded_bytes() <= block_bytes());
}

// Under its own name at once: no reader is told of it before the frame is recorded. The index fills
// its block from the end, so that the file ends where the write does.
Status ArrayWriter::write_whole_shard(int64_t frame, const PartSpan& span,
                                      std::span<const std::byte> payload, Scratch& scratch,
                                      const Piece& piece) {
  const Tile* tiles = grid_.tiles().data();
  std::vector<ShardEntry> index(static_cast<size_t>(grid_.chunks_per_part()));
  for (size_t i = span.first; i < span.first + span.count; ++i)
    if (piece.entries[i].offset != TileEntry::kEmpty)
      index[static_cast<size_t>(tiles[i].inner)] = {piece.entries[i].offset,
                                                    piece.entries[i].bytes};
  const bool direct = is_direct(static_cast<int64_t>(payload.size()));
  const int64_t bytes = shard_->index_bytes(), block = direct ? aligned_up(bytes) : bytes;
  std::byte* tail = scratch.index.data();
  std::memset(tail, 0, static_cast<size_t>(block - bytes));
  Status s = shard_->encode_index(index, {tail + block - bytes, static_cast<size_t>(bytes)},
                                  scratch.codec);
  const auto path = final_path(grid_.part_key_of(grid_.band_of(frame), tiles[span.first].part));
  if (s.ok()) s = make_parent(path);
  if (s.ok()) s = write_new_file(path, payload, span_of(tail, block), direct, options_.durable);
  if (s.ok()) note_name_in(path.parent_path());
  return s;
}

Status ArrayWriter::open_part(Band& band, int64_t number, Part*& part) {
  part = &band.parts[static_cast<size_t>(number)];
  if (part->created) return {};
  const std::lock_guard lock(part->creating);
  if (part->created) return {};
  // Compressed shards grow; of uncompressed ones the size is known.
  const int64_t frames = grid_.frames_in_band(band.number);
  const int64_t most = part_bytes(number, frames);
  const int64_t expected = encoder_.plain() ? most : std::min(most, 2 * kWriteAlign);
  if (Status s = part->file.create(part_path(root_, number_, band.number, number), expected, most,
                                   is_direct(part_block_bytes(number)));
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
  // A chunk of several frames may be there already, and be read: it is replaced in one step.
  const bool replaces = grid_.frames_per_chunk() > 1;
  const bool durable = options_.durable || (replaces && band_with(frame)->rewrites);
  const std::filesystem::path target = path.string() + (replaces ? ".part" : "");
  const bool direct = is_direct(static_cast<int64_t>(stored.size()));
  if (s.ok()) s = write_new_file(target, stored, {}, direct, durable);
  if (s.ok() && replaces && ::rename(target.c_str(), path.c_str()) != 0)
    s = io_failure("rename to", path);
  if (s.ok()) note_name_in(path.parent_path());
  return s;
}

bool ArrayWriter::is_direct(int64_t bytes) const {
  return options_.direct && bytes >= kLeastDirect;
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
