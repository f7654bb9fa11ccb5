#pragma once
/// Numbers and scales of descriptions, which come from outside.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/layout.h"

namespace parfocal {

inline constexpr int64_t kMostSize = int64_t{1} << 40;
/// Of a length in a unit that nobody knows (UnitsLength of the OME schema).
inline constexpr std::string_view kReferenceFrame = "reference frame";

inline std::optional<int64_t> whole_number(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  char* end = nullptr;
  const long long n = std::strtoll(text->c_str(), &end, 10);
  return *end == '\0' && n >= 0 && n <= kMostSize ? std::optional<int64_t>(n) : std::nullopt;
}

inline std::optional<double> positive(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  char* end = nullptr;
  const double v = std::strtod(text->c_str(), &end);
  return *end == '\0' && v > 0 && std::isfinite(v) ? std::optional(v) : std::nullopt;
}

/// Units that are none of what their axes measure ("px", "frame"), each with its axes: "z y x".
using ForeignUnits = std::map<std::string, std::string>;

/// A unit that says that there is none: the schema's arbitrary one ("reference frame"), or nothing.
inline bool is_no_unit(std::string_view name) {
  const size_t first = name.find_first_not_of(' ');
  return first == name.npos || name.substr(first) == kReferenceFrame || name == "null";
}

/// The scale counts whatever its unit is: in one of ours, or without a unit where it has none, or a
/// foreign one, which is noted.
void set_scale(Axis& axis, std::optional<double> scale, const std::string& unit_name,
               ForeignUnits& foreign);

/// For the user, one sentence for each unit.
std::vector<std::string> foreign_unit_notices(const ForeignUnits& foreign);

}  // namespace parfocal
