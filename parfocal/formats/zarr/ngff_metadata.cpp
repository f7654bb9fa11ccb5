#include "parfocal/formats/zarr/ngff_metadata.h"

#include <cmath>

#include "parfocal/core/units.h"
#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {
namespace {

using namespace zarr_json;

constexpr size_t kMostLevels = 64;

// The short name of an UDUNITS unit; "" if unknown.
std::string short_unit(const std::string& name) {
  for (const char* unit : {"nm", "um", "mm", "m", "ns", "us", "ms", "s", "min", "h"})
    if (ngff_unit(unit) == name) return unit;
  return "";
}

std::string checked_path(const Json& value, const char* what) {
  const std::string path = value.is_string() ? value.get<std::string>() : "";
  if (!is_inner_path(path))
    bad(std::string("the path of ") + what + " is not a path in the store", brief(value),
        "folder names without '..'");
  return path;
}

// Versions before 0.3 have no axes: always t c z y x. Version 0.3 has names only.
void read_axes(const Json& multiscale, NgffImage& image) {
  Json axes = at(multiscale, "axes");
  if (axes.is_null()) axes = {"t", "c", "z", "y", "x"};
  if (!axes.is_array() || axes.size() < 2 || axes.size() > kMaxRank)
    bad("an image needs 2 to 6 axes", brief(axes));
  for (const Json& entry : axes) {
    Axis axis{extension_name(entry), 0, 1, short_unit(text_at(entry, "unit")), {}};
    if (axis.name.empty()) bad("an axis has no name", brief(axes));
    for (const Axis& other : image.axes)
      if (other.name == axis.name) bad("two axes have one name", brief(axes));
    image.axes.push_back(axis);
    image.axis_types.push_back(text_at(entry, "type"));
  }
}

// Applies one list of transformations on top of what is there: y = x * scale + translation.
void apply_transforms(const Json& transforms, NgffLevel& level) {
  for (size_t i = 0; transforms.is_array() && i < transforms.size(); ++i) {
    const std::string type = text_at(transforms[i], "type");
    const Json& values = at(transforms[i], type == "scale" ? "scale" : "translation");
    for (size_t a = 0; values.is_array() && a < values.size() && a < level.scale.size(); ++a) {
      const double value = values[a].is_number() ? values[a].get<double>() : 0;
      if (type == "scale") {
        if (!(value > 0) || !std::isfinite(value)) bad("a scale is not positive", brief(values));
        level.scale[a] *= value;
        level.translation[a] *= value;
      } else if (type == "translation" && std::isfinite(value)) {
        level.translation[a] += value;
      }
    }
  }
}

void read_levels(const Json& multiscale, NgffImage& image) {
  const Json& datasets = at(multiscale, "datasets");
  if (!datasets.is_array() || datasets.empty() || datasets.size() > kMostLevels)
    bad("an image needs 1 to 64 datasets", brief(datasets));
  for (const Json& dataset : datasets) {
    NgffLevel level{checked_path(at(dataset, "path"), "a dataset"),
                    std::vector<double>(image.axes.size(), 1),
                    std::vector<double>(image.axes.size(), 0)};
    apply_transforms(at(dataset, "coordinateTransformations"), level);
    apply_transforms(at(multiscale, "coordinateTransformations"), level);
    image.levels.push_back(std::move(level));
  }
  image.axes = image.axes_of(0);
}

NgffImage read_image(const Json& ome) {
  const Json& multiscale = at(ome, "multiscales")[0];
  NgffImage image;
  image.name = text_at(multiscale, "name");
  read_axes(multiscale, image);
  read_levels(multiscale, image);
  const Json& channels = at(at(ome, "omero"), "channels");
  for (size_t c = 0; channels.is_array() && c < channels.size(); ++c)
    image.channels.push_back(text_at(channels[c], "label"));
  return image;
}

std::vector<std::string> paths_of(const Json& list, const char* what) {
  std::vector<std::string> paths;
  for (size_t i = 0; list.is_array() && i < list.size(); ++i)
    paths.push_back(checked_path(list[i].is_object() ? at(list[i], "path") : list[i], what));
  return paths;
}

std::string version_of(const Json& ome) {
  for (const Json* place : {&ome, &at(ome, "plate"), &at(ome, "well"), &at(ome, "image-label")})
    if (at(*place, "version").is_string()) return text_at(*place, "version");
  const Json& multiscales = at(ome, "multiscales");
  return multiscales.is_array() && !multiscales.empty() ? text_at(multiscales[0], "version") : "";
}

}  // namespace

std::vector<Axis> NgffImage::axes_of(size_t level) const {
  std::vector<Axis> result = axes;
  for (size_t a = 0; a < result.size(); ++a) result[a].scale = levels[level].scale[a];
  return result;
}

NgffGroup parse_ngff(std::string_view text, int zarr_format) {
  const Json json = parse_object(text);
  const Json& ome = zarr_format == 2 ? json : at(at(json, "attributes"), "ome");
  NgffGroup group;
  group.version = version_of(ome);
  const Json& multiscales = at(ome, "multiscales");
  if (multiscales.is_array() && !multiscales.empty()) group.image = read_image(ome);
  group.is_label = at(ome, "image-label").is_object();
  group.labels = paths_of(at(ome, "labels"), "a label image");
  group.is_plate = at(ome, "plate").is_object();
  group.wells = paths_of(at(at(ome, "plate"), "wells"), "a well");
  group.is_well = at(ome, "well").is_object();
  group.fields = paths_of(at(at(ome, "well"), "images"), "a field of view");
  group.is_series = at(ome, "bioformats2raw.layout").is_number();
  group.series = paths_of(at(ome, "series"), "a series");
  return group;
}

}  // namespace parfocal
