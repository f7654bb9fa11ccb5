#include "parfocal/planner/disk_room.h"

#include <algorithm>

#include "parfocal/core/units.h"
#include "parfocal/planner/machine.h"

namespace parfocal {

void require_disk_room(const Plan& plan, int64_t taken) {
  const int64_t available = free_disk_bytes(plan.out_dir);
  const int64_t needed = std::max<int64_t>(0, plan.disk_bytes - taken);
  if (available < 0 || plan.live || needed <= available - available / 20) return;
  throw Error(ErrorCode::over_budget,
              Issue{"the outputs, and the scratch in which large values wait, may not fit the disk",
                    plan.out_dir.string(), format_bytes(available) + " free",
                    format_bytes(needed) + (taken > 0 ? " more" : "") + " and 5 % left free",
                    "write to another disk: `run` and `plan` by --out DIR, `convert` and "
                    "`background` by another OUT"});
}

}  // namespace parfocal
