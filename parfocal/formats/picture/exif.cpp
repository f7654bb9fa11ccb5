#include "parfocal/formats/picture/exif.h"

#include <cstring>

#include "parfocal/formats/common/files.h"

namespace parfocal {
namespace {

constexpr int kMostParts = 64;      // that are looked through: Exif stands among the first
constexpr int kMostEntries = 1024;  // of a directory
constexpr uint64_t kOrientation = 0x112, kShort = 3;

// Numbers of a file; 0 where it ends.
class Numbers {
 public:
  Numbers(int fd, bool big_endian) : fd_(fd), big_endian_(big_endian) {}
  uint64_t at(int64_t position, int bytes) const {
    unsigned char b[4] = {};
    if (read_at(fd_, b, bytes, position) != bytes) return 0;
    uint64_t number = 0;
    for (int i = 0; i < bytes; ++i) number = number << 8 | b[big_endian_ ? i : bytes - 1 - i];
    return number;
  }

 private:
  int fd_;
  bool big_endian_;
};

// Exif data are a TIFF whose first directory has the tag.
int orientation_at(int fd, int64_t exif) {
  char order[2] = {};
  if (read_at(fd, order, 2, exif) != 2) return 1;
  const Numbers numbers(fd, order[0] == 'M');
  const int64_t directory = exif + static_cast<int64_t>(numbers.at(exif + 4, 4));
  const int entries = static_cast<int>(numbers.at(directory, 2));
  for (int k = 0; k < entries && k < kMostEntries; ++k) {
    const int64_t entry = directory + 2 + 12 * k;
    if (numbers.at(entry, 2) != kOrientation || numbers.at(entry + 2, 2) != kShort) continue;
    const uint64_t value = numbers.at(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

int of_png(int fd) {
  const Numbers numbers(fd, true);
  int64_t at = 8;
  for (int k = 0; k < kMostParts; ++k) {
    char type[4] = {};
    if (read_at(fd, type, 4, at + 4) != 4 || std::memcmp(type, "IDAT", 4) == 0) return 1;
    if (std::memcmp(type, "eXIf", 4) == 0) return orientation_at(fd, at + 8);
    at += 12 + static_cast<int64_t>(numbers.at(at, 4));
  }
  return 1;
}

int of_jpeg(int fd) {
  constexpr uint64_t kPrefix = 0xff, kApp1 = 0xe1, kScan = 0xda;
  const Numbers numbers(fd, true);
  int64_t at = 2;
  for (int k = 0; k < kMostParts; ++k) {
    char name[6] = {};
    if (numbers.at(at, 1) != kPrefix || numbers.at(at + 1, 1) == kScan) return 1;
    const bool app1 = numbers.at(at + 1, 1) == kApp1 && read_at(fd, name, 6, at + 4) == 6;
    if (app1 && std::memcmp(name, "Exif\0", sizeof name) == 0) return orientation_at(fd, at + 10);
    at += 2 + static_cast<int64_t>(numbers.at(at + 2, 2));
  }
  return 1;
}

}  // namespace

int exif_orientation(int fd, PictureKind kind) {
  return kind == PictureKind::png ? of_png(fd) : of_jpeg(fd);
}

}  // namespace parfocal
