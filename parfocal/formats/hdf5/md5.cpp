#include "parfocal/formats/hdf5/md5.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace parfocal {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<int, 16> kShifts{7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};

// RFC 1321, 3.4: the integer part of 4294967296 * |sin(i)|.
std::array<uint32_t, 64> sine_table() {
  std::array<uint32_t, 64> table{};
  for (size_t i = 0; i < table.size(); ++i)
    table[i] = static_cast<uint32_t>(std::floor(4294967296.0 * std::fabs(std::sin(double(i + 1)))));
  return table;
}

struct State {
  std::array<uint32_t, 4> words{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};

  void add_block(const char* bytes) {
    static const std::array<uint32_t, 64> sines = sine_table();
    std::array<uint32_t, 16> block;
    std::memcpy(block.data(), bytes, 64);
    auto [a, b, c, d] = words;
    for (uint32_t i = 0; i < 64; ++i) {
      uint32_t mixed = 0, at = 0;
      switch (i / 16) {
        case 0:
          mixed = (b & c) | (~b & d), at = i;
          break;
        case 1:
          mixed = (d & b) | (~d & c), at = (5 * i + 1) % 16;
          break;
        case 2:
          mixed = b ^ c ^ d, at = (3 * i + 5) % 16;
          break;
        default:
          mixed = c ^ (b | ~d), at = (7 * i) % 16;
      }
      const uint32_t sum = a + mixed + sines[i] + block[at];
      a = d, d = c, c = b;
      b += std::rotl(sum, kShifts[i / 16 * 4 + i % 4]);
    }
    words[0] += a, words[1] += b, words[2] += c, words[3] += d;
  }
};

}  // namespace

std::string md5_hex(std::string_view bytes) {
  State state;
  size_t done = 0;
  for (; bytes.size() - done >= 64; done += 64) state.add_block(bytes.data() + done);
  std::string tail(bytes.substr(done));
  tail.push_back(static_cast<char>(0x80));
  while (tail.size() % 64 != 56) tail.push_back('\0');
  const uint64_t bits = static_cast<uint64_t>(bytes.size()) * 8;
  tail.append(reinterpret_cast<const char*>(&bits), 8);
  for (size_t i = 0; i < tail.size(); i += 64) state.add_block(tail.data() + i);

  std::string text;
  for (size_t i = 0; i < 16; ++i) {
    const unsigned byte = state.words[i / 4] >> (8 * (i % 4)) & 0xff;
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace parfocal
