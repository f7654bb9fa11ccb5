#include "datasets.h"

#include <algorithm>
#include <set>

#include "parfocal/formats/common/pattern_groups.h"
#include "pipeline_file.h"
#include "print.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_plan(const fs::path& file) {
  throw Error(ErrorCode::bad_command,
              {"a plan is of one dataset", file.string(), "", "a pipeline file (YAML)",
               "give the pipeline file with --datasets"});
}

bool is_plan(const Description& description) {
  const RawValue* schema = description.document.find("schema");
  return schema && schema->text.starts_with("parfocal.plan/");
}

/// A dataset for each value of the group in the pattern.
DatasetList list_of_group(const DatasetsSpec& spec, const fs::path& base_dir) {
  const GroupPattern pattern(spec.glob, spec.place);
  if (pattern.name() != "dataset")
    throw Error(ErrorCode::invalid_pipeline,
                {"the group of the pattern has another name", spec.place.str(), pattern.name(),
                 "(?<dataset>...)", "name it dataset"});
  DatasetList list;
  list.keys = {"source.glob"};
  list.folder = base_dir;
  for (const std::string& value : group_values(pattern, base_dir, kMostDatasets, spec.place)) {
    if (const Status s = dataset_name_status(value); !s.ok())
      throw Error(ErrorCode::invalid_pipeline,
                  {s.issue().what, spec.place.str(), value, "a name that a folder may have",
                   "change the group so that it has such names"});
    list.datasets.push_back({value, {{"source.glob", pattern.with(value), spec.place}}});
  }
  if (list.datasets.size() > kMostDatasets)
    throw Error(ErrorCode::invalid_pipeline,
                {"the pattern finds too many datasets", spec.place.str(), "",
                 "at most " + std::to_string(kMostDatasets), "give a narrower pattern"});
  return list;
}

}  // namespace

std::optional<Datasets> find_datasets(const fs::path& file, const fs::path& table,
                                      const std::vector<std::string>& sets) {
  Datasets found;
  try {
    found.description = description_in(file);
  } catch (const Error&) {
    return std::nullopt;
  }
  const Description& description = found.description;
  if (is_plan(description)) {
    if (table.empty()) return std::nullopt;
    fail_plan(file);
  }
  if (!table.empty()) {
    found.list = read_dataset_table(table, description);
    found.origin = table.string();
  } else if (const auto spec = datasets_in(description); !spec) {
    return std::nullopt;
  } else if (spec->glob.empty()) {
    found.origin = (description.base_dir / spec->table).string();
    found.list = read_dataset_table(found.origin, description);
  } else {
    found.origin = spec->glob;
    found.list = list_of_group(*spec, description.base_dir);
  }
  override_settings(found.list, sets);
  return found;
}

int joint_exit_code(const std::vector<int>& codes) {
  const bool one =
      std::adjacent_find(codes.begin(), codes.end(), std::not_equal_to<>()) == codes.end();
  if (one) return codes.empty() ? 0 : codes[0];
  const bool some_well = std::any_of(codes.begin(), codes.end(),
                                     [](int code) { return code == 0 || code == 6 || code == 7; });
  return some_well ? 6 : 1;
}

std::vector<Issue> each_once(std::vector<Issue> issues) {
  std::set<std::string> told;
  std::erase_if(issues, [&](const Issue& issue) { return !told.insert(issue.str()).second; });
  return issues;
}

}  // namespace parfocal::cli
