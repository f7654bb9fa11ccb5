#include "parfocal/formats/hdf5/rtdc_source.h"

#include <fmt/format.h>

#include <limits>

namespace parfocal {
namespace {

constexpr int64_t kDecoderBytes = 192 << 10;  // zstd's state of one thread

[[noreturn]] void fail(ErrorCode code, const std::string& what, const std::string& where,
                       const std::string& given, const std::string& needed,
                       const std::string& cure) {
  throw Error(code, Issue{what, where, given, needed, cure});
}

}  // namespace

RtdcSource::RtdcSource(const RtdcSourceParams& params, const std::filesystem::path& base_dir)
    : file_(RtdcFile::open(base_dir / params.path)) {
  open_images(params.feature);
  choose(params.frames);
  set_layout();
  read_time(params.require_time);
  chunks_ = std::make_unique<const DecodedChunks>(reader_->chunk_bytes());
}

void RtdcSource::open_images(const std::string& feature) {
  place_ = file_->place(feature);
  const std::string where = place_.file->where(place_.dataset);
  if (place_.file->kind(place_.dataset) != H5File::Kind::dataset)
    fail(ErrorCode::input_missing, "the feature holds no images", where, "a group",
         "a dataset of frames x rows x columns", "choose another feature");
  reader_ = std::make_unique<const ChunkReader>(place_.file, place_.dataset);
  const DType dtype = reader_->dtype();
  if (reader_->shape().size() != 3 || (dtype != DType::u8 && dtype != DType::u16))
    fail(ErrorCode::input_missing, "the feature holds no images", where,
         fmt::format("{} axes of {}", reader_->shape().size(), dtype_name(dtype)),
         "frames x rows x columns of uint8 or uint16", "choose another feature");
}

void RtdcSource::choose(const FrameSelection& frames) {
  frames_ = place_.mapped ? static_cast<int64_t>(place_.map.size()) : reader_->items();
  const std::string where = place_.file->where(place_.dataset);
  if (frames_ == 0)
    fail(ErrorCode::input_missing, "the file has no images: it is empty", where, "0 events",
         "at least one", "leave the file out");
  if (!frames.is_all()) chosen_ = frames.of(frames_, where);
}

void RtdcSource::set_layout() {
  const int64_t frames = chosen_.empty() ? frames_ : static_cast<int64_t>(chosen_.size());
  if (frames_ != file_->events())
    notices_.push_back(
        fmt::format("The file states {} events but has {} images; all of them are read.",
                    file_->events(), frames_));
  layout_.dtype = reader_->dtype();
  layout_.stream = {{"t", frames, 1, "", {}}};
  layout_.item = {{"y", reader_->shape()[1], 1, "", {}}, {"x", reader_->shape()[2], 1, "", {}}};
  const auto pixel_um = number_of(file_->attribute("imaging:pixel size"));
  if (!pixel_um || !(*pixel_um > 0)) return;
  for (Axis& axis : layout_.item) axis.scale = *pixel_um, axis.unit = "um";
}

void RtdcSource::read_time(bool required) {
  time_ = read_time_axis(*file_, frames_, chosen_);
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
  return reader_->chunk_bytes() + reader_->scratch_bytes() + kDecoderBytes;
}

Region RtdcSource::block() const { return layout_.whole_item(); }

// Mapped frames that follow each other mostly lie together too, so their groups are as large.
int64_t RtdcSource::items_per_read() const {
  return std::min(reader_->items_per_chunk(), layout_.stream[0].size);
}

Status RtdcSource::read(int64_t sequence, const MutableView& dst, FrameHeader& header) const {
  if (!time_.seconds.empty()) header.time_s = time_.seconds[static_cast<size_t>(sequence)];
  const int64_t frame = frame_of(sequence);
  const int64_t item = place_.mapped ? place_.map[static_cast<size_t>(frame)] : frame;
  const int64_t chunk = item / reader_->items_per_chunk();
  std::span<const std::byte> bytes;
  Status s = chunks_->get(chunk, bytes, [&](std::span<std::byte> to, ChunkScratch& scratch) {
    return reader_->read_chunk(chunk, to, scratch);
  });
  if (!s.ok()) return s;
  const int64_t offset = (item - chunk * reader_->items_per_chunk()) * reader_->item_bytes();
  copy_pixels(packed_view(bytes.data() + offset, layout_.dtype, layout_.whole_item()), dst);
  return {};
}

SourceRow RtdcSource::row(int64_t sequence) const {
  return {file_->path().filename().string(), frame_of(sequence), ""};
}

std::string RtdcSource::identity() const {
  const std::string identifier = file_->measurement_identifier();
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(file_->path(), ignored);
  const auto time = std::filesystem::last_write_time(file_->path(), ignored).time_since_epoch();
  return fmt::format("{}: {}, {}, {} bytes, changed {}{}", file_->path().filename().string(),
                     place_.dataset, layout_.str(), bytes, time.count(),
                     identifier.empty() ? "" : ", " + identifier);
}

PARFOCAL_SOURCE(rtdc) {
  using P = RtdcSourceParams;
  return {
      "rtdc",
      "the images of an .rtdc file (deformability cytometry), with the time of every frame",
      Parameters<P>()
          .add("path", &P::path, "the file, relative to the pipeline file")
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
      false};
}

}  // namespace parfocal
