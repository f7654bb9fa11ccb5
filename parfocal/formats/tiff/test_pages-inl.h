#pragma once
/// For tests: small TIFF files as other writers make them, byte by byte.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal::test {

struct TestEntry {
  uint16_t tag = 0, type = 4;
  uint32_t count = 1;
  uint32_t value = 0;     ///< or, where there is a text, its position
  std::string text = {};  ///< what does not fit the entry
};
/// An image of 3 x 4 uint16, all of one value.
struct TestPage {
  uint16_t value = 0;
  std::string description = {};
  std::vector<TestEntry> more = {};  ///< or instead of its tags; not sorted, as some writers do
};

inline void append_number(std::string& file, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) file += static_cast<char>(value >> (8 * i) & 0xff);
}

/// Classic TIFF, little-endian; returns where the link of each directory stands.
inline std::vector<size_t> write_pages(const std::filesystem::path& path,
                                       const std::vector<TestPage>& pages) {
  std::string file("II*\0\0\0\0\0", 8);
  std::vector<size_t> links = {4};
  for (const TestPage& page : pages) {
    std::vector<TestEntry> entries = {{256, 3, 1, 4}, {257, 3, 1, 3}, {258, 3, 1, 16},
                                      {259, 3, 1, 1}, {262, 3, 1, 1}, {273, 4, 1, 0},
                                      {277, 3, 1, 1}, {278, 3, 1, 3}, {279, 4, 1, 24}};
    entries[5].value = static_cast<uint32_t>(file.size());
    for (int i = 0; i < 12; ++i) append_number(file, page.value, 2);
    if (!page.description.empty())
      entries.push_back(
          {270, 2, static_cast<uint32_t>(page.description.size() + 1), 0, page.description + '\0'});
    for (const TestEntry& entry : page.more) {
      const auto same = std::find_if(entries.begin(), entries.end(), [&](const TestEntry& e) {
        return e.tag == entry.tag && e.tag != 270;
      });
      same == entries.end() ? entries.push_back(entry) : void(*same = entry);
    }
    for (TestEntry& entry : entries) {
      if (entry.text.empty()) continue;
      entry.value = static_cast<uint32_t>(file.size());
      file += entry.text;
    }
    file.resize((file.size() + 1) / 2 * 2);
    const uint32_t at = static_cast<uint32_t>(file.size());
    std::memcpy(file.data() + links.back(), &at, 4);
    append_number(file, static_cast<uint32_t>(entries.size()), 2);
    for (const TestEntry& entry : entries) {
      append_number(file, entry.tag, 2);
      append_number(file, entry.type, 2);
      append_number(file, entry.count, 4);
      append_number(file, entry.value, 4);
    }
    links.push_back(file.size());
    append_number(file, 0, 4);
  }
  write_text(path, file);
  return links;
}

/// The link at `links[from]` becomes that at `links[to]`.
inline void copy_link(const std::filesystem::path& path, const std::vector<size_t>& links,
                      size_t from, size_t to) {
  std::string file = read_text(path);
  std::memcpy(file.data() + links[from], file.data() + links[to], 4);
  write_text(path, file);
}

/// Of all items: the first pixel; -1 where it cannot be read, -2 where it is known as missing.
inline std::vector<int> values_of(const Source& source) {
  std::vector<int> values;
  const FrameSet missing = source.missing();
  for (int64_t k = 0; k < source.layout().stream_count(); ++k) {
    Image image(source.layout().dtype, source.layout().whole_item());
    FrameHeader header;
    const bool good = !missing.has(k) && source.read(k, image.view(), header).ok();
    uint16_t value = 0;
    std::memcpy(&value, image.pixels.data(), 2);
    values.push_back(missing.has(k) ? -2 : good ? value : -1);
  }
  return values;
}

inline std::vector<TestPage> numbered_pages(int count, int first = 0) {
  std::vector<TestPage> pages;
  for (int k = 0; k < count; ++k) pages.push_back({static_cast<uint16_t>(first + k)});
  return pages;
}

}  // namespace parfocal::test
