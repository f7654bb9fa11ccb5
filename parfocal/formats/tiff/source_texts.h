#pragma once
/// Words of messages on TIFF files.

#include <algorithm>
#include <string>
#include <vector>

#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// "1 page", "2 pages"
inline std::string count_text(int64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// "480 x 640 uint16", "480 x 640 x 3 uint8": height, width, channels and type of its pixels.
inline std::string shape_text(const TiffPage& page) {
  const std::string channels = page.channels() == 1 ? "" : " x " + std::to_string(page.channels());
  return std::to_string(page.height) + " x " + std::to_string(page.width) + channels + " " +
         std::string(dtype_name(page.dtype));
}

/// "a, b, c and 4 more"
inline std::string some_names(const std::vector<std::string>& names) {
  constexpr size_t most = 3;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) text += (i == 0 ? "" : ", ") + names[i];
  const size_t more = names.size() - std::min(names.size(), most);
  return text + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

}  // namespace parfocal
