#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "convert_input.h"
#include "convert_parts.h"
#include "extra_words.h"
#include "info_parts.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/patterns.h"
#include "print.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// Endings of results, each with the sink that makes what has it.
constexpr std::pair<std::string_view, const char*> kEndings[] = {{".ome.zarr", "ome_zarr"},
                                                                 {".zarr", "ome_zarr"},
                                                                 {".ome.tif", "ome_tiff"},
                                                                 {".ome.tiff", "ome_tiff"},
                                                                 {".ome.btf", "ome_tiff"}};

std::string name_of(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return fs::path(path).filename().string();
}

/// Without the ending of an image, in letters of any case.
std::string stem_of(const std::string& path) {
  const std::string lower = lowercase(path);
  for (const auto& [ending, sink] : kEndings)
    if (lower.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  const fs::path stem = fs::path(path).replace_extension();
  return has_wildcard(stem.filename().string()) ? "images" : stem.string();
}

/// A new name for what is made of these: of one image its own, of several that of their folder.
std::string result_of(const std::vector<std::string>& inputs, const std::string& ending) {
  const std::string folder = name_of(fs::absolute(inputs.back()).parent_path().string());
  const bool one = inputs.size() == 1 || folder.empty();
  const std::string name = (one ? stem_of(name_of(inputs.back())) : folder) + ending;
  return fs::exists(name) ? named_beside(name, "2") : name;
}

}  // namespace

std::string sink_of_ending(std::string out) {
  if (out.ends_with('/')) out.pop_back();
  for (const auto& [ending, sink] : kEndings)
    if (out.ends_with(ending)) return sink;
  return "";
}

std::string named_beside(const std::string& out, const std::string& what) {
  const std::string path = out.ends_with('/') ? out.substr(0, out.size() - 1) : out;
  const std::string stem = stem_of(path);
  std::string word = what;
  std::replace(word.begin(), word.end(), '/', '-');
  std::string name = stem + "-" + word + path.substr(stem.size());
  for (int i = 2; fs::exists(fs::symlink_status(name)); ++i)
    name = fmt::format("{}-{}-{}{}", stem, word, i, path.substr(stem.size()));
  return name;
}

std::string sink_type(const std::string& out, const std::string& first) {
  if (std::string type = sink_of_ending(out); !type.empty()) return type;
  const std::string stem = stem_of(out.ends_with('/') ? out + name_of(first) : out);
  throw Error(
      ErrorCode::bad_command,
      {"the ending of the result does not say what to make", out, "", "*.ome.zarr or *.ome.tif",
       fmt::format("write e.g. {0}.ome.zarr or {0}.ome.tif", stem)});
}

std::vector<std::string> with_new_result(const ConvertArguments& arguments) {
  const std::string& last = arguments.paths.back();
  std::vector<std::string> inputs = arguments.paths;
  if (is_zarr(last)) inputs.pop_back();  // one only
  auto words = arguments.words;
  for (const std::string& path : arguments.paths) std::erase(words, path);
  inputs = as_pattern(inputs);
  words.insert(words.begin() + std::min<std::ptrdiff_t>(2, std::ssize(words)), inputs.begin(),
               inputs.end());
  const std::string name =
      is_zarr(last) ? named_beside(last, "2") : result_of(arguments.paths, ".ome.zarr");
  words.insert(words.begin() + 2 + std::ssize(inputs), name);
  return words;
}

void require_result(const ConvertArguments& arguments) {
  const std::string& last = arguments.paths.back();
  const bool image =
      is_tiff_name(last) && fs::is_regular_file(last) && sink_of_ending(last).empty();
  if (arguments.paths.size() > 1 && !image) return;
  if (!fs::exists(last) && !sink_of_ending(last).empty())
    throw Error(ErrorCode::bad_command, {"the input is not named", last, "", "IN... OUT",
                                         "name the images before the result"});
  const std::string ending = is_zarr(last) ? ".ome.tif" : ".ome.zarr";
  auto words = arguments.words;
  for (const std::string& path : arguments.paths) std::erase(words, path);
  std::vector<std::string> each;  // once
  for (const std::string& path : arguments.paths)
    if (std::find(each.begin(), each.end(), path) == each.end()) each.push_back(path);
  const auto inputs = as_pattern(each);
  words.insert(words.end(), inputs.begin(), inputs.end());
  words.push_back(result_of(each, ending));
  throw Error(ErrorCode::bad_command,
              {"the result is not named: every name given is an input", last, "",
               "IN... OUT, with OUT *.ome.zarr or *.ome.tif last", run_text(words)});
}

void require_whole_sets(const ConvertArguments& arguments) {
  for (size_t i = 0; i < arguments.paths.size(); ++i) {
    auto others = arguments.paths;
    const std::string word = others[i];
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    if (others.size() < 2 || sink_of_ending(others.back()).empty() || is_tiff_name(word) ||
        !sink_of_ending(word).empty() || has_wildcard(word))
      continue;
    if (const std::string line = with_whole_set(arguments.words, word); !line.empty())
      throw Error(ErrorCode::bad_command,
                  {"a value of --set has two words", "", word,
                   "one word after --set: KEY=VALUE, in quotes if it has blanks",
                   "run\n          " + line});
  }
}

void require_order(const ConvertArguments& arguments) {
  const std::string &first = arguments.paths.front(), &last = arguments.paths.back();
  const std::vector<std::string> others(arguments.paths.begin() + 1, arguments.paths.end());
  const auto is_there = [](const std::string& path) { return fs::exists(path); };
  if (others.empty() || fs::exists(first) || sink_of_ending(first).empty() ||
      !std::all_of(others.begin(), others.end(), is_there))
    return;
  auto words = arguments.words;
  for (const std::string& path : arguments.paths) std::erase(words, path);
  std::vector<std::string> meant = as_pattern(others);
  meant.push_back(first);
  words.insert(words.begin() + std::min<std::ptrdiff_t>(2, std::ssize(words)), meant.begin(),
               meant.end());
  throw Error(ErrorCode::bad_command, {"the input does not exist, the result does",
                                       first + (others.size() > 1 ? " ... " : " ") + last, "",
                                       "first what is there, last what is to be made",
                                       "if they are the wrong way round, " + run_text(words)});
}

}  // namespace parfocal::cli
