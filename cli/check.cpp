#include "parfocal/graph/check.h"

#include <nlohmann/json.hpp>

#include "commands.h"
#include "parfocal/graph/yaml.h"
#include "print.h"

namespace parfocal::cli {

int check(const CheckArguments& arguments) {
  const Pipeline pipeline = read_pipeline_file(arguments.file, arguments.sets);
  const CheckResult found = parfocal::check(pipeline);
  print_warnings(found.warnings);
  if (!found.errors.empty()) throw Error(ErrorCode::invalid_pipeline, found.errors);
  if (arguments.json) {
    result(nlohmann::ordered_json{{"schema", "parfocal.check/1"},
                                  {"file", arguments.file.string()},
                                  {"valid", true},
                                  {"steps", pipeline.steps.size()},
                                  {"sinks", pipeline.sinks.size()},
                                  {"warnings", found.warnings.size()}}
               .dump(2));
    return 0;
  }
  result(arguments.file.string() + ": valid, " +
         counted(static_cast<int64_t>(pipeline.steps.size()), "step") + ", " +
         counted(static_cast<int64_t>(pipeline.sinks.size()), "sink"));
  message("next: parfocal plan " + shell_line({arguments.file.string()}));
  return 0;
}

}  // namespace parfocal::cli
