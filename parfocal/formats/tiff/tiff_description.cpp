#include "parfocal/formats/tiff/tiff_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "parfocal/core/units.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/xml_tags.h"

namespace parfocal {
namespace {

constexpr uint64_t kMostTextBytes = 1 << 20;
constexpr int64_t kMostSize = int64_t{1} << 40;

std::optional<int64_t> whole_number(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  char* end = nullptr;
  const long long n = std::strtoll(text->c_str(), &end, 10);
  return *end == '\0' && n >= 0 && n <= kMostSize ? std::optional<int64_t>(n) : std::nullopt;
}
std::optional<double> positive(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  char* end = nullptr;
  const double v = std::strtod(text->c_str(), &end);
  return *end == '\0' && v > 0 && std::isfinite(v) ? std::optional(v) : std::nullopt;
}

// The unit as we write it; "" if it is none of ours.
std::string own_unit(const std::string& name) {
  for (const char* unit : {"nm", "um", "mm", "m", "ns", "us", "ms", "s", "min", "h"})
    if (name == unit || unit_factor(name, unit).value_or(0) == 1) return unit;
  return name == "micron" || name == "microns" || name == "\\u00B5m" || name == "\xb5m" ? "um"
         : name == "sec"                                                                ? "s"
                                                                                        : "";
}

void set_scale(Axis& axis, std::optional<double> scale, const std::string& unit_name) {
  const std::string unit = own_unit(unit_name);
  if (!scale || unit.empty() || !unit_factor(unit, axis.name == "t" ? "s" : "um")) return;
  axis.scale = *scale;
  axis.unit = unit;
}

// To 15 digits: a pixel of 0.65 um, stated as 20/13 pixels per um, is one of 0.65 um again.
double inverse(double value) {
  return std::strtod(fmt::format("{:.15g}", 1 / value).c_str(), nullptr);
}

// Axes that say nothing are left out.
void drop_single(std::vector<Axis>& axes) {
  std::erase_if(axes, [](const Axis& a) { return a.size == 1 && a.labels.empty(); });
}

/// Reads the tags of OME-XML one after the other (schema 2016-06; older ones agree in these).
class OmeReader {
 public:
  std::optional<TiffDescription> read(std::string_view text) {
    XmlTag tag;
    for (size_t at = 0; next_xml_tag(text, at, tag);) {
      take(tag);
      take_record(tag, text, at);
    }
    if (!good_) return std::nullopt;
    take_gaps();
    found_.images = std::max<int64_t>(1, images_);
    for (Axis& axis : found_.planes)
      if (axis.name == "c") name_channels(axis);
    if (files_ <= 1) found_.irregular = irregular_;
    drop_single(found_.planes);
    return found_;
  }

 private:
  void take(const XmlTag& tag) {
    if (tag.name == "Image") ++images_;
    if (images_ > 1) return;
    if (tag.name == "Pixels") take_pixels(tag);
    if (tag.name == "Channel") channels_.push_back(tag.find("Name").value_or(""));
    if (tag.name == "TiffData" && good_) take_place(tag);
    if (tag.name == "UUID") take_file(tag);
  }
  void take_pixels(const XmlTag& tag) {
    const std::string order = tag.find("DimensionOrder").value_or("");
    std::string sorted = order;
    std::sort(sorted.begin(), sorted.end());
    if (good_ || sorted != "CTXYZ" || !order.starts_with("XY")) return;
    for (size_t i = 5; i-- > 2;) {
      const char upper = order[i];
      const auto size = whole_number(tag.find(std::string("Size") + upper));
      if (!size || *size == 0) return;
      Axis axis{std::string(1, static_cast<char>(upper - 'A' + 'a')), *size, 1, "", {}};
      if (axis.name == "t")
        set_scale(axis, positive(tag.find("TimeIncrement")),
                  tag.find("TimeIncrementUnit").value_or("s"));
      if (axis.name == "z") set_length(axis, tag);
      found_.planes.push_back(axis);
    }
    set_length(found_.y, tag);
    set_length(found_.x, tag);
    found_.origin = "OME-XML";
    good_ = true;
  }
  // What the sink ome_tiff records of its run.
  void take_record(const XmlTag& tag, std::string_view text, size_t behind) {
    if (tag.name == "MapAnnotation") own_ = tag.find("Namespace") == "parfocal.record/1";
    if (tag.name != "M" || !own_) return;
    const std::string key = tag.find("K").value_or("");
    if (key == "items") items_ = whole_number(xml_text(text, behind)).value_or(0);
    if (key == "gaps") gaps_ = xml_text(text, behind);
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
  static void set_length(Axis& axis, const XmlTag& tag) {
    const std::string name = fmt::format("PhysicalSize{}", static_cast<char>(axis.name[0] - 32));
    set_scale(axis, positive(tag.find(name)), tag.find(name + "Unit").value_or("um"));
  }
  void take_file(const XmlTag& tag) {
    const std::string name = tag.find("FileName").value_or("");
    if (files_ == 0 || name != last_file_) ++files_;
    last_file_ = name;
  }
  // IFD k must hold the k-th plane in the order of the dimensions.
  void take_place(const XmlTag& tag) {
    const auto ifd = whole_number(tag.find("IFD"));
    int64_t place = 0;
    for (const Axis& axis : found_.planes) {
      const std::string name = std::string("First") + static_cast<char>(axis.name[0] - 32);
      const int64_t first = whole_number(tag.find(name)).value_or(0);
      if (first >= axis.size || place > kMostSize / axis.size) return;
      place = place * axis.size + first;
    }
    if (ifd.value_or(0) != place && irregular_.empty())
      irregular_ = fmt::format("page {} is plane {}", ifd.value_or(0), place);
  }
  void name_channels(Axis& c) const {
    const auto named = [](const std::string& name) { return !name.empty(); };
    if (static_cast<int64_t>(channels_.size()) == c.size &&
        std::all_of(channels_.begin(), channels_.end(), named))
      c.labels = channels_;
  }

  TiffDescription found_;
  std::vector<std::string> channels_;
  std::string irregular_, last_file_, gaps_;
  int64_t images_ = 0, files_ = 0, items_ = 0;
  bool good_ = false, own_ = false;
};

/// Lines `key=value`. Pages of a hyperstack run along c, then z, then t.
std::optional<TiffDescription> read_imagej(std::string_view text,
                                           const TiffResolution& resolution) {
  const auto find = [&](const std::string& key) -> std::optional<std::string> {
    const size_t at = text.find("\n" + key + "=");
    if (at == text.npos) return std::nullopt;
    const size_t from = at + key.size() + 2;
    return std::string(text.substr(from, text.find_first_of("\r\n", from) - from));
  };
  const auto size = [&](const char* key) {
    return std::max<int64_t>(1, whole_number(find(key)).value_or(1));
  };
  TiffDescription found;
  found.origin = "ImageJ";
  found.planes = {{"t", size("frames"), 1, "", {}},
                  {"z", size("slices"), 1, "", {}},
                  {"c", size("channels"), 1, "", {}}};
  const int64_t images = size("images");
  // A plain stack states only how many images it has.
  if (found.page_count() == 1 && images > 1) found.planes[0].size = images;
  const std::string unit = find("unit").value_or("");
  set_scale(found.planes[0], positive(find("finterval")), find("tunit").value_or("s"));
  set_scale(found.planes[1], positive(find("spacing")), find("zunit").value_or(unit));
  if (resolution.y > 0) set_scale(found.y, inverse(resolution.y), find("yunit").value_or(unit));
  if (resolution.x > 0) set_scale(found.x, inverse(resolution.x), unit);
  drop_single(found.planes);
  return found;
}

double read_resolution(const TiffFile& file, const TiffValues& values) {
  uint8_t b[8];
  if (values.type != 5 || values.count != 1 ||
      values.position > static_cast<uint64_t>(std::max<int64_t>(0, file.size - 8)) ||
      read_at(file.fd, b, 8, static_cast<int64_t>(values.position)) != 8)
    return 0;
  double part[2] = {0, 0};
  for (int i = 0; i < 8; ++i)
    part[i / 4] = part[i / 4] * 256 + b[file.big_endian ? i : i / 4 * 4 + 3 - i % 4];
  return part[1] > 0 ? part[0] / part[1] : 0;
}

}  // namespace

int64_t TiffDescription::page_count() const {
  int64_t count = 1;
  for (const Axis& axis : planes)
    count = count > kMostSize / axis.size ? kMostSize : count * axis.size;
  return count;
}

std::optional<TiffDescription> describe_tiff(std::string_view text,
                                             const TiffResolution& resolution) {
  text = text.substr(0, text.find('\0'));
  if (text.starts_with("ImageJ=")) return read_imagej(text, resolution);
  if (text.substr(0, 4096).find("<OME") != text.npos ||
      text.substr(0, 4096).find(":OME") != text.npos)
    return OmeReader().read(text);
  return std::nullopt;
}

std::optional<TiffDescription> describe_tiff(const TiffFile& file, const TiffPage& page) {
  const TiffValues& place = page.description;
  const uint64_t size = static_cast<uint64_t>(file.size);
  if (place.type != 2 || place.position >= size) return std::nullopt;
  std::string text(std::min({place.count, kMostTextBytes, size - place.position}), '\0');
  const int64_t got = read_at(file.fd, text.data(), static_cast<int64_t>(text.size()),
                              static_cast<int64_t>(place.position));
  text.resize(static_cast<size_t>(std::max<int64_t>(0, got)));
  return describe_tiff(
      text, {read_resolution(file, page.x_resolution), read_resolution(file, page.y_resolution)});
}

}  // namespace parfocal
