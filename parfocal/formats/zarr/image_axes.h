#pragma once
/// Names and sizes of the axes of an array, as it, its image or the user says them.

#include "parfocal/formats/zarr/image_lookup.h"

namespace parfocal {

/// \throws Error(invalid_pipeline) if no array can have these axes
void check_array_axes(const std::string& axes);
/// Axes of an array without an image: the stated ones, or those that it names itself.
/// \throws Error(input_missing) if there are neither
std::vector<Axis> axes_of_array(const ZarrHierarchy& store, const std::string& path,
                                const ZarrArray& array, const std::string& stated);
/// Gives an image, which names its axes, those that the user states ("": none), with a notice.
void take_stated_axes(const std::string& stated, FoundImage& image);
/// Sizes from the array, whose chunks are looked for. \throws Error(input_missing) if the axes are
/// not as many, or the last two are not y x
void complete_axes(const ZarrHierarchy& store, FoundImage& image,
                   const std::vector<std::string>& channels);

}  // namespace parfocal
