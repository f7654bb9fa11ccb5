#include "parfocal/formats/zarr/writer/image_writer.h"

#include <algorithm>

#include "parfocal/formats/common/disk_room.h"

namespace parfocal {
namespace {

constexpr int64_t kMostSamples = 32;  // channels beyond share the last sample

// Pairs of planes in z of which one came: those of all faster axes, and of frames in flight.
int64_t open_pairs(const ImageSpec& image, const ArrayWriter::Options& options) {
  std::vector<SteppedAxis> axes;
  for (size_t a = 0; a < image.stream_rank(); ++a)
    axes.push_back({image.axes[a].size, image.axes[a].name == "z" && image.pool_z ? 2 : 1});
  return open_cells(axes, options.order) + options.in_flight;
}

}  // namespace

ImageWriter::ImageWriter(const std::filesystem::path& root, const StoreSpec& store, size_t image,
                         std::span<const ArraySpec> arrays, uint32_t first_array,
                         const ArrayWriter::Options& options, Journal& journal)
    : store_(store),
      image_(image),
      journal_(journal),
      durable_(options.durable),
      regions_(options.regions),
      columns_(root, store, image) {
  for (size_t level = 0; level < arrays.size(); ++level)
    levels_.push_back(std::make_unique<ArrayWriter>(
        root, store, first_array + static_cast<uint32_t>(level), arrays[level], options, journal));
  for (size_t level = 1; options.regions && level < arrays.size(); ++level)
    region_steps_.push_back(
        std::make_unique<RegionPooling>(arrays[level - 1], arrays[level], spec().pooling));
  if (arrays.size() > 1 && !options.regions)
    pyramid_ = std::make_unique<Pyramid>(
        spec(), std::vector<ArraySpec>(arrays.begin(), arrays.end()), open_pairs(spec(), options));
  for (size_t a = 0; a < spec().stream_rank(); ++a)
    if (spec().axes[a].name == "c") channel_axis_ = static_cast<int>(a);
  if (!spec().label) samples_.resize(static_cast<size_t>(std::min(channels(), kMostSamples)));
}

int64_t ImageWriter::channels() const {
  if (channel_axis_ < 0) return 1;
  return std::max<int64_t>(1, spec().axes[static_cast<size_t>(channel_axis_)].size);
}

int64_t ImageWriter::channel_of(int64_t frame) const {
  return channel_axis_ < 0 ? 0 : base().grid().index_of(frame)[static_cast<size_t>(channel_axis_)];
}

ImageWriter::Scratch ImageWriter::make_scratch() const {
  Scratch scratch;
  for (const auto& level : levels_) scratch.arrays.push_back(level->make_scratch());
  if (pyramid_) scratch.planes.emplace(*pyramid_);
  for (const auto& step : region_steps_) scratch.strips.push_back(step->make_buffers());
  return scratch;
}

int64_t ImageWriter::scratch_bytes() const {
  int64_t bytes = pyramid_ ? pyramid_->buffer_bytes() : 0;
  for (const auto& level : levels_) bytes += level->scratch_bytes();
  for (const auto& step : region_steps_) bytes += step->buffer_bytes();
  return bytes;
}

int64_t ImageWriter::resident_bytes() const {
  int64_t bytes = FrameColumns::resident_bytes(store_) +
                  static_cast<int64_t>(samples_.size()) * ContrastSample::kResidentBytes +
                  (pyramid_ ? pyramid_->resident_bytes() : 0);
  for (const auto& level : levels_) {
    bytes += level->open_bytes();
    if (regions_) bytes += RegionLog::resident_bytes(level->grid(), level->layout());
  }
  return bytes;
}

int64_t ImageWriter::description_bytes() const {
  constexpr int64_t kChannelBytes = 2048;  // of its window, colour and name
  int64_t bytes = spec().label ? 0 : channels() * kChannelBytes;
  for (const Axis& axis : spec().axes)
    for (const std::string& label : axis.labels) bytes += 3 * static_cast<int64_t>(label.size());
  return bytes;
}

int64_t ImageWriter::log_bytes() const {
  int64_t bytes = 0;
  for (const auto& level : levels_) bytes += level->log_bytes();
  return bytes;
}

int64_t ImageWriter::room_bytes() const {
  // A group or an array: its folder and up to two files of metadata, as Zarr v2 has them.
  constexpr int64_t kRecordBytes = 16 + 24, kNodeBytes = 4 * kDiskBlockBytes;
  const int64_t frames = base().grid().frames();
  const int64_t groups = 2 + std::count(spec().path.begin(), spec().path.end(), '/');
  int64_t record = kRecordBytes + FrameColumns::row_bytes(store_) + 8, records = 0;
  int64_t room = groups * kNodeBytes + FrameColumns::room_bytes(store_, frames);
  for (const auto& level : levels_) {
    room += level->room_bytes() + kNodeBytes;
    record += level->piece_record_bytes();
    records += level->seal_records_bytes();
  }
  const int64_t journal = std::min(kMostRoomBytes, room_product(frames, record) + records);
  return std::min(kMostRoomBytes, room + journal + journal / 8);  // space is taken ahead
}

bool ImageWriter::is_full_for(int64_t frame) const {
  if (levels_.front()->is_full_for(frame)) return true;
  const FrameIndex index = base().grid().index_of(frame);
  for (size_t level = 1; level < levels_.size(); ++level) {
    const ArrayWriter& array = *levels_[level];
    const FrameIndex plane = pyramid_ ? pyramid_->index_at(static_cast<int>(level), index) : index;
    if (array.is_full_for(array.grid().frame_of(plane))) return true;
  }
  return false;
}

Status ImageWriter::admit(int64_t frame) {
  if (Status s = levels_.front()->admit(frame); !s.ok()) return s;
  const std::lock_guard lock(mutex_);
  seen_ = std::max(seen_, frame + 1);
  return {};
}

void ImageWriter::sample(int64_t frame, const View& plane) {
  if (samples_.empty()) return;
  const std::lock_guard lock(mutex_);
  const size_t c = std::min(static_cast<size_t>(channel_of(frame)), samples_.size() - 1);
  const size_t y = spec().stream_rank();
  samples_[c].add(frame, plane, Region::whole({spec().axes[y].size, spec().axes[y + 1].size}));
}

Status ImageWriter::write(int64_t frame, const std::byte* buffer, std::span<const std::byte> row,
                          Scratch& scratch, Written& written) {
  written.record.image = static_cast<uint32_t>(image_);
  written.record.frame = frame;
  written.record.row.assign(row.begin(), row.end());
  written.record.pieces.clear();
  written.gaps.clear();
  if (Status s = add_plane(0, frame, buffer, scratch, written); !s.ok() || !pyramid_) return s;
  const FrameIndex index = base().grid().index_of(frame);
  Pyramid::Made made;
  if (Status s = pyramid_->add(index, buffer, *scratch.planes, made); !s.ok()) return s;
  return add_levels(index, made, scratch, written);
}

Status ImageWriter::add_plane(int level, int64_t frame, const std::byte* tiles, Scratch& scratch,
                              Written& written) {
  const size_t l = static_cast<size_t>(level);
  return levels_[l]->write(frame, tiles, scratch.arrays[l], written.record.pieces.emplace_back());
}

// Planes of smaller levels that a frame (or a gap) completed.
Status ImageWriter::add_levels(const FrameIndex& frame, const Pyramid::Made& made, Scratch& scratch,
                               Written& written) {
  for (int level = made.gaps; level < made.end; ++level) {
    ArrayWriter& array = *levels_[static_cast<size_t>(level)];
    const int64_t number = array.grid().frame_of(pyramid_->index_at(level, frame));
    if (Status s = array.admit(number); !s.ok()) return s;
    if (level < made.planes) {
      written.gaps.push_back({static_cast<uint32_t>(level), PieceKind::tiles, number, {}});
      continue;
    }
    if (Status s = add_plane(level, number, scratch.planes->plane(level), scratch, written);
        !s.ok())
      return s;
  }
  return {};
}

Status ImageWriter::finish(const Written& written, Scratch& scratch) {
  const uint32_t first = levels_.front()->number();
  const std::vector<Piece>& pieces = written.record.pieces;
  if (!pieces.empty() && pieces.front().array == first) {
    // Before the frame counts as finished: its row is published with its pixels.
    const std::lock_guard lock(mutex_);
    if (Status s = columns_.add(written.record.frame, written.record.row); !s.ok()) return s;
  }
  for (const Piece& piece : pieces) {
    const size_t level = piece.array - first;
    if (Status s = levels_[level]->finish(piece.frame, scratch.arrays[level]); !s.ok()) return s;
  }
  for (const Piece& gap : written.gaps)
    if (Status s = levels_[gap.array]->skip(gap.frame, scratch.arrays[gap.array]); !s.ok())
      return s;
  return {};
}

Status ImageWriter::skip(const GapRecord& gap, Scratch& scratch) {
  {
    const std::lock_guard lock(mutex_);
    gaps_.add(gap.frame, gap.frame + gap.count - 1, gap.reason, gap.text);
    ++gap_version_;
  }
  for (int64_t frame = gap.frame; frame < gap.frame + gap.count; ++frame) {
    Status levels = pyramid_ ? skip_pyramid(frame, scratch) : skip_smaller(frame, scratch);
    if (!levels.ok()) return levels;
    {
      const std::lock_guard lock(mutex_);
      if (Status s = columns_.add_missing(frame); !s.ok()) return s;
    }
    if (Status s = levels_.front()->skip(frame, scratch.arrays.front()); !s.ok()) return s;
  }
  return {};
}

// The partner of a missing frame may complete a plane.
Status ImageWriter::skip_pyramid(int64_t frame, Scratch& scratch) {
  Written written;
  const FrameIndex index = base().grid().index_of(frame);
  Pyramid::Made made;
  if (Status s = pyramid_->add_gap(index, *scratch.planes, made); !s.ok()) return s;
  if (Status s = add_levels(index, made, scratch, written); !s.ok()) return s;
  if (!written.record.pieces.empty()) {
    written.record.image = static_cast<uint32_t>(image_);
    written.record.frame = frame;
    if (Status s = journal_.append(written.record); !s.ok()) return s;
  }
  return finish(written, scratch);
}

Status ImageWriter::sync() {
  for (const auto& level : levels_)
    if (Status s = level->sync(); !s.ok()) return s;
  return {};
}

int64_t ImageWriter::committed_outer() const {
  int64_t outer = levels_.front()->committed_outer();
  const bool halved = spec().pool_z && spec().stream_rank() > 0 && spec().axes[0].name == "z";
  for (size_t level = 1; level < levels_.size(); ++level)
    outer = std::min(outer, levels_[level]->committed_outer() << (halved ? level : 0));
  return outer;
}

Status ImageWriter::flush_columns() {
  const std::lock_guard lock(mutex_);
  return columns_.flush();
}

}  // namespace parfocal
