#include "parfocal/graph/check.h"

#include <nlohmann/json.hpp>

#include "commands.h"
#include "datasets.h"
#include "parfocal/core/io.h"
#include "parfocal/graph/yaml.h"
#include "parfocal/planner/plan.h"
#include "pipeline_file.h"
#include "print.h"

namespace parfocal::cli {

namespace {

/// Whether a source is all in its description: a plan can then be tried, and no input is opened.
bool needs_no_input(const std::string& type, const RawValue& params) {
  const SourceInfo* info = sources().find(type);
  if (!info || info->params.find("path") || info->params.find("glob")) return false;
  const RawValue* inner = params.find("of");
  const RawValue* inner_type = inner ? inner->find("type") : nullptr;
  return !inner || (inner_type && needs_no_input(inner_type->text, *inner));
}

/// What only shows when layouts are known. What it costs is another question.
void require_plan(const Pipeline& pipeline) {
  PlanOptions options;
  options.minimum = true;
  try {
    (void)make_plan(pipeline, options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::invalid_pipeline) throw;
  }
}

}  // namespace

int check(const CheckArguments& arguments) {
  require_pipeline_file(arguments.file);
  if (const auto datasets = find_datasets(arguments.file, arguments.datasets, arguments.sets))
    return check_datasets(arguments, *datasets);
  const Pipeline pipeline = pipeline_in(arguments.file, arguments.sets);
  const CheckResult found = parfocal::check(pipeline);
  print_warnings(found.warnings);
  if (!found.errors.empty()) throw Error(ErrorCode::invalid_pipeline, found.errors);
  if (needs_no_input(pipeline.source.type, pipeline.source.params)) require_plan(pipeline);
  if (arguments.json) {
    result(json_text({{"schema", "parfocal.check/1"},
                      {"file", arguments.file.string()},
                      {"valid", true},
                      {"steps", pipeline.steps.size()},
                      {"sinks", pipeline.sinks.size()},
                      {"warnings", found.warnings.size()}}));
    return 0;
  }
  result(arguments.file.string() + ": valid, " +
         counted(static_cast<int64_t>(pipeline.steps.size()), "step") + ", " +
         counted(static_cast<int64_t>(pipeline.sinks.size()), "sink"));
  std::vector<std::string> next = {"parfocal", "plan", arguments.file.string()};
  for (const std::string& set : arguments.sets) next.insert(next.end(), {"--set", set});
  print_next(next);
  return 0;
}

}  // namespace parfocal::cli
