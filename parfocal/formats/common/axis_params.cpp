#include "parfocal/formats/common/axis_params.h"

#include "parfocal/core/lowercase.h"
#include "parfocal/core/meant_axes.h"
#include "parfocal/core/meant_quantities.h"
#include "parfocal/core/operator_info.h"

namespace parfocal {

int64_t AxisSizes::find(const std::string& axis) const {
  for (const auto& [name, size] : entries)
    if (name == axis) return size;
  return -1;
}

// What the steps of an axis are apart in; "" where any unit will do.
static std::string measure_of(const std::string& axis) {
  if (axis == "t") return "s";
  return axis == "z" || axis == "y" || axis == "x" ? "um" : "";
}

// What `axis` needs in place of `unit`; "" where that can be its scale.
static std::string needed_unit(const std::string& axis, const std::string& unit) {
  if (axis == "c" || axis == "p")
    return "no scale of axis " + axis + ": channels and positions have no distance";
  const std::string measure = measure_of(axis);
  if (measure.empty() || unit_factor(unit, measure)) return "";
  return measure == "s" ? "a time such as 30 s" : "a length such as 0.65 um";
}

std::optional<std::string> ParamTraits<AxisScales>::parse(const RawValue& raw, AxisScales& out) {
  if (raw.kind != RawValue::Kind::map)
    return "needs a map such as {t: 30 s, y: 0.65 um, x: 0.65 um}";
  out.entries.clear();
  for (const auto& [axis, value] : raw.entries) {
    const auto quantity = value.kind == RawValue::Kind::scalar ? parse_quantity(value.text)
                                                               : std::optional<Quantity>();
    if (!quantity || !(quantity->value > 0) || ngff_unit(quantity->unit).empty())
      return "needs a number above 0 with its unit, such as 0.65 um or 30 s, in place of " + axis +
             ": " + value.str();
    if (const auto needed = needed_unit(axis, quantity->unit); !needed.empty())
      return "needs " + needed + ", in place of " + axis + ": " + value.str();
    out.entries.emplace_back(axis, *quantity);
  }
  return std::nullopt;
}

std::optional<std::string> ParamTraits<AxisSizes>::parse(const RawValue& raw, AxisSizes& out) {
  if (raw.kind != RawValue::Kind::map)
    return "needs a map of sizes >= 1 such as {t: 80, y: 512, x: 512}";
  out.entries.clear();
  for (const auto& [axis, value] : raw.entries) {
    int64_t size = 0;
    if (ParamTraits<int64_t>::parse(value, size) || size < 1)
      return "needs a whole number >= 1 in place of " + axis + ": " + value.str();
    out.entries.emplace_back(axis, size);
  }
  return std::nullopt;
}

static std::string axes_of(const Layout& layout) {
  std::string names;
  for (const auto* axes : {&layout.stream, &layout.item})
    for (const Axis& axis : *axes) names += (names.empty() ? "" : " ") + axis.name;
  return names;
}

// X and "xy" are names of axes that are there: the number is kept.
static std::string scale_cure(const std::string& name, const Quantity& quantity,
                              const Layout& layout) {
  std::string written;
  for (const char c : lowercase(name)) {
    const std::string axis(1, c);
    if (layout.find_stream(axis) < 0 && layout.find_item(axis) < 0)
      return "remove " + name + " from scale, or name the axis in axes";
    written += (written.empty() ? "write " : ", ") + axis + ": " + number_text(quantity.value) +
               " " + quantity.unit;
  }
  return written + " in place of " + name;
}

void apply_scales(const AxisScales& scales, Layout& layout) {
  for (const auto& [name, quantity] : scales.entries) {
    const int stream = layout.find_stream(name), item = layout.find_item(name);
    if (stream < 0 && item < 0)
      fail_layout("scale names axis '" + name + "', which the source does not have", name,
                  "axes of the source: " + axes_of(layout), scale_cure(name, quantity, layout));
    if (item >= 0 && !unit_factor(quantity.unit, "um"))
      fail_layout("the scale of axis '" + name + "' is not a length", quantity.unit,
                  "a unit of length", "write e.g. " + name + ": 0.65 um");
    Axis& axis = item >= 0 ? layout.item[static_cast<size_t>(item)]
                           : layout.stream[static_cast<size_t>(stream)];
    axis.scale = quantity.value;
    axis.unit = quantity.unit;
  }
}

void check_sizes_of(const AxisSizes& sizes, const Layout& layout) {
  for (const auto& [name, size] : sizes.entries)
    if (layout.find_stream(name) < 1)
      fail_layout("sizes names axis '" + name + "'", name, "stream axes after the first",
                  "remove it from sizes");
}

// No attempt at axes, as "file".
static bool is_word(const std::string& axes) { return axes.find_first_of("xyXY") == axes.npos; }

// "tyx" of "time y x", "Frame,Y,X" and "time-y-x": the first letter of each word; else as it is.
static std::string first_letters(const std::string& axes) {
  const std::string separators = " ,;-_/";
  if (axes.find_first_of(separators) == axes.npos) return axes;
  std::string letters;
  for (size_t at = 0; (at = axes.find_first_not_of(separators, at)) != axes.npos;) {
    const size_t end = std::min(axes.find_first_of(separators, at), axes.size());
    letters += axis_letter(axes.substr(at, end - at))[0];
    at = end;
  }
  return letters;
}

// "YXT" -> "tyx": the same axes as they may stand; "tyx" where they cannot.
static std::string possible_axes(const std::string& given) {
  if (is_word(given)) return "tyx";
  const std::string axes = first_letters(given);
  std::string lead;
  for (char c : axes) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c >= 'a' && c <= 'z' && c != 'y' && c != 'x' && lead.find(c) == lead.npos) lead += c;
  }
  return lead.empty() || lead.size() > kMaxRank ? "tyx" : lead + "yx";
}

Layout layout_of_axes(const std::string& axes) {
  bool good = axes.size() >= 2 && axes.ends_with("yx") && axes.size() <= kMaxRank + 2;
  for (size_t i = 0; i < axes.size(); ++i)
    good = good && axes[i] >= 'a' && axes[i] <= 'z' && axes.find(axes[i], i + 1) == axes.npos;
  if (!good)
    fail_layout("axes cannot be '" + axes + "'", axes,
                "different lower-case letters, the last two y x",
                "write axes: " + possible_axes(axes) +
                    (is_word(axes) ? ", or axes: auto for what image files say of theirs" : ""));
  Layout layout;
  for (size_t i = 0; i < axes.size(); ++i)
    (i + 2 < axes.size() ? layout.stream : layout.item)
        .push_back({std::string(1, axes[i]), 0, 1, "", {}});
  return layout;
}

}  // namespace parfocal
