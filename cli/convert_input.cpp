#include "convert_input.h"

#include <cctype>
#include <filesystem>
#include <set>

#include "info_parts.h"
#include "parfocal/core/file_head.h"
#include "parfocal/core/io.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/patterns.h"
#include "parfocal/graph/yaml_reader.h"
#include "print.h"
#include "recover_parts.h"
#if PARFOCAL_WITH_HDF5
#include "parfocal/formats/hdf5/rtdc_recover.h"
#endif

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInputs =
    "image files (TIFF, PNG, JPEG), a folder or a quoted glob of them, an OME-Zarr, or an .rtdc "
    "file";

SourceSpec of_path(const char* type, const std::string& path) {
  SourceSpec source;
  source.type = type;
  source.params.set("path", RawValue::scalar(path));
  return source;
}

bool is_picture_name(const fs::path& path) {
  const std::string extension = lowercase(path.extension().string());
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

/// A pattern of the files of an ending, in capital letters too.
std::string any_case(const std::string& extension) {
  std::string pattern = "*";
  for (const char letter : extension)
    if (letter == '.')
      pattern += letter;
    else
      pattern += {'[', letter, static_cast<char>(std::toupper(letter)), ']'};
  return pattern;
}

/// Patterns of the images in a folder: those of its files' endings; of pictures (which often are
/// previews) only where there is no TIFF.
std::vector<std::string> patterns_in(const fs::path& folder) {
  std::set<std::string> endings, of_pictures;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string()[0] == '.') continue;
    const std::string ending = lowercase(entry.path().extension().string());
    if (is_picture_name(entry.path())) of_pictures.insert(ending);
    if (is_tiff_name(entry.path())) endings.insert(ending);
  }
  const std::string base = literal_pattern((folder / "").string());
  if (endings.empty()) endings = std::move(of_pictures);
  if (wants_recovery(folder))  // a store whose writer had not come to its metadata
    throw Error(ErrorCode::input_missing,
                {"the writer of this store was killed before its first frames were published",
                 folder.string(), "", kInputs,
                 "keep what it had saved by\n          " +
                     shell_line({"parfocal", "recover", folder.string()})});
  if (endings.empty())
    throw Error(ErrorCode::input_missing,
                {"the folder holds no OME-Zarr and no image files", folder.string(), "", kInputs,
                 "give the folder of one image"});
  std::vector<std::string> patterns;
  for (const std::string& ending : endings) patterns.push_back(base + any_case(ending));
  return patterns;
}

void add_patterns(const std::string& input, std::vector<RawValue>& patterns) {
  if (is_zarr(input) || (is_flow_name(input) && fs::exists(input)))
    throw Error(ErrorCode::bad_command,
                {"several inputs can be converted together only if they are image files", input, "",
                 "one input", "convert one after the other"});
  if (!fs::exists(input)) {
#if PARFOCAL_WITH_HDF5
    if (is_flow_name(input)) require_no_part(input);
#endif
    if (!has_wildcard(input))
      throw Error(ErrorCode::input_missing,
                  {"no such file or folder", input, "", kInputs, "check the name"});
    patterns.push_back(RawValue::scalar(input));
    return;
  }
  if (fs::is_directory(input)) {
    for (const std::string& pattern : patterns_in(input))
      patterns.push_back(RawValue::scalar(pattern));
    return;
  }
  // TIFF files of microscopes have endings of their own: .stk, .lsm, .flex...
  if (!is_tiff_name(input) && !is_picture_name(input) && !has_head_of_tiff(input))
    throw Error(ErrorCode::input_missing,
                {"not an image that can be converted", input, fs::path(input).extension().string(),
                 kInputs, "save it as TIFF, e.g. in Fiji: File > Save As > Tiff"});
  patterns.push_back(RawValue::scalar(literal_pattern(input)));
}

/// A file is a frame once, however often it is named; who names it twice means something else.
void require_each_once(const std::vector<std::string>& inputs) {
  std::set<fs::path> seen;
  std::error_code unknown;
  for (const std::string& input : inputs)
    if (fs::exists(input, unknown) && !seen.insert(fs::weakly_canonical(input, unknown)).second)
      throw Error(ErrorCode::bad_command,
                  {"an input is named twice", input, "", "each input once",
                   "leave it out once; for the same image twice make a copy of the file"});
}

[[noreturn]] void bad_set(const std::string& set, const std::string& what) {
  throw Error(ErrorCode::bad_command,
              {what, "--set " + set, "", "source.key=value or sink.key=value",
               "for example --set source.axes=zyx"});
}

}  // namespace

bool is_tiff_name(const fs::path& path) {
  const std::string extension = lowercase(path.extension().string());
  return extension == ".tif" || extension == ".tiff" || extension == ".btf";
}

bool is_flow_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".rtdc" || extension == ".h5" || extension == ".hdf5";
}

SourceSpec convert_source(const std::vector<std::string>& inputs) {
  const std::string& first = inputs[0];
  const bool zarr = fs::is_directory(first) && is_zarr(first);
  const bool flow = fs::exists(first) && !fs::is_directory(first) && is_flow_name(first);
  if (inputs.size() == 1 && zarr) return of_path("ome_zarr", first);
  if (inputs.size() == 1 && flow) {
    if (!sources().find("rtdc"))
      throw Error(ErrorCode::bad_command, {"this parfocal was built without HDF5", first, "", "",
                                           "build it with -DPARFOCAL_WITH_HDF5=ON"});
    return of_path("rtdc", first);
  }
  require_each_once(inputs);
  SourceSpec source;
  source.type = "files";
  std::vector<RawValue> patterns;
  for (const std::string& input : inputs) add_patterns(input, patterns);
  source.params.set("glob", RawValue::list(std::move(patterns)));
  source.params.set("axes", RawValue::scalar("auto"));
  return source;
}

void apply_convert_sets(const std::vector<std::string>& sets, RawValue& source, RawValue& sink) {
  for (const std::string& set : sets) {
    const size_t equal = set.find('=');
    const std::string key = set.substr(0, equal);
    const bool to_source = key.starts_with("source."), to_sink = key.starts_with("sink.");
    if (equal == set.npos || (!to_source && !to_sink)) bad_set(set, "--set is not understood");
    for (const char* named : {"sink.path", "sink.from", "sink.type", "source.type"})
      if (key == named) bad_set(set, key + " follows from IN and OUT of the command line");
    std::vector<Issue> issues;
    RawValue value = read_yaml(set.substr(equal + 1), "--set " + set, issues);
    if (!issues.empty()) throw Error(ErrorCode::bad_command, issues);
    RawValue* map = to_source ? &source : &sink;
    std::string rest = key.substr(key.find('.') + 1);
    for (size_t dot; (dot = rest.find('.')) != rest.npos; rest = rest.substr(dot + 1)) {
      const std::string name = rest.substr(0, dot);
      if (!map->find(name) || map->find(name)->kind != RawValue::Kind::map)
        map->set(name, RawValue::map());
      for (auto& [word, entry] : map->entries)
        if (word == name) map = &entry;
    }
    if (rest.empty()) bad_set(set, "--set names no key");
    map->set(rest, std::move(value));
  }
}

}  // namespace parfocal::cli
