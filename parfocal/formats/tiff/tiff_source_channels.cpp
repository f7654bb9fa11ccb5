/// Channels of the pixels of TIFF pages: samples (colours), or the colours of a palette. They are
/// steps of the stream axis c, before z and behind all others, items of their own. Where there is
/// no z those of a page follow each other, so that one read decodes them together.

#include <algorithm>

#include "parfocal/core/channel_names.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/tiff/source_texts.h"
#include "parfocal/formats/tiff/tiff_reader.h"
#include "parfocal/formats/tiff/tiff_source.h"

namespace parfocal {
namespace {

// "r, g, b, a", "0, 1, 2 and 5 more"
std::string brief_names(const std::vector<std::string>& names) {
  if (names.size() != 4) return some_names(names);
  return names[0] + ", " + names[1] + ", " + names[2] + ", " + names[3];
}

std::string without_c(std::string axes) {
  std::erase(axes, 'c');
  return axes;
}

}  // namespace

// ImageJ keeps the look-up table with which it shows grey values or labels; tifffile, too, reads
// the numbers.
void TiffSource::keep_numbers_of_display_palette() {
  const bool is_of_numbers =
      description_ && (description_->origin == "ImageJ" || description_->origin == "SCIFIO" ||
                       description_->origin == "OME-XML");
  keeps_numbers_ = is_of_numbers;
  if (keeps_numbers_) first_.forget_palette();
}

Status TiffSource::read_page(const TiffFile& file, uint64_t directory, TiffPage& page) const {
  Status s = read_tiff_page(file, directory, page);
  if (s.ok() && keeps_numbers_) page.forget_palette();
  return s;
}

std::vector<std::string> TiffSource::channel_names() const {
  const int64_t channels = first_.channels();
  if (first_.colours != TiffColours::none) return sample_names(channels);
  std::vector<std::string> numbers;
  for (int64_t k = 0; k < channels; ++k) numbers.push_back(std::to_string(k));
  return numbers;
}

void TiffSource::check_stated_channels() const {
  if (first_.channels() == 1 || layout_.find_stream("c") < 0) return;
  fail_layout("the pixels have channels of their own, which become axis c",
              "axes: " + params_.axes + " of pixels of " + brief_names(channel_names()),
              "axes without c",
              "write axes: " + without_c(params_.axes) + " (and channel: " + channel_names()[0] +
                  " to take one of them)");
}

void TiffSource::fail_channels(const Axis& c) const {
  throw Error(
      ErrorCode::input_missing,
      Issue{"the pages are channels, and their pixels have channels, too", files_.name(first_file_),
            "c=" + std::to_string(c.size) + " as the " + description_->origin +
                " says, of pixels of " + brief_names(channel_names()),
            "one kind of channels, or OME-XML whose SizeC counts both",
            "take all pages as one axis with source.axes: tyx (--set source.axes=tyx)"});
}

// The plane that is read first may be of another image than the page by which they were counted.
void TiffSource::check_described_samples() const {
  if (!automatic() || !description_ || description_->samples == 1 ||
      description_->samples == first_.samples)
    return;
  throw Error(ErrorCode::input_missing,
              Issue{"the images differ in the samples of their pixels", files_.name(first_file_),
                    std::to_string(first_.samples) + "; the first page of the file has " +
                        std::to_string(description_->samples),
                    "images of as many samples",
                    "choose one like the first page: source.image: 0 (--set source.image=0)"});
}

// "DAPI r", "DAPI g"...; channels without names have numbers.
void TiffSource::multiply_channels(Axis& c) const {
  const std::vector<std::string> colours = channel_names();
  std::vector<std::string> labels;
  for (int64_t k = 0; k < c.size; ++k) {
    const std::string name = c.labels.empty() ? "" : c.labels[static_cast<size_t>(k)];
    for (const std::string& colour : colours)
      labels.push_back((name.empty() ? std::to_string(k) : name) + " " + colour);
  }
  c.size *= first_.channels();
  c.labels = std::move(labels);
}

void TiffSource::add_channels() {
  check_described_samples();
  if (first_.channels() == 1) return;
  auto& stream = layout_.stream;
  if (const int c = layout_.find_stream("c"); c >= 0 && stream[static_cast<size_t>(c)].size == 1) {
    stream.erase(stream.begin() + c);
    if (!page_axes_.empty()) page_axes_.erase(page_axes_.begin() + c);
  }
  if (const int c = layout_.find_stream("c"); c < 0) {
    if (stream.size() >= kMaxRank)
      fail_layout("the axes have no room for the channels of the pixels", "axes: " + params_.axes,
                  "at most " + std::to_string(kMaxRank - 1) + " stream axes", "write axes: tyx");
    const int z = layout_.find_stream("z");
    stream.insert(z < 0 ? stream.end() : stream.begin() + z,
                  Axis{"c", first_.channels(), 1, "", channel_names()});
  } else {
    Axis& axis = stream[static_cast<size_t>(c)];
    if (description_->samples == 1 || description_->origin != "OME-XML") fail_channels(axis);
    multiply_channels(axis);
  }
  channels_ = first_.channels();
  for (size_t a = static_cast<size_t>(layout_.find_stream("c")) + 1; a < stream.size(); ++a)
    behind_channel_ *= stream[a].size;
  note_channels();
}

void TiffSource::note_channels() {
  const std::string names = brief_names(channel_names());
  if (first_.has_palette())
    notices_.push_back("The pixels are places in a palette: its colours (" + names + ", " +
                       std::string(dtype_name(first_.dtype)) + ") are read, as axis c.");
  else if (!automatic())
    notices_.push_back("Each pixel has " + std::to_string(channels_) + " channels (" + names +
                       "), which are read as axis c, beside those of axes: " + params_.axes + ".");
}

// What a thread keeps of a page whose channels cannot be decoded one by one; 0: they can, or are
// none.
int64_t TiffSource::kept_bytes() const {
  const bool together =
      items_per_read() > 1 && first_.compression != 1 && !first_.has_whole_channels();
  return together ? channels_ * layout_.item_bytes() : 0;
}

Status TiffSource::read_channel(const Place& place, int64_t group, const MutableView& dst) const {
  const int64_t bytes = kept_bytes();
  if (bytes == 0) return read_item(place, {place.channel, 1}, dst);
  const Region whole = layout_.whole_item();
  DecodedGroup& kept = DecodedGroup::of_this_thread();
  if (place.channel == 0 && dst.region == whole) {
    const MutableView all = packed_view(kept.room(bytes).data(), layout_.dtype, whole);
    if (Status s = read_item(place, {0, channels_}, all); !s.ok()) return s;
    kept.keep(owner_, group);
  }
  if (!kept.holds(owner_, group)) return read_item(place, {place.channel, 1}, dst);
  const std::byte* const plane = kept.bytes(bytes).data() + place.channel * layout_.item_bytes();
  copy_pixels(subview(packed_view(plane, layout_.dtype, whole), dst.region), dst);
  return {};
}

bool TiffSource::read_group(int64_t first, std::span<std::byte> dst,
                            std::span<FrameHeader> headers) const {
  const int64_t group = static_cast<int64_t>(headers.size());
  const bool is_whole = group > 1 && group == items_per_read() && first % channels_ == 0 &&
                        static_cast<int64_t>(dst.size()) == group * layout_.item_bytes();
  if (!is_whole) return false;
  const Place where = place(first);
  return where.file >= 0 && read_item(where, {0, channels_},
                                      packed_view(dst.data(), layout_.dtype, layout_.whole_item()))
                                .ok();
}

}  // namespace parfocal
