#pragma once
/// Outputs whose name says that they are something else than what is written.

#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// A note for each sink whose path has the ending of another format.
std::vector<Issue> misleading_endings(const Pipeline& pipeline);

}  // namespace parfocal
