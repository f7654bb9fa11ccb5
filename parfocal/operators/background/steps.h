#pragma once
/// When backgrounds are made and which frames they belong to: the steps of a sparse median series.
///
/// Step i lies at T_i = i * split_s, for i below step_count(duration). Its window are the `kernel`
/// frames from the one whose time is nearest to T_i on (the first of equals), pulled back where the
/// series ends before. Frames belong to a step up to (excluding) the frame that is nearest to
/// T_i + split_s / 2.
/// \source dcnum 0.31, bg_sparse_median.py

#include <cstdint>
#include <span>

#include "parfocal/kernels/scratch.h"

namespace parfocal::background {

/// Number of steps of a series: ceil(duration / split), and 1 where that is 0 (a single frame, or
/// all at one time).
int64_t step_count(double duration_s, double split_s);

/// Time of a frame when nothing is known but the number of frames: 3600 frames a second, half as
/// long again; as numpy.linspace(0, frames / 3600 * 1.5, frames).
double guessed_time_s(int64_t frame, int64_t frames);
double guessed_duration_s(int64_t frames);

/// Finds starts and stops of the steps while the frames come, from the times of the last `kernel`
/// frames alone; frames that are missing are not told to it. Where times fall (a clock that was set
/// back), frames may come that are nearer to a step than the one that was found: its start and stop
/// move on to them. The class is only a view: its memory belongs to the caller.
class StepWalk {
 public:
  /// First frame of a time.
  struct Run {
    int64_t index = -1;   ///< among the frames told
    int64_t number = -1;  ///< in the stream
    double time_s = 0;
  };
  struct State {
    int64_t frames = 0;   ///< frames told so far
    int64_t started = 0;  ///< steps whose start is known
    int64_t stopped = 0;  ///< steps whose stop is known
    Run newest, before;
    bool fell = false;  ///< a time was below one before: starts may have moved
  };
  struct Shape {
    int64_t kernel = 0;  ///< frames of a window
    int64_t steps = 0;   ///< most steps there is room for
    double split_s = 1;
  };

  /// Takes its memory from `cursor`, which may only count.
  StepWalk(kernels::ScratchCursor& cursor, const Shape& shape);
  void begin() { *state_ = State{}; }

  /// The next frame. False if the time has more steps than there is room for: nothing has changed
  /// then.
  bool add(double time_s, int64_t number);
  /// No frame will follow: finds what is still open of the first `steps` steps.
  void finish(int64_t steps);

  const State& state() const { return *state_; }
  /// Index of the first frame of a window, before it is pulled back. \pre step < started
  int64_t start(int64_t step) const { return starts_[step]; }
  /// Number of the first frame behind a step. \pre step < stopped
  int64_t stop(int64_t step) const { return stops_[step]; }
  double time_of(int64_t step) const { return static_cast<double>(step) * shape_.split_s; }

 private:
  template <class Distance>
  Run nearest(Distance&& distance) const;
  void move_to(const Run& frame);
  void find_start(int64_t step);
  void find_stop(int64_t step);
  double behind_middle(double time_s, int64_t step) const {
    return time_s - time_of(step) - shape_.split_s / 2;
  }

  Shape shape_;
  State* state_;
  double* times_;     // ring over the last `kernel` frames
  int64_t* numbers_;  // likewise
  int64_t* starts_;
  int64_t* stops_;
  double* start_s_;  // times of the frames where steps start and stop
  double* stop_s_;
};

}  // namespace parfocal::background
