#pragma once
/// Inputs whose items a step or sink does not take: told by `check` of what the description alone
/// tells, and by the planner of what the layouts do, in the same words.

#include <optional>
#include <vector>

#include "parfocal/core/operator_info.h"
#include "parfocal/graph/input_cures.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// Input `port` of the step `id`, an `info`; `input.given` is what it gets. Nothing if that fits,
/// or is not known.
std::optional<Issue> unfit_input(const Pipeline& pipeline, const std::string& id,
                                 const OperatorInfo& info, const InputPort& port,
                                 const WrongInput& input, const Location& place);
/// Input `key` of a sink, which names `ref`.
std::optional<Issue> unfit_input(const Pipeline& pipeline, const SinkSpec& sink,
                                 const std::string& key, const PortRef& ref,
                                 const ItemFacts& given);

/// Of the whole description; two inputs that are the same port where that is never meant, too.
std::vector<Issue> unfit_inputs(const Pipeline& pipeline);

}  // namespace parfocal
