#pragma once
/// Text on pictures, in a built-in font of 5 x 7 pixels: printable ASCII.

#include <cstdint>
#include <string_view>

#include "parfocal/formats/picture/drawing/canvas.h"

namespace parfocal {

inline constexpr int64_t kGlyphWidth = 5, kGlyphHeight = 7;

/// Pixels that draw_text() takes: glyphs with one column between them, each pixel `size` x `size`.
int64_t text_width(std::string_view text, int64_t size);
inline int64_t text_height(int64_t size) { return kGlyphHeight * size; }
/// Pixels of a letter's pixel that can be read on a picture of this width.
int64_t text_size_for(int64_t width);

/// Whether pixel (row, column) of a glyph is ink. Bytes that are no printable ASCII are drawn as ?.
bool is_ink(char letter, int64_t row, int64_t column);
/// Draws with the top left corner at (y, x).
void draw_text(Canvas& canvas, int64_t y, int64_t x, std::string_view text, int64_t size,
               Colour ink);
/// The same with a black rim of `size` pixels, so that it is seen on any ground.
void draw_rimmed_text(Canvas& canvas, int64_t y, int64_t x, std::string_view text, int64_t size,
                      Colour ink);

}  // namespace parfocal
