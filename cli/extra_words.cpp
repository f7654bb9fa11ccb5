#include "extra_words.h"

#include <algorithm>
#include <filesystem>

#include "convert_input.h"
#include "info_parts.h"
#include "parfocal/core/patterns.h"
#include "parfocal/core/units.h"
#include "print.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const std::string kGlob = "source.glob=";

bool is_image(const std::string& word) { return is_tiff_name(word) && fs::is_regular_file(word); }

/// The images as the source of the pipeline that stands beside them, or as what to convert.
std::string line_for_images(const Words& words, const Words& images) {
  Words meant;
  for (const std::string& word : words)
    if (!is_image(word)) meant.push_back(word);
  const auto pipeline = std::find_if(meant.begin(), meant.end(), [](const std::string& word) {
    return word.ends_with(".yaml") || word.ends_with(".yml");
  });
  const auto set = std::find_if(meant.begin(), meant.end(), [](const std::string& word) {
    return word.starts_with(kGlob);  // of a pattern that a shell made several words of
  });
  if (pipeline != meant.end() && set != meant.end()) {
    std::string list = "\"" + set->substr(kGlob.size()) + "\"";
    for (const std::string& image : images) list += ", \"" + image + "\"";
    *set = kGlob + "[" + list + "]";
    return shell_line(meant);
  }
  const Words patterns = as_pattern(images);
  if (pipeline != meant.end() && patterns.size() == 1) {
    meant.insert(meant.end(), {"--set", kGlob + "'" + patterns[0] + "'"});
    return shell_line(meant);
  }
  Words line = {"parfocal", "convert"};
  line.insert(line.end(), patterns.begin(), patterns.end());
  line.push_back("images.ome.zarr");
  return shell_line(line);
}

// "smooth.sigma" and then "=" and "2" of a --set that blanks cut into words.
void join_set(std::string& set, const std::string& word) {
  const bool equal = set.find('=') != std::string::npos;
  const bool joined = set.ends_with('=') || word.starts_with('=');
  set += (joined ? "" : equal ? " " : "=") + word;
}

}  // namespace

std::string with_whole_set(const Words& words, const std::string& value) {
  for (size_t i = 1; i + 2 < words.size(); ++i) {
    const std::string& word = words[i + 2];
    if (words[i] != "--set" || word.starts_with('-') || fs::exists(word)) continue;
    if (!value.empty() && word != value) continue;
    Words meant = words;
    size_t end = i + 2;
    for (; end < words.size() && !words[end].starts_with('-'); ++end)
      join_set(meant[i + 1], words[end]);
    meant.erase(meant.begin() + static_cast<std::ptrdiff_t>(i) + 2,
                meant.begin() + static_cast<std::ptrdiff_t>(end));
    return shell_line(meant);
  }
  return "";
}

/// The line of `--memory 256 MiB`, of which a shell makes two words.
static std::string with_whole_memory(const Words& words) {
  for (size_t i = 1; i + 2 < words.size(); ++i) {
    const std::string joined = words[i + 1] + words[i + 2];
    if (words[i] != "--memory" || !parse_bytes(joined)) continue;
    Words meant = words;
    meant[i + 1] = joined;
    meant.erase(meant.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    return shell_line(meant);
  }
  return "";
}

Words as_pattern(const Words& images) {
  const fs::path first(images.at(0)), folder = first.parent_path();
  const std::string ending = first.extension().string();
  const auto alike = [&](const fs::path& path) {
    return path.parent_path() == folder && path.extension() == ending;
  };
  int64_t there = 0;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, unreadable))
    there += entry.path().extension() == ending && entry.path().filename().string()[0] != '.';
  if (images.size() < 2 || there != std::ssize(images) ||
      !std::all_of(images.begin(), images.end(), alike))
    return images;
  return {(folder.empty() ? "" : literal_pattern((folder / "").string())) + "*" + ending};
}

Issue too_many_words(const Words& words, const Words& extra) {
  const std::string command = words.size() > 1 ? words[1] : "";
  std::string given;
  for (size_t i = 0; i < std::min<size_t>(extra.size(), 4); ++i) given += (i ? " " : "") + extra[i];
  if (extra.size() > 4) given += " ...";
  Issue issue{"too many words for `parfocal " + command + "`", "", given, "one file",
              "see `parfocal " + command + " --help`"};
  if (const std::string line = with_whole_set(words); !line.empty()) {
    issue.needed = "one word after --set: KEY=VALUE, in quotes if it has blanks";
    issue.cure = "run\n          " + line;
    return issue;
  }
  if (const std::string line = with_whole_memory(words); !line.empty()) {
    issue.needed = "one word after --memory: a size without a blank, as 256MiB";
    issue.cure = "run\n          " + line;
    return issue;
  }
  Words images;
  std::copy_if(words.begin() + 1, words.end(), std::back_inserter(images), is_image);
  if (!images.empty() && (command == "run" || command == "plan" || command == "check")) {
    issue.needed = "one pipeline file; images are named in its source, a pattern in quotes";
    issue.cure = "run\n          " + line_for_images(words, images);
  }
  return issue;
}

}  // namespace parfocal::cli
