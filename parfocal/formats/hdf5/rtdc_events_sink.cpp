#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/core/io.h"
#include "parfocal/core/length_units.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/event_columns.h"
#include "parfocal/formats/hdf5/frame_features.h"
#include "parfocal/formats/hdf5/job_ids.h"
#include "parfocal/formats/hdf5/job_log.h"
#include "parfocal/formats/hdf5/measurement_identifier.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_output.h"
#include "parfocal/formats/hdf5/rtdc_place_params.h"
#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

struct RtdcEventsParams : RtdcPlaceParams {
  bool drain = false;
};

/// Sink `rtdc_events`: what a dcnum job writes: features and mask of every event, its background,
/// and references to the frames it was found in.
class RtdcEventsSink final : public Sink {
 public:
  RtdcEventsSink(const RtdcEventsParams& params, std::span<const SinkInput> inputs,
                 const SinkContext& context)
      : params_(params),
        inputs_(inputs.begin(), inputs.end()),
        series_(find_input(inputs, "series")),
        steps_(find_input(inputs, "steps")),
        out_(output_path(context.out_dir, params.path, "rtdc_events"),
             encoder_threads(context.threads)),
        input_(input_file(inputs[0], params.input, context)),
        provenance_(context.provenance_json) {
    ports_ = {find_input(inputs, "labels"), find_input(inputs, "image"),
              find_input(inputs, "background"), find_input(inputs, "index"),
              find_input(inputs, "offset")};
    check();
    // Without the whole series an index has nothing to point to; without `drain` images are
    // referred to, if there is a file to refer to.
    if (series_ < 0) ports_.index = -1;
    if (series_ >= 0) ports_.background = -1;
    if (!params_.drain && !input_.empty()) ports_.image = -1;
    if (offset_mode(inputs_[0].lineage) == "false") ports_.offset = -1;
  }

  int64_t input_window(size_t input) const override {
    return static_cast<int>(input) == series_ ? series_image_bytes() : -1;
  }
  int64_t resident_bytes() const override {
    // A file that this run records has nothing large beside its frames.
    const int64_t copied = in_recording() ? 0 : copying_bytes(input_);
    return RtdcOutput::kRecordedBytes + copied + FrameFeatures::kResidentBytes +
           EventColumns::resident_bytes(inputs_, ports_) + (series_ < 0 ? 0 : chunk_bytes()) +
           ChunkEncoder::resident_bytes(out_.threads(), level(), chunk_bytes());
  }
  int64_t disk_bytes() const override { return -1; }

  void open() override {
    out_.create_recorded();
    // A recording of this run has the chosen frames only, one after the other.
    const FrameSelection frames =
        in_recording() ? FrameSelection{} : selection_of(inputs_[0].lineage);
    columns_ = std::make_unique<EventColumns>(out_.file(), inputs_, ports_, frames, level(),
                                              out_.encoder());
    out_.begin_frames();
  }

  Status write(std::span<const Input> in) override {
    for (const Input& input : in)
      if (input.gap) {
        if (in_recording() && input.gap->reason == GapReason::dropped)
          columns_->leave_out(in[0].header->sequence);
        return {};
      }
    return out_.write_frame([&]() -> Status {
      if (series_ >= 0 && !series_written_)
        if (Status s = write_series(in); !s.ok()) return s;
      return columns_->write(in);
    });
  }

  // Chunks are written later than their frames: what comes after one that failed is not there.
  int64_t stored_items() const override { return columns_ ? columns_->first_lost() : stored_; }

  // Whatever fails, the events of frames that are whole get a file.
  Status close(const Outcome& outcome) override {
    out_.end_frames();
    Status s = guarded([&] { return columns_->finish(out_.file(), outcome.valid_items); });
    if (!s.ok()) stored_ = columns_->first_lost();
    Status ended = guarded([&]() -> Status {
      finish(outcome);
      return {};
    });
    columns_.reset();
    if (s.ok()) s = std::move(ended);
    Status published = out_.publish(s.ok() ? outcome : failed(outcome, s));
    if (!published.ok()) stored_ = out_.safe_frames();
    return s.ok() ? std::move(published) : std::move(s);
  }
  std::vector<fs::path> paths() const override { return out_.paths(); }

 private:
  void check() const {
    const auto& table = inputs_[0].layout;
    if (ports_.labels >= 0 && table.table.find("label") < 0)
      fail_layout("sink rtdc_events cannot tell which label is which event",
                  "a table without a column 'label'", "the table of flow_features", "");
    if (series_ >= 0 && (layout(series_).item.size() != 3 || !layout(series_).stream.empty()))
      fail_layout("the series of sink rtdc_events has no steps", layout(series_).str(),
                  "a series of backgrounds: [| step y x]", "write series: <background>.series");
    check_series(series_ >= 0, steps_ >= 0, ports_.index >= 0);
  }
  const Layout& layout(int at) const { return inputs_[static_cast<size_t>(at)].layout.layout; }
  // `input` in the output folder is recorded by this run: lost frames have no place in it.
  bool in_recording() const {
    return !params_.input.empty() && fs::path(params_.input).is_relative();
  }
  int level() const { return params_.compress ? 5 : 0; }
  int64_t series_image_bytes() const {
    return layout(series_).item_bytes() / std::max<int64_t>(1, layout(series_).item[0].size);
  }
  int64_t chunk_bytes() const {
    const int64_t own = EventColumns::chunk_bytes(inputs_, ports_);
    return series_ < 0 ? own : std::max(own, DatasetWriter::chunk_bytes(series_image_bytes()));
  }
  fs::path folder() const {
    return params_.published.empty() ? out_.place().parent_path()
                                     : fs::path(params_.published).parent_path();
  }

  Status write_series(std::span<const Input> in) {
    const View& images = in[static_cast<size_t>(series_)].image;
    const TableView& steps = in[static_cast<size_t>(steps_)].table;
    series_written_ = true;
    corrected_ = corrects_offsets(steps, inputs_[0].lineage);
    DatasetWriter writer(out_.file(), "basin_events/image_bg", images.dtype,
                         {images.region.shape[1], images.region.shape[2]}, level(), out_.encoder());
    const ScratchPages* scratch = in[static_cast<size_t>(series_)].scratch;
    for (int64_t i = 0; i < steps.rows; ++i) {
      const std::byte* image = images.data + i * series_image_bytes();
      if (Status s = writer.append(image); !s.ok()) return s;
      if (scratch) scratch->release(image, series_image_bytes());
    }
    return writer.finish();
  }

  void finish(const Outcome& outcome) {
    const H5File& file = out_.file();
    if (!with_offsets()) file.remove("events/bg_off");
    if (series_written_) store_series_basin();
    std::unique_ptr<H5File> from;
    if (!input_.empty()) from = std::make_unique<H5File>(H5File::open(input_));
    if (from) take_frames(*from);
    store_identifiers(from.get());
    store_job();
    out_.store_notices(outcome.notices);
    if (from) copy_metadata(*from, file);
    store_run_identifier();
  }
  // Without a series nothing but the offsets tells whether `auto` corrects them.
  bool with_offsets() const {
    if (ports_.offset < 0) return false;
    if (series_written_) return corrected_;
    return columns_->has_offsets() || offset_mode(inputs_[0].lineage) == "true";
  }

  void store_series_basin() {
    BasinEntry entry;
    entry.name = "background images";
    entry.description = "Pipeline identifier: " + background_id(inputs_[0].lineage, with_offsets());
    entry.internal = true;
    entry.features = {"image_bg"};
    entry.mapping = "basinmap1";
    store_basin(out_.file(), entry);
  }

  void take_frames(const H5File& from) {
    const FrameFeatures frames(from, out_.file());
    params_.drain ? frames.copy(level(), folder()) : frames.refer(folder());
  }

  // What the features were computed with: what the step was told, else the scale of its labels.
  double pixel_size(const H5File* from) const {
    double size = stated_pixel_size(inputs_[0].lineage);
    if (!(size > 0) && ports_.labels >= 0) {
      const Axis& x = layout(ports_.labels).item.back();
      size = length_um(x.scale, x.unit).value_or(0);
    }
    if (!(size > 0) && from != nullptr)
      size = number_of(read_attribute(from->id(), "imaging:pixel size")).value_or(0);
    return ppid_pixel_size(size);
  }

  void store_identifiers(const H5File* from) {
    const double size = pixel_size(from);
    ids_ = job_ids(inputs_[0].lineage, size, with_offsets());
    const std::pair<const char*, AttributeValue> attributes[] = {
        {"pipeline:dcnum generation", ids_.generation},
        {"pipeline:dcnum data", ids_.data},
        {"pipeline:dcnum background", ids_.background},
        {"pipeline:dcnum segmenter", ids_.segmenter},
        {"pipeline:dcnum feature", ids_.feature},
        {"pipeline:dcnum gate", ids_.gate},
        {"pipeline:dcnum hash", ids_.hash()},
        {"pipeline:dcnum yield", columns_->events()},
        {"pipeline:dcnum mapping", selection_of(inputs_[0].lineage).id()},
        {"experiment:event count", columns_->events()},
        {"imaging:pixel size", size}};
    for (const auto& [name, value] : attributes)
      write_attribute(out_.file().id(), name, value, out_.path().string());
  }

  void store_job() {
    nlohmann::ordered_json job;
    job["software"] = software_name();
    job["pipeline"]["identifiers"] = {{"bg_id", ids_.background},  {"dat_id", ids_.data},
                                      {"feat_id", ids_.feature},   {"gate_id", ids_.gate},
                                      {"gen_id", ids_.generation}, {"seg_id", ids_.segmenter}};
    job["pipeline"]["hash"] = ids_.hash();
    for (const LineageStep& step : inputs_[0].lineage)
      job["steps"].push_back({{"id", step.id}, {"op", step.type}, {"params", step.params.str()}});
    job["provenance"] = nlohmann::ordered_json::parse(provenance_, nullptr, false);
    if (job["provenance"].is_discarded()) job.erase("provenance");
    write_strings(out_.file(), "logs/parfocal-job-" + log_time(), job_lines(std::move(job)));
  }

  // Events are not frames: the input's identifier would make this file a basin by mistake.
  void store_run_identifier() {
    const std::string own = "dcn-" + ids_.hash().substr(0, 7);
    const auto before = measurement_identifier(out_.file());
    write_attribute(out_.file().id(), "experiment:run identifier",
                    before ? *before + "_" + own : own, out_.path().string());
  }

  RtdcEventsParams params_;
  std::vector<SinkInput> inputs_;
  EventPorts ports_;
  int series_, steps_;
  RtdcOutput out_;
  fs::path input_;
  std::string provenance_;
  std::unique_ptr<EventColumns> columns_;
  PipelineIds ids_;
  bool series_written_ = false, corrected_ = false;
  int64_t stored_ = -1;  // after close(): Sink::stored_items()
};

}  // namespace

PARFOCAL_SINK(rtdc_events) {
  using P = RtdcEventsParams;
  SinkInfo info;
  info.name = "rtdc_events";
  info.summary =
      "events with features, masks and identifiers as an .rtdc file, as a dcnum job writes";
  info.accepts = {PortKind::table};
  info.params =
      rtdc_place_params<P>(false)
          .add("drain", &P::drain, "copy what belongs to the frames instead of referring to it")
          .defaults("false");
  info.example =
      "{type: rtdc_events, from: features, labels: cells, series: background.series, "
      "steps: background.steps, index: background.index, offset: background.offset, "
      "path: events.rtdc}";
  info.inputs = {
      {"labels", PortKind::image, true, "label image: the masks of the events"},
      {"series", PortKind::image, true, "backgrounds, stored once"},
      {"steps", PortKind::table, true, "of the series: one row per background"},
      {"index", PortKind::image, true, "which background a frame has"},
      {"offset", PortKind::image, true, "what is added to it: bg_off"},
      {"background", PortKind::image, true, "background of each frame, where there is no series"},
      {"image", PortKind::image, true,
       "frames, stored for each event with drain: true, or where "
       "they come from no .rtdc file"}};
  info.make = [](const std::any& params, std::span<const SinkInput> inputs,
                 const SinkContext& context) -> std::unique_ptr<Sink> {
    return std::make_unique<RtdcEventsSink>(std::any_cast<const P&>(params), inputs, context);
  };
  return info;
}

PARFOCAL_RULES(sinks, rtdc_events) {
  return Rules<RtdcEventsParams>()
      .add({"series", "steps", "index"},
           [](const RtdcEventsParams&, const Connections& given) {
             check_series(given.has_input("series"), given.has_input("steps"),
                          given.has_input("index"));
           })
      .endings({".rtdc", ".h5", ".hdf5"})
      .takes_images("labels", {DType::u16, DType::u32})
      .takes_images("series")
      .takes_images("background")
      .takes_images("image")
      .takes_numbers("index")
      .takes_numbers("offset");
}

}  // namespace parfocal
