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
/// What became of the frames, on stderr.
void print_record(const RunRecord& record, const RunArguments& arguments);

}  // namespace parfocal::cli
