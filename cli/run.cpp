#include <fmt/format.h>

#include "commands.h"
#include "datasets.h"
#include "info_parts.h"
#include "parfocal/core/units.h"
#include "parfocal/engine/output_place.h"
#include "planning.h"
#include "print.h"
#include "progress.h"
#include "running.h"
#include "signals.h"

namespace parfocal::cli {
namespace {

/// The first of "out-2", "out-3"... that does not exist; for the working folder one in it.
std::filesystem::path free_folder(std::filesystem::path dir) {
  if (!dir.has_filename()) dir = dir.parent_path();
  if (dir == "." || dir == "..") dir /= "results";
  std::filesystem::path candidate;
  std::error_code unknown;
  for (int i = 2; i == 2 || std::filesystem::exists(candidate, unknown); ++i) {
    candidate = dir;
    candidate += "-" + std::to_string(i);
  }
  return candidate;
}

/// The lines to copy when an output exists: first those that make whole what was killed, last the
/// one that replaces, if that may be.
Error with_ready_lines(const Error& error, const Plan& plan, const RunArguments& arguments) {
  std::vector<Issue> issues = error.issues();
  if (arguments.resume) {  // what is unfinished was made of something else
    issues.back().cure = "to start over, " + run_text(starting_over(arguments.pipeline.words));
    return {error.code(), issues};
  }
  const bool killed = was_killed(plan.out_dir) || was_killed(engine::staging_of(plan.out_dir));
  const bool replaceable = issues.back().cure.find("--overwrite") != std::string::npos;
  auto elsewhere = without_option(arguments.pipeline.words, "--out");
  const std::string free = free_folder(plan.out_dir).string();
  if (free.starts_with('-'))  // else it would be taken for an option
    elsewhere.push_back("--out=" + free);
  else
    elsewhere.insert(elsewhere.end(), {"--out", free});
  std::vector<std::string> lines = {shell_line(elsewhere)};
  if (replaceable)
    lines.insert(killed ? lines.end() : lines.begin(),
                 shell_line(with_flag(arguments.pipeline.words, "--overwrite")));
  if (killed) issues.back().given = "a run was killed here: what it had saved is there";
  // What is being written now cannot be recovered.
  const bool at_work = !engine::run_at_work(plan.out_dir).empty();
  for (const auto& folder : {engine::staging_of(plan.out_dir), plan.out_dir}) {
    if (at_work) break;
    const auto recover = recover_lines(folder);
    lines.insert(lines.begin(), recover.begin(), recover.end());
  }
  issues.back().cure = "run";
  for (const std::string& line : lines) issues.back().cure += "\n          " + line;
  return {error.code(), issues};
}

RunRecord run_with(const Planned& planned, const RunArguments& arguments, SignalStop& signals) {
  ProgressPrinter progress(arguments.progress);
  RunOptions options;
  options.stop = signals.stop();
  options.abort = signals.abort();
  options.strict = arguments.strict;
  options.overwrite = arguments.overwrite;
  options.resume = arguments.resume;
  options.stopped_code = [&] { return signals.exit_code() != 0 ? signals.exit_code() : 130; };
  options.on_progress = [&](const Progress& p) { progress.show(p); };
  signals.outputs_exist(planned.plan.live);
  try {
    RunRecord record = run_plan(planned.plan, options);
    progress.finish(record);
    return record;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::output_exists) throw;
    throw with_ready_lines(error, planned.plan, arguments);
  }
}

std::string status_line(const RunRecord& r) {
  const char* stopped = r.outputs.empty() ? "stopped" : "stopped, outputs are readable";
  const char* status = r.status == RunStatus::complete  ? "done"
                       : r.status == RunStatus::stopped ? stopped
                                                        : "failed";
  std::string text =
      fmt::format("{}: {} in {:.2f} s", status, counted(r.items, "frame"), r.seconds);
  if (r.broken > 0) text += fmt::format(", {} unreadable", r.broken);
  if (r.failed > 0) text += fmt::format(", {} failed", r.failed);
  if (r.lost > 0) text += fmt::format(", {} lost", r.lost);
  if (r.stopped > 0) text += fmt::format(", {} not reached", r.stopped);
  return text + ", peak memory " + format_bytes(r.peak_rss_bytes);
}

/// Where the run record lies, which is the last output.
std::filesystem::path folder_of(const RunRecord& record) {
  const auto folder = record.outputs.back().parent_path();
  return folder.empty() ? "." : folder;
}

/// The line that goes on where this run stopped at a frame.
void print_skip_line(const RunArguments& arguments) {
  auto words = without_option(arguments.pipeline.words, "--on-error");
  words.insert(words.end(), {"--on-error", "skip"});
  if (!arguments.overwrite) words.emplace_back("--overwrite");
  message("to go on without the frames that fail:\n  " + shell_line(words));
}

}  // namespace

bool failed_on_item(const RunRecord& record) {
  return record.status == RunStatus::failed && !record.issues.empty() &&
         record.issues[0].where.find(", item ") != std::string::npos;
}

void drop_frames_edge(RunRecord& record) {
  std::erase_if(record.edges, [](const EdgeCount& edge) { return edge.edge == kFramesFile; });
}

void print_record(const RunRecord& record, const RunArguments& arguments) {
  const bool failed = record.status == RunStatus::failed;
  for (const std::string& text : record.notices) message("note: " + text);
  (failed ? print_errors : print_warnings)(record.issues);
  for (const EdgeCount& edge : record.edges)
    message(fmt::format("  {}: {} of {} received, {} missing{}", edge.edge, edge.received,
                        edge.expected, edge.missing,
                        edge.dropped > 0 ? fmt::format(", {} dropped", edge.dropped) : ""));
  message(status_line(record));
  if (failed_on_item(record)) print_skip_line(arguments);
}

Ran execute(const RunArguments& arguments) {
  SignalStop signals;
  return execute(make_planned(arguments.pipeline), arguments, signals);
}

Ran execute(const Planned& planned, const RunArguments& arguments, SignalStop& signals) {
  message(summary_of(planned));
  Ran ran{run_with(planned, arguments, signals), 0};
  ran.exit_code = ran.record.exit_code;
  write_reports(planned.plan, ran.record);
  return ran;
}

int run(const RunArguments& arguments) {
  SignalStop signals;  // the description may come through a pipe, which waits
  if (const auto datasets = find_datasets(arguments.pipeline))
    return run_datasets(arguments, *datasets, signals);
  if (arguments.resume)
    throw Error(ErrorCode::bad_command,
                {"--resume is for runs of several datasets", arguments.pipeline.file.string(), "",
                 "datasets: in the file, or --datasets TABLE.csv",
                 "keep what a killed run saved by parfocal recover FOLDER, or replace it: " +
                     run_text(starting_over(arguments.pipeline.words))});
  const Ran ran = execute(make_planned(arguments.pipeline), arguments, signals);
  if (arguments.json) {
    result(ran.record.json());
  } else {
    print_record(ran.record, arguments);
    for (const auto& path : ran.record.outputs) result(path.string());
    if (ran.record.status != RunStatus::failed && !ran.record.outputs.empty())
      print_next({"parfocal", "info", folder_of(ran.record).string()});
  }
  return ran.exit_code;
}

}  // namespace parfocal::cli
