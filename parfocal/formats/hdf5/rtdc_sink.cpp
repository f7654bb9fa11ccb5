#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "parfocal/core/io.h"
#include "parfocal/core/length_units.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/dataset_writer.h"
#include "parfocal/formats/hdf5/journaled_file.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_output.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

struct RtdcParams {
  std::string path;
  double frame_rate = 0;
  double pixel_size = 0;
  int64_t zstd_level = 5;
};

/// Sink `rtdc`: records frames: images, their numbers and times. A missing frame is left out; its
/// number is missing in `frame`, and the log says so.
class RtdcSink final : public Sink {
 public:
  RtdcSink(const RtdcParams& params, const SinkInput& frames, const SinkContext& context)
      : params_(params),
        frames_(frames),
        out_(output_path(context.out_dir, params.path, "rtdc"), encoder_threads(context.threads)),
        like_(metadata_file(frames, context)) {
    const Layout& layout = frames.layout.layout;
    if (layout.stream.size() != 1 || layout.item.size() != 2)
      fail_layout("sink rtdc cannot record this", layout.str(), "frames: [t | y x]", "");
  }

  int64_t resident_bytes() const override {
    const int64_t numbers = DatasetWriter::chunk_bytes(8);
    return RtdcOutput::kRecordedBytes + copying_bytes(like_) + chunk_bytes() + 2 * numbers +
           ChunkEncoder::resident_bytes(out_.threads(), static_cast<int>(params_.zstd_level),
                                        std::max(chunk_bytes(), numbers));
  }
  // A chunk, and the same encoded: FilterPipeline::most_encoded().
  int64_t reread_bytes() const override {
    return 2 * chunk_bytes() + chunk_bytes() / 64 + (int64_t{1} << 20);
  }
  int64_t disk_bytes() const override {
    const int64_t frames = frames_.layout.layout.stream_count();
    if (frames == kUnbounded) return -1;
    const int64_t bytes = rtdc_room_bytes(frames, frames_.layout.layout.item_bytes());
    return bytes + JournaledFile::ahead_bytes(bytes);
  }

  std::vector<std::string> notices() const override {
    const Axis &y = frames_.layout.layout.item[0], &x = frames_.layout.layout.item[1];
    if (params_.pixel_size > 0 || !like_.empty()) return {};  // these say it
    const auto um = length_um(x.scale, x.unit);
    if (um && length_um(y.scale, y.unit) != um)
      return {fmt::format("An .rtdc file has one pixel size: that of x is taken ({} {}; y: {} {}).",
                          x.scale, x.unit, y.scale, y.unit)};
    if (!um && (x.scale != 1 || !x.unit.empty()))
      return {fmt::format(
          "The pixel size of an .rtdc file is a length: the scale {} {} of x is not kept.", x.scale,
          x.unit.empty() ? "without a unit" : x.unit)};
    return {};
  }
  void open() override {
    out_.create_recorded();
    describe();
    const Layout& layout = frames_.layout.layout;
    image_ = column("image", layout.dtype, {layout.item[0].size, layout.item[1].size});
    frame_ = column("frame", DType::f64, {});
    out_.begin_frames();
  }

  Status write(std::span<const Input> in) override {
    const FrameHeader& header = *in[0].header;
    if (in[0].gap) {
      note_gap(header.sequence, gap_reason_name(in[0].gap->reason));
      return {};
    }
    return out_.write_frame([&] {
      Status s = write_time(header);
      if (s.ok()) s = frame_->append_value(static_cast<double>(number_of_frame(header)));
      return s.ok() ? image_->append(in[0].image.data) : std::move(s);
    });
  }

  // Chunks are written later than their frames: what comes after one that failed is not there.
  int64_t stored_items() const override {
    if (closed_) return items_with(stored_);
    int64_t frames = INT64_MAX;
    for (const DatasetWriter* writer : {image_.get(), frame_.get(), time_.get()})
      if (writer) frames = std::min(frames, writer->stored());
    return frames == INT64_MAX ? 0 : items_with(frames);
  }

  // Whatever fails, the frames that are whole get a file.
  Status close(const Outcome& outcome) override {
    out_.end_frames();
    int64_t kept = 0;
    Status s = guarded([&]() -> Status {
      DatasetWriter* const writers[] = {image_.get(), frame_.get(), time_.get()};
      return finish_together(writers, kept_of(outcome.valid_items), kept);
    });
    Status ended = guarded([&] { return store_end(kept, outcome.notices); });
    image_.reset(), frame_.reset(), time_.reset();
    if (s.ok()) s = std::move(ended);
    Status published = out_.publish(s.ok() ? outcome : failed(outcome, s));
    closed_ = true;
    stored_ = std::min(kept, out_.safe_frames());
    return s.ok() ? std::move(published) : std::move(s);
  }
  std::vector<fs::path> paths() const override { return out_.paths(); }

 private:
  struct Missing {
    int64_t first, last;
    std::string reason;
  };

  int64_t chunk_bytes() const {
    return DatasetWriter::chunk_bytes(frames_.layout.layout.item_bytes());
  }
  std::unique_ptr<DatasetWriter> column(const std::string& name, DType dtype,
                                        const std::vector<int64_t>& shape) {
    return std::make_unique<DatasetWriter>(out_.file(), "events/" + name, dtype, shape,
                                           static_cast<int>(params_.zstd_level), out_.encoder());
  }

  // A replay pushes the frames of another source: its metadata are those of the frames.
  static fs::path metadata_file(SinkInput frames, const SinkContext& context) {
    if (!frames.lineage.empty())
      if (const RawValue* pushed = frames.lineage.front().params.find("of"))
        frames.lineage.front().params = RawValue(*pushed);
    return input_file(frames, "", context);
  }

  static int64_t number_of_frame(const FrameHeader& header) {
    return header.hardware_id >= 0 ? header.hardware_id : header.sequence;
  }

  // The first frame decides whether times are known: the recording's own, else the camera's clock.
  Status write_time(const FrameHeader& header) {
    if (image_->items() == 0) {
      first_ns_ = header.device_time_ns;
      if (!std::isnan(header.time_s) || first_ns_ >= 0) time_ = column("time", DType::f64, {});
    }
    if (!time_) return {};
    if (!std::isnan(header.time_s)) return time_->append_value(header.time_s);
    return time_->append_value(static_cast<double>(header.device_time_ns - first_ns_) * 1e-9);
  }

  void note_gap(int64_t sequence, std::string_view reason) {
    if (!missing_.empty() && missing_.back().last + 1 == sequence &&
        missing_.back().reason == reason)
      missing_.back().last = sequence;
    else if (missing_.size() < kMostRanges)
      missing_.push_back({sequence, sequence, std::string(reason)});
    gaps_.add(sequence);
  }
  // Frames stored of the first `items`; -1 = all.
  int64_t kept_of(int64_t items) const {
    if (items < 0) return -1;
    int64_t kept = 0;
    gaps_.for_each_missing(items, [&](int64_t first, int64_t end) { kept += end - first; });
    return kept;
  }
  // The most items that have so many frames.
  int64_t items_with(int64_t frames) const {
    int64_t end = frames;
    gaps_.for_each_run([&](int64_t first, int64_t last) {
      if (first <= end) end += last - first;
    });
    return end;
  }

  // At the start, so that a recording that is cut short has it too.
  void describe() {
    const H5File& file = out_.file();
    set("experiment:event count", int64_t{0});
    set("imaging:roi size x", frames_.layout.layout.item[1].size);
    set("imaging:roi size y", frames_.layout.layout.item[0].size);
    if (params_.frame_rate > 0) set("imaging:frame rate", params_.frame_rate);
    if (params_.pixel_size > 0) set("imaging:pixel size", params_.pixel_size);
    if (!like_.empty()) copy_metadata(H5File::open(like_), file);
    complete();
  }
  Status store_end(int64_t count, std::vector<std::string> notices) {
    set("experiment:event count", count);
    for (const Missing& gap : missing_)
      notices.push_back("frames " + std::to_string(gap.first) + " to " + std::to_string(gap.last) +
                        " are missing: " + gap.reason);
    if (!gaps_.empty())
      notices.push_back(std::to_string(gaps_.count()) + " frames are missing in all");
    out_.store_notices(notices);
    return {};
  }
  void set(const char* name, const AttributeValue& value) {
    write_attribute(out_.file().id(), name, value, out_.path().string());
  }
  void set_default(const char* name, const AttributeValue& value) {
    if (!read_attribute(out_.file().id(), name)) set(name, value);
  }
  void complete() {
    const Axis& x = frames_.layout.layout.item[1];
    if (const auto um = length_um(x.scale, x.unit)) set_default("imaging:pixel size", *um);
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d", &local);
    set_default("experiment:date", std::string(text));
    std::strftime(text, sizeof text, "%H:%M:%S", &local);
    set_default("experiment:time", std::string(text));
    set_default("setup:software version", software_name());
  }

  static constexpr size_t kMostRanges = 1000;

  RtdcParams params_;
  SinkInput frames_;
  RtdcOutput out_;
  fs::path like_;
  std::unique_ptr<DatasetWriter> image_, frame_, time_;
  std::vector<Missing> missing_;  // with reasons, as many as the log names
  FrameSet gaps_;                 // all of them
  int64_t first_ns_ = -1;
  bool closed_ = false;
  int64_t stored_ = 0;  // frames, after close()
};

std::unique_ptr<Source> reopen(const std::any& params, const fs::path& out_dir) {
  const SourceInfo& info = *sources().find("rtdc");
  RawValue values = RawValue::map();
  values.set("path", RawValue::scalar(std::any_cast<const RtdcParams&>(params).path));
  std::vector<Issue> issues;
  const std::any parsed = info.params.parse(values, "source rtdc", issues);
  if (!issues.empty()) throw Error(ErrorCode::run_failed, issues);
  return info.open(parsed, {out_dir});
}

}  // namespace

PARFOCAL_SINK(rtdc) {
  using P = RtdcParams;
  SinkInfo info;
  info.name = "rtdc";
  info.summary = "records frames with their numbers and times as an .rtdc file";
  info.accepts = {PortKind::image};
  info.params = Parameters<P>()
                    .add("path", &P::path, "file below the output folder, e.g. recording.rtdc")
                    .required()
                    .add("frame_rate", &P::frame_rate, "Hz; needed where frames carry no times")
                    .at_least(0)
                    .defaults("0")
                    .add("pixel_size", &P::pixel_size, "um; default: the scale of axis x")
                    .at_least(0)
                    .defaults("0")
                    .add("zstd_level", &P::zstd_level,
                         "5 as dcnum, 1 where a live stream is fast, 0 = not compressed")
                    .at_least(0)
                    .at_most(19)
                    .defaults("5");
  info.example = "{type: rtdc, from: source, path: recording.rtdc}";
  info.make = [](const std::any& params, std::span<const SinkInput> inputs,
                 const SinkContext& context) -> std::unique_ptr<Sink> {
    return std::make_unique<RtdcSink>(std::any_cast<const P&>(params), inputs[0], context);
  };
  info.reopen = reopen;
  return info;
}

PARFOCAL_RULES(sinks, rtdc) {
  return Rules<RtdcParams>().endings({".rtdc", ".h5", ".hdf5"}).takes_images("from");
}

}  // namespace parfocal
