#include "parfocal/formats/hdf5/rtdc_basin.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr size_t kMostBasins = 256;  // of a hostile file
constexpr size_t kMostBasinBytes = 16 << 20;

std::string text_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : "";
}

std::optional<std::vector<std::string>> texts_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  if (at == json.end() || !at->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Json& item : *at)
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

bool is_mapping(const std::string& name) {
  return name.size() == 9 && name.starts_with("basinmap") && name[8] >= '0' && name[8] <= '9';
}

std::string problem_of(const RtdcBasin& basin) {
  if (basin.type != "internal" && basin.type != "file")
    return "basins of type '" + basin.type + "' are not read";
  if (!basin.mapping.empty() && !is_mapping(basin.mapping))
    return "'" + basin.mapping + "' is no mapping";
  if (basin.paths.empty()) return "it names no path";
  if (basin.type == "internal" && !basin.features) return "it names no features";
  return "";
}

}  // namespace

RtdcBasin parse_basin(const std::string& key, const std::string& text) {
  RtdcBasin basin;
  basin.key = key;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    basin.problem = "its description is no JSON object";
    return basin;
  }
  basin.name = text_at(json, "name");
  basin.description = text_at(json, "description");
  basin.type = text_at(json, "type");
  basin.format = text_at(json, "format");
  basin.mapping = text_at(json, "mapping");
  basin.identifier = text_at(json, "identifier");
  basin.paths = texts_at(json, "paths").value_or(std::vector<std::string>{});
  basin.features = texts_at(json, "features");
  basin.problem = problem_of(basin);
  return basin;
}

std::vector<RtdcBasin> read_basins(const H5File& file) {
  std::vector<RtdcBasin> basins;
  for (const std::string& key : file.members("basins", kMostBasins)) {
    std::string text;
    try {
      for (const std::string& line : read_strings(file, "basins/" + key, kMostBasinBytes))
        text += line + "\n";
      basins.push_back(parse_basin(key, text));
    } catch (const Error& error) {
      RtdcBasin damaged;
      damaged.key = key;
      damaged.problem = error.issues().front().what;
      basins.push_back(std::move(damaged));
    }
  }
  std::stable_sort(basins.begin(), basins.end(), [](const RtdcBasin& a, const RtdcBasin& b) {
    const bool other_a = a.type != "internal", other_b = b.type != "internal";
    return std::tie(other_a, a.type, a.name) < std::tie(other_b, b.type, b.name);
  });
  return basins;
}

fs::path find_basin_file(const RtdcBasin& basin, const fs::path& folder) {
  std::error_code ignored;
  for (const std::string& path : basin.paths) {
    if (path.empty() || path.find('\0') != std::string::npos) continue;
    const fs::path candidate = folder / path;  // an absolute path replaces the folder
    if (fs::is_regular_file(candidate, ignored)) return candidate;
  }
  return {};
}

}  // namespace parfocal
