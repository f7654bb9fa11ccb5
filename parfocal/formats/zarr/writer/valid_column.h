#pragma once
/// The column `valid` of an image: which frames its readers may take.

#include "parfocal/core/frame_set.h"
#include "parfocal/formats/zarr/array_reader.h"

namespace parfocal {

/// Adds those of the frames [first, end) that the column says are there; rows beyond its end say
/// nothing. False where it cannot be read: then only frames before that were added. `column` is
/// read in pieces of 64 KiB.
bool add_valid(const ArrayReader& column, int64_t first, int64_t end, FrameSet& frames);

}  // namespace parfocal
