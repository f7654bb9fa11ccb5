#include "parfocal/formats/picture/drawing/canvas.h"

#include <algorithm>
#include <cstring>

namespace parfocal {

Canvas::Canvas(int64_t height, int64_t width)
    : height_(height), width_(width), pixels_(static_cast<size_t>(bytes(height, width))) {}

Colour Canvas::at(int64_t y, int64_t x) const {
  const uint8_t* p = row(y) + 3 * x;
  return {p[0], p[1], p[2]};
}

void Canvas::set(int64_t y, int64_t x, Colour colour) {
  if (y < 0 || x < 0 || y >= height_ || x >= width_) return;
  uint8_t* p = row(y) + 3 * x;
  p[0] = colour.red;
  p[1] = colour.green;
  p[2] = colour.blue;
}

void Canvas::fill(int64_t y, int64_t x, int64_t height, int64_t width, Colour colour) {
  const int64_t bottom = std::min(y + height, height_), right = std::min(x + width, width_);
  for (int64_t r = std::max<int64_t>(y, 0); r < bottom; ++r)
    for (int64_t c = std::max<int64_t>(x, 0); c < right; ++c) set(r, c, colour);
}

bool Canvas::is_grey() const {
  for (size_t i = 0; i < pixels_.size(); i += 3)
    if (pixels_[i] != pixels_[i + 1] || pixels_[i] != pixels_[i + 2]) return false;
  return true;
}

void enlarge(const Canvas& from, int64_t zoom, Canvas& to) {
  const auto row_bytes = static_cast<size_t>(3 * to.width());
  for (int64_t y = 0; y < from.height(); ++y) {
    uint8_t* first = to.row(y * zoom);
    uint8_t* out = first;
    for (int64_t x = 0; x < from.width(); ++x)
      for (int64_t k = 0; k < zoom; ++k, out += 3) std::memcpy(out, from.row(y) + 3 * x, 3);
    for (int64_t k = 1; k < zoom; ++k) std::memcpy(to.row(y * zoom + k), first, row_bytes);
  }
}

}  // namespace parfocal
