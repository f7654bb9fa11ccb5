#pragma once
/// What the inputs of nodes have to be, by their layouts. Internal to the planner.

#include <string>

#include "parfocal/planner/draft.h"

namespace parfocal::planning {

/// Of a step: kinds, pixels, and joins to the first input. \throws Error(invalid_pipeline)
void check_inputs(const Draft& draft, const NodePlan& node, const OperatorInfo& info);
/// Of a sink: that it saves what `ref` names, the last of `node.inputs`, beside the first.
/// \throws Error(invalid_pipeline)
void check_sink_input(const Draft& draft, const SinkSpec& sink, const NodePlan& node,
                      const PortRef& ref);

/// Whatever refuses the layouts of the inputs of a step: a step to add is told with what to
/// connect.
Error with_connected_cures(const Draft& draft, const NodePlan& node, const OperatorInfo& info,
                           const Error& error);

}  // namespace parfocal::planning
