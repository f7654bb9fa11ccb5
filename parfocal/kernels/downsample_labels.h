#pragma once

#include <cstdint>

#include "parfocal/kernels/plane.h"

/// Image pyramids of what must not be averaged: labels, masks, indices.
///
/// Blocks, edges, half sizes and tiles as in downsample.h. All functions are thread-safe and take
/// empty planes and any strides; what is written overlaps nothing that is read.
namespace parfocal::kernels {

/// half = the value that most of the 2 x 2 pixels have; of several such values the smallest (so
/// background 0 wins from a label that covers half of the block).
/// T: uint8_t ... uint64_t, int8_t ... int64_t.
/// \pre half has the half sizes of image
/// \source tensorstore, driver "downsample", method "mode" (the same bytes)
template <class T>
void mode_2x2(Plane<const T> image, Plane<T> half) noexcept;

/// The same for the 2 x 2 x 2 pixels of two planes of one size; their order does not matter.
template <class T>
void mode_2x2x2(Plane<const T> first, Plane<const T> second, Plane<T> half) noexcept;

/// half = pixel (2y, 2x): the nearest one that begins the block. In z: of the first plane.
/// T: uint8_t ... uint64_t, int8_t ... int64_t, float, double; NaN and -0 stay as they are.
/// \pre half has the half sizes of image
/// \source tensorstore, driver "downsample", method "stride" (the same bytes)
template <class T>
void nearest_2x2(Plane<const T> image, Plane<T> half) noexcept;

}  // namespace parfocal::kernels
