#pragma once

#include <cstddef>
#include <cstdint>

namespace parfocal::kernels {

/// One horizontal run of footprint pixels: columns [begin, end) of row `row`, relative to the
/// origin of the footprint.
struct Chord {
  int32_t row = 0;
  int32_t begin = 0;
  int32_t end = 0;
};

/// A flat footprint as the union of its chords; rows may repeat and come in any order.
struct Footprint {
  const Chord* chords = nullptr;
  int64_t count = 0;
};

/// Writes the chords of scikit-image's disk(radius): samples -radius, -radius + 1, ... kept where
/// x^2 + y^2 <= radius^2. A fractional radius gives the same lopsided footprint as there, with
/// scipy's origin (size / 2). Returns the number of chords; writes at most `capacity` of them, so
/// (nullptr, 0) asks for the number.
int64_t disk_chords(double radius, Chord* chords, int64_t capacity) noexcept;

/// Writes the chords of a rows x columns rectangle with scipy's origin (size / 2): an even size
/// reaches one pixel further up and left. Returns `rows`; capacity as in disk_chords.
int64_t rectangle_chords(int64_t rows, int64_t columns, Chord* chords, int64_t capacity) noexcept;

/// Number of pixels of a footprint.
int64_t footprint_pixels(Footprint footprint) noexcept;

/// Largest distance a footprint reaches from its origin along either axis, in pixels: the halo a
/// tile needs for one erosion or dilation.
int64_t footprint_reach(Footprint footprint) noexcept;

}  // namespace parfocal::kernels
