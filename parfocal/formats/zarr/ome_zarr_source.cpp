#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/common/axis_params.h"
#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/frame_rows.h"
#include "parfocal/formats/zarr/image_lookup.h"

namespace parfocal {
namespace {

constexpr std::string_view kAllPositions = "all";
constexpr size_t kMostPositions = 20000;
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

/// All images of a plate or series, by their paths.
std::vector<std::string> all_positions(const ZarrHierarchy& store) {
  const NgffGroup root = store.group("");
  return root.image ? std::vector<std::string>{""} : image_paths(store, "", root, kMostPositions);
}

// The time of change of an array's metadata, for those who go on with a conversion of it.
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

/// Source `ome_zarr`: one level of an OME-Zarr image, or of all positions, or a plain Zarr array;
/// frames are y x.
class OmeZarrSource final : public Source {
 public:
  OmeZarrSource(const OmeZarrSourceParams& params, const SourceContext& context)
      : name_(params.path + (params.position.empty() ? "" : " position " + params.position) +
              (params.labels.empty() ? "" : " labels " + params.labels)) {
    const std::filesystem::path folder = context.base_dir / params.path;
    const ZarrHierarchy store(std::make_shared<LocalStore>(folder));
    store_ = store.store();
    const bool all = params.position == kAllPositions;
    const std::vector<std::string> positions =
        all ? all_positions(store) : std::vector<std::string>{params.position};
    for (const std::string& position : positions) {
      images_.push_back(find_image(store, {position, params.labels, params.level, params.axes}));
      changed_ = std::max(changed_, change_of(folder / images_.back().path));
      require_alike(params.path, position);
    }
    const FoundImage& image = images_.at(0);
    layout_.dtype = image.array.dtype;
    for (size_t a = 0; a < image.axes.size(); ++a)
      (a + 2 < image.axes.size() ? layout_.stream : layout_.item).push_back(image.axes[a]);
    require_frames(params.path);
    chunk_ = image.array.inner_chunk();
    set_group(static_cast<int64_t>(dtype_size(layout_.dtype)), limits_);
    per_position_ = layout_.stream_count();
    for (const FoundImage& found : images_)
      rows_.push_back(found.has_image_frames ? FrameRows::read(store, found.group, layout_.stream)
                                             : FrameRows());
    if (all)
      layout_.stream.insert(layout_.stream.begin(),
                            Axis{"p", static_cast<int64_t>(positions.size()), 1, "", positions});
    if (const std::string reason = incomplete_reason(store); !reason.empty())
      notices_.push_back("The store is not complete (" + reason +
                         "): the frames that it has are read.");
    read_bytes_ = reader(0)->read_bytes() * (images_.size() > 1 ? kMostReaders : 1);
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
    rows_[position].fill(sequence % per_position_, header);
    const size_t skipped = layout_.find_stream("p") == 0 ? 1 : 0;
    const auto coordinates = coordinates_of(layout_, sequence);
    const int lead = static_cast<int>(layout_.stream.size() - skipped);
    MutableView all{dst.data, dst.dtype, {}, {}};
    all.region.rank = lead + 2;
    for (int a = 0; a < lead; ++a) {
      all.region.origin[a] = coordinates[static_cast<size_t>(a) + skipped];
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
    for (const FrameRows& rows : rows_) {
      rows.missing().for_each_run(
          [&](int64_t first, int64_t end) { result.add(before + first, end - first); });
      before += per_position_;
    }
    return result;
  }
  std::string identity() const override {
    return name_ + ": " + layout_.str() + ", changed " + std::to_string(changed_);
  }

 private:
  // Also a store whose first frame is still to come has none.
  void require_frames(const std::string& path) const {
    if (layout_.stream_count() * layout_.item_count() > 0) return;
    throw Error(ErrorCode::input_missing,
                Issue{"the image has no frames", path, layout_.str(), "at least one frame",
                      "if it is being written, wait for its first frames"});
  }
  // Positions are one stream only if they are of one size.
  void require_alike(const std::string& path, const std::string& position) const {
    const FoundImage &first = images_.front(), &image = images_.back();
    const bool alike =
        first.array.shape == image.array.shape && first.array.dtype == image.array.dtype &&
        std::equal(first.axes.begin(), first.axes.end(), image.axes.begin(), image.axes.end(),
                   [](const Axis& a, const Axis& b) { return a.name == b.name; });
    if (!alike)
      throw Error(
          ErrorCode::input_missing,
          Issue{"the positions are not of one size, axes and type", path, position,
                "images like the first one", "read them one by one: position: " + position});
  }
  // A few are kept: workers are at the same position or at the next one.
  std::shared_ptr<const ArrayReader> reader(size_t position) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, reader] : readers_)
      if (number == position) return reader;
    if (readers_.size() == kMostReaders - 1) readers_.erase(readers_.begin());
    const FoundImage& image = images_[position];
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
  Layout layout_;
  std::vector<int64_t> chunk_;
  int64_t group_ = 1;
  std::shared_ptr<const Store> store_;
  std::vector<FoundImage> images_;  // by position
  std::vector<FrameRows> rows_;     // by position
  std::vector<std::string> notices_;
  int64_t per_position_ = 1;  // items
  int64_t changed_ = 0, read_bytes_ = 0;
  ReaderLimits limits_;
  mutable std::mutex mutex_;  // of readers_
  mutable std::vector<std::pair<size_t, std::shared_ptr<const ArrayReader>>> readers_;
};

}  // namespace

PARFOCAL_SOURCE(ome_zarr) {
  using P = OmeZarrSourceParams;
  return {"ome_zarr",
          "a level of an OME-Zarr image (0.4 on Zarr v2, 0.5 on Zarr v3) or of one of its label "
          "images, or a Zarr array",
          Parameters<P>()
              .add("path", &P::path,
                   "folder of the image, plate or array, relative to the pipeline "
                   "file")
              .required()
              .add("position", &P::position,
                   "which image of a plate or of several positions, by its path, such as A/1/0; "
                   "all: every "
                   "one, as axis p")
              .add("labels", &P::labels, "name of a label image to read instead")
              .add("level", &P::level, "0 = the finest; the next ones are smaller")
              .at_least(0)
              .defaults("0")
              .add("axes", &P::axes, "names of the axes of an array that has none, such as tyx"),
          "{type: ome_zarr, path: smooth.ome.zarr, labels: cells}",
          [](const std::any& params, const SourceContext& context) -> std::unique_ptr<Source> {
            return std::make_unique<OmeZarrSource>(std::any_cast<const P&>(params), context);
          },
          nullptr,
          false};
}

}  // namespace parfocal
