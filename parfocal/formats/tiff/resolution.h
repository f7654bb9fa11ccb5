#pragma once
/// The tags XResolution, YResolution and ResolutionUnit as scales.

#include <string>

#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {

/// Pixels per inch or cm, in um; where `resolution_unit` is neither, a scale without a unit.
void set_resolution(Axis& axis, double resolution, int resolution_unit);

/// Of a file of ImageJ, whose description states the unit `stated`.
void set_imagej_resolution(Axis& axis, double resolution, int resolution_unit,
                           const std::string& stated, ForeignUnits& foreign);

}  // namespace parfocal
