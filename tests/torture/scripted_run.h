#pragma once
/// Runs a pipeline of test sources and sinks, for tests of the engine.

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "memory_io.h"
#include "parfocal/engine/run.h"
#include "parfocal/graph/yaml.h"

namespace parfocal::testing {

struct Result {
  Plan plan;
  RunRecord record;
  std::vector<std::string> frames;  ///< rows of frames.csv without the first
};

/// The first line of `text` is the version. Sinks of earlier runs are forgotten.
inline Result run_text(const std::string& text, PlanOptions options = {},
                       RunOptions run_options = {}) {
  clear_received();
  const auto dir =
      std::filesystem::temp_directory_path() / ("parfocal-engine-test-" + std::to_string(getpid()));
  std::filesystem::remove_all(dir);
  options.out_dir = dir;
  if (options.threads == 0) options.threads = 2;
  Result result;
  result.plan = make_plan(parse_pipeline("parfocal: 1\n" + text, ".", "test"), options);
  if (!run_options.stop.stop_possible()) run_options.stop = run_stop().get_token();
  result.record = run_plan(result.plan, run_options);
  std::ifstream csv(dir / kFramesFile);
  std::string line;
  for (std::getline(csv, line); std::getline(csv, line);) result.frames.push_back(line);
  std::filesystem::remove_all(dir);
  return result;
}

template <class T>
std::vector<T> pixels(const std::string& bytes) {
  std::vector<T> v(bytes.size() / sizeof(T));
  std::memcpy(v.data(), bytes.data(), v.size() * sizeof(T));
  return v;
}

/// What the run counted for the sink `path`.
inline EdgeCount edge_of(const Result& result, const std::string& path) {
  for (const EdgeCount& edge : result.record.edges)
    if (edge.edge.ends_with(" " + path)) return edge;
  return {};
}

}  // namespace parfocal::testing
