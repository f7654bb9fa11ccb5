#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "convert_input.h"
#include "info_parts.h"
#include "parfocal/core/patterns.h"
#include "parfocal/engine/file_lock.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "print.h"
#include "recover_parts.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// The line for what is in a folder, "" if nothing there is known.
std::string cure_for_folder(const fs::path& folder) {
  if (wants_recovery(folder))
    return "its writer was killed: keep what it had saved by\n          " +
           shell_line({"parfocal", "recover", folder.string()});
  std::vector<fs::path> entries;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable))
    if (entry.path().filename().string()[0] != '.') entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  std::vector<std::string> words = {"parfocal", "info"};
  for (const fs::path& entry : entries) {
    const std::string ending = entry.extension().string();
    const bool image = is_tiff_name(entry) && fs::is_regular_file(entry, unreadable);
    if (image)
      words.push_back(literal_pattern((folder / "").string()) + "*" + ending);
    else if (is_zarr(entry.string()) || is_run_folder(entry.string()) || ending == ".yaml" ||
             ending == ".yml" || ending == ".rtdc")
      words.push_back(entry.string());
    if (image) break;  // all of them at once
  }
  constexpr size_t kMost = 6;
  words.resize(std::min(words.size(), kMost));
  if (words.size() > 2) return "for what is in it, " + run_text(words);
  std::string names;
  for (size_t i = 0; i < std::min<size_t>(entries.size(), 2); ++i)
    names += (i ? ", " : "") + entries[i].filename().string();
  const auto folders = std::count_if(entries.begin(), entries.end(), [&](const fs::path& entry) {
    return fs::is_directory(entry, unreadable);
  });
  const std::string noun = folders == std::ssize(entries) ? "folder" : folders ? "entry" : "file";
  return entries.empty() ? "the folder is empty: check the path"
                         : "give one of what is in it: " +
                               (noun == "entry" ? std::to_string(entries.size()) + " entries"
                                                : counted(std::ssize(entries), noun)) +
                               ", as " + names;
}

Facts facts_of(const std::string& path) {
  engine::settle(path);
  require_no_unfinished(path);
  if (fs::is_directory(path)) {
    if (is_zarr(path)) return zarr_facts(path);
    if (is_run_folder(path)) return run_facts(path);
    throw Error(
        ErrorCode::input_missing,
        {"the folder is no OME-Zarr image", path, "a folder without zarr.json, .zarray and .zgroup",
         "an OME-Zarr, image files or a pipeline file", cure_for_folder(path)});
  }
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".yaml" || extension == ".yml" || extension == ".json")
    return pipeline_facts(path);
  if (extension == ".csv" && fs::is_regular_file(path)) return table_facts(path);
#if PARFOCAL_WITH_HDF5
  if (path.ends_with(".rtdc.part")) return rtdc_facts(path);
  if (extension == ".rtdc" || extension == ".h5" || extension == ".hdf5") return rtdc_facts(path);
#endif
  return files_facts(path);
}

/// Of an output whose writer was killed: that it was, and the line that makes it whole.
void add_how_it_ended(const std::string& path, Facts& facts) {
  if (is_run_folder(path) || !wants_recovery(path)) return;
  if (is_streamed_store(path) && engine::FileLock::held(fs::path(path) / "__parfocal/store.json")) {
    facts.emplace_back("in progress", "a program is writing this now");
    return;
  }
  const Facts told = {{"status", "killed before its end: what it had saved is there"},
                      {"to recover", {shell_line({"parfocal", "recover", path})}}};
  facts.insert(facts.begin() + std::min<std::ptrdiff_t>(2, std::ssize(facts)), told.begin(),
               told.end());
}

/// The facts, and who is making it now: what is half made often cannot be read.
Facts facts_and_maker_of(const std::string& path) {
  const std::string maker = engine::maker_of(path);
  try {
    Facts facts = facts_of(path);
    if (!maker.empty())
      facts.emplace_back("in progress", maker + " is making this now");
    else
      add_how_it_ended(path, facts);
    return facts;
  } catch (const Error& error) {
    if (maker.empty()) throw;
    std::vector<Issue> issues = error.issues();
    issues.back().cure = maker + " is making this now: wait for its end";
    throw Error(error.code(), issues);
  }
}

nlohmann::ordered_json json_of(const Facts& facts) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : facts) object[name] = value;
  return object;
}

/// Parts of parts in one line: "shape [40,80,400], dtype uint8".
std::string inline_text(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object()) return json_text(value, -1);
  std::string text;
  for (const auto& [key, part] : value.items())
    text += (text.empty() ? "" : ", ") + key + " " + inline_text(part);
  return text;
}

/// One line, or the lines of a text below its name.
void print(const std::string& name, const nlohmann::ordered_json& value) {
  std::string text = inline_text(value);
  std::string line = name + ":";
  line.resize(std::max<size_t>(line.size() + 1, 13), ' ');
  if (text.ends_with('\n')) text.pop_back();
  if (text.find('\n') == std::string::npos) return result(line + text);
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 5)
    text.replace(at, 1, "\n    ");
  result(name + ":\n    " + text);
}

void print(const Facts& facts) {
  for (const auto& [name, value] : facts) {
    if (!value.is_object()) {
      print(name, value);
      continue;
    }
    for (const auto& [key, part] : value.items()) print(name + "." + key, part);
  }
}

bool validated(const std::string& path, bool as_json, Facts& facts) {
  if (is_zarr(path)) return add_validation(path, as_json, facts);
  throw Error(ErrorCode::bad_command, {"only OME-Zarr can be validated", path, "", "a Zarr folder",
                                       "leave --validate out"});
}

}  // namespace

int info(const InfoArguments& arguments) {
  std::vector<Facts> all;
  std::vector<Issue> bad;  // what is good is told all the same
  int code = 0;
  for (const std::string& path : arguments.paths) try {
      all.push_back(facts_and_maker_of(path));
      if (arguments.validate && !validated(path, arguments.json, all.back()))
        code = std::max(code, static_cast<int>(ErrorCode::input_missing));
    } catch (const Error& error) {
      if (arguments.paths.size() == 1) throw;
      for (Issue issue : error.issues()) {
        if (issue.str().find(path) == std::string::npos) issue.where = path;
        bad.push_back(std::move(issue));
      }
      code = std::max(code, static_cast<int>(error.code()));
    }
  if (arguments.json) {
    nlohmann::ordered_json items = nlohmann::ordered_json::array();
    for (const Facts& facts : all) items.push_back(json_of(facts));
    nlohmann::ordered_json document{{"schema", "parfocal.info/1"}, {"items", items}};
    if (!bad.empty())
      document["issues"] = nlohmann::ordered_json::parse(error_json(code, bad))["issues"];
    result(json_text(document));
    return code;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0) result("");
    print(all[i]);
  }
  print_errors(bad);
  if (code == 0) print_next(line_after_info(arguments.paths[0], arguments.validate));
  return code;
}

}  // namespace parfocal::cli
