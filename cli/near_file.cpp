#include "near_file.h"

#include <algorithm>
#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/folder_names.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// Names of files for people: hidden ones are not offered.
std::vector<std::string> shown_files(const fs::path& folder) {
  std::vector<std::string> names = names_in(folder);
  std::erase_if(names, [&](const std::string& name) {
    std::error_code unreadable;
    return name[0] == '.' || !fs::is_regular_file(folder / name, unreadable);
  });
  return names;
}

}  // namespace

fs::path near_file(const fs::path& missing) {
  const auto names = shown_files(missing.parent_path());
  std::vector<std::string> near = nearest_names(missing.filename().string(), names, names.size());
  std::erase_if(near, [&](const std::string& name) {  // alike by more than the ending
    return nearest_names(missing.stem().string(), {fs::path(name).stem().string()}).empty();
  });
  return near.empty() ? fs::path() : missing.parent_path() / near[0];
}

fs::path first_recording(const fs::path& folder) {
  const auto names = shown_files(folder);
  const auto first = std::find_if(names.begin(), names.end(), [](const std::string& name) {
    return fs::path(name).extension() == ".rtdc";
  });
  return first == names.end() ? fs::path() : folder / *first;
}

}  // namespace parfocal::cli
