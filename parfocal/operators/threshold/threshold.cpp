#include <cmath>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/raw_number.h"
#include "parfocal/operators/threshold/level.h"

namespace parfocal {
namespace {

struct ThresholdParams {
  std::string method = "otsu";
  std::optional<double> value;
  double factor = 1;
  double offset = 0;
  std::string compare = "gt";
  std::string foreground = "bright";
  std::string per = "frame";
};

RecipeNode comparison(const ThresholdParams& p) {
  RecipeNode node{"mask", "compare_threshold", RawValue::map(), {"$in"}};
  node.params.set("compare", RawValue::scalar(p.compare));
  node.params.set("foreground", RawValue::scalar(p.foreground));
  return node;
}

double level_of(const ThresholdParams& p) { return *p.value * p.factor + p.offset; }

void check_value(const ThresholdParams& p, const Connections& = {}) {
  const bool by_value = p.method == "value";
  if (by_value && !p.value)
    fail_layout("threshold by value needs 'value'", "nothing", "a number", "add e.g. value: 100");
  if (!by_value && p.value)
    fail_layout("threshold by " + p.method + " takes no value", "value",
                "value with method: value only", "add method: value, or remove value");
  if (by_value && !std::isfinite(level_of(p)))
    fail_layout("value * factor + offset is not a number", "", "a finite number",
                "choose smaller numbers");
}

Expansion by_value(const ThresholdParams& p) {
  const double level = level_of(p);
  RecipeNode mask = comparison(p);
  mask.params.set("value", raw_number(level));
  RecipeNode told{"level", "frame_threshold", RawValue::map(), {"$in"}};
  told.params.set("value", raw_number(level));
  return {{mask, told}, {"mask", "level"}};
}

// What finds a level: integers have counts of every grey level, floats a histogram of bins; where
// bins are too coarse (li, mean), the pixels of one frame are gone through.
std::string level_step(const ThresholdParams& p, const Layout& layout) {
  if (is_float(layout.dtype)) {
    if (!kernels::level_method(p.method)->of_levels) return "level_from_bins";
    if (p.per == "frame") return "level_from_pixels";
    fail_layout("the level by " + p.method + " of a stack of floats is not made",
                "per: stack of " + layout.str(), "per: frame, or integers of 8 or 16 bits",
                "write per: frame, or add a step before: {op: cast, dtype: uint16}");
  }
  if (dtype_size(layout.dtype) > 2)
    fail_layout(
        "the level by " + p.method + " counts every grey level, which is not possible with 32 bits",
        layout.str(), "integers of 8 or 16 bits, or floats",
        "add a step before: {op: cast, dtype: float32} or {op: cast, dtype: uint16}");
  return "level_from_counts";
}

Expansion by_method(const ThresholdParams& p, const Layout& layout) {
  Expansion e;
  RecipeNode level{"level", level_step(p, layout), RawValue::map(), {"$in"}};
  level.params.set("method", RawValue::scalar(p.method));
  level.params.set("factor", raw_number(p.factor));
  level.params.set("offset", raw_number(p.offset));
  if (level.op != "level_from_pixels") level.params.set("per", RawValue::scalar(p.per));
  if (level.op == "level_from_bins") {
    e.nodes.push_back({"range", "value_range", RawValue::map(), {"$in"}});
    e.nodes.back().params.set("per", RawValue::scalar(p.per));
    level.inputs.push_back("range");
  }
  e.nodes.push_back(level);
  e.nodes.push_back(comparison(p));
  e.nodes.back().inputs.push_back("level");
  e.outputs = {"mask", "level"};
  if (p.per == "stack") {
    e.nodes.push_back({"told", "frame_threshold", RawValue::map(), {"$in", "level"}});
    e.outputs[1] = "told";
  }
  return e;
}

Expansion expand_threshold(const ThresholdParams& p, std::span<const PortLayout> inputs) {
  check_value(p);
  return p.method == "value" ? by_value(p) : by_method(p, inputs[0].layout);
}

Parameters<ThresholdParams> threshold_params() {
  auto methods = threshold_parts::method_names([](const auto&) { return true; });
  methods.emplace_back("value");
  return Parameters<ThresholdParams>()
      .add("method", &ThresholdParams::method,
           "how the level is found; minimum smooths the histogram up to 10,000 times, which takes "
           "up to "
           "a second a frame of 16 bits")
      .choices(std::move(methods))
      .defaults("otsu")
      .add("value", &ThresholdParams::value, "the level of method value")
      .add("factor", &ThresholdParams::factor, "multiplies the level")
      .defaults("1")
      .add("offset", &ThresholdParams::offset, "added to the level after the factor")
      .defaults("0")
      .add("compare", &ThresholdParams::compare, "gt: above the level; ge: or equal to it")
      .choices({"gt", "ge"})
      .defaults("gt")
      .add("foreground", &ThresholdParams::foreground,
           "bright: pixels for which compare holds; dark: all others but NaN")
      .choices({"bright", "dark"})
      .defaults("bright")
      .add("per", &ThresholdParams::per, "frame: a level for each frame; stack: one for all frames")
      .choices({"frame", "stack"})
      .defaults("frame");
}

}  // namespace

PARFOCAL_OPERATOR(threshold) {
  return OperatorInfo{
      .name = "threshold",
      .summary =
          "Separates foreground from background at a level: that of a method (Otsu, Li, Yen, "
          "isodata, triangle, mean, minimum) of each frame (planes that collect has stacked share "
          "one), or a given one.",
      .family = "threshold",
      .kind = "recipe",
      .inputs = {{.dtypes = {DType::u8, DType::u16, DType::u32, DType::i8, DType::i16, DType::i32,
                             DType::f32, DType::f64},
                  .doc = "image; NaN is background and does not count"}},
      .outputs = {{.doc = "mask"},
                  {.name = "threshold",
                   .doc = "what pixels were compared with: level * factor + offset",
                   .frame_column = true}},
      .params = threshold_params(),
      .tolerance =
          "exact for integers (li: 1e-12; yen: a level whose criterion is the largest but "
          "for the last bit of float32); 1e-12 of the range of the image for floats (li and "
          "mean of float32: 1e-6, which scikit-image sums in float32)",
      .example = "{op: threshold, method: otsu}",
      .reference =
          "skimage.filters.threshold_otsu, _li, _yen, _isodata, _triangle, _mean, _minimum: "
          "a constant image has its value as level, and no minimum",
      .expand = expand_recipe<ThresholdParams>(expand_threshold)};
}

PARFOCAL_RULES(operators, threshold) {
  return Rules<ThresholdParams>()
      .add({"value", "method", "factor", "offset"}, check_value)
      .takes_images("in")
      .makes_pixels("out", {DType::boolean})
      .makes_number("threshold", DType::f64);
}

}  // namespace parfocal
