#include <algorithm>

#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/zarr/writer/array_writer-inl.h"

// What an array takes on the disk when no frame shrinks, before the first of them.
namespace parfocal {
namespace {

int64_t product(const std::vector<int64_t>& cells) {
  int64_t all = 1;
  for (const int64_t n : cells) all = room_product(all, n);
  return all;
}

// Files at places of a grid, in folders of their own.
int64_t files_room_bytes(std::vector<int64_t> cells, std::array<int64_t, 2> yx, int64_t each) {
  cells.insert(cells.end(), yx.begin(), yx.end());
  return room_product(product(cells), file_room_bytes(each)) + grid_folders_room_bytes(cells);
}

}  // namespace

// Of what one frame brings to a shard, uncompressed.
int64_t ArrayWriter::part_block_bytes(int64_t part) const {
  return grid_.tiles_of_part(part) * grid_.tile_bytes();
}

// Of a shard that holds so many frames: its chunks as they are stored at most, and the index.
int64_t ArrayWriter::part_bytes(int64_t part, int64_t frames) const {
  const bool direct = is_direct(part_block_bytes(part));
  const int64_t tiles = grid_.tiles_of_part(part), index = shard_->index_bytes();
  int64_t bytes = 0;
  if (grid_.frames_per_chunk() > 1) {
    const int64_t slabs = grid_.chunks_per_part() / grid_.inner_yx();
    bytes = tiles * slabs * PartFile::room(encoder_.encoded_bound(), direct);
  } else if (regions_) {
    bytes = frames * tiles * PartFile::room(encoder_.encoded_bound(), direct);
  } else if (encoder_.plain()) {
    bytes = frames * PartFile::room(part_block_bytes(part), direct);
  } else {
    // In several writes where they do not fit one.
    const int64_t encoded = tiles * encoder_.encoded_bound();
    const int64_t writes = encoded / std::max<int64_t>(1, block_bytes() / 2) + 1;
    bytes = frames * (encoded + (direct ? writes * kWriteAlign : 0));
  }
  return bytes + PartFile::room(index, direct);
}

int64_t ArrayWriter::shards_room_bytes() const {
  int64_t band = 0;
  for (int64_t part = 0; part < grid_.parts(); ++part)
    band += file_room_bytes(part_bytes(part, grid_.frames_per_band()));
  // Shards at the end of an axis are not full: by the share of frames that are there.
  const int64_t bands = product(grid_.bands()), frames = grid_.frames();
  const int64_t places = room_product(bands, grid_.frames_per_band());
  int64_t room = room_product(bands, band);
  if (grid_.frames_per_chunk() == 1 && frames < places) {
    const int64_t each = band / grid_.frames_per_band() + 1;
    const int64_t index = aligned_up(shard_->index_bytes()) + kDiskBlockBytes;
    room = std::min(
        room, room_product(frames, each) + room_product(room_product(bands, grid_.parts()), index));
  }
  return room + files_room_bytes(grid_.bands(), grid_.parts_yx(), 0);
}

int64_t ArrayWriter::chunk_files_room_bytes() const {
  return files_room_bytes(grid_.slabs(), grid_.chunks_yx(), encoder_.encoded_bound());
}

int64_t ArrayWriter::room_bytes() const {
  const int64_t stored = shard_ ? shards_room_bytes() : chunk_files_room_bytes();
  const int64_t waiting =
      regions_ ? room_product(spec_.level == 0 ? grid_.frames() : 1, layout_.bytes()) : 0;
  return std::min(kMostRoomBytes, stored + log_bytes() + waiting);
}

// journal.h says what records are made of.
int64_t ArrayWriter::piece_record_bytes() const {
  constexpr int64_t kPieceBytes = 24, kEntryBytes = 16;
  return kPieceBytes + kEntryBytes * static_cast<int64_t>(grid_.tiles().size());
}

int64_t ArrayWriter::seal_records_bytes() const {
  constexpr int64_t kSealBytes = 32, kHeaderBytes = 16;
  const int64_t slabs = grid_.frames_per_chunk() > 1 ? product(grid_.slabs()) : 0;
  return room_product(product(grid_.bands()), kSealBytes) +
         room_product(slabs, kHeaderBytes + piece_record_bytes());
}

}  // namespace parfocal
