#include "parfocal/planner/plan.h"

#include "commands.h"
#include "planning.h"
#include "print.h"

namespace parfocal::cli {

int plan(const PlanArguments& arguments) {
  const Planned planned = make_planned(arguments.pipeline);
  if (arguments.json)
    result(plan_to_json(planned.plan));
  else if (arguments.graph)
    result(plan_graph(planned.plan));
  else
    result(plan_text(planned.plan, arguments.explain));
  for (const std::string& text : planned.plan.notices) message("note: source: " + text);
  message(summary_of(planned));
  if (arguments.json || arguments.graph) return 0;
  auto words = arguments.pipeline.words;
  words.at(1) = "run";
  std::erase(words, "--explain");
  message("next: " + shell_line(words));
  return 0;
}

}  // namespace parfocal::cli
