#include "parfocal/formats/tiff/ome_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "parfocal/formats/tiff/description_values.h"
#include "parfocal/formats/tiff/xml_tags.h"

namespace parfocal {
namespace {

std::string upper(const Axis& axis) {
  return std::string(1, static_cast<char>(axis.name[0] - 'a' + 'A'));
}

/// Reads the tags one after the other.
class OmeReader {
 public:
  OmeReader(int64_t image, int64_t samples) : only_(image), samples_(samples) {
    found_.origin = "OME-XML";
  }

  std::optional<TiffDescription> read(std::string_view text) {
    XmlTag tag;
    for (size_t at = 0; next_xml_tag(text, at, tag);) {
      if (tag.name == "UUID") {
        take_file(tag, xml_text(text, at));
        continue;
      }
      end_place();
      take(tag);
      take_record(tag, text, at);
    }
    end_place();
    compare_channels();
    const bool none_wanted = images_ > 0 && only_ >= images_;
    if (!good_ && found_.metadata_file.empty() && !none_wanted) return std::nullopt;
    take_gaps();
    found_.images = std::max<int64_t>(1, images_);
    for (Axis& axis : found_.planes)
      if (axis.name == "c") name_channels(axis);
    drop_single(found_.planes);
    return found_;
  }

 private:
  bool wanted() const { return only_ == kAllImages || images_ - 1 == only_; }
  void take(const XmlTag& tag) {
    if (tag.name == "OME") found_.id = tag.find("UUID").value_or("");
    if (tag.name == "BinaryOnly") found_.metadata_file = tag.find("MetadataFile").value_or("");
    if (tag.name == "Image") {
      compare_channels();
      ++images_;
      in_pixels_ = false;
      if (wanted()) image_name_ = tag.find("Name").value_or("");
    }
    if (!wanted()) return;
    if (tag.name == "Pixels") take_pixels(tag);
    if (tag.name == "Channel" && in_pixels_)
      (found_.image_names.size() == 1 ? channels_ : other_channels_)
          .push_back(tag.find("Name").value_or(""));
    if (tag.name == "TiffData" && in_pixels_) take_place(tag);
  }

  void take_pixels(const XmlTag& tag) {
    const std::string order = tag.find("DimensionOrder").value_or("");
    std::string sorted = order;
    std::sort(sorted.begin(), sorted.end());
    if (in_pixels_ || sorted != "CTXYZ" || !order.starts_with("XY")) return;
    TiffDescription image;
    for (size_t i = 5; i-- > 2;) {
      Axis axis{std::string(1, static_cast<char>(order[i] - 'A' + 'a')), 0, 1, "", {}};
      axis.size = whole_number(tag.find("Size" + upper(axis))).value_or(0);
      if (axis.size == 0) return;
      if (axis.name == "t")
        set_scale(axis, positive(tag.find("TimeIncrement")),
                  tag.find("TimeIncrementUnit").value_or("s"), image.foreign_units);
      if (axis.name == "z") set_length(axis, tag, image);
      if (axis.name == "c") take_samples_of(axis, image);
      image.planes.push_back(axis);
    }
    in_pixels_ = true;
    found_.image_names.push_back(image_name_);
    const std::string kind = kind_of(tag, image.planes);
    set_plane(image, tag);
    if (!good_) {
      found_.planes = image.planes;
      found_.samples = image.samples;
      found_.y = image.y;
      found_.x = image.x;
      found_.pixels = image.pixels;
      found_.foreign_units = image.foreign_units;
      kind_ = kind;
    } else if (kind != kind_ && found_.unequal.empty()) {
      found_.unequal = fmt::format("image {} is {}, image 0 is {}", images_ - 1, kind, kind_);
    } else if (!has_same_scales(image)) {
      found_.unlike.insert(images_ - 1);
    }
    good_ = true;
  }
  bool has_same_scales(const TiffDescription& image) const {
    const auto same = [](const Axis& one, const Axis& other) {
      return one.scale == other.scale && one.unit == other.unit;
    };
    return same(image.y, found_.y) && same(image.x, found_.x) &&
           std::equal(image.planes.begin(), image.planes.end(), found_.planes.begin(),
                      found_.planes.end(), same);
  }
  // At the end of an image after the first.
  void compare_channels() {
    if (found_.image_names.size() > 1 && other_channels_ != channels_)
      found_.unlike.insert(images_ - 1);
    other_channels_.clear();
  }
  // "t=3 c=1 z=5 y=20 x=30 uint16": order and sizes
  static std::string kind_of(const XmlTag& tag, const std::vector<Axis>& planes) {
    std::string text;
    for (const Axis& axis : planes) text += fmt::format("{}={} ", axis.name, axis.size);
    return text + fmt::format("y={} x={} {}", tag.find("SizeY").value_or("?"),
                              tag.find("SizeX").value_or("?"), tag.find("Type").value_or("?"));
  }
  // As Bio-Formats and tifffile count: FirstC of TiffData, too, is a channel of all its samples.
  void take_samples_of(Axis& c, TiffDescription& image) const {
    if (samples_ == 1 || c.size % samples_ != 0) return;
    c.size /= samples_;
    image.samples = samples_;
  }
  static void set_length(Axis& axis, const XmlTag& tag, TiffDescription& image) {
    const std::string name = "PhysicalSize" + upper(axis);
    set_scale(axis, positive(tag.find(name)), tag.find(name + "Unit").value_or("um"),
              image.foreign_units);
  }
  static void set_plane(TiffDescription& image, const XmlTag& tag) {
    for (Axis* axis : {&image.y, &image.x}) {
      axis->size = whole_number(tag.find("Size" + upper(*axis))).value_or(0);
      set_length(*axis, tag, image);
    }
    const std::string type = tag.find("Type").value_or("");
    image.pixels = type == "float" ? "float32" : type == "double" ? "float64" : type;
  }

  // What the sink ome_tiff records of its run.
  void take_record(const XmlTag& tag, std::string_view text, size_t behind) {
    if (tag.name == "MapAnnotation") own_ = tag.find("Namespace") == "parfocal.record/1";
    if (tag.name != "M" || !own_) return;
    const std::string key = tag.find("K").value_or("");
    if (key == "items") items_ = whole_number(xml_text(text, behind)).value_or(0);
    if (key == "gaps") gaps_ = xml_text(text, behind);
    if (key == "complete") complete_ = xml_text(text, behind) == "true";
    if (key == "reason" && !complete_)
      found_.notices.push_back("The file is not complete (" + xml_text(text, behind) +
                               "): the frames that it has are read.");
    if (key == "provenance" && complete_) found_.provenance = xml_text(text, behind);
    if (key == "gaps_not_listed")
      found_.missing_not_listed = whole_number(xml_text(text, behind)).value_or(0);
  }
  // Gaps count items of the stream, each of which has as many pages.
  void take_gaps() {
    const int64_t pages = found_.page_count();
    if (gaps_.empty() || items_ <= 0 || pages % items_ != 0) return;
    const auto list = nlohmann::json::parse(gaps_, nullptr, false);
    if (!list.is_array()) return;
    for (const auto& gap : list) {
      if (!gap.is_object() || !gap.contains("first") || !gap.contains("last")) return;
      const auto &first = gap["first"], &last = gap["last"];
      if (!first.is_number_unsigned() || !last.is_number_unsigned() || first > last ||
          last >= items_)
        return;
      const int64_t each = pages / items_, from = first.get<int64_t>();
      found_.missing.add(from * each, (last.get<int64_t>() + 1 - from) * each);
    }
  }

  // A file is named behind the TiffData that speaks of it.
  void take_place(const XmlTag& tag) {
    const int64_t planes = found_.page_count();
    int64_t plane = 0;
    for (const Axis& axis : found_.planes) {
      const int64_t first = whole_number(tag.find("First" + upper(axis))).value_or(0);
      if (first >= axis.size || plane > kMostSize / axis.size) return;  // no plane of the image
      plane = plane * axis.size + first;
    }
    const auto ifd = whole_number(tag.find("IFD"));
    auto count = whole_number(tag.find("PlaneCount"));
    if (!count) count = whole_number(tag.find("NumPlanes"));  // older schemas
    // Without both it is all pages of the file.
    const int64_t most = planes - plane, all = ifd ? 1 : -1;
    const int64_t before = static_cast<int64_t>(found_.image_names.size() - 1);
    if (before > kMostSize / planes) return;
    place_ = {before * planes + plane, std::min(count.value_or(all), most), -1, ifd.value_or(0)};
    if (place_->count == 0) place_->count = -1;
  }
  void take_file(const XmlTag& tag, const std::string& id) {
    if (place_ && place_->file >= 0) return;
    const std::string name = tag.find("FileName").value_or("");
    if (name.empty()) return;
    const auto [known, is_new] = file_numbers_.try_emplace(name, found_.files.size());
    if (is_new) {
      found_.files.push_back(name);
      found_.file_ids.push_back(id);
    }
    if (place_) place_->file = static_cast<int64_t>(known->second);
  }
  void end_place() {
    if (place_) found_.places.add(*place_);
    place_.reset();
  }

  // Names may be fewer than channels, empty or equal.
  void name_channels(Axis& c) const {
    const auto named = [](const std::string& name) { return !name.empty(); };
    const bool is_colour = c.size == 1 && found_.samples > 1;
    if (is_colour || std::none_of(channels_.begin(), channels_.end(), named)) return;
    if (c.size > static_cast<int64_t>(channels_.size()) + 4096) return;  // a size made up
    c.labels = channels_;
    c.labels.resize(static_cast<size_t>(c.size));
  }

  int64_t only_, samples_;
  TiffDescription found_;
  std::vector<std::string> channels_, other_channels_;  // of the first image, of this one
  std::unordered_map<std::string, size_t> file_numbers_;
  std::optional<PlaneRun> place_;
  std::string kind_, gaps_, image_name_;
  int64_t images_ = 0, items_ = 0;
  bool good_ = false, own_ = false, complete_ = false, in_pixels_ = false;
};

}  // namespace

std::optional<TiffDescription> read_ome_xml(std::string_view text, int64_t image,
                                            const TiffSamples& samples) {
  return OmeReader(image, samples.count).read(text);
}

}  // namespace parfocal
