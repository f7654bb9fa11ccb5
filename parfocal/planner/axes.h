#pragma once
/// How one ordered node walks its input stream.

#include <string>
#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal {

/// Axes before the first folded axis start a new epoch with fresh states; the folded axes and the
/// key axes after them make up one epoch.
struct Epochs {
  int64_t items = 1;  ///< items of one epoch; kUnbounded = the whole stream
  int64_t keys = 1;   ///< states open at once
  int64_t inner = 1;  ///< items between two neighbours of one key
};
Epochs epochs_of(const Layout& input, const std::vector<std::string>& over);

/// A stream's own over(); for a fold the stream axes that its output lacks.
std::vector<std::string> axes_over(const NodePlan& node, const Operator& op, const Layout& input);

}  // namespace parfocal
