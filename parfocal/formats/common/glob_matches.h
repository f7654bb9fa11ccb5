#pragma once
/// The files that match a pattern, as they are found, and their states. Internal to FileList.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace parfocal {

struct FileState {
  int64_t bytes = 0, time_ns = 0;
  uint32_t hash = 0;  // 0 = not there
};
/// Of a file or what a link leads to.
FileState state_of(const std::filesystem::path& path, bool& is_folder);

struct GlobMatches {
  std::string names;
  std::vector<uint64_t> ends;
  std::vector<FileState> states;
  std::string_view name(size_t k) const {
    const uint64_t begin = k == 0 ? 0 : ends[k - 1];
    return std::string_view(names).substr(begin, ends[k] - begin);
  }
};

/// Adds the files that match `pattern` (*, ?, [] within one folder level; ** any number of folders)
/// below `base`, or from the root where it starts with /. In no order.
void match_glob(const std::filesystem::path& base, const std::string& pattern, GlobMatches& found);

/// As it lies in memory, for fingerprints.
template <class T>
std::string_view bytes_of(const T& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

}  // namespace parfocal
