#include <algorithm>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/chunk_writer.h"
#include "parfocal/formats/zarr/metadata.h"
#include "parfocal/formats/zarr/stream_sink.h"

namespace parfocal {
namespace {

constexpr int64_t kMostSamples = 32;  // channels beyond share the last sample

/// One image or label image of the store.
struct StoredArray {
  std::string label;  ///< "" = the image itself
  std::filesystem::path group;
  Layout layout;
  std::vector<Axis> axes;
  ChunkWriter chunks;
  GapRanges gaps;
  int64_t seen = 0;  ///< items seen: 1 + the largest sequence

  StoredArray(std::string name, std::filesystem::path folder, const SinkInput& input)
      : label(std::move(name)),
        group(std::move(folder)),
        layout(input.layout.layout),
        axes(ngff_axes(layout, input.step)),
        chunks(group / "0", layout) {}
  bool unbounded() const { return layout.stream_count() == kUnbounded; }
  /// Items of the stream, as far as known.
  int64_t items() const { return unbounded() ? seen : layout.stream_count(); }
  std::vector<int64_t> shape() const {
    std::vector<int64_t> sizes;
    for (const Axis& axis : axes) sizes.push_back(axis.size);
    if (!unbounded()) return sizes;
    int64_t inner = 1;  // items of one step along the unbounded axis
    for (size_t a = 1; a < layout.stream.size(); ++a) inner *= layout.stream[a].size;
    sizes[0] = (seen + inner - 1) / inner;
    return sizes;
  }
};

void check_label(const std::string& name, const Layout& label, const Layout& image) {
  const bool plain = !name.empty() && name[0] != '.' && !name.starts_with("__") &&
                     name.find_first_of("/\\") == name.npos && name != "zarr.json";
  if (!plain)
    fail_layout("a label image cannot be named '" + name + "'", name, "a plain name without '/'",
                "write e.g. labels: {cells: label}");
  if (!is_integer(label.dtype))
    fail_layout("label image '" + name + "' has dtype " + std::string(dtype_name(label.dtype)),
                label.str(), "an integer dtype", "number the objects first: op: label");
  for (size_t a = 0; a < std::min(label.item.size(), image.item.size()); ++a)
    if (label.item[a].size != image.item[a].size)
      fail_layout("label image '" + name + "' is not the size of its image", label.str(),
                  image.str(), "take both from images of one size");
}

/// Sink `ome_zarr`: an image and its label images as OME-Zarr 0.5. A missing item has no chunks
/// (they read as 0) and is listed in the attributes `parfocal.gaps`.
class OmeZarrSink final : public Sink {
 public:
  OmeZarrSink(const OmeZarrParams& params, std::span<const SinkInput> inputs,
              const SinkContext& context)
      : root_(output_path(context.out_dir, params.path, "ome_zarr")),
        provenance_(context.provenance_json) {
    for (const SinkInput& input : inputs) {
      const bool label = input.key.starts_with(kLabelsKey);
      const std::string name = label ? input.key.substr(kLabelsKey.size()) : "";
      arrays_.push_back(
          std::make_unique<StoredArray>(name, label ? root_ / "labels" / name : root_, input));
      if (!label) image_ = arrays_.size() - 1;
    }
    for (const auto& array : arrays_)
      if (array.get() != &image()) check_label(array->label, array->layout, image().layout);
    find_channels();
    samples_.resize(static_cast<size_t>(std::clamp<int64_t>(channel_count(), 1, kMostSamples)));
  }

  int64_t resident_bytes() const override {
    int64_t bytes = static_cast<int64_t>(samples_.size()) * ContrastSample::kResidentBytes;
    for (const auto& array : arrays_) bytes += array->chunks.resident_bytes();
    return bytes;
  }
  int64_t disk_bytes() const override {
    int64_t bytes = 0;
    for (const auto& array : arrays_) {
      if (array->unbounded()) return -1;
      bytes += array->layout.stream_count() * array->chunks.item_disk_bytes();
    }
    return bytes;
  }
  void open() override {
    std::error_code ignored;  // a folder that cannot be listed fails when it is written to
    if (std::filesystem::exists(root_, ignored) && !std::filesystem::is_empty(root_, ignored))
      throw Error(ErrorCode::output_exists,
                  Issue{"the store exists already", root_.string(), "", "",
                        "choose another folder with --out DIR, or replace it with --overwrite"});
    if (Status s = write_metadata(false, "running"); !s.ok())
      throw Error(ErrorCode::run_failed, s.issue());
  }
  Status write(std::span<const Input> in) override {
    for (size_t i = 0; i < in.size(); ++i)
      if (Status s = write_item(*arrays_[i], in[i], i == image_); !s.ok()) return s;
    return {};
  }
  Status close(const Outcome& outcome) override {
    if (outcome.valid_items >= 0)
      for (const auto& array : arrays_)
        if (Status s = cut(*array, outcome); !s.ok()) return s;
    return write_metadata(outcome.complete, outcome.reason);
  }
  std::vector<std::filesystem::path> paths() const override { return {root_}; }

 private:
  StoredArray& image() const { return *arrays_[image_]; }

  void find_channels() {
    channel_stream_ = image().layout.find_stream("c");
    channel_item_ = image().layout.find_item("c");
  }
  int64_t channel_count() const {
    const auto& layout = image().layout;
    const int64_t n = channel_stream_ >= 0 ? image().shape()[static_cast<size_t>(channel_stream_)]
                      : channel_item_ >= 0 ? layout.item[static_cast<size_t>(channel_item_)].size
                                           : 1;
    return std::max<int64_t>(1, n);
  }
  ContrastSample& sample(int64_t channel) {
    return samples_[std::min(static_cast<size_t>(channel), samples_.size() - 1)];
  }

  void add_contrast(const Input& in) {
    const Region whole = image().layout.whole_item();
    if (channel_item_ < 0) {
      const int64_t c =
          channel_stream_ < 0 ? 0 : in.header->coordinates[static_cast<size_t>(channel_stream_)];
      sample(c).add(in.header->sequence, in.image, whole);
      return;
    }
    for (int64_t c = in.image.region.begin(channel_item_); c < in.image.region.end(channel_item_);
         ++c)
      sample(c).add(in.header->sequence, in.image, whole, channel_item_, c);
  }

  Status write_item(StoredArray& array, const Input& in, bool is_image) {
    const int64_t sequence = in.header->sequence;
    array.seen = std::max(array.seen, sequence + 1);
    if (in.gap) {
      array.gaps.add(sequence, sequence, in.gap->reason, in.gap->text);
      return {};
    }
    if (is_image) add_contrast(in);
    return array.chunks.write(in.header->coordinates, in.image);
  }

  // Removes what lies behind the valid items and says so.
  Status cut(StoredArray& array, const Outcome& outcome) {
    const int64_t valid = outcome.valid_items;
    if (array.layout.stream.empty() || valid >= array.items()) return {};
    for (int64_t k = valid; k < array.seen; ++k)
      if (Status s = array.chunks.remove(coordinates_of(array.layout, k)); !s.ok()) return s;
    array.gaps.cut(valid);
    array.seen = std::min(array.seen, valid);
    if (!array.unbounded())
      array.gaps.add(valid, array.items() - 1, GapReason::stopped, outcome.reason);
    return {};
  }

  Status write_metadata(bool complete, const std::string& reason) {
    std::vector<std::string> labels;
    for (const auto& array : arrays_) {
      const StoreRecord record{complete, reason, array->items(), &array->gaps, provenance_};
      const bool is_image = array.get() == &image();
      const std::string group =
          is_image ? image_json(root_.stem().stem().string(), array->axes, array->layout.dtype,
                                windows(), record)
                   : label_json(array->label, array->axes, array->layout.dtype, record);
      // The array before the group that points to it.
      Status s =
          write_file_atomically(array->group / "0" / "zarr.json",
                                array_json(array->axes, array->shape(), array->chunks.chunk_shape(),
                                           array->layout.dtype));
      if (s.ok()) s = write_file_atomically(array->group / "zarr.json", group);
      if (!s.ok()) return s;
      if (!is_image) labels.push_back(array->label);
    }
    return labels.empty()
               ? Status()
               : write_file_atomically(root_ / "labels" / "zarr.json", labels_json(labels));
  }
  std::vector<ContrastWindow> windows() {
    std::vector<ContrastWindow> result;
    for (int64_t c = 0; c < channel_count(); ++c)
      result.push_back(sample(c).window(image().layout.dtype));
    return result;
  }

  std::filesystem::path root_;
  std::string provenance_;
  std::vector<std::unique_ptr<StoredArray>> arrays_;  // in the order of the inputs
  size_t image_ = 0;
  int channel_stream_ = -1, channel_item_ = -1;
  std::vector<ContrastSample> samples_;  // by channel
};

}  // namespace

PARFOCAL_SINK(ome_zarr) {
  using P = OmeZarrParams;
  return {
      "ome_zarr",
      "an image, with its label images, as OME-Zarr 0.5 (Zarr v3)",
      {PortKind::image},
      true,
      Parameters<P>()
          .add("path", &P::path, "folder below the output folder")
          .required()
          .add("codec", &P::codec, "how chunks are compressed")
          .choices({"none", "lz4", "zstd_blosc", "zstd", "gzip", "crc32c"})
          .add("levels", &P::levels, "images of the pyramid: each half the size of the one before")
          .at_least(1)
          .at_most(16)
          .defaults("1")
          .add("shard", &P::shard, "auto: about 64 MiB of chunks in a file; none: a file a chunk")
          .choices({"auto", "none"})
          .add("format", &P::format, "version of OME-NGFF: 0.5 on Zarr v3, 0.4 on Zarr v2")
          .choices({"0.5", "0.4"})
          .add("ack", &P::ack, "what survives: kernel a killed process, durable a power cut")
          .choices({"queued", "kernel", "durable"}),
      "{type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}",
      [](const std::any& params, std::span<const SinkInput> inputs,
         const SinkContext& context) -> std::unique_ptr<Sink> {
        const P& p = std::any_cast<const P&>(params);
        if (p.streams()) return make_stream_sink(p, inputs, context);
        return std::make_unique<OmeZarrSink>(p, inputs, context);
      },
      false};
}

}  // namespace parfocal
