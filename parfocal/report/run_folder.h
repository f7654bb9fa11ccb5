#pragma once
/// What the record of a run tells. Anybody may have written it, or broken it.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal::report {

struct RecordedEdge {
  std::string edge;
  int64_t expected = 0, received = 0, missing = 0, dropped = 0;
};
struct RunFacts {
  bool found = false;
  std::string problem;  ///< "" = the record is whole
  std::string version, pipeline, pipeline_text, input, status;
  std::vector<std::pair<std::string, std::string>> included;  ///< file, text
  std::vector<std::string> sets, notices, names;  ///< names: of outputs, all of them in the folder
  std::vector<RecordedEdge> edges;
  std::vector<std::pair<std::string, std::string>> issues;  ///< where, what
  int64_t exit_code = -1, items = 0, broken = 0, failed = 0, lost = 0, stopped = 0;
  int64_t peak_rss_bytes = 0, planned_peak_bytes = 0, base_bytes = 0;
  double seconds = 0, cpu_seconds = 0;
  std::optional<Plan> plan;  ///< an outline: for drawing, not for running
};

/// Reads run.json of a folder, of at most 64 MiB. Takes some times its size.
RunFacts read_run_folder(const std::filesystem::path& folder);

/// The datasets of a folder: datasets.csv, at most 1000 rows and 24 columns of it.
struct DatasetRows {
  bool found = false;
  std::string problem;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> folders;  ///< of the rows, below the folder; "" = none that may be read
};
DatasetRows read_datasets(const std::filesystem::path& folder);

}  // namespace parfocal::report
