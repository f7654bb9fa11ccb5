#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "parfocal/core/io.h"
#include "parfocal/core/meant_axes.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/axis_params.h"
#include "parfocal/formats/common/file_totals.h"
#include "parfocal/formats/common/stream_order.h"
#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/frame_rows.h"
#include "parfocal/formats/zarr/image_axes.h"
#include "parfocal/formats/zarr/image_positions.h"
#include "parfocal/formats/zarr/store_stamps.h"
#include "parfocal/formats/zarr/writer/recover.h"

namespace parfocal {
namespace {

constexpr std::string_view kAllPositions = "all";
constexpr size_t kMostReaders = 3;  // that hold buffers: two that are kept, one that is let go
constexpr int64_t kMostLayerBytes = int64_t{256} << 20;  // of chunks kept for items to come

struct OmeZarrSourceParams {
  std::string path;
  std::string position;
  std::string labels;
  int64_t level = 0;
  std::string axes;
};

int64_t chunks_along(const Axis& axis, int64_t side) { return (axis.size + side - 1) / side; }

// `bytes` times n; what exceeds the limit is one more than it, whatever the file's sizes.
int64_t limited(int64_t bytes, int64_t n) {
  return n > 0 && bytes > kMostLayerBytes / n ? kMostLayerBytes + 1 : bytes * n;
}

ImagePositions one_position(const ZarrHierarchy& store, const ImageChoice& choice) {
  FoundImage image = find_image(store, choice);
  std::vector<std::string> notices = image.notices;
  return {{choice.position}, {std::move(image)}, 0, std::move(notices)};
}

// The time of change of an array's metadata.
int64_t change_of(const std::filesystem::path& array) {
  int64_t latest = 0;
  for (const char* name : {"zarr.json", ".zarray"}) {
    std::error_code absent;
    const auto time = std::filesystem::last_write_time(array / name, absent);
    if (absent) continue;  // the clock of files itself counts below 0 in our days
    const auto since_1970 = std::chrono::file_clock::to_sys(time).time_since_epoch();
    latest = std::max<int64_t>(latest, since_1970.count());
  }
  return latest;
}

// A store of parfocal has a journal until it is closed, and a lock while it is written.
std::string cure_of_no_frames(const std::filesystem::path& root) {
  if (!std::filesystem::exists(root / "__parfocal" / "journal"))
    return "if it is being written, wait for its first frames";
  try {
    require_no_writer(root);
  } catch (const Error&) {
    return "it is being written: wait for its first frames";
  }
  return "its writer was killed: keep what it had saved by\n          parfocal recover " +
         root.string();
}

/// Source `ome_zarr`: one level of an OME-Zarr image, or of all positions, or a plain Zarr array;
/// frames are y x.
class OmeZarrSource final : public Source {
 public:
  OmeZarrSource(const OmeZarrSourceParams& params, const SourceContext& context)
      : name_(params.path + (params.position.empty() ? "" : " position " + params.position) +
              (params.labels.empty() ? "" : " labels " + params.labels)),
        folder_(context.base_dir / params.path) {
    const ZarrHierarchy store(std::make_shared<LocalStore>(folder_));
    store_ = store.store();
    const bool all = params.position == kAllPositions;
    const ImageChoice choice{params.position, params.labels, params.level, params.axes};
    positions_ = all ? find_positions(store, choice) : one_position(store, choice);
    notices_ = positions_.notices;
    const FoundImage& image = *positions_.images[positions_.first];
    layout_.dtype = image.array.dtype;
    for (size_t a = 0; a < image.axes.size(); ++a)
      (a + 2 < image.axes.size() ? layout_.stream : layout_.item).push_back(image.axes[a]);
    require_frames(params.path, folder_);
    chunk_ = image.array.inner_chunk();
    set_group(static_cast<int64_t>(dtype_size(layout_.dtype)), limits_);
    per_position_ = layout_.stream_count();
    stamps_.emplace(store);
    for (size_t i = 0; i < positions_.images.size(); ++i) read_rows(store, i);
    for (const auto& found : positions_.images) {
      if (!found) continue;
      stamps_->add(*found);
      if (stamps_->being_written()) changed_ = std::max(changed_, change_of(folder_ / found->path));
    }
    order_axes();
    if (!image.channel.empty() && layout_.stream.size() + 4 <= kMaxRank)
      insert_axis(layout_.find_stream("t") + 1, named_channel(image));
    if (all)
      insert_axis(
          0, Axis{"p", static_cast<int64_t>(positions_.names.size()), 1, "", positions_.names});
    if (const std::string reason = incomplete_reason(store); !reason.empty())
      notices_.push_back("The store is not complete (" + reason +
                         "): the frames that it has are read.");
    read_bytes_ =
        reader(positions_.first)->read_bytes() * (positions_.images.size() > 1 ? kMostReaders : 1);
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return read_bytes_; }
  int64_t items_per_read() const override { return group_; }
  Region block() const override {
    const size_t n = chunk_.size();
    return clipped(Region::whole({chunk_[n - 2], chunk_[n - 1]}), layout_.whole_item());
  }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    const size_t position = static_cast<size_t>(sequence / per_position_);
    if (!positions_.images[position])
      return Status::fail("position " + positions_.names[position] + " cannot be read");
    rows_[position].fill(sequence % per_position_, header);
    const auto coordinates = coordinates_of(layout_, sequence);
    const int lead = static_cast<int>(array_axes_.size());
    MutableView all{dst.data, dst.dtype, {}, {}};
    all.region.rank = lead + 2;
    for (int a = 0; a < lead; ++a) {
      all.region.origin[a] = coordinates[array_axes_[static_cast<size_t>(a)]];
      all.region.shape[a] = 1;
    }
    for (int a = 0; a < 2; ++a) {
      all.region.origin[lead + a] = dst.region.origin[a];
      all.region.shape[lead + a] = dst.region.shape[a];
      all.strides[lead + a] = dst.strides[a];
    }
    return reader(position)->read(all);
  }
  SourceRow row(int64_t) const override { return {name_, -1, ""}; }
  std::vector<std::string> notices() const override { return notices_; }
  FrameSet missing() const override {
    FrameSet result;
    int64_t before = 0;
    for (size_t i = 0; i < rows_.size(); ++i, before += per_position_) {
      if (!positions_.images[i]) result.add(before, per_position_);
      rows_[i].missing().for_each_run(
          [&](int64_t first, int64_t end) { result.add(before + first, end - first); });
    }
    return result;
  }
  Status unchanged() const override { return stamps_->unchanged(); }
  std::string identity() const override {
    std::call_once(identified_, [this] {
      identity_ =
          name_ + ": " + layout_.str() + ", " +
          (stamps_->being_written() ? "changed " + std::to_string(changed_) : file_totals().str());
    });
    return identity_;
  }

 private:
  // Chunks may be written anew under metadata that stay. Not of a store that grows: what its frames
  // were they are, and files come all the time.
  FileTotals file_totals() const {
    FileTotals totals;
    for (const auto& image : positions_.images) {
      if (!image) continue;
      const std::string key =
          image->array.chunk_key(std::vector<int64_t>(image->array.shape.size()));
      totals.add_array(folder_, image->path,
                       1 + static_cast<size_t>(std::count(key.begin(), key.end(), '/')));
    }
    return totals;
  }
  // The stream runs along t c z, whatever the order of the array.
  void order_axes() {
    array_axes_ = stream_places(layout_.stream);
    if (std::is_sorted(array_axes_.begin(), array_axes_.end())) return;
    const std::vector<Axis> stored = layout_.stream;
    for (size_t a = 0; a < stored.size(); ++a) layout_.stream[array_axes_[a]] = stored[a];
    group_ = 1;  // neighbours in the stream do not share chunks
  }
  // Beside those of the array: of positions, and of a channel's name, which has no other place.
  void insert_axis(int before, Axis axis) {
    layout_.stream.insert(layout_.stream.begin() + before, std::move(axis));
    for (size_t& a : array_axes_) a += static_cast<int>(a) >= before ? 1 : 0;
  }
  static Axis named_channel(const FoundImage& image) { return {"c", 1, 1, "", {image.channel}}; }
  // Also a store whose first frame is still to come has none.
  void require_frames(const std::string& path, const std::filesystem::path& root) const {
    if (layout_.stream_count() * layout_.item_count() > 0) return;
    throw Error(ErrorCode::input_missing,
                Issue{"the image has no frames", path, layout_.str(), "at least one frame",
                      cure_of_no_frames(std::filesystem::exists(path) ? std::filesystem::path(path)
                                                                      : root)});
  }
  // A position whose record of frames cannot be read is a gap, since its gaps are not known.
  void read_rows(const ZarrHierarchy& store, size_t i) {
    auto& image = positions_.images[i];
    rows_.emplace_back();
    if (!image || !image->has_image_frames) return;
    try {
      rows_.back() = FrameRows::read(store, image->group, layout_.stream);
    } catch (const Error& e) {
      if (i == positions_.first) throw;
      notices_.push_back("Position " + positions_.names[i] + " is a gap: " + e.issues()[0].what +
                         ".");
      image.reset();
    }
  }
  // A few are kept: workers are at the same position or at the next one.
  std::shared_ptr<const ArrayReader> reader(size_t position) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, reader] : readers_)
      if (number == position) return reader;
    if (readers_.size() == kMostReaders - 1) readers_.erase(readers_.begin());
    const FoundImage& image = *positions_.images[position];
    readers_.emplace_back(position,
                          std::make_shared<ArrayReader>(store_, image.path, image.array, limits_));
    return readers_.back().second;
  }
  // Items that share chunks are read one after the other by one worker, which keeps their chunks.
  void set_group(int64_t pixel_bytes, ReaderLimits& limits) {
    const size_t lead = layout_.stream.size();
    size_t a = 0;
    while (a < lead && chunk_[a] == 1) ++a;
    int64_t chunk_bytes = pixel_bytes, items = 1;
    for (const int64_t side : chunk_) chunk_bytes *= side;
    int64_t layer = limited(chunk_bytes, chunks_along(layout_.item[1], chunk_[lead + 1]));
    if (a < lead) layer = limited(layer, chunks_along(layout_.item[0], chunk_[lead]));
    for (size_t b = a + 1; b < lead; ++b) {
      items *= layout_.stream[b].size;
      layer = limited(layer, chunks_along(layout_.stream[b], chunk_[b]));
    }
    limits.chunk_cache_bytes = std::min(layer, kMostLayerBytes);
    if (a == lead || layer > kMostLayerBytes) return;
    const int64_t size = layout_.stream[a].size;
    // Where chunks do not divide the axis, groups would drift against the chunks of the next round.
    group_ = std::max<int64_t>(
        1, items * (a == 0 || size % chunk_[a] == 0 ? std::min(chunk_[a], size) : size));
  }

  std::string name_;
  std::filesystem::path folder_;
  Layout layout_;
  std::vector<int64_t> chunk_;
  std::vector<size_t> array_axes_;  // of the stream, those of the array
  int64_t group_ = 1;
  std::shared_ptr<const Store> store_;
  ImagePositions positions_;
  std::vector<FrameRows> rows_;  // by position
  std::vector<std::string> notices_;
  std::optional<StoreStamps> stamps_;
  int64_t per_position_ = 1;  // items
  int64_t changed_ = 0, read_bytes_ = 0;
  ReaderLimits limits_;
  mutable std::once_flag identified_;
  mutable std::string identity_;
  mutable std::mutex mutex_;  // of readers_
  mutable std::vector<std::pair<size_t, std::shared_ptr<const ArrayReader>>> readers_;
};

}  // namespace

PARFOCAL_SOURCE(ome_zarr) {
  using P = OmeZarrSourceParams;
  return {
      "ome_zarr",
      "a level of an OME-Zarr image (0.4 on Zarr v2, 0.5 on Zarr v3) or of one of its label "
      "images, or a Zarr array",
      Parameters<P>()
          .add("path", &P::path,
               "folder of the image, plate or array, relative to the pipeline "
               "file, e.g. movie.ome.zarr")
          .required()
          .add("position", &P::position,
               "which image of a plate or of several positions, by its path, such as A/1/0; "
               "all: every "
               "one, as axis p")
          .add("labels", &P::labels, "name of a label image to read instead")
          .add("level", &P::level, "0 = the finest; the next ones are smaller")
          .at_least(0)
          .defaults("0")
          .add("axes", &P::axes,
               "names of the axes in their order in the array, such as tyx: where it has none or "
               "other ones")
          .read_as(with_joined_axes),
      "{type: ome_zarr, path: smooth.ome.zarr, labels: cells}",
      [](const std::any& params, const SourceContext& context) -> std::unique_ptr<Source> {
        return std::make_unique<OmeZarrSource>(std::any_cast<const P&>(params), context);
      },
      nullptr,
      false};
}

PARFOCAL_RULES(sources, ome_zarr) {
  using P = OmeZarrSourceParams;
  return Rules<P>()
      .add({"labels"}, [](const P& p, const Connections&) { check_label_name(p.labels); })
      .add({"axes"}, [](const P& p, const Connections&) {
        if (!p.axes.empty()) check_array_axes(p.axes);
      });
}

}  // namespace parfocal
