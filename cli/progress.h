#pragma once
/// Progress of a run on stderr.

#include <chrono>
#include <string>

#include "parfocal/engine/run.h"

namespace parfocal::cli {

/// `auto` redraws one line on a terminal and prints plain lines elsewhere; `plain` prints a line
/// every 10 s and at the end of each pass; `json` one object a line; `none` nothing.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(const std::string& mode);
  /// From one thread at a time.
  void show(const Progress& progress);
  /// Ends the redrawn line. Call once, after the last show().
  void finish(const RunRecord& record);

 private:
  enum class Mode { redraw, plain, json, none };
  void show_plain(const Progress& progress);
  /// What came since the last line of a pass without a known length.
  void print_rest();

  Mode mode_;
  bool drawn_ = false;
  Progress latest_;  ///< of plain lines
  int64_t printed_ = 0;
  int last_pass_ = -1;
  int64_t last_tile_ = -1;
  std::chrono::steady_clock::time_point last_line_ = std::chrono::steady_clock::now();
};

}  // namespace parfocal::cli
