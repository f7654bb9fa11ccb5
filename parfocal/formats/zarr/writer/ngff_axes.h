#pragma once
/// The axes of a stream of frames as OME-NGFF has them.

#include <string>
#include <vector>

#include "parfocal/core/layout.h"

namespace parfocal {

/// The axes of the array: stream axes, then item axes. \throws Error(invalid_pipeline) unless they
/// are 2 to 5 of t c z y x, in this order, ending in y x.
std::vector<Axis> ngff_axes(const Layout& layout, const std::string& step);

}  // namespace parfocal
