#include "parfocal/graph/sink_paths.h"

#include <algorithm>
#include <filesystem>

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
  for (const char* own : {"run.json", "run.json.part", "frames.csv"})
    if (*words.begin() == own) return "another name: every run writes its own " + std::string(own);
  for (const auto& word : words) {
    const std::string name = word.string();
    if (name.starts_with(".parfocal") || (name[0] == '.' && name.ends_with(".parfocal")))
      return "another name: parfocal makes outputs in folders of such names";
  }
  return "";
}

// A name that begins as the sink's type, so that it differs from those of others.
std::string other_name(const SinkSpec& sink, const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
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
  const std::string place = (value ? value->place : sink.place).str();
  const std::string& where = place.empty() ? owner : place;
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
// name and ".part".
SinkPaths::Paths::const_iterator SinkPaths::overlapping(const std::string& path) const {
  for (size_t slash = path.rfind('/'); slash != path.npos && slash > 0;
       slash = path.rfind('/', slash - 1))
    if (const auto it = paths_.find(path.substr(0, slash)); it != paths_.end()) return it;
  if (const auto it = paths_.lower_bound(path + "/");
      it != paths_.end() && it->first.starts_with(path + "/"))
    return it;
  if (const auto it = paths_.find(path + ".part"); it != paths_.end()) return it;
  return path.ends_with(".part") ? paths_.find(path.substr(0, path.size() - 5)) : paths_.end();
}

}  // namespace parfocal
