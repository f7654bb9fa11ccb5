#pragma once
/// A parser for TIFF headers and directories (TIFF 6.0, BigTIFF) that allocates nothing: opening a
/// file for one frame costs three small reads. Values come from outside, so every number is checked
/// before use.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include "parfocal/core/dtype.h"
#include "parfocal/core/error.h"
#include "parfocal/core/region.h"
#include "parfocal/formats/common/files.h"

namespace parfocal {

/// An open file and its 8- or 16-byte header.
struct TiffFile {
  int fd = -1;
  int64_t size = 0;
  bool big_endian = false;
  bool big_tiff = false;
  uint64_t first_directory = 0;
};

/// Where the values of one tag lie.
struct TiffValues {
  uint16_t type = 0;
  uint64_t count = 0;
  uint64_t position = 0;  ///< of the first value in the file
};

/// What is said of the channels of a page.
enum class TiffColours : uint8_t { none, grey_alpha, rgb };

/// What is needed to read the pixels of one page in strips or tiles ("blocks"). A pixel has one or
/// several samples; each is a channel, but those of a palette, which has three.
struct TiffPage {
  int64_t width = 0, height = 0;
  DType dtype = DType::u8;  ///< of a channel
  int compression = 1;      ///< the tag's number; 1 = none
  int64_t samples = 1;      ///< of a pixel, as stored
  int64_t sample_bytes = 1;
  bool planar = false;    ///< blocks have one sample each, those of the second behind the first's
  bool is_ycbcr = false;  ///< in a JPEG, from which red, green and blue are made
  TiffValues colour_map;  ///< of a palette, whose stored numbers are places in it; else count 0
  TiffColours colours = TiffColours::none;
  bool tiled = false;
  int64_t block_width = 0, block_height = 0;
  int64_t blocks_across = 0, blocks_down = 0;  ///< of the image, or of one sample of a planar one
  TiffValues offsets, byte_counts;
  /// As found; nothing is checked. Some writers put two descriptions into a page.
  TiffValues description, second_description, x_resolution, y_resolution;
  int resolution_unit = 0;  ///< the tag's number: 1 none, 2 inch, 3 cm; 0 = not stated
  bool reduced = false;     ///< a smaller image of another page, or a mask
  TiffValues sub_pages;     ///< directories of other images that belong to it
  int64_t depth = 1;        ///< images behind this directory: ImageDepth, or planes of MetaMorph
  uint64_t shift = 0;       ///< added to every offset, for an image behind the first
  uint64_t directory = 0;   ///< position of this directory
  uint64_t next = 0;        ///< position of the next, 0 = last

  /// The stored numbers become the pixels.
  void forget_palette() {
    if (!has_palette()) return;
    colour_map = {};
    colours = TiffColours::none;
    dtype = sample_bytes == 1 ? DType::u8 : DType::u16;
  }
  bool has_palette() const { return colour_map.count > 0; }
  int64_t channels() const { return has_palette() ? 3 : samples; }
  int64_t channel_bytes() const { return width * height * static_cast<int64_t>(dtype_size(dtype)); }
  /// Of all samples, uncompressed.
  int64_t image_bytes() const { return width * height * samples * sample_bytes; }
  /// Of one pixel in a block.
  int64_t stored_bytes() const { return planar ? sample_bytes : samples * sample_bytes; }
  /// Whether a block holds one channel as it is.
  bool has_whole_channels() const { return (planar || samples == 1) && !has_palette(); }
  /// Blocks of the image, or of one sample of a planar one.
  int64_t plane_blocks() const { return blocks_across * blocks_down; }
  int64_t block_count() const { return planar ? samples * plane_blocks() : plane_blocks(); }
  /// Rows of the block that starts at row `y`: the last strip may be shorter, tiles are padded.
  int64_t block_rows(int64_t y) const {
    return tiled ? block_height : std::min(block_height, height - y);
  }
  int64_t block_bytes(int64_t y) const { return block_width * block_rows(y) * stored_bytes(); }
};

/// Opens a file and reads its header.
Status open_tiff(const std::filesystem::path& path, Fd& fd, TiffFile& file);
/// Reads the header of file.fd (file.size must be set).
Status read_tiff_header(TiffFile& file);
/// Reads and checks the directory at `position`. The failures say what is not supported (CMYK,
/// 1-bit pixels, compression) or what is wrong (sizes, offsets beyond the file). A palette of greys
/// that are the numbers themselves is none.
Status read_tiff_page(const TiffFile& file, uint64_t position, TiffPage& page);

/// In the bytes of the entry SamplesPerPixel of a BigTIFF that its value, a SHORT, leaves unused:
/// "gap". So parfocal's pages say that they are missing, also in a file that was never closed;
/// readers of TIFF do not look at these bytes.
inline constexpr uint64_t kGapMark =
    uint64_t{'g'} << 16 | uint64_t{'a'} << 24 | uint64_t{'p'} << 32;

/// How a directory stands in its chain.
struct TiffLink {
  uint64_t next = 0;     ///< position of the next, 0 = last
  bool reduced = false;  ///< as TiffPage::reduced
  bool is_gap = false;   ///< it has the kGapMark
  uint64_t width = 0, height = 0;
};
/// Only that, of a page that may be of any kind.
Status read_tiff_link(const TiffFile& file, uint64_t position, TiffLink& link);

/// Why a page is not read that would be if its pixels were stored otherwise.
struct TiffOddPixels {
  bool are_float16 = false;
  bool are_packed = false;  ///< compressed in a way that is not read, or bits that share bytes
};
/// Only that, of a page that may be of any kind.
Status read_odd_pixels(const TiffFile& file, uint64_t position, TiffOddPixels& pixels);

/// Images of other directories (SubIFDs) of a page that are as large as it, so none of its pyramid;
/// of the first 64.
int64_t whole_sub_pages(const TiffFile& file, const TiffPage& page);
/// Value `index` of a tag of unsigned integers, via a small window so that neighbours are cheap.
class TiffValueReader {
 public:
  TiffValueReader(const TiffFile& file, const TiffValues& values) : file_(file), values_(values) {}
  Status get(uint64_t index, uint64_t& value);

 private:
  static constexpr uint64_t kWindow = 128;
  const TiffFile& file_;
  const TiffValues& values_;
  uint64_t first_ = 0, count_ = 0;
  uint64_t window_[kWindow];
};

}  // namespace parfocal
