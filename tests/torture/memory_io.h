#pragma once
/// Sources and a sink that live in memory, for tests of the engine: scripted faults in, every byte
/// out.

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "parfocal/core/io.h"

namespace parfocal::testing {

/// What the sink `memory` with path P received: for each item of each input its pixels or rows, or
/// "gap <reason>".
struct Received {
  std::map<std::pair<int64_t, size_t>, std::string> items;
  std::map<std::pair<int64_t, size_t>, int64_t> pixels;  ///< written to each, over all regions
  Outcome outcome;
  bool closed = false;
  int64_t calls_after_failure = 0;  ///< of write(), after one of them failed
};
/// What a sink with `stops_at` asks for: the stop of a run is its first, or a new one after
/// clear_received().
std::stop_source& run_stop();
/// The results of the sink with that path since clear_received(); thread-safe.
Received received(const std::string& path);
void clear_received();

/// The text of a gap as `received` shows it.
inline std::string gap_text(GapReason reason) {
  return "gap " + std::string(gap_reason_name(reason));
}

}  // namespace parfocal::testing
