#pragma once
/// Counter-based random numbers: a value depends only on its key and its index, so any part of any
/// frame can be made alone (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011; the
/// mixing function is splitmix64's, Steele et al. 2014).

#include <cstdint>

namespace parfocal {

constexpr uint64_t mixed_bits(uint64_t v) {
  v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
  v = (v ^ v >> 27) * 0x94d049bb133111ebu;
  return v ^ v >> 31;
}
/// The key of one frame, or of one object.
constexpr uint64_t random_key(uint64_t seed, uint64_t index) {
  return mixed_bits(mixed_bits(seed + 0x9e3779b97f4a7c15u) ^ (index * 0x9e3779b97f4a7c15u + 1));
}
/// 64 random bits.
constexpr uint64_t random_bits(uint64_t key, uint64_t index) {
  return mixed_bits(key + index * 0x9e3779b97f4a7c15u);
}
/// Uniform in [0, 1).
constexpr double random_unit(uint64_t key, uint64_t index) {
  return static_cast<double>(random_bits(key, index) >> 11) * 0x1p-53;
}

}  // namespace parfocal
