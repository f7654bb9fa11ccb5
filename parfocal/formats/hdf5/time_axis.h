#pragma once
/// The time of every frame of an .rtdc file, by dcnum's rules: the feature `time`; else `frame` and
/// the frame rate; else the frame rate alone, which is an approximation; else nothing is known.

#include <span>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/rtdc_file.h"

namespace parfocal {

struct TimeAxis {
  enum class Origin : uint8_t { time, frame, rate, unknown };
  Origin origin = Origin::unknown;
  int64_t frames = 0;  ///< that have a time
  std::vector<std::string> notices;
  bool is_known() const { return origin != Origin::unknown; }
  /// Seconds since the first frame, if they are known.
  double at(int64_t frame) const;
  /// Seconds between two frames on average; 0 = unknown.
  double step_s() const;

  std::vector<double> seconds;  ///< one per frame; empty: evenly spaced
  double last_s = 0;            ///< of evenly spaced ones: the time of the last frame
};

/// `frames`: how many images there are; `chosen`: those of them that are wanted, empty = all; their
/// first one has the time 0. \throws Error(input_missing) if the feature that decides
/// has another length, is not finite, or runs backwards: names the first such frame
TimeAxis read_time_axis(const RtdcFile& file, int64_t frames, std::span<const int64_t> chosen = {});

/// Number i of n from 0 to `last`, both included, as numpy.linspace rounds them.
double evenly_spaced(double last, int64_t n, int64_t i);

}  // namespace parfocal
