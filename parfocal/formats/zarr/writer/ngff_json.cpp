#include "parfocal/formats/zarr/writer/ngff_json-inl.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "parfocal/core/units.h"
#include "parfocal/formats/common/gaps_json-inl.h"

namespace parfocal::ngff_json {
namespace {

// Whether levels are halved along the axis.
bool halved(const ImageSpec& image, const Axis& axis) {
  return axis.name == "y" || axis.name == "x" || (axis.name == "z" && image.pool_z);
}

Json axes_json(const std::vector<Axis>& axes) {
  Json list = Json::array();
  for (const Axis& axis : axes) {
    Json entry = {{"name", axis.name},
                  {"type", axis.name == "t"   ? "time"
                           : axis.name == "c" ? "channel"
                                              : "space"}};
    const std::string unit = ngff_unit(axis.unit);
    if (!unit.empty()) entry["unit"] = unit;
    list.push_back(entry);
  }
  return list;
}

// A pixel of level k covers 2^k of the image's: its centre is half a pixel, less half of its own,
// further. The nearest one lies where the first of them does.
Json transforms(const ImageSpec& image, int level) {
  const double factor = std::ldexp(1.0, level);
  Json scale = Json::array(), translation = Json::array();
  for (const Axis& axis : image.axes) {
    scale.push_back(halved(image, axis) ? axis.scale * factor : axis.scale);
    translation.push_back(halved(image, axis) ? axis.scale * (factor - 1) / 2 : 0.0);
  }
  Json list = Json::array({{{"type", "scale"}, {"scale", scale}}});
  if (level > 0 && image.pooling != Pooling::nearest)
    list.push_back({{"type", "translation"}, {"translation", translation}});
  return list;
}

std::string method_of(const ImageSpec& image) {
  const std::string block = image.pool_z ? "2 x 2 x 2 pixels" : "2 x 2 pixels";
  switch (image.pooling) {
    case Pooling::mean:
      return "mean of " + block;
    case Pooling::mode:
      return "most frequent of " + block + ", of equals the smallest";
    case Pooling::nearest:
      break;
  }
  return "first of " + block;
}

const char* pooling_name(Pooling pooling) {
  constexpr const char* names[] = {"mean", "mode", "nearest"};
  return names[static_cast<size_t>(pooling)];
}

Json names_json(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& name : names) list.push_back({{"name", name}});
  return list;
}

size_t index_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

const char* version_of(int zarr_format) { return zarr_format == 3 ? "0.5" : "0.4"; }

Json attributes(int zarr_format, Json ome) {
  if (zarr_format == 2) return ome;
  Json versioned = {{"version", version_of(zarr_format)}};
  versioned.update(ome);
  return {{"ome", std::move(versioned)}};
}

Json multiscales(const ImageSpec& image, int zarr_format) {
  Json datasets = Json::array();
  for (int level = 0; level < image.levels; ++level)
    datasets.push_back(
        {{"path", std::to_string(level)}, {"coordinateTransformations", transforms(image, level)}});
  Json json;
  if (zarr_format == 2) json["version"] = version_of(2);
  json["name"] = image.name;
  json["axes"] = axes_json(image.axes);
  json["datasets"] = std::move(datasets);
  json["type"] = pooling_name(image.pooling);
  if (image.levels > 1) json["metadata"] = {{"method", method_of(image)}};
  return Json::array({json});
}

Json omero(const std::vector<Axis>& axes, const std::vector<ContrastWindow>& windows) {
  constexpr const char* colours[] = {"00FF00", "FF00FF", "00FFFF", "FFFF00", "FF0000", "0000FF"};
  const std::vector<std::string>* names = nullptr;
  for (const Axis& axis : axes)
    if (axis.name == "c" && !axis.labels.empty()) names = &axis.labels;
  Json channels = Json::array();
  for (size_t c = 0; c < windows.size(); ++c) {
    const ContrastWindow& w = windows[c];
    channels.push_back(
        {{"label", names && c < names->size() ? (*names)[c] : "channel " + std::to_string(c)},
         {"color", windows.size() == 1 ? "FFFFFF" : colours[c % std::size(colours)]},
         {"active", true},
         {"window", {{"start", w.start}, {"end", w.end}, {"min", w.min}, {"max", w.max}}}});
  }
  return {{"channels", channels}};
}

// No colours: viewers hide the objects that such a list leaves out, and the numbers are not known.
Json image_label(int zarr_format) {
  return {{"version", version_of(zarr_format)}, {"source", {{"image", "../../"}}}};
}

std::vector<Well> wells_of(const StoreSpec& spec) {
  std::vector<Well> wells;
  if (spec.plate.empty()) return wells;
  std::map<std::string, size_t> places;
  for (const ImageSpec& image : spec.images) {
    if (image.label) continue;
    const size_t slash = image.path.rfind('/');
    const std::string path = image.path.substr(0, slash);
    const size_t at = places.try_emplace(path, wells.size()).first->second;
    if (at == wells.size()) wells.push_back({path, {}});
    wells[at].fields.push_back(image.path.substr(slash + 1));
  }
  return wells;
}

Json plate(const PlateSpec& plate, const std::vector<Well>& wells, int zarr_format) {
  Json list = Json::array();
  size_t fields = 1;
  for (const Well& well : wells) {
    const size_t slash = well.path.find('/');
    list.push_back({{"path", well.path},
                    {"rowIndex", index_of(plate.rows, well.path.substr(0, slash))},
                    {"columnIndex", index_of(plate.columns, well.path.substr(slash + 1))}});
    fields = std::max(fields, well.fields.size());
  }
  const Json run = {{"id", 0}, {"name", plate.name}, {"maximumfieldcount", fields}};
  return {{"version", version_of(zarr_format)},
          {"name", plate.name},
          {"rows", names_json(plate.rows)},
          {"columns", names_json(plate.columns)},
          {"wells", list},
          {"field_count", fields},
          {"acquisitions", Json::array({run})}};
}

Json well(const Well& well, int zarr_format) {
  Json images = Json::array();
  for (const std::string& field : well.fields)
    images.push_back({{"path", field}, {"acquisition", 0}});
  return {{"version", version_of(zarr_format)}, {"images", images}};
}

Json record(const ImageState& state, DType dtype) {
  return {{"version", 1},
          {"complete", state.complete},
          {"reason", state.reason},
          {"items", state.items},
          {"committed", state.outer},
          {"recovered", state.recovered},
          {"dtype", dtype_name(dtype)},
          {"gaps", gaps_json(*state.gaps)},
          {"gaps_not_listed", state.gaps->unlisted()}};
}

Json provenance(const std::string& json) {
  Json parsed = Json::parse(json, nullptr, false);
  return parsed.is_discarded() ? Json(json) : parsed;
}

}  // namespace parfocal::ngff_json
