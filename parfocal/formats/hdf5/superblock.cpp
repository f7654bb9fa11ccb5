#include "parfocal/formats/hdf5/superblock.h"

#include <array>
#include <bit>
#include <cstring>

namespace parfocal {
namespace {

constexpr std::array<unsigned char, 8> kSignature = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
constexpr size_t kVersionAt = 8, kFlagsAt = 11, kChecksumAt = 44;

struct Words {
  uint32_t a, b, c;
};

void mix(Words& w) {
  w.a -= w.c, w.a ^= std::rotl(w.c, 4), w.c += w.b;
  w.b -= w.a, w.b ^= std::rotl(w.a, 6), w.a += w.c;
  w.c -= w.b, w.c ^= std::rotl(w.b, 8), w.b += w.a;
  w.a -= w.c, w.a ^= std::rotl(w.c, 16), w.c += w.b;
  w.b -= w.a, w.b ^= std::rotl(w.a, 19), w.a += w.c;
  w.c -= w.b, w.c ^= std::rotl(w.b, 4), w.b += w.a;
}

void finish(Words& w) {
  w.c ^= w.b, w.c -= std::rotl(w.b, 14);
  w.a ^= w.c, w.a -= std::rotl(w.c, 11);
  w.b ^= w.a, w.b -= std::rotl(w.a, 25);
  w.c ^= w.b, w.c -= std::rotl(w.b, 16);
  w.a ^= w.c, w.a -= std::rotl(w.c, 4);
  w.b ^= w.a, w.b -= std::rotl(w.a, 14);
  w.c ^= w.b, w.c -= std::rotl(w.b, 24);
}

}  // namespace

uint32_t lookup3(std::span<const std::byte> bytes) {
  const uint32_t start = 0xdeadbeefU + static_cast<uint32_t>(bytes.size());
  Words w{start, start, start};
  const auto add = [&](std::span<const std::byte> piece) {
    uint32_t words[3] = {0, 0, 0};
    std::memcpy(words, piece.data(), piece.size());
    w.a += words[0], w.b += words[1], w.c += words[2];
  };
  for (; bytes.size() > 12; bytes = bytes.subspan(12)) {
    add(bytes.first(12));
    mix(w);
  }
  if (bytes.empty()) return w.c;
  add(bytes);
  finish(w);
  return w.c;
}

bool close_superblock(std::span<std::byte, kSuperblockBytes> head) {
  if (std::memcmp(head.data(), kSignature.data(), kSignature.size()) != 0) return false;
  if (head[kVersionAt] != std::byte{3} || head[kFlagsAt] == std::byte{0}) return false;
  head[kFlagsAt] = std::byte{0};
  const uint32_t checksum = lookup3(head.first(kChecksumAt));
  std::memcpy(head.data() + kChecksumAt, &checksum, sizeof checksum);
  return true;
}

}  // namespace parfocal
