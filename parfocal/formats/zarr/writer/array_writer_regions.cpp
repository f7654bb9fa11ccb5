#include <algorithm>

#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/array_writer-inl.h"

// Frames that came in regions: from the region log, tile by tile, to where write() puts them.
namespace parfocal {

std::filesystem::path region_path(const std::filesystem::path& root, uint32_t array) {
  return work_folder(root) / ("a" + std::to_string(array) + ".regions");
}

Status ArrayWriter::write_from_regions(int64_t frame, Scratch& scratch, Piece& piece) {
  piece.array = number_;
  piece.frame = frame;
  const std::shared_ptr<Band> band = band_with(frame);
  if (grid_.frames_per_chunk() > 1) return log_from_regions(*band, frame, scratch, piece);
  piece.kind = PieceKind::tiles;
  piece.entries.assign(grid_.tiles().size(), {});
  for (size_t i = 0; i < grid_.tiles().size(); ++i) {
    Status s = regions_->read_rows(frame, i, 0, grid_.chunk_height(), scratch.chunk.data());
    if (s.ok()) s = store_chunk(*band, frame, i, scratch, piece.entries[i]);
    if (!s.ok()) return s;
  }
  return {};
}

Status ArrayWriter::log_from_regions(Band& band, int64_t frame, Scratch& scratch, Piece& piece) {
  int64_t slot = 0;
  if (Status s = log_.take(slot); !s.ok()) return s;
  const int64_t block = scratch.chunk.bytes() / kWriteAlign * kWriteAlign;
  std::byte* const bytes = scratch.chunk.data();
  uint32_t crc = 0;
  const int64_t all = layout_.logged_bytes();
  for (int64_t done = 0; done < all;) {
    const int64_t n = std::min(block, all - done);
    Status s = regions_->read(frame, done, n, bytes);
    if (s.ok()) s = log_.file().write(slot + done, bytes, n);
    if (!s.ok()) return s;
    crc = crc32c({bytes, static_cast<size_t>(n)}, crc);
    done += n;
  }
  piece.kind = PieceKind::logged;
  piece.entries = {{static_cast<uint64_t>(slot), static_cast<uint32_t>(all), crc}};
  note_name_in(work_folder(root_));
  const std::lock_guard lock(mutex_);
  slab_of(band, frame).slots[static_cast<size_t>(grid_.plane_in_chunk(frame))] = slot;
  return {};
}

}  // namespace parfocal
