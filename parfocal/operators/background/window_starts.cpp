#include "parfocal/operators/background/window_starts.h"

#include <algorithm>
#include <cmath>

namespace parfocal::background {

WindowStarts::WindowStarts(kernels::ScratchCursor& cursor, int64_t kernel, double split_s)
    : kernel_(kernel),
      split_s_(split_s),
      state_(cursor.take<State>(1)),
      steps_(cursor.take<int64_t>(static_cast<size_t>(kernel))) {}

void WindowStarts::begin() {
  *state_ = State{};
  std::fill(steps_, steps_ + kernel_, int64_t{-1});
}

int64_t WindowStarts::add(int64_t number, double time_s) {
  State& s = *state_;
  steps_[number % kernel_] = -1;
  if (!std::isnan(time_s) && (s.newest < 0 || time_s > s.newest_s)) {
    s.before = s.newest;
    s.before_s = s.newest_s;
    s.newest = number;
    s.newest_s = time_s;
    find_starts(number);
  }
  const int64_t oldest = number - kernel_ + 1;
  return oldest < 0 ? -1 : steps_[oldest % kernel_];
}

// The steps up to the newest time begin at the newest frame or, if that is not farther, at the one
// before. Only the last step of each counts, however many a pause has passed over.
void WindowStarts::find_starts(int64_t number) {
  State& s = *state_;
  auto last = static_cast<int64_t>(s.newest_s / split_s_);
  while (time_of(last) > s.newest_s) --last;
  while (time_of(last + 1) <= s.newest_s) ++last;
  if (last < s.next_step) return;
  int64_t to_before = s.next_step - 1;
  if (s.before >= 0) {
    const auto nearer_before = [&](int64_t step) {
      return std::fabs(time_of(step) - s.before_s) <= std::fabs(time_of(step) - s.newest_s);
    };
    const double middle = (s.before_s + s.newest_s) / 2 / split_s_;
    to_before = std::clamp(static_cast<int64_t>(middle), s.next_step - 1, last);
    while (to_before < last && nearer_before(to_before + 1)) ++to_before;
    while (to_before >= s.next_step && !nearer_before(to_before)) --to_before;
  }
  if (to_before >= s.next_step) start_at(s.before, to_before, number);
  if (last > to_before) start_at(s.newest, last, number);
  s.next_step = last + 1;
}

void WindowStarts::start_at(int64_t number, int64_t step, int64_t newest) {
  steps_[std::max(number, newest - kernel_ + 1) % kernel_] = step;
}

}  // namespace parfocal::background
