#include "parfocal/formats/picture/picture_source.h"

#include <algorithm>

#include "parfocal/core/channel_names.h"
#include "parfocal/core/fingerprint.h"
#include "parfocal/core/listed.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/units.h"
#include "parfocal/formats/common/decoded_group.h"
#include "parfocal/formats/common/stream_order.h"
#include "parfocal/formats/picture/exif.h"
#include "parfocal/formats/tiff/stated_axes.h"

namespace parfocal {
namespace {

// Progressive or interlaced files among others may use this much; more would not be in the plan.
constexpr int64_t kLeastDecodeBytes = 1 << 20;
constexpr int64_t kFewFiles = 64;  // that are looked at before the run
constexpr size_t kNamed = 3;

// Pictures say nothing of axes.
std::string axes_of(const FilesParams& params, int64_t files) {
  if (!params.takes_axes_of_files()) return params.axes;
  return files > 1 ? "tyx" : "yx";
}

void note_orientation(int orientation, const std::string& file, std::vector<std::string>& notices) {
  if (orientation == 1) return;
  notices.push_back(file + " says that it is to be shown turned or mirrored (Exif orientation " +
                    std::to_string(orientation) +
                    "): the pixels are taken as they lie in the file, as Pillow and scikit-image "
                    "do.");
}

}  // namespace

PictureSource::PictureSource(const FilesParams& params, FileList files, int64_t first)
    : files_(std::move(files)),
      first_file_(first),
      layout_(layout_of_axes(axes_of(params, files_.size()))),
      text_(params.text()),
      notices_(files_.notices()),
      owner_(DecodedGroup::new_owner()) {
  OpenPicture picture;
  if (Status s = open_picture(files_.path(first), picture); !s.ok())
    throw Error(ErrorCode::input_missing,
                Issue{s.issue().what, files_.name(first), "", "", s.issue().cure});
  first_ = picture.head;
  layout_.dtype = first_.dtype;
  layout_.item[0].size = first_.height;
  layout_.item[1].size = first_.width;
  note_orientation(exif_orientation(picture.fd.get(), first_.kind), files_.name(first), notices_);
  if (first_.colour_key)
    notices_.push_back(files_.name(first) +
                       " says that the pixels of one value are transparent: their values are taken "
                       "as they are.");
  size_axes(params);
  add_colours(params);
  apply_scales(params.scale, layout_);
  look_at_few_files();
  const int64_t kept = first_.channels > 1 ? first_.channels * first_.frame_bytes() : 0;
  read_bytes_ = decode_bytes_ + kept;
}

// Of files of one image each. The stream runs along t c z, whatever the order of the files.
void PictureSource::size_axes(const FilesParams& params) {
  const int64_t total = files_.size();
  std::vector<Axis>& stream = layout_.stream;
  if (stream.empty() && total != 1)
    fail_layout("the axes have no stream axis for " + std::to_string(total) + " images", "axes: yx",
                "an axis to run along the images", "write axes: tyx");
  check_sizes_of(params.sizes, layout_);
  int64_t inner = 1;
  bool known = true;
  for (size_t a = 1; a < stream.size(); ++a) {
    stream[a].size = params.sizes.find(stream[a].name);
    known = known && stream[a].size > 0;
    inner =
        stream[a].size > total / inner ? total + 1 : inner * std::max<int64_t>(1, stream[a].size);
  }
  if (!stream.empty() && (!known || inner > total || total % inner != 0)) {
    const std::string cure = guessed_sizes_cure(stream, total);
    fail_layout(
        known ? "the images do not fill the axes evenly" : "the sizes of axes are not known",
        std::to_string(total) + " images",
        known ? "a multiple of " + std::to_string(inner) : "how many steps follow each other",
        cure.empty() ? "correct source.sizes or source.glob" : cure);
  }
  if (stream.empty()) return;
  stream[0].size = total / inner;
  const std::vector<size_t> places = stream_places(stream);
  const std::vector<Axis> stated = stream;
  file_strides_.resize(stated.size());
  int64_t stride = 1;
  for (size_t a = stated.size(); a-- > 0; stride *= stated[a].size) {
    stream[places[a]] = stated[a];
    file_strides_[places[a]] = stride;
  }
}

void PictureSource::add_colours(const FilesParams& params) {
  const std::vector<std::string> names = sample_names(first_.channels);
  if (names.empty()) return;
  if (layout_.find_stream("c") >= 0) {
    std::string other = params.axes;
    const char* letters = "tpzsabdefgh";
    while (other.find(*letters) != other.npos) ++letters;
    std::replace(other.begin(), other.end(), 'c', *letters);
    fail_layout(
        "the files have colours, which are axis c, and axes states another c",
        "axes: " + params.axes + ", " + picture_text(first_) + " (" + listed(names) + ")",
        "another letter for the axis of the files",
        "write axes: " + other + ", and to take one colour of each file channel: " + names[0]);
  }
  if (layout_.stream.size() == kMaxRank)
    fail_layout("there are more axes than can be", "axes: " + params.axes + " and c",
                "at most " + std::to_string(kMaxRank) + " before y x", "state fewer axes");
  layout_.stream.push_back({"c", first_.channels, 1, "", names});
}

// A file that needs more memory than the first, or is of another kind.
void PictureSource::look_at_few_files() {
  decode_bytes_ = std::max(kLeastDecodeBytes, first_.decode_bytes);
  std::vector<std::string> unlike;
  for (int64_t k = 0; k < std::min(files_.size(), kFewFiles); ++k) {
    OpenPicture picture;
    if (k == first_file_ || !open_picture(files_.path(k), picture).ok()) continue;
    if (picture.head.is_like(first_))
      decode_bytes_ = std::max(decode_bytes_, picture.head.decode_bytes);
    else
      unlike.push_back(files_.name(k) + " (" + picture_text(picture.head) + ")");
  }
  if (!unlike.empty())
    notices_.push_back("Not all files are like the first (" + picture_text(first_) +
                       "), and those cannot be read with it: " + listed(unlike, kNamed) + ".");
}

int64_t PictureSource::file_of(int64_t group) const {
  if (file_strides_.empty()) return group;
  int64_t file = 0;
  for (size_t a = file_strides_.size(); a-- > 1; group /= layout_.stream[a].size)
    file += group % layout_.stream[a].size * file_strides_[a];
  return file + group * file_strides_[0];
}

Status PictureSource::decode(int64_t file, const PicturePlanes& to) const {
  OpenPicture picture;
  if (Status s = open_picture(files_.path(file), picture); !s.ok()) return s;
  if (!picture.head.is_like(first_))
    return Status::fail({"the image is not like the first", "", picture_text(picture.head),
                         picture_text(first_) + ", as in " + files_.name(first_file_),
                         "narrow the glob to images of one kind, or let --on-error skip make a gap "
                         "of it"});
  if (picture.head.decode_bytes > decode_bytes_)
    return Status::fail({"decoding it needs more memory than the first files", "",
                         format_bytes(picture.head.decode_bytes), format_bytes(decode_bytes_),
                         "write all files in the same way (progressive, interlaced), or let "
                         "--on-error skip make a gap of it"});
  return picture.decoder->read(to);
}

// The planes of all channels, one behind the other.
Status PictureSource::decode_all(int64_t file, std::span<std::byte> dst) const {
  PicturePlanes to;
  to.region = layout_.whole_item();
  to.stride = first_.width;
  for (int64_t c = 0; c < first_.channels; ++c)
    to.planes[static_cast<size_t>(c)] = dst.data() + c * first_.frame_bytes();
  return decode(file, to);
}

// Who reads whole items reads all channels, mostly one behind the other: the first one decodes for
// the others.
Status PictureSource::read_channel(int64_t file, int64_t channel, const MutableView& dst) const {
  const Region whole = layout_.whole_item();
  const int64_t frame = first_.frame_bytes();
  DecodedGroup& kept = DecodedGroup::of_this_thread();
  if (dst.region == whole && channel == 0 && first_.channels > 1) {
    if (Status s = decode_all(file, kept.room(first_.channels * frame)); !s.ok()) return s;
    kept.keep(owner_, file);
  }
  if (kept.holds(owner_, file)) {
    const auto bytes = kept.bytes(first_.channels * frame);
    copy_pixels(
        subview(packed_view(bytes.data() + channel * frame, first_.dtype, whole), dst.region), dst);
    return {};
  }
  PicturePlanes to;
  to.region = dst.region;
  to.stride = dst.strides[0];
  to.planes[static_cast<size_t>(channel)] = dst.data;
  return decode(file, to);
}

Status PictureSource::read(int64_t sequence, const MutableView& dst, FrameHeader&) const {
  const int64_t file = file_of(sequence / first_.channels);
  Status s = read_channel(file, sequence % first_.channels, dst);
  if (s.ok()) return s;
  Issue issue = s.issue();
  issue.where = files_.name(file);
  return Status::fail(std::move(issue));
}

bool PictureSource::read_group(int64_t first, std::span<std::byte> dst,
                               std::span<FrameHeader>) const {
  return decode_all(file_of(first / first_.channels), dst).ok();
}

SourceRow PictureSource::row(int64_t sequence) const {
  return {files_.name(file_of(sequence / first_.channels)), -1, ""};
}

std::vector<std::filesystem::path> PictureSource::files() const {
  std::vector<std::filesystem::path> files;
  for (int64_t k = 0; k < files_.size(); ++k) files.push_back(files_.path(k));
  return files;
}

std::string PictureSource::identity() const {
  return text_ + ": " + std::to_string(files_.size()) + " files, " +
         std::to_string(files_.total_bytes()) + " bytes, fingerprint " +
         fingerprint_text(files_.fingerprint());
}

}  // namespace parfocal
