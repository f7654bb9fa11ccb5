#include "parfocal/formats/zarr/stream_sink.h"

#include <cstring>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/planes.h"
#include "parfocal/formats/zarr/writer/ngff_axes.h"
#include "parfocal/formats/zarr/writer/store_writer.h"

namespace parfocal {
namespace {

std::vector<CodecSpec> compressors_of(const std::string& codec, DType dtype) {
  CodecSpec spec;
  spec.typesize = static_cast<int>(dtype_size(dtype));
  if (codec == "none") return {};
  if (codec == "crc32c") return {crc32c_codec()};
  if (codec == "gzip") {
    spec.kind = CodecKind::gzip;
    spec.level = 5;
  } else if (codec == "zstd") {
    spec.kind = CodecKind::zstd;
  } else {
    spec.kind = CodecKind::blosc;
    spec.cname = codec == "zstd_blosc" ? "zstd" : "lz4";
  }
  return {spec};
}

ImageSpec image_of(const OmeZarrParams& params, const SinkInput& input, const std::string& name) {
  const bool label = input.key.starts_with(kLabelsKey);
  ImageSpec image;
  image.name = label ? input.key.substr(kLabelsKey.size()) : name;
  image.path = label ? "labels/" + image.name : "";
  image.axes = ngff_axes(input.layout.layout, input.step);
  image.dtype = input.layout.layout.dtype;
  image.label = label;
  image.compressors = compressors_of(params.codec, image.dtype);
  image.levels = static_cast<int>(params.levels);
  image.pooling = label || image.dtype == DType::boolean ? Pooling::mode : Pooling::mean;
  choose_chunks(image, params.shard != "none" && params.format != "0.4");
  return image;
}

const std::vector<ColumnSpec>& frame_columns() {
  static const std::vector<ColumnSpec> columns = {{"hardware_id", DType::i64, ""},
                                                  {"device_time_ns", DType::i64, "nanosecond"},
                                                  {"host_time_ns", DType::i64, "nanosecond"},
                                                  {"time_s", DType::f64, "second"}};
  return columns;
}

std::array<std::byte, 32> row_of(const FrameHeader& header) {
  std::array<std::byte, 32> row;
  std::memcpy(row.data(), &header.hardware_id, 8);
  std::memcpy(row.data() + 8, &header.device_time_ns, 8);
  std::memcpy(row.data() + 16, &header.host_time_ns, 8);
  std::memcpy(row.data() + 24, &header.time_s, 8);
  return row;
}

class StreamSink final : public Sink {
 public:
  StreamSink(const OmeZarrParams& params, std::span<const SinkInput> inputs,
             const SinkContext& context)
      : root_(output_path(context.out_dir, params.path, "ome_zarr")) {
    spec_.zarr_format = params.format == "0.4" ? 2 : 3;
    spec_.columns = frame_columns();
    spec_.provenance_json = context.provenance_json;
    spec_.origin = context.origin;
    resume_ = context.resume;
    const std::string name = root_.stem().stem().string();
    // The image comes first in the store, whatever the order of the inputs.
    for (const bool label : {false, true})
      for (size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i].key.starts_with(kLabelsKey) == label) {
          spec_.images.push_back(image_of(params, inputs[i], name));
          input_of_.push_back(i);
          planes_.push_back(planes_per_item(inputs[i].layout.layout));
        }
    check_spec(spec_);
    options_.threads = std::max(1, context.threads);
    options_.ack = params.ack == "queued"    ? Ack::queued
                   : params.ack == "durable" ? Ack::durable
                                             : Ack::kernel;
  }

  int64_t resident_bytes() const override { return StoreWriter::resident_bytes(spec_, options_); }
  bool takes_regions() const override { return false; }
  int64_t disk_bytes() const override {
    int64_t bytes = 0;
    for (const ImageSpec& image : spec_.images) {
      int64_t pixels = static_cast<int64_t>(dtype_size(image.dtype));
      for (const Axis& axis : image.axes) {
        if (axis.size == kUnbounded) return -1;
        pixels *= axis.size;
      }
      bytes += image.levels > 1 ? pixels + pixels / 3 : pixels;
    }
    return bytes;
  }
  void open() override {
    std::error_code absent;
    writer_ = resume_ && std::filesystem::exists(root_ / "__parfocal" / "store.json", absent)
                  ? StoreWriter::resume(root_, spec_, options_)
                  : StoreWriter::create(root_, spec_, options_);
  }
  bool has(int64_t sequence) const override {
    for (size_t i = 0; i < planes_.size(); ++i)
      for (int64_t plane = 0; plane < planes_[i]; ++plane)
        if (!writer_->has(i, sequence * planes_[i] + plane)) return false;
    return true;
  }
  Status write(std::span<const Input> in) override {
    if (resume_ && has(in[0].header->sequence)) return {};
    for (size_t i = 0; i < input_of_.size(); ++i)
      if (Status s = write_item(i, in[input_of_[i]]); !s.ok()) return s;
    return {};
  }
  Status close(const Outcome& outcome) override {
    if (!writer_) return {};
    std::vector<int64_t> kept;
    for (size_t i = 0; outcome.valid_items >= 0 && i < planes_.size(); ++i)
      kept.push_back(outcome.valid_items * planes_[i]);
    return writer_->close(outcome.complete, outcome.reason, kept);
  }
  std::vector<std::filesystem::path> paths() const override { return {root_}; }

 private:
  static int64_t planes_per_item(const Layout& layout) {
    int64_t planes = 1;
    for (size_t a = 0; a + 2 < layout.item.size(); ++a) planes *= layout.item[a].size;
    return planes;
  }

  bool stayed(size_t image, int64_t frame) const { return resume_ && writer_->has(image, frame); }

  Status write_gap(size_t image, int64_t first, const Gap& gap) {
    if (!resume_) return writer_->append_gap(image, first, planes_[image], gap.reason, gap.text);
    for (int64_t frame = first; frame < first + planes_[image]; ++frame)
      if (!stayed(image, frame))
        if (Status s = writer_->append_gap(image, frame, 1, gap.reason, gap.text); !s.ok())
          return s;
    return {};
  }

  // An item may hold several planes (z inside the frame): each is a frame of the store.
  Status write_item(size_t image, const Input& in) {
    const int64_t first = in.header->sequence * planes_[image];
    if (in.gap) return write_gap(image, first, *in.gap);
    const auto row = row_of(*in.header);
    int64_t frame = first - 1, ticket = 0;
    return for_each_plane(in.image, [&](const View& plane, const auto&) {
      ++frame;
      return stayed(image, frame) ? Status() : writer_->append(image, frame, plane, row, ticket);
    });
  }

  std::filesystem::path root_;
  StoreSpec spec_;
  StoreOptions options_;
  std::vector<size_t> input_of_;  // by image of the store
  std::vector<int64_t> planes_;   // frames of the store per item
  bool resume_ = false;
  std::unique_ptr<StoreWriter> writer_;
};

}  // namespace

std::unique_ptr<Sink> make_stream_sink(const OmeZarrParams& params,
                                       std::span<const SinkInput> inputs,
                                       const SinkContext& context) {
  return std::make_unique<StreamSink>(params, inputs, context);
}

}  // namespace parfocal
