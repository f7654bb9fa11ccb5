#pragma once
/// Whether the disk has room for what a plan writes.

#include "parfocal/planner/plan.h"

namespace parfocal {

/// Asked before every run, also of a plan that was made earlier or elsewhere. `taken`: what an
/// earlier command has taken of it already. \throws Error(over_budget)
void require_disk_room(const Plan& plan, int64_t taken);

}  // namespace parfocal
