#include "planning.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "parfocal/core/text_input.h"
#include "parfocal/core/units.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/graph/check.h"
#include "parfocal/graph/yaml.h"
#include "parfocal/planner/disk_room.h"
#include "pipeline_file.h"
#include "print.h"

namespace parfocal::cli {
namespace {

constexpr int64_t kMostPlanBytes = int64_t{64} << 20;
constexpr int kMostPlanDepth = 64;

/// The text of `file` if it holds a plan; pipelines may be written in JSON too.
std::optional<std::string> plan_in(const std::filesystem::path& file) {
  if (file.extension() != ".json") return std::nullopt;
  std::string text;
  // What is wrong with the file, the reader of pipelines tells better.
  if (!read_text_file(file, kMostPlanBytes, text).ok() || nests_deeper(text, kMostPlanDepth))
    return std::nullopt;
  const auto document = nlohmann::json::parse(text, nullptr, false);
  const bool is_plan = document.is_object() && document.contains("schema") &&
                       document["schema"].is_string() &&
                       document["schema"].get<std::string>().starts_with("parfocal.plan/");
  return is_plan ? std::optional(text) : std::nullopt;
}

Planned given_plan(const std::string& text, const PipelineArguments& arguments) {
  if (arguments.memory_bytes || arguments.threads > 0 || !arguments.sets.empty() ||
      arguments.on_error)
    throw Error(ErrorCode::bad_command,
                {"a plan has decided about memory, threads, on-error and parameters",
                 arguments.file.string(), "", "only --out, --overwrite, --strict and --progress",
                 "give the pipeline file instead, or make another plan"});
  Planned planned{plan_from_json(text), "the plan"};
  if (!arguments.out_dir.empty()) planned.plan.out_dir = arguments.out_dir;
  require_disk_room(planned.plan, 0);
  return planned;
}

/// Puts the whole line to copy into the cure of an error that names the memory that works.
Error with_ready_line(const Error& error, const PipelineArguments& arguments) {
  static const std::regex option("--memory[ =]([0-9.]+ ?[kKMGT]?i?B?)");
  std::vector<Issue> issues = error.issues();
  for (Issue& issue : issues) {
    std::smatch match;
    if (!std::regex_search(issue.cure, match, option)) continue;
    auto words = without_option(arguments.words, "--memory");
    words.insert(words.end(), {"--memory", match[1].str()});
    issue.cure += "\n          " + shell_line(words);
  }
  return {error.code(), issues};
}

/// An input may be a result whose --overwrite was killed in the middle.
void settle_inputs(const RawValue& params, const std::filesystem::path& base_dir) {
  for (const auto& [name, value] : params.entries) {
    if (value.kind == RawValue::Kind::map) settle_inputs(value, base_dir);
    if (name != "path" && name != "glob") continue;
    for (const RawValue& item : value.items) engine::settle(base_dir / item.text);
    if (!value.text.empty()) engine::settle(base_dir / value.text);
  }
}

}  // namespace

void apply(const PipelineArguments& arguments, Pipeline& pipeline) {
  if (!arguments.on_error) return;
  pipeline.on_error = *arguments.on_error;
  for (StepSpec& step : pipeline.steps) step.on_error = *arguments.on_error;
}

Planned make_planned(const PipelineArguments& arguments) {
  require_pipeline_file(arguments.file, true);
  if (const auto text = plan_in(arguments.file)) return given_plan(*text, arguments);
  Pipeline pipeline = pipeline_in(arguments.file, arguments.sets);
  apply(arguments, pipeline);
  print_warnings(check(pipeline).warnings);
  return plan_for(pipeline, arguments);
}

Planned plan_for(const Pipeline& pipeline, const PipelineArguments& arguments) {
  PlanOptions options;
  options.out_dir = arguments.out_dir;
  options.memory_bytes = arguments.memory_bytes;
  options.threads = arguments.threads;
  options.disk_taken_bytes = arguments.disk_taken_bytes;
  const std::string origin = arguments.memory_bytes  ? "--memory"
                             : pipeline.memory_bytes ? "the pipeline file"
                                                     : "half of what is available";
  settle_inputs(pipeline.source.params, pipeline.base_dir);
  try {
    return {make_plan(pipeline, options), origin};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::over_budget) throw;
    throw with_ready_line(error, arguments);
  }
}

std::string summary_of(const Planned& planned) {
  const Plan& plan = planned.plan;
  std::string text =
      fmt::format("plan: {}{}, {}, peak {} of {} ({})",
                  plan.passes.size() == 1 ? "1 pass" : fmt::format("{} passes", plan.passes.size()),
                  plan.tile_count > 1 ? fmt::format(" x {} tiles", plan.tile_count) : "",
                  counted(plan.threads, "thread"), format_bytes(plan.peak_bytes),
                  format_bytes(plan.memory_bytes), planned.budget_origin);
  if (plan.disk_bytes > 0) text += ", up to " + format_bytes(plan.disk_bytes) + " to write";
  if (!plan.disk_not_known.empty())
    text += fmt::format(", and what {} takes", fmt::join(plan.disk_not_known, ", "));
  return text;
}

}  // namespace parfocal::cli
