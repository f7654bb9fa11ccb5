#pragma once
/// What is taken for labels and may be none: of an image each grey value would be an object, of a
/// mask as integers all of it.

#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// A note for each step that takes for labels what the source or a step that calculates gave.
std::vector<Issue> doubtful_labels(const Pipeline& pipeline);

}  // namespace parfocal
