#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/core/guarded.h"
#include "parfocal/core/io.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/gaps_json-inl.h"
#include "parfocal/formats/common/planes.h"
#include "parfocal/formats/tiff/bigtiff_writer.h"
#include "parfocal/formats/tiff/ome_xml.h"

namespace parfocal {
namespace {

struct OmeTiffParams {
  std::string path;
  std::string compression = "none";
};

constexpr int64_t kTextBytes = 1 << 20;  // the list of gaps and the XML made of it

// Of the XML, which is made and written as a whole.
int64_t channels_text_bytes(const std::vector<Axis>& axes) {
  constexpr int64_t kChannelBytes = 256;
  int64_t bytes = 0;
  for (const Axis& axis : axes) {
    if (axis.name == "c") bytes += kChannelBytes * std::max<int64_t>(0, axis.size);
    for (const std::string& label : axis.labels) bytes += 4 * static_cast<int64_t>(label.size());
  }
  return bytes;
}

// "a" of a.ome.tif
std::string image_name(const std::filesystem::path& path) {
  const std::filesystem::path stem = path.stem();
  return stem.extension() == ".ome" ? stem.stem().string() : stem.string();
}

BigTiffPages pages_of(const Layout& layout, bool deflate, int threads) {
  const size_t n = layout.item.size();
  const int64_t height = layout.item[n - 2].size, width = layout.item[n - 1].size;
  const int64_t items = layout.stream_count();
  return {width,
          height,
          layout.dtype,
          items == kUnbounded ? kUnbounded : items * (layout.item_count() / (height * width)),
          deflate,
          threads};
}

// In XML: plain ASCII on one line.
std::string gaps_text(const GapRanges& gaps) {
  return gaps_json(gaps).dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

/// Sink `ome_tiff`: one image as OME-TIFF, a BigTIFF of one page per y x plane in the order of the
/// stream. A missing item has pages of 0 and is listed in an annotation of the image. The file can
/// be read from its first frame on, whenever the process ends.
class OmeTiffSink final : public Sink {
 public:
  OmeTiffSink(const OmeTiffParams& params, const SinkInput& input, const SinkContext& context)
      : path_(output_path(context.out_dir, params.path, "ome_tiff")),
        provenance_(context.provenance_json),
        layout_(input.layout.layout),
        axes_(ome_axes(layout_, input.step)),
        deflates_(params.compression == "deflate"),
        file_(pages_of(layout_, deflates_, context.threads)) {
    const size_t n = layout_.item.size();
    planes_per_item_ = layout_.item_count() / (layout_.item[n - 2].size * layout_.item[n - 1].size);
    planes_per_step_ = planes_per_item_;
    for (size_t a = 1; a < layout_.stream.size(); ++a) planes_per_step_ *= layout_.stream[a].size;
    items_per_step_ = planes_per_step_ / planes_per_item_;
  }

  int64_t resident_bytes() const override {
    return file_.resident_bytes() + kTextBytes + channels_text_bytes(axes_);
  }
  int64_t disk_bytes() const override {
    const int64_t items = layout_.stream_count();
    return items == kUnbounded ? -1 : file_.file_bytes(items * planes_per_item_);
  }
  std::vector<std::string> notices() const override { return ome_losses(axes_); }
  // Strips of compressed pages follow each other in the file.
  bool takes_regions() const override { return !deflates_; }
  void open() override {
    OmeImage image{image_name(path_), axes_, layout_.dtype};
    // Readers see as many steps as are linked. A list of channels has its length at once.
    grows_ = !layout_.stream.empty() && (axes_[0].name != "c" || axes_[0].size == kUnbounded);
    if (grows_) image.axes[0].size = axes_[0].name == "c" ? kUnbounded : 1;
    OmeXml xml = ome_xml(image);
    file_.create(path_, xml.text);
    xml.text.clear();
    live_ = std::move(xml);
  }
  Status write(std::span<const Input> in) override {
    const int64_t sequence = in[0].header->sequence;
    Status s = guarded([&] { return write_item(in[0]); });
    if (s.ok())
      seen_ = std::max(seen_, sequence + 1);
    else
      failed_ = std::min(failed_, sequence);
    return s;
  }
  // An item that failed, and what comes after it, is not in the file.
  Status close(const Outcome& outcome) override {
    const bool bounded = layout_.stream_count() != kUnbounded;
    const int64_t items = bounded ? layout_.stream_count() : seen_;
    const int64_t good = outcome.valid_items < 0 ? items : std::min(outcome.valid_items, items);
    const int64_t valid = std::min(good, failed_);
    gaps_.cut(valid);
    // Steps of the first axis are whole, and a file has at least one.
    const int64_t steps = std::max<int64_t>(1, (valid + items_per_step_ - 1) / items_per_step_);
    // What the record counts are the items that have pages: readers know their gaps by that.
    const int64_t end = steps * items_per_step_;
    if (valid < end) gaps_.add(valid, end - 1, GapReason::stopped, outcome.reason);
    file_.note_missing(valid * planes_per_item_, (end - valid) * planes_per_item_);
    OmeImage image{image_name(path_), axes_, layout_.dtype, steps * planes_per_step_,
                   record_of(outcome, end)};
    if (!layout_.stream.empty()) image.axes[0].size = steps;
    Status s = file_.close(image.planes, ome_xml(image).text);
    if (!s.ok()) stored_ = std::min(linked_items_, valid);
    return s;
  }
  // Of a file that could not be ended, readers see what was linked.
  int64_t stored_items() const override { return stored_; }
  std::vector<std::filesystem::path> paths() const override { return {path_}; }

 private:
  Status write_item(const Input& item) {
    const int64_t sequence = item.header->sequence;
    if (item.gap) {
      gaps_.add(sequence, sequence, item.gap->reason, item.gap->text);
      file_.note_missing(sequence * planes_per_item_, planes_per_item_);
      // In a sweep by regions the items before are complete in the last region only.
      return sequence > 0 && linked_items_ == sequence ? link(sequence + 1) : Status();
    }
    if (Status s = write_planes(sequence * planes_per_item_, item.image); !s.ok()) return s;
    return is_last_region(item.image.region) ? link(sequence + 1) : Status();
  }
  bool is_last_region(const Region& region) const {
    const Region whole = layout_.whole_item();
    for (int a = 0; a < whole.rank; ++a)
      if (region.end(a) != whole.end(a)) return false;
    return true;
  }

  // Item axes before y x are pages that follow each other.
  Status write_planes(int64_t first_page, const View& image) {
    const size_t lead = layout_.item.size() - 2;
    return for_each_plane(image, [&](const View& plane, const auto& index) {
      int64_t page = 0;
      for (size_t a = 0; a < lead; ++a) page = page * layout_.item[a].size + index[a];
      return file_.write(first_page + page, plane);
    });
  }

  // Pages first, then the size that the description states.
  Status link(int64_t items) {
    if (items <= linked_items_) return {};
    const int64_t before = steps_of(linked_items_), after = steps_of(items);
    if (Status s = file_.link(items * planes_per_item_); !s.ok()) return s;
    linked_items_ = items;
    if (!grows_ || after == before || after == 1) return {};
    return file_.patch_description(live_.size_at, ome_size(live_.size_name, after));
  }
  int64_t steps_of(int64_t items) const { return (items + items_per_step_ - 1) / items_per_step_; }

  std::vector<std::pair<std::string, std::string>> record_of(const Outcome& outcome,
                                                             int64_t items) const {
    std::vector<std::pair<std::string, std::string>> record = {
        {"complete", outcome.complete ? "true" : "false"},
        {"reason", outcome.reason},
        {"items", std::to_string(items)},
        {"dtype", std::string(dtype_name(layout_.dtype))},
        {"gaps", gaps_text(gaps_)},
        {"gaps_not_listed", std::to_string(gaps_.unlisted())}};
    if (!provenance_.empty()) record.emplace_back("provenance", provenance_);
    return record;
  }

  std::filesystem::path path_;
  std::string provenance_;
  Layout layout_;
  std::vector<Axis> axes_;
  bool deflates_;
  BigTiffWriter file_;
  OmeXml live_;  // where the growing size stands
  bool grows_ = false;
  GapRanges gaps_;
  int64_t planes_per_item_ = 1, planes_per_step_ = 1, items_per_step_ = 1;
  int64_t seen_ = 0;            // 1 + the largest sequence
  int64_t linked_items_ = 0;    // readers can see them
  int64_t failed_ = INT64_MAX;  // the first that could not be written
  int64_t stored_ = -1;         // after close(): Sink::stored_items()
};

}  // namespace

PARFOCAL_SINK(ome_tiff) {
  using P = OmeTiffParams;
  return {"ome_tiff",
          "an image as OME-TIFF (BigTIFF), readable while it grows",
          {PortKind::image},
          false,
          Parameters<P>()
              .add("path", &P::path, "file below the output folder, e.g. movie.ome.tif")
              .required()
              .add("compression", &P::compression,
                   "of the pixels; deflate: slower, for whole frames only")
              .choices({"none", "deflate"})
              .defaults("none"),
          "{type: ome_tiff, from: smooth, path: smooth.ome.tif}",
          [](const std::any& params, std::span<const SinkInput> inputs,
             const SinkContext& context) -> std::unique_ptr<Sink> {
            return std::make_unique<OmeTiffSink>(std::any_cast<const P&>(params), inputs[0],
                                                 context);
          },
          false};
}

PARFOCAL_RULES(sinks, ome_tiff) {
  return Rules<OmeTiffParams>()
      .endings({".ome.tif", ".ome.tiff", ".ome.btf", ".tif", ".tiff", ".btf", ".ome.tf8", ".tf8"})
      .takes_images("from", ome_dtypes());
}

}  // namespace parfocal
