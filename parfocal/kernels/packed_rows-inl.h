// Per-target row loops between byte masks and bits, shared by the bitmask and label kernels.
// Highway's re-include guard: the file is compiled once per target.
#if defined(PARFOCAL_KERNELS_PACKED_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PARFOCAL_KERNELS_PACKED_ROWS_INL_H_
#undef PARFOCAL_KERNELS_PACKED_ROWS_INL_H_
#else
#define PARFOCAL_KERNELS_PACKED_ROWS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

/// The 64 bytes at `bytes` as bits, lowest address in the lowest bit; nonzero is 1.
HWY_INLINE uint64_t pack_64(const uint8_t* HWY_RESTRICT bytes) {
#if HWY_TARGET == HWY_SCALAR  // one lane: mask bits cannot be stored byte by byte
  uint64_t packed = 0;
  for (int i = 0; i < 64; ++i) packed |= uint64_t{bytes[i] != 0} << i;
  return packed;
#else
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<uint8_t, 64> d;
  uint8_t bits[16] = {};
  for (size_t i = 0; i < 64; i += hn::Lanes(d)) {
    const auto zero = hn::Eq(hn::LoadU(d, bytes + i), hn::Zero(d));
    hn::StoreMaskBits(d, zero, bits + i / 8);
  }
  uint64_t word;
  std::memcpy(&word, bits, sizeof(word));
  return ~word;
#endif
}

HWY_INLINE void pack_row_bits(const uint8_t* HWY_RESTRICT bytes, int64_t width,
                              uint64_t* HWY_RESTRICT words) {
  const int64_t whole = width / 64;
  for (int64_t i = 0; i < whole; ++i) words[i] = pack_64(bytes + 64 * i);
  if (width % 64 != 0) {
    uint8_t tail[64] = {};
    std::memcpy(tail, bytes + 64 * whole, static_cast<size_t>(width % 64));
    words[whole] = pack_64(tail);
  }
}

/// Writes the 64 bits of `word` as bytes 0 or 1.
HWY_INLINE void unpack_64(uint64_t word, uint8_t* HWY_RESTRICT bytes) {
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < 64; ++i) bytes[i] = static_cast<uint8_t>((word >> i) & 1);
#else
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<uint8_t, 64> d;
  uint8_t bits[16] = {};
  std::memcpy(bits, &word, sizeof(word));
  for (size_t i = 0; i < 64; i += hn::Lanes(d)) {
    const auto mask = hn::LoadMaskBits(d, bits + i / 8);
    hn::StoreU(hn::IfThenElseZero(mask, hn::Set(d, uint8_t{1})), d, bytes + i);
  }
#endif
}

HWY_INLINE void unpack_row_bits(const uint64_t* HWY_RESTRICT words, int64_t width,
                                uint8_t* HWY_RESTRICT bytes) {
  const int64_t whole = width / 64;
  for (int64_t i = 0; i < whole; ++i) unpack_64(words[i], bytes + 64 * i);
  if (width % 64 != 0) {
    uint8_t tail[64];
    unpack_64(words[whole], tail);
    std::memcpy(bytes + 64 * whole, tail, static_cast<size_t>(width % 64));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();
#endif
