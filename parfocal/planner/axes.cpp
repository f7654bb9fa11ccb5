#include "parfocal/planner/axes.h"

#include <algorithm>

namespace parfocal {

Epochs epochs_of(const Layout& input, const std::vector<std::string>& over) {
  Epochs e;
  bool started = false;
  for (const Axis& axis : input.stream) {
    const bool folded = std::find(over.begin(), over.end(), axis.name) != over.end();
    started = started || folded;
    if (!started) continue;
    e.items = axis.size == kUnbounded || e.items == kUnbounded ? kUnbounded : e.items * axis.size;
    if (!folded) e.keys *= axis.size;
  }
  e.inner = 1;
  for (size_t a = input.stream.size(); a-- > 0;) {
    if (std::find(over.begin(), over.end(), input.stream[a].name) != over.end()) break;
    e.inner *= input.stream[a].size;
  }
  return e;
}

std::vector<std::string> axes_over(const NodePlan& node, const Operator& op, const Layout& input) {
  if (node.kind == NodeKind::stream) return static_cast<const StreamOperator&>(op).over();
  std::vector<std::string> over;
  for (const Axis& axis : input.stream)
    if (node.outputs[0].layout.find_stream(axis.name) < 0) over.push_back(axis.name);
  return over;
}

}  // namespace parfocal
