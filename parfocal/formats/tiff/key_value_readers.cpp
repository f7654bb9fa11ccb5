#include "parfocal/formats/tiff/key_value_readers.h"

#include <algorithm>

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
        set_scale(axis, positive(find("spacing")), find("zunit").value_or(unit),
                  found.foreign_units);
    }
    set_imagej_resolution(found.y, resolution_.y, resolution_.unit, find("yunit").value_or(unit),
                          found.foreign_units);
    set_imagej_resolution(found.x, resolution_.x, resolution_.unit, unit, found.foreign_units);
    compare_images(found);
    found.contiguous = found.page_count() > 1;
    drop_single(found.planes);
    return found;
  }

 private:
  std::optional<std::string> find(const std::string& key) const { return values_.find(key); }
  int64_t size(const char* key) const {
    return std::max<int64_t>(1, whole_number(find(key)).value_or(1));
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

}  // namespace

TiffDescription read_imagej(std::string_view text, const TiffResolution& resolution) {
  return ImageJReader(text, resolution).read();
}

}  // namespace parfocal
