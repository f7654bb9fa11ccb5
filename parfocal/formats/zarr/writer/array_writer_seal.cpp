#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/array_writer-inl.h"

namespace parfocal {

ArrayWriter::Slab& ArrayWriter::slab_of(Band& band, int64_t frame) {
  Slab& slab = band.slabs[grid_.slab_in_band(frame)];
  if (slab.slots.empty()) {
    slab.slots.assign(static_cast<size_t>(grid_.frames_per_chunk()), -1);
    slab.left = grid_.frames_in_slab(grid_.slab_of(frame));
  }
  return slab;
}

ArrayWriter::Slab ArrayWriter::take_slab(Band& band, int64_t number) {
  Slab slab = std::move(band.slabs.at(number));
  band.slabs.erase(number);
  return slab;
}

Status ArrayWriter::log_plane(Band& band, int64_t frame, const std::byte* buffer, Piece& piece) {
  int64_t slot = 0;
  if (Status s = log_.take(slot); !s.ok()) return s;
  const int64_t bytes = layout_.logged_bytes();
  if (Status s = log_.file().write(slot, buffer, bytes); !s.ok()) return s;
  piece.kind = PieceKind::logged;
  piece.entries = {{static_cast<uint64_t>(slot), static_cast<uint32_t>(bytes),
                    crc32c({buffer, static_cast<size_t>(bytes)})}};
  note_name_in(work_folder(root_));
  const std::lock_guard lock(mutex_);
  slab_of(band, frame).slots[static_cast<size_t>(grid_.plane_in_chunk(frame))] = slot;
  return {};
}

// Chunk by chunk from the log: memory holds one chunk, however many planes it spans.
Status ArrayWriter::complete_slab(Band& band, int64_t frame, const Slab& slab, Scratch& scratch) {
  SlabRecord record;
  record.piece = {number_, PieceKind::tiles, frame, {}};
  record.piece.entries.resize(grid_.tiles().size());
  bool any = false;
  for (const int64_t slot : slab.slots) any = any || slot >= 0;
  for (size_t i = 0; any && i < grid_.tiles().size(); ++i) {
    Status s = gather(slab, i, scratch.chunk.data());
    if (s.ok()) s = store_chunk(band, frame, i, scratch, record.piece.entries[i]);
    if (!s.ok()) return s;
  }
  if (band.rewrites)
    if (Status s = drop_empty_chunks(band, record.piece); !s.ok()) return s;
  if (!any) return {};
  // The record lets the slots be used again: what it speaks of has to be as safe as they are.
  // Planes of an earlier writer among them may have been promised for a power cut.
  const bool safe = options_.durable || band.rewrites;
  if (safe)
    if (Status s = sync(); !s.ok()) return s;
  if (band.rewrites)
    if (Status s = sync_directory(work_folder(root_)); !s.ok()) return s;
  if (Status s = journal_.append(record); !s.ok()) return s;
  if (safe)
    if (Status s = journal_.sync(); !s.ok()) return s;
  for (const int64_t slot : slab.slots)
    if (slot >= 0) log_.give_back(slot);
  return {};
}

Status ArrayWriter::gather(const Slab& slab, size_t tile, std::byte* chunk) {
  const int64_t bytes = grid_.tile_bytes();
  for (size_t plane = 0; plane < slab.slots.size(); ++plane) {
    std::byte* to = chunk + static_cast<int64_t>(plane) * bytes;
    if (slab.slots[plane] < 0) {
      std::memset(to, 0, static_cast<size_t>(bytes));
      continue;
    }
    if (Status s = log_.file().read(slab.slots[plane] + layout_.offset(tile), to, bytes); !s.ok())
      return s;
  }
  return {};
}

Status ArrayWriter::store_chunk(Band& band, int64_t frame, size_t tile, Scratch& scratch,
                                TileEntry& entry) {
  const std::span<const std::byte> pixels(scratch.chunk.data(),
                                          static_cast<size_t>(encoder_.chunk_bytes()));
  if (!shard_) return store_chunk_file(frame, tile, pixels, scratch, entry);
  size_t written = 0;
  const std::span<std::byte> room(scratch.encoded.data(),
                                  static_cast<size_t>(scratch.encoded.bytes()));
  if (Status s = encoder_.encode(pixels, room, scratch.codec, written); !s.ok()) return s;
  if (written == 0) return {};
  const int64_t bytes = static_cast<int64_t>(written);
  std::memset(room.data() + written, 0, static_cast<size_t>(aligned_up(bytes) - bytes));
  const Tile& t = grid_.tiles()[tile];
  Part* part = nullptr;
  int64_t offset = 0;
  Status s = open_part(band, t.part, part);
  if (s.ok()) s = part->file.reserve(bytes, offset);
  if (s.ok()) s = part->file.write(offset, room.data(), bytes);
  if (!s.ok()) return s;
  entry = {static_cast<uint64_t>(offset), static_cast<uint32_t>(written),
           crc32c(room.first(written))};
  part->index[static_cast<size_t>(grid_.slab_in_band(frame) * grid_.inner_yx() + t.inner)] = {
      entry.offset, entry.bytes};
  return {};
}

Status ArrayWriter::seal(Band& band, Scratch& scratch) {
  for (size_t number = 0; number < band.parts.size(); ++number) {
    const auto part = static_cast<int64_t>(number);
    Status s;
    if (band.parts[number].created)
      s = seal_part(band, part, scratch);
    else if (band.rewrites)
      s = remove_part(band, part);
    if (!s.ok()) return s;
  }
  // In `durable` the names are on the disk before the record that relies on them.
  if (options_.durable)
    if (Status s = sync_folders(); !s.ok()) return s;
  const int64_t frame = grid_.first_frame(band.number);
  if (Status s = journal_.append(SealRecord{number_, frame}); !s.ok()) return s;
  count_sealed(band.number);
  return {};
}

Status ArrayWriter::seal_part(Band& band, int64_t number, Scratch& scratch) {
  Part& part = band.parts[static_cast<size_t>(number)];
  const auto stored = [](const ShardEntry& entry) { return !entry.empty(); };
  if (std::none_of(part.index.begin(), part.index.end(), stored)) return remove_part(band, number);
  const int64_t bytes = shard_->index_bytes(), block = part.file.room(bytes);
  std::byte* index = scratch.index.data();
  // At the end of its block, so that a file whose size was known need not be cut.
  std::memset(index, 0, static_cast<size_t>(block - bytes));
  Status s = shard_->encode_index(part.index, {index + block - bytes, static_cast<size_t>(bytes)},
                                  scratch.codec);
  int64_t offset = 0;
  if (s.ok()) s = part.file.reserve(block, offset);
  if (s.ok()) s = part.file.write(offset, index, block);
  if (s.ok()) s = part.file.finish(offset + block);
  // An earlier writer may have promised what this file replaces for a power cut, too.
  if (s.ok() && (options_.durable || band.rewrites)) s = part.file.sync();
  if (s.ok()) s = part.file.close();
  if (!s.ok()) return s;
  const auto target = final_path(grid_.part_key_of(band.number, number));
  if (s = make_parent(target); !s.ok()) return s;
  if (::rename(part.file.path().c_str(), target.c_str()) != 0)
    return io_failure("rename to", target);
  note_name_in(target.parent_path());
  return {};
}

// All its frames were taken back: a shard that is absent reads as zeros too.
Status ArrayWriter::remove_part(Band& band, int64_t number) {
  Part& part = band.parts[static_cast<size_t>(number)];
  if (Status s = part.file.close(); !s.ok()) return s;
  const auto sealed = final_path(grid_.part_key_of(band.number, number));
  for (const auto& path : {sealed, part.file.path()})
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return io_failure("remove", path);
  return {};
}

Status ArrayWriter::sync_folders() {
  // Who finds nothing to sync must not return before another's sync has ended.
  const std::lock_guard syncing(syncing_folders_);
  std::set<std::filesystem::path> folders;
  {
    const std::lock_guard lock(mutex_);
    folders.swap(unsynced_folders_);
  }
  if (folder_sync_failed_)
    return Status::fail("a folder of " + spec_.path + " could not be synced");
  for (const auto& folder : folders)
    if (Status s = sync_directory(folder); !s.ok()) {
      folder_sync_failed_ = true;
      return s;
    }
  return {};
}

Status ArrayWriter::sync() {
  std::vector<std::shared_ptr<Band>> bands;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, band] : bands_) bands.push_back(band);
  }
  for (const auto& band : bands)
    for (Part& part : band->parts)
      if (part.created)
        if (Status s = part.file.sync(); !s.ok()) return s;
  if (Status s = log_.sync(); !s.ok()) return s;
  return sync_folders();
}

Status ArrayWriter::close(Scratch& scratch) {
  for (;;) {
    std::shared_ptr<Band> band;
    {
      const std::lock_guard lock(mutex_);
      if (bands_.empty()) break;
      band = bands_.begin()->second;
    }
    while (!band->slabs.empty()) {
      const int64_t number = band->slabs.begin()->first;
      const int64_t frame = grid_.first_frame(band->number, number);
      const Slab slab = take_slab(*band, number);
      if (Status s = complete_slab(*band, frame, slab, scratch); !s.ok()) return s;
    }
    if (Status s = seal(*band, scratch); !s.ok()) return s;
  }
  if (regions_)
    if (Status s = regions_->remove(); !s.ok()) return s;
  return log_.remove();
}

}  // namespace parfocal
