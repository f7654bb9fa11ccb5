#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "datasets.h"
#include "parfocal/core/units.h"
#include "parfocal/graph/check.h"
#include "planning.h"
#include "print.h"

namespace parfocal::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What all plans say together.
struct PlannedTotal {
  std::optional<Planned> largest;  ///< of the highest peak memory
  std::string largest_name;
  int64_t disk_bytes = 0;
  std::vector<std::string> disk_not_known;
  std::vector<int> codes;
  std::vector<std::pair<std::string, Error>> failures;
  Json rows = Json::array();
};

Json issues_json(const Error& error) {
  return Json::parse(error_json(static_cast<int>(error.code()), error.issues()))["issues"];
}

void tell_failed(const std::string& dataset, const Error& error) {
  message("dataset " + dataset + ":");
  print_errors(error.issues());
}

std::string valid_text(size_t valid, size_t all, const std::string& word) {
  return valid == all ? "all " + word : fmt::format("{} of them {}", valid, word);
}

void add_plan(const Dataset& dataset, Planned planned, PlannedTotal& total) {
  const Plan& plan = planned.plan;
  total.codes.push_back(0);
  total.disk_bytes += plan.disk_bytes;
  for (const std::string& name : plan.disk_not_known)
    if (std::find(total.disk_not_known.begin(), total.disk_not_known.end(), name) ==
        total.disk_not_known.end())
      total.disk_not_known.push_back(name);
  total.rows.push_back({{"dataset", dataset.name},
                        {"out_dir", plan.out_dir.string()},
                        {"peak_bytes", plan.peak_bytes},
                        {"disk_bytes", plan.disk_bytes}});
  if (total.largest && total.largest->plan.peak_bytes >= plan.peak_bytes) return;
  total.largest_name = dataset.name;
  total.largest = std::move(planned);
}

PlannedTotal plan_each(const PlanArguments& arguments, const Datasets& datasets,
                       std::vector<Issue>& issues) {
  PlannedTotal total;
  PipelineArguments one = arguments.pipeline;
  const std::filesystem::path out =
      one.out_dir.empty() ? std::filesystem::path(datasets.description.name + "-out") : one.out_dir;
  for (const Dataset& dataset : datasets.list.datasets) try {
      one.out_dir = out / dataset.name;
      Pipeline pipeline = describe(datasets.description, datasets.list, dataset, one.sets);
      apply(one, pipeline);
      add_plan(dataset, plan_for(pipeline, one), total);
    } catch (const Error& error) {
      total.codes.push_back(static_cast<int>(error.code()));
      total.rows.push_back({{"dataset", dataset.name}, {"issues", issues_json(error)}});
      issues.insert(issues.end(), error.issues().begin(), error.issues().end());
      if (!arguments.json) total.failures.emplace_back(dataset.name, error);
    }
  return total;
}

/// Of those that cannot run: theirs if they share one, else 1.
int code_of_bad(std::vector<int> codes) {
  std::erase(codes, 0);
  const int code = joint_exit_code(codes);
  return code == 6 ? 1 : code;
}

void print_total(const PlanArguments& arguments, const Datasets& datasets,
                 const PlannedTotal& total) {
  const Plan& plan = total.largest->plan;
  const auto good = static_cast<size_t>(std::count(total.codes.begin(), total.codes.end(), 0));
  std::string disk = "up to " + format_bytes(total.disk_bytes) + " in all";
  if (!total.disk_not_known.empty())
    disk += fmt::format(", and what {} takes", fmt::join(total.disk_not_known, ", "));
  result(fmt::format("datasets:    {} ({}), {}", total.codes.size(), datasets.origin,
                     valid_text(good, total.codes.size(), "can run")));
  result(fmt::format("peak memory: {} of {} ({}), of dataset {}; they run one after the other",
                     format_bytes(plan.peak_bytes), format_bytes(plan.memory_bytes),
                     total.largest->budget_origin, total.largest_name));
  result("disk:        " + disk);
  result("results:     " + plan.out_dir.parent_path().string() + "/<dataset>/");
  if (!arguments.graph.empty()) result(arguments.graph.string());
  if (arguments.explain)
    result("\ndataset " + total.largest_name + "\n" +
           plan_summary(plan, total.largest->budget_origin) + "\n" + plan_details(plan));
}

}  // namespace

int check_datasets(const CheckArguments& arguments, const Datasets& datasets) {
  Json rows = Json::array();
  std::vector<int> codes;
  std::vector<Issue> issues, warnings;
  for (const Dataset& dataset : datasets.list.datasets) try {
      const Pipeline pipeline =
          describe(datasets.description, datasets.list, dataset, arguments.sets);
      for (Issue& issue : parfocal::check(pipeline).warnings) warnings.push_back(std::move(issue));
      codes.push_back(0);
      rows.push_back({{"dataset", dataset.name}, {"valid", true}});
    } catch (const Error& error) {
      codes.push_back(static_cast<int>(error.code()));
      issues.insert(issues.end(), error.issues().begin(), error.issues().end());
      rows.push_back({{"dataset", dataset.name}, {"valid", false}, {"issues", issues_json(error)}});
    }
  const auto good = static_cast<size_t>(std::count(codes.begin(), codes.end(), 0));
  print_warnings(each_once(std::move(warnings)));
  if (good == 0) throw Error(ErrorCode::invalid_pipeline, each_once(std::move(issues)));
  if (arguments.json) {
    result(json_text({{"schema", "parfocal.check/1"},
                      {"file", arguments.file.string()},
                      {"valid", good == codes.size()},
                      {"datasets", rows}}));
    return code_of_bad(codes);
  }
  print_errors(each_once(std::move(issues)));
  result(fmt::format("{}: {} ({}), {}", arguments.file.string(),
                     counted(static_cast<int64_t>(codes.size()), "dataset"), datasets.origin,
                     valid_text(good, codes.size(), "valid")));
  return code_of_bad(codes);
}

int plan_datasets(const PlanArguments& arguments, const Datasets& datasets) {
  std::vector<Issue> issues;
  const PlannedTotal total = plan_each(arguments, datasets, issues);
  const int code = code_of_bad(total.codes);
  if (!total.largest) throw Error(static_cast<ErrorCode>(code), each_once(std::move(issues)));
  if (!arguments.graph.empty()) draw(total.largest->plan, arguments);
  if (arguments.json) {
    result(json_text({{"schema", "parfocal.datasets-plan/1"},
                      {"peak_bytes", total.largest->plan.peak_bytes},
                      {"peak_of", total.largest_name},
                      {"memory_bytes", total.largest->plan.memory_bytes},
                      {"disk_bytes", total.disk_bytes},
                      {"datasets", total.rows}}));
    return code;
  }
  for (const auto& [dataset, error] : total.failures) tell_failed(dataset, error);
  print_total(arguments, datasets, total);
  if (code == 0) print_run_next(arguments);
  return code;
}

}  // namespace parfocal::cli
