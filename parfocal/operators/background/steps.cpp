#include "parfocal/operators/background/steps.h"

#include <algorithm>
#include <cmath>

namespace parfocal::background {

int64_t step_count(double duration_s, double split_s) {
  const double steps = std::ceil(duration_s / split_s);
  if (!(steps > 1)) return 1;
  return steps < 9e15 ? static_cast<int64_t>(steps) : INT64_MAX;
}

double guessed_duration_s(int64_t frames) { return static_cast<double>(frames) / 3600 * 1.5; }

double guessed_time_s(int64_t frame, int64_t frames) {
  const double duration = guessed_duration_s(frames);
  if (frames < 2) return 0;
  if (frame == frames - 1) return duration;
  return static_cast<double>(frame) * (duration / static_cast<double>(frames - 1));
}

StepWalk::StepWalk(kernels::ScratchCursor& cursor, const Shape& shape)
    : shape_(shape),
      state_(cursor.take<State>(1)),
      times_(cursor.take<double>(static_cast<size_t>(shape.kernel))),
      numbers_(cursor.take<int64_t>(static_cast<size_t>(shape.kernel))),
      starts_(cursor.take<int64_t>(static_cast<size_t>(shape.steps))),
      stops_(cursor.take<int64_t>(static_cast<size_t>(shape.steps))),
      start_s_(cursor.take<double>(static_cast<size_t>(shape.steps))),
      stop_s_(cursor.take<double>(static_cast<size_t>(shape.steps))) {}

bool StepWalk::add(double time_s, int64_t number) {
  if (step_count(time_s, shape_.split_s) > shape_.steps) return false;
  State& s = *state_;
  if (s.frames == 0 || time_s > s.newest.time_s) {
    s.before = s.newest;
    s.newest = {s.frames, number, time_s};
  } else if (time_s < s.newest.time_s) {
    move_to({s.frames, number, time_s});
  }
  times_[s.frames % shape_.kernel] = time_s;
  numbers_[s.frames % shape_.kernel] = number;
  ++s.frames;
  while (s.started < shape_.steps && time_of(s.started) <= time_s) find_start(s.started);
  while (s.stopped < shape_.steps && behind_middle(time_s, s.stopped) >= 0) find_stop(s.stopped);
  return true;
}

void StepWalk::finish(int64_t steps) {
  while (state_->started < steps) find_start(state_->started);
  while (state_->stopped < steps) find_stop(state_->stopped);
}

// The first of equals counts, so only a frame that is nearer takes a step over.
void StepWalk::move_to(const Run& frame) {
  State& s = *state_;
  s.fell = true;
  for (int64_t i = 0; i < s.started; ++i)
    if (std::fabs(time_of(i) - frame.time_s) < std::fabs(time_of(i) - start_s_[i])) {
      starts_[i] = frame.index;
      start_s_[i] = frame.time_s;
    }
  for (int64_t i = 0; i < s.stopped; ++i)
    if (std::fabs(behind_middle(frame.time_s, i)) < std::fabs(behind_middle(stop_s_[i], i))) {
      stops_[i] = frame.number;
      stop_s_[i] = frame.time_s;
    }
}

// A distance first falls and then rises with time, and its minimum lies at one of the two newest
// times, or it would have been found before. Rounding can make distances of different times equal:
// the first of them counts, as far back as times are known.
template <class Distance>
StepWalk::Run StepWalk::nearest(Distance&& distance) const {
  const State& s = *state_;
  Run best = s.newest;
  if (s.before.index >= 0 && distance(s.before.time_s) <= distance(best.time_s)) best = s.before;
  const double least = distance(best.time_s);
  const int64_t oldest = std::max<int64_t>(0, s.frames - shape_.kernel);
  for (int64_t i = best.index - 1; i >= oldest; --i) {
    const double time_s = times_[i % shape_.kernel];
    if (distance(time_s) != least) break;
    best = {i, numbers_[i % shape_.kernel], time_s};
  }
  return best;
}

void StepWalk::find_start(int64_t step) {
  const double at = time_of(step);
  const Run run = nearest([at](double t) { return std::fabs(at - t); });
  starts_[step] = run.index;
  start_s_[step] = run.time_s;
  state_->started = step + 1;
}

void StepWalk::find_stop(int64_t step) {
  const Run run = nearest([this, step](double t) { return std::fabs(behind_middle(t, step)); });
  stops_[step] = run.number;
  stop_s_[step] = run.time_s;
  state_->stopped = step + 1;
}

}  // namespace parfocal::background
