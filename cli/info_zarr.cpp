#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "info_parts.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/image_lookup.h"
#include "parfocal/formats/zarr/ngff_rules.h"

namespace parfocal::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostPositions = 1000;

void add_array(const ZarrArray& array, Facts& facts) {
  facts.emplace_back("shape", array.shape);
  facts.emplace_back("dtype", dtype_name(array.dtype));
  const ShardSpec* shard = array.shard();
  if (shard) facts.emplace_back("shards", array.chunk);
  facts.emplace_back("chunks", shard ? shard->chunk : array.chunk);
  facts.emplace_back("codecs", codecs_text(shard ? shard->codecs : array.codecs));
  if (shard) facts.emplace_back("index", shard->index_at_end ? "end" : "start");
}

void add_image(const ZarrHierarchy& store, const NgffImage& image, Facts& facts) {
  facts.emplace_back("axes", axes_text(image.axes));
  add_array(store.array(image.levels[0].path), facts);
  facts.emplace_back("levels", image.levels.size());
  Json shapes = Json::array();
  for (const NgffLevel& level : image.levels) shapes.push_back(store.array(level.path).shape);
  if (shapes.size() > 1) facts.emplace_back("level shapes", shapes);
  if (!image.channels.empty())
    facts.emplace_back("channels", fmt::format("{}", fmt::join(image.channels, ", ")));
}

std::string group_format(const NgffGroup& group, int zarr_format) {
  const bool ome = group.image || group.is_plate || group.is_well || group.is_series ||
                   group.is_label || !group.labels.empty() || !group.version.empty();
  if (!ome) return fmt::format("Zarr v{} group", zarr_format);
  return fmt::format("OME-Zarr {}", group.version.empty() ? "of unknown version" : group.version);
}

void add_group(const ZarrHierarchy& store, const NgffGroup& group, Facts& facts) {
  if (group.image) add_image(store, *group.image, facts);
  if (group.is_plate) facts.emplace_back("wells", group.wells.size());
  if (group.is_plate || group.is_well || group.is_series)
    facts.emplace_back("positions", image_paths(store, "", group, kMostPositions));
  const ZarrNode labels = store.find("labels");
  if (labels.format != 0) facts.emplace_back("labels", group_of(labels).labels);
}

/// Completeness, gaps and provenance, as the sink recorded them.
void add_own(const ZarrNode& node, Facts& facts) {
  const Json json = Json::parse(node.format == 2 ? node.attributes : node.text, nullptr, false);
  const Json::json_pointer place(node.format == 2 ? "/parfocal" : "/attributes/parfocal");
  if (!json.is_object() || !json.contains(place) || !json.at(place).is_object()) return;
  for (const auto& [key, value] : json.at(place).items()) {
    const bool told = std::any_of(facts.begin(), facts.end(),
                                  [&](const auto& fact) { return fact.first == key; });
    if (!told && key != "version" && value != "") facts.emplace_back(key, value);
  }
}

}  // namespace

std::string axes_text(const std::vector<Axis>& axes) {
  std::vector<std::string> texts;
  for (const Axis& axis : axes)
    texts.push_back(axis.unit.empty() ? axis.name
                                      : fmt::format("{}={} {}", axis.name, axis.scale, axis.unit));
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool is_zarr(const std::string& path) {
  const std::filesystem::path folder(path);
  for (const char* file : {"zarr.json", ".zarray", ".zgroup", ".zmetadata"})
    if (std::filesystem::exists(folder / file)) return true;
  return false;
}

Facts zarr_facts(const std::string& path) {
  const ZarrHierarchy store(std::make_shared<LocalStore>(path));
  const ZarrNode node = store.node("");
  Facts facts = {{"path", path}};
  if (node.is_array) {
    const ZarrArray array = array_of(node);
    facts.emplace_back("format", fmt::format("Zarr v{} array", node.format));
    if (!array.names.empty())
      facts.emplace_back("axes", fmt::format("{}", fmt::join(array.names, ", ")));
    add_array(array, facts);
  } else {
    const NgffGroup group = group_of(node);
    facts.emplace_back("format", group_format(group, node.format));
    add_group(store, group, facts);
  }
  add_own(node, facts);
  return facts;
}

bool add_validation(const std::string& path, bool as_json, Facts& facts) {
  const auto findings = check_ngff(ZarrHierarchy(std::make_shared<LocalStore>(path)));
  const bool valid = std::none_of(findings.begin(), findings.end(),
                                  [](const NgffFinding& finding) { return finding.must; });
  Json list = Json::array();
  std::string lines;
  for (const NgffFinding& f : findings) {
    list.push_back({{"level", f.must ? "must" : "should"}, {"where", f.where}, {"what", f.what}});
    lines += fmt::format("{} {}: {}\n", f.must ? "error" : "hint ", f.where, f.what);
  }
  facts.emplace_back("valid", valid);
  if (!findings.empty()) facts.emplace_back("findings", as_json ? list : Json(lines));
  return valid;
}

}  // namespace parfocal::cli
