#include "parfocal/graph/sink_paths.h"

#include <algorithm>
#include <filesystem>

#include "parfocal/graph/issue_places.h"

namespace parfocal {
namespace {

// Without "./", "//" and a slash at the end: one name for one place.
std::string clean_path(const std::string& text) {
  const auto path = std::filesystem::path(text).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).generic_string();
}

// What the path lacks to be that of a sink: it stays below the output folder, and apart from what a
// run writes there of its own.
std::string missing_of_path(const std::string& text, const std::string& path) {
  const auto whole = std::filesystem::path(text);
  const auto words = std::filesystem::path(path);
  const bool leaves = whole.is_absolute() || path == "." || path.empty() ||
                      std::find(whole.begin(), whole.end(), "..") != whole.end();
  if (leaves || text.find('\0') != std::string::npos) return "a relative path without '..'";
  for (const std::string own : {"run.json", "frames.csv"})
    for (const char* ending : {"", ".part", ".part.journal", ".part.journal.new"})
      if (*words.begin() == own + ending) return "another name: every run writes its own " + own;
  for (const auto& word : words) {
    const std::string name = word.string();
    if (name.starts_with(".parfocal") || (name[0] == '.' && name.ends_with(".parfocal")))
      return "another name: parfocal makes outputs in folders of such names";
    if (name.size() > kMostOutputNameBytes)
      return "names of at most " + std::to_string(kMostOutputNameBytes) + " bytes";
  }
  return "";
}

// The same name with its ending, shortened between two characters.
std::string short_name(const std::string& name) {
  constexpr size_t most = 80, most_of_ending = 20;
  if (name.size() <= most) return name;
  const size_t dot = std::min(name.rfind(".ome."), name.rfind('.'));
  const std::string ending =
      dot < name.size() && name.size() - dot <= most_of_ending ? name.substr(dot) : std::string();
  size_t cut = most - ending.size();
  while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0) == 0x80) --cut;
  return name.substr(0, cut) + ending;
}

// A name that begins as the sink's type, so that it differs from those of others.
std::string other_name(const SinkSpec& sink, const std::string& path) {
  const std::string name = short_name(std::filesystem::path(path).filename().string());
  return sink.type + "-" + (name.empty() || name[0] == '.' ? "result" : name);
}

}  // namespace

std::optional<Issue> SinkPaths::add(const SinkSpec& sink, const SinkInfo& info) {
  const RawValue* value = sink.params.find("path");
  const ParamInfo* param = info.params.find("path");
  const std::string text = value ? value->text : param ? param->default_text : "";
  if (!param || text.empty()) return std::nullopt;
  const std::string path = clean_path(text);
  const std::string owner = "sink '" + sink.type + "'";
  const std::string where = where_of(value ? value->place : sink.place, owner);
  if (const std::string needed = missing_of_path(text, path); !needed.empty())
    return Issue{owner + " cannot write to '" + text + "'", where, text, needed,
                 "write path: " + other_name(sink, path) + "; --out DIR chooses the folder"};
  const auto [it, first] = paths_.emplace(path, &sink);
  const auto other = first ? overlapping(path) : it;
  if (other == paths_.end()) return std::nullopt;
  const std::string at = other->second->place.str();
  return Issue{first ? "two sinks write into each other: '" + text + "' and '" + other->first + "'"
                     : "two sinks write '" + text + "'",
               where, text, first ? "outputs beside each other" : "every path once",
               "choose another path, e.g. path: " + other_name(sink, path) +
                   (at.empty() ? "" : "; the first is at " + at)};
}

// Another sink's path that this one lies in, or that lies in this one; a file is made under its
// name, ".part", ".part.journal" and ".part.journal.new".
SinkPaths::Paths::const_iterator SinkPaths::overlapping(const std::string& path) const {
  for (size_t slash = path.rfind('/'); slash != path.npos && slash > 0;
       slash = path.rfind('/', slash - 1))
    if (const auto it = paths_.find(path.substr(0, slash)); it != paths_.end()) return it;
  if (const auto it = paths_.lower_bound(path + "/");
      it != paths_.end() && it->first.starts_with(path + "/"))
    return it;
  for (const std::string_view ending : {".part", ".part.journal", ".part.journal.new"}) {
    if (const auto it = paths_.find(path + std::string(ending)); it != paths_.end()) return it;
    if (!path.ends_with(ending)) continue;
    if (const auto it = paths_.find(path.substr(0, path.size() - ending.size()));
        it != paths_.end())
      return it;
  }
  return paths_.end();
}

}  // namespace parfocal
