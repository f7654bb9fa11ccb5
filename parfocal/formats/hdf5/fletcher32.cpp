#include "parfocal/formats/hdf5/fletcher32.h"

#include <algorithm>

namespace parfocal {

uint32_t fletcher32(std::span<const std::byte> bytes) {
  constexpr size_t kWordsPerFold = 360;  // the most for which the second sum stays below 2^32
  uint32_t sum = 0, sum_of_sums = 0;
  const auto fold = [&] {
    sum = (sum & 0xffff) + (sum >> 16);
    sum_of_sums = (sum_of_sums & 0xffff) + (sum_of_sums >> 16);
  };
  const size_t words = bytes.size() / 2;
  for (size_t w = 0; w < words;) {
    for (const size_t end = std::min(words, w + kWordsPerFold); w < end; ++w) {
      sum += std::to_integer<uint32_t>(bytes[2 * w]) << 8 |
             std::to_integer<uint32_t>(bytes[2 * w + 1]);
      sum_of_sums += sum;
    }
    fold();
  }
  if (bytes.size() % 2 != 0) {
    sum += std::to_integer<uint32_t>(bytes.back()) << 8;
    sum_of_sums += sum;
    fold();
  }
  fold();
  return sum_of_sums << 16 | sum;
}

void append_fletcher32(std::vector<std::byte>& bytes) {
  const uint32_t check = fletcher32(bytes);
  for (int shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<std::byte>(check >> shift & 0xff));
}

}  // namespace parfocal
