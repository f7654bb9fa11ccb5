#include <algorithm>

#include "parfocal/formats/zarr/writer/image_writer.h"

namespace parfocal {

// Whether all levels part their frames into the same bands.
bool ImageWriter::bands_are_alike() const {
  const ArraySpec& first = base().spec();
  // A z without end has the same shape in all levels, but not the same frames.
  const bool halves_first = spec().pool_z && first.stream_rank() > 0 && first.names[0] == "z" &&
                            first.shape[0] == kUnbounded;
  if (halves_first && levels_.size() > 1) return false;
  return std::all_of(levels_.begin(), levels_.end(), [&](const auto& level) {
    const ArraySpec& spec = level->spec();
    const auto n = static_cast<ptrdiff_t>(first.stream_rank());
    const auto same = [n](const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
      return a.size() == b.size() &&
             std::equal(a.begin(), a.begin() + std::min<ptrdiff_t>(n, std::ssize(a)), b.begin());
    };
    return same(spec.shape, first.shape) && same(spec.chunk, first.chunk) &&
           same(spec.shard, first.shard);
  });
}

Status ImageWriter::resume_bands(const FrameSet& valid, int64_t frames) {
  const ArrayGrid& grid = base().grid();
  const FrameSet none;
  const FrameSet& trusted = bands_are_alike() ? valid : none;
  const int64_t span = grid.outer_per_band() * grid.frames_per_outer();
  // First the rows, of all bands: what is removed then is nothing that anybody relies on.
  for (int64_t row = 0; row * span < frames; ++row)
    if (Status s = resume_row(row, trusted, frames); !s.ok()) return s;
  {
    const std::lock_guard lock(mutex_);
    if (Status s = columns_.flush(); !s.ok()) return s;
    if (durable_)
      if (Status s = columns_.sync(); !s.ok()) return s;
  }
  for (const auto& level : levels_) {
    const ArrayGrid& own = level->grid();
    const int64_t rows = (frames + span - 1) / span;
    // Levels that are halved in z too have fewer frames than their image, so that is no less.
    for (int64_t band = 0; band < rows * std::max(own.bands_per_row(), grid.bands_per_row());
         ++band)
      if (!level->has(own.first_frame(band)))
        if (Status s = level->remove_band(band); !s.ok()) return s;
  }
  return {};
}

// The bands that share their place along the first axis.
Status ImageWriter::resume_row(int64_t row, const FrameSet& valid, int64_t frames) {
  const ArrayGrid& grid = base().grid();
  const int64_t span = grid.outer_per_band() * grid.frames_per_outer();
  const int64_t first = row * span, end = std::min(frames, first + span);
  const int64_t first_band = row * grid.bands_per_row();
  std::vector<int64_t> there(static_cast<size_t>(grid.bands_per_row()));
  const auto place = [&](int64_t frame) {
    return static_cast<size_t>(grid.band_of(frame) - first_band);
  };
  for (int64_t frame = first; frame < end; ++frame) there[place(frame)] += valid.has(frame);
  for (size_t b = 0; b < there.size(); ++b) {
    const int64_t band = first_band + static_cast<int64_t>(b);
    there[b] = there[b] == grid.frames_in_band(band);
    if (there[b] != 0)
      for (const auto& level : levels_) level->resume_band(band);
  }
  const std::lock_guard lock(mutex_);
  for (int64_t frame = first; frame < end; ++frame) {
    if (there[place(frame)] != 0) {
      seen_ = frame + 1;
      continue;
    }
    if (Status s = columns_.add_missing(frame); !s.ok()) return s;
  }
  return {};
}

std::vector<int64_t> ImageWriter::spread_frames(int64_t frames, int64_t most) const {
  std::vector<int64_t> chosen;
  const size_t channel = static_cast<size_t>(std::max(0, channel_axis_));
  for (int64_t c = 0; c < std::max<int64_t>(1, channels()); ++c)
    for (int64_t i = 0, last = -1; i < most && frames > 0; ++i) {
      FrameIndex index = base().grid().index_of(frames * i / most);
      if (channel_axis_ >= 0) index[channel] = c;
      const int64_t frame = base().grid().frame_of(index);
      if (frame != last && frame < frames && base().has(frame)) chosen.push_back(frame);
      last = frame;
    }
  return chosen;
}

}  // namespace parfocal
