#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace parfocal::kernels {

/// Most frames of a rolling window.
inline constexpr size_t kMostRollingFrames = 65535;

/// Pixels that a frame takes in memory when it takes part in a rolling window: the tail of the last
/// block may hold anything that is initialised.
template <class T>
constexpr size_t rolling_padded(size_t pixels) noexcept {
  constexpr size_t kBlock = 128 / sizeof(T);
  return (pixels + kBlock - 1) / kBlock * kBlock;
}

/// An order statistic of every pixel over a set of frames that changes by one frame at a time.
///
/// Every pixel has a ladder of 16 neighbouring levels and, for each, the number of values below it:
/// a frame that comes or goes changes the counts by one comparison each. As long as the answer lies
/// on the ladder it is read off the counts; a block of pixels with one that left is ranked anew (as
/// order_statistic does) and its ladders are set about the new answers. With noise of a few levels
/// that is rare; the worst case is that cost at every frame.
///
/// \shape   `state`: rolling_state_bytes; frames and `out`: rolling_padded values
/// \pre     window <= kMostRollingFrames is the most frames at once
/// \scratch rolling_scratch_bytes; state, scratch and `out` are aligned to 64 bytes
/// \threads safe with one state and scratch per thread. Equal values on every target. T: u8, u16
template <class T>
size_t rolling_state_bytes(size_t pixels, size_t window) noexcept;
size_t rolling_scratch_bytes(size_t window) noexcept;

/// The state of no frames.
template <class T>
void rolling_begin(void* state, size_t pixels, size_t window) noexcept;

/// Takes the frame `leaving` out and `entering` in; either may be null.
template <class T>
void rolling_replace(void* state, size_t pixels, size_t window, const T* leaving,
                     const T* entering) noexcept;

/// The value of rank `rank` (0 = smallest) of every pixel. `frames`: the frames that are in, in any
/// order; at least one, and rank < frames.size().
template <class T>
void rolling_value(void* state, size_t pixels, size_t window, std::span<const T* const> frames,
                   size_t rank, T* out, void* scratch) noexcept;

}  // namespace parfocal::kernels
