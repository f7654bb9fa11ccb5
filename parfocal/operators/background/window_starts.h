#pragma once
/// Which frames begin a window, for backgrounds that are used before the series has ended.

#include <cstdint>

#include "parfocal/kernels/scratch.h"

namespace parfocal::background {

/// As StepWalk, without memory of the steps: of the last `kernel` items of a stream (gaps counted),
/// the last step whose window starts there. A window that would start before them (more than
/// `kernel` frames at one time, or a kernel of 1) starts at the first of them. A view: the memory
/// belongs to the caller.
class WindowStarts {
 public:
  struct State {
    int64_t next_step = 0;             ///< the first step whose start is not known
    int64_t newest = -1, before = -1;  ///< first frames of the two newest times
    double newest_s = 0, before_s = 0;
  };
  WindowStarts(kernels::ScratchCursor& cursor, int64_t kernel, double split_s);
  void begin();
  /// Item `number` is there (a gap, if `time_s` is NaN), items come in order. The step whose window
  /// it completes, -1 if none.
  int64_t add(int64_t number, double time_s);

  /// Times of more steps than a number can count are refused by the caller.
  static bool countable(double time_s, double split_s) { return time_s / split_s < 9e15; }

 private:
  double time_of(int64_t step) const { return static_cast<double>(step) * split_s_; }
  void find_starts(int64_t number);
  void start_at(int64_t number, int64_t step, int64_t newest);

  int64_t kernel_;
  double split_s_;
  State* state_;
  int64_t* steps_;  // ring over the last `kernel` items
};

}  // namespace parfocal::background
