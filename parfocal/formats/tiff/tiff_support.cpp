#include "parfocal/formats/tiff/tiff_support.h"

#include <algorithm>
#include <array>
#include <utility>

namespace parfocal {
namespace {

// Of those that are not read: "LZMA compression".
std::string compression_name(uint64_t number) {
  constexpr std::pair<uint64_t, const char*> names[] = {{2, "CCITT RLE"},
                                                        {3, "CCITT fax 3"},
                                                        {4, "CCITT fax 4"},
                                                        {6, "old JPEG"},
                                                        {7, "JPEG"},
                                                        {32773, "PackBits"},
                                                        {9, "JBIG"},
                                                        {10, "JBIG"},
                                                        {22610, "JPEG XR"},
                                                        {32766, "NeXT"},
                                                        {32809, "ThunderScan"},
                                                        {33003, "JPEG 2000"},
                                                        {33004, "JPEG 2000"},
                                                        {33005, "JPEG 2000"},
                                                        {34661, "JBIG"},
                                                        {34676, "SGI log"},
                                                        {34677, "SGI log"},
                                                        {34712, "JPEG 2000"},
                                                        {34887, "LERC"},
                                                        {34892, "lossy JPEG"},
                                                        {34925, "LZMA"},
                                                        {34926, "Zstandard"},
                                                        {34927, "WebP"},
                                                        {34933, "PNG"},
                                                        {34934, "JPEG XR"},
                                                        {50000, "Zstandard"},
                                                        {50001, "WebP"},
                                                        {50002, "JPEG XL"},
                                                        {52546, "JPEG XL"}};
  for (const auto& [value, name] : names)
    if (value == number) return name + std::string(" compression");
  return "TIFF compression " + std::to_string(number);
}

// "float16", "a pixel of 12 bits (sample format 1)"
std::string pixel_name(const TiffFields& f) {
  if (f.format == kTiffFloat) return "float" + std::to_string(f.bits);
  if (f.format == 5 || f.format == 6) return "complex" + std::to_string(f.bits);
  return "a pixel of " + std::to_string(f.bits) + " bits (sample format " +
         std::to_string(f.format) + ")";
}

// The codecs of libtiff with which it undoes predictors; with others it gives what is stored.
bool undoes_predictors(uint64_t compression) {
  return compression == 5 || compression == 8 || compression == 32946;
}

// "CMYK colours"; of those that are read "".
std::string unread_colours(uint64_t photometric) {
  constexpr std::pair<uint64_t, const char*> names[] = {
      {4, "a transparency mask"},  {5, "CMYK colours"},       {8, "CIELab colours"},
      {9, "ICCLab colours"},       {10, "ITULab colours"},    {32803, "a mosaic of colour filters"},
      {32844, "LogL grey values"}, {32845, "LogLuv colours"}, {34892, "linear raw colours"}};
  if (photometric <= kTiffPalette || photometric == kTiffYCbCr) return "";
  const std::string number = "photometric interpretation " + std::to_string(photometric);
  for (const auto& [value, name] : names)
    if (value == photometric) return name + (" (" + number + ")");
  return number;
}

Status check_colours(const TiffFields& f) {
  const std::string cure = "convert the file to RGB or grey values";
  if (const std::string name = unread_colours(f.photometric); !name.empty())
    return tiff_unsupported(name, cure);
  const std::string samples = std::to_string(f.samples) + (f.samples == 1 ? " sample" : " samples");
  if (f.photometric == kTiffRgb && f.samples < 3)
    return damaged_tiff("an RGB image of " + samples + " per pixel");
  if (f.photometric == kTiffPalette && (f.samples != 1 || f.bits > 16 || f.format != kTiffUnsigned))
    return tiff_unsupported("a palette for " + samples + " of " + std::to_string(f.bits) + " bits",
                            cure);
  if (f.photometric != kTiffYCbCr) return {};
  if (f.compression != kTiffJpeg)
    return tiff_unsupported("YCbCr colours (photometric interpretation 6) without JPEG compression",
                            cure);
  return f.samples == 3 && f.planar == kTiffChunky
             ? Status()
             : tiff_unsupported("YCbCr colours in planes, or of " + samples + " per pixel", cure);
}

Status check_codec(const TiffFields& f) {
  if (!is_read_tiff_compression(f.compression))
    return tiff_unsupported(compression_name(f.compression),
                            "convert the file to no compression, LZW, deflate, PackBits or JPEG");
  if (f.compression == kTiffJpeg && tiff_dtype(f) != DType::u8)
    return tiff_unsupported("JPEG compression of " + pixel_name(f),
                            "convert the file to no compression, LZW or deflate");
  if (f.predictor != 1 && !undoes_predictors(f.compression))
    return tiff_unsupported(
        "differences in place of pixels (predictor " + std::to_string(f.predictor) + ") with " +
            (f.compression == 1 ? "no compression" : compression_name(f.compression)),
        "convert the file to LZW or deflate, or to no predictor");
  return {};
}

}  // namespace

Status tiff_unsupported(const std::string& what, const std::string& cure) {
  return Status::fail(what + " is not supported", cure);
}

std::optional<DType> tiff_dtype(const TiffFields& f) {
  const bool is_signed = f.format == kTiffSigned;
  if (f.format == kTiffFloat)
    return f.bits == 32   ? std::optional(DType::f32)
           : f.bits == 64 ? std::optional(DType::f64)
                          : std::nullopt;
  if (f.format != kTiffUnsigned && f.format != kTiffSigned && f.format != 4) return std::nullopt;
  switch (f.bits) {
    case 8:
      return is_signed ? DType::i8 : DType::u8;
    case 16:
      return is_signed ? DType::i16 : DType::u16;
    case 32:
      return is_signed ? DType::i32 : DType::u32;
    case 64:
      return is_signed ? DType::i64 : DType::u64;
    default:
      return std::nullopt;
  }
}

bool is_read_tiff_compression(uint64_t number) {
  constexpr std::array<uint64_t, 6> known = {1, 5, 7, 8, 32773, 32946};
  return std::find(known.begin(), known.end(), number) != known.end();
}

Status check_tiff_support(const TiffFields& f) {
  if (!tiff_dtype(f))
    return tiff_unsupported(pixel_name(f), f.format == kTiffFloat
                                               ? "convert the file to float32"
                                               : "convert the file to 8, 16 or 32 bit");
  if (Status s = check_codec(f); !s.ok()) return s;
  if (Status s = check_colours(f); !s.ok()) return s;
  if (f.fill_order != 1) return tiff_unsupported("bit order (FillOrder) 2", "convert the file");
  return {};
}

}  // namespace parfocal
