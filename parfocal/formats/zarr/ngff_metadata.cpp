#include "parfocal/formats/zarr/ngff_metadata.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "parfocal/core/length_units.h"
#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {
namespace {

using namespace zarr_json;

constexpr size_t kMostLevels = 64;

std::string checked_path(const Json& value, const char* what) {
  const std::string path = value.is_string() ? value.get<std::string>() : "";
  if (!is_inner_path(path))
    bad(std::string("the path of ") + what + " is not a path in the store", brief(value),
        "folder names without '..'");
  return path;
}

const Json& first_of(const Json& list) {
  static const Json none;
  return list.is_array() && !list.empty() ? list[0] : none;
}

// The system of coordinates into which the first dataset is placed, of those that later versions
// describe; else the first.
const Json& coordinate_system(const Json& multiscale) {
  const Json& systems = at(multiscale, "coordinateSystems");
  const Json& dataset = first_of(at(multiscale, "datasets"));
  const Json& placed = first_of(at(dataset, "coordinateTransformations"));
  const std::string output = extension_name(at(placed, "output"));
  for (const Json& system : systems)
    if (!output.empty() && text_at(system, "name") == output) return system;
  return first_of(systems);
}

// Versions before 0.3 have no axes: always t c z y x. Version 0.3 has names only.
Json axes_json(const Json& multiscale, const std::string& version) {
  for (const Json* place : {&multiscale, &coordinate_system(multiscale)})
    if (const Json& axes = at(*place, "axes"); !axes.is_null()) return axes;
  if (!version.empty() && version != "0.1" && version != "0.2")
    bad("the image does not name its axes", "version " + version.substr(0, 60),
        "axes of the multiscale image");
  return {"t", "c", "z", "y", "x"};
}

void read_axes(const Json& axes, NgffImage& image, std::vector<std::string>& units) {
  if (!axes.is_array() || axes.size() < 2 || axes.size() > kMaxRank)
    bad("an image needs 2 to 6 axes", brief(axes));
  for (const Json& entry : axes) {
    Axis axis{extension_name(entry), 0, 1, "", {}};
    if (axis.name.empty()) bad("an axis has no name", brief(axes));
    for (const Axis& other : image.axes)
      if (other.name == axis.name) bad("two axes have one name", brief(axes));
    image.axes.push_back(axis);
    image.axis_types.push_back(text_at(entry, "type"));
    units.push_back(text_at(entry, "unit"));
  }
}

// Units as the project has them, and scales in them.
void convert_units(const std::vector<std::string>& units, NgffImage& image) {
  for (size_t a = 0; a < units.size(); ++a) {
    if (units[a].empty()) continue;
    const auto unit = own_unit(units[a]);
    if (!unit) {
      image.notices.push_back("The unit " + brief(units[a]) + " of axis " + image.axes[a].name +
                              " is not known: its scale has no unit.");
      continue;
    }
    image.axes[a].unit = unit->unit;
    for (NgffLevel& level : image.levels) {
      level.scale[a] = unit->of(level.scale[a]);
      level.translation[a] = unit->of(level.translation[a]);
      if (!(level.scale[a] > 0) || !std::isfinite(level.scale[a]))
        bad("a scale is not positive", "axis " + image.axes[a].name + " in " + units[a]);
    }
  }
}

// Whether a transformation is one number for each axis; why not becomes the level's doubt.
bool is_understood(const Json& transform, const std::string& type, NgffLevel& level) {
  if (type == "identity") return false;
  const Json& values = at(transform, type.c_str());
  const size_t axes = level.scale.size();
  std::string doubt;
  if (type != "scale" && type != "translation")
    doubt = "a transformation of type " + brief(at(transform, "type")) + " is not supported";
  else if (!values.is_array())
    doubt = "a " + type + " is no list of numbers";
  else if (values.size() != axes)
    doubt = "a " + type + " of " + std::to_string(values.size()) + " numbers for " +
            std::to_string(axes) + " axes";
  else if (!std::all_of(values.begin(), values.end(), [](const Json& v) { return v.is_number(); }))
    doubt = "a " + type + " is no list of numbers";
  if (level.doubt.empty()) level.doubt = doubt;
  return doubt.empty();
}

// Applies one list of transformations on top of what is there: y = x * scale + translation.
bool apply_transforms(const Json& transforms, NgffLevel& level) {
  bool scaled = false;
  for (size_t i = 0; transforms.is_array() && i < transforms.size(); ++i) {
    const std::string type = text_at(transforms[i], "type");
    if (!is_understood(transforms[i], type, level)) continue;
    const Json& values = at(transforms[i], type.c_str());
    scaled = scaled || type == "scale";
    for (size_t a = 0; a < level.scale.size(); ++a) {
      const double value = values[a].get<double>();
      if (type == "scale") {
        level.scale[a] *= value;
        level.translation[a] *= value;
        if (!(value > 0) || !(level.scale[a] > 0) || !std::isfinite(level.scale[a]))
          bad("a scale is not positive", brief(values));
      } else if (std::isfinite(value)) {
        level.translation[a] += value;
      }
    }
  }
  return scaled;
}

void read_levels(const Json& multiscale, bool with_units, NgffImage& image) {
  const Json& datasets = at(multiscale, "datasets");
  if (!datasets.is_array() || datasets.empty() || datasets.size() > kMostLevels)
    bad("an image needs 1 to 64 datasets", brief(datasets));
  for (const Json& dataset : datasets) {
    NgffLevel level{checked_path(at(dataset, "path"), "a dataset"),
                    std::vector<double>(image.axes.size(), 1),
                    std::vector<double>(image.axes.size(), 0)};
    const bool own = apply_transforms(at(dataset, "coordinateTransformations"), level);
    // Of several systems of coordinates that of the image leads to another one.
    const bool common = at(multiscale, "coordinateSystems").is_null() &&
                        apply_transforms(at(multiscale, "coordinateTransformations"), level);
    if (with_units && !own && !common && level.doubt.empty())
      level.doubt = "there are units, but no scale";
    image.levels.push_back(std::move(level));
  }
}

std::string version_of(const Json& ome) {
  for (const Json* place : {&ome, &at(ome, "plate"), &at(ome, "well"), &at(ome, "image-label")})
    if (at(*place, "version").is_string()) return text_at(*place, "version");
  const Json& multiscales = at(ome, "multiscales");
  return multiscales.is_array() && !multiscales.empty() ? text_at(multiscales[0], "version") : "";
}

// A wavelength may stand as a number.
std::string label_of(const Json& channel) {
  const Json& label = at(channel, "label");
  return label.is_number() ? label.dump() : text_at(channel, "label");
}

NgffImage read_image(const Json& ome) {
  const Json& multiscales = at(ome, "multiscales");
  const Json& multiscale = multiscales[0];
  NgffImage image;
  if (multiscales.size() > 1)
    image.notices.push_back("The group has " + std::to_string(multiscales.size()) +
                            " multiscale images: the first one is read.");
  image.name = text_at(multiscale, "name");
  std::vector<std::string> units;
  read_axes(axes_json(multiscale, version_of(ome)), image, units);
  const bool with_units = std::any_of(units.begin(), units.end(),
                                      [](const std::string& unit) { return !unit.empty(); });
  read_levels(multiscale, with_units, image);
  convert_units(units, image);
  image.axes = image.axes_of(0);
  const Json& channels = at(at(ome, "omero"), "channels");
  for (size_t c = 0; channels.is_array() && c < channels.size(); ++c)
    image.channels.push_back(label_of(channels[c]));
  return image;
}

std::vector<std::string> paths_of(const Json& list, const char* what) {
  std::vector<std::string> paths;
  for (size_t i = 0; list.is_array() && i < list.size(); ++i)
    paths.push_back(checked_path(list[i].is_object() ? at(list[i], "path") : list[i], what));
  return paths;
}

// Version 0.5 has it under "ome" in Zarr v3, 0.4 at the top in Zarr v2. Writers mix these.
const Json& ome_of(const Json& json, int zarr_format) {
  const Json& top = zarr_format == 2 ? json : at(json, "attributes");
  const Json& ome = at(top, "ome");
  const bool at_top =
      zarr_format == 2 ? top.contains("multiscales") || !ome.is_object() : !ome.is_object();
  return at_top ? top : ome;
}

}  // namespace

// "y=5 um x=2.5": of the finest level; the others are shifted by what they average.
std::string NgffImage::place_text() const {
  std::string text;
  for (size_t a = 0; a < axes.size(); ++a) {
    const double at = levels[0].translation[a];
    if (at == 0) continue;
    char number[32];
    std::snprintf(number, sizeof number, "%g", at);
    text += (text.empty() ? "" : " ") + axes[a].name + "=" + number +
            (axes[a].unit.empty() ? "" : " " + axes[a].unit);
  }
  return text;
}

std::vector<Axis> NgffImage::axes_of(size_t level) const {
  std::vector<Axis> result = axes;
  const bool known = levels[level].doubt.empty();
  for (size_t a = 0; a < result.size(); ++a) {
    result[a].scale = known ? levels[level].scale[a] : 1;
    if (!known) result[a].unit.clear();
  }
  return result;
}

std::vector<std::string> NgffImage::notices_of(size_t level) const {
  std::vector<std::string> result = notices;
  const std::string& doubt = levels[level].doubt;
  const std::string place = place_text();
  if (!place.empty())
    result.push_back("The image lies at " + place + ": places are not kept, results begin at 0.");
  if (!doubt.empty()) result.push_back("The scale is not known and left out: " + doubt + ".");
  return result;
}

NgffGroup parse_ngff(std::string_view text, int zarr_format) {
  const Json json = parse_object(text);
  const Json& ome = ome_of(json, zarr_format);
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
