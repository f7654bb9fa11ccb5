#pragma once
/// What `parfocal recover` does for each kind of output.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal::cli {

/// What became of one output.
struct Recovered {
  std::filesystem::path path;           ///< what can be opened now
  std::string kind;                     ///< "store", "rtdc", "ome_tiff", "table"
  bool found = false;                   ///< false: nothing was done
  std::string state = {};               ///< not found: what it is, "" = closed by its writer
  std::vector<std::string> lines = {};  ///< what was found, for people
  nlohmann::ordered_json details = nlohmann::ordered_json::object();
};

/// Recovers one output. \throws Error(input_missing) if there is nothing of this name that could be
/// recovered, Error(run_failed) if that fails
Recovered recover_output(const std::filesystem::path& path);
/// Whether recover_output() would find something to do there: its writer ended before its time.
bool wants_recovery(const std::filesystem::path& path);
/// Whether the run was killed that recorded this output as its own.
bool is_of_killed_run(const std::filesystem::path& output);
/// What a run recorded that it makes, and nothing else of what lies in its folder: complete, or
/// left by a run --overwrite that did not come to its end.
std::vector<std::filesystem::path> outputs_of_run(const std::filesystem::path& folder);

struct Recovery {
  std::vector<Recovered> outputs;
  std::vector<Issue> failures;  ///< of outputs that could not be recovered
};
/// Recovers outputs of a run. One that cannot be recovered does not keep the others from it.
Recovery recover_all(const std::vector<std::filesystem::path>& outputs);

}  // namespace parfocal::cli
