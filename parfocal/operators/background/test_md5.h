#pragma once
/// MD5 of bytes, for comparison with golden numbers. \source RFC 1321

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace parfocal::background {

inline void md5_block(const uint8_t* block, std::array<uint32_t, 4>& digest) {
  static constexpr int kShifts[4][4] = {
      {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  std::array<uint32_t, 16> word;
  std::memcpy(word.data(), block, 64);
  auto [a, b, c, d] = digest;
  for (uint32_t i = 0; i < 64; ++i) {
    const uint32_t round = i / 16;
    const uint32_t mix = round == 0   ? (b & c) | (~b & d)
                         : round == 1 ? (d & b) | (~d & c)
                         : round == 2 ? b ^ c ^ d
                                      : c ^ (b | ~d);
    const uint32_t at = (round == 0   ? i
                         : round == 1 ? 5 * i + 1
                         : round == 2 ? 3 * i + 5
                                      : 7 * i) %
                        16;
    const auto sine = static_cast<uint32_t>(std::fabs(std::sin(i + 1.0)) * 4294967296.0);
    const uint32_t turned = b + std::rotl(a + mix + sine + word[at], kShifts[round][i % 4]);
    a = d;
    d = c;
    c = b;
    b = turned;
  }
  digest = {digest[0] + a, digest[1] + b, digest[2] + c, digest[3] + d};
}

inline std::string md5_hex(std::span<const uint8_t> bytes) {
  std::array<uint32_t, 4> digest{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const size_t whole = bytes.size() / 64 * 64;
  for (size_t i = 0; i < whole; i += 64) md5_block(bytes.data() + i, digest);
  std::vector<uint8_t> tail(bytes.begin() + static_cast<std::ptrdiff_t>(whole), bytes.end());
  tail.push_back(0x80);
  while (tail.size() % 64 != 56) tail.push_back(0);
  for (int k = 0; k < 8; ++k)
    tail.push_back(static_cast<uint8_t>(uint64_t{bytes.size()} * 8 >> (8 * k)));
  for (size_t i = 0; i < tail.size(); i += 64) md5_block(tail.data() + i, digest);
  std::string hex;
  for (const uint32_t word : digest)
    for (int k = 0; k < 4; ++k) {
      const uint32_t byte = word >> (8 * k) & 255;
      hex += "0123456789abcdef"[byte / 16];
      hex += "0123456789abcdef"[byte % 16];
    }
  return hex;
}
template <class T>
std::string md5_hex_of(const std::vector<T>& values) {
  return md5_hex({reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)});
}

}  // namespace parfocal::background
