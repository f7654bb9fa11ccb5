#pragma once
/// Seeded random pipelines of test operators: forks, joins, latency, 0..k emission, gaps, errors.

#include <random>
#include <string>

#include "parfocal/graph/pipeline.h"

namespace parfocal::testing {

struct RandomGraph {
  Pipeline pipeline;
  int sinks = 0;                ///< checked ones, with paths s0, s1...
  bool stops_on_error = false;  ///< a failing step or broken frame ends the run
};

/// Equal seeds give equal graphs. Up to 12 steps, every leaf saved by a `memory` sink "s0", "s1"...
/// `live`: the source pushes. Some graphs make no sense; the planner must refuse those.
RandomGraph random_graph(uint64_t seed, bool live);

}  // namespace parfocal::testing
