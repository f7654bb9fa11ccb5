#include "parfocal/formats/hdf5/time_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace parfocal {
namespace {

// A measurement has pauses: dcnum takes its duration as half as long again as its frames need.
constexpr double kPauses = 1.5;

[[noreturn]] void fail(const RtdcFile& file, const std::string& feature, const std::string& what,
                       const std::string& given) {
  throw Error(
      ErrorCode::input_missing,
      Issue{what, file.h5()->where("events/" + feature), given, "finite numbers, one per image",
            "repair the feature, or remove it so that the frame rate is used"});
}

// Clocks are set back in real measurements: what needs no time does not care, and what does refuses
// it where it matters.
void check(const RtdcFile& file, const std::string& feature, const std::vector<double>& values,
           int64_t frames, std::vector<std::string>& notices) {
  if (static_cast<int64_t>(values.size()) != frames)
    fail(file, feature, "the feature and the images differ in length",
         fmt::format("{} values, {} images", values.size(), frames));
  size_t falls = 0, first = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      fail(file, feature, "the time of a frame is no number",
           fmt::format("{} at frame {}", values[i], i));
    if (i > 0 && values[i] < values[i - 1] && falls++ == 0) first = i;
  }
  if (falls > 0)
    notices.push_back(fmt::format("The feature '{}' runs backwards {}: {} at frame {} after {}.",
                                  feature, falls == 1 ? "once" : fmt::format("{} times", falls),
                                  values[first], first, values[first - 1]));
}

// In place: places ascend, so nothing is overwritten before it is read.
std::vector<double> picked(std::vector<double> values, std::span<const int64_t> chosen) {
  if (chosen.empty()) return values;
  for (size_t i = 0; i < chosen.size(); ++i) values[i] = values[static_cast<size_t>(chosen[i])];
  values.resize(chosen.size());
  return values;
}

// Differences of float32 stay float32, as they do in dcnum.
std::vector<double> from_first(std::vector<double> values, DType stored) {
  const double first = values.empty() ? 0 : values[0];
  for (double& value : values)
    value = stored == DType::f32 ? static_cast<double>(static_cast<float>(value - first))
                                 : value - first;
  return values;
}

double frame_rate(const RtdcFile& file) {
  const auto rate = number_of(file.attribute("imaging:frame rate"));
  return rate && std::isfinite(*rate) && *rate > 0 ? *rate : 0;
}

}  // namespace

double TimeAxis::at(int64_t frame) const {
  if (seconds.empty()) return evenly_spaced(last_s, frames, frame);
  return seconds[static_cast<size_t>(frame)];
}

double TimeAxis::step_s() const {
  if (frames < 2) return 0;
  if (seconds.empty()) return last_s / static_cast<double>(frames - 1);
  // To the latest one: it is what there has to be room for, also where times fall.
  const double latest = *std::max_element(seconds.begin(), seconds.end());
  return (latest - seconds.front()) / static_cast<double>(seconds.size() - 1);
}

double evenly_spaced(double last, int64_t n, int64_t i) {
  if (n < 2) return 0;
  return i + 1 == n ? last : static_cast<double>(i) * (last / static_cast<double>(n - 1));
}

TimeAxis read_time_axis(const RtdcFile& file, int64_t frames, std::span<const int64_t> chosen) {
  TimeAxis axis;
  const double rate = frame_rate(file);
  if (file.has("time")) {
    DType stored = DType::f64;
    std::vector<double> times = file.scalar("time", &stored);
    check(file, "time", times, frames, axis.notices);
    if (stored == DType::f32 && rate > 0 && file.has("frame"))
      axis.notices.push_back(
          "The feature 'time' is float32 although 'frame' and the frame rate are known: dclab "
          "calls "
          "it defective; dcnum uses it, and so does Parfocal.");
    axis.seconds = from_first(picked(std::move(times), chosen), stored);
    axis.origin = TimeAxis::Origin::time;
  } else if (rate > 0 && file.has("frame")) {
    std::vector<double> times = file.scalar("frame");
    check(file, "frame", times, frames, axis.notices);
    for (double& time : times) time /= rate;
    axis.seconds = from_first(picked(std::move(times), chosen), DType::f64);
    axis.origin = TimeAxis::Origin::frame;
  } else if (rate > 0) {
    const double duration = static_cast<double>(frames) / rate * kPauses;
    axis.last_s = duration;
    for (const int64_t frame : chosen)
      axis.seconds.push_back(evenly_spaced(duration, frames, frame));
    axis.seconds = from_first(std::move(axis.seconds), DType::f64);
    axis.origin = TimeAxis::Origin::rate;
    axis.notices.push_back(fmt::format(
        "The time axis is approximated: no 'time' and no 'frame' in the file, so {} frames at {} "
        "Hz are taken to last {:.4g} s, half as long again as they need.",
        frames, rate, duration));
  }
  if (axis.is_known()) axis.frames = chosen.empty() ? frames : static_cast<int64_t>(chosen.size());
  return axis;
}

}  // namespace parfocal
