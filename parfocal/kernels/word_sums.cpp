#include "parfocal/kernels/word_sums.h"

#include <algorithm>
#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/word_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr uint64_t kModulus = 65535;
// Prefix sums of the words in one place of a row fit 32 bit: 360 * 361 / 2 * 65535 < 2^32.
constexpr size_t kRows = 360;
// A row is one vector of pairs of words; sums of its places are kept in its lanes.
using Pairs = hn::ScalableTag<uint32_t>;

HWY_INLINE hn::Vec<Pairs> load_pairs(const std::byte* from) {
#if HWY_TARGET == HWY_SCALAR
  uint32_t pair;
  std::memcpy(&pair, from, sizeof pair);
  return hn::Set(Pairs(), pair);
#else
  const hn::Repartition<uint8_t, Pairs> bytes;
  return hn::BitCast(Pairs(), hn::LoadU(bytes, reinterpret_cast<const uint8_t*>(from)));
#endif
}

// The places of the lanes are `place`, `place` + 2, ... Word k of the n in one place counts n - k
// times in the second sum.
HWY_INLINE void add_lanes(hn::Vec<Pairs> plain, hn::Vec<Pairs> prefix, size_t place,
                          WordSums& sums) {
  const Pairs d;
  HWY_ALIGN uint32_t plains[HWY_MAX_BYTES / 4], prefixes[HWY_MAX_BYTES / 4];
  hn::Store(plain, d, plains);
  hn::Store(prefix, d, prefixes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) {
    sums.first += plains[i];
    sums.second += 2 * hn::Lanes(d) * uint64_t{prefixes[i]} - (2 * i + place) * uint64_t{plains[i]};
  }
}

HWY_INLINE void add_rows(const std::byte* data, size_t rows, WordSums& sums) {
  const Pairs d;
  const auto low_half = hn::Set(d, 0xffff);
  auto low = hn::Zero(d), high = hn::Zero(d), low_prefix = hn::Zero(d), high_prefix = hn::Zero(d);
  for (size_t row = 0; row < rows; ++row, data += 4 * hn::Lanes(d)) {
    const auto pairs = load_pairs(data);
    low = hn::Add(low, hn::And(pairs, low_half));
    high = hn::Add(high, hn::ShiftRight<16>(pairs));
    low_prefix = hn::Add(low_prefix, low);
    high_prefix = hn::Add(high_prefix, high);
  }
  constexpr size_t kLowPlace = std::endian::native == std::endian::little ? 0 : 1;
  sums.second += rows * 2 * hn::Lanes(d) * sums.first;
  add_lanes(low, low_prefix, kLowPlace, sums);
  add_lanes(high, high_prefix, 1 - kLowPlace, sums);
  sums.first %= kModulus;
  sums.second %= kModulus;
}

void add_words_of(const std::byte* data, size_t words, WordSums* sums) {
  const size_t row_words = 2 * hn::Lanes(Pairs());
  while (words >= row_words) {
    const size_t rows = std::min(words / row_words, kRows);
    add_rows(data, rows, *sums);
    data += rows * row_words * 2;
    words -= rows * row_words;
  }
  for (; words > 0; --words, data += 2) {
    uint16_t word;
    std::memcpy(&word, data, 2);
    sums->first = (sums->first + word) % kModulus;
    sums->second = (sums->second + sums->first) % kModulus;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
HWY_EXPORT(add_words_of);

void add_words(const std::byte* data, size_t words, WordSums& sums) noexcept {
  HWY_DYNAMIC_DISPATCH(add_words_of)(data, words, &sums);
}

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
