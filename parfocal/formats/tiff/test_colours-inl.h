#pragma once
/// For tests: small TIFF files of several samples per pixel, byte by byte.

#include <string>
#include <vector>

#include "parfocal/formats/tiff/test_pages-inl.h"

namespace parfocal::test {

/// An image of uint8, in blocks that lie one behind the other.
struct ColourPage {
  uint32_t width = 4, height = 3, samples = 3, photometric = 2;
  bool planar = false;
  uint32_t rows = 3;  ///< of a strip, or tiles of this many rows and columns
  bool tiled = false;
  std::string description = {};
  std::vector<TestEntry> more = {};
};

inline std::string numbers(const std::vector<uint32_t>& values, int bytes) {
  std::string text;
  for (const uint32_t value : values) append_number(text, value, bytes);
  return text;
}
inline TestEntry table(uint16_t tag, const std::vector<uint32_t>& values) {
  if (values.size() == 1) return {tag, 4, 1, values[0]};
  return {tag, 4, static_cast<uint32_t>(values.size()), 0, numbers(values, 4)};
}

inline TestPage as_page(const ColourPage& page, uint32_t first) {
  const uint32_t width = page.tiled ? page.rows : page.width;
  const uint32_t across = (page.width + width - 1) / width,
                 down = (page.height + page.rows - 1) / page.rows,
                 planes = page.planar ? page.samples : 1, pixel = page.planar ? 1 : page.samples;
  std::vector<uint32_t> offsets, counts;
  for (uint32_t b = 0; b < planes * across * down; ++b) {
    const uint32_t y = b % (across * down) / across * page.rows;
    const uint32_t rows = page.tiled ? page.rows : std::min(page.rows, page.height - y);
    offsets.push_back(first);
    counts.push_back(width * rows * pixel);
    first += counts.back();
  }
  TestPage result{0, page.description, {}};
  result.more = {{256, 3, 1, page.width},   {257, 3, 1, page.height},
                 {258, 3, page.samples, 8}, {262, 3, 1, page.photometric},
                 {277, 3, 1, page.samples}, {284, 3, 1, page.planar ? 2u : 1u}};
  if (page.samples > 1) result.more[2].value = 8 | 8 << 16;
  if (page.samples > 2) result.more[2].text = numbers(std::vector<uint32_t>(page.samples, 8), 2);
  result.more.push_back(table(page.tiled ? 324 : 273, offsets));
  result.more.push_back(table(page.tiled ? 325 : 279, counts));
  if (page.tiled) {
    result.more.push_back({322, 3, 1, page.rows});
    result.more.push_back({323, 3, 1, page.rows});
  } else {
    result.more.push_back({278, 3, 1, page.rows});
  }
  result.more.insert(result.more.end(), page.more.begin(), page.more.end());
  return result;
}

/// `pixels`: those of all pages, block by block.
inline void write_colours(const std::filesystem::path& path, const std::vector<ColourPage>& pages,
                          const std::string& pixels) {
  // They stand in a tag of the first page, whose place is known after the first time.
  size_t at = 0;
  for (int time = 0; time < 2; ++time) {
    std::vector<TestPage> written;
    size_t before = at;
    for (const ColourPage& page : pages) {
      written.push_back(as_page(page, static_cast<uint32_t>(before)));
      const uint32_t width =
          page.tiled ? (page.width + page.rows - 1) / page.rows * page.rows : page.width;
      const uint32_t height =
          page.tiled ? (page.height + page.rows - 1) / page.rows * page.rows : page.height;
      before += width * height * page.samples;
    }
    written[0].more.push_back({65000, 1, static_cast<uint32_t>(pixels.size()), 0, pixels});
    write_pages(path, written);
    at = read_text(path).find(pixels);
  }
}
inline std::string counted(int count, int first = 0) {
  std::string text;
  for (int k = 0; k < count; ++k) text += static_cast<char>(first + k);
  return text;
}

}  // namespace parfocal::test
