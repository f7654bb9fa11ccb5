#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/footprint.h"
#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// 64-bit words that hold one packed row of `width` pixels; pixel x is bit x % 64 of word x / 64.
constexpr int64_t packed_words(int64_t width) noexcept { return (width + 63) / 64; }

/// Packs a byte mask (nonzero = 1) row after row into height x packed_words(width) words; the bits
/// past `width` in a row's last word are 0. Thread safe.
void pack(Plane<const uint8_t> mask, uint64_t* words) noexcept;

/// Unpacks words laid out as by pack() to bytes 0 or 1. Thread safe.
void unpack(const uint64_t* words, Plane<uint8_t> mask) noexcept;

/// A rectangle of pixels inside an image.
struct Window {
  int64_t x0 = 0;
  int64_t y0 = 0;
  int64_t width = 0;
  int64_t height = 0;
};

/// Binary morphology of byte masks by a flat footprint.
///
/// erode:  out(p) = AND of in(p + k) over the footprint's pixels k; outside of the image counts
/// as 1. dilate: out(p) = OR of in(p - k); outside counts as 0. open:   erode, then dilate. close:
/// dilate, then erode. The border rule holds at both steps, so
///         opening does not eat objects at the border. This is scikit-image's binary_* (0.19.3).
///
/// \shape   `in` is any mask (nonzero = 1); `out` receives the bytes 0 or 1 of `window`, a
/// rectangle
///          inside `in`. Everything outside `in` counts as outside of the image: a tile passes
///          its region with a halo of footprint_reach() (twice that for open and close) cut at the
///          real image border, and asks for the region alone.
/// \scratch erode_scratch_bytes / open_scratch_bytes of the width of `in`, aligned to 64 bytes;
///          rows stream through, so the size does not depend on the height.
/// \threads safe with one scratch per thread; `out` must not overlap `in`.
/// Integer only: the same bytes on every target. An empty footprint gives all 1 (erode) or all 0.
void erode(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
           void* scratch) noexcept;
void dilate(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
            void* scratch) noexcept;
void open(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
          void* scratch) noexcept;
void close(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
           void* scratch) noexcept;

/// Scratch of erode() and dilate() for an input of `width` columns.
size_t erode_scratch_bytes(int64_t width, Footprint footprint) noexcept;

/// Scratch of open() and close().
size_t open_scratch_bytes(int64_t width, Footprint footprint) noexcept;

}  // namespace parfocal::kernels
