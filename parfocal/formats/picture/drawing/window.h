#pragma once
/// From pixels of any type to the 256 greys of a screen.

#include <cstdint>
#include <vector>

#include "parfocal/core/view.h"

namespace parfocal {

/// The value that is black and the one that is white.
struct Window {
  double low = 0, high = 1;
};

/// 0..255: values between are rounded to the nearest; NaN is black. Where low = high, all above is
/// white.
inline uint8_t grey_of(double value, const Window& window) {
  if (!(value > window.low)) return 0;
  if (value >= window.high) return 255;
  return static_cast<uint8_t>((value - window.low) / (window.high - window.low) * 255 + 0.5);
}

/// Percentiles of all finite pixels of a plane, linear between values, as NumPy's; exact. Its
/// buffers are taken once and used again. Not thread-safe.
class Percentiles {
 public:
  Percentiles() = default;
  Percentiles(DType dtype, int64_t pixels);
  static int64_t bytes(DType dtype, int64_t pixels);
  /// The window from percentile `low` to percentile `high`, 0 <= low < high <= 100; [0, 1] where
  /// no pixel is finite. \pre the plane is of the type and has at most the pixels that were stated
  Window of(const View& plane, double low, double high);

 private:
  double percentile(double percent);

  std::vector<int64_t> counts_;  // of pixels of at most 16 bits, by value
  std::vector<double> values_;   // of all others
  int64_t offset_ = 0;           // of counts_: the smallest value of the type
  int64_t total_ = 0;            // pixels that count
};

}  // namespace parfocal
