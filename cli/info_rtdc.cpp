#include <fmt/format.h>

#include "info_parts.h"
#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/time_axis.h"

namespace parfocal::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const AttributeValue& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Json features_of(const RtdcFile& file) {
  Json features = Json::object();
  for (const std::string& name : file.features()) {
    const FeatureFacts feature = file.facts(name);
    Json& json = features[name] = Json::object();
    if (!feature.problem.empty()) {
      json["problem"] = feature.problem;
    } else if (feature.is_group) {
      json["members"] = feature.members;
    } else {
      json["shape"] = feature.shape;
      json["dtype"] = feature.dtype;
    }
    if (!feature.chunk.empty()) {
      json["chunks"] = feature.chunk;
      json["filters"] = feature.compression;
    }
    if (!feature.basin.empty()) json["basin"] = feature.basin;
    if (feature.mapped) json["mapped"] = true;
  }
  return features;
}

Json basins_of(const RtdcFile& file) {
  Json basins = Json::object();
  for (const RtdcBasin& basin : file.basins()) {
    // Names need not be unique.
    std::string key = basin.name.empty() ? basin.key : basin.name;
    if (basins.contains(key)) key += " " + basin.key;
    Json& json = basins[key] = {{"type", basin.type}};
    json["state"] = basin.problem.empty() ? "found" : basin.problem;
    if (!basin.found.empty()) json["path"] = basin.found.string();
    if (!basin.mapping.empty()) json["mapping"] = basin.mapping;
    if (basin.features) json["features"] = *basin.features;
    if (!basin.description.empty()) json["description"] = basin.description;
  }
  return basins;
}

Json logs_of(const RtdcFile& file) {
  Json logs = Json::object();
  for (const std::string& name : file.logs()) try {
      logs[name] = {{"lines", file.log(name).size()}};
    } catch (const Error& error) {
      logs[name] = {{"problem", error.issues().front().what}};
    }
  return logs;
}

Json tables_of(const RtdcFile& file) {
  Json tables = Json::object();
  for (const RtdcTable& table : file.tables()) {
    if (table.columns.empty())
      tables[table.name] = {{"shape", table.shape}};
    else
      tables[table.name] = {{"rows", table.rows}, {"columns", table.columns}};
  }
  return tables;
}

/// What the pipelines that wrote the file called themselves: on the file and on single features.
Json pipeline_of(const RtdcFile& file) {
  Json pipeline = Json::object();
  for (const auto& [name, value] : file.attributes())
    if (name.starts_with("pipeline:")) pipeline[name.substr(9)] = json_of(value);
  for (const char* dataset : {"basin_events/image_bg", "events/image_bg"}) {
    if (file.h5()->kind(dataset) != H5File::Kind::dataset) continue;
    const Handle image = file.h5()->dataset(dataset);
    if (const auto id = read_attribute(image.id(), "dcnum ppid background"))
      pipeline[std::string("background of ") + dataset] = json_of(*id);
  }
  return pipeline;
}

std::string time_text(const RtdcFile& file) {
  if (!file.has("image")) return "";
  const FeaturePlace image = file.place("image");
  const int64_t frames = image.mapped ? static_cast<int64_t>(image.map.size())
                                      : ChunkReader(image.file, image.dataset).items();
  if (frames == 0) return "";
  const TimeAxis axis = read_time_axis(file, frames);
  if (!axis.is_known()) return "unknown: no time, no frame rate";
  const std::string seconds = fmt::format("{:.6g} s", axis.at(frames - 1));
  switch (axis.origin) {
    case TimeAxis::Origin::time:
      return seconds + ", from the feature time";
    case TimeAxis::Origin::frame:
      return seconds + ", from the feature frame and the frame rate";
    default:
      return seconds + ", approximated from the frame rate";
  }
}

void add(Facts& facts, const char* name, Json part) {
  if (!part.empty()) facts.emplace_back(name, std::move(part));
}

}  // namespace

Facts rtdc_facts(const std::string& path) {
  const auto file = RtdcFile::open(path);
  Facts facts = {{"path", path}, {"format", "rtdc"}, {"events", file->events()}};
  if (const std::string identifier = file->measurement_identifier(); !identifier.empty())
    facts.emplace_back("identifier", identifier);
  try {
    if (const std::string time = time_text(*file); !time.empty()) facts.emplace_back("time", time);
  } catch (const Error& error) {
    facts.emplace_back("time", error.issues().front().what);
  }
  Json attributes = Json::object();
  for (const auto& [name, value] : file->attributes())
    if (!name.starts_with("pipeline:")) attributes[name] = json_of(value);
  add(facts, "attributes", std::move(attributes));
  add(facts, "features", features_of(*file));
  add(facts, "basins", basins_of(*file));
  add(facts, "logs", logs_of(*file));
  add(facts, "tables", tables_of(*file));
  add(facts, "pipeline", pipeline_of(*file));
  return facts;
}

}  // namespace parfocal::cli
