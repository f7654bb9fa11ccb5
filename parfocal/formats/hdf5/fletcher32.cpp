#include "parfocal/formats/hdf5/fletcher32.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace parfocal {
namespace {

constexpr uint32_t kModulus = 65535;
constexpr size_t kLanes = 16;
// The lanes' prefix sums fit 32 bit: 360 * 361 / 2 * 65535 < 2^32.
constexpr size_t kRows = 360;

struct Sums {
  uint64_t first = 0;   // of the words
  uint64_t second = 0;  // of the first sums
};

// Adds `rows` rows of kLanes words. A lane's word k of n counts n - k times in the second sum.
void add_rows(const std::byte* data, size_t rows, Sums& sums) {
  uint32_t plain[kLanes] = {}, prefix[kLanes] = {};
  for (size_t row = 0; row < rows; ++row) {
    uint16_t words[kLanes];
    std::memcpy(words, data + row * sizeof words, sizeof words);
    for (size_t lane = 0; lane < kLanes; ++lane) {
      plain[lane] += words[lane];
      prefix[lane] += plain[lane];
    }
  }
  uint64_t total = 0, weighted = 0, late = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    total += plain[lane];
    weighted += prefix[lane];
    late += lane * plain[lane];
  }
  sums.second += rows * kLanes * sums.first + kLanes * weighted - late;
  sums.first += total;
  sums.first %= kModulus;
  sums.second %= kModulus;
}

void add_word(uint16_t word, Sums& sums) {
  sums.first = (sums.first + word) % kModulus;
  sums.second = (sums.second + sums.first) % kModulus;
}

bool all_zero(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes)
    if (byte != std::byte{0}) return false;
  return true;
}

}  // namespace

uint32_t fletcher32(std::span<const std::byte> bytes) {
  Sums sums;
  size_t words = bytes.size() / 2;
  const std::byte* data = bytes.data();
  for (; words >= kLanes;) {
    const size_t rows = std::min(words / kLanes, kRows);
    add_rows(data, rows, sums);
    data += rows * kLanes * 2;
    words -= rows * kLanes;
  }
  for (; words > 0; --words, data += 2) {
    uint16_t word;
    std::memcpy(&word, data, 2);
    add_word(word, sums);
  }
  if (bytes.size() % 2 == 1) {
    const std::byte last[2] = {bytes.back(), std::byte{0}};
    uint16_t word;
    std::memcpy(&word, last, 2);
    add_word(word, sums);
  }
  // Modulo 65535 a swap of the two bytes is a product by 256, so it is done once, at the end.
  const uint64_t swap = std::endian::native == std::endian::little ? 256 : 1;
  uint64_t first = sums.first * swap % kModulus, second = sums.second * swap % kModulus;
  // Sums that wrapped to 0 are 65535 to a checksum that folds; only zeros alone give 0.
  if ((first == 0 || second == 0) && !all_zero(bytes)) {
    if (first == 0) first = kModulus;
    if (second == 0) second = kModulus;
  }
  return static_cast<uint32_t>(second << 16 | first);
}

void append_fletcher32(std::vector<std::byte>& bytes) {
  const uint32_t sum = fletcher32(bytes);
  for (int shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<std::byte>(sum >> shift & 0xff));
}

bool fletcher32_matches(std::span<const std::byte> with_checksum) {
  if (with_checksum.size() < static_cast<size_t>(kFletcherBytes)) return false;
  const auto data = with_checksum.first(with_checksum.size() - kFletcherBytes);
  const std::byte* at = data.data() + data.size();
  uint32_t stored = 0;
  for (int i = 3; i >= 0; --i) stored = stored << 8 | std::to_integer<uint32_t>(at[i]);
  const uint32_t sum = fletcher32(data);
  const uint32_t swapped = (sum & 0x00ff00ff) << 8 | (sum & 0xff00ff00) >> 8;
  return stored == sum || stored == swapped;
}

}  // namespace parfocal
