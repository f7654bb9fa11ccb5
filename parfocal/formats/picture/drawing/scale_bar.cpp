#include "parfocal/formats/picture/drawing/scale_bar.h"

#include <algorithm>
#include <cmath>

#include "parfocal/formats/picture/drawing/font.h"

namespace parfocal {
namespace {

// "500 nm", "20 um", "5 mm": of a length whose digits are few.
std::string length_text(int64_t digit, int exponent) {
  const char* unit = exponent < 0 ? "nm" : exponent < 3 ? "um" : "mm";
  const int shift = exponent < 0 ? exponent + 3 : exponent < 3 ? exponent : exponent - 3;
  if (shift < 0) return std::to_string(digit) + "e" + std::to_string(shift) + " " + unit;
  return std::to_string(digit) + std::string(static_cast<size_t>(shift), '0') + " " + unit;
}

}  // namespace

ScaleBar auto_scale_bar(int64_t width, double um_per_pixel) {
  const double wanted = static_cast<double>(width) * um_per_pixel / 5;
  const int power = static_cast<int>(std::floor(std::log10(wanted)));
  ScaleBar best;
  double off = INFINITY;
  for (int exponent = power - 1; exponent <= power + 1; ++exponent)
    for (const int64_t digit : {1, 2, 5}) {
      const double length = static_cast<double>(digit) * std::pow(10, exponent);
      if (std::abs(length - wanted) >= off) continue;
      off = std::abs(length - wanted);
      best = {length / um_per_pixel, length_text(digit, exponent)};
    }
  return best;
}

ScaleBar scale_bar_of(double length_um, double um_per_pixel, std::string text) {
  return {length_um / um_per_pixel, std::move(text)};
}

void draw_scale_bar(Canvas& canvas, const ScaleBar& bar, int64_t zoom) {
  const int64_t size = text_size_for(canvas.width());
  const int64_t margin = 6 * size, thickness = 3 * size;
  const auto length = std::max<int64_t>(1, std::llround(bar.pixels * static_cast<double>(zoom)));
  const int64_t y = canvas.height() - margin - thickness, x = canvas.width() - margin - length;
  canvas.fill(y - size, x - size, thickness + 2 * size, length + 2 * size, kBlack);
  canvas.fill(y, x, thickness, length, kWhite);
  const int64_t wide = text_width(bar.text, size);
  const int64_t right = canvas.width() - 2 * size - wide;  // the last place where all is seen
  draw_rimmed_text(canvas, y - 3 * size - text_height(size),
                   std::min(x + (length - wide) / 2, right), bar.text, size, kWhite);
}

}  // namespace parfocal
