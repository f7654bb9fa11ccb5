#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace parfocal {

/// "a, b, c"; of more than `most` names the first ones, then "..."
inline std::string listed(const std::vector<std::string>& names, size_t most = SIZE_MAX) {
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) list += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? list + ", ..." : list;
}

}  // namespace parfocal
