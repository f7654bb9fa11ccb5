#include "parfocal/formats/zarr/writer/recovery.h"

#include <algorithm>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/common_length.h"
#include "parfocal/formats/zarr/writer/frame_columns.h"
#include "parfocal/formats/zarr/writer/part_file.h"
#include "parfocal/formats/zarr/writer/recovery_tables.h"
#include "parfocal/formats/zarr/writer/valid_column.h"

namespace parfocal {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

StoreRecovery::StoreRecovery(std::filesystem::path root, const StoreSpec& spec)
    : root_(std::move(root)), spec_(spec), store_(std::make_shared<LocalStore>(root_)) {
  images_.resize(spec.images.size());
  uint32_t number = 0;
  for (const ArraySpec& array : arrays_of(spec)) {
    Image& image = images_[array.image];
    if (image.levels.empty()) image.first_array = number;
    image.levels.push_back(std::make_unique<ArrayRecovery>(root_, spec, number++, array));
  }
}

const ImageSpec& StoreRecovery::spec_of(const Image& image) const {
  return spec_.images[image.levels.front()->spec().image];
}

ArrayRecovery* StoreRecovery::array(uint32_t number) {
  for (Image& image : images_)
    if (number >= image.first_array && number - image.first_array < image.levels.size())
      return image.levels[number - image.first_array].get();
  return nullptr;
}

Status StoreRecovery::run(const std::filesystem::path& journal, RecoverReport& report) {
  read_published();
  if (Status s = read_records(journal, report); !s.ok()) return s;
  for (Image& image : images_)
    if (Status s = finish_image(image, report); !s.ok()) return s;
  end_alike();
  for (Image& image : images_)
    if (Status s = clear_image(image, report); !s.ok()) return s;
  if (Status s = write_columns(journal); !s.ok()) return s;
  if (Status s = finish_tables(); !s.ok()) return s;
  return put_metadata();
}

// What cannot be read was not published: the metadata is written anew anyway.
void StoreRecovery::read_published() {
  const ZarrHierarchy hierarchy(store_);
  for (Image& image : images_) {
    const ArraySpec& array = image.levels.front()->spec();
    if (array.stream_rank() == 0) continue;
    try {
      const ZarrArray found = hierarchy.array(array.path);
      if (found.shape.size() == array.shape.size()) image.published = found.shape[0];
    } catch (const Error&) {
    }
    if (array.shape[0] != kUnbounded) image.published = std::min(image.published, array.shape[0]);
  }
}

Status StoreRecovery::read_records(const std::filesystem::path& journal, RecoverReport& report) {
  JournalVisitor visitor;
  visitor.frame = [this](const FrameRecord& record) { take(record); };
  visitor.slab = [this](const SlabRecord& record) {
    if (ArrayRecovery* into = array(record.piece.array)) into->take(record.piece, true);
  };
  visitor.seal = [this](const SealRecord& record) {
    if (ArrayRecovery* into = array(record.array)) into->seal(record.frame);
  };
  visitor.gap = [this](const GapRecord& record) {
    if (record.image >= images_.size()) return;
    Image& image = images_[record.image];
    image.known_gaps.add(record.frame, record.count);
    image.recorded.add(record.frame, record.frame + record.count - 1, record.reason, record.text);
  };
  visitor.taken_back = [this](const TakenBackRecord& record) {
    if (record.image >= images_.size()) return;
    Image& image = images_[record.image];
    image.taken_from = std::min(image.taken_from, record.frame);
    const int64_t published = image.levels.front()->grid().frames(image.published);
    for (const auto& level : image.levels) level->take_back(record.frame, published);
  };
  int64_t good_bytes = 0;
  if (Status s = read_journal(journal, visitor, good_bytes); !s.ok()) return s;
  std::error_code ignored;
  report.dropped_bytes +=
      static_cast<int64_t>(std::filesystem::file_size(journal, ignored)) - good_bytes;
  return {};
}

void StoreRecovery::take(const FrameRecord& record) {
  for (const Piece& piece : record.pieces)
    if (ArrayRecovery* into = array(piece.array)) into->take(piece, false);
}

Status StoreRecovery::finish_image(Image& image, RecoverReport& report) {
  for (const auto& level : image.levels) level->verify(image.damaged);
  find_present(image);
  for (size_t level = 0; level < image.levels.size(); ++level) {
    ArrayRecovery& array = *image.levels[level];
    if (!array.counts_as_image())
      if (Status s = pool_missing(image, level); !s.ok()) return s;
    if (Status s = array.finish(image.damaged, report.dropped_bytes); !s.ok()) return s;
  }
  return {};
}

void StoreRecovery::end_alike() {
  std::vector<int64_t> outer;
  for (const Image& image : images_) outer.push_back(image.outer);
  take_common_length(spec_, outer);
  for (size_t i = 0; i < images_.size(); ++i) images_[i].outer = outer[i];
}

Status StoreRecovery::clear_image(Image& image, RecoverReport& report) {
  find_gaps(image);
  for (size_t level = 0; level < image.levels.size(); ++level)
    if (Status s = remove_strays(image, level, report); !s.ok()) return s;
  RecoverReport::Image told{spec_of(image).path, image.outer, image.present.count(), 0};
  told.gaps = image.levels.front()->grid().frames(image.outer) - told.frames;
  report.images.push_back(std::move(told));
  report.damaged_frames += static_cast<int64_t>(image.damaged.size());
  return {};
}

Status StoreRecovery::remove_strays(const Image& image, size_t level, RecoverReport& report) {
  const ArrayRecovery& array = *image.levels[level];
  if (array.counts_as_image()) return array.remove_strays(image.present, report.dropped_bytes);
  FrameSet present = array.frames();
  if (image.published > 0) present.add(0, array.grid().frames(image.published));
  return array.remove_strays(present, report.dropped_bytes);
}

void StoreRecovery::find_present(Image& image) {
  const ArrayGrid& grid = image.levels.front()->grid();
  image.levels.front()->frames().for_each_run([&](int64_t first, int64_t end) {
    for (auto it = image.damaged.lower_bound(first); it != image.damaged.end() && *it < end; ++it) {
      if (*it > first) image.present.add(first, *it - first);
      first = *it + 1;
    }
    if (first < end) image.present.add(first, end - first);
  });
  add_earlier(image);
  const int64_t steps = ceil_div(image.present.end(), grid.frames_per_outer());
  image.outer = std::max(steps, image.published);
}

// Frames that readers saw and the journal does not know were there before it: a store that was
// appended to. The column `valid` tells which of them.
void StoreRecovery::add_earlier(Image& image) {
  const int64_t frames = image.levels.front()->grid().frames(image.published);
  FrameSet known = image.present;
  image.known_gaps.for_each_run([&](int64_t first, int64_t end) { known.add(first, end - first); });
  for (const int64_t frame : image.damaged) known.add(frame);
  if (image.taken_from < frames) known.add(image.taken_from, frames - image.taken_from);
  std::vector<std::pair<int64_t, int64_t>> unknown;
  known.for_each_missing(frames,
                         [&](int64_t first, int64_t end) { unknown.emplace_back(first, end); });
  if (unknown.empty()) return;
  try {
    const std::string path = joined_key(spec_of(image).path, "frames/valid");
    const ArrayReader reader(store_, path, ZarrHierarchy(store_).array(path));
    for (const auto& [first, end] : unknown)
      if (!add_valid(reader, first, end, image.present)) return;
  } catch (const Error&) {
  }
}

void StoreRecovery::find_gaps(Image& image) {
  const int64_t frames = image.levels.front()->grid().frames(image.outer);
  const auto stopped = [&](int64_t first, int64_t end) {
    if (first < end)
      image.gaps.add(first, end - 1, GapReason::stopped, "the writer did not finish");
  };
  image.present.for_each_missing(frames, [&](int64_t first, int64_t end) {
    for (const GapRange& gap : image.recorded.ranges()) {
      const int64_t from = std::max(first, gap.first), to = std::min(end - 1, gap.last);
      if (from > to) continue;
      stopped(first, from);
      image.gaps.add(from, to, gap.reason, gap.text);
      first = to + 1;
    }
    stopped(first, end);
  });
}

Status StoreRecovery::write_columns(const std::filesystem::path& journal) {
  std::vector<FrameColumns> columns;
  for (size_t i = 0; i < images_.size(); ++i) columns.emplace_back(root_, spec_, i);
  const std::vector<std::byte> no_row(static_cast<size_t>(FrameColumns::row_bytes(spec_)));
  Status status;
  const auto add = [&](const FrameRecord& record) {
    if (!status.ok() || record.image >= images_.size()) return;
    const Image& image = images_[record.image];
    const auto is_base = [&](const Piece& piece) { return piece.array == image.first_array; };
    if (std::none_of(record.pieces.begin(), record.pieces.end(), is_base)) return;
    const bool whole = image.present.has(record.frame);
    const bool has_row = record.row.size() == no_row.size();
    FrameColumns& into = columns[record.image];
    status = whole ? into.add(record.frame, has_row ? record.row : no_row)
                   : into.add_missing(record.frame);
  };
  int64_t good_bytes = 0;
  if (Status s = read_journal(journal, {add, {}, {}, {}, {}}, good_bytes); !s.ok()) return s;
  for (size_t i = 0; i < images_.size() && status.ok(); ++i) {
    const int64_t frames = images_[i].levels.front()->grid().frames(images_[i].outer);
    // Also those of which there is no record: an earlier writer's, or rows that the disk got first.
    images_[i].present.for_each_missing(frames, [&](int64_t first, int64_t end) {
      for (; first < end && status.ok(); ++first) status = columns[i].add_missing(first);
    });
    if (status.ok()) status = columns[i].flush();
    if (status.ok()) status = put(columns[i].objects(frames));
  }
  return status;
}

Status StoreRecovery::put_metadata() {
  for (size_t i = 0; i < images_.size(); ++i)
    if (Status s = put(array_objects(spec_, i, images_[i].outer)); !s.ok()) return s;
  std::vector<ImageState> states;
  for (Image& image : images_) {
    ImageState state;
    state.outer = image.outer;
    state.reason = "the writer did not finish";
    const ArrayGrid& grid = image.levels.front()->grid();
    state.items = grid.frames() == kUnbounded ? grid.frames(image.outer) : grid.frames();
    state.recovered = true;
    state.gaps = &image.gaps;
    state.windows = windows_of(image);
    states.push_back(std::move(state));
  }
  return put(store_objects(spec_, states));
}

// Tables end with the frames: of positions, with the longest one's.
Status StoreRecovery::finish_tables() const {
  int64_t outer = 0;
  for (const Image& image : images_) outer = std::max(outer, image.outer);
  const std::vector<Axis>& axes = spec_.images.front().axes;
  return recover_tables(root_, spec_.zarr_format, axes.empty() ? "" : axes[0].name, outer);
}

Status StoreRecovery::put(const std::vector<MetadataObject>& objects) const {
  return put_all(*store_, objects, true);
}

}  // namespace parfocal
