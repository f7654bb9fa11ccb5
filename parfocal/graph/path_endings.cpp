#include "parfocal/graph/path_endings.h"

#include <algorithm>

#include "parfocal/core/lowercase.h"
#include "parfocal/core/rules.h"
#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

// What programs open by its ending, beside what sinks say of theirs.
const std::vector<std::string> kOthers = {".xlsx", ".xls", ".ods",  ".tsv", ".json", ".parquet",
                                          ".png",  ".jpg", ".jpeg", ".gif", ".mp4",  ".avi",
                                          ".npy",  ".npz", ".zip",  ".pdf", ".html"};

bool ends_so(const std::string& path, const std::vector<std::string>& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const std::string& ending) { return path.ends_with(ending); });
}

bool is_of_another(const std::string& path) {
  if (ends_so(path, kOthers)) return true;
  for (const std::string& name : offered_names(sinks()))
    if (const RuleSet* facts = rule_sets().find("sinks " + name);
        facts && ends_so(path, facts->path_endings))
      return true;
  return false;
}

// objects.xlsx to objects.csv, movie.ome.tif to movie.ome.zarr.
std::string renamed(const std::string& path, const std::string& ending) {
  std::filesystem::path name(path.substr(0, path.find_last_not_of('/') + 1));
  name.replace_extension();
  if (lowercase(name.extension().string()) == ".ome") name.replace_extension();
  return name.string() + ending;
}

bool has_ending(const std::string& path) { return std::filesystem::path(path).has_extension(); }

Issue note(const SinkSpec& sink, const RawValue& path, const std::vector<std::string>& endings) {
  const std::string owner = "sink '" + sink.type + "'", where = where_of(path.place, owner);
  const std::string what =
      has_ending(path.text)
          ? " does not write what '" + path.text + "' says"
          : " writes '" + path.text + "', which has no ending: programs may not know it";
  return {owner + what, where, path.text, "a name that ends in " + joined(endings),
          "write path: " + renamed(path.text, endings.front())};
}

}  // namespace

std::vector<Issue> misleading_endings(const Pipeline& pipeline) {
  std::vector<Issue> notes;
  for (const SinkSpec& sink : pipeline.sinks) {
    const RuleSet* facts = rule_sets().find("sinks " + sink.type);
    const RawValue* path = sink.params.find("path");
    if (!facts || facts->path_endings.empty() || !path) continue;
    const std::string name = lowercase(path->text);
    if (!ends_so(name, facts->path_endings) && (!has_ending(name) || is_of_another(name)))
      notes.push_back(note(sink, *path, facts->path_endings));
  }
  return notes;
}

}  // namespace parfocal
