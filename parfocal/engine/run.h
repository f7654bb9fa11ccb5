#pragma once
/// Runs a plan. The planner decided; the engine obeys.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal {

/// A snapshot for people and programs; items are those of the source.
struct Progress {
  int pass = 0, passes = 1;     ///< of the current step of the sweep
  int64_t tile = 0, tiles = 1;  ///< step of the sweep
  int64_t items_done = 0;       ///< of this pass and tile
  int64_t items_total = 0;      ///< kUnbounded if not known
  int64_t gaps = 0;
  double seconds = 0;
};

enum class RunStatus : uint8_t { complete, stopped, failed };

/// What a sink or observer got. received + missing = expected for every sink at the end of every
/// run.
struct EdgeCount {
  std::string edge;  ///< "smooth -> ome_zarr smooth.ome.zarr"
  int64_t expected = 0;
  int64_t received = 0;
  int64_t missing = 0;  ///< explicit gaps
  int64_t dropped = 0;  ///< observers only
};

struct RunRecord {
  RunStatus status = RunStatus::complete;
  int64_t items = 0;               ///< of the source, gaps included
  int64_t broken = 0, failed = 0;  ///< items that became gaps because of input or a step
  int64_t lost = 0;                ///< frames a live source dropped
  int64_t stopped = 0;             ///< items after the stop; kUnbounded unknown = -1
  std::vector<EdgeCount> edges;
  std::vector<Issue> issues;         ///< the failure, or the first 100 skipped items
  std::vector<std::string> notices;  ///< what source and steps told the user, "step: sentence"
  std::vector<std::filesystem::path> outputs;
  int64_t peak_rss_bytes = 0;                      ///< VmHWM of the process
  int64_t planned_peak_bytes = 0, base_bytes = 0;  ///< of the plan
  double seconds = 0, cpu_seconds = 0;
  /// 0 done; 1 failed; 4 input unreadable; 6 some items failed; 7 frames lost; 130 stopped
  int exit_code = 0;
  std::string json() const;  ///< "schema": "parfocal.run/1"
};

struct RunOptions {
  std::stop_token stop;    ///< first Ctrl-C: no unit starts, started units finish, files close
  std::stop_token abort;   ///< second: drop what is queued, close files as incomplete
  bool strict = false;     ///< live: a lost frame ends the run (policy fail)
  bool overwrite = false;  ///< write beside and swap at success
  /// Go on with what an earlier run of this plan left in its output folder: items that all sinks
  /// have (Sink::has) are not read again. \pre no steps, sources and sinks only
  bool resume = false;
  std::function<int()> stopped_code;  ///< exit code of a run that was stopped; 130 if not given
  std::function<void(const Progress&)> on_progress;  ///< from one thread, at most 10 times a second
};

/// Runs to the end, a stop or a failure; always closes outputs readable. \throws Error before
/// anything was written (output exists, input gone); failures while running are in the record.
RunRecord run_plan(const Plan& plan, const RunOptions& options);

}  // namespace parfocal
