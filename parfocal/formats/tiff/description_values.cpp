#include "parfocal/formats/tiff/description_values.h"

#include "parfocal/core/length_units.h"

namespace parfocal {

void set_scale(Axis& axis, std::optional<double> scale, const std::string& unit_name,
               ForeignUnits& foreign) {
  if (!scale) return;
  const auto unit = own_unit(unit_name);
  if (unit && unit->is_time == (axis.name == "t")) {
    axis.scale = unit->of(*scale);
    axis.unit = unit->unit;
    return;
  }
  axis.scale = *scale;
  axis.unit.clear();
  if (*scale == 1 && !unit) return;  // a pixel a pixel
  if (is_no_unit(unit_name)) return;
  std::string& axes = foreign[unit_name];
  axes += (axes.empty() ? "" : " ") + axis.name;
}

std::vector<std::string> foreign_unit_notices(const ForeignUnits& foreign) {
  std::vector<std::string> notices;
  for (const auto& [unit, axes] : foreign) {
    const bool several = axes.find(' ') != axes.npos;
    const std::string quantity = axes == "t"                   ? "time"
                                 : axes.find('t') == axes.npos ? "length"
                                                               : "length or time";
    notices.push_back("The unit \"" + unit + "\" of " + (several ? "axes " : "axis ") + axes +
                      " is no " + quantity + " that is known: " +
                      (several ? "their scales have" : "its scale has") + " no unit.");
  }
  return notices;
}

}  // namespace parfocal
