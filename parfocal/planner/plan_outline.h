#pragma once
/// What of a plan its record keeps: enough to draw it and to name units, not to run it.

#include <optional>
#include <string>

#include "parfocal/planner/plan.h"

namespace parfocal {

/// Nodes, what they read and give, and the bytes that lie between, as one JSON object.
std::string outline_to_json(const Plan& plan);
/// A plan with what outline_to_json() wrote, and nothing else; nothing where the text is no such
/// object. Anybody may have written it: nodes read outputs that are there, and go in no circle.
std::optional<Plan> outline_from_json(const std::string& text);

}  // namespace parfocal
