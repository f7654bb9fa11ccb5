#include "parfocal/operators/background/background_params.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "parfocal/operators/background/frames.h"

namespace parfocal::background {
namespace {

// Shortest text that reads back as the same number.
RawValue number(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return RawValue::scalar(std::string(buffer, result.ptr));
}

}  // namespace

Parameters<SparseMedianParams> sparse_median_params(bool with_use) {
  using P = SparseMedianParams;
  Parameters<P> params;
  params.add("kernel_size", &P::kernel_size, "frames that one background is the median of")
      .at_least(1)
      .at_most(static_cast<double>(kMostKernel))
      .defaults("200")
      .add("split_time", &P::split_time, "time from one background to the next")
      .defaults("1 s")
      .add("thresh_cleansing", &P::thresh_cleansing,
           "how readily backgrounds that show cells are removed, larger = more of them; 0: all but "
           "frac_cleansing are")
      .at_least(0)
      .defaults("0")
      .add("frac_cleansing", &P::frac_cleansing,
           "least fraction of the backgrounds to keep; 1: none is removed")
      .above(0)
      .at_most(1)
      .defaults("0.8")
      .add("offset_correction", &P::offset_correction,
           "a brightness per frame, from its first 20 rows; auto: if the first 1000 frames flicker")
      .choices({"true", "false", "auto"})
      .defaults("true")
      .add("max_backgrounds", &P::max_backgrounds,
           "backgrounds to hold room for; default what the length of the series gives, or 2000")
      .at_least(1)
      .at_most(1e7);
  if (with_use)
    params
        .add("use", &P::use,
             "final: the exact backgrounds, when the series has ended; latest: provisional ones "
             "kernel_size frames behind the stream, never equal to the final ones")
        .choices({"final", "latest"})
        .defaults("final");
  return params;
}

RawValue sparse_median_values(const SparseMedianParams& p) {
  RawValue values = RawValue::map();
  values.set("kernel_size", RawValue::scalar(std::to_string(p.kernel_size)));
  values.set("split_time", number(p.split_time.value));
  values.set("thresh_cleansing", number(p.thresh_cleansing));
  values.set("frac_cleansing", number(p.frac_cleansing));
  values.set("offset_correction", RawValue::scalar(p.offset_correction));
  if (p.max_backgrounds)
    values.set("max_backgrounds", RawValue::scalar(std::to_string(*p.max_backgrounds)));
  return values;
}

int64_t background_capacity(const SparseMedianParams& p, const Layout& layout) {
  if (p.max_backgrounds) return *p.max_backgrounds;
  const int64_t steps = most_steps(layout, p.split_time.value);
  if (steps == kUnbounded) return kDefaultBackgrounds;
  if (steps > 10'000'000)
    fail_layout("a series of that length has too many backgrounds", layout.str(),
                "at most 10000000 backgrounds", "choose a longer split_time");
  return steps;
}

Status too_many_backgrounds(int64_t capacity, double time_s, double split_s) {
  return Status::fail(
      fmt::format("the series has more backgrounds than the {} there is room for: one each {} s, "
                  "and a frame at {} s",
                  capacity, split_s, time_s),
      "choose a larger max_backgrounds or a longer split_time");
}

TableSchema steps_schema(int64_t capacity) {
  using Type = Column::Type;
  return {{{"step", "", Type::integer},
           {"time_s", "s", Type::real},
           {"first_frame", "", Type::integer},
           {"end_frame", "", Type::integer},
           {"top_mean", "", Type::real},
           {"corrected", "", Type::integer}},
          capacity};
}

TableSchema frames_schema(int64_t capacity) {
  return {{{"index", "", Column::Type::integer}, {"offset", "", Column::Type::real}}, capacity};
}

}  // namespace parfocal::background
