#pragma once
/// Label images that come straight from the source: where that is an image, each grey value would
/// be an object.

#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// A note for each step that takes the source's pixels for labels.
std::vector<Issue> labels_from_source(const Pipeline& pipeline);

}  // namespace parfocal
