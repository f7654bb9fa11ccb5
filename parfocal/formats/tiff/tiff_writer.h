#pragma once
/// Writes TIFF files for the demo, for exports and for tests.

#include <filesystem>
#include <span>

#include "parfocal/core/error.h"
#include "parfocal/core/view.h"

namespace parfocal {

enum class TiffCompression : uint8_t { none, lzw, deflate, packbits };

struct TiffOptions {
  int64_t rows_per_strip = 0;  ///< 0 = the whole page is one strip
  TiffCompression compression = TiffCompression::none;
  bool big_endian = false;
  int64_t tile_px = 0;  ///< > 0: square tiles of this side (a multiple of 16) instead of strips
};

/// Writes pages y x of one sample per pixel, or y x c of three (red, green, blue), beside `path`
/// and renames: the file appears whole or not at all. Any dtype; bool as uint8 0/1. Missing folders
/// are created.
Status write_tiff(const std::filesystem::path& path, std::span<const View> pages,
                  const TiffOptions& options = {});
/// One page.
Status write_tiff(const std::filesystem::path& path, const View& page, int64_t rows_per_strip = 0,
                  TiffCompression compression = TiffCompression::none);

}  // namespace parfocal
