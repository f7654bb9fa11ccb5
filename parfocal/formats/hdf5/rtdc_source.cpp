#include "parfocal/formats/hdf5/rtdc_source.h"

#include <fmt/format.h>

#include <limits>

#include "parfocal/core/fingerprint.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/file_totals.h"
#include "parfocal/formats/hdf5/pending_file.h"

namespace parfocal {
namespace {

enum Port : size_t { kBackground, kOffset, kGates };

[[noreturn]] void fail(ErrorCode code, const std::string& what, const std::string& where,
                       const std::string& given, const std::string& needed,
                       const std::string& cure) {
  throw Error(code, Issue{what, where, given, needed, cure});
}

// Images, backgrounds and times may lie in the files of basins. "" = there are none.
std::string basin_text(const RtdcFile& file) {
  FileTotals totals;
  for (const H5File* part : file.files())
    if (part != file.h5().get())
      totals.add(fingerprint_of(part->path().filename().string()), part->bytes(),
                 part->changed_ns());
  return totals.files == 0 ? "" : totals.str();
}

}  // namespace

RtdcSource::RtdcSource(const RtdcSourceParams& params, const std::filesystem::path& base_dir)
    : file_(RtdcFile::open(base_dir / params.path)), images_(*file_, params.feature) {
  if (!params.frames.is_all()) chosen_ = params.frames.of(images_.frames(), images_.where());
  set_layout();
  read_time(params.require_time);
}

void RtdcSource::set_layout() {
  const int64_t frames = chosen_.empty() ? images_.frames() : static_cast<int64_t>(chosen_.size());
  if (images_.frames() != file_->events())
    notices_.push_back(
        fmt::format("The file states {} events but has {} images; all of them are read.",
                    file_->events(), images_.frames()));
  if (const auto reason = file_->attribute(kIncompleteAttribute))
    notices_.push_back("The file is not complete (" + text_of(*reason) +
                       "): the frames that it has are read.");
  layout_.dtype = images_.dtype();
  layout_.stream = {{"t", frames, 1, "", {}}};
  layout_.item = {{"y", images_.height(), 1, "", {}}, {"x", images_.width(), 1, "", {}}};
  const auto stated = file_->attribute("imaging:pixel size");
  const auto pixel_um = number_of(stated);
  if (!pixel_um || !(*pixel_um > 0)) {
    if (stated)
      notices_.push_back("The attribute imaging:pixel size is no length above 0 (" +
                         text_of(*stated) + "): y and x have no scale.");
    return;
  }
  for (Axis& axis : layout_.item) axis.scale = *pixel_um, axis.unit = "um";
}

void RtdcSource::read_time(bool required) {
  time_ = read_time_axis(*file_, images_.frames(), chosen_);
  notices_.insert(notices_.end(), time_.notices.begin(), time_.notices.end());
  const bool exact =
      time_.origin == TimeAxis::Origin::time || time_.origin == TimeAxis::Origin::frame;
  if (required && !exact)
    fail(ErrorCode::invalid_pipeline, "the file does not state the time of its frames",
         file_->path().string(),
         time_.origin == TimeAxis::Origin::rate ? "only imaging:frame rate" : "no frame rate",
         "the feature 'time', or 'frame' and imaging:frame rate", "remove require_time");
  if (time_.step_s() > 0) {
    layout_.stream[0].scale = time_.step_s();
    layout_.stream[0].unit = "s";
  }
}

int64_t RtdcSource::read_bytes() const {
  return images_.read_bytes() + (background_ ? background_->read_bytes() : 0);
}

Region RtdcSource::block() const { return layout_.whole_item(); }

// Mapped frames that follow each other mostly lie together too, so their groups are as large.
int64_t RtdcSource::items_per_read() const {
  return std::min(images_.frames_per_chunk(), layout_.stream[0].size);
}

Status RtdcSource::read(int64_t sequence, const MutableView& dst, FrameHeader& header) const {
  note_time(sequence, header);
  return images_.read(frame_of(sequence), dst);
}

void RtdcSource::note_time(int64_t sequence, FrameHeader& header) const {
  if (time_.is_known()) header.time_s = time_.at(sequence);
}

bool RtdcSource::read_group(int64_t first, std::span<std::byte> dst,
                            std::span<FrameHeader> headers) const {
  if (!chosen_.empty() || !images_.read_chunk(first, dst)) return false;
  for (FrameHeader& header : headers) note_time(first++, header);
  return true;
}

Layout RtdcSource::open_port(size_t port) {
  Layout layout = layout_;
  if (port == kBackground) {
    open_background();
    return layout;
  }
  layout.dtype = DType::f64;
  layout.item.clear();
  if (port == kOffset) {
    open_offsets();
    return layout;
  }
  open_gates();
  Axis gate{"gate", static_cast<int64_t>(gates_.size()), 1, "", {}};
  for (const OnlineGate& g : gates_) gate.labels.push_back(g.feature);
  layout.item = {std::move(gate), {"limit", 2, 1, "", {"least", "most"}}};
  return layout;
}

void RtdcSource::open_gates() {
  if (!gates_.empty()) return;
  OnlineGates found = read_online_gates(file_->attributes(), file_->path().string());
  gates_ = std::move(found.gates);
  notices_.insert(notices_.end(), found.notices.begin(), found.notices.end());
}

void RtdcSource::open_background() {
  if (background_) return;
  if (!file_->has("image_bg"))
    fail(ErrorCode::input_missing, "the file has no background stored", file_->path().string(),
         "no feature 'image_bg'", "a background of every frame",
         "use the step background_sparse_median, or first: parfocal background sparse-median");
  auto background = std::make_unique<const FrameReader>(*file_, "image_bg");
  const auto text = [](const FrameReader& of) {
    return fmt::format("{} frames of {} x {} {}", of.frames(), of.height(), of.width(),
                       dtype_name(of.dtype()));
  };
  if (text(*background) != text(images_))
    fail(ErrorCode::input_missing, "the background that is stored is not that of the images",
         background->where(), text(*background), text(images_), "use background_sparse_median");
  background_ = std::move(background);
}

void RtdcSource::open_offsets() {
  if (!offsets_.empty() || !file_->has("bg_off")) return;
  const auto frames = static_cast<size_t>(images_.frames());
  auto offsets = file_->scalar("bg_off");
  if (offsets.size() != frames)
    fail(ErrorCode::input_missing, "the feature 'bg_off' has another length than the images",
         file_->path().string(), std::to_string(offsets.size()), std::to_string(frames),
         "use background_sparse_median");
  offsets_ = std::move(offsets);
}

Status RtdcSource::read_port(size_t port, int64_t sequence, const MutableView& dst) const {
  const int64_t frame = frame_of(sequence);
  if (port == kBackground) return background_->read(frame, dst);
  if (port == kOffset) {
    dst.scalar<double>() = offsets_.empty() ? 0 : offsets_[static_cast<size_t>(frame)];
    return {};
  }
  auto* limits = dst.as<double>();
  for (const OnlineGate& gate : gates_) {
    *limits++ = gate.least;
    *limits++ = gate.most;
  }
  return {};
}

SourceRow RtdcSource::row(int64_t sequence) const {
  return {file_->path().filename().string(), frame_of(sequence), ""};
}

std::string RtdcSource::identity() const {
  const std::string identifier = file_->measurement_identifier();
  const std::string basins = basin_text(*file_);
  return fmt::format("{}: {}, {}, {} bytes, changed {}{}{}", file_->path().filename().string(),
                     images_.dataset(), layout_.str(), file_->h5()->bytes(),
                     file_->h5()->changed_ns(), identifier.empty() ? "" : ", " + identifier,
                     basins.empty() ? "" : ", basins: " + basins);
}

PARFOCAL_SOURCE(rtdc) {
  using P = RtdcSourceParams;
  return {
      "rtdc",
      "the images of an .rtdc file (deformability cytometry), with the time of every frame",
      Parameters<P>()
          .add("path", &P::path, "the file, relative to the pipeline file, e.g. recording.rtdc")
          .required()
          .add("feature", &P::feature, "which images: image, image_bg or mask")
          .defaults("image")
          .add("require_time", &P::require_time,
               "refuse a file that does not state the time of its frames")
          .defaults("false")
          .add("frames", &P::frames,
               "which frames: all, so many from the first, first-end, first-end-step, or a list")
          .defaults("all"),
      "{type: rtdc, path: M001_data.rtdc}",
      [](const std::any& params, const SourceContext& context) -> std::unique_ptr<Source> {
        return std::make_unique<RtdcSource>(std::any_cast<const P&>(params), context.base_dir);
      },
      nullptr,
      false,
      {{"background", "the background of each frame that the file has stored (image_bg)"},
       {"offset", "float64 per frame: what is added to it (bg_off); 0 where none is stored"},
       {"gates",
        "the gates of the measurement (online_filter, online_contour), the same for each frame: "
        "least and most per feature, NaN where not stated; for flow_features"}}};
}

PARFOCAL_RULES(sources, rtdc) {
  using P = RtdcSourceParams;
  return Rules<P>().add({"frames"}, [](const P& p, const Connections&) { p.frames.check(); });
}

}  // namespace parfocal
