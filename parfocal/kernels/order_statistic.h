#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace parfocal::kernels {

/// Bytes of scratch that order_statistic needs for a number of frames.
size_t order_statistic_scratch_bytes(size_t frames) noexcept;

/// The value of rank `rank` (0 = smallest) of every pixel over a set of frames.
///
/// \shape   each of `frames` points to `pixels` values, and so does `out`; the order of the frames
///          does not matter, so a ring is given as it lies
/// \pre     frames.size() >= 1, rank < frames.size(); `out` overlaps no frame
/// \scratch order_statistic_scratch_bytes, aligned to 64 bytes
/// \threads safe with one scratch per thread. Equal bytes on every target. T: u8, u16
///
/// The answer is found bit by bit: a bit belongs to it if no more than `rank` values lie below the
/// answer so far with that bit set. One pass over a block of pixels counts those values, a vector
/// of pixels at a time; a block of all frames is packed into the first level cache before, and
/// passes over bits above the range of its values are left out.
template <class T>
void order_statistic(std::span<const T* const> frames, size_t rank, size_t pixels, T* out,
                     void* scratch) noexcept;

}  // namespace parfocal::kernels
