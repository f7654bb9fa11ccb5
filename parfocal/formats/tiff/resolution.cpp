#include "parfocal/formats/tiff/resolution.h"

#include <iterator>

#include "parfocal/core/length_units.h"
#include "parfocal/core/units.h"

namespace parfocal {
namespace {

constexpr int kInch = 2, kCentimetre = 3;  // of the tag

// Millimetres and micrometres are no numbers of TIFF 6, but tifffile and others write them.
double metres_of(int resolution_unit) {
  constexpr double kMetres[] = {0, 0, 0.0254, 0.01, 1e-3, 1e-6};
  const bool known = resolution_unit >= 0 && resolution_unit < static_cast<int>(std::size(kMetres));
  return known ? kMetres[resolution_unit] : 0;
}

bool is_pixel(const std::string& unit) {
  return unit == "pixel" || unit == "pixels" || unit == "px";
}

}  // namespace

void set_resolution(Axis& axis, double resolution, int resolution_unit) {
  if (!(resolution > 0)) return;
  const double metres = metres_of(resolution_unit);
  // A resolution of screens, which programs write that know of none.
  const bool of_screens = metres == 0 || resolution_unit == kInch;
  if (of_screens && (resolution == 72 || resolution == 96)) return;
  axis.unit = metres > 0 ? "um" : "";
  axis.scale = metres > 0 ? OwnUnit{"um", metres, *unit_factor("um", "m")}.of(1 / resolution)
                          : 1 / resolution;
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
