#pragma once
/// Does the brightness of a series jump from frame to frame, as with a bad lamp driver?
/// \source dcnum 0.31, detect_flicker.py

#include <cstdint>
#include <span>

namespace parfocal::background {

inline constexpr int64_t kFlickerFrames = 1000;  ///< frames looked at, from the first on
inline constexpr int64_t kFlickerRows = 10;      ///< rows looked at, where the channel's wall is

/// Median of the first `count` > 0 pixels of a frame: those of its first kFlickerRows rows.
/// `scratch` holds as many. T: u8, u16.
template <class T>
double wall_median(const T* pixels, int64_t count, T* scratch);

struct Flicker {
  int64_t events = 0;  ///< frames whose wall differs by 2.5 or more from the median of all
  bool found = false;  ///< 5 or more of them
};
/// `walls`: wall_median of the frames, at least one; `scratch` as many.
Flicker find_flicker(std::span<const double> walls, std::span<double> scratch);

}  // namespace parfocal::background
