#include "near_file.h"

#include <algorithm>
#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

template <class F>
std::vector<std::string> names_in(const fs::path& folder, F&& wanted) {
  constexpr size_t kMost = 2000;
  std::vector<std::string> names;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, unreadable))
    if (names.size() < kMost && wanted(entry)) names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace

fs::path near_file(const fs::path& missing) {
  const auto names = names_in(missing.parent_path(), [&](const fs::directory_entry& entry) {
    std::error_code unreadable;
    return entry.is_regular_file(unreadable) && entry.path().filename().string()[0] != '.';
  });
  std::vector<std::string> near = nearest_names(missing.filename().string(), names, names.size());
  std::erase_if(near, [&](const std::string& name) {  // alike by more than the ending
    return nearest_names(missing.stem().string(), {fs::path(name).stem().string()}).empty();
  });
  return near.empty() ? fs::path() : missing.parent_path() / near[0];
}

fs::path first_recording(const fs::path& folder) {
  auto names = names_in(folder, [](const fs::directory_entry& entry) {
    return entry.path().extension() == ".rtdc" && entry.path().filename().string()[0] != '.';
  });
  if (names.empty()) return {};
  std::sort(names.begin(), names.end());
  return folder / names[0];
}

}  // namespace parfocal::cli
