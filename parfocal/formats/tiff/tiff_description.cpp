#include "parfocal/formats/tiff/tiff_description.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/core/lowercase.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/key_value_readers.h"
#include "parfocal/formats/tiff/ome_reader.h"
#include "parfocal/formats/tiff/resolution.h"

namespace parfocal {
namespace {

constexpr size_t kMostShapeBytes = 1 << 20;

// Samples of a pixel are no axis of pages: named S, else the last of a chunky image, and before y x
// of a planar one.
void drop_samples(const TiffSamples& samples, nlohmann::json& shape, std::string& axes) {
  if (samples.count == 1 || shape.size() < 3) return;
  const bool has_axes = axes.size() == shape.size();
  const size_t named = has_axes ? axes.find('s') : axes.npos;
  const size_t place = named != axes.npos ? named
                       : samples.planar   ? shape.size() - 3
                                          : shape.size() - 1;
  if (shape[place] != samples.count) return;
  shape.erase(place);
  if (has_axes) axes.erase(place, 1);
}

// "tzyx" of that many axes: names of axes of ours, each once; "" otherwise.
std::string known_axes(const std::string& axes, size_t rank) {
  if (axes.size() != rank || !axes.ends_with("yx")) return "";
  for (size_t i = 0; i + 2 < rank; ++i)
    if (std::string("tcz").find(axes[i]) == axes.npos || axes.find(axes[i], i + 1) != axes.npos)
      return "";
  return axes;
}

// {"shape": [3, 5, 20, 30], "axes": "TZYX", "truncated": true}. Without axes it tells only how many
// images lie behind a directory: they have no origin.
std::optional<TiffDescription> read_shape(std::string_view text, const TiffResolution& resolution,
                                          const TiffSamples& samples) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("shape") || !json["shape"].is_array())
    return std::nullopt;
  nlohmann::json shape = json["shape"];
  std::string stated =
      lowercase(json.contains("axes") && json["axes"].is_string() ? json["axes"] : "");
  drop_samples(samples, shape, stated);
  const size_t rank = shape.size();
  TiffDescription found;
  found.contiguous = json.contains("truncated") && json["truncated"] == true;
  const std::string axes = known_axes(stated, rank);
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
  set_resolution(found.y, resolution.y, resolution.unit);
  set_resolution(found.x, resolution.x, resolution.unit);
  drop_single(found.planes);
  return found;
}

bool is_shape(const TiffDescription& found) {
  return found.origin.empty() || found.origin == "tifffile";
}

// A shape of something else says nothing of how many images there are.
void forget_other_shape(TiffDescription& found, const TiffPage& page) {
  const std::string other = other_pixels(found, page);
  if (other.empty()) return;
  found = {};
  found.notices.push_back("The description (tifffile) " + other + ": its axes are not taken.");
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

// A page of the same size begins where the pixels of this one end: the chain was cut between them,
// and the images do not follow each other.
bool has_lost_page_behind(const TiffFile& file, const TiffPage& page, uint64_t first) {
  const uint64_t end = first + static_cast<uint64_t>(page.image_bytes());
  TiffLink link;
  return read_tiff_link(file, end + end % 2, link).ok() &&
         link.width == static_cast<uint64_t>(page.width) &&
         link.height == static_cast<uint64_t>(page.height);
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

// Of a description that may count them as steps of c.
static void take_samples(int64_t samples, TiffDescription& found) {
  for (Axis& axis : found.planes) {
    if (axis.name != "c" || samples == 1 || axis.size % samples != 0) continue;
    axis.size /= samples;
    found.samples = samples;
  }
  drop_single(found.planes);
}

std::optional<TiffDescription> describe_tiff(std::string_view text,
                                             const TiffResolution& resolution, int64_t image,
                                             const TiffSamples& samples) {
  text = text.substr(0, text.find('\0'));
  if (text.starts_with("ImageJ=")) return read_imagej(text, resolution);
  if (text.starts_with("SCIFIO=")) {
    TiffDescription found = read_scifio(text, resolution);
    take_samples(samples.count, found);
    return found;
  }
  if (text.starts_with("{\"shape\""))
    return read_shape(text.substr(0, kMostShapeBytes), resolution, samples);
  if (text.substr(0, 4096).find("<OME") != text.npos ||
      text.substr(0, 4096).find(":OME") != text.npos)
    return read_ome_xml(text, image, samples);
  return std::nullopt;
}

std::string other_pixels(const TiffDescription& description, const TiffPage& page) {
  const std::string type(dtype_name(page.dtype));
  const std::string& said = description.pixels;
  const auto text = [](int64_t height, int64_t width, const std::string& pixels) {
    return "y=" + std::to_string(height) + " x=" + std::to_string(width) +
           (pixels.empty() ? "" : " " + pixels);
  };
  const int64_t height = description.y.size, width = description.x.size;
  // Bits are stored as bytes by many.
  const bool other_type = !said.empty() && said != type && said != "bit";
  const bool other_size = height > 0 && width > 0 && (height != page.height || width != page.width);
  if (!other_type && !other_size) return "";
  return "says " + text(height, width, said) + ", the page has " +
         text(page.height, page.width, said.empty() ? "" : type);
}

int64_t description_bytes(const TiffFile& file, const TiffPage& page) {
  return std::max(text_bytes(file, page.description), text_bytes(file, page.second_description));
}

std::optional<TiffDescription> describe_tiff(const TiffFile& file, const TiffPage& page,
                                             int64_t image) {
  const TiffResolution resolution = read_resolutions(file, page);
  const TiffSamples samples{page.samples, page.planar};
  auto found = describe_tiff(read_text(file, page.description), resolution, image, samples);
  if (found && is_shape(*found)) forget_other_shape(*found, page);
  if (page.second_description.type == 0 || (found && found->origin == "OME-XML")) return found;
  auto second = describe_tiff(read_text(file, page.second_description), resolution, image, samples);
  const bool said = found && (!found->origin.empty() || found->contiguous);
  if (!second || (said && second->origin != "OME-XML")) return found;
  if (found)
    second->notices.insert(second->notices.begin(), found->notices.begin(), found->notices.end());
  return second;
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
  if (images > room / page.image_bytes() || has_lost_page_behind(file, page, first)) return 1;
  return images;
}

void set_page_scales(const TiffFile& file, const TiffPage& page, Axis& y, Axis& x) {
  const TiffResolution resolution = read_resolutions(file, page);
  set_resolution(y, resolution.y, resolution.unit);
  set_resolution(x, resolution.x, resolution.unit);
}

}  // namespace parfocal
