#pragma once
/// Parameters that speak of axes: `axes: tyx`, `scale: {y: 0.65 um}`, `size: {t: 80, y: 64, x:
/// 64}`.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/layout.h"
#include "parfocal/core/parameters.h"

namespace parfocal {

struct AxisScales {
  std::vector<std::pair<std::string, Quantity>> entries;
};
struct AxisSizes {
  std::vector<std::pair<std::string, int64_t>> entries;  ///< in the order written
  int64_t find(const std::string& axis) const;           ///< -1 if not given
};

template <>
struct ParamTraits<AxisScales> {  // values > 0: t times, z y x lengths, c p none
  static std::string type_name() { return "map of axis to quantity"; }
  static std::optional<std::string> parse(const RawValue& raw, AxisScales& out);
};
template <>
struct ParamTraits<AxisSizes> {  // values >= 1
  static std::string type_name() { return "map of axis to integer"; }
  static std::optional<std::string> parse(const RawValue& raw, AxisSizes& out);
};

/// Sets scale and unit of the named axes. \throws Error(invalid_pipeline) if an axis is unknown or
/// if y or x is given a unit that is no length.
void apply_scales(const AxisScales& scales, Layout& layout);

/// \throws Error(invalid_pipeline) if `sizes` names what is no stream axis after the first.
void check_sizes_of(const AxisSizes& sizes, const Layout& layout);

/// "tzyx" -> stream axes t z, item axes y x, all of size 0. \throws Error(invalid_pipeline) unless
/// the names are different lower-case letters and the last two are y x.
Layout layout_of_axes(const std::string& axes);

}  // namespace parfocal
