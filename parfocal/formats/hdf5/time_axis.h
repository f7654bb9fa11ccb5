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
  std::vector<double> seconds;  ///< since the first frame, one per frame; empty if unknown
  std::vector<std::string> notices;
  /// Seconds between two frames on average; 0 = unknown.
  double step_s() const;
};

/// `frames`: how many images there are; `chosen`: those of them that are wanted, empty = all; their
/// first one has the time 0. \throws Error(input_missing) if the feature that decides
/// has another length, is not finite, or runs backwards: names the first such frame
TimeAxis read_time_axis(const RtdcFile& file, int64_t frames, std::span<const int64_t> chosen = {});

/// n numbers from 0 to `last`, both included, as numpy.linspace rounds them.
std::vector<double> evenly_spaced(double last, int64_t n);

}  // namespace parfocal
