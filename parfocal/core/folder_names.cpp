#include "parfocal/core/folder_names.h"

#include <algorithm>

namespace parfocal {

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  constexpr size_t kMost = 2000;
  std::vector<std::string> names;
  std::error_code unreadable;
  std::filesystem::directory_iterator it(folder.empty() ? "." : folder, unreadable), end;
  for (; !unreadable && it != end && names.size() < kMost; it.increment(unreadable))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool stays_below(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(name).lexically_normal();
  return !path.empty() && path.is_relative() && *path.begin() != ".." && path != "." &&
         name.find('\0') == name.npos;
}

}  // namespace parfocal
