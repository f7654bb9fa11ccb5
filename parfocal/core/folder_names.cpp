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

}  // namespace parfocal
