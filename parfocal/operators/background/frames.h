#pragma once
/// What the background operators share: how a series of frames is checked when it is bound, where
/// frames lie in a state, and the numbers taken of one frame.

#include <cmath>
#include <span>
#include <string>

#include "parfocal/core/operator_info.h"
#include "parfocal/kernels/order_statistic.h"
#include "parfocal/kernels/scratch.h"
#include "parfocal/kernels/sums.h"

namespace parfocal::background {

/// Rows whose mean tells the brightness of a frame: the channel's wall, where cells do not pass.
inline constexpr int64_t kTopRows = 20;

/// A series that backgrounds can be made of: `... t | y x`.
/// \throws Error otherwise
struct SeriesShape {
  explicit SeriesShape(const Layout& layout);
  size_t t = 0;        ///< position of axis t among the stream axes: the last one
  int64_t frames = 0;  ///< along t, or kUnbounded
  int64_t height = 0, width = 0;
  int64_t pixels() const { return height * width; }
};

/// Most steps that the frames of `layout` can give, from the scale of t where it is a time, else
/// from the guessed duration; kUnbounded if the length is not known.
int64_t most_steps(const Layout& layout, double split_s);

/// Mean of the first kTopRows rows of a packed plane: the exact sum, divided once.
template <class T>
double top_mean(const T* plane, int64_t height, int64_t width) {
  const int64_t count = std::min(height, kTopRows) * width;
  return static_cast<double>(kernels::row_sum(plane, count)) / static_cast<double>(count);
}

/// Largest minus smallest pixel of each row of `rows` of a packed plane.
template <class T>
void row_ranges(const T* plane, int64_t width, int64_t first, std::span<uint16_t> ranges) {
  for (size_t r = 0; r < ranges.size(); ++r) {
    const auto row =
        kernels::row_extremes(plane + (first + static_cast<int64_t>(r)) * width, width);
    ranges[r] = static_cast<uint16_t>(row.max - row.min);
  }
}

/// Places for `slots` packed frames of one size, each aligned, and the order statistic over some of
/// them. A view: the memory belongs to the caller.
template <class T>
class FrameRing {
 public:
  FrameRing(kernels::ScratchCursor& cursor, int64_t slots, int64_t pixels)
      : pixels_(pixels),
        stride_((pixels * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64 /
                static_cast<int64_t>(sizeof(T))),
        frames_(cursor.take<T>(static_cast<size_t>(slots * stride_))),
        inside_(cursor.take<const T*>(static_cast<size_t>(slots))),
        scratch_(cursor.take<std::byte>(
            kernels::order_statistic_scratch_bytes(static_cast<size_t>(slots)))) {}

  T* slot(int64_t s) const { return frames_ + s * stride_; }
  void store(int64_t s, const View& image) const {
    copy_pixels(image,
                packed_view(reinterpret_cast<std::byte*>(slot(s)), image.dtype, image.region));
  }
  /// Median (the upper one of an even number) of the frames for which `is_in(slot)` holds, of
  /// slots [0, slots); their number. Writes nothing if that is 0.
  template <class IsIn>
  int64_t median(int64_t slots, IsIn&& is_in, T* out) const {
    size_t count = 0;
    for (int64_t s = 0; s < slots; ++s)
      if (is_in(s)) inside_[count++] = slot(s);
    if (count > 0)
      kernels::order_statistic<T>({inside_, count}, count / 2, static_cast<size_t>(pixels_), out,
                                  scratch_);
    return static_cast<int64_t>(count);
  }

 private:
  int64_t pixels_, stride_;
  T* frames_;
  const T** inside_;
  std::byte* scratch_;
};

/// Where the times of a series come from: its headers, or, where the first has none, a guess.
class TimeAxis {
 public:
  struct State {
    double last_s = 0;
    bool begun = false, guessed = false;
  };
  /// Checks and takes the time of the next frame, number `number` of `frames`; `state` changes only
  /// on success.
  static Status next(State& state, const FrameHeader& header, int64_t number, int64_t frames,
                     double& time_s);
  /// As next(), of times that must not fall.
  static Status next_rising(State& state, const FrameHeader& header, int64_t number, int64_t frames,
                            double& time_s);
  /// What a guess tells the user.
  static std::string guess_notice(int64_t frames);
};

}  // namespace parfocal::background
