#include <algorithm>

#include "parfocal/formats/zarr/writer/image_writer.h"

namespace parfocal {

std::vector<MetadataObject> ImageWriter::column_objects(int64_t outer) const {
  const int64_t frames = base().grid().frames(outer);
  const std::lock_guard lock(mutex_);
  return columns_.objects(frames);
}

// Channels keep their number: the metadata has a name and a window for each.
int64_t ImageWriter::final_outer(bool complete) const {
  if (spec().stream_rank() == 0) return 1;
  const Axis& first = spec().axes[0];
  if (first.size != kUnbounded && (complete || first.name == "c")) return first.size;
  const int64_t inner = base().grid().frames_per_outer();
  const std::lock_guard lock(mutex_);
  return (seen_ + inner - 1) / inner;
}

int64_t ImageWriter::resume(int64_t outer) {
  for (const auto& level : levels_) level->resume(outer);
  const std::lock_guard lock(mutex_);
  seen_ = base().grid().frames(outer);
  return base().committed_outer() * base().grid().frames_per_outer();
}

Status ImageWriter::resume_gap(const GapRecord& gap, int64_t first, Scratch& scratch) {
  GapRecord open = gap;
  open.frame = std::max(gap.frame, first);
  open.count = gap.frame + gap.count - open.frame;
  if (gap.frame < open.frame) {  // the rest by skip(): of what is not listed each item counts once
    const std::lock_guard lock(mutex_);
    gaps_.add(gap.frame, std::min(gap.frame + gap.count, open.frame) - 1, gap.reason, gap.text);
  }
  for (int64_t frame = open.frame; frame < open.frame + open.count; ++frame)
    if (Status s = admit(frame); !s.ok()) return s;
  return open.count > 0 ? skip(open, scratch) : Status();
}

int64_t ImageWriter::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

// Planes of smaller levels whose partner in z never came.
Status ImageWriter::close_pyramid(Scratch& scratch) {
  for (bool any = true; any;) {
    Pyramid::Made made;
    if (Status s = pyramid_->finish_one(*scratch.planes, made, any); !s.ok() || !any) return s;
    Written written;
    if (Status s = add_levels(made.frame, made, scratch, written); !s.ok()) return s;
    written.record.image = static_cast<uint32_t>(image_);
    written.record.frame = base().grid().frame_of(made.frame);
    if (Status s = journal_.append(written.record); !s.ok()) return s;
    if (Status s = finish(written, scratch); !s.ok()) return s;
  }
  return {};
}

// Of all frames that were expected, also behind the end of a run that was cut short.
void ImageWriter::add_missing(const std::string& reason, int64_t outer) {
  const bool bounded = base().grid().frames() != kUnbounded;
  const int64_t frames = bounded ? base().grid().frames() : base().grid().frames(outer);
  int64_t first = -1;
  for (int64_t frame = base().committed_outer() * base().grid().frames_per_outer(); frame <= frames;
       ++frame) {
    const bool missing = frame < frames && !base().has(frame);
    if (missing && first < 0) first = frame;
    if (missing || first < 0) continue;
    const std::lock_guard lock(mutex_);
    gaps_.add(first, frame - 1, GapReason::stopped, reason);
    ++gap_version_;
    first = -1;
  }
}

Status ImageWriter::drop_from(int64_t frame, Scratch& scratch) {
  if (frame >= seen_) return {};
  if (spec().pool_z && pyramid_)
    return Status::fail("frames cannot be taken back from an image that is pooled in z");
  // Before anything is taken away: recovery would miss it otherwise.
  if (Status s = journal_.append(TakenBackRecord{static_cast<uint32_t>(image_), frame}); !s.ok())
    return s;
  if (durable_)
    if (Status s = journal_.sync(); !s.ok()) return s;
  for (int64_t f = frame; f < seen_; ++f) {
    for (size_t level = 0; level < levels_.size(); ++level)
      if (Status s = levels_[level]->drop(f, scratch.arrays[level]); !s.ok()) return s;
    if (Status s = columns_.add_missing(f); !s.ok()) return s;
  }
  const std::lock_guard lock(mutex_);
  gaps_.cut(frame);
  seen_ = frame;
  return {};
}

Status ImageWriter::close(Scratch& scratch, const std::string& reason, int64_t outer) {
  if (pyramid_)
    if (Status s = close_pyramid(scratch); !s.ok()) return s;
  add_missing(reason.empty() ? "the frame never came" : reason, outer);
  for (size_t level = 0; level < levels_.size(); ++level)
    if (Status s = levels_[level]->close(scratch.arrays[level]); !s.ok()) return s;
  const std::lock_guard lock(mutex_);
  if (Status s = columns_.flush(); !s.ok() || !durable_) return s;
  return columns_.sync();  // the journal, which has the rows too, is removed next
}

ImageState ImageWriter::state(int64_t outer, GapRanges& gaps) const {
  ImageState state;
  state.outer = outer;
  const int64_t all = base().grid().frames();
  const std::lock_guard lock(mutex_);
  state.items = all == kUnbounded ? seen_ : all;
  gaps = gaps_;
  state.gaps = &gaps;
  const DType dtype = spec().dtype;
  for (int64_t c = 0; !samples_.empty() && c < channels(); ++c)
    state.windows.push_back(
        samples_[std::min(static_cast<size_t>(c), samples_.size() - 1)].window(dtype));
  return state;
}

int64_t ImageWriter::gap_version() const {
  const std::lock_guard lock(mutex_);
  return gap_version_;
}

}  // namespace parfocal
