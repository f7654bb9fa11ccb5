#include <algorithm>
#include <filesystem>
#include <fstream>

#include "info_parts.h"
#include "parfocal/core/error.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json metadata_of(const fs::path& folder) {
  std::ifstream stream(folder / "zarr.json", std::ios::binary);
  Json json = Json::parse(stream, nullptr, false);
  if (!json.is_object())
    throw Error(ErrorCode::input_missing,
                {"cannot read the metadata of the image", (folder / "zarr.json").string(),
                 fs::exists(folder / "zarr.json") ? "no JSON object" : "no such file",
                 "a Zarr v3 zarr.json", "check that the copy is complete"});
  return json;
}

/// json[path...], or null: files come from anywhere, so no member is taken for granted.
Json at(const Json& json, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  return json.contains(place) ? json.at(place) : Json();
}

std::string text_of(const Json& object, const char* key) {
  const Json value = object.is_object() && object.contains(key) ? object[key] : Json();
  return value.is_string() ? value.get<std::string>() : "";
}

/// "label, label" of a list of objects.
std::string joined(const Json& objects, const char* key) {
  std::string text;
  for (const Json& object : objects) text += (text.empty() ? "" : ", ") + text_of(object, key);
  return text;
}

void add_array(const Json& array, Facts& facts) {
  facts.emplace_back("shape", at(array, "/shape"));
  facts.emplace_back("dtype", at(array, "/data_type"));
  Json chunks = at(array, "/chunk_grid/configuration/chunk_shape");
  Json codecs = at(array, "/codecs");
  if (at(codecs, "/0/name") == "sharding_indexed") {
    facts.emplace_back("shards", chunks);
    chunks = at(codecs, "/0/configuration/chunk_shape");
    codecs = at(codecs, "/0/configuration/codecs");
  }
  facts.emplace_back("chunks", chunks);
  facts.emplace_back("codecs", joined(codecs, "name"));
}

/// "t=30 s, y=0.65 micrometer, x"
std::string axes_text(const Json& multiscale) {
  const Json scale = at(multiscale, "/datasets/0/coordinateTransformations/0/scale");
  const Json axes = at(multiscale, "/axes");
  std::string text;
  for (size_t i = 0; i < axes.size(); ++i) {
    text += (text.empty() ? "" : ", ") + text_of(axes[i], "name");
    const std::string unit = text_of(axes[i], "unit");
    if (i < scale.size() && !unit.empty()) text += "=" + scale[i].dump() + " " + unit;
  }
  return text;
}

void add_multiscale(const fs::path& folder, const Json& ome, Facts& facts) {
  const Json multiscale = at(ome, "/multiscales/0");
  if (multiscale.is_null()) return;
  facts.emplace_back("axes", axes_text(multiscale));
  const Json first = at(multiscale, "/datasets/0/path");
  if (first.is_string()) add_array(metadata_of(folder / first.get<std::string>()), facts);
  facts.emplace_back("levels", at(multiscale, "/datasets").size());
  const std::string channels = joined(at(ome, "/omero/channels"), "label");
  if (!channels.empty()) facts.emplace_back("channels", channels);
}

/// Completeness, gaps and provenance, as the sink recorded them.
void add_own(const Json& own, Facts& facts) {
  if (!own.is_object()) return;
  for (const auto& [key, value] : own.items()) {
    const bool told = std::any_of(facts.begin(), facts.end(),
                                  [&](const auto& fact) { return fact.first == key; });
    if (!told && key != "version" && value != "") facts.emplace_back(key, value);
  }
}

}  // namespace

Facts zarr_facts(const std::string& path) {
  const fs::path folder(path);
  const Json group = metadata_of(folder);
  const Json attributes = at(group, "/attributes");
  Facts facts = {{"path", path}};
  if (at(group, "/node_type") == "array") {
    facts.emplace_back("format", "Zarr v3 array");
    add_array(group, facts);
  } else {
    const Json version = at(attributes, "/ome/version");
    facts.emplace_back("format", "OME-Zarr " + (version.is_string() ? version.get<std::string>()
                                                                    : "of unknown version"));
    add_multiscale(folder, at(attributes, "/ome"), facts);
  }
  if (fs::exists(folder / "labels" / "zarr.json"))
    facts.emplace_back("labels", at(metadata_of(folder / "labels"), "/attributes/ome/labels"));
  add_own(at(attributes, "/parfocal"), facts);
  return facts;
}

}  // namespace parfocal::cli
