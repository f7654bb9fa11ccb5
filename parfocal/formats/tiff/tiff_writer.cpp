#include "parfocal/formats/tiff/tiff_writer.h"

#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "parfocal/formats/common/files.h"

namespace parfocal {
namespace {

struct TiffCloser {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffHandle = std::unique_ptr<TIFF, TiffCloser>;

int keep_message(TIFF*, void* to, const char*, const char* format, va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  *static_cast<std::string*>(to) = text;
  return 1;
}

int compression_tag(TiffCompression compression) {
  switch (compression) {
    case TiffCompression::lzw:
      return COMPRESSION_LZW;
    case TiffCompression::deflate:
      return COMPRESSION_ADOBE_DEFLATE;
    case TiffCompression::packbits:
      return COMPRESSION_PACKBITS;
    case TiffCompression::none:
      break;
  }
  return COMPRESSION_NONE;
}

void set_tags(TIFF* tiff, const View& page, const TiffOptions& options) {
  const int format = is_float(page.dtype)            ? SAMPLEFORMAT_IEEEFP
                     : is_signed_integer(page.dtype) ? SAMPLEFORMAT_INT
                                                     : SAMPLEFORMAT_UINT;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(page.region.shape[1]));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(page.region.shape[0]));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * dtype_size(page.dtype)));
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, format);
  const bool colours = page.region.rank == 3;
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, colours ? 3 : 1);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, colours ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression_tag(options.compression));
  const auto side = static_cast<uint32_t>(options.tile_px);
  const int64_t rows = options.rows_per_strip > 0 ? options.rows_per_strip : page.region.shape[0];
  if (side > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, side);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, side);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(rows));
  }
}

// Copies one block into `buffer` (libtiff swaps bytes in place) and writes it.
bool write_block(TIFF* tiff, const View& page, const Region& block, uint32_t index,
                 std::vector<std::byte>& buffer) {
  const bool tiled = TIFFIsTiled(tiff);
  const size_t bytes = static_cast<size_t>(block.count()) * dtype_size(page.dtype);
  buffer.assign(bytes, std::byte{0});
  const Region part = clipped(block, page.region);
  copy_pixels(page, subview(packed_view(buffer.data(), page.dtype, block), part));
  const auto size = static_cast<tmsize_t>(bytes);
  return (tiled ? TIFFWriteEncodedTile(tiff, index, buffer.data(), size)
                : TIFFWriteEncodedStrip(tiff, index, buffer.data(), size)) >= 0;
}

bool write_page(TIFF* tiff, const View& page, const TiffOptions& options,
                std::vector<std::byte>& buffer) {
  set_tags(tiff, page, options);
  const Region& whole = page.region;
  const bool tiled = options.tile_px > 0;
  const int64_t rows = tiled                        ? options.tile_px
                       : options.rows_per_strip > 0 ? options.rows_per_strip
                                                    : whole.shape[0];
  const int64_t columns = tiled ? options.tile_px : whole.shape[1];
  uint32_t index = 0;
  for (int64_t y = 0; y < whole.shape[0]; y += rows)
    for (int64_t x = 0; x < whole.shape[1]; x += columns) {
      Region block = whole;  // with all samples
      block.shape[0] = tiled ? rows : std::min(rows, whole.shape[0] - y);
      block.shape[1] = columns;
      block.origin[0] += y;
      block.origin[1] += x;
      if (!write_block(tiff, page, block, index++, buffer)) return false;
    }
  return TIFFWriteDirectory(tiff) != 0;
}

}  // namespace

Status write_tiff(const std::filesystem::path& path, std::span<const View> pages,
                  const TiffOptions& options) {
  std::error_code ignored;  // opening the file tells the reason
  std::filesystem::create_directories(path.parent_path(), ignored);
  const std::filesystem::path part = path.string() + ".part";
  std::string message = "cannot be created";
  TIFFOpenOptions* handlers = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetErrorHandlerExtR(handlers, keep_message, &message);
  TIFFOpenOptionsSetWarningHandlerExtR(handlers, keep_message, &message);
  TiffHandle tiff(TIFFOpenExt(part.c_str(), options.big_endian ? "wb" : "wl", handlers));
  TIFFOpenOptionsFree(handlers);
  std::vector<std::byte> buffer;
  bool good = tiff != nullptr;
  for (const View& page : pages) good = good && write_page(tiff.get(), page, options, buffer);
  good = good && TIFFFlush(tiff.get()) != 0;
  tiff.reset();
  if (good) {
    std::filesystem::rename(part, path, ignored);
    if (!ignored) return {};
    message = ignored.message();
  }
  std::filesystem::remove(part, ignored);
  return Status::fail("cannot write " + path.string() + ": " + message);
}

Status write_tiff(const std::filesystem::path& path, const View& page, int64_t rows_per_strip,
                  TiffCompression compression) {
  TiffOptions options;
  options.rows_per_strip = rows_per_strip;
  options.compression = compression;
  return write_tiff(path, std::span(&page, 1), options);
}

}  // namespace parfocal
