#include "parfocal/core/own_picture.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kMark("parfocal\0", 9);
constexpr int kMostChunks = 16;  // before the pixels

uint32_t big_endian(const std::string& bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

bool read(std::ifstream& in, size_t count, std::string& bytes) {
  bytes.resize(count);
  in.read(bytes.data(), static_cast<std::streamsize>(count));
  return in.gcount() == static_cast<std::streamsize>(count);
}

}  // namespace

bool is_own_picture(const fs::path& file) {
  std::error_code unknown;
  if (!fs::is_regular_file(fs::symlink_status(file, unknown))) return false;
  std::ifstream in(file, std::ios::binary);
  std::string bytes;
  if (!read(in, kSignature.size(), bytes) || bytes != kSignature) return false;
  for (int chunk = 0; chunk < kMostChunks && read(in, 8, bytes); ++chunk) {
    const uint32_t length = big_endian(bytes);
    const std::string type = bytes.substr(4);
    if (type == "IDAT") return false;
    if (type == "tEXt" && length >= kMark.size()) {
      if (!read(in, kMark.size(), bytes)) return false;
      if (bytes == kMark) return true;
      in.seekg(-static_cast<std::streamoff>(kMark.size()), std::ios::cur);
    }
    in.seekg(static_cast<std::streamoff>(length) + 4, std::ios::cur);  // and its checksum
  }
  return false;
}

bool is_of_own_pictures(const fs::path& file) {
  if (file.extension() == kPicturePart && fs::path(file.stem()).extension() == ".png") {
    std::error_code unknown;
    const bool empty = fs::is_regular_file(fs::symlink_status(file, unknown)) &&
                       fs::file_size(file, unknown) == 0 && !unknown;
    return empty || is_own_picture(file);
  }
  return file.extension() == ".png" && is_own_picture(file);
}

}  // namespace parfocal
