#pragma once
/// A bar on a picture that tells how long something is.

#include <cstdint>
#include <optional>
#include <string>

#include "parfocal/formats/picture/drawing/canvas.h"

namespace parfocal {

struct ScaleBar {
  double pixels = 0;  ///< of the image, before it is enlarged
  std::string text;   ///< "10 um"
};

/// The length of 1, 2 or 5 times a power of ten that is nearest to a fifth of `width` pixels, in
/// nm, um or mm. \pre um_per_pixel > 0, width > 0
ScaleBar auto_scale_bar(int64_t width, double um_per_pixel);
/// A bar of a length that was given.
ScaleBar scale_bar_of(double length_um, double um_per_pixel, std::string text);

/// Draws it white with a black rim at the lower right, its text above it, on a canvas `zoom` times
/// as large as the image.
void draw_scale_bar(Canvas& canvas, const ScaleBar& bar, int64_t zoom);

}  // namespace parfocal
