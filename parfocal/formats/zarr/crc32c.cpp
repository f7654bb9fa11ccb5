#include "parfocal/formats/zarr/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace parfocal {
namespace {

// Polynomials over GF(2) modulo Castagnoli's, reflected: bit 31 is the coefficient of x^0.
constexpr uint32_t kPolynomial = 0x82f63b78;
constexpr uint32_t kOne = 0x80000000;

constexpr uint32_t times_x(uint32_t a) { return (a >> 1) ^ ((a & 1) ? kPolynomial : 0); }

constexpr uint32_t product(uint32_t a, uint32_t b) {
  uint32_t sum = 0;
  for (uint32_t bit = kOne; bit; bit >>= 1) {
    if (a & bit) sum ^= b;
    b = times_x(b);
  }
  return sum;
}

// x^(8 bytes): what appending so many zero bytes multiplies a checksum with.
constexpr uint32_t shift_of(uint64_t bytes) {
  uint32_t result = kOne, power = 0x00800000;  // x^8
  for (; bytes; bytes >>= 1) {
    if (bytes & 1) result = product(result, power);
    power = product(power, power);
  }
  return result;
}

// kSlices[k][b]: the checksum state of byte b followed by k zero bytes ("slicing by 8").
using Slices = std::array<std::array<uint32_t, 256>, 8>;
constexpr Slices make_slices() {
  Slices slices{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t state = b;
    for (int i = 0; i < 8; ++i) state = times_x(state);
    slices[0][b] = state;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t b = 0; b < 256; ++b) {
      const uint32_t state = slices[k - 1][b];
      slices[k][b] = (state >> 8) ^ slices[0][state & 0xff];
    }
  return slices;
}
constexpr Slices kSlices = make_slices();

uint64_t load64(const std::byte* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

uint32_t tables(uint32_t state, const std::byte* p, size_t n) {
  for (; n >= 8; p += 8, n -= 8) {
    const uint64_t word = load64(p) ^ state;
    state = 0;
    for (size_t k = 0; k < 8; ++k) state ^= kSlices[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; n; ++p, --n) state = (state >> 8) ^ kSlices[0][(state ^ static_cast<uint32_t>(*p)) & 0xff];
  return state;
}

#if defined(__x86_64__)
// The instruction takes three cycles but a new one starts each cycle: three streams over thirds of
// a block, joined by moving the states over the bytes behind them.
template <size_t kStreamBytes>
struct Shift {
  std::array<std::array<uint32_t, 256>, 4> table{};
  constexpr Shift() {
    const uint32_t factor = shift_of(kStreamBytes);
    for (size_t k = 0; k < 4; ++k) {
      for (uint32_t bit = 1; bit < 256; bit <<= 1) table[k][bit] = product(factor, bit << (8 * k));
      for (uint32_t b = 1; b < 256; ++b)
        table[k][b] = table[k][b & (b - 1)] ^ table[k][b & (~b + 1)];
    }
  }
  uint32_t operator()(uint32_t state) const {
    return table[0][state & 0xff] ^ table[1][(state >> 8) & 0xff] ^ table[2][(state >> 16) & 0xff] ^
           table[3][state >> 24];
  }
};

template <size_t kStreamBytes>
__attribute__((target("sse4.2"))) uint32_t blocks(uint32_t state, const std::byte*& p, size_t& n) {
  static constexpr Shift<kStreamBytes> shift;
  for (; n >= 3 * kStreamBytes; p += 3 * kStreamBytes, n -= 3 * kStreamBytes) {
    uint64_t a = state, b = 0, c = 0;
    for (size_t i = 0; i < kStreamBytes; i += 8) {
      a = _mm_crc32_u64(a, load64(p + i));
      b = _mm_crc32_u64(b, load64(p + kStreamBytes + i));
      c = _mm_crc32_u64(c, load64(p + 2 * kStreamBytes + i));
    }
    state = shift(shift(static_cast<uint32_t>(a)) ^ static_cast<uint32_t>(b)) ^
            static_cast<uint32_t>(c);
  }
  return state;
}

__attribute__((target("sse4.2"))) uint32_t instruction(uint32_t state, const std::byte* p,
                                                       size_t n) {
  state = blocks<8192>(state, p, n);
  state = blocks<512>(state, p, n);
  uint64_t wide = state;
  for (; n >= 8; p += 8, n -= 8) wide = _mm_crc32_u64(wide, load64(p));
  state = static_cast<uint32_t>(wide);
  for (; n; ++p, --n) state = _mm_crc32_u8(state, static_cast<uint8_t>(*p));
  return state;
}
#endif

}  // namespace

uint32_t crc32c_by_tables(std::span<const std::byte> bytes, uint32_t before) {
  return ~tables(~before, bytes.data(), bytes.size());
}

uint32_t crc32c(std::span<const std::byte> bytes, uint32_t before) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return ~instruction(~before, bytes.data(), bytes.size());
#endif
  return crc32c_by_tables(bytes, before);
}

uint32_t crc32c_combined(uint32_t of_a, uint32_t of_b, uint64_t bytes_of_b) {
  return product(shift_of(bytes_of_b), of_a) ^ of_b;
}

}  // namespace parfocal
