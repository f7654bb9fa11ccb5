#pragma once
/// What is wrong with a pipeline whatever its images are.

#include <optional>

#include "parfocal/core/error.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal::cli {

/// Why no images could be processed, found by planning for images of many kinds, none of which is
/// opened; nothing if some could, or if the source has more than images.
std::optional<Error> fault_for_any_images(const Pipeline& pipeline);

}  // namespace parfocal::cli
