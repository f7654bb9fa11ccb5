#pragma once
/// Numbers per frame that frames.csv cannot show.

#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// One warning for each result that frames.csv shows where it belongs to the frames of the source
/// (count), but that belongs to other items here, after a step that takes or folds a
/// stream axis, and that nobody uses. The cure is the sink that saves it.
std::vector<Issue> lost_columns(const Pipeline& pipeline);

}  // namespace parfocal
