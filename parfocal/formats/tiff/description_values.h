#pragma once
/// Numbers and scales of descriptions, which come from outside.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "parfocal/core/layout.h"
#include "parfocal/formats/common/length_units.h"

namespace parfocal {

inline constexpr int64_t kMostSize = int64_t{1} << 40;

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

/// No effect where the unit is none of what the axis measures.
inline void set_scale(Axis& axis, std::optional<double> scale, const std::string& unit_name) {
  const auto unit = own_unit(unit_name);
  if (!scale || !unit || unit->is_time != (axis.name == "t")) return;
  axis.scale = unit->of(*scale);
  axis.unit = unit->unit;
}

}  // namespace parfocal
