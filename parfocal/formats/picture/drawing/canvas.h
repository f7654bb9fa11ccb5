#pragma once
/// An 8-bit RGB picture that is drawn on.

#include <cstdint>
#include <vector>

namespace parfocal {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};
inline constexpr Colour kBlack{0, 0, 0}, kWhite{255, 255, 255}, kGrey{96, 96, 96};

/// Rows of RGB bytes, packed, row 0 at the top. What is drawn outside is left out. Not thread-safe.
class Canvas {
 public:
  Canvas() = default;
  /// Black. `height` and `width` in pixels, both at least 0.
  Canvas(int64_t height, int64_t width);
  static int64_t bytes(int64_t height, int64_t width) { return 3 * height * width; }

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  /// 3 * width() bytes. \pre 0 <= y < height()
  uint8_t* row(int64_t y) { return pixels_.data() + 3 * width_ * y; }
  const uint8_t* row(int64_t y) const { return pixels_.data() + 3 * width_ * y; }
  /// \pre inside
  Colour at(int64_t y, int64_t x) const;
  void set(int64_t y, int64_t x, Colour colour);
  /// The box with its first pixel at (y, x).
  void fill(int64_t y, int64_t x, int64_t height, int64_t width, Colour colour);
  /// Whether red, green and blue are the same everywhere.
  bool is_grey() const;

 private:
  int64_t height_ = 0, width_ = 0;
  std::vector<uint8_t> pixels_;
};

/// Draws every pixel of `from` as zoom x zoom pixels of `to`. \pre `to` is zoom times as large
void enlarge(const Canvas& from, int64_t zoom, Canvas& to);

}  // namespace parfocal
