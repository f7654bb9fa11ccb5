#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace parfocal::kernels {

/// Where a window of an image and the part of it to compute lie in the image, in pixels.
struct ImageTile {
  int64_t image_height = 0;
  int64_t image_width = 0;
  int64_t window_y = 0;  ///< row of the image that is row 0 of the input
  int64_t window_x = 0;
  int64_t output_y = 0;  ///< row of the image that is row 0 of the output
  int64_t output_x = 0;
};

/// The index inside [0, size) whose pixel stands at `i` when the image is mirrored at its edges:
/// `reflect` of scipy.ndimage (d c b a | a b c d | d c b a), repeated as often as `i` asks for.
inline int64_t reflected(int64_t i, int64_t size) noexcept {
  if (i >= 0 && i < size) return i;
  const int64_t period = 2 * size;
  i = (i % period + period) % period;
  return i < size ? i : period - 1 - i;
}

/// Writes `count` pixels of an image row from column `first` on, reflected outside of the image.
/// `window` holds the columns from `window_x` on, among them all that are read.
template <class T>
void load_reflected(const T* window, int64_t window_x, int64_t image_width, int64_t first,
                    int64_t count, T* to) noexcept {
  const int64_t inside = std::clamp<int64_t>(-first, 0, count);
  const int64_t end = std::clamp<int64_t>(image_width - first, inside, count);
  const auto at_border = [&](int64_t i) {
    to[i] = window[reflected(first + i, image_width) - window_x];
  };
  for (int64_t i = 0; i < inside; ++i) at_border(i);
  if (end > inside)
    std::memcpy(to + inside, window + (first + inside - window_x),
                static_cast<size_t>(end - inside) * sizeof(T));
  for (int64_t i = end; i < count; ++i) at_border(i);
}

}  // namespace parfocal::kernels
