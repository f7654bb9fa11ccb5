#pragma once
/// How long the images of a store are in the end.

#include <cstdint>
#include <vector>

#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

/// Makes images that began alike, with the same first axis, end alike: positions and labels have
/// the steps of the longest. `steps`: of the first axis, by image; those of images without a stream
/// axis stay.
void take_common_length(const StoreSpec& spec, std::vector<int64_t>& steps);

}  // namespace parfocal
