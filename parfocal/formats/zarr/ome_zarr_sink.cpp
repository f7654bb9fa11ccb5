#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/planes.h"
#include "parfocal/formats/zarr/store_sink_params.h"
#include "parfocal/formats/zarr/store_sink_table.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer.h"

namespace parfocal {
namespace {

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

StoreOptions options_of(const OmeZarrParams& params, const SinkContext& context) {
  StoreOptions options;
  options.threads = std::max(1, context.threads);
  options.regions = context.tile.rank > 0;
  options.ack = params.ack == "queued"    ? Ack::queued
                : params.ack == "durable" ? Ack::durable
                                          : Ack::kernel;
  return options;
}

// What is wrong with an image of the store is told with the place of the sink.
void require_spec(const StoreSpec& spec) {
  try {
    check_spec(spec);
  } catch (const Error& error) {
    std::vector<Issue> issues = error.issues();
    for (Issue& issue : issues) {
      if (!issue.where.empty()) issue.what = issue.where + ": " + issue.what;
      issue.where.clear();
    }
    throw Error(error.code(), std::move(issues));
  }
}

/// Sink `ome_zarr`: an image with its label images, of one or several positions, and a table, as an
/// OME-Zarr that frames stream to (StoreWriter).
class OmeZarrSink final : public Sink {
 public:
  OmeZarrSink(const OmeZarrParams& params, std::span<const SinkInput> inputs,
              const SinkContext& context)
      : root_(output_path(context.out_dir, params.path, "ome_zarr")),
        options_(options_of(params, context)),
        resume_(context.resume) {
    spec_.zarr_format = params.format == "0.4" ? 2 : 3;
    spec_.columns = frame_columns();
    spec_.provenance_json = context.provenance_json;
    spec_.origin = context.origin;
    // The image comes first in the store, whatever the order of the inputs.
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].key == "from") images_.emplace_back(params, inputs[i], i, nullptr, spec_);
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].key.starts_with(kLabelsKey))
        images_.emplace_back(params, inputs[i], i, &images_.front(), spec_);
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].key == kTableKey) table_.emplace(root_, spec_.zarr_format, inputs[i], i);
    require_spec(spec_);
  }

  int64_t resident_bytes() const override {
    return StoreWriter::resident_bytes(spec_, options_) + (table_ ? table_->resident_bytes() : 0);
  }
  int64_t disk_bytes() const override {
    return StoreWriter::disk_bytes(spec_, options_);  // see notices()
  }
  std::vector<std::string> notices() const override {
    if (!table_) return {};
    return {"The rows of the table in " + root_.filename().string() +
            " are not known before: their disk is not in what is stated."};
  }
  // A pyramid that is halved in z needs whole planes, and a table comes whole.
  bool takes_regions() const override {
    return !table_ && std::none_of(spec_.images.begin(), spec_.images.end(), [](const auto& image) {
      return image.pool_z && image.levels > 1;
    });
  }
  void open() override {
    writer_ = resume_ && is_streamed_store(root_) ? StoreWriter::resume(root_, spec_, options_)
                                                  : StoreWriter::create(root_, spec_, options_);
    if (!table_) return;
    if (Status s = table_->open(); !s.ok()) throw Error(ErrorCode::run_failed, s.issue());
  }
  // A table is written from its first row again, so that every item has to come.
  bool has(int64_t sequence) const override {
    if (table_) return false;
    return std::all_of(images_.begin(), images_.end(), [&](const SinkImages& images) {
      auto [image, frame] = images.place_of(sequence);
      for (const int64_t end = frame + images.planes(); frame < end; ++frame)
        if (!writer_->has(image, frame)) return false;
      return true;
    });
  }
  Status write(std::span<const Input> in) override {
    int64_t ticket = -1;
    for (const SinkImages& images : images_)
      if (Status s = write_item(images, in[images.input()], ticket); !s.ok()) return s;
    if (ticket >= 0) queued_.emplace_back(in[0].header->sequence, ticket);
    drop_stored();
    return table_ ? table_->write(in[table_->input()]) : Status();
  }
  int64_t stored_items() const override {
    const int64_t stored = writer_ ? writer_->acknowledged() : 0;
    for (const auto& [item, ticket] : queued_)
      if (ticket >= stored) return item;
    return -1;
  }
  Status close(const Outcome& outcome) override {
    if (!writer_) return {};
    std::vector<int64_t> kept;
    if (outcome.valid_items >= 0)
      for (const SinkImages& images : images_) images.add_kept(outcome.valid_items, kept);
    Status table = table_ ? table_->close(outcome.valid_items) : Status();
    Status s = writer_->close(outcome.complete, outcome.reason, kept);
    return s.ok() ? std::move(table) : std::move(s);
  }
  std::vector<std::filesystem::path> paths() const override { return {root_}; }

 private:
  // An item may hold several planes (z inside the frame): each is a frame of the store. One that is
  // there stayed from the run before, is missing by an earlier region, or is a Value that comes
  // again with every item it belongs to.
  Status write_item(const SinkImages& images, const Input& in, int64_t& last_ticket) {
    const auto [image, first] = images.place_of(in.header->sequence);
    if (in.gap) return write_gap(image, first, images.planes(), *in.gap);
    const auto row = row_of(*in.header);
    int64_t frame = first - 1, ticket = 0;
    return for_each_plane(in.image, [&, image = image](const View& plane, const auto&) {
      if (writer_->has(image, ++frame)) return Status();
      Status s = options_.regions ? writer_->append_region(image, frame, plane, row, ticket)
                                  : writer_->append(image, frame, plane, row, ticket);
      if (s.ok()) last_ticket = std::max(last_ticket, ticket);
      return s;
    });
  }
  void drop_stored() {
    const int64_t stored = writer_->acknowledged();
    while (!queued_.empty() && queued_.front().second < stored) queued_.pop_front();
  }
  Status write_gap(size_t image, int64_t first, int64_t planes, const Gap& gap) {
    for (int64_t frame = first; frame < first + planes; ++frame)
      if (!writer_->has(image, frame))
        if (Status s = writer_->append_gap(image, frame, 1, gap.reason, gap.text); !s.ok())
          return s;
    return {};
  }

  std::filesystem::path root_;
  StoreSpec spec_;
  StoreOptions options_;
  bool resume_;
  std::vector<SinkImages> images_;  // by input; the image itself first
  std::optional<SinkTable> table_;
  std::deque<std::pair<int64_t, int64_t>> queued_;  // item and last ticket: at most the queue's
  std::unique_ptr<StoreWriter> writer_;
};

}  // namespace

PARFOCAL_SINK(ome_zarr) {
  using P = OmeZarrParams;
  return {
      "ome_zarr",
      "an image, with its label images and a table, as OME-Zarr (0.5 on Zarr v3, 0.4 on Zarr v2)",
      {PortKind::image},
      true,
      Parameters<P>()
          .add("path", &P::path, "folder below the output folder, e.g. movie.ome.zarr")
          .required()
          .add("codec", &P::codec, "how chunks are compressed")
          .choices({"none", "lz4", "zstd_blosc", "zstd", "gzip", "crc32c"})
          .defaults("lz4")
          .add("levels", &P::levels,
               "images of the pyramid: each half the size of the one before; 0: until the smallest "
               "has at most 512 x 512 pixels")
          .at_least(0)
          .at_most(16)
          .defaults("1")
          .add("shard", &P::shard, "auto: about 64 MiB of chunks in a file; none: a file a chunk")
          .choices({"auto", "none"})
          .defaults("auto")
          .add("format", &P::format, "version of OME-NGFF: 0.5 on Zarr v3, 0.4 on Zarr v2")
          .choices({"0.5", "0.4"})
          .defaults("0.5")
          .add("ack", &P::ack, "what survives: kernel a killed process, durable a power cut")
          .choices({"queued", "kernel", "durable"})
          .defaults("kernel")
          .add("wells", &P::wells,
               "the well of each position (axis p), in order, as [A/1, A/1, A/2]: makes a plate"),
      "{type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}",
      [](const std::any& params, std::span<const SinkInput> inputs,
         const SinkContext& context) -> std::unique_ptr<Sink> {
        return std::make_unique<OmeZarrSink>(std::any_cast<const P&>(params), inputs, context);
      },
      false,
      {{"table", PortKind::table, true,
        "a table, such as that of the objects, as 1-D arrays tables/<step>"}}};
}

PARFOCAL_RULES(sinks, ome_zarr) {
  return Rules<OmeZarrParams>()
      .add({"wells"}, check_wells)
      .add({"codec", "format"}, check_codec)
      .add({"labels"}, check_label_names)
      .endings({".ome.zarr", ".zarr"})
      .takes_images("from")
      .takes_images("labels.", integer_dtypes());
}

}  // namespace parfocal
