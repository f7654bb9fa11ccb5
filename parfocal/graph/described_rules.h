#pragma once
/// What steps, sources and sinks refuse by their parameters and by what is connected alone.

#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// Of entries whose type is known and whose keys are; each has a place, or names its owner.
std::vector<Issue> broken_rules(const Pipeline& pipeline);

}  // namespace parfocal
