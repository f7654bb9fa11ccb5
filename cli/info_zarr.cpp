#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "info_parts.h"
#include "parfocal/formats/zarr/chunk_lookup.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/image_lookup.h"
#include "parfocal/formats/zarr/json_reader-inl.h"
#include "parfocal/formats/zarr/ngff_rules.h"

namespace parfocal::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostPositions = 1000;
constexpr size_t kMostOwnFacts = 100;  // of a record that says to be ours

void add_array(const ZarrArray& array, Facts& facts) {
  facts.emplace_back("shape", array.shape);
  facts.emplace_back("dtype", dtype_name(array.dtype));
  const ShardSpec* shard = array.shard();
  if (shard) facts.emplace_back("shards", array.chunk);
  facts.emplace_back("chunks", shard ? shard->chunk : array.chunk);
  facts.emplace_back("codecs", codecs_text(shard ? shard->codecs : array.codecs));
  if (shard) facts.emplace_back("index", shard->index_at_end ? "end" : "start");
}

/// Adds what is to be known of an array's chunks. That they cannot be read is told like the rest.
void add_chunk_notes(const ZarrHierarchy& store, const std::string& path,
                     std::vector<std::string>& notes) {
  try {
    ZarrArray array = store.array(path);
    for (std::string& note : locate_chunks(*store.store(), path, array))
      notes.push_back(std::move(note));
  } catch (const Error& e) {
    notes.push_back(e.issues()[0].str());
  }
}
void add_notes(const std::vector<std::string>& notes, Facts& facts) {
  if (!notes.empty()) facts.emplace_back("notes", notes);
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
  std::vector<std::string> notes = image.notices_of(0);
  for (const NgffLevel& level : image.levels) add_chunk_notes(store, level.path, notes);
  add_notes(notes, facts);
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
  std::vector<std::string> notes;
  if (group.is_plate) image_places(store, group, kMostPositions, notes);
  add_notes(notes, facts);
  const ZarrNode labels = store.find("labels");
  if (labels.format != 0) facts.emplace_back("labels", group_of(labels).labels);
}

/// What the record counts, in words that tell the counts apart.
std::string name_of_count(const std::string& key, const Facts& facts) {
  if (key == "items") return "frames expected";
  if (key != "committed") return key;
  for (const auto& [name, value] : facts)
    if (name == "axes") {
      const auto axes = value.get<std::string>();
      return "steps of " + axes.substr(0, axes.find_first_of("=,"));
    }
  return "steps of the first axis";
}

/// Completeness, gaps and provenance, as the sink recorded them, in the order that it writes.
void add_own(const ZarrNode& node, Facts& facts) {
  constexpr const char* first[] = {"complete",  "reason", "items", "committed",
                                   "recovered", "dtype",  "gaps",  "gaps_not_listed"};
  const zarr_json::Json json =
      zarr_json::parse_object(node.format == 2 ? node.attributes : node.text);
  const zarr_json::Json& own =
      zarr_json::at(node.format == 2 ? json : zarr_json::at(json, "attributes"), "parfocal");
  const auto add = [&](const std::string& key, const zarr_json::Json& value) {
    const std::string name = name_of_count(key, facts);
    const bool told = std::any_of(facts.begin(), facts.end(), [&](const auto& fact) {
      return fact.first == key || fact.first == name;
    });
    if (!told && key != "version" && value != "") facts.emplace_back(name, value);
  };
  if (!own.is_object() || own.size() > kMostOwnFacts) return;
  for (const char* key : first)
    if (own.contains(key)) add(key, own[key]);
  for (const auto& [key, value] : own.items()) add(key, value);
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
    std::vector<std::string> notes;
    add_chunk_notes(store, "", notes);
    add_notes(notes, facts);
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
