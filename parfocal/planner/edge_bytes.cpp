#include "parfocal/planner/edge_bytes.h"

namespace parfocal {

std::optional<EdgeBytes> edge_bytes(const Plan& plan, PortId port) {
  for (const PassPlan& pass : plan.passes)
    for (const RingPlan& ring : pass.rings)
      if (ring.port == port && !ring.status_only)
        return EdgeBytes{ring.item_bytes, ring.capacity, ring.scratch};
  for (const PassPlan& pass : plan.passes)
    for (const StagePlan& stage : pass.stages)
      for (const BufferPlan& buffer : stage.buffers)
        if (buffer.port == port) return EdgeBytes{buffer.bytes, 0, false};
  return std::nullopt;
}

}  // namespace parfocal
