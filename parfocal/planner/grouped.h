#pragma once
/// Large numbers as people read them. Internal to planner.

#include <cstdint>
#include <string>

namespace parfocal {

/// 6291456000 -> "6,291,456,000"
inline std::string grouped(int64_t n) {
  std::string digits = std::to_string(n);
  const size_t first = n < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace parfocal
