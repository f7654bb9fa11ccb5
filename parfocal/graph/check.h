#pragma once
/// What can be said of a description without opening any input. Independent of the front-end: YAML,
/// C++ and Python pipelines pass the same checks.

#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

struct CheckResult {
  std::vector<Issue> errors;    ///< the pipeline cannot be planned; all of them, in file order
  std::vector<Issue> warnings;  ///< steps whose outputs nobody uses
};

/// Checks types of source, steps, sinks and observers against the registries, their parameters,
/// ids, references (unknown, later, circular), ports (unknown, missing, wrong kind), policies,
/// output paths, and that something is saved. Every error has a place (file:line:column, or the
/// step's name for pipelines built in code) and a cure. Opens nothing; thread-safe; never throws on
/// a bad pipeline.
CheckResult check(const Pipeline& pipeline);

/// Places of words for which the description has no room, in its order; empty = unknown. With them
/// messages of a front-end point at the word itself.
struct WordPlaces {
  std::vector<Location> step_ids, sink_policies, observer_policies;
  Location sinks;
};
CheckResult check(const Pipeline& pipeline, const WordPlaces& places);

/// Throws Error(invalid_pipeline) with all errors of check().
void require_valid(const Pipeline& pipeline);

}  // namespace parfocal
