#pragma once
/// What lies between an output and those who read it. Internal to planner and report.

#include <cstdint>
#include <optional>

#include "parfocal/planner/plan.h"

namespace parfocal {

struct EdgeBytes {
  int64_t item_bytes = 0;  ///< of one item, at the largest region of the sweep
  int64_t places = 0;      ///< of the queue; 0: it is handed on in the worker's slot
  bool scratch = false;    ///< the queue lies on disk
};
/// Of an output of a plan; nullopt where only the news that an item is there or missing passes.
std::optional<EdgeBytes> edge_bytes(const Plan& plan, PortId port);

}  // namespace parfocal
