#include "parfocal/planner/plan.h"

#include <fstream>

#include "commands.h"
#include "datasets.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/report/plan_drawing.h"
#include "planning.h"
#include "print.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// Whether the file is a drawing that this command has made.
bool is_drawing(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string head(256, '\0');
  stream.read(head.data(), std::ssize(head));
  head.resize(static_cast<size_t>(stream.gcount()));
  return head.find(report::kDrawingMark) != std::string::npos;
}

}  // namespace

// In place of an older drawing, but of no other file.
void draw(const Plan& plan, const PlanArguments& arguments) {
  const fs::path& file = arguments.graph;
  const std::string ending = file.extension().string();
  if (ending != ".svg" && ending != ".mmd")
    throw Error(
        ErrorCode::bad_command,
        {"a plan is drawn as SVG or as a Mermaid flowchart", file.string(), ending,
         "a name that ends in .svg or .mmd",
         "write --graph " + shell_line({fs::path(file).replace_extension(".svg").string()})});
  if (std::error_code unknown; fs::exists(file, unknown) && !is_drawing(file))
    throw Error(ErrorCode::output_exists,
                {"the file is there and no drawing of a plan", file.string(), "", "a new name",
                 "choose another name for --graph"});
  const std::string text =
      ending == ".svg" ? report::plan_svg(plan)
                       : std::string("%% ") + report::kDrawingMark + "\n" + plan_graph(plan);
  if (const Status written = write_file_atomically(file, text); !written.ok())
    throw Error(ErrorCode::run_failed, written.issue());
}

void print_run_next(const PlanArguments& arguments) {
  auto words = without_option(arguments.pipeline.words, "--graph");
  words.at(1) = "run";
  std::erase(words, "--explain");
  print_next(words);
}

int plan(const PlanArguments& arguments) {
  if (const auto datasets = find_datasets(arguments.pipeline))
    return plan_datasets(arguments, *datasets);
  const Planned planned = make_planned(arguments.pipeline);
  if (!arguments.graph.empty()) draw(planned.plan, arguments);
  if (arguments.json)
    result(plan_to_json(planned.plan));
  else if (!arguments.graph.empty())
    result(arguments.graph.string());
  else
    result(plan_summary(planned.plan, planned.budget_origin) +
           (arguments.explain ? "\n" + plan_details(planned.plan) : ""));
  for (const std::string& text : planned.plan.notices) message("note: source: " + text);
  if (arguments.json) {
    message(summary_of(planned));
    return 0;
  }
  print_run_next(arguments);
  return 0;
}

}  // namespace parfocal::cli
