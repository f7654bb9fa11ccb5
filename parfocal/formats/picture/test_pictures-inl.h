#pragma once
/// For the tests of pictures: files whose values are known, written by libpng and libjpeg.

#include <cstdio>  // before jpeglib.h, which does not include it

#include <jpeglib.h>
#include <png.h>

#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal::test {

/// Samples of a pixel beside each other: first, first + 1, ... modulo 251.
inline std::vector<uint8_t> counted_samples(int64_t pixels, int64_t channels, int first) {
  std::vector<uint8_t> samples(static_cast<size_t>(pixels * channels));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<uint8_t>((static_cast<size_t>(first) + i) % 251);
  return samples;
}

/// 8 bits, 1 to 4 channels.
inline void write_png_file(const std::filesystem::path& path, int64_t height, int64_t width,
                           int64_t channels, const std::vector<uint8_t>& samples) {
  constexpr png_uint_32 formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                     PNG_FORMAT_RGBA};
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = formats[channels - 1];
  ASSERT_NE(png_image_write_to_file(&image, path.c_str(), 0, samples.data(), 0, nullptr), 0)
      << image.message;
}

/// Blocks of 8 x 8 pixels of one value each, which JPEG of this quality keeps exactly; colours are
/// not made YCbCr.
inline void write_jpeg_file(const std::filesystem::path& path, int64_t blocks_down,
                            int64_t blocks_across, int channels, const std::vector<uint8_t>& values,
                            bool progressive = false) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  jpeg_stdio_dest(&info, file);
  info.image_width = static_cast<JDIMENSION>(8 * blocks_across);
  info.image_height = static_cast<JDIMENSION>(8 * blocks_down);
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, info.in_color_space);
  jpeg_set_quality(&info, 100, TRUE);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  std::vector<uint8_t> row(static_cast<size_t>(info.image_width) * static_cast<size_t>(channels));
  for (size_t y = 0; y < info.image_height; ++y) {
    for (size_t x = 0; x < info.image_width; ++x)
      for (size_t c = 0; c < static_cast<size_t>(channels); ++c)
        row[x * static_cast<size_t>(channels) + c] =
            values[(y / 8 * static_cast<size_t>(blocks_across) + x / 8) *
                       static_cast<size_t>(channels) +
                   c];
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::fclose(file);
}

}  // namespace parfocal::test
