#include "parfocal/formats/zarr/ngff_rules.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {
namespace {

using namespace zarr_json;
using Findings = std::vector<NgffFinding>;

// A value of the metadata with its place; what is absent is null and has a place all the same.
struct Place {
  const Json* json;
  std::string where;
  Findings* findings;
  bool lenient = false;  // version 0.4, whose own examples break some rules

  Place operator[](const char* key) const {
    return {&at(*json, key), where + "/" + key, findings, lenient};
  }
  Place operator[](size_t i) const {
    return {&(*json)[i], where + "/" + std::to_string(i), findings, lenient};
  }
  bool absent() const { return json->is_null(); }
  void must(bool kept, const std::string& what) const {
    if (!kept) findings->push_back({true, where, what});
  }
  void must_since_05(bool kept, const std::string& what) const {
    if (!kept) findings->push_back({!lenient, where, what});
  }
  void should(bool kept, const std::string& what) const {
    if (!kept) findings->push_back({false, where, what});
  }
};

bool alphanumeric(const Json& json) {
  const std::string text = json.is_string() ? json.get<std::string>() : "";
  const auto good = [](unsigned char c) { return c < 128 && std::isalnum(c); };
  return !text.empty() && std::all_of(text.begin(), text.end(), good);
}
bool whole(const Json& json, int64_t least) {
  return json.is_number_unsigned()
             ? json.get<uint64_t>() >= static_cast<uint64_t>(std::max<int64_t>(least, 0))
             : json.is_number_integer() && json.get<int64_t>() >= least;
}

// Calls f(entry) for each object of a list; the list must not be empty nor repeat itself.
template <class F>
void each(const Place& list, bool required, F&& f) {
  if (list.absent() && !required) return;
  list.must(list.json->is_array() && !list.json->empty(), "must be a list with at least one entry");
  std::set<std::string> seen;
  for (size_t i = 0; list.json->is_array() && i < list.json->size(); ++i) {
    const Place entry = list[i];
    entry.must(entry.json->is_object(), "must be an object");
    entry.must(seen.insert(entry.json->dump(-1, ' ', true, Json::error_handler_t::replace)).second,
               "is there twice");
    if (entry.json->is_object()) f(entry);
  }
}

int order_of(const std::string& type) { return type == "time" ? 0 : type == "space" ? 2 : 1; }

void check_axes(const Place& axes) {
  size_t spaces = 0, times = 0, others = 0;
  int last = 0;
  bool ordered = true;
  std::set<std::string> names;
  each(axes, true, [&](const Place& axis) {
    axis["name"].must(axis["name"].json->is_string() && !text_at(*axis.json, "name").empty(),
                      "must be a name");
    axis["name"].must(names.insert(text_at(*axis.json, "name")).second, "is the name of two axes");
    axis["type"].must(axis["type"].absent() || axis["type"].json->is_string(), "must be text");
    axis["type"].should(!axis["type"].absent(), "should be given");
    const std::string type = text_at(*axis.json, "type");
    ++(type == "space" ? spaces : type == "time" ? times : others);
    ordered = ordered && order_of(type) >= last;
    last = order_of(type);
  });
  const size_t n = axes.json->is_array() ? axes.json->size() : 0;
  axes.must(n >= 2 && n <= 5, "must be 2 to 5 axes");
  axes.must(spaces == 2 || spaces == 3, "must have 2 or 3 axes of type space");
  axes.must(times <= 1 && others <= 1, "must have at most one time and one channel or other axis");
  axes.must(ordered, "must be in the order time, channel or other, space");
}

void check_transforms(const Place& list, bool required, size_t axes) {
  if (list.absent() && !required) return;
  size_t scales = 0, translations = 0;
  each(list, true, [&](const Place& entry) {
    const std::string type = text_at(*entry.json, "type");
    if (type != "scale" && type != "translation")
      return entry["type"].must(false, "must be scale or translation");
    entry.must(type == "translation" || translations == 0, "must come before a translation");
    ++(type == "scale" ? scales : translations);
    const Place values = entry[type.c_str()];
    const auto number = [](const Json& v) { return v.is_number(); };
    values.must(values.json->is_array() && values.json->size() >= 2 &&
                    std::all_of(values.json->begin(), values.json->end(), number),
                "must be numbers");
    values.must_since_05(values.json->size() == axes, "must be one number for each axis");
  });
  list.must(scales == 1, "must have exactly one scale");
  list.must(translations <= 1, "must have at most one translation");
}

void check_multiscale(const Place& multiscale, bool version_inside) {
  check_axes(multiscale["axes"]);
  const Json& axes = at(*multiscale.json, "axes");
  const size_t n = axes.is_array() ? axes.size() : 0;
  each(multiscale["datasets"], true, [&](const Place& dataset) {
    dataset["path"].must(is_inner_path(text_at(*dataset.json, "path")), "must be a path below");
    check_transforms(dataset["coordinateTransformations"], true, n);
  });
  check_transforms(multiscale["coordinateTransformations"], false, n);
  multiscale["name"].must(multiscale["name"].absent() || multiscale["name"].json->is_string(),
                          "must be text");
  multiscale["name"].should(!multiscale["name"].absent(), "should be given");
  multiscale["type"].should(!multiscale["type"].absent(), "should name the downscaling method");
  if (version_inside)
    multiscale["version"].should(!multiscale["version"].absent(), "should be given");
}

void check_omero(const Place& omero) {
  if (omero.absent()) return;
  omero["channels"].must(omero["channels"].json->is_array(), "must be a list");
  for (size_t i = 0; omero["channels"].json->is_array() && i < omero["channels"].json->size();
       ++i) {
    const Place channel = omero["channels"][i], window = channel["window"];
    channel["color"].must(channel["color"].absent() || channel["color"].json->is_string(),
                          "must be text such as 00FF00");
    if (window.absent()) continue;
    for (const char* key : {"start", "end", "min", "max"})
      window[key].must(window[key].json->is_number(), "must be a number");
  }
}

void check_image(const Place& ome, bool version_inside) {
  each(ome["multiscales"], true,
       [&](const Place& multiscale) { check_multiscale(multiscale, version_inside); });
  check_omero(ome["omero"]);
}

void check_rgba(const Place& rgba) {
  if (rgba.absent()) return;
  const auto byte = [](const Json& v) { return v.is_number_integer() && v >= 0 && v <= 255; };
  rgba.must(rgba.json->is_array() && rgba.json->size() == 4 &&
                std::all_of(rgba.json->begin(), rgba.json->end(), byte),
            "must be four whole numbers of 0 to 255");
}

void check_label(const Place& label) {
  label.must(label.json->is_object(), "must be an object");
  label["colors"].should(!label["colors"].absent(), "should be given");
  std::set<std::string> values;
  each(label["colors"], false, [&](const Place& color) {
    const Place value = color["label-value"];
    value.must(value.json->is_number(), "must be a number");
    value.should(values.insert(brief(*value.json)).second, "should have one colour");
    check_rgba(color["rgba"]);
  });
  each(label["properties"], false, [&](const Place& entry) {
    entry["label-value"].must(entry["label-value"].json->is_number_integer(),
                              "must be a whole number");
  });
}

// Rows or columns of a plate: their names.
std::vector<std::string> check_names(const Place& list) {
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  each(list, true, [&](const Place& entry) {
    entry["name"].must(alphanumeric(*entry["name"].json), "must be letters and digits");
    const std::string name = text_at(*entry.json, "name");
    entry["name"].must(seen.insert(name).second, "is there twice");
    names.push_back(name);
  });
  return names;
}

void check_well_of_plate(const Place& well, const std::vector<std::string>& rows,
                         const std::vector<std::string>& columns) {
  const std::string path = text_at(*well.json, "path");
  const size_t slash = path.find('/');
  const bool two = slash != path.npos && alphanumeric(path.substr(0, slash)) &&
                   alphanumeric(path.substr(slash + 1));
  well["path"].must(two, "must be the row's name, a slash and the column's name");
  const auto matches = [&](const char* key, const std::vector<std::string>& names,
                           const std::string& name) {
    const Place index = well[key];
    index.must(whole(*index.json, 0), "must be a whole number, at least 0");
    if (!whole(*index.json, 0) || !two) return;
    const uint64_t i = index.json->get<uint64_t>();
    index.must_since_05(i < names.size() && names[i] == name, "must be the index of " + name);
  };
  matches("rowIndex", rows, path.substr(0, std::min(slash, path.size())));
  matches("columnIndex", columns, two ? path.substr(slash + 1) : "");
}

void check_plate(const Place& plate) {
  plate.must(plate.json->is_object(), "must be an object");
  const auto rows = check_names(plate["rows"]), columns = check_names(plate["columns"]);
  each(plate["wells"], true, [&](const Place& well) { check_well_of_plate(well, rows, columns); });
  const auto optional_whole = [](const Place& value, int64_t least) {
    value.must(value.absent() || whole(*value.json, least),
               "must be a whole number, at least " + std::to_string(least));
  };
  optional_whole(plate["field_count"], 1);
  plate["name"].should(!plate["name"].absent(), "should be given");
  const Place runs = plate["acquisitions"];
  if (runs.absent() || (runs.json->is_array() && runs.json->empty())) return;
  each(runs, true, [&](const Place& run) {
    run["id"].must(whole(*run["id"].json, 0), "must be a whole number, at least 0");
    optional_whole(run["maximumfieldcount"], 1);
    optional_whole(run["starttime"], 0);
    optional_whole(run["endtime"], 0);
    run["name"].should(!run["name"].absent(), "should be given");
    run["maximumfieldcount"].should(!run["maximumfieldcount"].absent(), "should be given");
  });
}

void check_well(const Place& well) {
  each(well["images"], true, [&](const Place& image) {
    image["path"].must(alphanumeric(*image["path"].json), "must be letters and digits");
    const Place run = image["acquisition"];
    run.must(run.absent() || run.json->is_number_integer(), "must be a whole number");
  });
}

// Version 0.5 has one version for all; 0.4 one in each object.
void check_version(const Place& ome, const char* key, int zarr_format) {
  const Place place = zarr_format == 3 ? ome["version"] : ome[key]["version"];
  const char* const version = zarr_format == 3 ? "0.5" : "0.4";
  if (zarr_format == 3)
    place.must(*place.json == version, "must be \"0.5\"");
  else
    place.must(place.absent() || *place.json == version, "must be \"0.4\"");
  if (zarr_format == 2) place.should(!place.absent(), "should be given");
}

void check_versions_of_images(const Place& ome) {
  const Place list = ome["multiscales"];
  for (size_t i = 0; list.json->is_array() && i < list.json->size(); ++i) {
    const Place version = list[i]["version"];
    version.must(version.absent() || *version.json == "0.4", "must be \"0.4\"");
  }
}

}  // namespace

std::vector<NgffFinding> check_ngff(std::string_view text, int zarr_format,
                                    const std::vector<NgffKind>& kinds) {
  Findings findings;
  const Json json = parse_object(text);
  const Place root{&json, "", &findings, zarr_format == 2};
  const Place ome = zarr_format == 3 ? root["attributes"]["ome"] : root;
  const auto wanted = [&](NgffKind kind, const char* key) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end() ||
           (kinds.empty() && !ome[key].absent());
  };
  if (wanted(NgffKind::image, "multiscales")) {
    check_image(ome, zarr_format == 2);
    if (zarr_format == 3)
      check_version(ome, "", 3);
    else
      check_versions_of_images(ome);
  }
  if (wanted(NgffKind::label, "image-label")) {
    check_label(ome["image-label"]);
    check_version(ome, "image-label", zarr_format);
  }
  if (wanted(NgffKind::plate, "plate")) {
    check_plate(ome["plate"]);
    check_version(ome, "plate", zarr_format);
  }
  if (wanted(NgffKind::well, "well")) {
    check_well(ome["well"]);
    check_version(ome, "well", zarr_format);
  }
  return findings;
}

}  // namespace parfocal
