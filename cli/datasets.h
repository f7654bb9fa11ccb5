#pragma once
/// One pipeline, many datasets: `check`, `plan` and `run` of each of them.

#include <optional>

#include "commands.h"
#include "parfocal/core/error.h"
#include "parfocal/graph/datasets.h"

namespace parfocal::cli {

class SignalStop;

/// What is read once, at the start: the files may be edited while a run goes on.
struct Datasets {
  Description description;
  DatasetList list;
  std::string origin;  ///< of the list: a file, or the pattern
};

/// The datasets of a pipeline file, or those of `table`, if one is given. Nothing if there are
/// none, or if the file cannot be read: that is told when it is read as a single pipeline.
/// \throws Error
std::optional<Datasets> find_datasets(const std::filesystem::path& file,
                                      const std::filesystem::path& table,
                                      const std::vector<std::string>& sets);
inline std::optional<Datasets> find_datasets(const PipelineArguments& arguments) {
  return find_datasets(arguments.file, arguments.datasets, arguments.sets);
}

/// Exit code of what several datasets ended with: theirs if they share one; 6 if some ended well,
/// else 1.
int joint_exit_code(const std::vector<int>& codes);
/// Issues of several datasets, each once.
std::vector<Issue> each_once(std::vector<Issue> issues);

int check_datasets(const CheckArguments& arguments, const Datasets& datasets);
int plan_datasets(const PlanArguments& arguments, const Datasets& datasets);
/// Runs one after the other, each into its folder; then joins their tables.
int run_datasets(const RunArguments& arguments, const Datasets& datasets, SignalStop& signals);

}  // namespace parfocal::cli
