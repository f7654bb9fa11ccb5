#include "parfocal/formats/zarr/writer/image_writer.h"

namespace parfocal {

Status ImageWriter::write_region(int64_t frame, const View& region) {
  if (!samples_.empty()) {
    const std::lock_guard lock(mutex_);
    const size_t c = std::min(static_cast<size_t>(channel_of(frame)), samples_.size() - 1);
    const size_t y = spec().stream_rank();
    samples_[c].add(frame, region, Region::whole({spec().axes[y].size, spec().axes[y + 1].size}));
  }
  return levels_.front()->regions().write(frame, region);
}

Status ImageWriter::write_from_regions(int64_t frame, std::span<const std::byte> row,
                                       Scratch& scratch, Written& written) {
  written.record.image = static_cast<uint32_t>(image_);
  written.record.frame = frame;
  written.record.row.assign(row.begin(), row.end());
  for (size_t level = 0; level < levels_.size(); ++level) {
    ArrayWriter& array = *levels_[level];
    if (level > 0) {
      ArrayWriter& larger = *levels_[level - 1];
      Status s = array.admit(frame);
      if (s.ok())
        s = region_steps_[level - 1]->pool(larger.regions(), array.regions(), frame,
                                           scratch.strips[level - 1]);
      if (!s.ok()) return s;
      larger.regions().release(frame);
    }
    if (Status s = array.write_from_regions(frame, scratch.arrays[level],
                                            written.record.pieces.emplace_back());
        !s.ok())
      return s;
  }
  levels_.back()->regions().release(frame);
  return {};
}

// Without z between them, a missing frame is missing in all levels.
Status ImageWriter::skip_smaller(int64_t frame, Scratch& scratch) {
  for (size_t level = 1; level < levels_.size(); ++level) {
    Status s = levels_[level]->admit(frame);
    if (s.ok()) s = levels_[level]->skip(frame, scratch.arrays[level]);
    if (!s.ok()) return s;
  }
  return {};
}

}  // namespace parfocal
