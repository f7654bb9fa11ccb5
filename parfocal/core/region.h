#pragma once
/// A box of pixels over the item axes of a layout, half-open: [origin, origin + shape).

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>

namespace parfocal {

inline constexpr int kMaxRank = 6;  ///< item axes of one frame, and stream axes of one stream

/// The one region type. Axes in the order of the layout's item axes (last = fastest).
struct Region {
  int rank = 0;
  std::array<int64_t, kMaxRank> origin{};
  std::array<int64_t, kMaxRank> shape{};

  static Region whole(std::initializer_list<int64_t> sizes) {
    Region r;
    for (int64_t size : sizes) r.shape[r.rank++] = size;
    return r;
  }
  int64_t begin(int axis) const { return origin[axis]; }
  int64_t end(int axis) const { return origin[axis] + shape[axis]; }
  /// Number of pixels; 1 for rank 0 (a scalar).
  int64_t count() const {
    int64_t n = 1;
    for (int a = 0; a < rank; ++a) n *= shape[a];
    return n;
  }
  bool contains(const Region& r) const {
    for (int a = 0; a < rank; ++a)
      if (r.begin(a) < begin(a) || r.end(a) > end(a)) return false;
    return true;
  }
  bool operator==(const Region&) const = default;
};

/// `r` grown by `halo` pixels on both sides of `axis`.
inline Region grown(Region r, int axis, int64_t halo) {
  r.origin[axis] -= halo;
  r.shape[axis] += 2 * halo;
  return r;
}
/// The part of `r` inside `bounds` (shape 0 where they do not meet).
inline Region clipped(Region r, const Region& bounds) {
  for (int a = 0; a < r.rank; ++a) {
    const int64_t b = std::max(r.begin(a), bounds.begin(a)), e = std::min(r.end(a), bounds.end(a));
    r.origin[a] = b;
    r.shape[a] = std::max<int64_t>(0, e - b);
  }
  return r;
}
/// The smallest region that holds both.
inline Region hull(Region r, const Region& other) {
  for (int a = 0; a < r.rank; ++a) {
    const int64_t b = std::min(r.begin(a), other.begin(a)), e = std::max(r.end(a), other.end(a));
    r.origin[a] = b;
    r.shape[a] = e - b;
  }
  return r;
}

}  // namespace parfocal
