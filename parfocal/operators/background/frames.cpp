#include "parfocal/operators/background/frames.h"

#include <fmt/format.h>

#include "parfocal/operators/background/steps.h"

namespace parfocal::background {

SeriesShape::SeriesShape(const Layout& layout) {
  const int axis = layout.find_stream("t");
  if (axis < 0 || axis + 1 != static_cast<int>(layout.stream.size()))
    fail_layout("backgrounds are made along t, one series after the other", layout.str(),
                "t as the last axis before the |", "select one step of the axes after t first");
  if (layout.item.size() != 2 || layout.item[0].name != "y" || layout.item[1].name != "x")
    fail_layout("backgrounds are made of frames of rows and columns", layout.str(), "... t | y x",
                "select one step of the other axes inside the item first");
  if (layout.item_count() == 0)
    fail_layout("the frames have no pixels", layout.str(), "at least one pixel", "");
  t = static_cast<size_t>(axis);
  frames = layout.stream[t].size;
  height = layout.item[0].size;
  width = layout.item[1].size;
}

int64_t most_steps(const Layout& layout, double split_s) {
  const Axis& t = layout.stream[static_cast<size_t>(layout.find_stream("t"))];
  if (t.size == kUnbounded) return kUnbounded;
  const auto factor = t.unit.empty() ? std::nullopt : unit_factor(t.unit, "s");
  const double duration_s =
      factor ? t.scale * *factor * static_cast<double>(t.size - 1) : guessed_duration_s(t.size);
  const int64_t steps = step_count(duration_s, split_s);
  return steps < INT64_MAX - 2 ? steps + 2 : steps;  // times may end a little behind the scale
}

Status TimeAxis::next(State& state, const FrameHeader& header, int64_t number, int64_t frames,
                      double& time_s) {
  const bool unknown = std::isnan(header.time_s);
  const bool guess = state.begun ? state.guessed : unknown;
  if (guess && frames == kUnbounded)
    return Status::fail("the time of the frames is not known, nor how many there will be",
                        "use a source that states times, or a recording");
  if (unknown != guess || (!unknown && !std::isfinite(header.time_s)))
    return Status::fail(fmt::format("frame {} has {}", number,
                                    guess     ? "a time, frames before it had none"
                                    : unknown ? "no time, frames before it had one"
                                              : "a time that is not a number"),
                        "give all frames a time, or none");
  time_s = guess ? guessed_time_s(number, frames) : header.time_s;
  state = {time_s, true, guess};
  return {};
}

Status TimeAxis::next_rising(State& state, const FrameHeader& header, int64_t number,
                             int64_t frames, double& time_s) {
  State after = state;
  if (Status s = next(after, header, number, frames, time_s); !s.ok()) return s;
  const double before = state.begun ? state.last_s : 0;
  if (time_s < before)
    return Status::fail(
        fmt::format("the time of frame {} is {} s, after {} s", number, time_s, before),
        "times must not fall while the series goes on: use: final takes them");
  state = after;
  return {};
}

std::string TimeAxis::guess_notice(int64_t frames) {
  return fmt::format(
      "the time of the frames is not known: guessed a duration of {:.4g} s for {} frames (1.5 "
      "times "
      "as long as 3600 frames a second take)",
      guessed_duration_s(frames), frames);
}

}  // namespace parfocal::background
