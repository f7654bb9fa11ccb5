#include "parfocal/formats/tiff/tiff_description.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/core/lowercase.h"
#include "parfocal/core/units.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/description_values.h"
#include "parfocal/formats/tiff/ome_reader.h"

namespace parfocal {
namespace {

constexpr size_t kMostShapeBytes = 1 << 20;

// Pixels per inch or cm where the tag ResolutionUnit says so, else per `stated` unit. In that unit,
// or um where it is none of length.
void set_resolution(Axis& axis, double resolution, int resolution_unit, const std::string& stated) {
  if (!(resolution > 0)) return;
  const double metres = resolution_unit == 2 ? 0.0254 : resolution_unit == 3 ? 0.01 : 0;
  if (metres == 0) return set_scale(axis, 1 / resolution, stated);
  auto unit = own_unit(stated);
  // A resolution of screens, which programs write that know of none.
  if (!unit && resolution_unit == 2 && (resolution == 72 || resolution == 96)) return;
  axis.unit = unit && !unit->is_time ? unit->unit : "um";
  axis.scale = OwnUnit{axis.unit, metres, *unit_factor(axis.unit, "m")}.of(1 / resolution);
}

// ImageJ takes a resolution per unit of its description, whatever ResolutionUnit says, but for
// pixels per cm of a description in um (FileOpener.decodeDescriptionString). Without a unit the tag
// counts.
void set_imagej_resolution(Axis& axis, double resolution, int resolution_unit,
                           const std::string& stated) {
  const auto unit = own_unit(stated);
  if (!unit || unit->is_time) return set_resolution(axis, resolution, resolution_unit, stated);
  const bool per_cm = resolution_unit == 3 && stated == "um";
  set_resolution(axis, resolution, per_cm ? resolution_unit : 0, stated);
}

// The pages of ImageJ, fastest axis first, "xyczt" as its menus write it or "czt"; other words than
// the six orders are the default.
std::string imagej_order(std::string order) {
  order = lowercase(std::move(order));
  if (order.starts_with("xy")) order.erase(0, 2);
  std::string sorted = order;
  std::sort(sorted.begin(), sorted.end());
  return sorted == "ctz" ? order : "czt";
}

/// Lines `key=value`. Pages of a hyperstack run along c, then z, then t, unless `order` says
/// otherwise.
class ImageJReader {
 public:
  ImageJReader(std::string_view text, const TiffResolution& resolution)
      : text_(text), resolution_(resolution) {}

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
        set_scale(axis, positive(find("finterval")), find("tunit").value_or("s"));
      if (axis.name == "z")
        set_scale(axis, positive(find("spacing")), find("zunit").value_or(unit));
    }
    set_imagej_resolution(found.y, resolution_.y, resolution_.unit, find("yunit").value_or(unit));
    set_imagej_resolution(found.x, resolution_.x, resolution_.unit, unit);
    found.contiguous = found.page_count() > 1;
    drop_single(found.planes);
    return found;
  }

 private:
  std::optional<std::string> find(const std::string& key) const {
    const size_t at = text_.find("\n" + key + "=");
    if (at == text_.npos) return std::nullopt;
    const size_t from = at + key.size() + 2;
    return std::string(text_.substr(from, text_.find_first_of("\r\n", from) - from));
  }
  int64_t size(const char* key) const {
    return std::max<int64_t>(1, whole_number(find(key)).value_or(1));
  }

  std::string_view text_;
  const TiffResolution& resolution_;
};

// "TZYX" of that many axes: names of axes of ours, each once; "" otherwise.
std::string shape_axes(const nlohmann::json& json, size_t rank) {
  const std::string axes =
      lowercase(json.contains("axes") && json["axes"].is_string() ? json["axes"] : "");
  if (axes.size() != rank || !axes.ends_with("yx")) return "";
  for (size_t i = 0; i + 2 < rank; ++i)
    if (std::string("tcz").find(axes[i]) == axes.npos || axes.find(axes[i], i + 1) != axes.npos)
      return "";
  return axes;
}

// {"shape": [3, 5, 20, 30], "axes": "TZYX", "truncated": true}. Without axes it tells only how many
// images lie behind a directory: they have no origin.
std::optional<TiffDescription> read_shape(std::string_view text, const TiffResolution& resolution) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("shape") || !json["shape"].is_array())
    return std::nullopt;
  const auto& shape = json["shape"];
  const size_t rank = shape.size();
  TiffDescription found;
  found.contiguous = json.contains("truncated") && json["truncated"] == true;
  const std::string axes = shape_axes(json, rank);
  if (rank < 3 || (axes.empty() && !found.contiguous)) return std::nullopt;
  found.origin = axes.empty() ? "" : "tifffile";
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size = shape[i].is_number_unsigned() ? shape[i].get<int64_t>() : 0;
    if (size < 1 || size > kMostSize) return std::nullopt;
    if (i + 2 == rank) found.y.size = size;
    if (i + 1 == rank) found.x.size = size;
    if (i + 2 < rank)
      found.planes.push_back({axes.empty() ? "t" : std::string(1, axes[i]), size, 1, "", {}});
  }
  if (axes.empty()) found.planes = {{"t", found.page_count(), 1, "", {}}};
  set_resolution(found.y, resolution.y, resolution.unit, "");
  set_resolution(found.x, resolution.x, resolution.unit, "");
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

TiffResolution read_resolutions(const TiffFile& file, const TiffPage& page) {
  return {read_resolution(file, page.x_resolution), read_resolution(file, page.y_resolution),
          page.resolution_unit};
}

// BYTE instead of ASCII: some writers do that.
int64_t text_bytes(const TiffFile& file, const TiffValues& place) {
  const uint64_t size = static_cast<uint64_t>(file.size);
  if ((place.type != 2 && place.type != 1) || place.position >= size) return 0;
  return static_cast<int64_t>(std::min(place.count, size - place.position));
}

std::string read_text(const TiffFile& file, const TiffValues& place) {
  const int64_t bytes = text_bytes(file, place);
  if (bytes == 0 || bytes > kMostDescriptionBytes) return {};
  std::string text(static_cast<size_t>(bytes), '\0');
  const int64_t got = read_at(file.fd, text.data(), static_cast<int64_t>(text.size()),
                              static_cast<int64_t>(place.position));
  text.resize(static_cast<size_t>(std::max<int64_t>(0, got)));
  return text;
}

}  // namespace

int64_t TiffDescription::page_count() const {
  int64_t count = 1;
  for (const Axis& axis : planes)
    count = count > kMostSize / axis.size ? kMostSize : count * axis.size;
  return count;
}

void drop_single(std::vector<Axis>& axes) {
  std::erase_if(axes, [](const Axis& a) { return a.size == 1 && a.labels.empty(); });
}

std::optional<TiffDescription> describe_tiff(std::string_view text,
                                             const TiffResolution& resolution, int64_t image) {
  text = text.substr(0, text.find('\0'));
  if (text.starts_with("ImageJ=")) return ImageJReader(text, resolution).read();
  if (text.starts_with("{\"shape\""))
    return read_shape(text.substr(0, kMostShapeBytes), resolution);
  if (text.substr(0, 4096).find("<OME") != text.npos ||
      text.substr(0, 4096).find(":OME") != text.npos)
    return read_ome_xml(text, image);
  return std::nullopt;
}

int64_t description_bytes(const TiffFile& file, const TiffPage& page) {
  return std::max(text_bytes(file, page.description), text_bytes(file, page.second_description));
}

std::optional<TiffDescription> describe_tiff(const TiffFile& file, const TiffPage& page,
                                             int64_t image) {
  const TiffResolution resolution = read_resolutions(file, page);
  auto found = describe_tiff(read_text(file, page.description), resolution, image);
  if (found && found->y.size > 0 && (found->y.size != page.height || found->x.size != page.width))
    found.reset();  // a shape of something else
  if (page.second_description.type == 0 || (found && found->origin == "OME-XML")) return found;
  auto second = describe_tiff(read_text(file, page.second_description), resolution, image);
  return second && (!found || second->origin == "OME-XML") ? second : found;
}

std::string described_provenance(const std::filesystem::path& path) {
  Fd fd;
  TiffFile file;
  TiffPage page;
  if (!open_tiff(path, fd, file).ok() || !read_tiff_page(file, file.first_directory, page).ok())
    return "";
  const auto found = describe_tiff(file, page);
  return found ? found->provenance : "";
}

int64_t images_behind(const TiffFile& file, const TiffPage& page,
                      const std::optional<TiffDescription>& description) {
  if (page.depth > 1) return page.depth;
  if (!description || !description->contiguous) return 1;
  const int64_t images = description->page_count();
  if (description->origin != "ImageJ") return images;
  if (page.next != 0) return 1;
  // ImageJ does so above 4 GB. Others keep its text in a file of fewer images.
  uint64_t first = 0;
  TiffValueReader offsets(file, page.offsets);
  if (page.compression != 1 || !offsets.get(0, first).ok() ||
      first > static_cast<uint64_t>(file.size))
    return 1;
  const int64_t room = file.size - static_cast<int64_t>(first);
  return images <= room / page.frame_bytes() ? images : 1;
}

void set_page_scales(const TiffFile& file, const TiffPage& page, Axis& y, Axis& x) {
  const TiffResolution resolution = read_resolutions(file, page);
  set_resolution(y, resolution.y, resolution.unit, "");
  set_resolution(x, resolution.x, resolution.unit, "");
}

}  // namespace parfocal
