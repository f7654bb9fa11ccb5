#include "parfocal/formats/tiff/resolution.h"

#include "parfocal/core/length_units.h"
#include "parfocal/core/units.h"

namespace parfocal {
namespace {

constexpr int kInch = 2, kCentimetre = 3;  // of the tag

bool is_pixel(const std::string& unit) {
  return unit == "pixel" || unit == "pixels" || unit == "px";
}

}  // namespace

void set_resolution(Axis& axis, double resolution, int resolution_unit) {
  if (!(resolution > 0)) return;
  const bool per_cm = resolution_unit == kCentimetre;
  // A resolution of screens, which programs write that know of none.
  if (!per_cm && (resolution == 72 || resolution == 96)) return;
  axis.unit = per_cm || resolution_unit == kInch ? "um" : "";
  const double metres = per_cm ? 0.01 : 0.0254;
  axis.scale = axis.unit.empty()
                   ? 1 / resolution
                   : OwnUnit{axis.unit, metres, *unit_factor("um", "m")}.of(1 / resolution);
}

// ImageJ takes a resolution per unit of its description, whatever ResolutionUnit says, but for
// pixels per cm of a description in um (FileOpener.decodeDescriptionString). Without a unit the tag
// counts, and where the unit is the pixel.
void set_imagej_resolution(Axis& axis, double resolution, int resolution_unit,
                           const std::string& stated, ForeignUnits& foreign) {
  const bool per_cm = resolution_unit == kCentimetre && stated == "um";
  if (per_cm || is_no_unit(stated) || is_pixel(stated))
    return set_resolution(axis, resolution, resolution_unit);
  if (resolution > 0) set_scale(axis, 1 / resolution, stated, foreign);
}

}  // namespace parfocal
