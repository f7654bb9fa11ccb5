#include "parfocal/formats/hdf5/fletcher32.h"

#include <bit>

#include "parfocal/kernels/word_sums.h"

namespace parfocal {
namespace {

constexpr uint32_t kModulus = 65535;

bool all_zero(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes)
    if (byte != std::byte{0}) return false;
  return true;
}

}  // namespace

uint32_t fletcher32(std::span<const std::byte> bytes) {
  kernels::WordSums sums;
  kernels::add_words(bytes.data(), bytes.size() / 2, sums);
  if (bytes.size() % 2 == 1) {
    const std::byte last[2] = {bytes.back(), std::byte{0}};
    kernels::add_words(last, 1, sums);
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

void write_fletcher32(std::span<std::byte> with_checksum) {
  const size_t bytes = with_checksum.size() - kFletcherBytes;
  const uint32_t sum = fletcher32(with_checksum.first(bytes));
  for (size_t i = 0; i < kFletcherBytes; ++i)
    with_checksum[bytes + i] = static_cast<std::byte>(sum >> (8 * i) & 0xff);
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
