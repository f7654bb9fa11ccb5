#pragma once
/// A run from arguments to its record, for `run` and `demo`.

#include "commands.h"
#include "parfocal/engine/run.h"
#include "planning.h"
#include "signals.h"

namespace parfocal::cli {

struct Ran {
  RunRecord record;
  int exit_code = 0;  ///< of the record; 130 or 143 if a signal stopped it
};

/// Plans and runs; messages and progress on stderr, nothing on stdout. SIGINT and SIGTERM stop it.
Ran execute(const RunArguments& arguments);
Ran execute(const Planned& planned, const RunArguments& arguments, SignalStop& signals);
/// A run in `folder` with what the arguments of another command say of runs.
template <class Arguments>
RunArguments run_arguments(const Arguments& arguments, const std::filesystem::path& folder) {
  RunArguments run;
  run.pipeline.memory_bytes = arguments.memory_bytes;
  run.pipeline.threads = arguments.threads;
  run.pipeline.out_dir = folder;
  run.pipeline.words = arguments.words;
  run.json = arguments.json;
  run.progress = arguments.progress;
  return run;
}
/// True if the run failed on an item, not on a sink or the disk: then the item may be left out.
bool failed_on_item(const RunRecord& record);
/// The counts of frames.csv, of a command that keeps none.
void drop_frames_edge(RunRecord& record);
/// Writes the pages of the sinks `report` of a run that has closed its outputs. A page that cannot
/// be written is told on stderr, and changes nothing of how the run ended.
void write_reports(const Plan& plan, const RunRecord& record);
/// What became of the frames, on stderr.
void print_record(const RunRecord& record, const RunArguments& arguments);

}  // namespace parfocal::cli
