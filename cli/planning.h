#pragma once
/// From the command line to a plan, for `plan` and `run`.

#include "commands.h"
#include "parfocal/planner/plan.h"

namespace parfocal::cli {

struct Planned {
  Plan plan;
  std::string budget_origin;  ///< who said the memory budget
};

/// Reads, checks and plans; prints the warnings of the check. A file that holds a plan is taken as
/// it is. \throws Error; over the budget, the cure is the line with the `--memory` that works.
Planned make_planned(const PipelineArguments& arguments);

/// What the command line says of all items, in the pipeline.
void apply(const PipelineArguments& arguments, Pipeline& pipeline);

/// Plans a pipeline that was checked. \throws Error as make_planned
Planned plan_for(const Pipeline& pipeline, const PipelineArguments& arguments);

/// "plan: 1 pass, 2 threads, peak 48 MiB of 64 MiB (--memory)"
std::string summary_of(const Planned& planned);

/// Draws a plan where `--graph` says. \throws Error
void draw(const Plan& plan, const PlanArguments& arguments);
/// The line that runs what was planned.
void print_run_next(const PlanArguments& arguments);

}  // namespace parfocal::cli
