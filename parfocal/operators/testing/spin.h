#pragma once
/// Helpers of the operators that exist for tests only.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "parfocal/core/layout.h"

namespace parfocal::testing_ops {

/// A mixing function of 64 bits (the finaliser of splitmix64): deterministic "random" choices.
inline uint64_t mixed(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// Keeps the processor busy for `us` microseconds.
inline void spin_us(int64_t us) {
  if (us <= 0) return;
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
  while (std::chrono::steady_clock::now() < end) {
  }
}

/// `over`, or all stream axes of `layout` if it is empty.
inline std::vector<std::string> axes_or_all(const std::vector<std::string>& over,
                                            const Layout& layout) {
  if (!over.empty()) return over;
  std::vector<std::string> all;
  for (const Axis& axis : layout.stream) all.push_back(axis.name);
  return all;
}

}  // namespace parfocal::testing_ops
