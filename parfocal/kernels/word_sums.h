#pragma once

#include <cstddef>
#include <cstdint>

/// The two sums of a Fletcher checksum of 32 bits.
namespace parfocal::kernels {

/// Both modulo 65535.
struct WordSums {
  uint64_t first = 0;   ///< of the words
  uint64_t second = 0;  ///< of `first` as it was after each word
};

/// Takes `words` words of 16 bit, in the byte order of the machine, from any address. Exact and
/// equal on every SIMD target. Thread-safe.
/// \source Fletcher, IEEE Transactions on Communications 1982, 30:247
void add_words(const std::byte* data, size_t words, WordSums& sums) noexcept;

}  // namespace parfocal::kernels
