#include "parfocal/formats/tiff/key_value_readers.h"

#include <algorithm>
#include <cstdlib>

#include "parfocal/core/lowercase.h"
#include "parfocal/formats/tiff/resolution.h"

namespace parfocal {
namespace {

// The pages of ImageJ, fastest axis first, "xyczt" as its menus write it or "czt"; other words than
// the six orders are the default.
std::string imagej_order(std::string order) {
  order = lowercase(std::move(order));
  if (order.starts_with("xy")) order.erase(0, 2);
  std::string sorted = order;
  std::sort(sorted.begin(), sorted.end());
  return sorted == "ctz" ? order : "czt";
}

/// Lines `key=value` behind the first one.
class KeyValues {
 public:
  explicit KeyValues(std::string_view text) : text_(text) {}
  std::optional<std::string> find(const std::string& key) const {
    const size_t at = text_.find("\n" + key + "=");
    if (at == text_.npos) return std::nullopt;
    const size_t from = at + key.size() + 2;
    return std::string(text_.substr(from, text_.find_first_of("\r\n", from) - from));
  }
  /// At commas.
  std::vector<std::string> list(const std::string& key) const {
    std::vector<std::string> words(1);
    for (const char c : find(key).value_or("")) c == ',' ? words.emplace_back() : words.back() += c;
    return words;
  }

 private:
  std::string_view text_;
};

/// Pages of a hyperstack run along c, then z, then t, unless `order` says
/// otherwise.
class ImageJReader {
 public:
  ImageJReader(std::string_view text, const TiffResolution& resolution)
      : values_(text), resolution_(resolution) {}

  TiffDescription read() const {
    TiffDescription found;
    found.origin = "ImageJ";
    const std::string order = imagej_order(find("order").value_or(""));
    for (size_t i = 3; i-- > 0;) {
      const char* key = order[i] == 't' ? "frames" : order[i] == 'z' ? "slices" : "channels";
      found.planes.push_back({std::string(1, order[i]), size(key), 1, "", {}});
    }
    // A plain stack states only how many images it has.
    const bool plain = found.page_count() == 1;
    const std::string unit = find("unit").value_or("");
    for (Axis& axis : found.planes) {
      if (plain && axis.name == "t") axis.size = size("images");
      if (axis.name == "t")
        set_scale(axis, positive(find("finterval")), find("tunit").value_or("s"),
                  found.foreign_units);
      if (axis.name == "z")
        set_scale(axis, spacing(), find("zunit").value_or(unit), found.foreign_units);
    }
    set_imagej_resolution(found.y, resolution_.y, resolution_.unit, find("yunit").value_or(unit),
                          found.foreign_units);
    set_imagej_resolution(found.x, resolution_.x, resolution_.unit, unit, found.foreign_units);
    compare_images(found);
    note_calibration(found);
    found.contiguous = found.page_count() > 1;
    drop_single(found.planes);
    return found;
  }

 private:
  std::optional<std::string> find(const std::string& key) const { return values_.find(key); }
  int64_t size(const char* key) const {
    return std::max<int64_t>(1, whole_number(find(key)).value_or(1));
  }

  // Stacks that were taken from above have a negative one, which ImageJ takes as it is without
  // sign.
  std::optional<double> spacing() const {
    std::string text = find("spacing").value_or("");
    if (text.starts_with('-')) text.erase(0, 1);
    return positive(text);
  }
  // ImageJ shows a function of the pixels: of signed 16-bit images the pixels less 32768.
  void note_calibration(TiffDescription& found) const {
    const auto function = find("cf"), first = find("c0"), second = find("c1");
    const bool same = function == "0" && positive(second) == 1 && first && !positive(first) &&
                      std::strtod(first->c_str(), nullptr) == 0;
    if (!function || !first || !second || same) return;
    const auto value = [](const std::optional<std::string>& text) { return text->substr(0, 30); };
    found.notices.push_back(
        "The description (ImageJ) says that ImageJ shows other values than those of the pixels "
        "(cf=" +
        value(function) + " c0=" + value(first) + " c1=" + value(second) +
        (function == "0" ? ": c0 + c1 * pixel" : "") + "): pixels are read as they are.");
  }

  // Other programs change the number of pages and keep the rest.
  void compare_images(TiffDescription& found) const {
    const auto images = whole_number(find("images"));
    if (!images || *images == found.page_count()) return;
    std::string sizes;
    for (const char* key : {"channels", "slices", "frames"})
      sizes += std::string(sizes.empty() ? "" : ", ") + key + "=" + std::to_string(size(key));
    found.notices.push_back("The description (ImageJ) says images=" + std::to_string(*images) +
                            ", but " + sizes + ", which are " + std::to_string(found.page_count()) +
                            ".");
  }

  KeyValues values_;
  const TiffResolution& resolution_;
};

constexpr std::pair<std::string_view, const char*> kScifioAxes[] = {
    {"X", "x"}, {"Y", "y"}, {"Z", "z"}, {"Channel", "c"}, {"Time", "t"}};

// Axis of ours of a type of ImageJ2's axes; "" = none.
std::string scifio_axis(const std::string& type) {
  for (const auto& [theirs, ours] : kScifioAxes)
    if (type == theirs) return ours;
  return "";
}

/// The axes of the pages stand one beside the other, fastest first: X, Y, then those of pages.
class ScifioReader {
 public:
  ScifioReader(std::string_view text, const TiffResolution& resolution)
      : values_(text), resolution_(resolution) {}

  TiffDescription read() const {
    TiffDescription found;
    found.origin = "SCIFIO";
    set_resolution(found.y, resolution_.y, resolution_.unit);
    set_resolution(found.x, resolution_.x, resolution_.unit);
    if (!take_axes(found)) return not_read();
    drop_single(found.planes);
    return found;
  }

 private:
  bool take_axes(TiffDescription& found) const {
    const auto types = values_.list("axes"), lengths = values_.list("lengths");
    if (types.size() < 2 || types.size() != lengths.size()) return false;
    std::string seen;
    for (size_t i = 0; i < types.size(); ++i) {
      const std::string name = scifio_axis(types[i]);
      const int64_t length = whole_number(lengths[i]).value_or(0);
      if (name.empty() || seen.find(name) != seen.npos || length < 1) return false;
      seen += name;
      Axis& axis = name == "y" ? found.y
                   : name == "x"
                       ? found.x
                       : *found.planes.insert(found.planes.begin(), Axis{name, 1, 1, "", {}});
      axis.size = length;
      take_scale(axis, i, found.foreign_units);
    }
    return seen.starts_with("xy");
  }
  void take_scale(Axis& axis, size_t i, ForeignUnits& foreign) const {
    const auto scales = values_.list("scales"), units = values_.list("units");
    if (axis.name == "c" || i >= scales.size()) return;
    set_scale(axis, positive(scales[i]), i < units.size() ? units[i] : "", foreign);
  }
  // As it stands there, which may be anything.
  std::string brief(const std::string& key) const {
    return values_.find(key).value_or("").substr(0, 100);
  }
  TiffDescription not_read() const {
    TiffDescription nothing;
    nothing.notices.push_back(
        "The description (SCIFIO) says axes=" + brief("axes") + " lengths=" + brief("lengths") +
        ": it is not read, since these are not X, Y and then some of Channel, Z "
        "and Time, each once and with a length.");
    return nothing;
  }

  KeyValues values_;
  const TiffResolution& resolution_;
};

}  // namespace

TiffDescription read_imagej(std::string_view text, const TiffResolution& resolution) {
  return ImageJReader(text, resolution).read();
}

TiffDescription read_scifio(std::string_view text, const TiffResolution& resolution) {
  return ScifioReader(text, resolution).read();
}

}  // namespace parfocal
