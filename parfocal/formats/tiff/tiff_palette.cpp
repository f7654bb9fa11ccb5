#include "parfocal/formats/tiff/tiff_palette.h"

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/tiff_fields.h"

namespace parfocal {
namespace {

constexpr uint16_t kShort = 3;

// Calls f(number of the entry, entry) for all.
template <class F>
Status for_each_entry(const TiffFile& file, const TiffValues& map, F&& f) {
  constexpr uint64_t kWindow = 2048;
  uint8_t raw[kWindow * 2];
  for (uint64_t first = 0; first < map.count; first += kWindow) {
    const uint64_t n = std::min(kWindow, map.count - first);
    const int64_t bytes = static_cast<int64_t>(2 * n);
    if (read_at(file.fd, raw, bytes, static_cast<int64_t>(map.position + 2 * first)) != bytes)
      return Status::fail("truncated or damaged: the colour map at byte " +
                              std::to_string(map.position) + " cannot be read",
                          "copy the file again");
    for (uint64_t i = 0; i < n; ++i)
      f(first + i, static_cast<uint16_t>(load_tiff_number(raw + 2 * i, 2, file.big_endian)));
  }
  return {};
}

Status check_map(const TiffFile& file, const TiffValues& map, uint64_t places) {
  if (map.type != kShort || map.count != 3 * places)
    return damaged_tiff("a colour map of " + std::to_string(map.count) + " values of type " +
                        std::to_string(map.type) + " for " + std::to_string(places) + " colours");
  const uint64_t size = static_cast<uint64_t>(file.size);
  if (map.position <= size && 2 * map.count <= size - map.position) return {};
  return Status::fail("truncated or damaged: the colour map at byte " +
                          std::to_string(map.position) + " lies beyond the file of " +
                          std::to_string(file.size) + " bytes",
                      "copy the file again");
}

}  // namespace

Status look_at_palette(const TiffFile& file, const TiffValues& map, uint64_t places,
                       TiffPaletteKind& kind) {
  if (Status s = check_map(file, map, places); !s.ok()) return s;
  bool repeat = true, end_in_zeros = true, scale = true;
  Status s = for_each_entry(file, map, [&](uint64_t k, uint16_t entry) {
    repeat = repeat && (entry & 0xff) == entry >> 8;
    end_in_zeros = end_in_zeros && (entry & 0xff) == 0;
    const uint64_t place = k % places;
    scale = scale && (places > 256 ? entry : entry >> 8) == place;
  });
  kind.has_bytes = repeat || end_in_zeros;
  kind.is_grey_scale = scale && (kind.has_bytes || places > 256);
  return s;
}

Status TiffPalette::read(const TiffFile& file, const TiffPage& page) {
  entries_.resize(static_cast<size_t>(page.colour_map.count));
  return for_each_entry(file, page.colour_map,
                        [&](uint64_t k, uint16_t entry) { entries_[k] = entry; });
}

}  // namespace parfocal
