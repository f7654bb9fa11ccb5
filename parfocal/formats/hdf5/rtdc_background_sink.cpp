#include <fmt/format.h>

#include <algorithm>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/dataset_writer.h"
#include "parfocal/formats/hdf5/frame_selection.h"
#include "parfocal/formats/hdf5/job_ids.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_output.h"
#include "parfocal/formats/hdf5/rtdc_place_params.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

/// Sink `rtdc_background`: a background series as dcnum stores it: the images once, as an internal
/// basin, and for each frame which of them and the offset.
class RtdcBackgroundSink final : public Sink {
 public:
  RtdcBackgroundSink(const RtdcPlaceParams& params, std::span<const SinkInput> inputs,
                     const SinkContext& context)
      : params_(params),
        series_(inputs[0]),
        steps_at_(find_input(inputs, "steps")),
        frames_at_(find_input(inputs, "frames")),
        out_(output_path(context.out_dir, params.path, "rtdc_background"),
             encoder_threads(context.threads)),
        input_(input_file(inputs[0], params.input, context)) {
    require_all_frames(series_.lineage, "rtdc_background");
    const Layout& layout = series_.layout.layout;
    if (!layout.stream.empty() || layout.item.size() != 3)
      fail_layout(
          "sink rtdc_background cannot write this", layout.str(),
          "a series of backgrounds: [| step y x]",
          "take from: <the background step>.series, steps: ... .steps, frames: ... .frames");
    for (const int at : {steps_at_, frames_at_}) column_of(inputs, at);
    most_frames_ = inputs[static_cast<size_t>(frames_at_)].layout.table.max_rows;
    if (most_frames_ == 0)
      fail_layout("sink rtdc_background needs to know how many frames there are",
                  "a stream without an end", "a recording",
                  "record the stream first: {type: rtdc, from: source, path: recording.rtdc}");
  }

  int64_t resident_bytes() const override {
    return RtdcOutput::kFileBytes + copied_bytes() + 2 * most_frames_ * 16 + chunk_bytes() +
           ChunkEncoder::resident_bytes(out_.threads(), level(), chunk_bytes());
  }
  int64_t input_window(size_t input) const override { return input == 0 ? image_bytes() : -1; }
  int64_t disk_bytes() const override {
    return room_of_copied_bytes(params_.change) +
           rtdc_room_bytes(1, series_.layout.layout.item_bytes());
  }

  void open() override {
    if (!params_.published.empty()) require_replaceable(params_.published);
    if (params_.change.empty())
      out_.create();
    else
      out_.create_copy_of(params_.change);
  }

  Status write(std::span<const Input> in) override {
    if (done_) return {};
    for (const Input& input : in)
      if (input.gap) return Status::fail("there is no background: " + input.gap->text);
    return guarded([&]() -> Status {
      const TableView& steps = in[static_cast<size_t>(steps_at_)].table;
      keep_frames(in[static_cast<size_t>(frames_at_)].table);
      has_offset_ = corrects_offsets(steps, series_.lineage);
      start();
      done_ = true;
      return write_series(in[0], steps.rows);
    });
  }

  Status close(const Outcome& outcome) override {
    if (!done_ || !outcome.complete) {
      out_.discard();
      return {};
    }
    Status s = guarded([&]() -> Status {
      store_entries(outcome.notices);
      return {};
    });
    if (s.ok()) return out_.publish(outcome);
    out_.discard();
    return s;
  }
  std::vector<fs::path> paths() const override { return out_.paths(); }

 private:
  static void column_of(std::span<const SinkInput> inputs, int at) {
    if (at < 0 || !inputs[static_cast<size_t>(at)].layout.layout.stream.empty())
      fail_layout("sink rtdc_background needs the steps and the frames of a background series",
                  at < 0 ? "nothing" : inputs[static_cast<size_t>(at)].layout.layout.str(),
                  "tables of the whole recording",
                  "write steps: <step>.steps, frames: <step>.frames");
  }
  int64_t image_bytes() const {
    const Layout& layout = series_.layout.layout;
    return layout.item_bytes() / std::max<int64_t>(1, layout.item[0].size);
  }
  // Of what a new file takes over.
  int64_t copied_bytes() const { return params_.change.empty() ? copying_bytes(input_) : 0; }
  int64_t chunk_bytes() const {
    return std::max(DatasetWriter::chunk_bytes(image_bytes()), DatasetWriter::chunk_bytes(8));
  }

  void keep_frames(const TableView& frames) {
    const int index = frames.schema->find("index"), offset = frames.schema->find("offset");
    if (index < 0 || offset < 0)
      throw Error(ErrorCode::run_failed,
                  Issue{"the table of frames lacks a column", "frames", "", "index, offset", ""});
    index_.assign(frames.column<int64_t>(index), frames.column<int64_t>(index) + frames.rows);
    offset_.assign(frames.column<double>(offset), frames.column<double>(offset) + frames.rows);
  }

  // A new file refers to its input for the rest; in a changed one the old background goes first.
  void start() {
    const H5File& file = out_.file();
    if (!params_.change.empty()) {
      place_missing(number_of(read_attribute(file.id(), "experiment:event count")));
      check_length();
      for (const char* feature : {"image_bg", "bg_off"}) {
        file.remove(std::string("events/") + feature);
        remove_internal_feature(file, feature);
      }
    } else if (!input_.empty()) {
      const H5File input = H5File::open(input_);
      place_missing(number_of(read_attribute(input.id(), "experiment:event count")));
      refer_to(input, file, folder());
    } else {
      place_missing(std::nullopt);
    }
  }
  // Frames that could not be read. Where the file that is referred to counts them they keep their
  // row, with the background of the frame before and an offset that is no number; else (a recording
  // leaves them out, `events` is without them) they have none.
  void place_missing(std::optional<double> events) {
    const auto missing = std::count(index_.begin(), index_.end(), -1);
    if (missing == 0) return;
    const bool keep = events && *events == static_cast<double>(index_.size());
    notice_ = fmt::format(
        "{} frames are missing: they {}", missing,
        keep ? "have the background of the frame before them, and no offset" : "are left out");
    int64_t last = *std::find_if(index_.begin(), index_.end(), [](int64_t i) { return i >= 0; });
    size_t rows = 0;
    for (size_t frame = 0; frame < index_.size(); ++frame) {
      if (index_[frame] < 0 && !keep) continue;
      last = index_[frame] < 0 ? last : index_[frame];
      index_[rows] = last;
      offset_[rows++] = offset_[frame];
    }
    index_.resize(rows);
    offset_.resize(rows);
  }
  void check_length() const {
    const auto events = number_of(read_attribute(out_.file().id(), "experiment:event count"));
    if (!events || *events == static_cast<double>(index_.size())) return;
    throw Error(ErrorCode::run_failed,
                Issue{"the file to be changed is of another recording", params_.change,
                      text_of(*events) + " frames", std::to_string(index_.size()) + " frames",
                      "write to a new file"});
  }
  fs::path folder() const {
    return params_.published.empty() ? out_.place().parent_path()
                                     : fs::path(params_.published).parent_path();
  }

  Status write_series(const Input& series, int64_t count) {
    const Layout& layout = series_.layout.layout;
    DatasetWriter writer(out_.file(), "basin_events/image_bg", layout.dtype,
                         {layout.item[1].size, layout.item[2].size}, level(), out_.encoder());
    for (int64_t i = 0; i < count; ++i) {
      const std::byte* image = series.image.data + i * image_bytes();
      if (Status s = writer.append(image); !s.ok()) return s;
      if (series.scratch) series.scratch->release(image, image_bytes());
    }
    Status s = writer.finish();
    if (s.ok()) name_background(writer.id(), "basin_events/image_bg");
    return s;
  }
  int level() const { return params_.compress ? 5 : 0; }
  std::string id() const { return background_id(series_.lineage, has_offset_); }

  void name_background(int64_t dataset, const std::string& name) {
    const std::string where = out_.file().where(name);
    write_attribute(dataset, "dcnum ppid background", id(), where);
    write_attribute(dataset, "dcnum ppid generation", std::string(kPpidGeneration), where);
  }

  void store_entries(std::vector<std::string> notices) {
    const H5File& file = out_.file();
    BasinEntry entry;
    entry.name = "background images";
    entry.description = "Pipeline identifier: " + id();
    entry.internal = true;
    entry.features = {"image_bg"};
    entry.mapping = store_mapping(file, index_);
    store_basin(file, entry);
    if (has_offset_) {
      write_column(file, "events/bg_off", offset_);
      name_background(file.dataset("events/bg_off").id(), "events/bg_off");
    }
    complete_attributes();
    if (!notice_.empty()) notices.push_back(notice_);
    out_.store_notices(notices);
  }

  // Frames that do not come from an .rtdc file: at least the length and the size are told.
  void complete_attributes() {
    const Layout& layout = series_.layout.layout;
    const std::pair<const char*, int64_t> known[] = {
        {"experiment:event count", static_cast<int64_t>(index_.size())},
        {"imaging:roi size x", layout.item[2].size},
        {"imaging:roi size y", layout.item[1].size}};
    for (const auto& [name, value] : known)
      if (!read_attribute(out_.file().id(), name))
        write_attribute(out_.file().id(), name, value, out_.path().string());
  }

  RtdcPlaceParams params_;
  SinkInput series_;
  int steps_at_, frames_at_;
  RtdcOutput out_;
  fs::path input_;
  int64_t most_frames_ = 0;
  std::vector<int64_t> index_;
  std::vector<double> offset_;
  std::string notice_;
  bool has_offset_ = true, done_ = false;
};

}  // namespace

PARFOCAL_SINK(rtdc_background) {
  using P = RtdcPlaceParams;
  SinkInfo info;
  info.name = "rtdc_background";
  info.summary =
      "a background series as an .rtdc file that refers to its input, as dcnum writes it";
  info.accepts = {PortKind::image};
  info.params = rtdc_place_params<P>(true);
  info.example =
      "{type: rtdc_background, from: background.series, steps: background.steps, "
      "frames: background.frames, path: background.rtdc}";
  info.inputs = {{"steps", PortKind::table, false, "one row per background that was kept"},
                 {"frames", PortKind::table, false, "index and offset of each frame"}};
  info.make = [](const std::any& params, std::span<const SinkInput> inputs,
                 const SinkContext& context) -> std::unique_ptr<Sink> {
    return std::make_unique<RtdcBackgroundSink>(std::any_cast<const P&>(params), inputs, context);
  };
  return info;
}

PARFOCAL_RULES(sinks, rtdc_background) {
  return Rules<RtdcPlaceParams>().endings({".rtdc", ".h5", ".hdf5"}).takes_images("from");
}

}  // namespace parfocal
